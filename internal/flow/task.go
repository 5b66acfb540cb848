package flow

import (
	"context"
	"errors"
	"math"
	"sync/atomic"
	"time"

	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// stepResult says what became of a step.
type stepResult uint8

const (
	stepWorked stepResult = iota
	stepIdle              // nothing to do until woken or wakeAt
	stepDone
)

// task is a chain of operators in one subtask. Everything but wake is for its
// driver alone.
type task struct {
	job     *Job
	subtask int
	nodes   []*node // head first, receivers after their senders
	chans   []*channel
	nextCh  int // where the next look for input starts
	signal  chan struct{}
	done    chan struct{}
	exited  bool

	// todo is the control work that is under way; it stalls while a node is
	// pending.
	todo []action
	// cur is the batch that the head is working on.
	cur     *vec.Batch
	curChan *channel

	ended      int    // inputs of the head that have ended
	caught     []bool // those that have caught up; nil: none
	finished   bool
	wmHead     int64
	idleHead   bool
	epochSent  int64
	epochDone  int64        // the last one that has passed all nodes
	epochNodes int          // nodes that the epoch under way has passed
	parts      []*Part      // what they save with it
	rec        *recording   // of an epoch whose marker has overtaken others
	hurry      bool         // see hurried
	pressedAt  int64        // the last epoch for which pressed was so
	stalledAt  time.Time    // since when there is no room; zero: there is
	rowTime    atomic.Int64 // ns that a row of input takes
	imaging    imaging
	isSource   bool
	halted     int // channels that ended because the job stops
	committed  int64
	commitTo   atomic.Int64 // epoch up to which sinks may commit

	dirty     int64 // rows since the last flush
	lastFlush time.Time
	wakeAt    int64 // ms
	pace      pace
	order     op.InputPriority // the head, if it reads its inputs in some order
	now       time.Time
}

func (t *task) name() string { return t.nodes[0].v.Name }

// wake makes a waiting driver look again. It may be called from anywhere.
func (t *task) wake() {
	select {
	case t.signal <- struct{}{}:
	default:
	}
}

func (t *task) exit() {
	if !t.exited {
		t.exited = true
		close(t.done)
	}
}

// wait blocks until there may be work.
func (t *task) wait(ctx context.Context) {
	var timer <-chan time.Time
	if t.wakeAt != math.MaxInt64 {
		d := time.UnixMilli(t.wakeAt).Sub(t.job.cfg.Clock.Now())
		if d <= 0 {
			return
		}
		c, stop := t.job.cfg.Clock.After(d)
		defer stop()
		timer = c
	}
	var ready <-chan struct{}
	if t.isSource && !t.finished {
		ready = t.nodes[0].src.Ready()
	}
	select {
	case <-t.signal:
	case <-ready:
	case <-timer:
	case <-ctx.Done():
	}
}

// open opens the operators, receivers first so that a source may emit at once.
func (t *task) open() error {
	j := t.job
	t.now, t.wmHead = j.cfg.Clock.Now(), minWatermark
	if r := j.cfg.Restore; r != nil {
		t.epochSent, t.epochDone, t.committed = int64(r.Epoch), int64(r.Epoch), int64(r.Epoch)
		for _, c := range t.chans {
			c.epoch = t.epochSent
		}
	}
	t.lastFlush = t.now
	for i := len(t.nodes) - 1; i >= 0; i-- {
		n := t.nodes[i]
		n.wm = minWatermark
		n.wmStat.Store(minWatermark)
		n.checked = j.cfg.Checked
		n.fn = &fn.Ctx{Zone: j.cfg.Zone, Catalog: j.cfg.Catalog, Database: j.cfg.Database, Watermark: minWatermark, NowMs: t.now.UnixMilli()}
		from, to := groupRange(t.subtask, n.v.Parallelism, j.cfg.Groups)
		if j.cfg.Batch { // rows need not come by key group
			from, to = 0, j.cfg.Groups
		}
		n.store = state.NewStore(state.Config{Groups: j.cfg.Groups, From: from, To: to,
			Now: func() int64 { return t.now.UnixMilli() }, Memory: j.mem, SegmentRows: j.cfg.SegmentRows, Track: j.cfg.Durable != nil && !j.cfg.Batch, Pieces: &j.pieces})
		c := &op.Context{Ctx: j.ctx, Out: n, State: n.store, Fn: n.fn, Subtask: t.subtask, Parallelism: n.v.Parallelism,
			MiniBatch: j.cfg.MiniBatch && !n.v.EveryChange, Batch: j.cfg.Batch, Runtime: j, Wake: t.wake, LateRows: &lateRows{n: n}}
		for _, e := range n.v.Inputs {
			c.Inputs = append(c.Inputs, append([]types.Type(nil), e.Types()...))
			c.Spread = append(c.Spread, e.Spread)
		}
		var err error
		if n.v.NewSource != nil {
			n.src = n.v.NewSource()
			n.caught = j.cfg.Restore == nil
			err = n.src.Open(c, n)
		} else {
			n.op = n.v.New()
			err = n.op.Open(c)
		}
		if err != nil {
			return err
		}
		n.hands()
	}
	t.order, _ = t.nodes[0].op.(op.InputPriority)
	return nil
}

// hands finds out how an operator that is open hands on its rows.
func (n *node) hands() {
	if h, ok := n.op.(op.Holder); ok && h.Holds() {
		n.holder = h
	}
	if q, ok := n.op.(op.Queued); ok && q.Queues() {
		n.queued = q
	}
	n.pace.on = n.queued == nil && len(n.kids)+len(n.edges) == 0 && n.task.job.overtakes()
}

func (t *task) close() error {
	var errs []error
	for _, n := range t.nodes {
		if n.op != nil {
			errs = append(errs, n.op.Close())
		}
		if n.src != nil {
			errs = append(errs, n.src.Close())
		}
	}
	return errors.Join(errs...)
}

// step does one piece of work: resume what is pending, then control work, then
// timers, then the next message or a read of the source.
func (t *task) step() (stepResult, error) {
	if err := t.relieve(); err != nil {
		return stepDone, err
	}
	t.now = t.job.cfg.Clock.Now()
	nowMs := t.now.UnixMilli()
	for _, n := range t.nodes {
		n.fn.NowMs, n.fn.NowNs = nowMs, int32(t.now.Nanosecond()%1e6)
	}
	t.wakeAt = math.MaxInt64
	if e := t.commitTo.Load(); e > t.committed && t.hasten(uint64(e)) {
		t.committed = e
		if err := t.commit(uint64(e)); err != nil {
			return stepWorked, err
		}
	}
	if t.rec != nil {
		if err := t.gather(); err != nil {
			return stepWorked, err
		}
	}
	t.hurry = t.hurried()
	if worked, err := t.resume(); worked || err != nil {
		t.stalledAt = time.Time{}
		return stepWorked, err
	}
	if t.pending() { // perhaps for room before a node further on that has rows parked
		return t.sendOrStall()
	}
	t.release()
	if len(t.todo) > 0 && !t.waits() {
		return stepWorked, t.drain()
	}
	if t.someParked() && (!t.hurry || t.waits()) {
		return t.sendOrCut()
	}
	if t.finished {
		return stepDone, nil
	}
	if last := t.job.coord.final.Load(); last > 0 && t.epochDone >= last {
		return t.receive() // the rest of what is to be done is the next run's
	}
	if worked, err := t.resumeHeld(); worked || err != nil {
		return stepWorked, err
	}
	if t.nodes[0].satisfied() {
		t.quit()
		return stepWorked, t.drain()
	}
	if cut, err := t.cut(); cut || err != nil {
		return stepWorked, err
	}
	if t.nodes[0].shut() {
		if t.someParked() { // in a hurry, but no more can be parked
			return t.sendOrStall()
		}
		return t.stall(), nil
	}
	t.stalledAt = time.Time{}
	if fired, err := t.timers(nowMs); fired || err != nil {
		return stepWorked, err
	}
	if t.isSource {
		return t.read()
	}
	return t.receive()
}

// relieve keeps the task's state within the job's memory. State calls do not
// answer with errors, so those are asked for here.
func (t *task) relieve() error {
	mem := t.job.mem
	mem.Tend()
	pressed := mem.Pressed()
	for _, n := range t.nodes {
		if pressed {
			n.store.Relieve()
		}
		if err := n.store.Err(); err != nil {
			return err
		}
	}
	return nil
}

// stalled reports whether some node waits for room, or what it has parked does.
func (t *task) stalled() bool { return t.pending() || !t.hurry && t.someParked() }

// pending reports whether some node has not finished.
func (t *task) pending() bool {
	for _, n := range t.nodes {
		if n.pending {
			return true
		}
	}
	return false
}

// resume continues the most downstream pending node that has room.
func (t *task) resume() (bool, error) {
	for i := len(t.nodes) - 1; i >= 0; i-- {
		n := t.nodes[i]
		if n.pending && !n.Full() {
			return true, n.status(n.op.Resume())
		}
	}
	return false, nil
}

// resumeHeld lets the most downstream node that holds changes back emit some if there is
// room. It must not while a marker is on its way through the task, which may have passed
// that node.
func (t *task) resumeHeld() (bool, error) {
	for i := len(t.nodes) - 1; i >= 0; i-- {
		n := t.nodes[i]
		if n.held && !n.Full() {
			return true, n.status(n.op.Resume())
		}
	}
	return false, nil
}

// release gives the batch that the head has finished back to its sender.
func (t *task) release() {
	if t.cur != nil {
		t.curChan.finished(t.cur)
		t.cur = nil
	}
}

// quit ends the task's inputs before they end by themselves: the senders are told
// that nobody listens, and the chain is ended as if all had been read.
func (t *task) quit() {
	head := t.nodes[0]
	for _, c := range t.chans {
		c.closed.Store(true)
		c.from.wake()
	}
	t.do(action{kind: actFlushAll})
	if t.isSource {
		t.do(action{kind: actForwardWatermark, n: head, val: maxWatermark})
		t.do(action{kind: actForwardEnd, n: head})
		return
	}
	t.do(action{kind: actWatermark, n: head, val: maxWatermark})
	ended := map[int]bool{}
	for _, c := range t.chans {
		ended[c.input] = ended[c.input] || !c.ended
		c.ended = true
	}
	for in := range head.v.Inputs {
		if ended[in] {
			t.do(action{actEndInput, head, int64(in)})
		}
	}
}

// timers fires what is due by processing time and notes when the next is.
func (t *task) timers(nowMs int64) (bool, error) {
	for _, n := range t.nodes {
		pt, ok := n.op.(op.ProcTimer)
		if !ok {
			continue
		}
		next := pt.NextTimer()
		if next <= nowMs {
			t.dirty++
			return true, n.status(pt.Fire(nowMs))
		}
		t.wakeAt = min(t.wakeAt, next)
	}
	return false, nil
}

// cut begins an epoch that is due: at a source, or where the marker of one that has
// been under way for too long has come. There need be no room for what follows.
func (t *task) cut() (bool, error) {
	if !t.isSource {
		passed, err := t.overtake()
		if passed && err == nil {
			err = t.drain()
		}
		return passed, err
	}
	n := t.nodes[0]
	e, stop := t.job.coord.current()
	if e <= t.epochSent || !atCut(n.src) {
		return false, nil
	}
	// Every source sends every marker, so that receivers can align them.
	t.mark(e)
	if stop {
		t.do(action{kind: actHalt, n: n})
	}
	return true, t.drain()
}

// read lets the source emit a batch.
func (t *task) read() (stepResult, error) {
	n := t.nodes[0]
	s, err := op.SourceEnd, error(nil)
	if !t.job.coord.drains() || !atCut(n.src) {
		before := n.rowsOut.Load()
		if s, err = n.src.Step(t.budget()); err != nil {
			return stepWorked, err
		}
		t.dirty += n.rowsOut.Load() - before
	}
	switch s {
	case op.SourceIdle:
		if !n.caught {
			t.sourceCaughtUp()
			return stepWorked, t.drain()
		}
		t.wakeAt = min(t.wakeAt, n.src.WakeMs())
		return t.rest()
	case op.SourceEnd:
		if !n.caught { // those behind it in the task are not told by the end of a channel
			t.sourceCaughtUp()
		}
		t.do(action{kind: actFlushAll})
		t.do(action{kind: actForwardWatermark, n: n, val: maxWatermark})
		t.do(action{kind: actForwardEnd, n: n})
		return stepWorked, t.drain()
	}
	return stepWorked, nil
}

// receive takes the next message of a channel that is not held back.
func (t *task) receive() (stepResult, error) {
	if t.pace.rows > 0 {
		if t.pace.done(t.now, &t.job.cfg) {
			t.pace.limit(t.chans, &t.job.cfg)
		}
		t.rowTime.Store(int64(t.pace.spent / max(t.pace.worked, 1)))
	}
	for range t.chans {
		c := t.chans[t.nextCh]
		t.nextCh = (t.nextCh + 1) % len(t.chans)
		unwanted := t.unwanted(c)
		if c.ended || c.epoch > t.epochSent || unwanted && t.halted == 0 {
			continue
		}
		m, ok := c.recv()
		if !ok {
			continue
		}
		if c.rec != nil {
			if err := t.record(c, m); err != nil {
				return stepWorked, err
			}
		}
		if m.kind == msgBatch {
			c.note(t.now.Sub(m.at))
			b, err := m.b, error(nil)
			if b == nil {
				if b, err = c.open(m); err != nil {
					return stepDone, err
				}
			}
			if unwanted { // the job stops; they were saved with its last epoch
				c.finished(b)
				return stepWorked, nil
			}
			return stepWorked, t.process(c, b)
		}
		if err := t.control(c, m); err != nil {
			return stepWorked, err
		}
		return stepWorked, t.drain()
	}
	return t.rest()
}

// unwanted reports that the head reads other inputs before that of a channel.
func (t *task) unwanted(c *channel) bool {
	if t.order == nil {
		return false
	}
	want := t.order.WantInput()
	return want >= 0 && c.input != want
}

// process hands a batch to the head.
func (t *task) process(c *channel, b *vec.Batch) error {
	t.cur, t.curChan = b, c
	t.dirty += int64(b.Len())
	t.pace.take(t.now, b.Len())
	return t.nodes[0].push(c.input, b)
}

// quietRows is the number of rows up to which a task that runs out of input
// flushes at once rather than wait for more to consolidate with.
const quietRows = 1024

// rest is reached when there is no input: flush, or wait a little if busy.
func (t *task) rest() (stepResult, error) {
	if t.dirty == 0 {
		if t.restState() {
			return stepWorked, nil
		}
		return stepIdle, nil
	}
	due := t.lastFlush.Add(t.job.cfg.FlushEvery)
	if t.dirty > quietRows && t.now.Before(due) {
		t.wakeAt = min(t.wakeAt, due.UnixMilli()+1)
		return stepIdle, nil
	}
	t.do(action{kind: actFlushAll})
	return stepWorked, t.drain()
}

// atCut reports whether an epoch may be cut at a source.
func atCut(s op.Source) bool {
	r, ok := s.(op.Replayer)
	return !ok || r.AtCut()
}

// hasten begins the commits of an epoch that take their time, and reports whether none
// would be waited for. The task goes on until then.
func (t *task) hasten(epoch uint64) bool {
	ready := true
	for _, n := range t.nodes {
		h, ok := n.op.(op.Hastener)
		if !ok {
			continue
		}
		for _, p := range n.prepared {
			if p.epoch <= epoch && !h.Hasten(p.handle) {
				ready = false
			}
		}
	}
	if !ready {
		t.wakeAt = t.now.UnixMilli() + 1
	}
	return ready
}

// commit makes visible what the sinks of the task prepared up to an epoch.
func (t *task) commit(epoch uint64) error {
	for _, n := range t.nodes {
		for len(n.prepared) > 0 && n.prepared[0].epoch <= epoch {
			p := n.prepared[0]
			if err := n.op.(op.Epocher).Commit(p.handle); err != nil {
				return err
			}
			n.prepared = n.prepared[1:]
			t.job.coord.paid(p.epoch)
		}
		if s, ok := n.op.(op.Settler); ok {
			s.Settled(t.job.coord.settledAt(epoch))
		}
		n.report(epoch)
	}
	return nil
}

// report tells a source of those of its positions that waited for an epoch.
func (n *node) report(epoch uint64) {
	for len(n.positions) > 0 && n.positions[0].epoch <= epoch {
		n.src.(op.Reported).Durable(n.positions[0].handle)
		n.positions = n.positions[1:]
	}
}
