package job

import "github.com/weir-stream/weir/internal/flow"

// Read is what a source has given, all subtasks together.
type Read struct {
	Rows int64
	// PerSecond is how many rows a second it gave when it gave most, 0 if it was never
	// measured: about what it gives when it is read again.
	PerSecond float64
}

// Reading is what the sources of a job have given, by address.
type Reading map[string]Read

func (m *Meta) reading() Reading {
	out := Reading{}
	for i := range m.Parts {
		if p := &m.Parts[i]; p.Rows > 0 {
			r := out[p.Vertex]
			r.Rows += p.Rows
			r.PerSecond += p.PerSecond
			out[p.Vertex] = r
		}
	}
	return out
}

// subtask names one of a vertex.
type subtask struct {
	vertex string
	n      int
}

// rates measures how fast sources read, from epoch to epoch.
type rates struct {
	began int64 // ms
	read  map[subtask]rate
}

type rate struct {
	rows, at int64 // where the measurement began: rows, and ms
	peak     float64
}

// measureMs is the least time over which a rate means something.
const measureMs = 20

// start goes on from what an epoch holds, nil for the beginning.
func (r *rates) start(m *Meta, nowMs int64) {
	*r = rates{began: nowMs, read: map[subtask]rate{}}
	if m == nil {
		return
	}
	for i := range m.Parts {
		if p := &m.Parts[i]; p.Rows > 0 {
			r.read[subtask{p.Vertex, p.Subtask}] = rate{p.Rows, nowMs, p.PerSecond}
		}
	}
}

// note takes the rows of a part of an epoch, and gives the highest rate so far.
func (r *rates) note(p *flow.Part, nowMs int64) float64 {
	if p.Rows == 0 {
		return 0
	}
	k := subtask{p.Vertex, p.Subtask}
	x, ok := r.read[k]
	if !ok {
		x.at = r.began
	}
	if ms := nowMs - x.at; ms >= measureMs {
		x.peak = max(x.peak, float64(p.Rows-x.rows)*1000/float64(ms))
		x.rows, x.at = p.Rows, nowMs
	}
	r.read[k] = x
	return x.peak
}
