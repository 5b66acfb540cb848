package match

import (
	"slices"

	"github.com/weir-stream/weir/internal/dag"
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

var _ dag.Lowerer = (*Node)(nil)

// spec is what the operators need to know of the node.
type spec struct {
	in        []types.Type
	partition []int
	order     []plan.SortKey
	vars      []Var
	auto      *automaton
	values    []Value
	measured  []Value
	out       []expr.Expr
	outTypes  []types.Type
	skip      Skip
	withinMs  int64
	within    int64 // in the unit of the time column
	unit      int64 // of the time column in a ms
	rowtime   bool  // rows are in order of event time
	proctime  bool  // rows are in order of arrival
	allRows   bool
	empty     bool
	unmatched bool
	back      int  // rows that PREV looks back
	ahead     int  // rows that NEXT looks ahead
	numbered  bool // MATCH_NUMBER is asked for
	stamped   bool // a rowtime is given out
	zone      *types.Zone
	pos       sqlerr.Pos
}

// Lower adds the operator behind an exchange by the partition.
func (n *Node) Lower(b *dag.Builder, in []dag.Port) (dag.Port, error) {
	s, err := n.spec(b.Ctx.Zone)
	if err != nil {
		return dag.Port{}, err
	}
	mk := func() op.Operator { return &batch{spec: s} }
	if !b.Ctx.Batch {
		mk = func() op.Operator { return &timed{spec: s} }
	}
	detail := ""
	for i, a := range n.Attrs() {
		if i > 0 {
			detail += ", "
		}
		detail += a.Key + "=[" + a.Value + "]"
	}
	v := b.Op(n, n.Name(), detail, s.outTypes, mk, b.HashBy(in[0], n.PartitionBy, false))
	v.WantWatermark = s.rowtime
	return dag.Port{V: v, Dist: n.dist(v, in[0])}, nil
}

// dist is how the output is spread: its first columns are those of the partition.
func (n *Node) dist(v *dag.Vertex, in dag.Port) plan.Dist {
	keys := n.PartitionBy
	if v.Inputs[0].Ship == dag.Forward && in.Dist.Kind == plan.Hashed {
		keys = in.Dist.Keys
	}
	if len(keys) == 0 {
		return plan.Dist{Kind: plan.Single}
	}
	out := plan.Dist{Kind: plan.Hashed, Keys: make([]int, len(keys))}
	for i, k := range keys {
		out.Keys[i] = slices.Index(n.PartitionBy, k)
		if out.Keys[i] < 0 {
			return plan.Dist{}
		}
	}
	return out
}

func (n *Node) spec(zone *types.Zone) (spec, error) {
	s := spec{in: plan.Types(n.In.Fields()), partition: n.PartitionBy, order: n.OrderBy, vars: n.Vars, values: n.Values, measured: n.Measured,
		out: n.Out, outTypes: plan.Types(n.Output), skip: n.Skip, withinMs: n.WithinMs, unit: 1, rowtime: n.byRowtime(), proctime: n.byProctime(),
		allRows: n.AllRows, empty: n.Empty, unmatched: n.Unmatched, zone: zone, pos: n.Pos}
	var ok bool
	if s.auto, ok = compile(n.Pattern); !ok {
		return s, sqlerr.New(sqlerr.Unsupported, n.Pos, "a pattern of more than %d steps is not supported", maxSteps)
	}
	if len(n.OrderBy) > 0 {
		if t := s.in[n.OrderBy[0].Col]; t.IsTimestamp() && t.Prec > 3 && !s.proctime {
			s.unit = 1000
		}
	}
	s.within = n.WithinMs * s.unit
	for _, vs := range [][]Value{n.Values, n.Measured} {
		for _, v := range vs {
			s.back, s.ahead = max(s.back, -v.Shift), max(s.ahead, v.Shift)
			s.numbered = s.numbered || v.Kind == Number
		}
	}
	for _, t := range s.outTypes {
		s.stamped = s.stamped || t.Attr == types.Rowtime
	}
	return s, nil
}

// open makes the engine of an operator.
func (s *spec) open(c *op.Context, data *vec.Batch, read func(pos int) int32) (*engine, error) {
	env := &fn.Env{Ctx: c.Fn, Heap: scratch{c.State.Table(state.TableSpec{Name: "match aggregates", Fixed: 8}).Heap()}}
	e := &engine{spec: *s, data: data, read: read}
	if err := e.conds.open(s, s.in, len(s.auto.label), c.Fn, env); err != nil {
		return nil, err
	}
	return e, e.out.open(s, s.in, c.Fn, env)
}
