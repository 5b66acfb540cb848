package flow

import (
	"time"

	"github.com/weir-stream/weir/internal/dag"
)

// Debloat says how the queues before a subtask follow its speed (Flink's buffer
// debloating): together they hold as many rows as it takes Config.InFlight to work
// through.
type Debloat struct {
	// Off: queues hold a fixed number of rows.
	Off bool
	// Period is the least time between two adjustments; 0: after every batch.
	Period time.Duration
	// Samples is about how many batches the measured speed is of; default 20.
	Samples int
	// Threshold is the change in percent below which a queue is left as it is.
	Threshold int
}

// The bounds of a channel's queue in rows: never less than keeps both sides busy,
// never more than keeps memory small; what it has before anything is known, and where
// it is fixed.
const (
	minQueueRows   = 16
	maxQueueRows   = 1 << 18
	firstQueueRows = 1024
	fixedQueueRows = 16384
)

// pace measures how fast a task works through its input: the time from a batch to
// when it looks for the next, waiting for room downstream included, and waiting
// for input not. So a queue before a task that is held up is as short as one before
// a task that is slow.
type pace struct {
	at   time.Time // when the batch at hand was taken
	rows int       // of the batch at hand, 0 = none
	// Sums over the last batches, old ones weighing less and less.
	spent, worked float64
	limited       time.Time // when queues were adjusted last
}

func (p *pace) take(now time.Time, rows int) { p.at, p.rows = now, rows }

// done notes that the batch at hand is worked through and reports whether queues
// are to be adjusted.
func (p *pace) done(now time.Time, cfg *Config) bool {
	if p.rows == 0 {
		return false
	}
	keep := 1 - 2/float64(cfg.Debloat.Samples+1)
	p.spent = p.spent*keep + float64(now.Sub(p.at))
	p.worked = p.worked*keep + float64(p.rows)
	p.rows = 0
	if cfg.Debloat.Off || now.Sub(p.limited) < cfg.Debloat.Period {
		return false
	}
	p.limited = now
	return true
}

// limit adjusts the queues of a task's channels.
func (p *pace) limit(chans []*channel, cfg *Config) {
	rows := float64(cfg.InFlight) * p.worked / max(p.spent, p.worked) / float64(len(chans))
	limit := min(max(int64(rows), minQueueRows), maxQueueRows)
	for _, c := range chans {
		old := c.limit.Load()
		if c.unbounded || max(limit-old, old-limit)*100 < old*int64(cfg.Debloat.Threshold) {
			continue
		}
		c.limit.Store(limit)
		if limit > old && c.rows.Load() < limit && c.starved.CompareAndSwap(true, false) {
			c.from.wake()
		}
	}
}

// batchRows is the number of rows that a batch for the channel aims at, at most
// most: several fit into the queue, so that both sides work at a time.
func (c *channel) batchRows(most int) int {
	if c.unbounded {
		return most
	}
	parts := int64(4)
	if c.from.job.overtakes() && time.Duration(c.to.rowTime.Load()) >= slowRow {
		parts = 16 // a marker waits for the batch at hand
	}
	return int(min(max(c.limit.Load()/parts, 1), int64(most)))
}

// note counts how long a batch lay in the queue. For the receiver.
func (c *channel) note(d time.Duration) {
	old := c.waited.Load()
	c.waited.Store(old + (int64(max(d, 0))-old)/8)
}

// budget is how many rows the source may read in a step: no more than fill the
// queues, as far as so many of its rows came to them until now.
func (t *task) budget() int {
	rows := int64(t.job.cfg.BatchRows)
	read := t.nodes[0].rowsOut.Load()
	for _, n := range t.nodes {
		sent := max(n.rowsOut.Load(), 1)
		for _, e := range n.edges {
			if e.side != dag.Output {
				continue
			}
			rows = min(rows, max(e.room(), 1)*max(read, sent)/sent)
		}
	}
	return int(max(rows, 1))
}

// left is the number of rows that the queues of an edge have room for, or a quarter of
// what they hold: less at a time costs more than it is worth.
func (o *outEdge) left() int64 {
	left := int64(maxQueueRows)
	if o.side != dag.Output {
		return left
	}
	for _, c := range o.chans {
		if !c.unbounded {
			limit := c.limit.Load()
			left = min(left, max(limit-c.rows.Load(), limit/4)*int64(len(o.chans)))
		}
	}
	return left
}

// room is the number of rows that the queues of an edge hold.
func (o *outEdge) room() int64 {
	least := int64(maxQueueRows)
	for _, c := range o.chans {
		if !c.unbounded {
			least = min(least, c.limit.Load())
		}
	}
	if o.ship == dag.Broadcast {
		return least
	}
	return least * int64(len(o.chans))
}

// EdgeStats are the figures of what waits before an input of a vertex, summed over
// the queues of all pairs of subtasks.
type EdgeStats struct {
	From  *dag.Vertex
	Input int
	// Rows and Bytes are queued; Limit is the number of rows that may be.
	Rows, Bytes, Limit int64
	// InFlight is the time from when a batch was sent to when it was taken, of the last
	// batches or of one that still waits, where it is longest; Target what the queues
	// aim at, 0 if they are fixed.
	InFlight, Target time.Duration
}

// edges adds the figures of a task's channels to those of its head.
func (t *task) edges(to []EdgeStats, now time.Time) []EdgeStats {
	for _, c := range t.chans {
		var e *EdgeStats
		for i := range to {
			if to[i].Input == c.input {
				e = &to[i]
			}
		}
		if e == nil {
			to = append(to, EdgeStats{From: t.nodes[0].v.Inputs[c.input].From, Input: c.input})
			e = &to[len(to)-1]
		}
		c.measure(e, now)
		if cfg := &t.job.cfg; !cfg.Debloat.Off && !c.unbounded {
			e.Target = cfg.InFlight
		}
	}
	return to
}

func (c *channel) measure(e *EdgeStats, now time.Time) {
	e.Rows += c.rows.Load()
	e.Limit += c.limit.Load()
	in := time.Duration(c.waited.Load())
	c.mu.Lock()
	defer c.mu.Unlock()
	oldest := true
	for _, m := range c.queue[c.head:] {
		if m.kind != msgBatch {
			continue
		}
		if oldest {
			in, oldest = max(in, now.Sub(m.at)), false
		}
		if m.b != nil {
			e.Bytes += int64(m.b.Bytes())
		}
	}
	e.InFlight = max(e.InFlight, in)
}
