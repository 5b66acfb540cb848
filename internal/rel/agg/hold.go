package agg

import (
	"unsafe"

	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// holding is what lets a marker pass while changes of groups wait for room downstream:
// the results that were emitted last of the groups that wait, as of the last marker
// or since prev was full, as state. In between they are in prev.
type holding struct {
	holds   bool
	late    bool         // some wait for room
	marks   int          // at so many markers, the last ones, some did
	waiting *state.Table // by key of a group: a reference to the encoded result, 0 if nobody wants it, and had
	codec   *vec.Codec   // of results
	back    *vec.Batch   // results that were taken out of waiting

	heldKeys state.Keys
	heldRefs []state.Ref
	heldRows []unsafe.Pointer
	from     []state.Ref // the groups
	fromRows []unsafe.Pointer
	another  []int // of the groups that were taken, those with hadAnother
	results  vec.Rows
	encoded  [][]byte
	scan     *state.Cursor // of waiting, while it is recalled
}

const (
	// heldMost is how many groups may wait; past it no rows are taken.
	heldMost = 1 << 22
	// heldLong is the number of markers at which groups waited from which on they are
	// held and written down as they come, while they are near: less is left to do at the
	// next marker. It costs more in all, which does not matter to who has to wait anyway.
	heldLong = 3
)

// openHeld declares the state. Groups without results are emitted as they come. Without
// checkpoints no marker has to pass, and the table would only take memory.
func (g *group) openHeld(key []types.Type) {
	g.holds = g.c.State.Tracks() && g.c.MiniBatch && !g.bounded && (g.retract || len(g.calls) > 0)
	if !g.holds {
		return
	}
	out := g.spec.out[len(key):]
	g.codec, g.back = vec.NewCodec(out), vec.NewBatch(out)
	g.waiting = g.c.State.Table(state.TableSpec{Name: "groups held", Key: key, Fixed: 16, HeapRefs: []int{0}, Route: g.c.Route(0, g.spec.keys, 0), Aside: true,
		From:   state.Origin{Input: 1, Key: g.spec.keys},
		Fields: []state.Field{{Kind: state.FieldRow, Size: 8, Row: state.Columns(out)}, {Kind: state.FieldWord, At: 8, Size: 8}}})
}

// hadAnother: the result is not what the group had given, but what it had come to when
// somebody began to want that (see learnHeld), so it is told of in any case.
const hadAnother = 1

// Holds implements op.Holder.
func (g *group) Holds() bool { return g.holds }

// wait answers an event after which changes wait for room.
func (g *group) wait() (op.Status, error) {
	if !g.holds {
		return op.More, nil
	}
	g.late = true
	if g.pending >= pendingLimit {
		if err := g.hold(); err != nil {
			return op.Done, err
		}
	}
	if g.table.Touched() >= g.c.State.Pending(heldMost) {
		return op.Sated, nil
	}
	return op.Held, nil
}

// Hold implements op.Holder.
func (g *group) Hold() error {
	if g.marks++; g.table.Touched() == 0 {
		g.marks = 0
	}
	return g.hold()
}

// holdNew is called after rows while groups wait.
func (g *group) holdNew() error {
	if g.marks < heldLong {
		return nil
	}
	if err := g.hold(); err != nil {
		return err
	}
	if g.constant {
		g.table.Settle(g.refs[:1])
	} else {
		g.table.Settle(g.refs)
	}
	return nil
}

// hold moves what is in prev of groups that wait still to waiting.
func (g *group) hold() error {
	for {
		g.from = g.table.Untold(op.BatchRows, g.from)
		if len(g.from) == 0 {
			break
		}
		g.fromRows = g.table.Ptrs(g.from, g.fromRows)
		g.upsertHeld()
		if g.keep {
			o := &g.out
			o.was = o.was[:0]
			for _, p := range g.fromRows {
				o.was = append(o.was, int32(*(*uint64)(p)&pendingMask)-1)
			}
			g.codec.EncodeVectors(&g.results, g.prev.Cols, o.was, g.prev.N)
			g.putHeld(0)
		}
		for _, p := range g.fromRows {
			*(*uint64)(p) = *(*uint64)(p)&^pendingMask | kept
		}
		g.waiting.Mark(g.heldRefs)
		g.waiting.Settle(g.heldRefs)
		g.table.Note(g.from)
	}
	g.pending = 0
	g.prev.Reset()
	return nil
}

// putHeld writes results to heldRows.
func (g *group) putHeld(what uint64) {
	h := g.waiting.Heap()
	for i, p := range g.heldRows {
		*(*uint64)(p) = h.Put(*(*uint64)(p), g.results.Row(i))
		*(*uint64)(unsafe.Add(p, 8)) = what
	}
}

// upsertHeld finds or makes the rows of waiting of the groups in from.
func (g *group) upsertHeld() {
	n := g.keysOf(g.table, g.from)
	g.waiting.Upsert(&g.heldKeys, g.heldRefs[:n], nil)
	g.heldRows = g.waiting.Ptrs(g.heldRefs, g.heldRows)
}

// keysOf collects the keys of rows of a table, and makes room for as many references.
func (g *group) keysOf(t *state.Table, refs []state.Ref) int {
	g.heldKeys.Reset()
	for _, r := range refs {
		g.heldKeys.Append(t.KeyBytes(r))
	}
	n := len(refs)
	if cap(g.heldRefs) < n {
		g.heldRefs = make([]state.Ref, n, n+n/4)
	}
	g.heldRefs = g.heldRefs[:n]
	return n
}

// takeHeld gives what waiting has of the groups in out.refs, in their order, and removes
// it there.
func (g *group) takeHeld() *vec.Batch {
	o := &g.out
	g.keysOf(g.table, o.refs)
	g.waiting.Find(&g.heldKeys, g.heldRefs)
	g.decodeHeld()
	g.another = g.another[:0]
	for i, p := range g.heldRows {
		if g.keep && *(*uint64)(unsafe.Add(p, 8)) == hadAnother {
			g.another = append(g.another, i)
		}
	}
	for _, r := range g.heldRefs {
		g.waiting.Delete(r)
	}
	g.table.Note(o.refs)
	return g.back
}

// decodeHeld fills back with what rows heldRefs of waiting refer to.
func (g *group) decodeHeld() {
	g.back.Reset()
	if !g.keep {
		return
	}
	h := g.waiting.Heap()
	g.heldRows = g.waiting.Ptrs(g.heldRefs, g.heldRows)
	g.encoded = g.encoded[:0]
	for _, p := range g.heldRows {
		g.encoded = append(g.encoded, h.Get(*(*uint64)(p)))
	}
	g.codec.Decode(g.encoded, g.back.Cols)
	g.back.N = len(g.encoded)
}

// restoreHeld makes the groups wait again that waited at the checkpoint.
func (g *group) restoreHeld() error {
	if !g.holds {
		return nil
	}
	var at state.Cursor
	for {
		g.from = g.waiting.Scan(&at, op.BatchRows, g.from)
		if len(g.from) == 0 {
			break
		}
		g.keysOf(g.waiting, g.from)
		g.table.Restored(&g.heldKeys, g.heldRefs)
		g.table.Touch(g.heldRefs)
		if err := g.learnHeld(); err != nil {
			return err
		}
	}
	for g.from = g.table.Untold(op.BatchRows, g.from); len(g.from) > 0; g.from = g.table.Untold(op.BatchRows, g.from) {
	}
	return nil
}

// learnHeld sees to the groups in heldRefs, from in waiting, of which nobody wanted to
// know what they had given before an edit of the script. Who wants to know now is new,
// and begins with the results of this moment (Recall).
func (g *group) learnHeld() error {
	if !g.keep {
		return nil
	}
	n := 0
	for i, r := range g.from {
		if g.heldRefs[i] != state.NoRef && *(*uint64)(g.waiting.Ptr(r)) == 0 {
			g.from[n], g.heldRefs[n] = r, g.heldRefs[i]
			n++
		}
	}
	if n == 0 {
		return nil
	}
	g.out.refs = append(g.out.refs[:0], g.heldRefs[:n]...)
	g.out.rows = g.table.Ptrs(g.out.refs, g.out.rows)
	if err := g.load(); err != nil {
		return err
	}
	g.codec.EncodeVectors(&g.results, g.out.cur, nil, n)
	g.heldRows = g.waiting.Ptrs(g.from[:n], g.heldRows)
	g.putHeld(hadAnother)
	g.waiting.Mark(g.from[:n])
	return nil
}

// recallHeld emits what groups had given that wait. Where their results before are not
// known, nobody minds to get those now twice.
func (g *group) recallHeld() (op.Status, error) {
	o := &g.out
	for !g.scan.Done() {
		if g.c.Out.Full() {
			return op.More, nil
		}
		if g.from = g.waiting.Scan(g.scan, op.BatchRows, g.from); len(g.from) == 0 {
			break
		}
		g.keysOf(g.waiting, g.from)
		g.table.Find(&g.heldKeys, g.heldRefs)
		o.refs = o.refs[:0]
		n := 0
		for i, r := range g.heldRefs {
			if r != state.NoRef && *(*uint64)(g.table.Ptr(r))&emitted != 0 {
				o.refs = append(o.refs, r)
				g.from[n] = g.from[i]
				n++
			}
		}
		if n == 0 {
			continue
		}
		g.heldRefs = append(g.heldRefs[:0], g.from[:n]...)
		g.decodeHeld()
		o.rows = g.table.Ptrs(o.refs, o.rows)
		if err := g.load(); err != nil {
			return op.Done, err
		}
		results := o.cur
		if g.keep {
			results = g.back.Cols
		}
		if err := o.emitResults(g.c.Out, results); err != nil {
			return op.Done, err
		}
	}
	if g.c.Out.Full() {
		return op.More, nil
	}
	return op.Done, nil
}
