package flow

import (
	"cmp"
	"errors"
	"fmt"
	"unsafe"

	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/state"
)

// Became is an operator that goes on with the state of another, which it is but for
// the names and types of columns, and for columns that are new.
type Became struct {
	Vertex string // its address
	// Columns tells of its inputs which column was which.
	Columns state.ColumnMap
}

// relogBytes is about the size of the blocks in which state that was converted is
// saved anew.
const relogBytes = 16 << 20

// heir is an operator that takes over saved state.
type heir struct {
	Became
	nodes []*node
	own   bool // it is the operator that the state was saved of
	// Tables whose columns have changed are read as they were, and converted when all
	// of them is there.
	store  *state.Store
	was    map[string]state.Owner
	change map[string]*state.Converter
}

// restoring is a job being given what was saved.
type restoring struct {
	j       *Job
	r       *Restore
	at      map[string][]*node
	saved   map[string]*Schema
	heirs   map[string][]*heir // by the address that the state was saved under
	replays *replaying
	loaded  bool // what comes are changes after the images
}

func newRestoring(j *Job, r *Restore) *restoring {
	x := &restoring{j: j, r: r, at: map[string][]*node{}, saved: map[string]*Schema{}, heirs: map[string][]*heir{}, replays: newReplaying()}
	for _, t := range j.tasks {
		for _, n := range t.nodes {
			x.at[n.v.Address] = append(x.at[n.v.Address], n)
		}
	}
	for i := range r.Saved {
		x.saved[r.Saved[i].Vertex] = &r.Saved[i]
	}
	return x
}

// of lists who goes on with what was saved of an operator: itself, unless it became
// others.
func (x *restoring) of(vertex string) ([]*heir, error) {
	hs, ok := x.heirs[vertex]
	if ok {
		return hs, nil
	}
	if ns := x.at[vertex]; len(ns) > 0 {
		hs = append(hs, &heir{Became: Became{Vertex: vertex}, nodes: ns, own: true})
	}
	for _, b := range x.r.Became[vertex] {
		if ns := x.at[b.Vertex]; len(ns) > 0 {
			hs = append(hs, &heir{Became: b, nodes: ns})
			for _, n := range ns {
				n.relog = true
			}
		}
	}
	for _, h := range hs {
		if s := x.saved[vertex]; s != nil {
			if err := x.compare(h, s.Tables); err != nil {
				return nil, err
			}
		}
	}
	x.heirs[vertex] = hs
	return hs, nil
}

// compare finds the tables of an operator that are not what they were.
func (x *restoring) compare(h *heir, saved []state.Schema) error {
	now := schemasOf(h.nodes[0])
	for i := range saved {
		was := &saved[i]
		for k := range now {
			is := &now[k]
			if is.Name != was.Name || was.Kind == "single" {
				continue
			}
			keys := h.change[was.Of]
			if was.Of == "" || keys != nil && !keys.MovesKeys() {
				keys = nil
			}
			if was.Same(is) && keys == nil {
				continue
			}
			if h.own { // what the log holds beside this would be read as what it is now
				return mismatch(h.nodes[0].v.Label(), state.Difference(was, is))
			}
			c, err := state.NewConverter(was, is, h.Columns, x.j.widen, keys)
			if err == nil && c.MovesKeys() && !is.ByID {
				err = x.movesIDs(was, saved)
			}
			if err == nil {
				err = h.converts(x.j, was, c)
			}
			if err != nil {
				return mismatch(h.nodes[0].v.Label(), err)
			}
		}
	}
	return nil
}

// movesIDs refuses other key groups for keys that ids are given to, which tell the
// group.
func (x *restoring) movesIDs(of *state.Schema, saved []state.Schema) error {
	for i := range saved {
		if saved[i].ByID && saved[i].Name != of.Name {
			return &state.Mismatch{Table: of.Name, Was: "a key of other types, which table " + saved[i].Name + " depends on", Is: "another"}
		}
	}
	return nil
}

func mismatch(operator string, err error) error {
	var m *state.Mismatch
	if !errors.As(err, &m) {
		return err
	}
	e := sqlerr.New(sqlerr.Runtime, sqlerr.Pos{}, "the saved state of %s cannot be taken over: %s", operator, m.Error())
	if m.Column != "" && m.Was != "nothing" {
		return e.WithHint("numbers and texts may become wider (INT to BIGINT, FLOAT to DOUBLE, DECIMAL by digits, VARCHAR by length): keep %s, or start anew with --restart", m.Was)
	}
	if m.TTL() {
		return e.WithHint("SET 'table.exec.state.ttl' (or the hint STATE_TTL) as it was, a longer or a shorter one, or start anew with --restart")
	}
	return e.WithHint("run the script and the release that saved it, or start anew with --restart")
}

// converts notes that a table is to be converted, and makes the one that it was.
func (h *heir) converts(j *Job, was *state.Schema, c *state.Converter) error {
	if h.store == nil {
		h.store = state.NewStore(state.Config{Groups: j.cfg.Groups, Memory: j.mem})
		h.was, h.change = map[string]state.Owner{}, map[string]*state.Converter{}
	}
	o, err := h.store.Declare(was)
	if err != nil {
		return fmt.Errorf("the saved state of %s: %w", was.Name, err)
	}
	h.was[was.Name], h.change[was.Name] = o, c
	return nil
}

// widen is state.WidenCall.
func (j *Job) widen(was, is *state.FieldCall) (func(dst, src unsafe.Pointer), bool) {
	aggs := j.cfg.Aggs
	if aggs == nil {
		aggs = fn.NewAggTable(fn.Aggs())
	}
	from, err := accOf(aggs, was)
	if err != nil {
		return nil, false
	}
	to, err := accOf(aggs, is)
	if err != nil {
		return nil, false
	}
	return fn.WidenAcc(from, to, was.Args, is.Args)
}

// state takes over images and deltas, or what the run before has left.
func (x *restoring) state() error {
	var did Restored
	clock := x.j.cfg.Clock
	begun := clock.Now()
	if x.r.From != nil {
		err := x.inherit(x.r.From)
		if did.Load = clock.Now().Sub(begun); x.r.Done != nil && err == nil {
			x.r.Done(did)
		}
		return err
	}
	err := x.takeOver(&did)
	if err != nil {
		return err
	}
	loaded := clock.Now()
	did.Load = loaded.Sub(begun) - did.Replays
	err = x.settle()
	did.Replays += clock.Now().Sub(loaded)
	if x.r.Done != nil && err == nil {
		x.r.Done(did)
	}
	return err
}

// takeOver takes over images, of which those that can are read later, and deltas, of which
// those wait that can. It notes what there was, and how long the deltas took.
func (x *restoring) takeOver(did *Restored) error {
	if err := x.load(x.r.Images); err != nil {
		return err
	}
	if x.r.Images != nil {
		for i := range x.r.Images.List {
			did.Images += int64(x.r.Images.List[i].Length)
		}
	}
	loaded := x.j.cfg.Clock.Now()
	x.loaded = true
	err := x.each(x.r.Blocks, func(b Block) error {
		did.Replay.Add(b.Delta(), int64(len(b.Data)), x.lazy(&b))
		return x.block(b)
	})
	if err == nil {
		err = x.link() // images that were among the blocks
	}
	did.Replays = x.j.cfg.Clock.Now().Sub(loaded)
	return err
}

// lazy reports whether the changes of a block wait until they matter.
func (x *restoring) lazy(b *Block) bool {
	ns := x.at[b.Vertex]
	if len(ns) == 0 {
		return false
	}
	o := ns[0].store.Lookup(b.Table)
	return o != nil && state.Lazy(o)
}

// each hands blocks to f, and waits until they have been replayed.
func (x *restoring) each(blocks func(func(Block) error) error, f func(Block) error) error {
	err := blocks(f)
	return cmp.Or(err, x.replays.rest())
}

// block gives a block to whoever goes on with it.
func (x *restoring) block(b Block) error {
	hs, err := x.of(b.Vertex)
	if err != nil || len(hs) == 0 {
		return err
	}
	if b.Table == InFlightTable {
		for _, h := range hs {
			if err := x.j.reinject(h.nodes, b, x.r.Epoch, h.own); err != nil {
				return err
			}
		}
		return nil
	}
	data, err := x.replays.hold(b.Delta())
	if err != nil {
		return err
	}
	for _, h := range hs {
		if o := h.was[b.Table]; o != nil {
			x.replays.give(h.store, replay{table: o, data: data, whole: true})
		} else {
			x.restoreBlock(h.nodes, b, data)
		}
	}
	x.replays.drop(data, nil)
	return nil
}

// convert hands over the tables that were read as they were.
func (x *restoring) convert() error {
	for _, s := range x.r.Saved { // in the order of the graph; those of no block are made too
		hs, err := x.of(s.Vertex)
		if err != nil {
			return err
		}
		for _, h := range hs {
			if h.store == nil {
				continue
			}
			for _, t := range s.Tables {
				if o := h.was[t.Name]; o != nil {
					if err := x.hand(h, o, h.change[t.Name]); err != nil {
						return err
					}
				}
			}
			err := h.store.Err()
			h.store.Close()
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// hand converts a table and spreads it over the subtasks.
func (x *restoring) hand(h *heir, was state.Owner, c *state.Converter) error {
	tables := make([]state.Owner, len(h.nodes))
	for i, n := range h.nodes {
		tables[i] = n.store.Lookup(was.Info().Name)
	}
	c.Now = x.j.cfg.Clock.Now().UnixMilli()
	var failed error
	state.Dump(was, func(ch state.Change) {
		if failed != nil {
			return
		}
		var lives bool
		ch, lives, failed = c.Change(ch)
		for i, n := range h.nodes {
			if failed != nil || !lives {
				return
			}
			from, to := groupRange(i, len(h.nodes), x.j.cfg.Groups)
			var g int
			if g, failed = n.store.GroupOf(tables[i], ch); failed == nil && (g == state.AnyGroup || from <= g && g < to) {
				failed = tables[i].Apply(ch)
			}
		}
	})
	return failed
}

// relog saves all that an operator has: what was saved of it is under another address.
func (t *task) relog(n *node, p *Part) {
	n.relog = false
	for _, o := range n.store.Tables() {
		changed := state.TakeDelta(o, nil) // it is in the dump
		t.job.pieces.Release(&changed)
		state.NotImaged(o)
		var at state.DumpCursor
		for more := true; more; {
			head := blockHead(nil, p.Parallelism)
			var data []byte
			if data, more = state.AppendDump(o, &at, head, relogBytes); len(data) > len(head) {
				p.Deltas = append(p.Deltas, Delta{Table: o.Info().Name, Lazy: state.Lazy(o), Delta: state.Delta{Data: data}})
			}
		}
	}
}
