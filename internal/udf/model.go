package udf

import (
	"context"

	"github.com/weir-stream/weir/internal/format"
)

// Provider runs models: 'provider' = Name in CREATE MODEL.
type Provider struct {
	Name string
	Doc  string
	// Options are the keys that a model of the provider takes beside 'provider'.
	Options []format.Option
	// Prefixes are families of keys that the provider checks itself.
	Prefixes []string
	// Async: calls may run side by side.
	Async bool
	// Open makes a model ready in one task. It does no work before a query runs.
	Open func(ctx context.Context, m *Model) (Predictor, error)
}

// Model is a model as its provider sees it.
type Model struct {
	Name          string
	Input, Output []format.Column
	Options       format.Options
}

// Predictor answers. It is used by several goroutines at once if the provider is
// Async and the query asks for it.
type Predictor interface {
	// Predict gives the output columns for the input columns, usually as one row,
	// in Go's types. An error ends the job.
	Predict(ctx context.Context, input []any) ([][]any, error)
	Close() error
}
