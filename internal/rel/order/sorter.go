package order

import (
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/topn"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// sorter keeps rows in columns and sorts them at the end: the order is found
// over 16 bytes a row, then columns are gathered slice by slice. With a limit it
// sorts now and then and lets go of what is beyond it.
type sorter struct {
	types []types.Type
	keys  []plan.SortKey
	from  int64 // rows to skip
	most  int64 // rows to keep, skipped ones included; -1 = all
	ord   topn.Order

	rows  topn.Rows
	bar   uint64 // rows with a greater word are beyond the limit
	full  bool
	words []uint64
	sel   []int32

	sorted *vec.Batch
	order  []int32
	out    *vec.Batch
}

// limitRows is how many rows may wait beyond a limit.
const limitRows = 1 << 15

func newSorter(ts []types.Type, keys []plan.SortKey, offset, limit int64) *sorter {
	s := &sorter{types: ts, keys: keys, from: offset, most: -1, ord: topn.NewOrder(ts, keys), out: vec.NewBatch(ts), rows: topn.Rows{Types: ts}}
	if limit >= 0 {
		s.most = offset + limit
	}
	return s
}

// add keeps the counting rows of b.
func (s *sorter) add(b *vec.Batch) {
	view := vec.Batch{Cols: b.Cols, Sel: b.Sel, N: b.N}
	if s.full {
		s.sel = s.better(b)
		if len(s.sel) == 0 {
			return
		}
		view.Sel = s.sel
	}
	s.rows.Add(&view)
	if s.most >= 0 && int64(s.rows.N) > 2*s.most+limitRows {
		s.prune()
	}
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
func (s *sorter) prune() {
	s.sort()
	s.order = s.order[:min(int64(len(s.order)), s.most)]
	kept := vec.NewBatch(s.types)
	kept.AppendSel(s.sorted, s.order)
	s.rows.Add(kept)
	s.sorted = nil
	if kept.N > 0 && int64(kept.N) == s.most {
		s.words = s.ord.Words(kept, []int32{int32(kept.N - 1)}, s.words)
		s.full, s.bar = true, s.words[0]
	}
}

// sort brings all rows together and finds their order.
func (s *sorter) sort() {
	s.sorted = s.rows.Join()
	s.order = topn.SortRows(s.sorted, s.keys)
}

// finish sorts for the last time and cuts what is asked for.
func (s *sorter) finish() {
	s.sort()
	if s.most >= 0 {
		s.order = s.order[:min(int64(len(s.order)), s.most)]
	}
	s.order = s.order[min(int64(len(s.order)), s.from):]
}

// emit emits sorted rows until there are none or no room.
func (s *sorter) emit(to op.Emitter) (op.Status, error) {
	for len(s.order) > 0 {
		if to.Full() {
			return op.More, nil
		}
		n := min(len(s.order), op.BatchRows)
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
