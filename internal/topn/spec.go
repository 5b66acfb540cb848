// Package topn keeps the first rows of each partition in an order and tells what
// changes among them. Top-N, deduplication, their window forms and ORDER BY with
// LIMIT are all made of it, which is why it lies below them.
//
//	first    one row a partition, rows only added: the kept row or just its key
//	few      up to fewMost rows a partition, rows only added: sorted arrays
//	ordered  anything else: all rows that may count, in ordered state
//	window   partitions that are final when the watermark passes their end
//
// Changes are consolidated within a batch of input and emitted at its end,
// straight from the batch's columns where they are new: what waits for no flush
// need not be read back from state. Without mini-batches each row is a batch.
package topn

import (
	"time"

	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/types"
)

// Func is the function that numbers the rows.
type Func uint8

// The numbering functions.
const (
	RowNumber Func = iota
	Rank
	DenseRank
)

// Spec says which rows are kept.
type Spec struct {
	In        []types.Type
	Partition []int          // ordinals; none: one partition
	Order     []plan.SortKey // none: order of arrival
	Func      Func
	From, To  int64 // ranks that are emitted, from 1
	Number    bool  // the rank is appended as a BIGINT column
	// KeepLast: a row that ties with the kept one replaces it. Only with
	// From = To = 1, and no Retract.
	KeepLast bool
	Retract  bool          // the input takes rows back
	Before   bool          // -U rows are wanted
	Batch    bool          // emit once, at the end
	TTL      time.Duration // 0: never
	// EndCol, for windows, is the column whose time, in ms, closes the
	// partition: it is over when the watermark reaches EndCol + EndAdd.
	EndCol int
	EndAdd int64
}

// New gives the operator that suits the specification.
func New(s Spec) op.Operator {
	if s.From > s.To { // no rank lies between
		s.From, s.To = 1, 0
	}
	switch {
	case s.Retract || s.Func != RowNumber || s.To > fewMost:
		return newOrdered(s)
	case s.From == 1 && s.To == 1:
		return newFirst(s)
	}
	return newFew(s)
}

// outTypes gives the types of the rows that are emitted.
func (s *Spec) outTypes() []types.Type {
	if !s.Number {
		return s.In
	}
	return append(s.In[:len(s.In):len(s.In)], types.Of(types.BigInt).NotNull())
}

// keyTypes gives the types of the partition's columns.
func (s *Spec) keyTypes() []types.Type {
	ts := make([]types.Type, len(s.Partition))
	for i, c := range s.Partition {
		ts[i] = s.In[c]
	}
	return ts
}
