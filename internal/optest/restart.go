package optest

import (
	"bytes"
	"math/rand/v2"

	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// Restart is a way of stopping an operator between two events and of going on with
// a new one, whose tables are filled from what was saved of the old one's.
type Restart uint8

// The ways of restarting.
const (
	Never Restart = iota
	// Cut dumps all tables after every event (of long scripts: after some) and goes
	// on from that.
	Cut
	// Replayed applies all changes since the start.
	Replayed
	// Fuzzy applies a dump of an earlier moment and all changes since one that is
	// earlier still.
	Fuzzy
	// Rescaled is Replayed with another number of subtasks.
	Rescaled
)

// groups is the number of key groups.
const groups = 128

// suits reports whether an operator can run in the world: batch jobs have no
// checkpoints, and rows without a key cannot be spread.
func (w World) suits(s Spec) bool {
	if _, ok := s.New().(op.Holder); w.Hold && (!ok || s.Expires) {
		return false
	}
	switch {
	case s.Batch:
		return w.Restart == Never
	case w.Restart == Rescaled:
		return s.Hash != nil
	}
	return true
}

// saved is what is known of the states of a run.
type saved struct {
	rnd    *rand.Rand
	log    []change
	events int
	// image is a dump that was made when the log had imageAt changes.
	image   []change
	imageAt int
}

type change struct {
	table   string
	sub, of int // the subtask that saved it, of how many
	state.Change
}

func newSaved() *saved { return &saved{rnd: rand.New(rand.NewPCG(7, 11))} }

// often is the number of events after each of which an operator is cut; later
// ones are drawn.
const often = 10

// boundary stops and restores the operator where the world says so.
func (d *Driver) boundary() {
	d.t.Helper()
	v := d.saved
	if v == nil {
		return
	}
	v.events++
	chance := often
	if d.w.Restart != Cut {
		chance = often / 3
	}
	cut := v.events <= chance || v.rnd.IntN(v.events) < chance
	if d.w.Restart == Cut {
		if cut {
			d.mark()
			v.log = d.dump(nil)
			d.restore(1, v.log)
		}
		return
	}
	if d.w.Restart == Fuzzy && v.rnd.IntN(3) == 0 {
		v.image, v.imageAt = d.dump(v.image[:0]), len(v.log) // ahead of the log
	}
	d.mark()
	d.take()
	switch {
	case !cut:
	case d.w.Restart == Fuzzy:
		from := v.rnd.IntN(v.imageAt + 1)
		d.restore(1, append(append([]change(nil), v.image...), v.log[from:]...))
	case d.w.Restart == Rescaled:
		n := 1 + v.rnd.IntN(4)
		d.restore(n, v.log)
		if v.rnd.IntN(4) > 0 { // what they have taken over they must save themselves
			d.mark()
			d.take()
			d.restore(n, v.log)
		}
	default:
		d.restore(1, v.log)
	}
}

// mark does what the marker of an epoch does before what has changed is saved.
func (d *Driver) mark() {
	d.t.Helper()
	d.flush()
	for _, s := range d.subs {
		if h, ok := s.op.(op.Holder); ok && h.Holds() {
			if err := h.Hold(); err != nil {
				d.t.Fatal(err)
			}
		}
	}
}

func (d *Driver) keep(sub int, table string, c state.Change) change {
	return change{table, sub, len(d.subs), state.Change{Op: c.Op, Key: bytes.Clone(c.Key), Value: bytes.Clone(c.Value)}}
}

// take adds what has changed to the log.
func (d *Driver) take() {
	for i, s := range d.subs {
		for _, t := range s.store.Tables() {
			t.TakeDirty(func(c state.Change) { d.saved.log = append(d.saved.log, d.keep(i, t.Info().Name, c)) })
		}
	}
}

// dump appends all that the tables hold.
func (d *Driver) dump(out []change) []change {
	for i, s := range d.subs {
		for _, t := range s.store.Tables() {
			state.Dump(t, func(c state.Change) { out = append(out, d.keep(i, t.Info().Name, c)) })
		}
	}
	return out
}

// restore goes on with n new subtasks.
func (d *Driver) restore(n int, log []change) {
	d.t.Helper()
	d.Close()
	d.open(n)
	for i, s := range d.subs {
		tables := map[string]state.Owner{}
		for _, t := range s.store.Tables() {
			if tables[t.Info().Name] != nil {
				d.t.Fatalf("two tables are called %q", t.Info().Name)
			}
			tables[t.Info().Name] = t
		}
		from, to := groupRange(i, n)
		for _, c := range log {
			t := tables[c.table]
			if t == nil {
				d.t.Fatalf("no table %q after a restart", c.table)
			}
			g, err := s.store.GroupOf(t, c.Change)
			if err != nil {
				d.t.Fatalf("table %q: %v", c.table, err)
			}
			if c.of == n && c.sub != i || c.of != n && g != state.AnyGroup && n > 1 && (g < from || g >= to) {
				continue
			}
			if err := t.Apply(c.Change); err != nil {
				d.t.Fatalf("table %q: %v", c.table, err)
			}
		}
	}
	before := len(d.sink.rows)
	d.sink.full, d.still = d.w.Hold, true
	d.wake()
	d.still = false
	if len(d.sink.rows) != before {
		d.t.Fatalf("world %q: emitted when it was restored: %s", d.w.Name, Lines(d.sink.rows[before:]))
	}
	d.recall()
}

// wake tells new operators what the old ones knew.
func (d *Driver) wake() {
	d.t.Helper()
	for _, s := range d.subs {
		if x, ok := s.op.(op.Restorer); ok {
			if err := x.Restored(); err != nil {
				d.t.Fatalf("restored: %v", err)
			}
		}
		s.fn.Watermark = d.wm
		if x, ok := s.op.(op.Watermarker); ok && d.wm != op.MinWatermark {
			d.finish(s)(x.Watermark(d.wm))
		}
	}
	for _, in := range d.done {
		d.endInput(in)
	}
	d.flush()
}

// spread sorts rows by the subtask that they belong to.
func (d *Driver) spread(in int, rows []Row) [][]Row {
	n := len(d.subs)
	if n == 1 {
		return [][]Row{rows}
	}
	cols := d.s.Hash[in]
	b := vec.NewBatch(d.s.In[in])
	for _, r := range rows {
		for i, c := range b.Cols {
			c.AppendValue(r.Values[i])
		}
		b.N++
	}
	ts := make([]types.Type, len(cols))
	for i, c := range cols {
		ts[i] = d.s.In[in][c]
	}
	var enc vec.Rows
	vec.NewCodec(ts).Encode(&enc, b, cols)
	parts := make([][]Row, n)
	for i, h := range vec.HashRows(&enc, nil) {
		to := vec.KeyGroup(h, groups) * n / groups
		parts[to] = append(parts[to], rows[i])
	}
	return parts
}

// groupRange gives the groups of subtask i of n: from inclusive, to exclusive.
func groupRange(i, n int) (from, to int) {
	return (i*groups + n - 1) / n, ((i+1)*groups + n - 1) / n
}

// By gives Spec.Hash for inputs that are spread by the given columns; without
// columns there is one subtask.
func By(cols ...[]int) [][]int {
	for _, c := range cols {
		if len(c) == 0 {
			return nil
		}
	}
	return cols
}
