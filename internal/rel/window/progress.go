package window

import (
	"encoding/binary"

	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/state"
)

// progress is the watermark up to which windows were emitted. It is state: after a
// restart no window is emitted twice, and rows that were late are late again.
type progress struct {
	done  int64
	saved *state.Single
	buf   [8]byte
}

func newProgress(s *state.Store, name string) progress {
	return progress{done: op.MinWatermark, saved: s.Single(name)}
}

// load takes up what a restored store says.
func (p *progress) load() {
	if b := p.saved.Get(); len(b) == 8 {
		p.done = max(p.done, int64(binary.LittleEndian.Uint64(b)))
	}
}

// reach notes that all windows up to wm were emitted.
func (p *progress) reach(wm int64) {
	if wm <= p.done {
		return
	}
	p.done = wm
	binary.LittleEndian.PutUint64(p.buf[:], uint64(wm))
	p.saved.Set(p.buf[:])
}
