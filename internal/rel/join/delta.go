package join

import (
	"fmt"

	"github.com/weir-stream/weir/internal/dag"
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/vec"
)

// Delta is an inner join of two tables that both have an index on the key: each
// row is joined with what the other table holds, so neither side is kept here. A
// pair of rows that are read at about the same time may come out twice; who reads
// the result must not mind, as a table with a primary key does not.
type Delta struct {
	L, R plan.Node
	// Sides are the joins of the left rows with the right table and of the right
	// rows with the left table; their inputs are not used.
	Sides [2]*ByKey
}

// Inputs gives left and right.
func (n *Delta) Inputs() []plan.Node { return []plan.Node{n.L, n.R} }

// WithInputs replaces them.
func (n *Delta) WithInputs(in []plan.Node) plan.Node {
	c := *n
	c.L, c.R = in[0], in[1]
	return &c
}

// Fields are the columns of both sides.
func (n *Delta) Fields() []plan.Field {
	return appendFields(appendFields(nil, n.L.Fields(), false), n.R.Fields(), false)
}

// Name is Flink's.
func (n *Delta) Name() string { return "DeltaJoin" }

// Attrs prints both lookups.
func (n *Delta) Attrs() []plan.Attr {
	as := []plan.Attr{{Key: "joinType", Value: Inner.String()}}
	for i, key := range []string{"leftLookup", "rightLookup"} {
		s := n.Sides[i]
		lf, v := s.L.Fields(), ""
		for k, x := range s.Keys {
			if k > 0 {
				v += ", "
			}
			v += s.R.Read[x.Col].Name + "=" + lf[x.From].Name
		}
		as = append(as, plan.Attr{Key: key, Value: s.R.Table.Name + ": " + v})
	}
	if e := n.Sides[0].Rest; e != nil {
		as = append(as, plan.Attr{Key: "where", Value: e.String()})
	}
	return as
}

// Derive gives new rows only.
func (n *Delta) Derive(_ *plan.Context, in []*plan.Traits) (*plan.Traits, error) {
	l, r := in[0], in[1]
	return &plan.Traits{Changes: l.Changes | r.Changes, HasWatermark: l.HasWatermark && r.HasWatermark, Bounded: l.Bounded && r.Bounded,
		Rows: max(l.Rows, r.Rows), Bound: plan.Bound{Kind: plan.Stateless}}, nil
}

// Needs asks for nothing but what the reader wants.
func (n *Delta) Needs(_ *plan.Context, _ []*plan.Traits, own *plan.Traits) []plan.Need {
	return []plan.Need{{Watermark: own.WantWatermark}, {Watermark: own.WantWatermark}}
}

// Exprs is empty: the conditions are in Sides.
func (n *Delta) Exprs() []expr.Expr { return nil }

// WithExprs is the identity.
func (n *Delta) WithExprs([]expr.Expr) plan.Node { return n }

// Lower adds the operator, rows of a key together so that their order stays.
func (n *Delta) Lower(b *dag.Builder, in []dag.Port) (dag.Port, error) {
	var specs [2]byKeySpec
	var edges [2]dag.Input
	for i, s := range n.Sides {
		specs[i] = byKeySpec{node: s, left: plan.Types(s.L.Fields()), zone: b.Ctx.Zone}
		edges[i] = b.HashBy(in[i], s.leftKeys(), true)
	}
	detail := ""
	for i, a := range n.Attrs() {
		if i > 0 {
			detail += ", "
		}
		detail += fmt.Sprintf("%s=[%s]", a.Key, a.Value)
	}
	mk := func() op.Operator { return &delta{sides: [2]*byKey{newByKey(specs[0]), newByKey(specs[1])}} }
	v := b.Op(n, n.Name(), detail, plan.Types(n.Fields()), mk, edges[0], edges[1])
	return dag.Port{V: v}, nil
}

// delta sends the rows of each input through the lookup join of its side.
type delta struct {
	sides [2]*byKey
	in    int
}

func (j *delta) Open(c *op.Context) error {
	if err := j.sides[0].Open(c); err != nil {
		return err
	}
	right := *c
	right.Out = &swapped{out: c.Out, own: len(j.sides[1].spec.left)}
	return j.sides[1].Open(&right)
}

func (j *delta) Push(in int, b *vec.Batch) (op.Status, error) {
	j.in = in
	return j.sides[in].Push(0, b)
}

func (j *delta) Resume() (op.Status, error) { return j.sides[j.in].Resume() }

func (j *delta) Close() error {
	err := j.sides[0].Close()
	if e := j.sides[1].Close(); err == nil {
		err = e
	}
	return err
}

// swapped puts the first own columns behind the others.
type swapped struct {
	out op.Emitter
	own int
	b   vec.Batch
}

func (s *swapped) Emit(b *vec.Batch) error {
	cols := append(append(s.b.Cols[:0], b.Cols[s.own:]...), b.Cols[:s.own]...)
	s.b = vec.Batch{Cols: cols, Sel: b.Sel, Kinds: b.Kinds, N: b.N}
	return s.out.Emit(&s.b)
}

func (s *swapped) Full() bool { return s.out.Full() }
