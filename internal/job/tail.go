package job

import (
	"runtime"
	"time"

	"github.com/weir-stream/weir/internal/flow"
)

// What it takes to replay deltas: a frame, and on one core a change and a byte. Those of
// lazy tables are only sorted before the job goes on, and take about what others do
// altogether after that. Measured: rows of 25 bytes that are counted by key, and joins'
// entries of 150 bytes.
const (
	replayFrame  = 20 * time.Microsecond
	replayChange = 250 * time.Nanosecond
	replayBytes  = 1.5e-9 // seconds
	lazyChange   = 150 * time.Nanosecond
	lazyBytes    = 1e-9 // seconds
)

// tailMost is the longest tail on disk, in bytes, where what the last base has written is
// less than tailState times as much. What of it waits in memory after a restart is less
// than a part of the memory, tailMemory as a divisor, or tailHeld if that has no bound.
const (
	tailMost   = 4 << 30
	tailState  = 4
	tailMemory = 8
	tailHeld   = 1 << 30
	tailLeast  = 16 << 20
)

// A measured replay counts if it took replayTold, and makes estimates longer or shorter
// by a factor of up to replayFar: the machine was busy, or what was replayed is of
// another kind than what is written.
const (
	replayTold = 50 * time.Millisecond
	replayFar  = 2
)

// tail is what a restart would replay.
type tail struct {
	frames []frameTime // in order of epochs
	factor float64     // by which replays take longer than estimated; 0: 1
}

// frameTime is about how long a frame takes to be replayed, and how much of it waits in
// memory then.
type frameTime struct {
	epoch uint64
	took  time.Duration
	held  int64
}

// add adds an epoch that became durable.
func (t *tail) add(j *Job, e *flow.Epoch) {
	var w flow.ReplayWork
	for _, p := range e.Parts {
		for i := range p.Deltas {
			d := &p.Deltas[i]
			_, delta, _ := flow.CutBlock(d.Data)
			w.Add(delta, d.Len(), d.Lazy)
		}
	}
	took := replayFrame + t.estimate(j, w)
	if t.factor > 0 {
		took = time.Duration(float64(took) * t.factor)
	}
	t.frames = append(t.frames, frameTime{e.Number, took, w.LazyBytes})
}

// estimate is how long a replay takes, by what was measured elsewhere.
func (t *tail) estimate(j *Job, w flow.ReplayWork) time.Duration {
	work := time.Duration(w.Changes-w.LazyChanges)*replayChange + time.Duration(w.LazyChanges)*lazyChange
	bytes := float64(w.Bytes)*replayBytes + float64(w.LazyBytes)*lazyBytes
	return (work + time.Duration(bytes*float64(time.Second))) / time.Duration(j.cores())
}

// cores is how many cores work at once on what all subtasks do.
func (j *Job) cores() int {
	if j.driven { // which must not depend on the machine
		return 1
	}
	return max(1, min(j.running, runtime.GOMAXPROCS(0)))
}

// measured notes how long the replay took of all frames that there are.
func (t *tail) measured(j *Job, epoch uint64, r flow.Restored) {
	took := r.Replays
	t.frames = append(t.frames[:0], frameTime{epoch, took, r.Replay.LazyBytes})
	if told := t.estimate(j, r.Replay); told >= replayTold && took >= replayTold {
		t.factor = min(max(took.Seconds()/told.Seconds(), 1.0/replayFar), replayFar)
		t.frames[0].took = time.Duration(float64(told) * t.factor)
	}
}

// after is how long the frames after an epoch take, which are all that count from now on,
// and how many bytes of them wait in memory then.
func (t *tail) after(epoch uint64) (sum time.Duration, held int64) {
	i := 0
	for i < len(t.frames) && t.frames[i].epoch <= epoch {
		i++
	}
	t.frames = append(t.frames[:0], t.frames[i:]...)
	for _, f := range t.frames {
		sum += f.took
		held += f.held
	}
	return sum, held
}
