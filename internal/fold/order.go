package fold

import (
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/state"
)

// orderBits is how finely the groups of a local phase are ordered by their hashes:
// about as finely as the tables of receivers are cut into segments.
const orderBits = 11

// orderLeast is how many groups are worth it.
const orderLeast = 2 * op.BatchRows

// order is the groups of a local phase in the order of their hashes, as they are
// emitted: receivers then look into one segment of their tables after the other, and
// what a page of an index is fetched for, if it has spilled, is several keys.
type order struct {
	receivers uint64 // 0: there is no order
	all, refs []state.Ref
	hashes    []uint64
	left      []state.Ref // to be emitted
	on        bool        // they are being emitted
}

// Ordered has groups emitted in an order that suits so many receivers, each of which
// has a range of the hashes: all of them get something all the time.
func (l *Local) Ordered(receivers int) { l.order.receivers = uint64(max(receivers, 1)) }

// next gives further groups to emit, none at the end.
func (l *Local) next() []state.Ref {
	o := &l.order
	if !o.on && (o.receivers == 0 || l.table.Len() < orderLeast) { // which stays so, it does not grow meanwhile
		l.refs = l.table.Walk(&l.cursor, op.BatchRows, l.refs)
		return l.refs
	}
	if !o.on {
		o.make(l.table)
	}
	some := o.left[:min(len(o.left), op.BatchRows)]
	o.left, o.on = o.left[len(some):], len(some) > 0
	return some
}

// make orders the rows of a table.
func (o *order) make(t *state.Table) {
	var c state.Cursor
	o.all = o.all[:0]
	for refs := t.Walk(&c, op.BatchRows, nil); len(refs) > 0; refs = t.Walk(&c, op.BatchRows, refs) {
		o.all = append(o.all, refs...)
	}
	o.hashes = t.Hashes(o.all, o.hashes)
	if cap(o.refs) < len(o.all) {
		o.refs = make([]state.Ref, len(o.all), len(o.all)+len(o.all)/4)
	}
	o.refs = o.refs[:len(o.all)]
	var ends [1<<orderBits + 1]int
	place := func(h uint64) uint64 { return h * o.receivers >> (64 - orderBits) }
	for _, h := range o.hashes {
		ends[place(h)+1]++
	}
	for i := range len(ends) - 1 {
		ends[i+1] += ends[i]
	}
	for i, h := range o.hashes {
		p := place(h)
		o.refs[ends[p]] = o.all[i]
		ends[p]++
	}
	o.left = o.refs
}
