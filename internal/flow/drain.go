package flow

import "time"

// What the log says of keys that nobody asks for waits in the state after a restart (see
// state.Store.DeferDelta). Tasks replay it where no operator is within an event: when
// they rest, and at markers, for a part of their time.

// drainShare is the part of the time between durable epochs that a task spends at markers
// on what waits; drainRest is how long it does when it rests before it looks for input.
const (
	drainShare = 10
	drainRest  = time.Millisecond
)

// wakingRows is what a queue holds at first where changes wait, in rows.
const wakingRows = 128

// wary has the task begin with short queues: its first rows take long if what waits is
// replayed with them, and the first marker comes behind those.
func (t *task) wary() {
	for _, c := range t.chans {
		if !c.unbounded && !t.job.cfg.Debloat.Off {
			c.limit.Store(wakingRows)
		}
	}
}

// drainState replays what waits in the task's state for about as long as limit, and
// reports whether there was anything.
func (t *task) drainState(limit time.Duration) (worked bool) {
	clock := t.job.cfg.Clock
	begun := clock.Now()
	for _, n := range t.nodes {
		for n.store.SettleSome() {
			worked = true
			if t.job.cfg.Checked || clock.Now().Sub(begun) >= limit {
				return true // what waits and what does not are to meet in tests
			}
		}
	}
	return worked
}

// restState does so when the task rests. Where what an operator holds back waits for room
// the next marker is soon enough.
func (t *task) restState() bool {
	if t.job.cfg.Checked {
		return false
	}
	for _, n := range t.nodes {
		if n.held || n.pending {
			return false
		}
	}
	return t.drainState(drainRest)
}
