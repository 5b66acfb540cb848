package expand

import (
	"github.com/weir-stream/weir/internal/dag"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// Lower adds the operator beside its input.
func (n *Node) Lower(b *dag.Builder, in []dag.Port) (dag.Port, error) {
	out := plan.Types(n.Fields())
	s := make([]set, len(n.Sets))
	for i, cols := range n.Sets {
		s[i].id = n.ID(cols)
		for _, k := range n.Keys {
			s[i].null = append(s[i].null, !has(cols, k))
		}
	}
	v := b.Op(n, n.Name(), "", out, func() op.Operator { return &expand{keys: n.Keys, sets: s, types: out} }, b.Chain(in[0]))
	return dag.Port{V: v}, nil
}

func has(cols []int, k int) bool {
	for _, c := range cols {
		if c == k {
			return true
		}
	}
	return false
}

// set is a grouping set: its id, and for each key whether it is nulled.
type set struct {
	id   int64
	null []bool
}

// expand emits the input batch once a set: columns are shared, keys that are not
// in the set are a constant null, the id is a constant.
type expand struct {
	keys  []int
	sets  []set
	types []types.Type

	c     *op.Context
	in    *vec.Batch
	next  int // set
	out   vec.Batch
	nulls []*vec.Vector // by key
	id    *vec.Vector
}

// Open prepares the constants.
func (e *expand) Open(c *op.Context) error {
	e.c = c
	for _, k := range e.keys {
		v := vec.NewConst(e.types[k], 1)
		v.SetAllNull()
		e.nulls = append(e.nulls, v)
	}
	e.id = vec.NewConst(types.Of(types.BigInt).NotNull(), 1)
	e.out.Cols = make([]*vec.Vector, len(e.types))
	return nil
}

// Push repeats a batch.
func (e *expand) Push(_ int, b *vec.Batch) (op.Status, error) {
	if b.Len() == 0 {
		return op.Done, nil
	}
	e.in, e.next = b, 0
	return e.Resume()
}

// Resume emits the next sets.
func (e *expand) Resume() (op.Status, error) {
	for e.in != nil && e.next < len(e.sets) {
		if e.c.Out.Full() {
			return op.More, nil
		}
		e.fill(&e.sets[e.next])
		e.next++
		if err := e.c.Out.Emit(&e.out); err != nil {
			return op.Done, err
		}
	}
	if e.c.Out.Full() {
		return op.More, nil
	}
	e.in = nil
	return op.Done, nil
}

// fill makes the batch of one set.
func (e *expand) fill(s *set) {
	b, o := e.in, &e.out
	n := len(b.Cols)
	copy(o.Cols, b.Cols)
	for i, k := range e.keys {
		if s.null[i] {
			e.nulls[i].N = b.N
			o.Cols[k] = e.nulls[i]
		}
		o.Cols[n+1+i] = b.Cols[k]
	}
	e.id.N, e.id.I64[0] = b.N, s.id
	o.Cols[n] = e.id
	o.Sel, o.Kinds, o.N = b.Sel, b.Kinds, b.N
}

// Close has nothing to free.
func (e *expand) Close() error { return nil }

var _ dag.Lowerer = (*Node)(nil)
