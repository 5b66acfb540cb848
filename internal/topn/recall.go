package topn

import (
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/state"
)

var (
	_ op.Recaller = (*first)(nil)
	_ op.Recaller = (*few)(nil)
	_ op.Recaller = (*ordered)(nil)
)

// expires is why rows that are kept for a time cannot be had again.
const expires = "its state expires"

// Recallable: where nobody wants old rows, rows are not kept.
func (f *first) Recallable() string {
	switch {
	case f.TTL > 0:
		return expires
	case !f.Before:
		return "it keeps the order of its rows, not the rows"
	}
	return ""
}

// Recall emits the row of every partition.
func (f *first) Recall() (op.Status, error) {
	f.cursor = state.Cursor{}
	f.ending = f.rest
	return f.Resume()
}

// Recallable: rows whose state has expired are still in the result.
func (f *few) Recallable() string {
	if f.TTL > 0 {
		return expires
	}
	return ""
}

// Recall emits the rows in the range of every partition.
func (f *few) Recall() (op.Status, error) {
	f.cursor = state.Cursor{}
	f.ending = f.rest
	return f.Resume()
}

// Recallable: rows whose state has expired are still in the result.
func (o *ordered) Recallable() string {
	switch {
	case o.Spec.Batch:
		return "it gives its rows once"
	case o.TTL > 0:
		return expires
	}
	return ""
}

// Recall emits the rows in the range of every partition.
func (o *ordered) Recall() (op.Status, error) {
	o.cursor, o.due, o.pos = state.Cursor{}, nil, 0
	o.ending = o.rest
	return o.Resume()
}
