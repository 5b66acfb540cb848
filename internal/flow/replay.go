package flow

import (
	"sync"

	"github.com/weir-stream/weir/internal/state"
)

// replayRoom is how many bytes of blocks may wait to be replayed, beside one.
const replayRoom = 32 << 20

// replaying replays blocks, those of each store in their order and beside those of the
// others, while further ones are read.
type replaying struct {
	stores map[*state.Store]chan replay
	left   sync.WaitGroup

	mu      sync.Mutex
	less    sync.Cond // that waits
	waiting int
	free    [][]byte
	err     error
}

// replay is a block for one store.
type replay struct {
	table state.Owner
	data  *replayed
	keep  func(group int) bool
	whole bool // not to be taken as an image
	waits bool // until it matters
}

// replayed is the data of a block, of which users are left.
type replayed struct {
	whole []byte // to be used again
	delta []byte
	users int
}

// ReplayWork is what deltas mean to who replays them.
type ReplayWork struct {
	Bytes   int64
	Changes int64 // about
	// LazyChanges are those of tables that are lazy, which are only sorted at first, and
	// LazyBytes what they come to in memory then, about.
	LazyChanges, LazyBytes int64
}

// Add adds a delta of so many bytes, of which the first are at hand.
func (w *ReplayWork) Add(first []byte, bytes int64, lazy bool) {
	w.Bytes += bytes
	if len(first) == 0 {
		return
	}
	n, held := state.Changes(first)
	changes := int64(n) * bytes / int64(len(first))
	w.Changes += changes
	if lazy {
		w.LazyChanges += changes
		w.LazyBytes += int64(held) * bytes / int64(len(first))
	}
}

func newReplaying() *replaying {
	p := &replaying{stores: map[*state.Store]chan replay{}}
	p.less.L = &p.mu
	return p
}

// hold copies the delta of a block, for one user.
func (p *replaying) hold(delta []byte) (*replayed, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.waiting > replayRoom && p.err == nil {
		p.less.Wait()
	}
	if p.err != nil {
		return nil, p.err
	}
	p.waiting += len(delta)
	var b []byte
	if n := len(p.free); n > 0 {
		b, p.free = p.free[n-1], p.free[:n-1]
	}
	b = append(b[:0], delta...)
	return &replayed{b, b, 1}, nil
}

// drop ends a use of data.
func (p *replaying) drop(d *replayed, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err == nil {
		p.err = err
	}
	if d.users--; d.users == 0 {
		p.waiting -= len(d.delta)
		if cap(d.whole) <= replayRoom/8 {
			p.free = append(p.free, d.whole)
		}
	}
	p.less.Signal()
}

// give has a store take a block.
func (p *replaying) give(s *state.Store, r replay) {
	p.mu.Lock()
	r.data.users++
	p.mu.Unlock()
	c := p.stores[s]
	if c == nil {
		c = make(chan replay, 64)
		p.stores[s] = c
		p.left.Go(func() {
			for r := range c {
				p.drop(r.data, guarded(r.table.Info().Name, func() error { return p.apply(s, r) }))
			}
		})
	}
	c <- r
}

func (p *replaying) apply(s *state.Store, r replay) error {
	p.mu.Lock()
	failed := p.err
	p.mu.Unlock()
	if failed != nil {
		return failed
	}
	if r.keep == nil && !r.whole {
		if taken, err := s.LoadImage(r.table, r.data.delta); taken || err != nil {
			return err
		}
	}
	if r.waits && state.Defers(r.table, r.data.delta) {
		return s.DeferDelta(r.table, r.data.delta, r.keep)
	}
	return s.ApplyDelta(r.table, r.data.delta, r.keep)
}

// rest waits until all that was given has been replayed.
func (p *replaying) rest() error {
	for _, c := range p.stores {
		close(c)
	}
	clear(p.stores)
	p.left.Wait()
	return p.err
}
