package main

import (
	"sync"
	"time"

	"github.com/weir-stream/weir/cmd/weir/internal/live"
	"github.com/weir-stream/weir/cmd/weir/internal/render"
	"github.com/weir-stream/weir/internal/engine"
	"github.com/weir-stream/weir/internal/types"
)

// The line of figures appears only for what takes some time.
const (
	progressAfter = 500 * time.Millisecond
	progressEvery = 200 * time.Millisecond
)

// progress is a line of figures at the bottom of the terminal that stderr is.
type progress struct {
	mu    sync.Mutex
	a     *app
	shown bool
}

// clear takes the line away; the next tick brings it back.
func (p *progress) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.erase()
}

func (p *progress) erase() {
	if p.shown {
		_, _ = p.a.err.Write([]byte("\r\x1b[K"))
		p.shown = false
	}
}

// watch shows the figures of jobs until the result is called.
func (p *progress) watch(a *app, zone *types.Zone, jobs ...*engine.Job) (stop func()) {
	if !a.errTerm {
		return func() {}
	}
	p.a = a
	if a.outTerm { // rows go to the same screen
		a.out.setBefore(p.clear)
	}
	done, ended := make(chan struct{}), make(chan struct{})
	meter := live.NewMeter(zone, time.Now(), jobs...)
	go func() {
		defer close(ended)
		wait := time.NewTimer(progressAfter)
		defer wait.Stop()
		for {
			select {
			case now := <-wait.C:
				p.show(meter.Line(now))
				wait.Reset(progressEvery)
			case <-done:
				return
			}
		}
	}()
	return func() {
		close(done)
		<-ended
		p.clear()
		a.out.setBefore(nil)
	}
}

func (p *progress) show(line string) {
	width, _ := p.a.screen()
	p.mu.Lock()
	defer p.mu.Unlock()
	_, _ = p.a.err.Write([]byte("\r" + render.Cut(line, max(width-1, 1)) + "\x1b[K"))
	p.shown = true
}
