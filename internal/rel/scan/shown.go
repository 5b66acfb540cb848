package scan

import (
	"sync/atomic"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/op"
)

// tellMs is how old what is shown of the partitions of a busy source may be.
const tellMs = 100

// shown is what others may see of a source while it runs.
type shown struct {
	at    int64          // processing time of the last copy
	ended []op.Partition // at most maxOpen
	list  atomic.Pointer[[]op.Partition]

	pauses, pausedMs atomic.Int64 // for watermark alignment

	lost      atomic.Int64 // of all splits
	lostEnded int64        // of those that have ended
}

// tell copies where the open splits stand, if that is due.
func (v *shown) tell(s *source, now bool) {
	if !now && s.c.Fn.NowMs-v.at < tellMs {
		return
	}
	v.at = s.c.Fn.NowMs
	list := make([]op.Partition, 0, len(s.open)+len(v.ended))
	list = append(list, v.ended...)
	for _, sp := range s.open {
		list = append(list, op.Partition{ID: sp.id, Watermark: sp.wm, Idle: sp.idle, Rows: sp.rows})
	}
	v.list.Store(&list)
	lost := v.lostEnded
	for _, sp := range s.open {
		lost += parseErrors(sp)
	}
	v.lost.Store(lost)
	if a := s.align; a != nil {
		v.pauses.Store(a.pauses)
		v.pausedMs.Store(a.pausedMs)
	}
}

// parseErrors counts what the format of a split passed over.
func parseErrors(sp *split) int64 {
	if l, ok := sp.r.(connector.Lossy); ok {
		return l.ParseErrors()
	}
	return 0
}

// Tally gives the last count.
func (s *source) Tally() op.Tally {
	return op.Tally{ParseErrors: s.shown.lost.Load(), Pauses: s.shown.pauses.Load(), PausedMs: s.shown.pausedMs.Load()}
}

// end notes that a split has been read to its end.
func (v *shown) end(s *source, sp *split) {
	if len(v.ended) >= maxOpen {
		v.ended = append(v.ended[:0], v.ended[1:]...)
	}
	v.ended = append(v.ended, op.Partition{ID: sp.id, Watermark: sp.wm, Ended: true, Rows: sp.rows})
	v.lostEnded += parseErrors(sp)
	v.tell(s, true)
}

// Partitions gives the last copy.
func (s *source) Partitions() []op.Partition {
	if l := s.shown.list.Load(); l != nil {
		return *l
	}
	return nil
}

var _ op.Partitioned = (*source)(nil)
