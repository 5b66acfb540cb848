package flow

import (
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/weir-stream/weir/internal/dag"
	"github.com/weir-stream/weir/internal/spill"
	"github.com/weir-stream/weir/internal/spool"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// msgKind is what a message on an edge says.
type msgKind uint8

const (
	msgBatch msgKind = iota
	msgWatermark
	msgIdle
	msgEpoch
	msgEnd
	msgCaughtUp
)

// msg is one message; n is the watermark, the idle flag or the epoch.
type msg struct {
	kind msgKind
	b    *vec.Batch
	n    int64
	at   time.Time  // when a batch was sent
	kept spool.Item // in place of b, on unbounded channels
}

// channel is the queue from one sending subtask to one input of one receiving
// subtask. One side sends, the other receives.
type channel struct {
	mu    sync.Mutex
	queue []msg
	head  int
	free  []*vec.Batch

	rows    atomic.Int64 // queued
	limit   atomic.Int64 // rows that may be queued; follows the receiver's speed
	waited  atomic.Int64 // how long the last batches lay in the queue, ns
	starved atomic.Bool  // the sender waits for room
	closed  atomic.Bool  // the receiver wants no more
	to      *task        // woken by a send
	from    *task        // woken when there is room again
	input   int          // input ordinal at the receiver
	// unbounded channels always have credit: they carry an input that is read
	// after another one with the same ancestor (blocking exchange). What waits in
	// them goes to disk when memory is short; each side has a packer for that.
	unbounded bool
	put, get  *spool.Packer

	types []types.Type
	sent  atomic.Int64 // the last epoch whose marker was queued; all of them at the end

	// Receiver's view, touched by the receiver only.
	wm       int64
	idle     bool
	ended    bool
	caught   bool  // what it carries has caught up
	epoch    int64 // the last one whose marker has come; those after the task's are waited for
	refilled bool  // with what was on its way at a checkpoint
	rec      *recorded
	pack     *spool.Packer
}

func newChannel(from, to *task, input int) *channel {
	c := &channel{from: from, to: to, input: input}
	c.limit.Store(firstQueueRows)
	if from.job.cfg.Debloat.Off {
		c.limit.Store(fixedQueueRows)
	}
	c.wm = minWatermark
	return c
}

// full reports that the sender has no credit left; the receiver will then wake
// it. The second look closes the gap in which the receiver made room before it
// could see that someone waits.
func (c *channel) full() bool {
	if c.closed.Load() || c.unbounded || c.rows.Load() < c.limit.Load() {
		return false
	}
	c.starved.Store(true)
	return c.rows.Load() >= c.limit.Load()
}

func (c *channel) send(m msg) {
	if c.closed.Load() {
		return
	}
	if m.b != nil {
		c.rows.Add(int64(m.b.Len()))
		m.at = c.from.job.cfg.Clock.Now()
		if c.unbounded {
			m = c.keep(m)
		}
	}
	c.mu.Lock()
	c.queue = append(c.queue, m)
	switch m.kind {
	case msgEpoch:
		c.sent.Store(m.n)
	case msgEnd:
		c.sent.Store(math.MaxInt64)
	}
	c.mu.Unlock()
	c.to.wake()
}

// keepUnbounded makes a channel one that takes everything.
func (c *channel) keepUnbounded(b *spill.Budget, ts []types.Type) {
	c.unbounded, c.put, c.get = true, spool.NewPacker(b, ts), spool.NewPacker(b, ts)
}

// keep puts a batch away until it is read. If there is no room for it anywhere
// it stays where it is: the budget says so, and the job ends.
func (c *channel) keep(m msg) msg {
	it, err := c.put.Keep(m.b)
	if err != nil {
		c.from.job.mem.Fail(err)
		return m
	}
	return msg{kind: m.kind, at: m.at, kept: it}
}

// open gives the batch that was kept.
func (c *channel) open(m msg) (*vec.Batch, error) {
	b, err := c.get.Peek(m.kept, nil)
	c.get.Free(m.kept)
	return b, err
}

// recv takes the next message; ok is false if there is none.
func (c *channel) recv() (m msg, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.head == len(c.queue) {
		return msg{}, false
	}
	m = c.queue[c.head]
	c.queue[c.head] = msg{}
	c.head++
	if c.head == len(c.queue) {
		c.queue, c.head = c.queue[:0], 0
	}
	return m, true
}

// finished gives a batch back to the sender and its rows' credit with it.
func (c *channel) finished(b *vec.Batch) {
	n := int64(b.Len())
	c.mu.Lock()
	if len(c.free) < 8 && !shared(b) {
		c.free = append(c.free, b)
	}
	c.mu.Unlock()
	c.rows.Add(-n)
	if c.rows.Load() < c.limit.Load() && c.starved.CompareAndSwap(true, false) {
		c.from.wake()
	}
}

// batch gives an empty batch to fill.
func (c *channel) batch(ts []types.Type) *vec.Batch {
	c.mu.Lock()
	if n := len(c.free); n > 0 {
		b := c.free[n-1]
		c.free = c.free[:n-1]
		c.mu.Unlock()
		b.Reset()
		return b
	}
	c.mu.Unlock()
	return vec.NewBatch(ts)
}

// outEdge spreads an operator's output over the subtasks of a receiver. Rows are
// copied into batches of the channel's own, so the operator may reuse its own.
type outEdge struct {
	side   dag.Side
	ship   dag.Ship
	keys   []int
	types  []types.Type
	chans  []*channel
	build  []*vec.Batch // being filled, one a channel
	target int          // rows that a batch aims at
	groups int
	next   int // rebalance
	// byInt: rows go by a mix of their only key, an integer, instead of by key
	// group. Only batch jobs may do so: they have no state that was addressed
	// before.
	byInt bool

	codec *vec.Codec
	rows  vec.Rows
	hash  []uint64
	sels  [][]int32
	whole []int32 // all rows of a batch
}

func newOutEdge(e dag.Edge, chans []*channel, groups, batchRows int, batch bool) *outEdge {
	o := &outEdge{side: e.Side, ship: e.Ship, keys: e.Keys, types: e.Types(), chans: chans, groups: groups,
		build: make([]*vec.Batch, len(chans)), target: max(batchRows/2, 1), sels: make([][]int32, len(chans))}
	if e.Ship == dag.Hash {
		ts := make([]types.Type, len(e.Keys))
		for i, k := range e.Keys {
			ts[i] = e.From.Out[k]
		}
		o.codec = vec.NewCodec(ts)
		o.byInt = batch && len(ts) == 1 && (ts[0].Phys() == types.PI64 || ts[0].Phys() == types.PI32)
	}
	return o
}

func (o *outEdge) full() bool {
	for _, c := range o.chans {
		if c.full() {
			return true
		}
	}
	return false
}

// emit copies the rows of b to their receivers.
func (o *outEdge) emit(b *vec.Batch) {
	switch {
	case o.ship == dag.Broadcast:
		for i := range o.chans {
			o.append(i, b, nil)
		}
	case len(o.chans) == 1:
		o.append(0, b, nil)
	case o.ship == dag.Rebalance:
		o.append(o.next, b, nil)
		o.next = (o.next + 1) % len(o.chans)
	default:
		o.partition(b)
		for i, sel := range o.sels {
			if len(sel) > 0 {
				o.append(i, b, sel)
			}
		}
	}
}

// partition fills sels with the rows of each receiver, by key group.
func (o *outEdge) partition(b *vec.Batch) {
	if o.byInt {
		o.partitionInt(b, b.Cols[o.keys[0]])
		return
	}
	o.codec.Encode(&o.rows, b, o.keys)
	o.hash = vec.HashRows(&o.rows, o.hash)
	for i := range o.sels {
		o.sels[i] = o.sels[i][:0]
	}
	n := len(o.chans)
	for i, h := range o.hash {
		t := subtaskOf(vec.KeyGroup(h, o.groups), o.groups, n)
		o.sels[t] = append(o.sels[t], int32(b.Row(i)))
	}
}

// partitionInt is partition by an integer column; nulls go to the first
// subtask.
func (o *outEdge) partitionInt(b *vec.Batch, v *vec.Vector) {
	n := b.Len()
	for i := range o.sels {
		if cap(o.sels[i]) < n {
			o.sels[i] = make([]int32, n, n+n/4)
		}
		o.sels[i] = o.sels[i][:0]
	}
	switch {
	case v.Const || v.MayHaveNulls():
		for i := range n {
			r, t := b.Row(i), 0
			if !v.IsNull(r) {
				t = o.subtaskOfInt(v.Value(r).(int64))
			}
			o.sels[t] = append(o.sels[t], int32(r))
		}
	case v.Type.Phys() == types.PI32:
		spreadInts(o, b, v.I32)
	default:
		spreadInts(o, b, v.I64)
	}
}

func spreadInts[T int32 | int64](o *outEdge, b *vec.Batch, keys []T) {
	if len(o.sels) == 2 {
		spreadTwo(o, b, keys)
		return
	}
	for i := range b.Len() {
		r := b.Row(i)
		t := o.subtaskOfInt(int64(keys[r]))
		o.sels[t] = append(o.sels[t], int32(r))
	}
}

// spreadTwo writes each row to both and keeps it in one: no branch to foretell.
func spreadTwo[T int32 | int64](o *outEdge, b *vec.Batch, keys []T) {
	n := b.Len()
	x, y := o.sels[0][:n], o.sels[1][:n]
	i, j := 0, 0
	for k := range n {
		r := b.Row(k)
		x[i], y[j] = int32(r), int32(r)
		t := int(mixKey(int64(keys[r])) >> 63)
		i += 1 - t
		j += t
	}
	o.sels[0], o.sels[1] = x[:i], y[:j]
}

// mixKey spreads integers over all bits, by other constants than the tables
// that the rows go into.
func mixKey(x int64) uint64 {
	h := uint64(x) * 0xd1342543de82ef95
	h ^= h >> 32
	return h * 0xaf251af3b0f025b5
}

func (o *outEdge) subtaskOfInt(x int64) int {
	return int(mixKey(x) >> 32 * uint64(len(o.chans)) >> 32)
}

// subtaskOf spreads groups over n subtasks in contiguous ranges.
func subtaskOf(group, groups, n int) int { return group * n / groups }

// groupRange gives the groups of subtask i: from inclusive, to exclusive.
func groupRange(i, n, groups int) (from, to int) {
	return (i*groups + n - 1) / n, ((i+1)*groups + n - 1) / n
}

func (o *outEdge) append(i int, b *vec.Batch, sel []int32) {
	if o.share(i, b, sel) {
		return
	}
	target := o.chans[i].batchRows(o.target)
	if sel == nil && b.Len() > 2*target {
		sel = o.all(b)
	}
	for len(sel) > 2*target {
		o.add(i, b, sel[:target], target)
		sel = sel[target:]
	}
	o.add(i, b, sel, target)
}

func (o *outEdge) add(i int, b *vec.Batch, sel []int32, target int) {
	dst := o.build[i]
	if dst == nil {
		dst = o.chans[i].batch(o.types)
		o.build[i] = dst
	}
	if sel != nil {
		dst.AppendSel(b, sel)
	} else {
		dst.AppendBatch(b)
	}
	if dst.N >= target {
		o.flushOne(i)
	}
}

// all selects all rows of a batch.
func (o *outEdge) all(b *vec.Batch) []int32 {
	if b.Sel != nil {
		return b.Sel
	}
	o.whole = o.whole[:0]
	for i := range b.N {
		o.whole = append(o.whole, int32(i))
	}
	return o.whole
}

// share sends a batch of shared columns as it is, with a selection of its own,
// unless few of its rows are meant.
func (o *outEdge) share(i int, b *vec.Batch, sel []int32) bool {
	if b.Kinds != nil || !shared(b) || o.chans[i].batchRows(o.target) < o.target {
		return false
	}
	if sel == nil {
		sel = b.Sel
	}
	if sel != nil && len(sel) < o.target/4 || b.N < o.target/4 {
		return false
	}
	o.flushOne(i)
	d := &vec.Batch{N: b.N, Cols: make([]*vec.Vector, len(b.Cols))}
	vs := make([]vec.Vector, len(b.Cols))
	for k, c := range b.Cols {
		vs[k] = *c
		d.Cols[k] = &vs[k]
	}
	if sel != nil && len(sel) < b.N {
		d.Sel = append([]int32(nil), sel...)
	}
	o.chans[i].send(msg{kind: msgBatch, b: d})
	return true
}

// shared reports whether all columns of a batch may be kept without a copy.
func shared(b *vec.Batch) bool {
	for _, c := range b.Cols {
		if !c.Shared {
			return false
		}
	}
	return len(b.Cols) > 0
}

func (o *outEdge) flushOne(i int) {
	if b := o.build[i]; b != nil && b.N > 0 {
		o.build[i] = nil
		o.chans[i].send(msg{kind: msgBatch, b: b})
	}
}

// flush sends what is being built.
func (o *outEdge) flush() {
	for i := range o.build {
		o.flushOne(i)
	}
}

// control sends a control message to all receivers, after the rows before it.
func (o *outEdge) control(m msg) {
	o.flush()
	for _, c := range o.chans {
		c.send(m)
	}
}

// closed reports that no receiver wants more.
func (o *outEdge) closed() bool {
	for _, c := range o.chans {
		if !c.closed.Load() {
			return false
		}
	}
	return true
}
