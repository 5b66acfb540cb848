package flow

import (
	"sync/atomic"
	"time"

	"github.com/weir-stream/weir/internal/state"
)

// Image is all that some keys of a table held at the marker of an epoch.
type Image struct {
	Block
	Part  uint64 // which piece of the table of its subtask
	Epoch uint64
}

// imageBytes is about the size of an image.
const imageBytes = 1 << 20

// imageShare is the part of the time between durable epochs that a task spends on
// images, and least the time that it spends in any case.
const (
	imageShare = 20
	imageLeast = 2 * time.Millisecond
)

// round hands over all state of a job, once.
type round struct {
	take func(Image) bool
	done func()
	left atomic.Int64 // tasks that have more
}

// Images begins to hand over all state, piece by piece at the markers of durable
// epochs. take is given pieces by many goroutines; it must be quick, and answers
// false where it has no room: the piece comes again. done is called after the last
// one. There is one round at a time.
func (j *Job) Images(take func(Image) bool, done func()) {
	r := &round{take: take, done: done}
	r.left.Store(int64(len(j.tasks)))
	j.round.Store(r)
}

// imaging is how far a task has come in a round.
type imaging struct {
	of     *round
	node   int
	table  int
	part   uint64
	cursor state.DumpCursor
	ready  *Image // was not taken yet
	over   bool
}

// image hands over pieces of the task's state, which is that of the marker of
// epoch, for as long as limit (0: to the end).
func (t *task) image(epoch uint64, limit time.Duration) {
	r := t.job.round.Load()
	if r == nil {
		return
	}
	if t.imaging.of != r {
		t.imaging = imaging{of: r}
	}
	m := &t.imaging
	until := time.Time{}
	if limit > 0 {
		until = t.job.cfg.Clock.Now().Add(limit)
	}
	for !m.over {
		if m.ready != nil {
			if !r.take(*m.ready) {
				return
			}
			m.ready = nil
		}
		if limit > 0 && t.job.cfg.Clock.Now().After(until) {
			return
		}
		if t.nextImage(m, epoch); m.over && r.left.Add(-1) == 0 {
			t.job.round.CompareAndSwap(r, nil)
			r.done()
		}
	}
}

// nextImage makes the next image, or finds that there is none.
func (t *task) nextImage(m *imaging, epoch uint64) {
	for ; m.node < len(t.nodes); m.node, m.table = m.node+1, 0 {
		n := t.nodes[m.node]
		tables := n.store.Tables()
		for m.table < len(tables) {
			o := tables[m.table]
			head := blockHead(make([]byte, 0, imageBytes+imageBytes/8), n.v.Parallelism)
			data, more := state.AppendImage(o, &m.cursor, head, imageBytes)
			if len(data) > len(head) {
				m.ready = &Image{Block{n.v.Address, o.Info().Name, t.subtask, n.v.Parallelism, data}, m.part, epoch}
				m.part++
			}
			if !more {
				m.table, m.part, m.cursor = m.table+1, 0, state.DumpCursor{}
			}
			if m.ready != nil {
				return
			}
		}
	}
	m.over = true
}

// imageEnded does for tasks that have ended what their markers did, once epoch is
// durable. What a task did after its last marker is saved with the first such epoch
// behind that: until then an image would tell of more than can be recovered.
func (j *Job) imageEnded(epoch uint64) {
	if j.round.Load() == nil {
		return
	}
	for _, t := range j.tasks {
		select {
		case <-t.done:
			if epoch > uint64(t.epochSent) {
				t.image(epoch, 0)
			}
		default:
		}
	}
}
