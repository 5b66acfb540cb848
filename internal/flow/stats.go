package flow

import (
	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/dag"
	"github.com/weir-stream/weir/internal/op"
)

// VertexStats are the figures of one vertex, summed over its subtasks.
type VertexStats struct {
	Vertex          *dag.Vertex
	RowsIn, RowsOut int64
	// Watermark is the least of the subtasks', ms; op.MinWatermark before the
	// first.
	Watermark  int64
	StateBytes int64
	// Late counts the rows that were dropped because they came too late.
	Late int64
	// DeadLetters counts the records of a source that went to the table for those that
	// cannot be read; ParseErrors what its format passed over.
	DeadLetters, ParseErrors int64
	// Pauses counts how often a source waited for others (watermark alignment),
	// PausedMs for how long in all.
	Pauses, PausedMs int64
	// Partitions are those of a source that are being read.
	Partitions []op.Partition
	// Inputs are what waits before the vertex; none for inputs of the same task.
	Inputs []EdgeStats
}

// Stats reads the figures of all vertices; it may be called while the job runs.
func (j *Job) Stats() []VertexStats {
	at := map[*dag.Vertex]int{}
	var out []VertexStats
	now := j.cfg.Clock.Now()
	for _, t := range j.tasks {
		for k, n := range t.nodes {
			i, ok := at[n.v]
			if !ok {
				i = len(out)
				at[n.v] = i
				out = append(out, VertexStats{Vertex: n.v, Watermark: op.MaxWatermark})
			}
			s := &out[i]
			s.RowsIn += n.rowsIn.Load()
			s.RowsOut += n.rowsOut.Load()
			s.Watermark = min(s.Watermark, n.wmStat.Load())
			s.StateBytes += n.stateBytes.Load()
			s.Late += n.lateRows.Load()
			s.DeadLetters += n.deadLetters.Load()
			if t, ok := n.src.(op.Tallied); ok {
				x := t.Tally()
				s.ParseErrors += x.ParseErrors
				s.Pauses += x.Pauses
				s.PausedMs += x.PausedMs
			}
			if p, ok := n.src.(op.Partitioned); ok {
				s.Partitions = append(s.Partitions, p.Partitions()...)
			}
			if k == 0 {
				s.Inputs = t.edges(s.Inputs, now)
			}
		}
	}
	return out
}

// Report collects the counters of all operators and sources by name. It is for
// after Run.
func (j *Job) Report() map[string]int64 {
	out := map[string]int64{}
	if _, most := j.mem.Spilled(); most > 0 {
		out[op.Spilled] = most
	}
	add := func(name string, n int64) { out[name] += n }
	for _, t := range j.tasks {
		for _, n := range t.nodes {
			if k := n.deadLetters.Load(); k > 0 {
				add("dead letters", k)
			}
			if r, ok := n.op.(op.Reporter); ok {
				r.Report(add)
			}
			if r, ok := n.src.(connector.Counter); ok {
				r.Report(add)
			}
		}
	}
	return out
}
