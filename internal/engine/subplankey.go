package engine

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/weir-stream/weir/internal/opt"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/agg"
	"github.com/weir-stream/weir/internal/rel/backfill"
	"github.com/weir-stream/weir/internal/rel/calc"
	"github.com/weir-stream/weir/internal/rel/setop"
	"github.com/weir-stream/weir/internal/rel/sink"
	"github.com/zeebo/xxh3"
)

// subplanKey names what a plan gives, whatever its columns are called, and whatever
// else reads its parts; "" if it has no written form.
func subplanKey(c *plan.Context, n plan.Node) string {
	key, _ := subplanKeyOf(c, n, every(len(n.Fields())))
	return key
}

// insertKey names what an optimised INSERT means, in whatever words it says it; "" if it
// has no written form.
func insertKey(c *plan.Context, n plan.Node) string {
	k, ok := n.(*sink.Node)
	if !ok {
		return ""
	}
	bare := *k
	bare.In, bare.Old, bare.Corrects, bare.Part, bare.Draw = &sink.Set{}, nil, false, 0, 0
	own, query := meaning(&bare), subplanKey(c, k.In)
	if own == "" || query == "" {
		return ""
	}
	return query + own
}

func every(n int) []bool {
	out := make([]bool, n)
	for i := range out {
		out[i] = true
	}
	return out
}

// subplanKeyOf names what a plan gives of some columns; "" too if it cannot be had
// without others.
func subplanKeyOf(c *plan.Context, n plan.Node, want []bool) (key string, ok bool) {
	n, err := plan.Rewrite(n, func(n plan.Node) (plan.Node, error) {
		if b, ok := n.(*backfill.Node); ok {
			return b.In, nil
		}
		return n, nil
	})
	if err != nil {
		return "", false
	}
	n, at, err := opt.Alone(c, n, want)
	if err != nil {
		return "", false
	}
	next := 0
	for i, w := range want {
		if w && at[i] != next {
			return "", false
		}
		if w {
			next++
		}
	}
	if next != len(n.Fields()) {
		return "", false
	}
	key = writtenKey(n, map[plan.Node]string{})
	return key, key != ""
}

// writtenKey names a plan as it is written, shared parts or not; "" if it has no
// written form.
func writtenKey(n plan.Node, known map[plan.Node]string) string {
	if k, ok := known[n]; ok {
		return k
	}
	texts, ins := make([]string, len(n.Inputs())), make([]plan.Node, len(n.Inputs()))
	for i, in := range n.Inputs() {
		k := writtenKey(in, known)
		if k == "" {
			known[n] = ""
			return ""
		}
		texts[i], ins[i] = k, &sink.Set{}
	}
	if o, ok := n.(*setop.Node); ok && o.Op != setop.Except {
		slices.Sort(texts)
	}
	text := strings.Join(texts, "")
	bare := n
	if len(ins) > 0 {
		bare = n.WithInputs(ins)
	}
	var x any
	if err := json.Unmarshal([]byte(meaning(bare)), &x); err == nil {
		nameless(x)
		if b, err := json.Marshal(x); err == nil {
			h := xxh3.HashString128(text + string(b)).Bytes()
			known[n] = string(h[:])
		}
	}
	return known[n]
}

// nameless takes the names of columns, and estimates, out of a written plan.
func nameless(x any) {
	switch x := x.(type) {
	case []any:
		for _, y := range x {
			nameless(y)
		}
	case map[string]any:
		if x["is"] == "Col" {
			delete(x, "Name")
		}
		if x["op"] == "join.Node" {
			delete(x, "Rows")
		}
		delete(x, "Made") // how it is called in errors
		for k, y := range x {
			if k == "Calls" || k == "Cols" {
				unnamed(y)
			}
			if k != "Table" {
				nameless(y)
			}
		}
	}
}

func unnamed(list any) {
	xs, _ := list.([]any)
	for _, x := range xs {
		if o, ok := x.(map[string]any); ok {
			delete(o, "Name")
		}
	}
}

// widerTries is how many choices among the columns of one operator are looked at.
const widerTries = 64

// wider gives a plan that picks its columns of what an operator of the record gives
// more of: an aggregate with further calls, a join that hands on further columns. nil
// if there is none; why may say of what there is less.
func (sp *subplans) wider(n plan.Node) (wider plan.Node, why string) {
	key := sp.keys[n]
	if key == "" || !noted(n) {
		return nil, ""
	}
	if a, ok := n.(*agg.Node); ok {
		return sp.widerAgg(a)
	}
	for _, old := range sp.all {
		if sp.refused[old.node] != "" || old.node.Name() != n.Name() || len(old.node.Fields()) <= len(n.Fields()) || sp.changes(old.node, n) {
			continue
		}
		if cols := sp.choose(old.node, n, key); cols != nil {
			return sp.pick(old, n, cols), ""
		}
	}
	return nil, ""
}

// widerAgg finds an aggregate over the same groups that has all calls of a new one, in
// any order.
func (sp *subplans) widerAgg(n *agg.Node) (wider plan.Node, why string) {
	calls := sp.calls(n)
	for _, old := range sp.all {
		o, ok := old.node.(*agg.Node)
		if !ok || sp.refused[o] != "" || sp.changes(o, n) {
			continue
		}
		has := sp.calls(o)
		if has[0] == "" || has[0] != calls[0] {
			continue
		}
		cols, lacks := make([]int, 0, len(n.Fields())), []plan.AggCall(nil)
		for k := range n.Keys {
			cols = append(cols, k)
		}
		for i, c := range calls[1:] {
			at := slices.Index(has[1:], c)
			if at < 0 || c == "" {
				lacks = append(lacks, n.Calls[i])
			}
			cols = append(cols, len(o.Keys)+at)
		}
		if len(lacks) == 0 {
			return sp.pick(old, n, cols), ""
		}
		why = plan.Aggs(n.In.Fields(), lacks) + " is new in it"
	}
	return nil, why
}

// calls names the groups of an aggregate, then each of its calls by itself.
func (sp *subplans) calls(n *agg.Node) []string {
	if keys, ok := sp.callKeys[n]; ok {
		return keys
	}
	var keys []string
	for i := -1; i < len(n.Calls); i++ {
		one := *n
		if one.Calls = nil; i >= 0 {
			one.Calls = n.Calls[i : i+1]
		}
		keys = append(keys, subplanKey(sp.ctx, &one))
	}
	sp.callKeys[n] = keys
	return keys
}

// pick gives the columns of a node of the record that are those of a new one.
func (sp *subplans) pick(old subplan, n plan.Node, cols []int) plan.Node {
	b := sp.cut(old)
	out := calc.Project(b, nil, nil)
	for i, at := range cols {
		out.Out, out.Cols = append(out.Out, plan.ColOf(b.Fields(), at)), append(out.Cols, n.Fields()[i])
	}
	return out
}

// changes reports whether a node of the record changes rows where a new one only adds
// them, as an aggregate does that has calls beside its keys.
func (sp *subplans) changes(old, n plan.Node) bool {
	was, is := sp.traits[old], sp.fresh[n]
	return was == nil || is == nil || is.InsertOnly() && !was.InsertOnly()
}

// choose finds the columns of a node of the record that are those of a new one, whose
// key is given, in their order.
func (sp *subplans) choose(old, n plan.Node, key string) []int {
	have, need := old.Fields(), n.Fields()
	tries := widerTries
	var found []int
	var from func(cols []int, at int)
	from = func(cols []int, at int) {
		if found != nil || tries == 0 || len(have)-at < len(need)-len(cols) {
			return
		}
		if len(cols) == len(need) {
			tries--
			want := make([]bool, len(have))
			for _, c := range cols {
				want[c] = true
			}
			if k, ok := subplanKeyOf(sp.ctx, old, want); ok && k == key {
				found = append([]int(nil), cols...)
			}
			return
		}
		a, b := have[at].Type, need[len(cols)].Type
		if a.Equal(b) && a.Attr == b.Attr {
			from(append(cols, at), at+1)
		}
		from(cols, at+1)
	}
	from(nil, 0)
	return found
}
