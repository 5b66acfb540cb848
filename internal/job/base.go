package job

import (
	"github.com/weir-stream/weir/internal/flow"
	"github.com/weir-stream/weir/internal/snapshot"
)

// When a base is made: the log since the last one is worth it, and longer than
// that base by half, so that what is written stays within a few times what
// changed.
const (
	baseLeast = 64 << 20 // bytes of log
	baseShare = 0.5
	imageRoom = 8 // images that may wait for the disk
)

// materializer makes bases in the background, one after the other.
type materializer struct {
	j      *Job
	log    *snapshot.Log
	base   *snapshot.Base
	failed bool
	images chan flow.Image
	over   chan struct{} // closed by the flow after the last image
	ended  chan struct{} // Job.ended of the run that the base is of
	idle   chan struct{} // closed when the base has ended
	bytes  int64         // written of this base
	last   int64         // of the last base
}

// materialize begins a base if it is time, after an epoch became durable.
func (j *Job) materialize() {
	m := j.mat
	if m == nil || m.log != j.log {
		m = &materializer{j: j, log: j.log}
		j.mat = m
	}
	if m.running() || float64(j.log.TailBytes()) < max(float64(j.cfg.BaseBytes), baseShare*float64(m.last)) {
		return
	}
	m.begin()
}

func (m *materializer) running() bool {
	if m.idle == nil {
		return false
	}
	select {
	case <-m.idle:
		return false
	default:
		return true
	}
}

func (m *materializer) begin() {
	base, err := m.log.BeginBase()
	if err != nil {
		return // the last one waits for an epoch to name it
	}
	m.base, m.failed, m.bytes, m.ended = base, false, 0, m.j.ended
	m.images, m.over, m.idle = make(chan flow.Image, imageRoom), make(chan struct{}), make(chan struct{})
	over, images := m.over, m.images
	if !m.j.driven {
		go func() {
			for !m.step(true) {
			}
		}()
	}
	m.j.current().Images(func(i flow.Image) bool {
		select {
		case images <- i:
			return true
		default:
			return false
		}
	}, func() { close(over) })
}

// step writes one image, or ends the base: when there are no more, or when the run
// of the graph has ended. With wait it waits for what it can do. It reports whether
// the base has ended.
func (m *materializer) step(wait bool) (over bool) {
	if wait {
		select {
		case i := <-m.images:
			m.write(i)
			return false
		case <-m.over:
		case <-m.ended:
		}
	}
	select { // in this order, whatever else there is
	case i := <-m.images:
		m.write(i)
		return false
	default:
	}
	select {
	case <-m.over:
		if len(m.images) > 0 {
			return false
		}
		m.commit()
	default:
		select {
		case <-m.ended:
			m.base.Abandon()
		default:
			return false
		}
	}
	close(m.idle)
	return true
}

func (m *materializer) write(i flow.Image) {
	if m.failed { // nobody needs it any more
		return
	}
	m.bytes += int64(len(i.Data))
	if err := m.put(i); err != nil {
		m.fail(err)
	}
}

func (m *materializer) commit() {
	if m.failed {
		return
	}
	if err := m.base.Commit(); err != nil {
		m.fail(err)
		return
	}
	m.last = m.bytes
}

// fail gives a base up. The flow goes on handing over images.
func (m *materializer) fail(err error) {
	m.failed = true
	m.base.Abandon()
	m.j.cfg.Tell("no base could be made of the state, the log grows on: %v", err)
}

func (m *materializer) put(i flow.Image) error {
	return m.base.Put(snapshot.Image{Table: i.Vertex + "/" + i.Table, Subtask: i.Subtask, Part: i.Part, Epoch: i.Epoch, Data: i.Data})
}

// rest waits until nothing is written in the background, after a run has ended.
func (m *materializer) rest() {
	if m == nil || !m.running() {
		return
	}
	for m.j.driven && !m.step(false) {
	}
	<-m.idle
}

// background runs work that nothing waits for, in a driven job when pick says so.
func (j *Job) background(work func()) {
	if j.driven {
		j.works = append(j.works, work)
		return
	}
	go work()
}

// work does a piece of what goes on in the background of a driven job.
func (j *Job) work() {
	if len(j.works) > 0 {
		work := j.works[0]
		j.works = j.works[1:]
		work()
		return
	}
	if j.mat != nil && j.mat.running() {
		j.mat.step(false)
	}
}
