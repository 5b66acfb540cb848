package flow

import "time"

// A marker that has to wait for who is slow overtakes, unless that is switched off: it
// would wait for as long as rows lie in queues, an exchange, and for as long as all that
// an operator has left to emit takes. One that waits for work only comes sooner if it
// waits: what it would overtake is much, and is saved with the epoch.

const (
	// slowRow is the time a row from which on a receiver is slow: what a queue before it
	// holds is then saved in less time than is worth waiting for.
	slowRow = 5 * time.Microsecond
	// slowWait is how long the marker must have to wait in a queue.
	slowWait = time.Millisecond
	// stallLong is how long a task waits for room until whoever it is of counts as slow
	// without having been measured.
	stallLong = 5 * time.Millisecond
	// pressedLong is how long after its begin an epoch overtakes everywhere.
	pressedLong = 250 * time.Millisecond
)

// overtakes reports whether markers may overtake.
func (j *Job) overtakes() bool {
	return j.cfg.Unaligned.On && j.cfg.Durable != nil && !j.cfg.Batch
}

// choked reports that tests have no operator find room.
func (j *Job) choked() bool { return j.cfg.Choked != nil && j.cfg.Choked() }

// pressed reports whether the marker of an overdue epoch has to wait in the task for
// somebody slow. It stays so until the marker has passed.
func (t *task) pressed(e int64) bool {
	if !t.job.cfg.Unaligned.Pressed || t.pressedAt == e {
		return true
	}
	yes := t.now.Sub(time.Unix(0, t.job.coord.since.Load())) >= pressedLong
	if t.pending() || t.someParked() || t.nodes[0].shut() {
		yes = yes || t.heldUp()
		if !yes { // look again
			t.wakeAt = min(t.wakeAt, t.now.UnixMilli()+2)
		}
	}
	if yes = yes || t.backlog(); yes {
		t.pressedAt = e
	}
	return yes
}

// stall notes that there is no room; a receiver will wake the task. When that has lasted
// for a while no more rows are to come to its queues than have: they hold what would have
// been worked through in no time before.
func (t *task) stall() stepResult {
	if t.stalledAt.IsZero() {
		t.stalledAt = t.now
	} else if t.now.Sub(t.stalledAt) >= stallLong && !t.job.cfg.Debloat.Off && t.job.overtakes() {
		for _, c := range t.chans {
			if limit := max(c.rows.Load(), minQueueRows); !c.unbounded && limit < c.limit.Load() {
				c.limit.Store(limit)
			}
		}
	}
	return stepIdle
}

// heldUp reports whether a node has no room at somebody who is slow.
func (t *task) heldUp() bool {
	if !t.stalledAt.IsZero() && t.now.Sub(t.stalledAt) >= stallLong || t.job.choked() {
		return true
	}
	for _, n := range t.nodes {
		if n.queued != nil && n.queued.QueueFull() { // what waits there takes its time
			return true
		}
		if !n.pending && !n.parked() && n != t.nodes[0] {
			continue
		}
		for _, e := range n.edges {
			for _, c := range e.chans {
				if c.full() && time.Duration(c.to.rowTime.Load()) >= slowRow {
					return true
				}
			}
		}
		for _, k := range n.kids {
			if k.slow() {
				return true
			}
		}
	}
	return false
}

// backlog reports whether rows that the task takes its time for are queued.
func (t *task) backlog() bool {
	each := time.Duration(t.rowTime.Load())
	if each < slowRow {
		return false
	}
	rows := int64(0)
	for _, c := range t.chans {
		rows += c.rows.Load()
	}
	return time.Duration(rows)*each >= slowWait
}

// sinkPace measures a sink that has rows written while they are pushed to it.
type sinkPace struct {
	on  bool
	row float64 // the time a row, ns, of the last batches
}

func (p *sinkPace) took(d time.Duration, rows int) {
	p.row += (float64(d)/float64(max(rows, 1)) - p.row) / 8
}

// slow reports whether n is a sink that takes its time for each row.
func (n *node) slow() bool { return time.Duration(n.pace.row) >= slowRow }

// slices reports whether a batch is too large for a slow sink to take it before a marker
// that comes meanwhile: it is parked then, and sent piece by piece.
func (n *node) slices(rows int) bool {
	for _, k := range n.kids {
		if k.slow() && rows > n.Room() {
			return true
		}
	}
	return false
}
