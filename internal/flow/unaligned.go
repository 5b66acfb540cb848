package flow

import (
	"encoding/binary"
	"time"

	"github.com/weir-stream/weir/internal/spool"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/vec"
)

// Unaligned says when the marker of a durable epoch overtakes what is queued before
// it (Flink's unaligned checkpoints). What it overtakes is saved with the epoch, and
// so is what other inputs send before their own marker comes.
type Unaligned struct {
	On bool
	// After is how long after its begin an epoch whose markers have not passed all
	// tasks becomes one of that kind; 0: at once.
	After time.Duration
	// Pressed: they overtake only where somebody slow would have them wait.
	Pressed bool
}

// InFlightTable is the table of blocks that hold what was on its way to a subtask,
// batches and control messages in their order, instead of state. Such a block counts
// in the epoch that it was saved with and in no other, and for as many subtasks on
// either side of the edge as there were.
const InFlightTable = "<in flight>"

// recording is the marker of an epoch that has passed a task before it came on all
// its channels.
type recording struct {
	epoch  int64
	open   int // channels on which the marker has not come
	chans  []*recorded
	passed bool    // the marker has passed all nodes
	parts  []*Part // what they saved
}

// recorded is what was on its way on a channel.
type recorded struct {
	c    *channel
	open bool
	wm   int64 // before it
	idle bool
	data []byte
}

// The items of what was on its way; a batch is followed by its length and bytes, a
// watermark by its value.
const (
	itemBatch byte = iota + 1
	itemWatermark
	itemIdle
	itemActive
)

// hurried reports whether a marker that has been under way for too long waits for
// the task: what the task is about to send is parked if there is no room for it.
func (t *task) hurried() bool {
	e := t.job.coord.overdue.Load()
	if e <= t.epochDone || t.recalling() {
		return false
	}
	return (e <= t.epochSent || t.rec == nil && (t.isSource || t.reached(e))) && t.pressed(e)
}

// recalling reports whether a node is being given the table of another, or is to be.
func (t *task) recalling() bool {
	for _, n := range t.nodes {
		if n.fresh {
			return true
		}
	}
	return false
}

// reached reports whether the marker of an epoch has come on some channel, or none can
// come any more.
func (t *task) reached(e int64) bool {
	live := false
	for _, c := range t.chans {
		if c.ended {
			continue
		}
		live = true
		if c.epoch >= e || c.sent.Load() >= e {
			return true
		}
	}
	return !live
}

// overtake lets the marker of an overdue epoch pass that has come on some channel.
func (t *task) overtake() (bool, error) {
	e := t.job.coord.overdue.Load()
	if !t.hurry || e <= t.epochSent {
		return false, nil
	}
	t.begins(e)
	t.mark(e)
	return true, t.gather()
}

// mark has the markers up to an epoch pass the task, before what waits until nothing is
// parked.
func (t *task) mark(e int64) {
	var as []action
	for t.epochSent < e {
		t.epochSent++
		as = append(as, action{kind: actEpoch, n: t.nodes[0], val: t.epochSent})
	}
	t.first(as...)
}

// begins begins to record what comes before the marker of an epoch on the channels
// where that has not come.
func (t *task) begins(e int64) {
	r := &recording{epoch: e}
	for _, c := range t.chans {
		if c.ended {
			continue
		}
		x := &recorded{c: c, wm: c.wm, idle: c.idle}
		r.chans = append(r.chans, x)
		if c.epoch < e {
			x.open, c.rec = true, x
			r.open++
		}
	}
	t.rec = r
}

// gather records what is queued before markers that have come meanwhile: they need
// not wait until it has been worked through.
func (t *task) gather() error {
	r := t.rec
	for _, x := range r.chans {
		if !x.open || x.c.sent.Load() < r.epoch {
			continue
		}
		for _, m := range x.c.before(r.epoch) {
			if err := x.add(m); err != nil {
				return err
			}
		}
		r.close(x)
	}
	t.deliver()
	return nil
}

// close ends the recording of a channel.
func (r *recording) close(x *recorded) {
	if x.open {
		x.open, x.c.rec = false, nil
		x.c.epoch = max(x.c.epoch, r.epoch)
		r.open--
	}
}

// record takes down a message that the task is about to work on.
func (t *task) record(c *channel, m msg) error {
	if x := c.rec; x != nil {
		if m.kind == msgEnd || m.kind == msgEpoch && m.n >= t.rec.epoch {
			t.rec.close(x)
			t.deliver()
			return nil
		}
		return x.add(m)
	}
	return nil
}

// giveUp ends a recording of a task that wants no more input.
func (t *task) giveUp() {
	if t.rec != nil {
		for _, x := range t.rec.chans {
			t.rec.close(x)
		}
		t.deliver()
	}
}

// deliver hands over what the task saves with the epoch, once all of it is known.
func (t *task) deliver() {
	r := t.rec
	if r == nil || !r.passed || r.open > 0 {
		return
	}
	t.rec = nil
	some := false
	for _, x := range r.chans {
		some = some || len(x.data) > 0
	}
	if some {
		p := r.parts[0]
		for _, q := range r.parts {
			if q.Vertex == t.nodes[0].v.Address {
				p = q
			}
		}
		p.InFlight = r.block(p.Parallelism)
	}
	t.job.coord.ack(r.epoch, r.parts)
	for _, c := range t.chans {
		if !c.ended && c.epoch > t.epochSent { // it may have waited for this
			t.align()
			break
		}
	}
}

// block encodes what was on its way to a task: the number of its subtasks, the
// epoch, the number of channels, and of each the input, the sending subtask, their
// number, the watermark before it, whether it was idle, and length and bytes of the
// items.
func (r *recording) block(subtasks int) []byte {
	b := blockHead(nil, subtasks)
	b = binary.AppendUvarint(b, uint64(r.epoch))
	b = binary.AppendUvarint(b, uint64(len(r.chans)))
	for _, x := range r.chans {
		b = binary.AppendUvarint(b, uint64(x.c.input))
		b = binary.AppendUvarint(b, uint64(x.c.from.subtask))
		b = binary.AppendUvarint(b, uint64(x.c.from.nodes[0].v.Parallelism))
		b = binary.AppendVarint(b, x.wm)
		b = append(b, byte(b2i(x.idle)))
		b = binary.AppendUvarint(b, uint64(len(x.data)))
		b = append(b, x.data...)
	}
	return b
}

// add encodes a message.
func (x *recorded) add(m msg) error {
	switch m.kind {
	case msgBatch:
		if x.c.pack == nil {
			x.c.pack = spool.NewPacker(nil, x.c.types)
		}
		rows := m.b
		if rows == nil { // it stays kept: it has yet to be read
			var err error
			if rows, err = x.c.get.Peek(m.kept, nil); err != nil {
				return err
			}
		}
		b := x.c.pack.Pack(rows)
		x.data = append(x.data, itemBatch)
		x.data = binary.AppendUvarint(x.data, uint64(len(b)))
		x.data = append(x.data, b...)
	case msgWatermark:
		x.data = binary.AppendVarint(append(x.data, itemWatermark), m.n)
	case msgIdle:
		x.data = append(x.data, itemActive-byte(m.n))
	}
	return nil
}

// before gives what is queued before the marker of an epoch, or before the end of
// the channel, and takes markers up to that one out of the queue.
func (c *channel) before(epoch int64) []msg {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []msg
	left := c.queue[:c.head]
	for i := c.head; i < len(c.queue); i++ {
		m := c.queue[i]
		if m.kind == msgEpoch && m.n <= epoch {
			if m.n == epoch {
				left = append(left, c.queue[i+1:]...)
				break
			}
			continue
		}
		left = append(left, m)
		if m.kind == msgEnd {
			left = append(left, c.queue[i+1:]...)
			break
		}
		out = append(out, m)
	}
	clear(c.queue[len(left):])
	c.queue = left
	return out
}

// reinject puts what was on its way to a subtask back into its channels.
// own: the vertex is the one that it was saved of.
func (j *Job) reinject(ns []*node, b Block, epoch uint64, own bool) error {
	d := &reader{b: b.Delta()}
	if d.uvarint() != epoch || len(ns) == 0 {
		return nil
	}
	bad := sqlerr.New(sqlerr.Data, sqlerr.Pos{}, "the checkpoint holds rows that were on their way to %s, which has no such input now", ns[0].v.Name).
		WithHint("run the script as it was, stop it with `weir job stop`, and edit it then")
	if !own || len(ns) != b.Parallelism || ns[b.Subtask].task.nodes[0] != ns[b.Subtask] {
		return bad
	}
	t := ns[b.Subtask].task
	for n := d.uvarint(); n > 0; n-- {
		input, from, senders := int(d.uvarint()), int(d.uvarint()), int(d.uvarint())
		wm, _ := d.varint(), d.take(1)
		items := &reader{b: d.take(int(d.uvarint()))}
		var c *channel
		for _, x := range t.chans {
			if x.input == input && x.from.subtask == from && x.from.nodes[0].v.Parallelism == senders {
				c = x
			}
		}
		if c == nil {
			return bad
		}
		c.refill(items, wm)
	}
	return nil
}

// refill queues what was on its way. A sender that was idle is not after a restart,
// until it says so again.
func (c *channel) refill(d *reader, wm int64) {
	c.wm, c.refilled = wm, true
	unpack := spool.NewPacker(nil, c.types)
	idle, now := false, c.to.job.cfg.Clock.Now()
	for len(d.b) > 0 {
		m := msg{kind: msgIdle}
		switch d.take(1)[0] {
		case itemBatch:
			b := vec.NewBatch(c.types)
			unpack.Unpack(d.take(int(d.uvarint())), b)
			c.rows.Add(int64(b.Len()))
			m = msg{kind: msgBatch, b: b, at: now}
		case itemWatermark:
			idle, m = false, msg{kind: msgWatermark, n: d.varint()}
		case itemIdle:
			idle, m.n = true, 1
		case itemActive:
			idle = false
		}
		c.queue = append(c.queue, m)
	}
	if idle {
		c.queue = append(c.queue, msg{kind: msgIdle})
	}
}

// reader reads what block wrote. Blocks have checksums, so it need not doubt them.
type reader struct{ b []byte }

func (r *reader) uvarint() uint64 {
	x, n := binary.Uvarint(r.b)
	r.b = r.b[n:]
	return x
}

func (r *reader) varint() int64 {
	x, n := binary.Varint(r.b)
	r.b = r.b[n:]
	return x
}

func (r *reader) take(n int) []byte {
	x := r.b[:n]
	r.b = r.b[n:]
	return x
}
