package engine

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/weir-stream/weir/internal/catalog"
	"github.com/weir-stream/weir/internal/dag"
	"github.com/weir-stream/weir/internal/job"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/planfile"
	"github.com/weir-stream/weir/internal/rel/sink"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// record is what the epochs of a job keep of the plan that runs, for the next run:
// INSERTs that are in both go on in the plan that they had, with all their state.
// Others get a part of the graph of their own (dag.Parted) and read their sources
// from the beginning.
type record struct {
	// Sinks are those of the plan, in its order.
	Sinks []recordedSink
	// NextPart has never been the part of a sink.
	NextPart int
	// Settings are those that shaped the plan.
	Settings map[string]string
	// Operators are the plan's, for the comparison with the next one.
	Operators []job.Operator
	// Passing are the addresses of those that the next run does without.
	Passing []string `json:",omitempty"`
	// Schemas: the epochs say what the tables of its operators hold.
	Schemas bool `json:",omitempty"`
	// Over are the numbers of folders of the job's name whose INSERTs it has now.
	Over []int `json:",omitempty"`
	// Plan is a planfile without the secrets of its tables.
	Plan json.RawMessage
}

type recordedSink struct {
	Identity string // of the INSERT
	Table    string
	Part     int    `json:",omitempty"`
	Draw     int    `json:",omitempty"`
	Address  string // of the sink's vertex
}

// write gives the record's bytes.
func (r *record) write() ([]byte, error) {
	data, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err == nil {
		_, err = w.Write(data)
		err = errors.Join(err, w.Close())
	}
	return b.Bytes(), err
}

func readRecord(data []byte) (*record, error) {
	if len(data) == 0 {
		return nil, nil
	}
	text, err := io.ReadAll(flate.NewReader(bytes.NewReader(data)))
	r := &record{}
	if err == nil {
		err = json.Unmarshal(text, r)
	}
	if err != nil {
		return nil, &sqlerr.Error{Code: sqlerr.Runtime, Msg: "the plan that the checkpoint was made with cannot be read", Hint: "start anew with --restart", Err: err}
	}
	return r, nil
}

// continuation is a plan that goes on from a record.
type continuation struct {
	p   *planned
	rec *record
	// edited: the INSERTs are not those of the record.
	edited  bool
	needed  map[string]bool // addresses of the record that INSERTs go on with
	diff    []job.Difference
	read    job.Reading           // of the record
	why     map[plan.Node]string  // nodes are rebuilt that have not changed
	stay    map[string]string     // rows of tables are not corrected
	gone    map[string]*sink.Node // sinks of the record by their addresses
	evolved *evolution
	// again, if rows expire now that did not, or the other way round, are the INSERTs of the
	// record that those of the script are: they go on as others, since what is saved is to
	// be converted.
	again []int
	// keptTraits are those of the record's plan, where again asks for them.
	keptTraits map[plan.Node]*plan.Traits
	// said, by place in the script, are the identities under which INSERTs are recorded that
	// the script has in other words: it is those whose plan goes on.
	said map[int]string
	// was is the context that the record was planned in.
	was *plan.Context
}

// planText writes a plan without secrets, and gives the options of its tables.
func planText(root plan.Node) (json.RawMessage, map[string]map[string]any, error) {
	data, err := planfile.Encode(&planfile.Plan{Root: root})
	if err != nil {
		return nil, nil, err
	}
	options := map[string]map[string]any{}
	data, err = planfile.EachTable(data, func(table, o map[string]any) {
		if name, ok := table["Name"].(string); ok {
			options[name] = maps.Clone(o)
		}
		for k := range o {
			if catalog.Secret(k) {
				delete(o, k)
			}
		}
	})
	return data, options, err
}

// sinksOf lists the roots of a job's plan.
func sinksOf(root plan.Node) []plan.Node {
	if set, ok := root.(*sink.Set); ok {
		return set.In
	}
	return []plan.Node{root}
}

// continues lets a job go on from what was recorded of its last run; nil if the plan
// has no written form, so that nothing can be recorded.
func (s *Session) continues(p *planned, old *record, read job.Reading) (*continuation, error) {
	_, options, err := planText(p.root)
	if err != nil || len(sinksOf(p.root)) != len(p.bound) {
		return nil, nil
	}
	c := &continuation{p: p, read: read, rec: &record{NextPart: 1, Settings: s.planSettings(), Schemas: true}, was: p.ctx}
	var fates []int // of each INSERT: its place in the record, -1 if it is new
	if old != nil {
		fates = old.find(p.bound)
		c.rec.NextPart = old.NextPart
		c.edited = len(old.Sinks) != len(p.bound) || slices.Contains(fates, -1)
		c.was = old.contextIn(p.ctx)
		if old.Schemas && old.sameButExpiry(c.rec) && c.was.StateTTLMs > 0 != (p.ctx.StateTTLMs > 0) {
			c.edited, c.again, fates = true, fates, slices.Repeat([]int{-1}, len(fates))
		}
	}
	single := old == nil || !slices.ContainsFunc(old.Sinks, func(k recordedSink) bool { return k.Part != 0 })
	if old == nil || !c.edited && single && !maps.Equal(old.Settings, c.rec.Settings) {
		return c, s.anew(c, old, fates)
	}
	kept, err := s.recall(p, old, options)
	if err != nil {
		return nil, err
	}
	if c.again != nil {
		if err := s.reworded(c, old, c.again, kept); err != nil {
			return nil, err
		}
	} else if c.edited && old.sameButExpiry(c.rec) {
		if err := s.reworded(c, old, fates, kept); err != nil {
			return nil, err
		}
		c.edited = len(old.Sinks) != len(p.bound) || slices.Contains(fates, -1)
	}
	c.gone = map[string]*sink.Node{}
	for i, n := range kept {
		if k, ok := n.(*sink.Node); ok {
			c.gone[old.Sinks[i].Address] = k
		}
	}
	if err := s.compose(c, old, fates, kept); err != nil {
		return nil, err
	}
	if err := s.recorded(c, old); err != nil {
		return nil, err
	}
	var on []string
	for _, at := range fates {
		if at >= 0 {
			on = append(on, old.Sinks[at].Address)
		}
	}
	for i := range c.rec.Operators {
		if o := &c.rec.Operators[i]; o.Backfills {
			on = append(on, o.Inputs...)
		}
	}
	c.needed = job.Upstream(old.Operators, on)
	return c, nil
}

// anew goes on with the plan of the script, all of it.
func (s *Session) anew(c *continuation, old *record, fates []int) error {
	all := slices.Clone(sinksOf(c.p.root))
	drawn(all, func(i int) int {
		if fates == nil {
			return -1
		}
		return old.Sinks[fates[i]].Draw
	})
	if err := c.plans(all); err != nil {
		return err
	}
	return s.recorded(c, old)
}

// drawn numbers INSERTs that draw random values; of gives the number that one has
// already, -1 if there is none.
func drawn(all []plan.Node, of func(i int) int) {
	next := 0
	for i, n := range all {
		draws := false
		plan.Walk(n, func(n plan.Node) { draws = draws || dag.Draws(n) })
		k, ok := n.(*sink.Node)
		if !draws || !ok {
			continue
		}
		numbered := *k
		if numbered.Draw = of(i); numbered.Draw < 0 {
			numbered.Draw = next
		}
		next++
		if numbered.Draw > 0 {
			all[i] = &numbered
		}
	}
}

// find tells for each INSERT which sink of the record it is, -1 if none.
func (r *record) find(bound []plan.Node) []int {
	used := make([]bool, len(r.Sinks))
	out := make([]int, len(bound))
	for i, n := range bound {
		id := identity(n)
		out[i] = -1
		for j := range r.Sinks {
			if r.Sinks[j].Identity == id && !used[j] {
				out[i], used[j] = j, true
				break
			}
		}
	}
	return out
}

// reworded finds in the record what INSERTs say in other words.
func (s *Session) reworded(c *continuation, old *record, fates []int, kept []plan.Node) error {
	c.said = map[int]string{}
	var known map[string]int
	for i, at := range fates {
		if at >= 0 {
			continue
		}
		if known == nil {
			known = map[string]int{}
			for j, n := range kept {
				if key := insertKey(c.p.ctx, n); key != "" && !slices.Contains(fates, j) {
					known[key] = j
				}
			}
		}
		pl, err := s.alone(c, c.p.bound[i:i+1])
		if err != nil {
			return err
		}
		key := insertKey(c.p.ctx, pl.root)
		if j, ok := known[key]; ok {
			fates[i], c.said[i] = j, old.Sinks[j].Identity
			delete(known, key)
		}
	}
	return nil
}

func (r *record) add(identity string, n plan.Node) {
	k := recordedSink{Identity: identity}
	if n, ok := n.(*sink.Node); ok {
		k.Table, k.Part, k.Draw = n.Table.Name, n.Part, n.Draw
	}
	r.Sinks = append(r.Sinks, k)
}

// recall reads the plan of a record, whose tables get the options that they have
// now.
func (s *Session) recall(p *planned, old *record, options map[string]map[string]any) ([]plan.Node, error) {
	data, err := planfile.EachTable(old.Plan, func(table, o map[string]any) {
		name, _ := table["Name"].(string)
		for k, v := range options[name] {
			if operational(k) {
				o[k] = v
			}
		}
	})
	var f *planfile.Plan
	if err == nil {
		env := s.planEnv(p.ctx)
		if k, ok := p.root.(*sink.Node); ok && k.Result {
			env.Result = k.Sink
		}
		f, err = planfile.Decode(data, env)
	}
	if err == nil && len(sinksOf(f.Root)) != len(old.Sinks) {
		err = errors.New("it is damaged")
	}
	if err != nil {
		return nil, &sqlerr.Error{Code: sqlerr.Runtime, Msg: "the plan that the checkpoint was made with cannot go on", Hint: "start anew with --restart", Err: err}
	}
	kept := slices.Clone(sinksOf(f.Root))
	for i, n := range kept { // what was to be taken back has been handed over before the first epoch
		if k, ok := n.(*sink.Node); ok && k.Old != nil {
			c := *k
			c.Old, kept[i] = nil, &c
		}
	}
	return kept, nil
}

// compose puts the plan together: INSERTs of the record as they were, the others
// planned for themselves as a new part, on what is in the record of them.
func (s *Session) compose(c *continuation, old *record, fates []int, kept []plan.Node) error {
	sp, err := s.subplansOf(c, old, kept)
	if err != nil {
		return err
	}
	e, err := s.evolves(c, sp, old, fates, kept)
	if err != nil {
		return err
	}
	c.evolved = e
	var bound []plan.Node
	var places []int
	for i, at := range fates {
		if at < 0 && e.plans[i] == nil {
			bound, places = append(bound, c.p.bound[i]), append(places, i)
		}
	}
	if len(bound) == 0 {
		return s.composed(c, fates, kept, nil)
	}
	pl, err := s.alone(c, bound)
	if err != nil {
		return err
	}
	fresh := slices.Clone(sinksOf(pl.root))
	for i, n := range fresh {
		if k, ok := n.(*sink.Node); ok {
			if stands := e.stand[places[i]]; stands != nil {
				fresh[i] = stands
				continue
			}
			part := *k
			part.Part = c.rec.NextPart
			fresh[i] = &part
		}
	}
	drawn(fresh, func(int) int { return -1 })
	sp.part = c.rec.NextPart
	c.rec.NextPart++
	sp.fresh = pl.ann.Traits
	cs := correctionsOf(e.going(fates), kept)
	for {
		stood := sp.stand(fresh)
		if err := s.composed(c, fates, kept, stood); err != nil {
			return err
		}
		if err := s.composed(c, fates, kept, cs.correct(sp, stood, c.p.ann)); err != nil {
			return err
		}
		g, err := s.graph(c.p)
		if err != nil {
			return err
		}
		if sp.check(old, c.p.ann, g) {
			c.why, c.stay = sp.why, cs.why
			return nil
		}
	}
}

// alone plans some of the INSERTs for themselves.
func (s *Session) alone(c *continuation, bound []plan.Node) (*planned, error) {
	if !c.p.final {
		return s.lowered(setOf(bound))
	}
	return runnable(c.p.ctx, setOf(bound))
}

// composed makes the plan of INSERTs that are kept and others, in their order.
func (s *Session) composed(c *continuation, fates []int, kept, fresh []plan.Node) error {
	all := make([]plan.Node, len(fates))
	c.rec.Sinks = nil
	for i, at := range fates {
		if at >= 0 {
			all[i] = kept[at]
		} else if all[i] = c.evolved.plans[i]; all[i] == nil {
			all[i], fresh = fresh[0], fresh[1:]
		}
	}
	return c.plans(all)
}

// plans makes INSERTs the plan.
func (c *continuation) plans(all []plan.Node) error {
	for i, n := range all {
		id := c.said[i]
		if id == "" {
			id = identity(c.p.bound[i])
		}
		c.rec.add(id, n)
	}
	root := setOf(all)
	ann, err := plan.Annotate(c.p.ctx, root)
	if err != nil {
		return err
	}
	c.p = &planned{root: root, ann: ann, ctx: c.p.ctx, bound: c.p.bound, final: c.p.final}
	return nil
}

func setOf(in []plan.Node) plan.Node {
	if len(in) == 1 {
		return in[0]
	}
	return &sink.Set{In: in}
}

// recorded completes the record of what runs, and compares it with the last.
func (s *Session) recorded(c *continuation, old *record) error {
	var err error
	if c.rec.Plan, _, err = planText(c.p.root); err != nil {
		return err
	}
	g, err := s.graph(c.p)
	if err != nil {
		return err
	}
	c.operators(g, old)
	for i, n := range sinksOf(c.p.root) {
		for _, v := range g.Vertices {
			if v.Node == n && v.Name == n.Name() {
				c.rec.Sinks[i].Address = v.Address
			}
		}
	}
	if old != nil {
		c.diff = job.Diff(c.evolved.renamed(old.Operators, c.rec.Operators), c.rec.Operators)
	}
	return nil
}

// operators lists what runs, but for what is there only to take back what was
// written before.
func (c *continuation) operators(g *dag.Graph, old *record) {
	stays := lasting(g)
	for _, v := range g.Vertices {
		if !stays[v] {
			c.rec.Passing = append(c.rec.Passing, v.Address)
			continue
		}
		o := job.OperatorOf(v)
		o.Why = c.why[v.Node]
		if o.Source && old != nil {
			o.Read = c.reads(old, o.Label)
		}
		if k, ok := v.Node.(*sink.Node); ok && v.Name == k.Name() && !k.Result {
			o.Writes, o.Corrects, o.Stays = k.Table.Name, k.Old != nil, c.stay[k.Table.Name]
		}
		c.rec.Operators = append(c.rec.Operators, o)
	}
}

// reads gives what a source of the record with that label has read.
func (c *continuation) reads(old *record, label string) job.Read {
	var most job.Read
	for i := range old.Operators {
		o := &old.Operators[i]
		if r := c.read[o.Address]; o.Source && o.Label == label && r.Rows > most.Rows {
			most = r
		}
	}
	return most
}

// adopts gives what job.Config.Adopt is for a plan of INSERTs.
func (s *Session) adopts(p *planned, name string, over []int) func(saved []byte, read job.Reading) (*job.Adopted, error) {
	told := false
	return func(saved []byte, read job.Reading) (*job.Adopted, error) {
		old, err := readRecord(saved)
		if err != nil {
			return nil, err
		}
		given, explicit := s.options[ignoreUnclaimed]
		a := &job.Adopted{Drops: func(address string) bool {
			return given == "true" || old != nil && slices.Contains(old.Passing, address)
		}}
		c, err := s.continues(p, old, read)
		if err != nil {
			return nil, err
		}
		if c == nil {
			a.Graph, a.Once = s.attempts(p)
			a.Once = a.Once || !replayable(p)
			return a, nil
		}
		if from := s.Option("execution.state-recovery.path"); from != "" && given != "true" && c.unused() {
			return nil, foreign(from, name, old)
		}
		if c.edited && !explicit {
			a.Drops = func(address string) bool { return !c.needed[address] }
		}
		if c.edited && p.tell != nil && !told {
			p.tell(DiffText(name, c.diff))
			told = true
		}
		a.Graph, a.Once = s.attempts(c.p)
		a.Once = a.Once || !replayable(c.p)
		a.Commit, a.Edited = c.commit, c.edited
		if c.evolved != nil {
			a.Became = c.evolved.became
		}
		if c.edited && old.sameButExpiry(c.rec) {
			a.Before = func() (*job.Adopted, error) { return s.before(p, old, saved) }
		}
		c.rec.Over = over
		if old != nil {
			c.rec.Over = append(slices.Clone(old.Over), over...)
		}
		a.Record, err = c.rec.write()
		return a, err
	}
}

// unused reports whether nothing of the record goes on.
func (c *continuation) unused() bool {
	return c.edited && len(c.needed) == 0 && (c.evolved == nil || len(c.evolved.became) == 0)
}

// errForeign is within the error of foreign.
var errForeign = errors.New("it would use nothing that is in it")

// foreign refuses a savepoint of which a job would use nothing.
func foreign(from, name string, old *record) error {
	var tables []string
	for _, k := range old.Sinks {
		if k.Table != "" && !slices.Contains(tables, k.Table) {
			tables = append(tables, k.Table)
		}
	}
	of := ""
	if len(tables) > 0 {
		of = ", which was made of a job that writes to " + strings.Join(tables, ", ")
	}
	e := sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "%s cannot go on from savepoint %s%s", name, from, of).
		WithHint("weir plan diff %s SCRIPT says what becomes of its state; SET '%s' = 'true' drops it and begins anew", from, ignoreUnclaimed)
	e.Err = errForeign
	return e
}

// before is the job of a record as it was, with the options that its tables have now.
func (s *Session) before(p *planned, old *record, saved []byte) (*job.Adopted, error) {
	_, options, err := planText(p.root)
	if err != nil {
		return nil, err
	}
	kept, err := s.recall(p, old, options)
	if err != nil {
		return nil, err
	}
	was := &planned{root: setOf(kept), ctx: old.contextIn(p.ctx)}
	if was.ann, err = plan.Annotate(was.ctx, was.root); err != nil {
		return nil, err
	}
	a := &job.Adopted{Record: saved, Drops: func(address string) bool { return slices.Contains(old.Passing, address) }}
	a.Graph, a.Once = s.attempts(was)
	a.Once = a.Once || !replayable(was)
	return a, nil
}

// ignoreUnclaimed is the setting under which state that nobody claims is dropped. It
// need not be set after an edit of the script, of which the user is told.
const ignoreUnclaimed = "execution.state-recovery.ignore-unclaimed-state"

// DiffText says what an edit means for the operators of a job.
func DiffText(name string, ds []job.Difference) string {
	var b strings.Builder
	b.WriteString("the script of " + name + " has changed since its last checkpoint:")
	for _, d := range ds {
		b.WriteString("\n  " + d.String())
	}
	return b.String()
}
