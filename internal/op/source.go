package op

import "github.com/weir-stream/weir/internal/vec"

// SourceStatus is a source's answer to Step.
type SourceStatus uint8

// The answers of a source.
const (
	SourceMore SourceStatus = iota // call again
	SourceIdle                     // nothing now: wait for Ready or the wake time
	SourceEnd                      // the input has ended
)

// SourceOut takes what a source emits.
type SourceOut interface {
	Emitter
	// Watermark tells the event time that no later row of this subtask falls
	// below, in ms; it only grows.
	Watermark(wm int64) error
	// Idle marks the subtask as idle: it does not hold back the watermark until
	// it emits again.
	Idle(idle bool) error
}

// DeadLetterOut is implemented by a SourceOut that takes records which cannot be read.
type DeadLetterOut interface {
	// DeadLetters takes a batch of connector.DeadLetterColumns, which stays the
	// source's. It is committed with the rows of the same Step.
	DeadLetters(b *vec.Batch)
}

// Tally is what a source counts beside rows.
type Tally struct {
	ParseErrors int64 // records and values that the format passed over
	// Pauses counts how often partitions waited for those of other sources
	// (scan.watermark.alignment), PausedMs for how long in all.
	Pauses, PausedMs int64
}

// Tallied is implemented by sources that count while they run; what they give is a
// fraction of a second old.
type Tallied interface{ Tally() Tally }

// Source is the state machine of a reading subtask.
type Source interface {
	Open(c *Context, out SourceOut) error
	// Step reads and emits at most one batch. budget is the number of rows that
	// the current epoch still admits.
	Step(budget int) (SourceStatus, error)
	// Ready receives after SourceIdle when there may be more; may be nil.
	Ready() <-chan struct{}
	// WakeMs is the processing time at which Step wants to be called although
	// nothing is ready (discovery, idleness, rate limits), math.MaxInt64 = never.
	WakeMs() int64
	// Position encodes where each split stands, for the epoch manifest.
	Position() []byte
	Close() error
}

// Replayer is implemented by sources that go on where a checkpoint left them; all
// others begin anew.
type Replayer interface {
	// AtCut reports that Position tells of exactly the rows that were emitted, so
	// that an epoch may be cut.
	AtCut() bool
	// Restore is called after Open and after saved state was put into the tables
	// that Open declared, before Step, with the positions of all subtasks at the
	// checkpoint, of which there may have been more or fewer than now.
	Restore(positions [][]byte) error
}

// Reported is implemented by sources that tell others how far they have been read.
type Reported interface {
	// Durable is given a Position when its epoch is complete (durable where there are
	// checkpoints), in order of epochs. It may come after Close.
	Durable(position []byte)
}

// Partition is where one partition (split) of a source stands.
type Partition struct {
	ID string
	// Watermark is what its rows so far tell, ms; MinWatermark before the first,
	// or where no operator looks at watermarks.
	Watermark int64
	// Idle partitions do not hold back the watermark of the source.
	Idle bool
	// Ended partitions have been read to their end.
	Ended bool
	Rows  int64
}

// Partitioned is implemented by sources that tell where each of their
// partitions stands: those that are open and the last that ended. It may be called while the source runs; what it gives is a
// fraction of a second old and is not to be changed.
type Partitioned interface {
	Partitions() []Partition
}
