package recurse

import (
	"math"

	"github.com/weir-stream/weir/internal/dag"
	"github.com/weir-stream/weir/internal/flow"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/spool"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/vec"
)

var (
	_ dag.Lowerer = (*Node)(nil)
	_ dag.Lowerer = (*Work)(nil)
	_ op.Source   = (*source)(nil)
	_ op.Source   = (*reader)(nil)
)

// rows is the table that rounds hand on: what is in it changes between rounds.
type rows struct{ *spool.Batches }

// Lower makes one subtask that runs the rounds.
func (n *Node) Lower(b *dag.Builder, _ []dag.Port) (dag.Port, error) {
	work := &rows{}
	step, err := plan.Rewrite(n.Step, func(x plan.Node) (plan.Node, error) {
		if w, ok := x.(*Work); ok && w.rows == nil {
			c := *w
			c.rows = work
			return &c, nil
		}
		return x, nil
	})
	if err != nil {
		return dag.Port{}, err
	}
	p := b.Source(n, 1, "", func() op.Source {
		return &source{node: n, plan: b.Ctx, step: step, work: work}
	})
	p.Dist = plan.Dist{Kind: plan.Single}
	return p, nil
}

// source runs the rounds one after the other and emits what each finds.
type source struct {
	node *Node
	plan *plan.Context
	step plan.Node
	work *rows

	c      *op.Context
	out    op.SourceOut
	round  int
	emit   *spool.Cursor // over work
	seen   *state.Table
	keys   state.Keys
	refs   []state.Ref
	first  []bool
	choice []int32
}

func (s *source) Open(c *op.Context, out op.SourceOut) error {
	s.c, s.out = c, out
	s.work.Batches = spool.NewBatches(c.State.Memory(), plan.Types(s.node.Output))
	s.emit = s.work.Read()
	if !s.node.All {
		s.seen = c.State.Table(state.TableSpec{Name: "seen", Key: plan.Types(s.node.Output)})
	}
	return nil
}

// Step emits a batch of the last round, or runs the next.
func (s *source) Step(int) (op.SourceStatus, error) {
	if b, err := s.emit.Next(); b != nil || err != nil {
		if err != nil {
			return op.SourceEnd, err
		}
		return op.SourceMore, s.out.Emit(b)
	}
	if s.round > 0 && s.work.Len() == 0 {
		return op.SourceEnd, nil
	}
	root := s.step
	if s.round == 0 {
		root = s.node.Seed
	}
	found, err := s.run(root)
	if err != nil {
		return op.SourceEnd, err
	}
	s.work.Clear()
	s.round++
	s.work.Batches, s.emit = found, found.Read()
	return op.SourceMore, nil
}

// run computes a plan and gives the rows that count.
func (s *source) run(root plan.Node) (*spool.Batches, error) {
	found := spool.NewBatches(s.c.State.Memory(), plan.Types(s.node.Output))
	top := &gather{In: root, fresh: s.fresh, got: found}
	ann, err := plan.Annotate(s.plan, top)
	if err != nil {
		return nil, err
	}
	g, err := dag.Build(s.plan, ann, top)
	if err != nil {
		return nil, err
	}
	return found, flow.Nested(s.c, g)
}

// fresh drops the rows that there were before.
func (s *source) fresh(b *vec.Batch) *vec.Batch {
	if s.seen == nil {
		return b
	}
	s.keys.Encode(s.seen.Codec(), b, nil)
	if n := s.keys.Len(); cap(s.refs) < n {
		s.refs, s.first = make([]state.Ref, n), make([]bool, n)
	}
	n := b.Len()
	s.seen.Upsert(&s.keys, s.refs[:n], s.first[:n])
	s.choice = s.choice[:0]
	for i, first := range s.first[:n] {
		if first {
			s.choice = append(s.choice, int32(b.Row(i)))
		}
	}
	return &vec.Batch{Cols: b.Cols, Sel: s.choice, N: b.N}
}

func (s *source) Ready() <-chan struct{} { return nil }
func (s *source) WakeMs() int64          { return math.MaxInt64 }
func (s *source) Position() []byte       { return nil }

// Close gives the rows back.
func (s *source) Close() error {
	if s.work.Batches != nil {
		s.work.Clear()
	}
	return nil
}

// Lower makes one subtask that reads the rows of the last round.
func (w *Work) Lower(b *dag.Builder, _ []dag.Port) (dag.Port, error) {
	p := b.Source(w, 1, w.Table, func() op.Source { return &reader{rows: w.rows} })
	p.Dist = plan.Dist{Kind: plan.Single}
	return p, nil
}

// reader emits the working table.
type reader struct {
	rows *rows
	out  op.SourceOut
	read *spool.Cursor
}

func (r *reader) Open(_ *op.Context, out op.SourceOut) error {
	r.out = out
	return nil
}

func (r *reader) Step(int) (op.SourceStatus, error) {
	if r.rows == nil {
		return op.SourceEnd, nil
	}
	if r.read == nil {
		r.read = r.rows.Read()
	}
	b, err := r.read.Next()
	if b == nil {
		return op.SourceEnd, err
	}
	return op.SourceMore, r.out.Emit(b)
}

func (r *reader) Ready() <-chan struct{} { return nil }
func (r *reader) WakeMs() int64          { return math.MaxInt64 }
func (r *reader) Position() []byte       { return nil }
func (r *reader) Close() error           { return nil }
