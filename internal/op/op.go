// Package op is the contract between operators and the runtime that drives
// them.
//
// An operator is a single-threaded state machine: the runtime calls it with one
// event at a time and it answers by emitting batches. It knows nothing of
// goroutines, checkpoints, metrics or its neighbours.
//
//	Open → { Push | Watermark | Fire | Flush | EndInput } → Close
//	          each may answer More; then Resume is called until Done
//
// Emission is resumable: an operator emits while !Out.Full() and otherwise
// remembers where it was (in its state or a cursor) and answers More. The
// runtime resumes it when there is room, and lets cancellation through between
// steps. If a marker is to pass it says that there is room, and keeps what is
// emitted until there is.
package op

import (
	"context"
	"math"

	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// Status is an operator's answer to an event.
type Status uint8

// The answers.
const (
	Done Status = iota
	// More: the event is not finished; call Resume when Out is not full.
	More
	// Held: the event is finished, but changes wait for room (see Holder); call Resume
	// when Out is not full. Other events may come before.
	Held
	// Sated is Held of one who wants no more rows meanwhile.
	Sated
)

// Watermark bounds.
const (
	MinWatermark = int64(math.MinInt64)
	MaxWatermark = int64(math.MaxInt64) // the end of the input: every window closes
)

// BatchRows is the number of rows that an operator aims at when it emits.
const BatchRows = 4096

// Emitter takes an operator's output.
type Emitter interface {
	// Emit hands a batch on. The batch is borrowed: when Emit returns and Full
	// is false the operator may reuse it; while Full is true the receiver may
	// still be reading, so the operator answers More and leaves the batch be.
	Emit(b *vec.Batch) error
	// Full reports that no further batch should be emitted in this step. An
	// operator may emit one batch a call without asking.
	Full() bool
}

// Operator processes changelogs. Inputs are numbered from 0.
type Operator interface {
	// Open is called once, before all else. It declares state and compiles
	// expressions.
	Open(c *Context) error
	// Push takes rows of input in. b is valid until this event is Done; the
	// operator must not change it.
	Push(in int, b *vec.Batch) (Status, error)
	// Resume goes on with the event that answered More.
	Resume() (Status, error)
	// Close frees what Open took. It is called once, also after errors.
	Close() error
}

// Roomy is implemented by emitters that know how many rows they have room for.
type Roomy interface{ Room() int }

// Room is the number of rows, at least 1, that an operator should emit at most before
// it asks whether e is full.
func Room(e Emitter) int {
	if r, ok := e.(Roomy); ok {
		return min(max(r.Room(), 1), BatchRows)
	}
	return BatchRows
}

// Optional interfaces.

// Watermarker reacts to event time. wm is the minimum over all inputs (idle
// ones left out) in ms; it only grows. When it is Done the runtime forwards the
// watermark. Operators without it let watermarks pass.
type Watermarker interface {
	Watermark(wm int64) (Status, error)
}

// WatermarkMapper lowers the watermark that is forwarded (interval joins).
type WatermarkMapper interface {
	MapWatermark(wm int64) int64
}

// Ender is told when an input has ended; after the last one the operator emits
// what is left. A MaxWatermark comes before the last EndInput.
type Ender interface {
	EndInput(in int) (Status, error)
}

// Flusher emits changes that were held back for consolidation. It is called
// when the input rests, at epoch markers, before a watermark is forwarded to
// operators that look at it, and before EndInput.
type Flusher interface {
	Flush() (Status, error)
}

// Holder is implemented by operators that need not emit their changes to take more
// rows: the next changes of a row take the place of those that wait, so a receiver
// that is slow gets fewer. They answer Held or Sated instead of More, and markers pass
// them without waiting for room.
type Holder interface {
	Flusher
	// Holds reports whether the operator is one of that kind, once it is open.
	Holds() bool
	// Hold is called at the marker of every epoch that is saved, after Flush: what waits
	// still is put into state, if any does. Changes that wait in restored state are
	// emitted by the next Flush.
	Hold() error
}

// Queued is implemented by sinks that hand rows on in the background.
type Queued interface {
	// Queues reports whether the sink is one of that kind, once it is open.
	Queues() bool
	// QueueFull reports that no more rows should be pushed. Context.Wake is called when
	// that may have changed.
	QueueFull() bool
	// Leave is called before the Prepare of the last epoch of a run: what is queued is
	// handed on first.
	Leave() error
}

// ProcTimer fires on processing time.
type ProcTimer interface {
	// NextTimer is the earliest due time in ms, or math.MaxInt64.
	NextTimer() int64
	// Fire is called when the clock has reached NextTimer.
	Fire(nowMs int64) (Status, error)
}

// Epocher is told of the marker of an epoch that commits, after Flush: sinks
// prepare what was written since the last one.
type Epocher interface {
	// Prepare gives an idempotent handle to what was prepared, nil if that is
	// nothing.
	Prepare(epoch uint64) (handle []byte, err error)
	// Commit makes a handle visible, in order of epochs, when its epoch is
	// complete (durable where there are checkpoints). It may come again after a
	// restart, and then for handles of any subtask.
	Commit(handle []byte) error
}

// Hastener is implemented by operators whose commits take their time.
type Hastener interface {
	Epocher
	// Hasten begins to commit a handle, if that has not begun, and reports whether
	// Commit would not wait for it. It is called again and again until it does.
	Hasten(handle []byte) bool
}

// Settler is implemented by operators that want to know which handles will never be
// committed again.
type Settler interface {
	// Settled is told, after the commits of an epoch, that handles of epochs up to one
	// are committed and that no restart will repeat it.
	Settled(epoch uint64)
}

// Restorer is implemented by operators that keep beside their state what follows
// from it (caches, counters, the next timer). Restored is called once, after Open
// and after the state of a checkpoint was put into the tables that Open declared,
// before any event; it emits nothing. The operator's event time is told after it
// by Watermark.
type Restorer interface {
	Restored() error
}

// Finisher is implemented by operators that may want no more input before it
// ends (LIMIT). Once Finished is true, the runtime ends the operator's inputs and
// whatever is upstream for it alone.
type Finisher interface {
	Finished() bool
}

// Reporter adds counters to the job's report (late rows, parse errors, spilled
// bytes), by name.
type Reporter interface {
	Report(add func(name string, n int64))
}

// InputPriority is implemented by operators that want one input drained before
// another (a hash join's build side): it gives the input to read now, or -1 for
// any.
type InputPriority interface {
	WantInput() int
}

// Context is what an operator gets when it is opened.
type Context struct {
	Ctx         context.Context
	Out         Emitter
	State       *state.Store
	Fn          *fn.Ctx // time and zone for expressions; the runtime refreshes it before each event
	Subtask     int
	Parallelism int
	Inputs      [][]types.Type // column types of each input
	// Spread lists for each input the columns that its rows are spread over the
	// subtasks by; nil: there is one subtask, or it is not known.
	Spread [][]int
	// MiniBatch is false when table.exec.mini-batch.enabled=false was set
	// explicitly: emit for each input row exactly as Flink does.
	MiniBatch bool
	// Batch is true in batch mode: inputs are bounded and only the final
	// result is wanted.
	Batch bool
	// Runtime is the job that runs the subtask, for operators that run jobs of
	// their own (flow.Nested).
	Runtime any
	// Wake has the runtime look again whether there is something to do; it may be
	// called from anywhere. nil: nobody looks.
	Wake func()
	// LateRows takes the rows that came too late; nil = nobody wants them.
	LateRows LateRows
}
