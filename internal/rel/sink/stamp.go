package sink

import (
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// stamper appends the watermark that it has seen to each row, before rows of one
// primary key come together from several subtasks: by it the settler knows which
// changes belong to one state of the input.
type stamper struct {
	ctx   *op.Context
	wm    int64
	out   vec.Batch
	stamp *vec.Vector
}

var (
	_ op.Operator    = (*stamper)(nil)
	_ op.Watermarker = (*stamper)(nil)
)

var stampType = types.Of(types.BigInt).NotNull()

func newStamper() *stamper { return &stamper{wm: op.MinWatermark, stamp: vec.New(stampType, 0)} }

func (s *stamper) Open(c *op.Context) error {
	s.ctx = c
	return nil
}

func (s *stamper) Push(_ int, b *vec.Batch) (op.Status, error) {
	s.stamp.Resize(b.N)
	for i := range s.stamp.I64[:b.N] {
		s.stamp.I64[i] = s.wm
	}
	cols := append(s.out.Cols[:0], b.Cols...)
	s.out = *b
	s.out.Cols = append(cols, s.stamp)
	return op.Done, s.ctx.Out.Emit(&s.out)
}

func (s *stamper) Watermark(wm int64) (op.Status, error) {
	s.wm = wm
	return op.Done, nil
}

func (s *stamper) Resume() (op.Status, error) { return op.Done, nil }

func (s *stamper) Close() error { return nil }
