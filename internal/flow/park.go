package flow

import (
	"encoding/binary"
	"time"

	"github.com/weir-stream/weir/internal/spool"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/vec"
)

// What an operator still has to emit when a marker is to overtake it is parked: it goes
// on as if there were room, and its rows, with what event time comes behind them, wait in
// state instead of in the operator. So whatever it was at is over when the marker passes,
// no operator has a cursor to save, and an epoch saves what was parked since the last one
// and how much of it has been sent. Nothing else is worked on until all has been. Parked
// rows are in the order of the subtask, not by key: a job that goes on from such an epoch
// begins with as many subtasks as it had, as with what was on its way.

// The tables of parked rows, which are declared when the first are: the items, and the
// number of those that were sent with the rows of the next.
const (
	parkedTable = "<parked>"
	sentTable   = "<sent>"
)

// parkMost is how many bytes of encoded rows a node parks; a marker waits for the rest.
const parkMost = 128 << 20

// park holds what a node has emitted and its receivers have not been given.
type park struct {
	items *state.Single
	sent  *state.Single
	pack  *spool.Packer
	next  int // the item that is to be sent
	rows  int // of it that were
	buf   []byte

	// later is control work that is not saved, since it comes again after a restart, by
	// the number of items before it.
	later []parkedAction

	cur  *vec.Batch // item next
	at   int        // the item that cur is; -1 = none
	all  []int32    // selects all rows of cur
	view vec.Batch  // the rows that are sent
}

type parkedAction struct {
	before int
	action action
}

// parked reports whether something is parked.
func (n *node) parked() bool { return n.park != nil && !n.park.empty() }

func (p *park) empty() bool { return p.next == p.items.Len() && len(p.later) == 0 }

// parks reports whether n emits what there is no room for. What it holds back and saves
// by itself no marker waits for, and one that hands over its table lets no marker pass.
func (n *node) parks() bool {
	if !n.task.hurry || n.holder != nil && !n.whole || n.recalling || len(n.kids)+len(n.edges) == 0 {
		return false
	}
	for _, k := range n.kids { // it may be reading what n emitted last
		if k.pending {
			return false
		}
	}
	if n.park == nil {
		return true
	}
	return n.park.items.Bytes() < parkMost && n.park.items.Len() < 1<<20 && n.task.job.mem.Fits(1<<20)
}

// parking gives the park of a node.
func (n *node) parking() *park {
	if n.park == nil {
		n.park = &park{items: n.store.Single(parkedTable), sent: n.store.Single(sentTable), pack: spool.NewPacker(nil, n.v.Out), at: -1}
	}
	return n.park
}

// put parks a batch.
func (p *park) put(b *vec.Batch) {
	p.buf = append(append(p.buf[:0], itemBatch), p.pack.Pack(b)...)
	p.items.Append(p.buf)
}

// putWatermark parks event time.
func (p *park) putWatermark(wm int64) {
	p.buf = binary.AppendVarint(append(p.buf[:0], itemWatermark), wm)
	p.items.Append(p.buf)
}

// putAction parks control work that comes again after a restart.
func (p *park) putAction(a action) { p.later = append(p.later, parkedAction{p.items.Len(), a}) }

// someParked reports whether a node of the task has parked rows.
func (t *task) someParked() bool {
	for _, n := range t.nodes {
		if n.parked() {
			return true
		}
	}
	return false
}

// waits reports that the next control work waits until nothing is parked.
func (t *task) waits() bool {
	if len(t.todo) == 0 {
		return false
	}
	k := t.todo[0].kind // these end what is saved of the task
	return (k == actForwardEnd || k == actStop || k == actHalt) && t.someParked()
}

// sendOrCut sends something of what is parked, unless a marker is to pass before it.
func (t *task) sendOrCut() (stepResult, error) {
	if t.hurry {
		if cut, err := t.cut(); cut || err != nil {
			return stepWorked, err
		}
	}
	return t.sendOrStall()
}

// sendOrStall sends something of what is parked, if there is room for any.
func (t *task) sendOrStall() (stepResult, error) {
	if worked, err := t.unpark(); worked || err != nil {
		t.stalledAt = time.Time{}
		return stepWorked, err
	}
	return t.stall(), nil
}

// unpark has the most downstream node that has parked rows, and room for them, send
// some. It reports whether there was one.
func (t *task) unpark() (bool, error) {
	for i := len(t.nodes) - 1; i >= 0; i-- {
		n := t.nodes[i]
		if !n.parked() || n.blocked() {
			continue
		}
		return true, t.sendParked(n)
	}
	return false, nil
}

// sendParked sends the next item of a node, or of a batch as much as there is room for.
func (t *task) sendParked(n *node) error {
	p := n.park
	if len(p.later) > 0 && p.later[0].before == p.next {
		a := p.later[0].action
		p.later = p.later[1:]
		p.clear()
		switch a.kind {
		case actIdle:
			t.sendIdle(n, a.val)
		case actForwardCaughtUp:
			t.sendCaughtUp(n)
		}
		return t.drain()
	}
	item := p.items.At(p.next)
	if item[0] == itemWatermark {
		wm, _ := binary.Varint(item[1:])
		p.next++
		p.clear()
		t.sendWatermark(n, wm)
		return t.drain()
	}
	if p.at != p.next {
		if p.cur == nil {
			p.cur = vec.NewBatch(n.v.Out)
		}
		p.cur.Reset()
		p.pack.Unpack(item[1:], p.cur)
		p.at = p.next
		for len(p.all) < p.cur.N {
			p.all = append(p.all, int32(len(p.all)))
		}
	}
	to := min(p.cur.N, p.rows+n.Room())
	p.view = *p.cur
	p.view.Sel = p.all[p.rows:to]
	last := to == p.cur.N
	if p.rows = to; last {
		p.next, p.rows, p.at = p.next+1, 0, -1
		p.clear()
	}
	return n.send(&p.view)
}

// clear gives the state of a park back if all has been sent.
func (p *park) clear() {
	if p.empty() {
		p.items.Clear()
		p.sent.Clear()
		p.next = 0
		for i := range p.later {
			p.later[i].before = 0
		}
	}
}

// saveParked notes how much was sent, for the epoch that is about to be saved. It reports
// whether that holds parked rows.
func (n *node) saveParked() bool {
	p := n.park
	if p == nil || p.items.Len() == 0 {
		return false
	}
	p.buf = binary.AppendUvarint(p.buf[:0], uint64(p.next))
	p.buf = binary.AppendUvarint(p.buf, uint64(p.rows))
	if string(p.sent.Get()) != string(p.buf) {
		p.sent.Set(p.buf)
	}
	return p.next < p.items.Len()
}

// restoreParked finds what was parked at a checkpoint.
func (n *node) restoreParked() {
	if n.store.Lookup(parkedTable) == nil {
		return
	}
	p := n.park
	if b := p.sent.Get(); len(b) > 0 {
		d := &reader{b: b}
		p.next, p.rows = int(d.uvarint()), int(d.uvarint())
	}
}

// tableFor gives the table of a node that saved state goes to, nil if there is none.
func (n *node) tableFor(b *Block, same bool) state.Owner {
	if b.Table == parkedTable || b.Table == sentTable {
		if !same { // all had been sent when the number of subtasks changed
			return nil
		}
		n.parking()
	}
	return n.store.Lookup(b.Table)
}

// IsParked reports whether a table is of what was parked: at an aligned epoch it is empty.
func IsParked(table string) bool { return table == parkedTable || table == sentTable }
