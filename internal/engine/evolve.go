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
	"github.com/weir-stream/weir/internal/rel/calc"
	"github.com/weir-stream/weir/internal/rel/expand"
	"github.com/weir-stream/weir/internal/rel/scan"
	"github.com/weir-stream/weir/internal/rel/setop"
	"github.com/weir-stream/weir/internal/rel/sink"
	"github.com/weir-stream/weir/internal/rel/unnest"
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
	// stand, by place in the script, are INSERTs that are others than in the record, but
	// stand on what is in it in other columns.
	stand map[int]*sink.Node
	// now tells of nodes of the record what they have become.
	now map[plan.Node]grown
}

// evolves finds such INSERTs among those that are not in the record as they are.
func (s *Session) evolves(c *continuation, sp *subplans, old *record, fates []int, kept []plan.Node) (*evolution, error) {
	e := &evolution{plans: map[int]plan.Node{}, of: map[int]int{}, became: map[string][]flow.Became{}, changes: map[string][]string{}, now: map[plan.Node]grown{}, stand: map[int]*sink.Node{}}
	if !old.Schemas || !old.sameButExpiry(c.rec) {
		return e, nil
	}
	was := slices.Clone(fates)
	if c.again != nil {
		was = slices.Clone(c.again)
	}
	for i, at := range fates {
		if k, ok := c.p.bound[i].(*sink.Node); ok && at < 0 && was[i] < 0 {
			for j, r := range old.Sinks {
				if r.Table == k.Table.Name && !slices.Contains(was, j) { // else it is another INSERT
					was[i] = j
					break
				}
			}
		}
	}
	var parts []int
	for i, at := range was {
		if at >= 0 && fates[i] < 0 && !slices.Contains(parts, old.Sinks[at].Part) {
			parts = append(parts, old.Sinks[at].Part)
		}
	}
	slices.Sort(parts) // a part stands on those before it
	for _, part := range parts {
		if err := s.evolvePart(c, e, sp, old, part, was, fates, kept); err != nil {
			return nil, err
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

// evolvePart plans the INSERTs of a part of the graph together, as they were, and
// takes those that match.
func (s *Session) evolvePart(c *continuation, e *evolution, sp *subplans, old *record, part int, was, fates []int, kept []plan.Node) error {
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
	pl, err := s.alone(c, bound)
	if err != nil {
		return nil // compose tells of it
	}
	m := evolve.New(evolve.Config{Operational: operational, InsertOnly: func(n plan.Node) bool {
		t := pl.ann.Traits[n]
		if t == nil {
			t = c.keptTraits[n]
		}
		return t != nil && t.InsertOnly()
	}})
	roots := slices.Clone(sinksOf(pl.root))
	if len(roots) != len(places) {
		return nil
	}
	if c.again != nil {
		if err := c.asTheyWere(m, roots, places, kept); err != nil {
			return err
		}
	}
	g := newGrafting(sp, e, m, c.rec.NextPart+1)
	g.anew = c.again != nil
	var mine []int
	var sinks []plan.Node
	for i, p := range places {
		k, ok := roots[i].(*sink.Node)
		if fates[p] >= 0 || !ok || !m.Match(kept[was[p]], k) {
			continue
		}
		parted := *g.node(k).(*sink.Node)
		old := kept[was[p]].(*sink.Node)
		parted.Part, parted.Draw, parted.Corrects = c.rec.NextPart, old.Draw, old.Corrects
		m.Become(k, &parted)
		mine, sinks = append(mine, p), append(sinks, &parted)
	}
	goes := func(n plan.Node) bool { return !g.foreign[n] }
	if len(mine) > 0 {
		if ok, err := s.inherit(c, g, sinks, kept, goes); err != nil || !ok {
			return err
		}
		for i, p := range mine {
			e.plans[p], e.of[p] = sinks[i], was[p]
		}
		g.note(sinks, goes)
		c.rec.NextPart = g.next
	}
	return s.evolveBelow(c, g, roots, places, fates, kept)
}

// asTheyWere gives INSERTs that go on as others, though they mean what they meant, the plan
// that they had.
func (c *continuation) asTheyWere(m *evolve.Matching, roots []plan.Node, places []int, kept []plan.Node) error {
	if c.keptTraits == nil {
		ann, err := plan.Annotate(c.was, setOf(kept))
		if err != nil {
			return err
		}
		c.keptTraits = ann.Traits
	}
	var again []plan.Node
	for _, p := range places {
		if at := c.again[p]; at >= 0 {
			again = append(again, m.Copy(anew, kept[at]))
		}
	}
	set, err := plan.Rewrite(&sink.Set{In: again}, func(n plan.Node) (plan.Node, error) {
		if b, ok := n.(*backfill.Node); ok {
			return b.In, nil
		}
		return n, nil
	})
	if err != nil {
		return err
	}
	again = set.Inputs()
	for i, p := range places {
		if c.again[p] >= 0 {
			roots[i], again = again[0], again[1:]
		}
	}
	return nil
}

// evolveBelow has those INSERTs of a part that are others now stand on what is in the
// record of them in other columns.
func (s *Session) evolveBelow(c *continuation, g *grafting, roots []plan.Node, places, fates []int, kept []plan.Node) error {
	var all, sinks []plan.Node
	for _, k := range g.e.plans {
		all = append(all, k)
	}
	stand := map[int]*sink.Node{}
	part := g.next
	g.next++
	for i, p := range places {
		k, ok := roots[i].(*sink.Node)
		if fates[p] >= 0 || g.e.plans[p] != nil || !ok {
			continue
		}
		if built := g.stands(k); begins(built) {
			parted := *built.(*sink.Node)
			parted.Part, parted.Draw = part, p // no source of it may be taken for one that is planned elsewhere
			stand[p] = &parted
			sinks = append(sinks, &parted)
		}
	}
	if len(sinks) == 0 {
		return nil
	}
	goes := func(n plan.Node) bool { return g.grown[n] && !g.foreign[n] }
	if ok, err := s.inherit(c, g, append(all, sinks...), kept, goes); err != nil || !ok {
		return nil // compose tells of it, if that is without it so too
	}
	maps.Copy(g.e.stand, stand)
	g.note(sinks, goes)
	c.rec.NextPart = g.next
	return nil
}

// slot is where a vertex is in a graph, whatever is below it.
type slot struct {
	node plan.Node
	name string
	nth  int
}

func slots(g *dag.Graph) map[*dag.Vertex]slot {
	out, n := map[*dag.Vertex]slot{}, map[slot]int{}
	for _, v := range g.Vertices {
		p := slot{node: sink.Of(v.Node), name: strings.TrimPrefix(v.Name, "Global")}
		n[p]++
		out[v] = slot{p.node, p.name, n[p]}
	}
	return out
}

// inherit pairs the vertices of plans that match with those that they were. It is false
// if one has none, or lacks one, or keeps something else.
// goes tells which nodes those are that are paired here.
func (s *Session) inherit(c *continuation, g *grafting, sinks, kept []plan.Node, goes func(plan.Node) bool) (bool, error) {
	after, ann, err := s.graphOf(c.p.ctx, setOf(sinks))
	if err != nil {
		return false, err
	}
	before, annBefore, err := s.graphOf(c.was, setOf(kept))
	if err != nil {
		return false, err
	}
	was, last := map[slot]*dag.Vertex{}, map[plan.Node]*dag.Vertex{}
	lacking := map[plan.Node]int{}
	at := slots(before)
	for _, v := range before.Vertices {
		was[at[v]], last[v.Node] = v, v
		if !v.Local() {
			lacking[at[v].node]++
		}
	}
	others := map[plan.Node]plan.Node{} // of what others see to
	for was, is := range g.e.now {
		others[is.node] = was
	}
	var mine []plan.Node
	became, changes := map[string][]flow.Became{}, map[string][]string{}
	for v, p := range slots(after) {
		n := p.node
		if !goes(n) {
			if was := others[n]; was != nil && !sameState(n, annBefore.Traits[was], ann.Traits[n]) {
				return false, nil
			}
			continue
		}
		o := g.m.Old[n]
		p.node = o
		w := was[p]
		if _, free := n.(*calc.Node); free { // the old plan may have needed none
			if w == nil {
				w = last[o]
			}
			if w != nil {
				became[w.Address] = append(became[w.Address], flow.Became{Vertex: v.Address})
			}
			continue
		}
		if v.Local() && o != nil { // it keeps nothing, and there is none where rows expire
			if w != nil {
				became[w.Address] = append(became[w.Address], flow.Became{Vertex: v.Address})
			}
			continue
		}
		if o == nil || w == nil || !sameState(n, annBefore.Traits[o], ann.Traits[n]) {
			return false, nil
		}
		lacking[o]--
		mine = append(mine, o)
		if v.Address != w.Address { // what is left of an earlier edit is named by its table
			became[w.Address] = append(became[w.Address], flow.Became{Vertex: v.Address, Columns: g.columns(n, v)})
		}
		changes[v.Address] = g.m.Changes(n)
		if text := expiry(o, c.was, n, c.p.ctx); text != "" {
			changes[v.Address] = append(changes[v.Address], text)
		}
	}
	for _, o := range mine {
		if lacking[o] != 0 {
			return false, nil
		}
	}
	for was, bs := range became {
		g.e.became[was] = append(g.e.became[was], bs...)
	}
	maps.Copy(g.e.changes, changes)
	return true, nil
}

// sameState reports whether a node keeps the same tables when it is asked for other
// things than it was.
func sameState(n plan.Node, was, now *plan.Traits) bool {
	switch n := n.(type) {
	case *scan.Node, *sink.Node, *sink.Set, *backfill.Node, *expand.Node, *unnest.Node:
		return true
	case *setop.Node:
		if n.Op == setop.UnionAll {
			return true
		}
	}
	return sameWork(n, was, now)
}

// graphOf lowers a plan.
func (s *Session) graphOf(c *plan.Context, root plan.Node) (*dag.Graph, *plan.Annotated, error) {
	ann, err := plan.Annotate(c, root)
	if err != nil {
		return nil, nil, err
	}
	g, err := s.graph(&planned{root: root, ann: ann, ctx: c})
	return g, ann, err
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
