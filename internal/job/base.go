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
	images chan flow.Image
	over   chan struct{} // closed by the flow after the last image
	idle   chan struct{} // closed when the writer has ended
	bytes  int64         // of the last base
}

// materialize begins a base if it is time, after an epoch became durable.
func (j *Job) materialize() {
	m := j.mat
	if m == nil || m.log != j.log {
		m = &materializer{j: j, log: j.log}
		j.mat = m
	}
	if m.running() || float64(j.log.TailBytes()) < max(float64(j.cfg.BaseBytes), baseShare*float64(m.bytes)) {
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
	m.base = base
	m.images, m.over, m.idle = make(chan flow.Image, imageRoom), make(chan struct{}), make(chan struct{})
	over, images := m.over, m.images
	go m.write()
	m.j.current().Images(func(i flow.Image) bool {
		select {
		case images <- i:
			return true
		default:
			return false
		}
	}, func() { close(over) })
}

// write writes images until there are no more, or the run of the graph has ended.
func (m *materializer) write() {
	defer close(m.idle)
	ended := m.j.ended
	bytes := int64(0)
	for {
		select {
		case i := <-m.images:
			bytes += int64(len(i.Data))
			if err := m.put(i); err != nil {
				m.fail(err)
				return
			}
		case <-m.over:
			for len(m.images) > 0 {
				i := <-m.images
				bytes += int64(len(i.Data))
				if err := m.put(i); err != nil {
					m.fail(err)
					return
				}
			}
			if err := m.base.Commit(); err != nil {
				m.j.cfg.Tell("no base could be made of the state, the log grows on: %v", err)
			}
			m.bytes = bytes
			return
		case <-ended:
			m.base.Abandon()
			return
		}
	}
}

func (m *materializer) put(i flow.Image) error {
	return m.base.Put(snapshot.Image{Table: i.Vertex + "/" + i.Table, Subtask: i.Subtask, Part: i.Part, Epoch: i.Epoch, Data: i.Data})
}

// fail gives a base up. The flow goes on handing over images, which nobody needs.
func (m *materializer) fail(err error) {
	m.base.Abandon()
	m.j.cfg.Tell("no base could be made of the state, the log grows on: %v", err)
	for {
		select {
		case <-m.images:
		case <-m.over:
			return
		case <-m.j.ended:
			return
		}
	}
}

// rest waits until nothing is written in the background.
func (m *materializer) rest() {
	if m != nil && m.idle != nil {
		<-m.idle
	}
}
