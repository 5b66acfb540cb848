package window

import "github.com/weir-stream/weir/internal/state"

// progress is the watermark up to which windows were emitted. It is state: after a
// restart no window is emitted twice, and rows that were late are late again.
type progress struct {
	done  int64
	saved *state.Single
}

func newProgress(s *state.Store, name string) progress {
	p := progress{saved: s.Single(name)}
	p.done = p.saved.Time()
	return p
}

// load takes up what a restored store says. What others have said is told as its own:
// with as many subtasks as now nobody hears of others.
func (p *progress) load() { p.reach(p.saved.Time()) }

// reach notes that all windows up to wm were emitted.
func (p *progress) reach(wm int64) {
	if wm > p.done {
		p.done = wm
		p.saved.SetTime(wm)
	}
}
