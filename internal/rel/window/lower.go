package window

import (
	"github.com/weir-stream/weir/internal/dag"
	"github.com/weir-stream/weir/internal/fold"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// Lower adds the aggregate behind an exchange by its keys.
func (n *Aggregate) Lower(b *dag.Builder, in []dag.Port) (_ dag.Port, err error) {
	if n.Sets != nil {
		return dag.Port{}, sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "grouping sets must be expanded before a window aggregate runs")
	}
	if n.Attached == nil {
		if err := checkWindow(n.Window, b.Ctx.Strict && !n.Legacy); err != nil {
			return dag.Port{}, err
		}
	}
	s := n.spec(b)
	if s.retract && n.splits(b) {
		if in[0], s, err = n.apart(b, in, s); err != nil {
			return dag.Port{}, err
		}
	}
	input := b.HashBy(in[0], n.Keys, false)
	dist := plan.Dist{Kind: plan.Single}
	if len(n.Keys) > 0 {
		dist = plan.Dist{Kind: plan.Hashed, Keys: outputs(n.Keys, input.Edge, in[0])}
	}
	name := n.Name()
	var seen *reached
	if l, r := n.localPhase(b, in[0], input, s); l != nil {
		seen = r
		name = "Global" + name
		s.shipped = plan.Types(n.In.Fields())
		s.keys = make([]int, len(n.Keys))
		for i := range s.keys {
			s.keys[i] = s.slots() + i
		}
		input = b.HashBy(dag.Port{V: l}, s.keys, false)
	}
	mk := func() op.Operator {
		a := newAggregate(s)
		a.seen = seen
		return a
	}
	if s.attached == nil && n.Window.Kind == plan.Session {
		mk = func() op.Operator { return newSessions(s) }
	}
	v := b.Op(n, name, n.detail(), s.out, mk, input)
	v.WantWatermark = true
	return dag.Port{V: v, Dist: dist}, nil
}

// splits reports whether a row that is taken back may split a session in two. The
// session operator has folded the two by then, so rows must wait in front of it, as
// they do for the table function. Flink's GROUP BY SESSION leaves them together.
func (n *Aggregate) splits(b *dag.Builder) bool {
	return n.Attached == nil && n.Window.Kind == plan.Session && !n.Window.Proctime && !b.Ctx.Strict
}

// apart puts SESSION as a table function in front of the aggregate.
func (n *Aggregate) apart(b *dag.Builder, in []dag.Port, s spec) (dag.Port, spec, error) {
	assign := &Assign{In: n.In, Window: n.Window}
	assign.Window.PartitionBy = n.Keys
	rows, err := assign.Lower(b, in)
	w := len(n.In.Fields())
	s.attached, s.retract = &plan.WinCols{Start: w, End: w + 1, Time: w + 2, Window: assign.Window}, false
	return rows, s, err
}

// localPhase adds a phase before the exchange, where there is one and the
// accumulators can be shipped, and what tells it of the watermark behind it.
func (n *Aggregate) localPhase(b *dag.Builder, in dag.Port, exchange dag.Input, s spec) (*dag.Vertex, *reached) {
	if exchange.Ship == dag.Forward || s.lateness > 0 || len(n.Calls) == 0 || s.window.Proctime || n.Attached == nil && n.Window.Kind == plan.Session {
		return nil, nil
	}
	ts := plan.Types(n.In.Fields())
	words, ok := fold.Words(s.calls, ts, s.retract)
	if !ok {
		return nil, nil
	}
	seen := newReached()
	out := append(fold.LocalTypes(s.localKeys(ts), words, s.retract), suspectType)
	v := b.Op(n, "Local"+n.Name(), n.detail(), out, func() op.Operator { return &local{spec: s, late: suspects{seen: seen}} }, b.Chain(in))
	v.Names = make([]string, s.slots(), s.slots()+len(n.Keys))
	for _, k := range n.Keys {
		v.Names = append(v.Names, n.In.Fields()[k].Name)
	}
	return v, seen
}

func (n *Aggregate) detail() string {
	if n.Attached != nil {
		return plan.Aggs(n.In.Fields(), n.Calls)
	}
	return n.Window.Text(n.In.Fields()) + ", " + plan.Aggs(n.In.Fields(), n.Calls)
}

// checkWindow refuses windows that no row can be put into, and with strict those
// that the window functions of Flink do not have.
func checkWindow(w plan.Window, strict bool) error {
	switch {
	case w.SizeMs <= 0, (w.Kind == plan.Hop || w.Kind == plan.Cumulate) && w.SlideMs <= 0:
		return sqlerr.New(sqlerr.Plan, sqlerr.Pos{}, "the size of a %s window must be positive", w.Kind)
	case w.Kind == plan.Cumulate && w.SizeMs%w.SlideMs != 0:
		return sqlerr.New(sqlerr.Plan, sqlerr.Pos{}, "the size of a CUMULATE window must be a multiple of its step")
	case strict && w.Kind == plan.Hop && w.SizeMs%w.SlideMs != 0:
		return sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "a HOP window whose size is not a multiple of its slide is not supported by Flink (weir.sql.strict)")
	}
	return nil
}

func (n *Aggregate) spec(b *dag.Builder) spec {
	s := spec{keys: n.Keys, props: n.Props, out: plan.Types(n.Fields()), window: n.Window, attached: n.Attached}
	for _, c := range n.Calls {
		s.calls = append(s.calls, fold.CallOf(c, n.In.Fields()))
	}
	if t := b.Traits(n.In); t != nil {
		s.retract = !t.InsertOnly()
	}
	if t := b.Traits(n); t != nil {
		s.lateness, s.before = n.lateness(b.Ctx, b.Traits(n.In)), t.EmitBefore
	}
	in := n.In.Fields()
	switch {
	case n.Attached == nil:
		s.local = in[n.Window.TimeCol].Type.Kind == types.TimestampLTZ
	case n.Attached.Time >= 0:
		s.local = in[n.Attached.Time].Type.Kind == types.TimestampLTZ
		s.window = n.Attached.Window
	default:
		s.window = n.Attached.Window
	}
	return s
}

// outputs gives the keys that the output is spread by: rows that stayed where
// they were are still spread by their old keys.
func outputs(keys []int, e dag.Edge, in dag.Port) []int {
	spread := keys
	if e.Ship == dag.Forward && in.Dist.Kind == plan.Hashed {
		spread = in.Dist.Keys
	}
	var out []int
	for _, d := range spread {
		for i, k := range keys {
			if k == d {
				out = append(out, i)
				break
			}
		}
	}
	return out
}

// Lower adds the window table function: beside its input, but for sessions,
// which need all rows of a partition together.
func (n *Assign) Lower(b *dag.Builder, in []dag.Port) (dag.Port, error) {
	if err := checkWindow(n.Window, b.Ctx.Strict); err != nil {
		return dag.Port{}, err
	}
	s := assignSpec{window: n.Window, out: plan.Types(n.Fields()), local: n.In.Fields()[n.Window.TimeCol].Type.Kind == types.TimestampLTZ}
	detail := n.Window.Text(n.In.Fields())
	if n.Window.Kind != plan.Session {
		v := b.Op(n, n.Name(), detail, s.out, func() op.Operator { return newAssign(s) }, b.Chain(in[0]))
		return dag.Port{V: v, Dist: in[0].Dist}, nil
	}
	if t := b.Traits(n.In); b.Ctx.Strict && t != nil && !t.InsertOnly() {
		return dag.Port{}, sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "a SESSION window over rows that are updated is not supported by Flink (weir.sql.strict)")
	}
	if n.Window.Proctime {
		return dag.Port{}, sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "a SESSION window over processing time is supported in an aggregate only").
			WithHint("use a window over an event-time attribute")
	}
	input := b.HashBy(in[0], n.Window.PartitionBy, false)
	dist := plan.Dist{Kind: plan.Single}
	if len(n.Window.PartitionBy) > 0 {
		dist = plan.Dist{Kind: plan.Hashed, Keys: n.Window.PartitionBy}
		if input.Ship == dag.Forward && in[0].Dist.Kind == plan.Hashed {
			dist = in[0].Dist
		}
	}
	v := b.Op(n, n.Name(), detail, s.out, func() op.Operator { return newAssignSessions(s) }, input)
	v.WantWatermark = true
	return dag.Port{V: v, Dist: dist}, nil
}

var (
	_ dag.Lowerer = (*Assign)(nil)
	_ dag.Lowerer = (*Aggregate)(nil)
)
