package scan

import (
	"math"
	"sync"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/op"
)

// Align is how a source waits for others: scan.watermark.alignment.*.
type Align struct {
	Group string
	// DriftMs is how far a split may be ahead of the least watermark of the group.
	DriftMs int64
	// UpdateMs is how often one that is further ahead looks again, in processing time.
	UpdateMs int64
}

// alignOf reads the options of a table; nil if it waits for nobody.
func alignOf(t *connector.Table) *Align {
	if t.Options == nil || t.Options.String("scan.watermark.alignment.group") == "" {
		return nil
	}
	return &Align{Group: t.Options.String("scan.watermark.alignment.group"), DriftMs: t.Options.DurationMs("scan.watermark.alignment.max-drift"),
		UpdateMs: max(t.Options.DurationMs("scan.watermark.alignment.update-interval"), 1)}
}

// Waits reports whether the scan waits for other sources that are behind.
func (n *Node) Waits() bool { return n.Mark != nil && alignOf(n.Table) != nil }

// group is the sources of a job that wait for each other. Splits that are idle, have
// ended, or are not open yet hold nobody back; one without a row yet does.
type group struct {
	mu  sync.Mutex
	wms map[*source]int64
}

func newGroup() any { return &group{wms: map[*source]int64{}} }

// tell notes the least watermark of a subtask's splits.
func (g *group) tell(s *source, wm int64) {
	g.mu.Lock()
	g.wms[s] = wm
	g.mu.Unlock()
}

// leave is for subtasks that have read all.
func (g *group) leave(s *source) {
	g.mu.Lock()
	delete(g.wms, s)
	g.mu.Unlock()
}

// leave ends a subtask's part in its group.
func (a *aligner) leave(s *source) {
	if a != nil {
		a.group.leave(s)
	}
}

// least is that of all subtasks.
func (g *group) least() int64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	least := op.MaxWatermark
	for _, wm := range g.wms {
		least = min(least, wm)
	}
	return least
}

// aligner is a subtask's side of its group.
type aligner struct {
	*Align
	group *group
	upTo  int64 // no split that is ahead of it is read
	look  int64 // when to compare again, processing time
	held  bool  // a split was held back at the last look
	since int64 // when that began

	pauses, pausedMs int64
}

// newAligner joins a group: until the subtask tells otherwise it has read nothing.
func newAligner(a *Align, g *group, s *source) *aligner {
	g.tell(s, op.MinWatermark)
	return &aligner{Align: a, group: g, upTo: op.MaxWatermark}
}

// holds reports whether a split is too far ahead to be read now.
func (a *aligner) holds(sp *split) bool { return a != nil && sp.wm > a.upTo }

// tell tells the group where the splits stand. It is called whenever nothing is left to
// read, since that may stay so.
func (a *aligner) tell(s *source) {
	if a == nil {
		return
	}
	least := op.MaxWatermark
	for _, sp := range s.open {
		if !sp.idle {
			least = min(least, sp.wm)
		}
	}
	a.group.tell(s, least)
}

// compare tells, and looks how far the splits may go: when the time has come, and when
// one would be held back by what was known before, so that whoever is behind never
// waits.
func (a *aligner) compare(s *source) {
	if a == nil {
		return
	}
	now := s.c.Fn.NowMs
	due := now >= a.look
	for _, sp := range s.open {
		due = due || sp.wm > a.upTo && !sp.held
	}
	if !due {
		return
	}
	a.look = now + a.UpdateMs
	a.tell(s)
	a.upTo = ahead(a.group.least(), a.DriftMs)
	held := false
	for _, sp := range s.open {
		if sp.held = sp.wm > a.upTo; sp.held {
			held, sp.lastMs = true, now // it has rows, or nobody knows: it is not idle
		}
	}
	a.count(held, now)
}

// ahead is the watermark by which a split may be ahead of another.
func ahead(wm, drift int64) int64 {
	if wm > math.MaxInt64-drift {
		return op.MaxWatermark
	}
	return wm + drift
}

// count counts the times in which a split was held back.
func (a *aligner) count(held bool, now int64) {
	switch {
	case held && !a.held:
		a.pauses, a.since = a.pauses+1, now
	case a.held:
		a.pausedMs, a.since = a.pausedMs+now-a.since, now
	}
	a.held = held
}

// wakeMs is when a split that is held back is looked at again.
func (a *aligner) wakeMs() int64 {
	if a == nil || !a.held {
		return never
	}
	return a.look
}
