package order

import (
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/spill"
	"github.com/weir-stream/weir/internal/topn"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// sorter keeps rows in columns and sorts them at the end: the order is found
// over 16 bytes a row, then columns are gathered slice by slice. With a limit it
// sorts now and then and lets go of what is beyond it.
type sorter struct {
	types []types.Type
	skip  int64 // rows to skip
	most  int64 // rows to keep, skipped ones included; -1 = all
	ord   topn.Order

	all   *topn.Sort
	bar   uint64 // rows with a greater word are beyond the limit
	full  bool
	words []uint64
	sel   []int32

	left   int64 // rows that are still wanted; -1 = all
	sorted *vec.Batch
	order  []int32
	ended  bool
	out    *vec.Batch
}

// limitRows is how many rows may wait beyond a limit.
const limitRows = 1 << 15

func newSorter(m *spill.Budget, ts []types.Type, keys []plan.SortKey, offset, limit int64) *sorter {
	s := &sorter{types: ts, skip: offset, most: -1, left: limit, ord: topn.NewOrder(ts, keys), out: vec.NewBatch(ts), all: topn.NewSort(m, ts, keys, 0)}
	if limit >= 0 {
		s.most = offset + limit
		s.all.Most = s.most
	}
	return s
}

// add keeps the counting rows of b.
func (s *sorter) add(b *vec.Batch) error {
	view := vec.Batch{Cols: b.Cols, Sel: b.Sel, N: b.N}
	if s.full {
		s.sel = s.better(b)
		if len(s.sel) == 0 {
			return nil
		}
		view.Sel = s.sel
	}
	if err := s.all.Add(&view); err != nil {
		return err
	}
	if s.most >= 0 && int64(s.all.Rows()) > 2*s.most+limitRows {
		return s.prune()
	}
	return nil
}

// better lists the rows that may come before the last one kept.
func (s *sorter) better(b *vec.Batch) []int32 {
	s.words = s.ord.Words(b, b.Sel, s.words)
	sel := s.sel[:0]
	for i, w := range s.words {
		if w <= s.bar {
			sel = append(sel, int32(b.Row(i)))
		}
	}
	return sel
}

// prune drops what is beyond the limit.
func (s *sorter) prune() error {
	sorted, order := s.all.Take()
	kept := vec.NewBatch(s.types)
	kept.AppendSel(sorted, order)
	if kept.N > 0 && int64(kept.N) == s.most {
		s.words = s.ord.Words(kept, []int32{int32(kept.N - 1)}, s.words)
		s.full, s.bar = true, s.words[0]
	}
	return s.all.Add(kept)
}

// emit emits sorted rows until there are none or no room.
func (s *sorter) emit(to op.Emitter) (op.Status, error) {
	for !s.ended {
		if to.Full() {
			return op.More, nil
		}
		if len(s.order) == 0 || s.left == 0 {
			var err error
			if s.sorted, s.order, err = s.all.Chunk(); err != nil {
				return op.Done, err
			}
			if s.ended = s.sorted == nil || s.left == 0; s.ended {
				s.all.Close()
			}
			n := min(int64(len(s.order)), s.skip)
			s.order, s.skip = s.order[n:], s.skip-n
			continue
		}
		n := min(len(s.order), op.BatchRows)
		if s.left >= 0 {
			n = int(min(int64(n), s.left))
			s.left -= int64(n)
		}
		s.out.Reset()
		s.out.AppendSel(s.sorted, s.order[:n])
		s.order = s.order[n:]
		if err := to.Emit(s.out); err != nil {
			return op.Done, err
		}
	}
	if to.Full() { // the receiver may still be reading
		return op.More, nil
	}
	s.sorted = nil
	return op.Done, nil
}
