package job

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/weir-stream/weir/internal/flow"
	"github.com/weir-stream/weir/internal/snapshot"
	"github.com/weir-stream/weir/internal/state"
)

// ReplayTime is how long the log may take to be replayed before a base is made. A base
// is done before it would take 7/4 of that: tasks make images rather than work on their
// input where they are late.
const ReplayTime = 2500 * time.Millisecond

// baseShare is the log that a base is worth, as a part of what the last one wrote.
const baseShare = 0.25

// imageRoom is how many bytes of images may wait for the disk, imageBytes about the
// size of one, imageWrite how many are written at a time.
const (
	imageRoom  = 64 << 20
	imageBytes = 512 << 10
	imageWrite = 4 << 20
)

// materializer makes bases in the background, one after the other.
type materializer struct {
	j       *Job
	log     *snapshot.Log
	base    *snapshot.Base
	round   uint32
	last    uint32        // round of the current base
	ended   chan struct{} // Job.ended of the run that the base is of
	idle    chan struct{} // closed when the base has ended
	written int64         // by the last base
	growth  time.Duration // of the tail, while the last base was made
	since   time.Time     // from when on the tail has grown as it does
	start   time.Duration // the tail then
	queue   *images
	err     error // of the base that is made

	flow *flow.Round
	from time.Duration // the tail when the base began
	most time.Duration // it should be done before the tail is longer
}

// images wait to be written.
type images struct {
	room    int64
	waiting atomic.Int64
	wake    chan struct{} // has room for one
	less    chan struct{} // has room for one
	over    chan struct{} // closed after the last image
	late    atomic.Bool   // tasks wait for room

	mu   sync.Mutex
	list []flow.Image
	free [][]byte
}

// materialize begins a base if it is time, after an epoch became durable.
func (j *Job) materialize() {
	m := j.mat
	if m == nil || m.log != j.log {
		m = &materializer{j: j, log: j.log, last: state.NoRound}
		if j.based {
			m.last = 0
		}
		j.mat = m
	}
	least, bytes := j.log.Tail()
	tail, held := j.tail.after(least)
	switch {
	case m.running():
		m.hurry(tail)
	case tail >= m.due(tail, bytes) || m.long(bytes, held):
		m.begin(tail)
	}
}

// due is the length of the tail from which on a base is made, by the tail as it is.
func (m *materializer) due(tail time.Duration, bytes int64) time.Duration {
	least := m.j.cfg.Replay
	worth := time.Duration(baseShare * float64(m.written) / float64(max(bytes, 1)) * float64(tail))
	return max(least, min(worth, 2*least-m.growth*5/4), m.late(tail, bytes))
}

// done is the length of the tail before which a base should be done.
func (m *materializer) done() time.Duration { return m.j.cfg.Replay * 7 / 4 }

// imageCost is what a byte of an image costs a core, in seconds, and imagePart the part of
// the time that images may take where a base is begun early enough for them to take less.
const (
	imageCost = 1.3e-9
	imagePart = 4
)

// late is the length of the tail from which on a base is made where the log grows so
// fast that images will take much of the time whenever they are begun: what is made
// late is made less often. It leaves them two thirds of the time.
func (m *materializer) late(tail time.Duration, bytes int64) time.Duration {
	now := m.j.cfg.Flow.Clock.Now()
	if m.since.IsZero() || tail < m.start {
		m.since, m.start = now, tail
	}
	least, took := m.j.cfg.Replay, now.Sub(m.since)
	if tail < least || took <= 0 {
		return 0
	}
	most := m.done()
	images := imageCost * float64(m.written+bytes) / float64(m.j.cores())
	grows := time.Duration(images * float64(tail-m.start) / took.Seconds()) // in the time of all images
	if grows*(imagePart-1) <= most-least {
		return 0
	}
	return max(most-grows/2, 0)
}

// long reports that the tail takes more bytes than it should, on disk or, after a restart,
// in memory.
func (m *materializer) long(bytes, held int64) bool {
	most := int64(tailHeld)
	if n := m.j.cfg.Flow.Memory; n > 0 {
		most = max(n/tailMemory, tailLeast)
	}
	return held >= most || bytes >= max(tailMost, m.written/tailState)
}

// hurry says how much of the base should be there.
func (m *materializer) hurry(tail time.Duration) {
	m.growth = tail - m.from
	part := float64(m.growth) / float64(m.most-m.from)
	m.flow.Hurry(min(max(part, 0), 1))
}

func (m *materializer) running() bool {
	return m.idle != nil && !closed(m.idle)
}

func (m *materializer) begin(tail time.Duration) {
	base, err := m.log.BeginBase()
	if err != nil {
		return // the last one waits for an epoch to name it
	}
	m.base, m.idle = base, make(chan struct{})
	m.round++
	q := &images{room: imageRoom, wake: make(chan struct{}, 1), less: make(chan struct{}, 1), over: make(chan struct{})}
	if n := m.j.cfg.Flow.Memory; n > 0 {
		q.room = min(q.room, n/16)
	}
	if m.queue != nil {
		q.free = m.queue.spare(m.j.driven)
	}
	m.queue, m.err, m.ended = q, nil, m.j.ended
	if !m.j.driven {
		go m.write(m.idle, m.ended)
	}
	m.growth, m.since = 0, time.Time{}
	m.from, m.most = tail, max(m.done(), tail+m.j.cfg.Replay/2)
	m.flow = &flow.Round{Buffer: q.buffer, Take: q.take, Done: func() { close(q.over) }, Round: state.Round{Number: m.round, Last: m.last}}
	if !m.j.driven {
		m.flow.Wait = q.wait
	}
	m.j.current().Images(m.flow)
}

// write writes images until there are no more, or the run of the graph has ended. A
// job that is driven steps instead. When idle is closed the next base may begin: all but
// the arguments is that one's then.
func (m *materializer) write(idle, ended <-chan struct{}) {
	for !closed(idle) {
		select {
		case <-m.queue.wake:
		case <-m.queue.over:
		case <-ended:
		}
		for !closed(idle) && m.step() {
		}
	}
}

// step writes an image that waits, or ends the base if there are no more or the run of
// the graph has ended. It is false if there is nothing to do.
func (m *materializer) step() bool {
	if !m.running() {
		return false
	}
	over := closed(m.queue.over) // before the queue is looked at: what it ended with is there
	some := m.queue.next(m.j.driven)
	switch {
	case closed(m.ended):
		m.base.Abandon()
	case len(some) > 0:
		if m.queue.late.Load() {
			m.base.Hurry()
		}
		if m.err == nil {
			m.err = m.put(some) // after a failure images are handed over all the same
		}
		for _, i := range some {
			m.queue.done(i)
		}
		return true
	case over:
		m.commit()
	default:
		return false
	}
	m.queue = nil
	close(m.idle)
	return true
}

func (m *materializer) commit() {
	if m.err == nil {
		m.err = m.base.Commit()
	}
	if m.err != nil {
		m.base.Abandon()
		m.last = state.NoRound
		m.j.cfg.Tell("no base could be made of the state, the log grows on: %v", m.err)
		return
	}
	m.written, m.last = m.base.Written(), m.round
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func (m *materializer) put(some []flow.Image) error {
	ims := make([]snapshot.Image, 0, len(some))
	for _, i := range some {
		if show := m.j.cfg.Image; show != nil {
			show(&i)
		}
		table := i.Vertex + "/" + i.Table
		for _, part := range i.Kept {
			m.base.Keep(table, i.Subtask, part, i.Epoch)
		}
		if len(i.Data) > 0 {
			ims = append(ims, snapshot.Image{Table: table, Subtask: i.Subtask, Part: i.Part, Epoch: i.Epoch, Data: i.Data, Head: i.Head})
		}
	}
	return m.base.Put(ims...)
}

// rest waits until nothing is written in the background, once the run has ended.
func (m *materializer) rest() {
	switch {
	case m == nil || !m.running():
	case m.j.driven:
		for m.step() {
		}
	default:
		<-m.idle
	}
}

// spareBuffers is how many buffers the next base takes over from one that has ended; a
// driven job, which makes one base after the other, takes all.
const spareBuffers = 4

// spare gives buffers that are free.
func (q *images) spare(all bool) [][]byte {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := len(q.free)
	if !all {
		n = min(n, spareBuffers)
	}
	return slices.Clone(q.free[:n])
}

// buffer is flow.Round.Buffer.
func (q *images) buffer() []byte {
	if q.waiting.Load() >= q.room {
		return nil
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if n := len(q.free); n > 0 {
		b := q.free[n-1]
		q.free = q.free[:n-1]
		return b
	}
	return make([]byte, 0, min(imageBytes, q.room+4<<10))
}

// wait is flow.Round.Wait.
func (q *images) wait(stop <-chan struct{}) []byte {
	q.late.Store(true)
	for {
		if b := q.buffer(); b != nil {
			q.signal() // others may wait too
			return b
		}
		select {
		case <-q.less:
		case <-stop:
			return nil
		}
	}
}

func (q *images) signal() {
	select {
	case q.less <- struct{}{}:
	default:
	}
}

// take is flow.Round.Take.
func (q *images) take(i flow.Image) {
	q.waiting.Add(int64(len(i.Data)))
	q.mu.Lock()
	q.list = append(q.list, i)
	q.mu.Unlock()
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// next gives the first images that wait, as many as are written at a time.
func (q *images) next(one bool) []flow.Image {
	q.mu.Lock()
	defer q.mu.Unlock()
	n, size := 0, 0
	for n < len(q.list) && size < imageWrite && (n == 0 || !one) {
		size += len(q.list[n].Data)
		n++
	}
	some := q.list[:n:n]
	if q.list = q.list[n:]; len(q.list) == 0 {
		q.list = nil
	}
	return some
}

// done takes the buffer of an image back.
func (q *images) done(i flow.Image) {
	q.waiting.Add(-int64(len(i.Data)))
	if i.Buffer != nil {
		q.mu.Lock()
		q.free = append(q.free, i.Buffer[:0])
		q.mu.Unlock()
	}
	q.signal()
}

// background runs work that nothing waits for, once Run was called; in a driven job when
// pick says so.
func (j *Job) background(work func()) {
	if !j.begun {
		j.works = append(j.works, work)
		return
	}
	go work()
}

// work does a piece of what goes on in the background of a driven job, if there is
// any.
func (j *Job) work() bool {
	if len(j.works) > 0 {
		work := j.works[0]
		j.works = j.works[1:]
		work()
		return true
	}
	return j.mat != nil && j.mat.running() && j.mat.step()
}
