// Package blackhole is the connector that takes rows and drops them, for
// benchmarks and dry runs.
package blackhole

import (
	"context"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/vec"
)

// Spec is the blackhole connector.
func Spec() *connector.Spec {
	return &connector.Spec{
		Name: "blackhole", Guarantee: guarantee, Example: example,
		Doc: "Takes all rows and drops them, like /dev/null.",
		Sink: func(t *connector.Table) (connector.Sink, error) {
			return &sink{parallelism: int(t.Options.Int("sink.parallelism"))}, nil
		},
	}
}

type sink struct{ parallelism int }

func (s *sink) Accepts() connector.Changes { return connector.AllChanges }
func (s *sink) Parallelism() int           { return s.parallelism }

func (s *sink) Open(context.Context, int, int) (connector.Writer, error) { return &writer{}, nil }

type writer struct{}

func (w *writer) Write(context.Context, *vec.Batch) error         { return nil }
func (w *writer) Flush(context.Context) error                     { return nil }
func (w *writer) Watermark(int64)                                 {}
func (w *writer) Prepare(context.Context, uint64) ([]byte, error) { return nil, nil }
func (w *writer) Commit(context.Context, []byte) error            { return nil }
func (w *writer) Finish(context.Context) error                    { return nil }
func (w *writer) Close() error                                    { return nil }
