package agg

import (
	"unsafe"

	"github.com/weir-stream/weir/internal/fold"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// group is the streaming aggregate, and with bounded set the batch one.
//
// A state row is
//
//	0  32 bits: 1 + the group's place in prev while it is pending; bit 32: its row was emitted;
//	   bit 33: it is pending, and what was emitted last is in waiting
//	8  number of rows, where the input retracts
//	   the calls (see fold)
//
// A group that changes is pending until the next flush; prev keeps its result
// as it was emitted last, computed before the first change, so that state holds
// no copies. Flush emits what has changed in order of first change.
type group struct {
	spec
	c     *op.Context
	fold  *fold.Fold
	table *state.Table
	base  uintptr // of the calls in the row

	in      batchRows
	keys    state.Keys
	refs    []state.Ref
	created []bool
	ptrs    []unsafe.Pointer // rows
	signs   []int8
	unknown int // rows of the batch that take back what state has forgotten

	holding
	pending int           // groups in prev
	prev    *vec.Batch    // their results before
	keep    bool          // prev is needed
	newly   []int32       // rows that make their group pending
	out     output        // what is being emitted
	cursor  *state.Cursor // the scan of the batch form
	ended   bool

	words []uint64 // of a local phase
	src   []unsafe.Pointer

	row     int // row by row: the next row of held
	held    *vec.Batch
	stepSel []int32
}

// batchRows is the rows of the batch at hand: physical row of each place.
type batchRows struct {
	b   *vec.Batch
	sel []int32
	n   int
}

const (
	emitted      = 1 << 32
	kept         = 1 << 33
	pendingMask  = 1<<32 - 1
	pendingLimit = 1 << 17 // groups; bounds what is in prev
)

func newGroup(s spec) *group { return &group{spec: s} }

// Open declares the state.
func (g *group) Open(c *op.Context) error {
	g.c = c
	in := c.Inputs[0]
	key := make([]types.Type, len(g.spec.keys))
	for i, k := range g.spec.keys {
		key[i] = in[k]
	}
	if g.shipped != nil {
		in = g.shipped
	}
	var err error
	g.fold, err = fold.New(fold.Spec{Name: "groups", Calls: g.calls, In: in, Retract: g.retract, TTL: g.ttl, Store: c.State, Fn: c.Fn})
	if err != nil {
		return err
	}
	g.base = 8
	if g.retract {
		g.base = 16
	}
	// Without accumulators (DISTINCT) some bytes all the same: pointers to where
	// they start must not lie behind the row, in memory that is another's.
	g.table = c.State.Table(state.TableSpec{Name: "groups", Lazy: true, Key: key, Fixed: int(g.base) + max(g.fold.Size(), 8),
		HeapRefs: g.fold.HeapRefs(int(g.base)), TTL: g.ttl, Route: c.Route(0, g.spec.keys, 0),
		From: state.Origin{Input: 1, Key: g.spec.keys}, Fields: g.fields()})
	g.fold.Bind(g.table.Heap())
	g.keep = !g.bounded && len(g.calls) > 0 && (g.before || g.retract || !g.alwaysChanges())
	g.prev = vec.NewBatch(g.spec.out[len(key):])
	g.openHeld(key)
	g.out.open(g.spec.out, len(key))
	return nil
}

// fields describes a state row.
func (g *group) fields() []state.Field {
	head := []state.Field{{Kind: state.FieldWord, Size: 8}}
	if g.retract {
		head = append(head, state.Field{Name: "rows", Kind: state.FieldInt, At: 8, Size: 8})
	}
	if g.fold.Size() == 0 {
		return append(head, state.Field{Kind: state.FieldWord, At: int(g.base), Size: 8})
	}
	return g.fold.Fields(int(g.base), head...)
}

// alwaysChanges reports whether every row changes the result of its group.
func (g *group) alwaysChanges() bool {
	for _, c := range g.calls {
		if c.Agg.Name == "COUNT" && len(c.Args) == 0 && c.Filter < 0 {
			return true
		}
	}
	return false
}

// Push folds rows.
func (g *group) Push(_ int, b *vec.Batch) (op.Status, error) {
	created := len(g.calls) == 0 && !g.retract // all there is to tell is that a group is new
	if !g.c.MiniBatch && !g.bounded && !created {
		g.held, g.row = b, 0
		return g.step()
	}
	if err := g.add(b, b.Sel, b.Len()); err != nil {
		return op.Done, err
	}
	if created && !g.bounded {
		if err := g.emitCreated(b); err != nil {
			return op.Done, err
		}
		return g.emit()
	}
	if g.late {
		if err := g.holdNew(); err != nil {
			return op.Done, err
		}
		return g.wait()
	}
	if g.pending >= g.c.State.Pending(pendingLimit) {
		return g.emit()
	}
	return op.Done, nil
}

// step goes on row by row, as Flink does without mini-batches.
func (g *group) step() (op.Status, error) {
	for g.row < g.held.Len() {
		if g.pending > 0 {
			if s, err := g.emit(); s == op.More || err != nil {
				return s, err
			}
		}
		g.stepSel = append(g.stepSel[:0], int32(g.held.Row(g.row)))
		if err := g.add(g.held, g.stepSel, 1); err != nil {
			return op.Done, err
		}
		g.row++
	}
	s, err := g.emit()
	if s == op.Done {
		g.held = nil
	}
	return s, err
}

// add folds the rows sel (nil: all) of b.
func (g *group) add(b *vec.Batch, sel []int32, n int) error {
	if n == 0 {
		return nil
	}
	g.in = batchRows{b, sel, n}
	g.find()
	if g.fold.HasID() {
		g.births()
	}
	if g.touches() {
		if err := g.touch(); err != nil {
			return err
		}
	}
	if err := g.update(b, sel); err != nil {
		return err
	}
	refs := g.refs
	if g.constant {
		refs = refs[:1]
	}
	if g.touches() && g.ttl == 0 {
		g.table.MarkTouched(refs)
	} else {
		g.table.Mark(refs)
	}
	return nil
}

// touches reports that groups which change are pending until they are emitted.
func (g *group) touches() bool { return !g.bounded && (g.retract || len(g.calls) > 0) }

// update folds the rows, or the accumulators that a local phase made of them.
func (g *group) update(b *vec.Batch, sel []int32) error {
	if g.shipped != nil {
		return g.merge(b)
	}
	signs := g.countRows()
	if g.unknown > 0 {
		sel, signs = g.known(sel, signs), g.signs
	}
	for i := range g.ptrs {
		g.ptrs[i] = unsafe.Add(g.ptrs[i], g.base)
	}
	return g.fold.Update(b, sel, g.ptrs, signs)
}

// merge folds the groups of a local phase into g.ptrs.
func (g *group) merge(b *vec.Batch) error {
	g.words, g.src = fold.Shipped(b, len(g.spec.keys), g.words, g.src)
	for i, p := range g.ptrs {
		if g.retract {
			*(*int64)(unsafe.Add(p, 8)) += *(*int64)(g.src[i])
			g.src[i] = unsafe.Add(g.src[i], 8)
		}
		g.ptrs[i] = unsafe.Add(p, g.base)
	}
	return g.fold.Merge(g.ptrs, g.src)
}

// find looks up the state row of each input row.
func (g *group) find() {
	n := g.in.n
	if cap(g.refs) < n {
		g.refs, g.created = make([]state.Ref, n+n/4), make([]bool, n+n/4)
	}
	g.refs, g.created = g.refs[:n], g.created[:n]
	if g.constant {
		g.findOnly()
		return
	}
	view := vec.Batch{Cols: g.in.b.Cols, Sel: g.in.sel, N: g.in.b.N}
	g.keys.Encode(g.table.Codec(), &view, g.spec.keys)
	g.table.Upsert(&g.keys, g.refs, g.created)
	g.ptrs = g.table.Ptrs(g.refs, g.ptrs)
}

// findOnly is find without keys: one row for all.
func (g *group) findOnly() {
	if g.keys.Len() != 1 {
		g.keys.EncodeVectors(g.table.Codec(), nil, nil, 1)
	}
	clear(g.created)
	g.table.Upsert(&g.keys, g.refs[:1], g.created[:1])
	p := g.table.Ptr(g.refs[0])
	if cap(g.ptrs) < g.in.n {
		g.ptrs = make([]unsafe.Pointer, g.in.n, g.in.n+g.in.n/4)
	}
	g.ptrs = g.ptrs[:g.in.n]
	for i := range g.ptrs {
		g.ptrs[i] = p
		g.refs[i] = g.refs[0]
	}
}

// births gives new groups their ids.
func (g *group) births() {
	some := false
	for i, c := range g.created {
		if c {
			g.fold.Birth(unsafe.Add(g.ptrs[i], g.base), g.table.Group(&g.keys, min(i, g.keys.Len()-1)))
			some = true
		}
	}
	if some {
		g.fold.Born()
	}
}

// touch makes the groups of the batch pending and saves the results of those
// that were not.
func (g *group) touch() error {
	newly := g.newly[:0]
	for i, p := range g.ptrs {
		if h := (*uint64)(p); *h&(pendingMask|kept) == 0 {
			g.pending++
			*h |= uint64(g.pending)
			newly = append(newly, int32(i))
		}
	}
	g.newly = newly
	if len(newly) == 0 {
		return nil
	}
	refs, rows := g.out.buffers(len(newly))
	for k, i := range newly {
		refs[k] = g.refs[i]
		rows[k] = unsafe.Add(g.ptrs[i], g.base)
	}
	g.table.TouchMarked(refs)
	if !g.keep {
		return nil
	}
	g.prev.N += len(newly)
	return g.fold.Result(rows, g.prev.Cols)
}

// countRows keeps the number of rows of each group and gives the signs of the
// rows, nil where all add.
func (g *group) countRows() []int8 {
	if !g.retract {
		return nil
	}
	if g.in.b.Kinds == nil {
		for _, p := range g.ptrs {
			*(*int64)(unsafe.Add(p, 8))++
		}
		return nil
	}
	g.signs, g.unknown = g.signs[:0], 0
	for i, p := range g.ptrs {
		r := i
		if g.in.sel != nil {
			r = int(g.in.sel[i])
		}
		s := g.in.b.Kinds[r].Sign()
		if g.ttl > 0 && s < 0 && *(*int64)(unsafe.Add(p, 8)) == 0 {
			s = 0 // what it takes back has been forgotten
			g.unknown++
		}
		g.signs = append(g.signs, s)
		*(*int64)(unsafe.Add(p, 8)) += int64(s)
	}
	return g.signs
}

// known gives the rows of sel without those whose sign is 0, with g.ptrs and g.signs.
func (g *group) known(sel []int32, signs []int8) []int32 {
	kept, n := make([]int32, 0, len(signs)), 0
	for i, s := range signs {
		if s == 0 {
			continue
		}
		r := int32(i)
		if sel != nil {
			r = sel[i]
		}
		kept = append(kept, r)
		g.ptrs[n], signs[n] = g.ptrs[i], s
		n++
	}
	g.ptrs, g.signs = g.ptrs[:n], signs[:n]
	return kept
}

// emitCreated emits the rows of new groups: SELECT DISTINCT over rows that only
// add.
func (g *group) emitCreated(b *vec.Batch) error {
	sel := g.newly[:0]
	for i, c := range g.created[:g.in.n] {
		if c {
			sel = append(sel, int32(b.Row(i)))
		}
	}
	g.newly = sel
	if len(sel) == 0 {
		return nil
	}
	o := g.out.batch
	o.Reset()
	for i, k := range g.spec.keys {
		o.Cols[i].AppendSel(b.Cols[k], sel)
	}
	o.N = len(sel)
	return g.c.Out.Emit(o)
}

// Resume goes on with what is not finished.
func (g *group) Resume() (op.Status, error) {
	switch {
	case g.held != nil:
		return g.step()
	case g.ended:
		return g.emitAll()
	case g.cursor != nil:
		return g.recall()
	}
	return g.emit()
}

// Flush emits the pending changes.
func (g *group) Flush() (op.Status, error) { return g.emit() }

// EndInput emits what is left; the batch form emits all.
func (g *group) EndInput(int) (op.Status, error) {
	if !g.bounded {
		if g.constant {
			if err := g.touchRow(); err != nil {
				return op.Done, err
			}
		}
		return g.emit()
	}
	g.ended = true
	if g.constant {
		g.ensureRow()
	}
	g.cursor = &state.Cursor{}
	return g.emitAll()
}

// ensureRow makes sure that an aggregate without keys has a result although there
// were no rows, or all were taken back.
func (g *group) ensureRow() {
	g.in.n = 1
	g.find()
	if g.created[0] && g.fold.HasID() {
		g.births()
	}
	if rows := (*int64)(unsafe.Add(g.ptrs[0], 8)); g.retract && *rows < 1 {
		*rows = 1
	}
}

// touchRow is ensureRow for the updating form: when a stream has ended without
// rows its aggregate is the same as that of an empty file. Until then nothing is
// emitted, as Flink does.
func (g *group) touchRow() error {
	g.ensureRow()
	told := *(*uint64)(g.ptrs[0])&emitted != 0
	if len(g.calls) == 0 && !g.retract {
		told = !g.created[0] // its row went out when it came
	}
	if told {
		return nil
	}
	g.ptrs = g.ptrs[:1]
	g.table.Mark(g.refs[:1])
	return g.touch()
}

// Restored goes on from saved state.
func (g *group) Restored() error {
	g.fold.Restored()
	return g.restoreHeld()
}

// Close has nothing to free: the state is the task's.
func (g *group) Close() error { return nil }
