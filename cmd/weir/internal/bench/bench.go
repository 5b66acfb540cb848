// Package bench runs published benchmarks in this process and measures them:
// the queries, their input (generated or read), a sink that drops rows while
// it keeps an order-independent checksum, and the process's own figures.
package bench

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/zeebo/xxh3"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/engine"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// Result is one line of output.
type Result struct {
	Query       string  `json:"query"`
	Mode        string  `json:"mode"`
	Parallelism int     `json:"parallelism"`
	Events      int64   `json:"events"`
	Seconds     float64 `json:"seconds"`
	EventsPerS  float64 `json:"events_per_s"`
	CPUSeconds  float64 `json:"cpu_s"`
	PeakRSS     int64   `json:"peak_rss_bytes"`
	Rows        int64   `json:"rows"`
	Checksum    string  `json:"checksum,omitempty"`
	Note        string  `json:"note,omitempty"`
}

// Sum folds a changelog into a checksum: the sum over all rows of a hash of the
// row, negative for rows that are taken back. It depends neither on the order of
// rows nor on how often one was updated.
type Sum struct {
	// Cols restricts the checksum to some columns; nil = all.
	Cols []int
	// Drop computes nothing but the number of rows, as a sink that drops does.
	Drop bool
	rows atomic.Int64
	sum  atomic.Uint64
}

var _ connector.Sink = (*Sum)(nil)

// Accepts all kinds.
func (s *Sum) Accepts() connector.Changes { return connector.AllChanges }

// Parallelism is not bounded.
func (s *Sum) Parallelism() int { return 0 }

// Rows is the number of rows that the folded table has.
func (s *Sum) Rows() int64 { return s.rows.Load() }

// Text is the checksum.
func (s *Sum) Text() string { return fmt.Sprintf("%016x", s.sum.Load()) }

// Open gives a writer with buffers of its own.
func (s *Sum) Open(context.Context, int, int) (connector.Writer, error) { return &sumWriter{s: s}, nil }

type sumWriter struct {
	s     *Sum
	codec *vec.Codec
	enc   vec.Rows
}

func (w *sumWriter) Write(_ context.Context, b *vec.Batch) error {
	n := int64(b.Len())
	if b.Kinds != nil {
		n = 0
		for i := range b.Len() {
			n += int64(b.Kind(b.Row(i)).Sign())
		}
	}
	w.s.rows.Add(n)
	if w.s.Drop {
		return nil
	}
	if w.codec == nil {
		w.codec = vec.NewCodec(w.types(b))
	}
	w.codec.Encode(&w.enc, b, w.s.Cols)
	sum := uint64(0)
	for i := range w.enc.Len() {
		h := xxh3.Hash(w.enc.Row(i))
		if b.Kinds != nil && !b.Kind(b.Row(i)).Adds() {
			h = -h
		}
		sum += h
	}
	w.s.sum.Add(sum)
	return nil
}

func (w *sumWriter) types(b *vec.Batch) []types.Type {
	ts := b.Types()
	if w.s.Cols == nil {
		return ts
	}
	out := make([]types.Type, len(w.s.Cols))
	for i, c := range w.s.Cols {
		out[i] = ts[c]
	}
	return out
}

func (w *sumWriter) Flush(context.Context) error                     { return nil }
func (w *sumWriter) Watermark(int64)                                 {}
func (w *sumWriter) Prepare(context.Context, uint64) ([]byte, error) { return nil, nil }
func (w *sumWriter) Commit(context.Context, []byte) error            { return nil }
func (w *sumWriter) Finish(context.Context) error                    { return nil }
func (w *sumWriter) Close() error                                    { return nil }

// measure runs f and fills in what it cost.
func measure(r *Result, f func() error) error {
	cpu, _ := usage()
	begin := time.Now()
	err := f()
	r.Seconds = round(time.Since(begin).Seconds())
	after, rss := usage()
	r.CPUSeconds, r.PeakRSS = round((after - cpu).Seconds()), rss
	if r.Seconds > 0 {
		r.EventsPerS = float64(int64(float64(r.Events) / r.Seconds))
	}
	return err
}

func round(x float64) float64 { return float64(int64(x*1000+0.5)) / 1000 }

// silent takes what a script says.
type silent struct{}

func (silent) Info(string)                                {}
func (silent) Warn(string)                                {}
func (silent) Rows([]string, [][]string) error            { return nil }
func (silent) Query(context.Context, *engine.Query) error { return nil }
func (silent) Started(*engine.Job)                        {}
