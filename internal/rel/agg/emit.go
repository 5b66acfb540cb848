package agg

import (
	"unsafe"

	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// output makes the changes of groups out of their keys and results.
type output struct {
	batch *vec.Batch    // what is emitted
	keys  []*vec.Vector // of the groups at hand
	cur   []*vec.Vector // their results now
	both  []*vec.Vector // results now, then before
	order []int32       // rows of both, in order of emission
	place []int32       // the same rows' keys
	kinds []vec.Kind
	was   []int32 // places in prev
	same  []bool

	refs []state.Ref
	rows []unsafe.Pointer
}

func (o *output) open(ts []types.Type, keys int) {
	o.batch = vec.NewBatch(ts)
	for i, t := range ts {
		if i < keys {
			o.keys = append(o.keys, vec.New(t, 0))
			continue
		}
		o.cur = append(o.cur, vec.New(t, 0))
		o.both = append(o.both, vec.New(t, 0))
	}
}

// buffers gives room for n references and pointers.
func (o *output) buffers(n int) ([]state.Ref, []unsafe.Pointer) {
	// The two grow apart where the table replaces them.
	if cap(o.refs) < n || cap(o.rows) < n {
		o.refs, o.rows = make([]state.Ref, n, n+n/4), make([]unsafe.Pointer, n, n+n/4)
	}
	o.refs, o.rows = o.refs[:n], o.rows[:n]
	return o.refs, o.rows
}

// emit emits pending changes until there are none or no room.
func (g *group) emit() (op.Status, error) {
	for g.table.Touched() > 0 {
		if g.c.Out.Full() {
			return g.wait()
		}
		g.out.refs = g.table.TakeTouched(max(op.Room(g.c.Out)/2, 1), g.out.refs)
		if len(g.out.refs) == 0 {
			break
		}
		if err := g.emitSome(); err != nil {
			return op.Done, err
		}
	}
	if !g.holds && g.c.Out.Full() { // the receiver may still be reading
		return op.More, nil
	}
	if g.pending > 0 {
		g.pending = 0
		g.prev.Reset()
	}
	g.late = false
	return op.Done, nil
}

// emitSome emits the changes of the groups in out.refs.
func (g *group) emitSome() error {
	o := &g.out
	o.rows = g.table.Ptrs(o.refs, o.rows)
	before := g.prev
	if *(*uint64)(o.rows[0])&kept != 0 { // then all are
		before = g.takeHeld()
	}
	if err := g.load(); err != nil {
		return err
	}
	if g.keep {
		g.compare(before)
	}
	o.order, o.place, o.kinds = o.order[:0], o.place[:0], o.kinds[:0]
	inserts := true
	n := int32(len(o.refs))
	for i := range n {
		h := (*uint64)(unsafe.Add(o.rows[i], -int(g.base)))
		here := !g.retract || *(*int64)(unsafe.Add(unsafe.Pointer(h), 8)) > 0
		there := *h&emitted != 0
		*h = 0
		if here {
			*h = emitted
		}
		switch {
		case here && !there:
			o.change(i, i, vec.Insert)
		case here && (len(g.calls) == 0 || g.keep && o.same[i] && g.ttl == 0):
		case here:
			inserts = false
			if g.before {
				o.change(i, n+i, vec.UpdateBefore)
			}
			o.change(i, i, vec.UpdateAfter)
		case there:
			inserts = false
			o.change(i, n+i, vec.Delete)
		}
	}
	g.deleteEmpty()
	if g.c.MiniBatch {
		g.table.Settle(o.refs)
	}
	return o.emit(g.c.Out, inserts)
}

func (o *output) change(place, row int32, k vec.Kind) {
	o.order = append(o.order, row)
	o.place = append(o.place, place)
	o.kinds = append(o.kinds, k)
}

// load decodes keys and computes results, now and, if kept, before.
func (g *group) load() error {
	o := &g.out
	for _, k := range o.keys {
		k.Resize(0)
	}
	if len(o.keys) > 0 {
		g.table.DecodeKeys(o.refs, o.keys)
	}
	for i := range o.rows {
		o.rows[i] = unsafe.Add(o.rows[i], g.base)
	}
	for _, c := range o.cur {
		c.Resize(0)
	}
	return g.fold.Result(o.rows, o.cur)
}

// compare finds the groups whose results are what they were and appends the
// results before, which are in prev or in the order of the groups, to those now.
func (g *group) compare(before *vec.Batch) {
	o := &g.out
	n := len(o.refs)
	o.was, o.same = o.was[:0], o.same[:0]
	for i, p := range o.rows {
		at := int32(i)
		if before == g.prev {
			at = int32(*(*uint64)(unsafe.Add(p, -int(g.base)))&pendingMask) - 1
		}
		o.was, o.same = append(o.was, at), append(o.same, true)
	}
	for j, c := range o.cur {
		b := o.both[j]
		b.Resize(0)
		b.AppendRange(c, 0, n)
		b.AppendSel(before.Cols[j], o.was)
		unequal(b, n, o.same)
	}
	if before != g.prev {
		for _, i := range g.another {
			o.same[i] = false
		}
	}
}

// unequal clears same[i] where row i and row n+i of v differ.
func unequal(v *vec.Vector, n int, same []bool) {
	if v.Type.Phys() == types.PI64 && !v.MayHaveNulls() {
		a, b := v.I64[:n], v.I64[n:2*n]
		for i := range same {
			same[i] = same[i] && a[i] == b[i]
		}
		return
	}
	for i := range same {
		same[i] = same[i] && vec.Compare(v, i, v, n+i) == 0
	}
}

// deleteEmpty drops the groups that have no rows left.
func (g *group) deleteEmpty() {
	if !g.retract {
		return
	}
	for i, r := range g.out.refs {
		if *(*int64)(unsafe.Add(g.out.rows[i], 8-int(g.base))) == 0 {
			g.fold.Drop(g.out.rows[i])
			g.table.Delete(r)
		}
	}
}

// emit hands the changes on.
func (o *output) emit(to op.Emitter, inserts bool) error {
	if len(o.order) == 0 {
		return nil
	}
	b := o.batch
	b.Reset()
	b.N = len(o.order)
	for i, k := range o.keys {
		b.Cols[i].AppendSel(k, o.place)
	}
	for j, c := range o.cur {
		from := c
		if o.both[j].N > 0 {
			from = o.both[j]
		}
		b.Cols[len(o.keys)+j].AppendSel(from, o.order)
	}
	if !inserts {
		b.Kinds = o.kinds
	}
	return to.Emit(b)
}

// emitAll emits the result of every group, once.
func (g *group) emitAll() (op.Status, error) {
	o := &g.out
	for !g.cursor.Done() {
		if g.c.Out.Full() {
			return op.More, nil
		}
		o.refs = g.table.Scan(g.cursor, op.BatchRows, o.refs)
		if len(o.refs) == 0 {
			break
		}
		o.rows = g.table.Ptrs(o.refs, o.rows)
		g.skipEmpty()
		if err := g.load(); err != nil {
			return op.Done, err
		}
		if err := o.emitResults(g.c.Out, o.cur); err != nil {
			return op.Done, err
		}
	}
	if g.c.Out.Full() {
		return op.More, nil
	}
	return op.Done, nil
}

// emitResults emits the results of the groups at hand.
func (o *output) emitResults(to op.Emitter, results []*vec.Vector) error {
	b := o.batch
	b.Reset()
	if b.N = len(o.refs); b.N == 0 {
		return nil
	}
	for i, k := range o.keys {
		b.Cols[i].AppendRange(k, 0, k.N)
	}
	for j, c := range results {
		b.Cols[len(o.keys)+j].AppendRange(c, 0, c.N)
	}
	return to.Emit(b)
}

// skipEmpty leaves out groups whose rows were all retracted, and those of which waiting
// has what they gave.
func (g *group) skipEmpty() {
	if !g.retract && !g.holds {
		return
	}
	o := &g.out
	k := 0
	for i, p := range o.rows {
		if *(*uint64)(p)&kept == 0 && (!g.retract || *(*int64)(unsafe.Add(p, 8)) > 0) {
			o.refs[k], o.rows[k] = o.refs[i], p
			k++
		}
	}
	o.refs, o.rows = o.refs[:k], o.rows[:k]
}

var (
	_ op.Operator = (*group)(nil)
	_ op.Holder   = (*group)(nil)
	_ op.Ender    = (*group)(nil)
	_ op.Restorer = (*group)(nil)
)
