package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/dag"
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/backfill"
	"github.com/weir-stream/weir/internal/rel/calc"
	"github.com/weir-stream/weir/internal/rel/join"
	"github.com/weir-stream/weir/internal/rel/sink"
)

// corrections are the tables to which an INSERT writes that has changed. What it wrote
// is taken back where the new one does not write it, if it can be computed from the
// state: the old query runs once more, from the results of its topmost operators.
type corrections struct {
	was  map[string]*sink.Node // by table; of several that write to one none
	asis map[string]bool       // tables that an INSERT goes on writing to
	// why tells of tables why their rows stay.
	why map[string]string
}

// correctionsOf finds the INSERTs of a record, whose roots are kept, that are gone.
func correctionsOf(fates []int, kept []plan.Node) *corrections {
	cs := &corrections{was: map[string]*sink.Node{}, asis: map[string]bool{}}
	many := map[string]int{}
	for i, n := range kept {
		k, ok := n.(*sink.Node)
		if !ok {
			continue
		}
		if many[k.Table.Name]++; slices.Contains(fates, i) {
			cs.asis[k.Table.Name] = true
		} else {
			cs.was[k.Table.Name] = k
		}
	}
	for t, n := range many {
		cs.asis[t] = cs.asis[t] || n > 1
	}
	return cs
}

// correct gives sinks that take back what the ones before them wrote.
func (cs *corrections) correct(sp *subplans, fresh []plan.Node, ann *plan.Annotated) []plan.Node {
	cs.why = map[string]string{}
	writers := map[string]int{}
	for _, n := range fresh {
		if k, ok := n.(*sink.Node); ok {
			writers[k.Table.Name]++
		}
	}
	out := slices.Clone(fresh)
	for i, n := range fresh {
		k, ok := n.(*sink.Node)
		if !ok {
			continue
		}
		was := cs.was[k.Table.Name]
		if was == nil {
			continue
		}
		if cs.asis[k.Table.Name] || writers[k.Table.Name] > 1 {
			cs.why[k.Table.Name] = "more than one INSERT writes to it"
			continue
		}
		old, why := sp.oldRows(k, was, ann)
		if why != "" {
			cs.why[k.Table.Name] = why
			continue
		}
		c := *k
		c.Corrects, c.Old = true, old
		out[i] = &c
	}
	return out
}

// oldRows plans the rows that a sink of the record wrote as rows of the one in its
// place.
func (sp *subplans) oldRows(k, was *sink.Node, ann *plan.Annotated) (old plan.Node, why string) {
	for _, n := range []*sink.Node{was, k} {
		traits := sp.traits[n.In]
		if n == k {
			traits = ann.Traits[n.In]
		}
		switch {
		case traits == nil:
			return nil, "settings have changed"
		case n.Correctable(traits) != "":
			return nil, n.Correctable(traits)
		}
	}
	if !maps.Equal(place(k.Table), place(was.Table)) {
		return nil, "its options have changed, so it may be another place"
	}
	if !slices.Equal(keyNames(k.Table), keyNames(was.Table)) {
		return nil, "its primary key has changed"
	}
	old, why = sp.again(was.In)
	if why != "" {
		return nil, why
	}
	if old = asRows(k, was, old); old == nil {
		return nil, "its columns have changed"
	}
	return old, ""
}

// place is the options of a table that say where it is.
func place(t *connector.Table) map[string]string {
	out := maps.Clone(t.Given())
	maps.DeleteFunc(out, func(k, _ string) bool { return operational(k) })
	return out
}

func keyNames(t *connector.Table) []string {
	var out []string
	for _, c := range t.PrimaryKey {
		out = append(out, t.Columns[c].Name)
	}
	return out
}

// again plans a query of the record on the results of its topmost operators that
// have state.
func (sp *subplans) again(n plan.Node) (plan.Node, string) {
	if b, ok := n.(*backfill.Node); ok {
		return sp.again(b.In)
	}
	why, refused := sp.refused[n]
	repeats := refused && sp.repeats(n)
	if refused && !repeats {
		return nil, n.Name() + ": " + why
	}
	if part, ok := sp.parts[n]; ok && !refused {
		b := sp.once[n]
		if b == nil {
			b = sp.on(subplan{n, part})
			b.Once = true
			sp.once[n] = b
		}
		return b, ""
	}
	if len(n.Inputs()) == 0 || noted(n) && !repeats || !settled(n) {
		return nil, "what " + n.Name() + " gave cannot be computed again without reading sources"
	}
	ins := make([]plan.Node, len(n.Inputs()))
	for i, in := range n.Inputs() {
		var why string
		if ins[i], why = sp.again(in); why != "" {
			return nil, why
		}
	}
	return n.WithInputs(ins), ""
}

// repeats reports whether an operator that does not hold its table gives it again when
// it is given those of its inputs.
func (sp *subplans) repeats(n plan.Node) bool {
	j, ok := n.(*join.Node)
	return ok && j.Strategy == join.Regular && j.LeftTTLMs <= 0 && j.RightTTLMs <= 0 && sp.ctx.StateTTLMs == 0
}

// asRows gives the rows that one sink wrote as rows of another, whose columns are
// found by their names; nil if that does not give whole rows where they are needed,
// or not the key.
func asRows(k, was *sink.Node, rows plan.Node) plan.Node {
	from := map[string]int{}
	had, cols := rows.Fields(), k.Fields()
	if len(was.Table.Columns) < len(had) || len(k.Table.Columns) < len(cols) {
		return nil // metadata columns
	}
	for i := range had {
		from[was.Table.Columns[i].Name] = i
	}
	out, same := make([]expr.Expr, len(cols)), len(cols) == len(had)
	for i, f := range cols {
		if j, ok := from[k.Table.Columns[i].Name]; ok && had[j].Type.AsNullable().Equal(f.Type.AsNullable()) {
			out[i] = plan.ColOf(had, j)
			same = same && i == j
			continue
		}
		if k.Sink.Accepts().Has(connector.UpdatesBefore) || slices.Contains(k.CorrectKey(), i) {
			return nil
		}
		out[i], same = &expr.Lit{T: f.Type.AsNullable()}, false
	}
	if same {
		return rows
	}
	return calc.Project(rows, out, plan.Names(cols))
}

// commit makes visible what a sink had prepared that is gone.
func (c *continuation) commit(ctx context.Context, address string, handle []byte) error {
	k := c.gone[address]
	if k == nil {
		return nil
	}
	w, err := k.Sink.Open(ctx, 0, 1)
	if err == nil {
		err = errors.Join(w.Commit(ctx, handle), w.Close())
	}
	if err != nil {
		return fmt.Errorf("committing to table %s what the plan before had written: %w", k.Table.Name, err)
	}
	return nil
}

// lasting gives the vertices of a graph that are there after what was before an edit
// has been taken back.
func lasting(g *dag.Graph) map[*dag.Vertex]bool {
	out := map[*dag.Vertex]bool{}
	var visit func(v *dag.Vertex)
	visit = func(v *dag.Vertex) {
		if out[v] {
			return
		}
		out[v] = true
		for i, e := range v.Inputs {
			if i == 0 || !v.WantCaughtUp {
				visit(e.From)
			}
		}
	}
	used := map[*dag.Vertex]bool{}
	for _, v := range g.Vertices {
		for _, e := range v.Inputs {
			used[e.From] = true
		}
	}
	for _, v := range g.Vertices {
		if !used[v] {
			visit(v)
		}
	}
	return out
}
