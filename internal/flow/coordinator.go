package flow

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/weir-stream/weir/internal/op"
)

// coordinator cuts epochs on the clock. At most two are in flight. Every epoch
// that starts CommitEvery after the last such one commits: tasks save what has
// changed and sinks prepare as its marker passes, Config.Durable makes it durable
// when it has passed all of them, and then the sinks commit.
type coordinator struct {
	job *Job

	mu         sync.Mutex
	epoch      int64
	stopping   bool
	draining   bool
	acked      map[int64]int // tasks that have passed an epoch
	gone       map[int64]int // tasks that ended after an epoch that they passed
	absent     int           // tasks that ended before epoch complete+1
	lastCut    time.Time
	lastCommit time.Time
	committing map[int64]*Epoch
	complete   int64
	overdue    atomic.Int64 // the last epoch whose markers overtake
	since      atomic.Int64 // its begin, ns
	final      atomic.Int64 // after which the job stops; 0: it does not

	// What follows is of jobs with checkpoints.
	rest     []*Part       // of tasks that ended, for the next epoch
	standing []*Part       // of tasks that ended, for all later epochs
	saving   []*Epoch      // complete, in order, not durable yet
	durable  int64         // the last durable epoch
	owed     map[int64]int // handles of an epoch that were not committed
	due      []int64       // durable epochs that are owed, in order
	settled  int64         // all handles of epochs up to this one are committed
	repeats  int64         // a restart commits the handles of later epochs than this one
	log      []Checkpoint  // the last of them
	wakeSave chan struct{} // there is something to save
	ended    bool
	asked    []asked // CheckpointNow
}

// asked is a wish for a checkpoint. epoch is the one that grants it, 0 before that is
// cut: what was cut before somebody asked does not hold what came before they did.
type asked struct {
	done  chan<- result
	epoch int64
}

type result struct {
	epoch uint64
	err   error
}

func newCoordinator(j *Job) *coordinator {
	now := j.cfg.Clock.Now()
	c := &coordinator{job: j, acked: map[int64]int{}, gone: map[int64]int{}, committing: map[int64]*Epoch{}, lastCut: now, lastCommit: now,
		owed: map[int64]int{}, wakeSave: make(chan struct{}, 1)}
	if r := j.cfg.Restore; r != nil {
		e := int64(r.Epoch)
		c.epoch, c.complete, c.durable, c.settled = e, e, e, e
	}
	return c
}

// run ticks until the tasks are done.
func (c *coordinator) run(done <-chan struct{}) {
	if c.job.cfg.Batch {
		<-done
		return
	}
	var saver sync.WaitGroup
	if c.job.cfg.Durable != nil {
		saver.Go(func() {
			for {
				select {
				case <-c.wakeSave:
					c.save()
				case <-done:
					return
				}
			}
		})
	}
	defer saver.Wait()
	for {
		timer, stop := c.job.cfg.Clock.After(c.tickEvery())
		select {
		case <-done:
			stop()
			return
		case <-timer:
			c.cutDue()
		}
	}
}

// tick does in turn what run does side by side.
func (c *coordinator) tick() {
	c.cutDue()
	c.save()
}

// cutDue starts an epoch if one is due.
func (c *coordinator) cutDue() {
	c.mu.Lock()
	now := c.job.cfg.Clock.Now()
	due := !c.job.cfg.Batch && !c.stopping && (now.Sub(c.lastCut) >= c.job.cfg.EpochEvery || c.wanted() && c.idle()) && (c.epoch < c.complete+2 || c.passes(now))
	if due {
		c.cut(now)
		c.advance() // all tasks may have ended: nobody else would complete it, and what they left is in it
	}
	c.hurry(now)
	c.mu.Unlock()
	if due {
		c.wakeSources()
	}
}

// passes reports that a durable epoch is due that need not wait for those that are under
// way, since its markers overtake theirs.
func (c *coordinator) passes(now time.Time) bool {
	return c.job.overtakes() && c.idle() && now.Sub(c.lastCommit) >= c.job.cfg.CommitEvery
}

// tickEvery is how often run looks whether there is something to do.
func (c *coordinator) tickEvery() time.Duration {
	every := c.job.cfg.EpochEvery
	if u := c.job.cfg.Unaligned; u.On && u.After > 0 {
		every = min(every, u.After)
	}
	return every
}

// hurry makes the first durable epoch that is under way for too long one whose markers
// overtake. Those behind it wait for it. Savepoints are aligned, and so is
// the last epoch of a job that stops: routing may change after it.
func (c *coordinator) hurry(now time.Time) {
	u := c.job.cfg.Unaligned
	if !c.job.overtakes() {
		return
	}
	for n := c.complete + 1; n <= c.epoch; n++ {
		e := c.committing[n]
		if e == nil {
			continue
		}
		if !e.aligned && n > c.overdue.Load() && now.Sub(e.Begun) >= u.After {
			c.since.Store(e.Begun.UnixNano())
			c.overdue.Store(n)
			c.job.wakeAll()
		}
		return
	}
}

// wanted reports that somebody waits for a durable epoch that has not been cut.
func (c *coordinator) wanted() bool {
	return slices.ContainsFunc(c.asked, func(a asked) bool { return a.epoch == 0 })
}

// idle reports that no epoch is under way that will be durable.
func (c *coordinator) idle() bool { return len(c.committing)+len(c.saving) == 0 }

func (c *coordinator) cut(now time.Time) {
	c.epoch++
	c.lastCut = now
	if now.Sub(c.lastCommit) < c.job.cfg.CommitEvery && !c.wanted() || len(c.saving) > 1 {
		return
	}
	c.lastCommit = now
	c.commitAt(c.epoch, now)
}

// commitAt makes an epoch one that commits.
func (c *coordinator) commitAt(epoch int64, now time.Time) {
	c.committing[epoch] = &Epoch{Number: uint64(epoch), Begun: now, Parts: c.rest, aligned: c.stopping || c.wanted()}
	for i := range c.asked {
		if c.asked[i].epoch == 0 {
			c.asked[i].epoch = epoch
		}
	}
	c.rest = nil
}

func (c *coordinator) wakeSources() {
	for _, t := range c.job.tasks {
		if t.isSource {
			t.wake()
		}
	}
}

// stop cuts the last epoch.
func (c *coordinator) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopping {
		return
	}
	c.stopping = true
	c.epoch++
	c.final.Store(c.epoch)
	if c.job.cfg.Durable != nil && !c.job.cfg.Batch { // whose operators save nothing
		c.commitAt(c.epoch, c.job.cfg.Clock.Now())
	}
	c.advance() // see cutDue
}

// drain asks the sources to end.
func (c *coordinator) drain() {
	c.mu.Lock()
	c.draining = true
	c.mu.Unlock()
}

func (c *coordinator) drains() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.draining && !c.stopping
}

// current is the epoch that sources should have sent, and whether the job stops
// after it.
func (c *coordinator) current() (int64, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.epoch, c.stopping
}

// commits reports whether tasks save and sinks prepare at this epoch.
func (c *coordinator) commits(epoch int64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.committing[epoch] != nil
}

// ack records that a task has passed an epoch, and what it saves with it.
func (c *coordinator) ack(epoch int64, parts []*Part) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.committing[epoch]; e != nil {
		e.Parts = append(e.Parts, parts...)
	}
	c.acked[epoch]++
	c.advance()
}

// end records that a task is finished after it passed epoch: it counts for all
// later ones. What it saves goes with the first of them that commits.
func (c *coordinator) end(epoch int64, parts []*Part) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if epoch <= c.complete {
		c.absent++
	} else {
		c.gone[epoch]++
	}
	if len(parts) > 0 {
		c.endWith(epoch, parts)
	}
	c.advance()
}

func (c *coordinator) endWith(epoch int64, parts []*Part) {
	first := int64(0)
	for e := range c.committing {
		if e > epoch && (first == 0 || e < first) {
			first = e
		}
	}
	if first == 0 {
		c.rest = append(c.rest, parts...)
	} else {
		c.committing[first].Parts = append(c.committing[first].Parts, parts...)
	}
	for _, p := range parts {
		c.standing = append(c.standing, p.standing())
	}
}

// stand records where a task is that the job halted.
func (c *coordinator) stand(p *Part) {
	c.mu.Lock()
	c.standing = append(c.standing, p)
	c.mu.Unlock()
}

// advance completes epochs in order.
func (c *coordinator) advance() {
	for c.complete < c.epoch && c.acked[c.complete+1]+c.absent >= len(c.job.tasks) {
		c.complete++
		delete(c.acked, c.complete)
		c.absent += c.gone[c.complete]
		delete(c.gone, c.complete)
		e := c.committing[c.complete]
		if e == nil {
			continue
		}
		delete(c.committing, c.complete)
		if c.job.cfg.Durable == nil {
			c.release(c.complete)
			continue
		}
		e.Aligned = c.job.cfg.Clock.Now()
		c.hurry(e.Aligned)
		c.saving = append(c.saving, e)
		select {
		case c.wakeSave <- struct{}{}:
		default:
		}
	}
}

// release lets the sinks commit an epoch.
func (c *coordinator) release(epoch int64) {
	for _, t := range c.job.tasks {
		t.commitTo.Store(epoch)
		t.wake()
	}
}

// save makes complete epochs durable, in order, and reports whether there were any.
func (c *coordinator) save() (some bool) {
	for {
		c.mu.Lock()
		if len(c.saving) == 0 || c.job.ctx.Err() != nil {
			c.mu.Unlock()
			return some
		}
		some = true
		e := c.saving[0]
		c.finishEpoch(e)
		c.mu.Unlock()
		if err := c.job.cfg.Durable(e); err != nil {
			c.job.cancel(err)
			return some
		}
		c.saved(e)
	}
}

// finishEpoch adds to an epoch what ended before it.
func (c *coordinator) finishEpoch(e *Epoch) {
	has := map[partKey]bool{}
	for _, p := range e.Parts {
		has[p.key()] = true
	}
	for _, p := range c.standing {
		if !has[p.key()] {
			e.Parts = append(e.Parts, p)
		}
	}
	e.Committed = uint64(c.settled)
}

type partKey struct {
	vertex  string
	subtask int
}

func (p *Part) key() partKey { return partKey{p.Vertex, p.Subtask} }

// saved notes that an epoch is durable and lets its sinks commit.
func (c *coordinator) saved(e *Epoch) {
	c.mu.Lock()
	c.saving = slices.Delete(c.saving, 0, 1)
	c.note(e)
	e.release(&c.job.pieces)
	granted := c.granted(e)
	c.release(c.durable)
	c.mu.Unlock()
	for _, a := range granted {
		a.done <- result{epoch: e.Number}
	}
	for _, t := range c.job.tasks { // nobody drives them any more
		select {
		case <-t.done:
			if err := t.commit(e.Number); err != nil {
				c.job.cancel(err)
			}
		default:
		}
	}
	if !e.Final { // else nobody goes on from it soon
		c.job.imageEnded(e.Number)
	}
}

// granted gives who waited for an epoch, and strikes them out.
func (c *coordinator) granted(e *Epoch) (out []asked) {
	c.asked = slices.DeleteFunc(c.asked, func(a asked) bool {
		does := a.epoch > 0 && a.epoch <= int64(e.Number)
		if does {
			out = append(out, a)
		}
		return does
	})
	return out
}

// note keeps count of a durable epoch.
func (c *coordinator) note(e *Epoch) {
	c.durable, c.repeats = int64(e.Number), int64(e.Committed)
	c.due = append(c.due, c.durable)
	c.settle()
	k := Checkpoint{Epoch: e.Number, Begun: e.Begun, Align: e.Aligned.Sub(e.Begun), Sync: c.job.cfg.Clock.Now().Sub(e.Begun)}
	for _, p := range e.Parts {
		k.InFlight += int64(len(p.InFlight))
		for _, d := range p.Deltas {
			k.Bytes += d.Len()
		}
	}
	if len(c.log) == keptCheckpoints {
		c.log = append(c.log[:0], c.log[keptCheckpoints/2:]...)
	}
	c.log = append(c.log, k)
}

// owe records a handle of an epoch.
func (c *coordinator) owe(epoch int64) {
	if c.job.cfg.Durable == nil {
		return
	}
	c.mu.Lock()
	c.owed[epoch]++
	c.mu.Unlock()
}

// paid records that a handle was committed.
func (c *coordinator) paid(epoch uint64) {
	if c.job.cfg.Durable == nil {
		return
	}
	c.mu.Lock()
	c.owed[int64(epoch)]--
	c.settle()
	c.mu.Unlock()
}

// settledAt is the epoch up to which handles are not committed again when those of
// epoch are committed.
func (c *coordinator) settledAt(epoch uint64) uint64 {
	if c.job.cfg.Durable == nil {
		return epoch
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return uint64(c.repeats)
}

func (c *coordinator) settle() {
	for len(c.due) > 0 {
		e := c.due[0]
		for k, n := range c.owed {
			if k <= e && n > 0 {
				return
			}
			if k <= e {
				delete(c.owed, k)
			}
		}
		c.settled, c.due = e, c.due[1:]
	}
}

// last prepares and commits what the sinks hold after all tasks are done.
func (c *coordinator) last() error {
	epoch := uint64(c.epoch + 1)
	if c.job.cfg.Durable != nil {
		if err := c.lastDurable(epoch); err != nil {
			return err
		}
	} else if err := c.prepareAll(epoch, func(*Part) {}); err != nil {
		return err
	}
	for _, t := range c.job.tasks {
		if err := t.commit(epoch); err != nil {
			return err
		}
	}
	return nil
}

func (c *coordinator) prepareAll(epoch uint64, f func(*Part)) error {
	for _, t := range c.job.tasks {
		for _, n := range t.nodes {
			if _, ok := n.op.(op.Epocher); !ok {
				continue
			}
			p, err := t.capture(n, int64(epoch), true)
			if err != nil {
				return err
			}
			f(p)
		}
	}
	return nil
}

// lastDurable saves what is complete but not durable, and what is left at the
// end of the input.
func (c *coordinator) lastDurable(epoch uint64) error {
	if c.job.cfg.Batch && c.stopping { // it begins again
		return nil
	}
	if c.save(); c.job.ctx.Err() != nil {
		return context.Cause(c.job.ctx)
	}
	if c.stopping && c.complete == c.epoch && len(c.rest) == 0 {
		return nil
	}
	now := c.job.cfg.Clock.Now()
	e := &Epoch{Number: epoch, Final: !c.stopping, Parts: c.rest, Begun: now, Aligned: now}
	if c.job.cfg.Batch {
		if err := c.prepareAll(epoch, func(p *Part) { e.Parts = append(e.Parts, p) }); err != nil {
			return err
		}
	}
	c.mu.Lock()
	c.finishEpoch(e)
	c.mu.Unlock()
	if err := c.job.cfg.Durable(e); err != nil {
		return err
	}
	c.mu.Lock()
	c.note(e)
	c.mu.Unlock()
	return nil
}

// ask has done told of the next durable epoch.
func (c *coordinator) ask(done chan<- result) {
	if c.job.cfg.Batch {
		done <- result{err: ErrBatch}
		return
	}
	c.mu.Lock()
	if c.ended || c.job.cfg.Durable == nil {
		c.mu.Unlock()
		done <- result{err: ErrEnded}
		return
	}
	c.asked = append(c.asked, asked{done: done})
	c.mu.Unlock()
}

func (c *coordinator) checkpoints() []Checkpoint {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.log)
}

// failAsked tells who asked for a checkpoint that there will be none.
func (c *coordinator) failAsked(err error) {
	c.mu.Lock()
	asked := c.asked
	c.asked, c.ended = nil, true
	c.mu.Unlock()
	for _, a := range asked {
		a.done <- result{err: err}
	}
}
