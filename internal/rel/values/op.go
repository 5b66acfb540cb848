package values

import (
	"encoding/binary"
	"math"

	"github.com/weir-stream/weir/internal/dag"
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/vec"
)

var (
	_ dag.Lowerer = (*Node)(nil)
	_ op.Source   = (*source)(nil)
)

// Lower makes one subtask that emits the rows.
func (n *Node) Lower(b *dag.Builder, _ []dag.Port) (dag.Port, error) {
	p := b.Source(n, 1, "", func() op.Source { return &source{node: n} })
	p.Dist = plan.Dist{Kind: plan.Single}
	return p, nil
}

// source emits the rows, a batch a step.
type source struct {
	node *Node
	ctx  *op.Context
	out  op.SourceOut
	next int
}

func (s *source) Open(c *op.Context, out op.SourceOut) error {
	s.ctx, s.out = c, out
	return nil
}

func (s *source) Step(budget int) (op.SourceStatus, error) {
	if s.next >= len(s.node.Rows) {
		return op.SourceEnd, nil
	}
	b := vec.NewBatch(plan.Types(s.node.Output))
	one := &vec.Batch{N: 1}
	for b.N < min(budget, op.BatchRows) && s.next < len(s.node.Rows) {
		prog, err := expr.Compile(s.node.Rows[s.next], nil, s.ctx.Fn.Zone)
		if err != nil {
			return op.SourceEnd, err
		}
		vs, err := prog.Eval(s.ctx.Fn, one)
		if err != nil {
			return op.SourceEnd, err
		}
		for i, v := range vs {
			b.Cols[i].AppendValue(v.Value(0))
		}
		b.N++
		s.next++
	}
	return op.SourceMore, s.out.Emit(b)
}

func (s *source) Ready() <-chan struct{} { return nil }
func (s *source) WakeMs() int64          { return math.MaxInt64 }
func (s *source) Position() []byte {
	return binary.LittleEndian.AppendUint32(nil, uint32(s.next))
}
func (s *source) Close() error { return nil }

func (s *source) AtCut() bool { return true }

func (s *source) Restore(positions [][]byte) error {
	for _, p := range positions {
		if len(p) == 4 {
			s.next = max(s.next, int(binary.LittleEndian.Uint32(p)))
		}
	}
	return nil
}
