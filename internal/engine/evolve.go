package engine

import (
	"maps"
	"slices"
	"strings"

	"github.com/weir-stream/weir/internal/dag"
	"github.com/weir-stream/weir/internal/evolve"
	"github.com/weir-stream/weir/internal/flow"
	"github.com/weir-stream/weir/internal/job"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/backfill"
	"github.com/weir-stream/weir/internal/rel/sink"
	"github.com/weir-stream/weir/internal/state"
)

// evolution is the INSERTs of a script that are those of a record but for the names
// and types of columns, or for new columns of their sources. They are planned anew, as a
// part of their own, and go on with the state of the old ones.
type evolution struct {
	plans  map[int]plan.Node // by place in the script
	of     map[int]int       // by place in the script: the INSERT of the record
	became map[string][]flow.Became
	// changes says by address what is different.
	changes map[string][]string
}

// evolves finds such INSERTs among those that are not in the record as they are.
func (s *Session) evolves(c *continuation, old *record, fates []int, kept []plan.Node) (*evolution, error) {
	e := &evolution{plans: map[int]plan.Node{}, of: map[int]int{}, became: map[string][]flow.Became{}, changes: map[string][]string{}}
	if !old.Schemas || !maps.Equal(old.Settings, c.rec.Settings) {
		return e, nil
	}
	was := slices.Clone(fates)
	for i, at := range fates {
		if k, ok := c.p.bound[i].(*sink.Node); ok && at < 0 {
			was[i] = slices.IndexFunc(old.Sinks, func(r recordedSink) bool { return r.Table == k.Table.Name })
			for j := range i { // another INSERT into the table may be it as well
				if was[i] >= 0 && was[j] == was[i] {
					was[i] = -1
				}
			}
		}
	}
	parts := map[int]bool{}
	for i, at := range was {
		if part := 0; at >= 0 && fates[i] < 0 && !hasBackfill(kept[at]) {
			part = old.Sinks[at].Part
			if parts[part] {
				continue
			}
			parts[part] = true
			if err := s.evolvePart(c, e, old, part, was, fates, kept); err != nil {
				return nil, err
			}
		}
	}
	return e, nil
}

// going tells of each INSERT which of the record it is, in other columns too, -1 if
// none.
func (e *evolution) going(fates []int) []int {
	out := slices.Clone(fates)
	for i, at := range e.of {
		out[i] = at
	}
	return out
}

func hasBackfill(n plan.Node) bool {
	found := false
	plan.Walk(n, func(n plan.Node) {
		if _, ok := n.(*backfill.Node); ok {
			found = true
		}
	})
	return found
}

// evolvePart plans the INSERTs of a part of the graph together, as they were, and
// takes those that match.
func (s *Session) evolvePart(c *continuation, e *evolution, old *record, part int, was, fates []int, kept []plan.Node) error {
	var places []int
	for i, at := range was {
		if at >= 0 && old.Sinks[at].Part == part {
			places = append(places, i)
		}
	}
	slices.SortFunc(places, func(a, b int) int { return was[a] - was[b] })
	bound := make([]plan.Node, len(places))
	for i, p := range places {
		bound[i] = c.p.bound[p]
	}
	pl, err := s.lowered(setOf(bound))
	if err != nil {
		return nil // compose tells of it
	}
	m := evolve.New(evolve.Config{Operational: operational, InsertOnly: func(n plan.Node) bool {
		t := pl.ann.Traits[n]
		return t != nil && t.InsertOnly()
	}})
	roots := sinksOf(pl.root)
	if len(roots) != len(places) {
		return nil
	}
	var mine []int
	var sinks []plan.Node
	for i, p := range places {
		k, ok := roots[i].(*sink.Node)
		if fates[p] >= 0 || !ok || !m.Match(kept[was[p]], k) {
			continue
		}
		parted := *k
		parted.Part, parted.Corrects = c.rec.NextPart, kept[was[p]].(*sink.Node).Corrects
		m.Old[&parted], m.Columns[&parted] = m.Old[k], m.Columns[k]
		mine, sinks = append(mine, p), append(sinks, &parted)
	}
	if len(mine) == 0 {
		return nil
	}
	ok, err := s.inherit(c, e, m, sinks, kept)
	if err != nil || !ok {
		return err
	}
	for i, p := range mine {
		e.plans[p], e.of[p] = sinks[i], was[p]
	}
	c.rec.NextPart++
	return nil
}

// inherit pairs the vertices of plans that match with those that they were. It is false
// if one has none, or lacks one.
func (s *Session) inherit(c *continuation, e *evolution, m *evolve.Matching, sinks, kept []plan.Node) (bool, error) {
	g, err := s.graphOf(c, setOf(sinks))
	if err != nil {
		return false, err
	}
	before, err := s.graphOf(c, setOf(kept))
	if err != nil {
		return false, err
	}
	type place struct {
		node plan.Node
		name string
		nth  int
	}
	places := func(g *dag.Graph) map[*dag.Vertex]place {
		out, n := map[*dag.Vertex]place{}, map[place]int{}
		for _, v := range g.Vertices {
			p := place{node: v.Node, name: strings.TrimPrefix(v.Name, "Global")}
			n[p]++
			out[v] = place{p.node, p.name, n[p]}
		}
		return out
	}
	was := map[place]*dag.Vertex{}
	needed := map[plan.Node]int{}
	for v, p := range places(before) {
		was[p] = v
		needed[v.Node]++
	}
	became, changes := map[string]flow.Became{}, map[string][]string{}
	for v, p := range places(g) {
		o := m.Old[p.node]
		p.node = o
		w := was[p]
		if o == nil || w == nil {
			return false, nil
		}
		needed[o]--
		b := flow.Became{Vertex: v.Address, Columns: make(state.ColumnMap, len(v.Inputs))}
		for i, in := range v.Inputs {
			if in.From.Node != v.Node {
				b.Columns[i] = m.Columns[in.From.Node]
			}
		}
		became[w.Address], changes[v.Address] = b, m.Changes(v.Node)
	}
	for _, o := range m.Old {
		if needed[o] != 0 && e.reached(sinks, m, o) {
			return false, nil
		}
	}
	for was, b := range became {
		e.became[was] = append(e.became[was], b)
	}
	maps.Copy(e.changes, changes)
	return true, nil
}

// reached reports whether a node of the old plan is in those that sinks were.
func (e *evolution) reached(sinks []plan.Node, m *evolve.Matching, old plan.Node) bool {
	found := false
	for _, k := range sinks {
		plan.Walk(m.Old[k], func(n plan.Node) { found = found || n == old })
	}
	return found
}

// graphOf lowers a plan.
func (s *Session) graphOf(c *continuation, root plan.Node) (*dag.Graph, error) {
	ann, err := plan.Annotate(c.p.ctx, root)
	if err != nil {
		return nil, err
	}
	return s.graph(&planned{root: root, ann: ann, ctx: c.p.ctx})
}

// renamed gives the operators of a record under the addresses that they go on with.
func (e *evolution) renamed(before, after []job.Operator) []job.Operator {
	if e == nil {
		return before
	}
	is := map[string]bool{}
	for i := range after {
		is[after[i].Address] = true
		after[i].Changes = e.changes[after[i].Address]
	}
	var out []job.Operator
	for _, o := range before {
		if bs := e.became[o.Address]; len(bs) == 0 || is[o.Address] {
			out = append(out, o)
		}
		for _, b := range e.became[o.Address] {
			o.Address = b.Vertex
			out = append(out, o)
		}
	}
	return out
}
