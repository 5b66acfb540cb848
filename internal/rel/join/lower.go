package join

import (
	"fmt"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/dag"
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/types"
)

// Lower adds the join's vertex with both inputs brought together by key.
func (n *Node) Lower(b *dag.Builder, in []dag.Port) (dag.Port, error) {
	if err := n.checkKeys(); err != nil {
		return dag.Port{}, err
	}
	dist := b.Traits(n).Dist
	if n.Strategy == HashBuildLeft || n.Strategy == HashBuildRight || b.Ctx.Batch && (n.Strategy == Regular || n.Strategy == Lookup) {
		return n.lowerHash(b, in)
	}
	if c := n.withoutNullAware(); c != n {
		n, dist = c, plan.Dist{}
	}
	switch n.Strategy {
	case Regular:
		return n.lowerRegular(b, in, dist)
	case Window:
		return n.lowerWindow(b, in, dist)
	case Temporal:
		return n.lowerTemporal(b, in, dist)
	case Interval:
		return n.lowerInterval(b, in, dist)
	case Lookup:
		return n.lowerLookup(b, in, dist)
	}
	return dag.Port{}, unsupported("the join strategy %s here", n.Name())
}

// checkKeys refuses keys whose equal values have different bytes on the two
// sides, which would silently not match.
func (n *Node) checkKeys() error {
	lf, rf := n.L.Fields(), n.R.Fields()
	for i, k := range n.LeftKeys {
		if l, r := lf[k].Type, rf[n.RightKeys[i]].Type; !SameKeys(l, r) {
			return unsupported("join keys of type %s and %s", l, r).WithHint("cast one to the type of the other")
		}
	}
	return nil
}

// SameKeys reports whether equal keys of two types have equal bytes.
func SameKeys(l, r types.Type) bool {
	same := l.Phys() == r.Phys() && (l.Kind != types.Decimal || r.Kind != types.Decimal || l.Scale == r.Scale)
	if l.IsTimestamp() && r.IsTimestamp() {
		same = same && l.Prec <= 3 == (r.Prec <= 3)
	}
	return same
}

// add makes the vertex over hashed inputs.
func (n *Node) add(b *dag.Builder, in []dag.Port, d plan.Dist, watermark bool, mk func() op.Operator) dag.Port {
	return n.addOver(b, b.HashBy(in[0], n.LeftKeys, true), b.HashBy(in[1], n.RightKeys, true), d, watermark, mk)
}

func (n *Node) addOver(b *dag.Builder, l, r dag.Input, d plan.Dist, watermark bool, mk func() op.Operator) dag.Port {
	detail := ""
	for _, a := range n.Attrs() {
		if detail != "" {
			detail += ", "
		}
		detail += fmt.Sprintf("%s=[%s]", a.Key, a.Value)
	}
	var node plan.Node = n
	if n.was != nil {
		node = n.was
	}
	v := b.Op(node, n.Name(), detail, plan.Types(n.Fields()), mk, l, r)
	v.WantWatermark = watermark
	return dag.Port{V: v, Dist: d}
}

// inputs describes both sides.
func (n *Node) inputs(b *dag.Builder) [2]input {
	var out [2]input
	keys := [2][]int{n.LeftKeys, n.RightKeys}
	ttl := [2]int64{n.LeftTTLMs, n.RightTTLMs}
	for i, in := range n.Inputs() {
		out[i] = input{types: plan.Types(in.Fields()), keys: keys[i], ttlMs: ttl[i]}
		if ttl[i] < 0 {
			out[i].ttlMs = b.Ctx.StateTTLMs
		}
		if t := b.Traits(in); t != nil {
			out[i].upserts = upserts(t)
			out[i].retracts = t.Changes&(connector.UpdatesBefore|connector.UpdatesAfter|connector.Deletes) != 0
		}
		for j, k := range keys[i] {
			if !n.NullSafe[j] {
				out[i].strict = append(out[i].strict, k)
			}
		}
	}
	return out
}

func (n *Node) lowerRegular(b *dag.Builder, in []dag.Port, d plan.Dist) (dag.Port, error) {
	s := regularSpec{typ: n.Type, in: n.inputs(b), rest: n.Rest, zone: b.Ctx.Zone}
	for i := range s.in {
		s.in[i].counted = roleOf(n.Type, 1-i).counts()
	}
	s.in[1].keyOnly = (n.Type == Semi || n.Type == Anti) && n.Rest == nil
	return n.add(b, in, d, false, func() op.Operator { return newRegular(s) }), nil
}

// withoutNullAware turns NOT IN into a plain anti join: as it is where the
// compared columns hold no nulls, otherwise with the comparison among the rest
// of the condition, where unknown counts as a match.
func (n *Node) withoutNullAware() *Node {
	if !n.NullAware || len(n.LeftKeys) == 0 {
		return n
	}
	lf, rf := n.L.Fields(), n.R.Fields()
	l := plan.ColOf(lf, n.LeftKeys[0])
	r := plan.ColOf(rf, n.RightKeys[0])
	r.Index += len(lf)
	c := *n
	c.NullAware, c.was = false, n
	if !l.T.Nullable && !r.T.Nullable {
		return &c
	}
	c.LeftKeys, c.RightKeys, c.NullSafe = n.LeftKeys[1:], n.RightKeys[1:], n.NullSafe[1:]
	c.Rest = expr.AndAll(expr.OrAll(expr.Compare(fn.EQ, l, r), expr.IsNull(l), expr.IsNull(r)), n.Rest)
	return &c
}

func (n *Node) lowerWindow(b *dag.Builder, in []dag.Port, d plan.Dist) (dag.Port, error) {
	if w := b.Traits(n.L).Win; w != nil && w.Window.Proctime {
		return dag.Port{}, unsupported("a join of processing-time windows").WithHint("use an event-time attribute")
	}
	s := windowSpec{typ: n.Type, in: n.inputs(b), rest: n.Rest, zone: b.Ctx.Zone}
	for i, win := range [2][2]int{n.LeftWin, n.RightWin} {
		x := &s.in[i]
		x.keys = append(append([]int(nil), win[:]...), x.keys...)
		x.strict = append(append([]int(nil), win[:]...), x.strict...)
	}
	if localWindows(b, n.L) {
		s.shift = b.Ctx.Zone
	}
	return n.add(b, in, d, true, func() op.Operator { return newWindowJoin(s) }), nil
}

// localWindows reports whether the windows of a plan are of a TIMESTAMP_LTZ
// attribute: their bounds are local times, watermarks are not.
func localWindows(b *dag.Builder, root plan.Node) bool {
	local := false
	plan.Walk(root, func(n plan.Node) {
		if t := b.Traits(n); t != nil && t.Win != nil && t.Win.Time >= 0 && t.Win.Time < len(n.Fields()) {
			local = local || n.Fields()[t.Win.Time].Type.Kind == types.TimestampLTZ
		}
	})
	return local
}

// lowerLookup reads the right side whole before the left one.
func (n *Node) lowerLookup(b *dag.Builder, in []dag.Port, d plan.Dist) (dag.Port, error) {
	if n.Type != Inner && n.Type != Left {
		return dag.Port{}, unsupported("%s with FOR SYSTEM_TIME AS OF", n.Type)
	}
	if t := b.Traits(n.R); t != nil && !t.Bounded {
		return dag.Port{}, unsupported("a lookup of an unbounded table").WithHint("FOR SYSTEM_TIME AS OF a processing time reads the table once; join an unbounded one by event time or with a regular join")
	}
	s := regularSpec{typ: n.Type, in: n.inputs(b), rest: n.Rest, zone: b.Ctx.Zone}
	s.in[1].ttlMs = 0
	l, r := b.HashBy(in[0], n.LeftKeys, true), b.HashBy(in[1], n.RightKeys, true)
	// The left rows wait until the right side has been read, which must not keep
	// a source of both from going on.
	l.Blocking = shared(n.L, n.R)
	return n.addOver(b, l, r, d, false, func() op.Operator { return newLookup(s) }), nil
}

// shared reports whether two plans have a node in common.
func shared(l, r plan.Node) bool {
	seen, common := map[plan.Node]bool{}, false
	plan.Walk(l, func(n plan.Node) { seen[n] = true })
	plan.Walk(r, func(n plan.Node) { common = common || seen[n] })
	return common
}

func (n *Node) lowerInterval(b *dag.Builder, in []dag.Port, d plan.Dist) (dag.Port, error) {
	s := intervalSpec{typ: n.Type, in: n.inputs(b), bounds: *n.Bounds, rest: n.Rest, zone: b.Ctx.Zone}
	if n.Type > Full {
		return dag.Port{}, unsupported("%s as an interval join", n.Type)
	}
	for i, c := range [2]int{n.Bounds.LeftTime, n.Bounds.RightTime} {
		if t := s.in[i].types[c]; !n.Bounds.Proctime && t.Phys() != types.PI64 {
			return dag.Port{}, unsupported("an interval join on %s", t).WithHint("cast the time column to a precision of at most 6")
		}
	}
	return n.add(b, in, d, true, func() op.Operator { return newIntervalJoin(s) }), nil
}

func (n *Node) lowerTemporal(b *dag.Builder, in []dag.Port, d plan.Dist) (dag.Port, error) {
	if n.Type != Inner && n.Type != Left || n.Bounds == nil {
		return dag.Port{}, unsupported("%s with FOR SYSTEM_TIME AS OF", n.Type)
	}
	s := temporalSpec{typ: n.Type, in: n.inputs(b), times: [2]int{n.Bounds.LeftTime, n.Bounds.RightTime}, rest: n.Rest, zone: b.Ctx.Zone}
	for i, c := range s.times {
		if t := s.in[i].types[c]; t.Phys() != types.PI64 {
			return dag.Port{}, unsupported("FOR SYSTEM_TIME AS OF %s", t).WithHint("cast the time column to a precision of at most 6")
		}
	}
	in[1].V.KeepVersions()
	return n.add(b, in, d, true, func() op.Operator { return newTemporalJoin(s) }), nil
}
