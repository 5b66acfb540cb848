package flow

import (
	"errors"
	"sync"

	"github.com/weir-stream/weir/internal/dag"
	"github.com/weir-stream/weir/internal/state"
)

// A run that follows another with more or fewer subtasks has its state from that one's
// tables: what the last epoch has made durable lies there. To the log it is as if it had
// been read from there: changes are addressed by key, and say of how many subtasks they
// are.

// Keep has the state stay when the run ends well, until Release, for the run that
// follows.
func (j *Job) Keep() { j.keep.Store(true) }

// Kept reports whether the run has ended and its state is there still, so that one of a
// graph can take it over: none of it is of an operator that the graph lacks.
func (j *Job) Kept(g *dag.Graph) bool {
	if !j.keep.Load() {
		return false
	}
	has := map[string]bool{}
	for _, v := range g.Vertices {
		has[v.Address] = true
	}
	for _, t := range j.tasks {
		for _, n := range t.nodes {
			for _, o := range n.store.Tables() {
				if !has[n.v.Address] && holds(o) {
					return false
				}
			}
		}
	}
	return true
}

// holds reports whether there are rows in a table, or what it holds cannot be read.
func holds(o state.Owner) bool {
	some := false
	err := guarded(o.Info().Name, func() error {
		some = o.Len() > 0
		return nil
	})
	return some || err != nil
}

// StateBytes is the memory that all state takes.
func (j *Job) StateBytes() (bytes int64) {
	for _, t := range j.tasks {
		for _, n := range t.nodes {
			bytes += n.store.Bytes()
		}
	}
	return bytes
}

// Release gives the state back that Keep has kept.
func (j *Job) Release() error {
	if !j.keep.CompareAndSwap(true, false) {
		return nil
	}
	return j.free()
}

func (j *Job) free() error {
	for _, t := range j.tasks {
		for _, n := range t.nodes {
			if n.store != nil {
				n.store.Close()
			}
		}
	}
	var errs []error
	if j.images != nil {
		errs = append(errs, j.images())
		j.images = nil
	}
	if j.ownMem {
		errs = append(errs, j.mem.Close())
	}
	return errors.Join(errs...)
}

// inherit takes the state over that another run has left, by all cores.
func (x *restoring) inherit(from *Job) error {
	olds := map[string][]*bequest{}
	var left []*node
	for _, t := range from.tasks {
		for _, n := range t.nodes {
			olds[n.v.Address] = append(olds[n.v.Address], &bequest{node: n})
			left = append(left, n)
		}
	}
	// Several heirs read a table at a time: nothing may move meanwhile.
	if err := each(len(left), func(i int) error {
		left[i].store.Settle()
		return left[i].store.Err()
	}); err != nil {
		return err
	}
	var heirs []*node
	for _, t := range x.j.tasks {
		heirs = append(heirs, t.nodes...)
	}
	return each(len(heirs), func(i int) error {
		n := heirs[i]
		from, to := groupRange(n.task.subtask, n.v.Parallelism, x.j.cfg.Groups)
		for _, o := range n.store.Tables() {
			h := state.NewHeir(n.store, o, from, to)
			for _, b := range olds[n.v.Address] {
				if err := b.give(h, o.Info().Name); err != nil {
					return err
				}
			}
		}
		return n.store.Err()
	})
}

// bequest is the state of a subtask that has ended. One heir reads it at a time; they may
// copy at a time.
type bequest struct {
	mu   sync.Mutex
	node *node
}

// errHeir is not met: the plan is the same.
var errHeir = errors.New("the state of a run is of other tables than that of the next")

func (b *bequest) give(h *state.Heir, table string) error {
	o := b.node.store.Lookup(table)
	if o == nil {
		return errHeir
	}
	if h.Copy(o) {
		return nil
	}
	for c := (state.HeirCursor{}); ; {
		b.mu.Lock()
		more := h.Read(o, &c)
		b.mu.Unlock()
		if err := h.Take(); err != nil || !more {
			return err
		}
	}
}
