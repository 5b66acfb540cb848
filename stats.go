package weir

import (
	"time"

	"github.com/weir-stream/weir/internal/engine"
	"github.com/weir-stream/weir/internal/op"
)

// JobStats are the figures of a query or of INSERTs that run together.
type JobStats struct {
	ID   int
	Name string // as SHOW JOBS gives it
	// Running is false once the job has ended.
	Running bool
	// Operators are in the order of the plan, sources first.
	Operators []OperatorStats
}

// OperatorStats are the figures of one operator, summed over its subtasks.
type OperatorStats struct {
	Name, Detail string // as EXPLAIN prints them
	// RowsIn and RowsOut count changes; RowsIn of a source is 0.
	RowsIn, RowsOut int64
	// StateBytes is the memory of the operator's state, a moment ago.
	StateBytes int64
	// LateRows counts the rows that were dropped since they came too late; the
	// table function LATE_ROWS gives the last of them.
	LateRows int64
	// ParseErrors counts the records and values of a source that its format passed
	// over; DeadLetters the records that went to the table for dead letters.
	ParseErrors, DeadLetters int64
	// Pauses counts how often a source waited for others (watermark alignment), Paused
	// is for how long in all.
	Pauses int64
	Paused time.Duration
	// Watermark is the event time up to which rows are in, the least of the
	// subtasks'. It is zero before the first, where nobody looks at watermarks,
	// and when the input has ended (Complete). A TIMESTAMP is taken as UTC.
	Watermark time.Time
	// Complete: there will be no more rows.
	Complete bool
	// Partitions are those that a source reads, and the last that have ended.
	Partitions []PartitionStats
	// Inputs are what waits before the operator, of each input that is not handed on
	// directly.
	Inputs []EdgeStats
}

// EdgeStats are the figures of what waits between two operators, summed over the
// queues of all pairs of subtasks.
type EdgeStats struct {
	From string // the sender's name
	// Rows and Bytes wait; RowsLimit is how many rows may.
	Rows, Bytes, RowsLimit int64
	// InFlight is how long rows are on their way, where that is longest. The queues
	// follow the receiver's speed so that it stays near Target
	// (taskmanager.memory.network.buffer-debloat.target); 0: they do not.
	InFlight, Target time.Duration
}

// PartitionStats is where one partition (or file) of a source stands.
type PartitionStats struct {
	ID   string
	Rows int64
	// Watermark is what the partition's rows so far tell; zero before the first.
	Watermark time.Time
	// Idle partitions have had no rows for so long that they do not hold back the
	// watermark; Ended ones have been read.
	Idle, Ended bool
}

// Jobs gives the figures of the session's jobs. Jobs that Exec has waited for and
// queries that are closed are not among them. It may be called from any goroutine.
func (s *Session) Jobs() []JobStats {
	var out []JobStats
	for _, j := range s.session.Jobs() {
		out = append(out, statsOf(j))
	}
	return out
}

// Stats gives the figures of the query; no operators for the rows of SHOW and its
// kind. It may be called from any goroutine, and after Close.
func (r *Rows) Stats() JobStats {
	if r.job == nil {
		return JobStats{}
	}
	return statsOf(r.job)
}

func statsOf(j *engine.Job) JobStats {
	out := JobStats{ID: j.ID, Name: j.Name, Running: true}
	select {
	case <-j.Done():
		out.Running = false
	default:
	}
	for _, v := range j.Stats() {
		o := OperatorStats{Name: v.Vertex.Name, Detail: v.Vertex.Detail, RowsIn: v.RowsIn, RowsOut: v.RowsOut, StateBytes: v.StateBytes, LateRows: v.Late, ParseErrors: v.ParseErrors, DeadLetters: v.DeadLetters,
			Pauses: v.Pauses, Paused: time.Duration(v.PausedMs) * time.Millisecond}
		o.Watermark, o.Complete = eventTime(v.Watermark)
		for _, p := range v.Partitions {
			at, _ := eventTime(p.Watermark)
			o.Partitions = append(o.Partitions, PartitionStats{ID: p.ID, Rows: p.Rows, Watermark: at, Idle: p.Idle, Ended: p.Ended})
		}
		for _, e := range v.Inputs {
			o.Inputs = append(o.Inputs, EdgeStats{From: e.From.Name, Rows: e.Rows, Bytes: e.Bytes, RowsLimit: e.Limit, InFlight: e.InFlight, Target: e.Target})
		}
		out.Operators = append(out.Operators, o)
	}
	return out
}

// eventTime gives a watermark as a time; complete is true at the end of the input.
func eventTime(ms int64) (at time.Time, complete bool) {
	switch ms {
	case op.MinWatermark:
		return time.Time{}, false
	case op.MaxWatermark:
		return time.Time{}, true
	}
	return time.UnixMilli(ms).UTC(), false
}
