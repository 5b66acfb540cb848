package flow

import (
	"math"
	"slices"
	"sync/atomic"
	"time"

	"github.com/weir-stream/weir/internal/state"
)

// Image is all that a part of a table held at the marker of an epoch.
type Image struct {
	Block      // Data is empty if there is only something to keep
	Head   int // bytes of Data with which a table can go on in it, see Laid.Head
	Part   uint64
	Epoch  uint64
	Buffer []byte // Data's, to be used again
	// Kept are parts of the table whose earlier images still hold.
	Kept []uint64
}

// imageShare is the part of the time between durable epochs that a task spends on
// images, and least the time that it spends in any case.
const (
	imageShare = 20
	imageLeast = 2 * time.Millisecond
)

// Round hands over all state of a job, once, where it has changed since the last
// time.
type Round struct {
	// Buffer gives an empty buffer for an image, nil where there is no room: it is
	// asked for again later. Many goroutines may do so.
	Buffer func() []byte
	// Wait is Buffer when there is room, or nil when stop is closed; nil: nobody waits.
	Wait func(stop <-chan struct{}) []byte
	// Take is given images by many goroutines; it must be quick.
	Take func(Image)
	// Done is called after the last one.
	Done func()
	state.Round

	left atomic.Int64  // tasks that have more
	due  atomic.Uint64 // bits of the part that should have been handed over
}

// Hurry says which part of all state should have been handed over by now, from 0 to 1.
// Tasks that are behind make images at a marker until they are not, and work on their
// input after that.
func (r *Round) Hurry(part float64) { r.due.Store(math.Float64bits(part)) }

func (r *Round) part() float64 { return math.Float64frombits(r.due.Load()) }

// Images begins to hand over all state, piece by piece at the markers of durable
// epochs. There is one round at a time.
func (j *Job) Images(r *Round) {
	r.left.Store(int64(len(j.tasks)))
	j.round.Store(r)
}

// imaging is how far a task has come in a round.
type imaging struct {
	of     *Round
	node   int
	table  int
	cursor state.ImageCursor
	over   bool
}

// image hands over pieces of the task's state, which is that of the marker of
// epoch, for as long as limit (0: to the end), or longer where the task is behind.
func (t *task) image(epoch uint64, limit time.Duration) {
	r := t.job.round.Load()
	if r == nil {
		return
	}
	if t.imaging.of != r {
		t.imaging = imaging{of: r}
	}
	m, clock := &t.imaging, t.job.cfg.Clock
	begun := clock.Now()
	for !m.over {
		took := time.Duration(0)
		if limit > 0 {
			took = clock.Now().Sub(begun)
		}
		behind := limit > 0 && took < t.hurriedFor(r) && t.imaged() < r.part()
		if took > limit && !behind {
			return
		}
		buf := r.Buffer()
		if buf == nil && behind && r.Wait != nil {
			buf = r.Wait(t.job.ctx.Done())
		}
		if buf == nil {
			return
		}
		if t.nextImage(m, epoch, buf); m.over && r.left.Add(-1) == 0 {
			t.job.round.CompareAndSwap(r, nil)
			r.Done()
		}
	}
}

// hurryMost is how long a task makes images at a marker that is late, in times between
// durable epochs: as long as it works if the round should have ended.
const hurryMost = 4

// hurriedFor is how long a task that is behind makes images at a marker.
func (t *task) hurriedFor(r *Round) time.Duration {
	if r.part() >= 1 {
		return hurryMost * t.job.cfg.CommitEvery
	}
	return t.job.cfg.CommitEvery
}

// imaged is about the part of its state that a task has handed over.
func (t *task) imaged() float64 {
	m := &t.imaging
	all, met := int64(1), 0.0
	for i, n := range t.nodes {
		for k, o := range n.store.Tables() {
			size := o.Bytes()
			all += size
			switch {
			case i < m.node || i == m.node && k < m.table:
				met += float64(size)
			case i == m.node && k == m.table:
				met += float64(size) * m.cursor.Progress(o)
			}
		}
	}
	return met / float64(all)
}

// nextImage makes the next image, or finds that there is none.
func (t *task) nextImage(m *imaging, epoch uint64, buf []byte) {
	for ; m.node < len(t.nodes); m.node, m.table = m.node+1, 0 {
		n := t.nodes[m.node]
		for tables := n.store.Tables(); m.table < len(tables); {
			o := tables[m.table]
			head := blockHead(buf, n.v.Parallelism)
			im := state.AppendImage(o, &m.cursor, m.of.Round, head)
			out := Image{Block: Block{n.v.Address, o.Info().Name, t.subtask, n.v.Parallelism, nil}, Part: im.Part, Epoch: epoch, Buffer: im.Data, Kept: slices.Clone(im.Kept)}
			if len(im.Data) > len(head) {
				out.Data = im.Data
				if n := state.HeadOf(im.Data[len(head):]); n > 0 {
					out.Head = len(head) + n
				}
			}
			if !im.More {
				m.table, m.cursor = m.table+1, state.ImageCursor{}
			}
			if out.Data != nil || out.Kept != nil {
				m.of.Take(out)
				return
			}
			buf = im.Data[:0]
		}
	}
	m.over = true
	m.of.Take(Image{Buffer: buf})
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
				if err := guarded(t.name(), func() error { t.image(epoch, 0); return nil }); err != nil {
					j.cancel(err)
				}
			}
		default:
		}
	}
}
