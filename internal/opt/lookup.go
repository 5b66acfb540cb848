package opt

import (
	"slices"
	"strings"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/calc"
	"github.com/weir-stream/weir/internal/rel/join"
	"github.com/weir-stream/weir/internal/rel/scan"
)

// A lookup join with a table that can be read by key reads it by key, and so sees
// what the table holds at that moment; other tables that end are read whole.
var lookupByKey = Rule{
	Name:   "look up by key",
	Stream: true, Required: true,
	Why: "the table may be large, and changes while the stream goes on",
	Apply: func(c *Ctx, n plan.Node) (plan.Node, error) {
		j, ok := n.(*join.Node)
		if !ok || j.Strategy != join.Lookup {
			return n, nil
		}
		r, err := remoteOf(j.R)
		if r == nil || err != nil {
			return n, err
		}
		if out := byKey(j, r, nil); out != nil {
			if strings.EqualFold(c.Option("table.optimizer.non-deterministic-update.strategy"), "TRY_RESOLVE") {
				out.Keep = !insertOnly(c, j.L)
			}
			return out, nil
		}
		return n, nil
	},
}

// remoteOf gives what a plan reads of a table that can be read by key; nil if it
// is something else.
func remoteOf(n plan.Node) (*join.Remote, error) {
	k, ok := n.(*calc.Node)
	if ok {
		n = k.In
	}
	s, ok := n.(*scan.Node)
	if !ok || s.Limit > 0 {
		return nil, nil
	}
	r := &join.Remote{Table: s.Table, Want: s.Want, Meta: s.Meta, Read: s.Output, Fields: s.Output}
	if k != nil {
		r.Cond, r.Out, r.Fields = k.Cond, k.Out, k.Fields()
	}
	if strings.EqualFold(s.Table.Options.String("lookup.cache"), "FULL") {
		full, err := connector.NewFullCache(s.Table, s.Source)
		r.Source = full
		return r, err
	}
	if r.Source, ok = s.Source.(connector.LookupSource); !ok {
		return nil, nil
	}
	return r, nil
}

// byKey makes the join; nil if there is nothing to look up by. With index only
// these columns of the table are looked up by.
func byKey(j *join.Node, r *join.Remote, index []int) *join.ByKey {
	lf, rf := j.L.Fields(), r.Fields
	out := &join.ByKey{L: j.L, Type: j.Type, R: *r}
	if j.Hint != nil {
		out.Hint = *j.Hint
	}
	rest := expr.Conjuncts(j.Rest)
	for i, k := range j.RightKeys {
		at := readColumn(r, k)
		taken := slices.ContainsFunc(out.Keys, func(x join.KeyOf) bool { return x.Col == at })
		if at < 0 || taken || j.NullSafe[i] || index != nil && !slices.Contains(index, r.Want[at]) {
			op := "="
			if j.NullSafe[i] {
				op = "IS NOT DISTINCT FROM"
			}
			right := plan.ColOf(rf, k)
			right.Index += len(lf)
			rest = append(rest, equal(op, plan.ColOf(lf, j.LeftKeys[i]), right))
			continue
		}
		out.Keys = append(out.Keys, join.KeyOf{Col: at, From: j.LeftKeys[i]})
	}
	if len(out.Keys) == 0 && index == nil {
		out.Keys = constantKeys(r)
	}
	if len(out.Keys) == 0 {
		return nil
	}
	out.Rest = conjunction(rest)
	return out
}

// readColumn gives the physical column of the table that column i of what is
// looked up is; -1 if it is computed.
func readColumn(r *join.Remote, i int) int {
	if r.Out != nil {
		c, ok := r.Out[i].(*expr.Col)
		if !ok {
			return -1
		}
		i = c.Index
	}
	if i >= len(r.Want) {
		return -1
	}
	return i
}

// constantKeys are the columns that the filter compares with a constant.
func constantKeys(r *join.Remote) []join.KeyOf {
	var out []join.KeyOf
	for _, e := range expr.Conjuncts(r.Cond) {
		call, ok := e.(*expr.Call)
		if !ok || call.Fn.Name != "=" || len(call.Args) != 2 {
			continue
		}
		col, lit := call.Args[0], call.Args[1]
		if _, ok := col.(*expr.Lit); ok {
			col, lit = lit, col
		}
		x, isCol := col.(*expr.Col)
		v, isLit := lit.(*expr.Lit)
		if isCol && isLit && v.Value != nil && x.Index < len(r.Want) && join.SameKeys(x.T, v.T) {
			out = append(out, join.KeyOf{Col: x.Index, From: -1, Lit: v})
		}
	}
	return out
}
