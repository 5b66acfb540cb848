package window

import (
	"math"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/vec"
)

// Allowed lateness: a window that was emitted is kept until the watermark has
// passed its end by so much, and a row that comes meanwhile corrects the result:
// the old row of its key is taken back and the new one given. Each window then
// has accumulators of its own, as a correction must know one window's result.

// corrections are the changes of emitted windows that a batch brings.
type corrections struct {
	kept dueWindows // emitted windows, earliest end first
	were *vec.Batch // results before
	out  *vec.Batch
	seen map[state.Ref]int
	refs []state.Ref // of groups, in order of arrival
	keys []int       // places of their keys
	old  []int       // row in were; -1 = none
	sent bool        // out is at the receiver
}

// expired reports whether all windows that end at end are gone.
func (a *aggregate) expired(end int64) bool {
	if a.proctime() {
		return false
	}
	due := a.clock.due(end)
	if due > math.MaxInt64-a.lateness {
		return false
	}
	return due+a.lateness <= a.at.done
}

// keep holds the slices of a window that was emitted.
func (a *aggregate) keep() {
	f := &a.fire
	for _, s := range f.parts {
		s.fired = true
		a.fix.kept.add(s.id)
	}
	f.parts = f.parts[:0]
}

// expire forgets the windows that no row can correct any more.
func (a *aggregate) expire(wm int64) {
	if wm == op.MinWatermark {
		return
	}
	for {
		w, ok := a.fix.kept.first()
		if !ok || wm != op.MaxWatermark && a.clock.due(w.end) > wm-a.lateness {
			return
		}
		a.fix.kept.pop()
		if s := a.slices[w]; s != nil {
			a.fire.found = nil
			a.dropRows(s)
			delete(a.slices, w)
			if a.recent == s {
				a.recent = nil
			}
		}
	}
}

// correct folds the rows of b (all of which are live) that are in emitted windows,
// and gives those that are not. of and ids are as add has made them.
func (a *aggregate) correct(b *vec.Batch) (sel []int32, n int, err error) {
	byOf := append([]*slice(nil), a.of...)
	rows := append([]int32(nil), b.Sel...)
	if b.Sel == nil {
		for i := range byOf {
			rows = append(rows, int32(i))
		}
	}
	var fired []*slice
	in := map[*slice][]int32{}
	k := 0
	sel = []int32{}
	for i, s := range byOf {
		r := rows[i]
		if !s.fired {
			sel = append(sel, r)
			continue
		}
		if in[s] == nil {
			fired = append(fired, s)
		}
		in[s] = append(in[s], r)
	}
	for _, s := range fired {
		if err := a.correctSlice(b, s, in[s]); err != nil {
			return nil, 0, err
		}
	}
	a.of, a.ids = a.of[:0], a.ids[:0]
	for _, s := range byOf {
		if !s.fired {
			a.of, a.ids = append(a.of, s), append(a.ids, s.id)
			k++
		}
	}
	return sel, k, nil
}

// correctSlice folds rows of one emitted window and notes what changes.
func (a *aggregate) correctSlice(b *vec.Batch, s *slice, sel []int32) error {
	n := len(sel)
	a.of, a.ids = a.of[:0], a.ids[:0]
	for range sel {
		a.of, a.ids = append(a.of, s), append(a.ids, s.id)
	}
	a.upsert(b, sel, n)
	c, f := &a.fix, &a.fire
	c.groups(a)
	f.window = s.id
	if err := a.shown(); err != nil {
		return err
	}
	if c.were == nil {
		c.were, c.out = vec.NewBatch(a.out), vec.NewBatch(a.out)
	}
	c.were.Reset()
	appendRows(c.were, f.batch, 0, f.batch.N)
	was := append([]int(nil), c.old...)
	clear(c.old)
	a.ptrs = a.table.Ptrs(a.refs, a.ptrs)
	if err := a.update(b, sel); err != nil {
		return err
	}
	a.table.Mark(a.refs)
	if err := a.shown(); err != nil {
		return err
	}
	for g := range c.refs {
		c.change(was[g], c.old[g], f.batch, a.before)
	}
	return nil
}

// groups lists the groups that the rows of refs are of.
func (c *corrections) groups(a *aggregate) {
	c.seen = map[state.Ref]int{}
	c.refs, c.keys, c.old = c.refs[:0], c.keys[:0], c.old[:0]
	for i, r := range a.refs {
		if _, ok := c.seen[r]; ok {
			continue
		}
		c.seen[r] = len(c.refs)
		c.refs, c.keys = append(c.refs, r), append(c.keys, i)
		row := 0
		if a.created[i] {
			row = -1
		}
		c.old = append(c.old, row)
	}
}

// shown makes the results of the groups that have any in the batch of firing, and
// notes in old which row each has. Before rows are folded, groups that were just
// made have none; afterwards all have, but for those that are empty again.
func (a *aggregate) shown() error {
	c, f := &a.fix, &a.fire
	f.batch.Reset()
	f.raw, f.rows = f.raw[:0], f.rows[:0]
	for g, r := range c.refs {
		p := a.table.Ptr(r)
		if c.old[g] < 0 || a.retract && *(*int64)(p) <= 0 {
			c.old[g] = -1
			continue
		}
		c.old[g] = len(f.rows)
		f.raw, f.rows = append(f.raw, a.keys.Bytes(c.keys[g])), append(f.rows, p)
	}
	if len(f.rows) == 0 {
		return nil
	}
	return a.results(f.batch)
}

// change adds what becomes of one group: row was of were, row now of b.
func (c *corrections) change(was, now int, b *vec.Batch, before bool) {
	add := func(from *vec.Batch, row int, k vec.Kind) {
		appendRows(c.out, from, row, 1)
		c.out.Kinds = append(c.out.Kinds, k)
	}
	switch {
	case was < 0 && now >= 0:
		add(b, now, vec.Insert)
	case was >= 0 && now < 0:
		add(c.were, was, vec.Delete)
	case was >= 0 && !sameRow(c.were, was, b, now):
		if before {
			add(c.were, was, vec.UpdateBefore)
		}
		add(b, now, vec.UpdateAfter)
	}
}

func sameRow(a *vec.Batch, i int, b *vec.Batch, j int) bool {
	for c := range a.Cols {
		if vec.Compare(a.Cols[c], i, b.Cols[c], j) != 0 {
			return false
		}
	}
	return true
}

func appendRows(to, from *vec.Batch, at, n int) {
	for i, c := range from.Cols {
		to.Cols[i].AppendRange(c, at, at+n)
	}
	to.N += n
}

// emitCorrections sends what a batch has corrected.
func (a *aggregate) emitCorrections() (op.Status, error) {
	c := &a.fix
	if c.out == nil || c.out.N == 0 {
		return op.Done, nil
	}
	if !c.sent {
		c.sent = true
		if err := a.c.Out.Emit(c.out); err != nil {
			return op.Done, err
		}
	}
	if a.c.Out.Full() { // the receiver may still be reading
		return op.More, nil
	}
	c.sent = false
	c.out.Reset()
	c.out.Kinds = c.out.Kinds[:0]
	return op.Done, nil
}

// correcting gives the kinds of an aggregate that corrects what it has emitted.
func correcting(insertOnly bool) connector.Changes {
	c := connector.InsertOnly | connector.UpdatesBefore | connector.UpdatesAfter
	if !insertOnly {
		c |= connector.Deletes
	}
	return c
}
