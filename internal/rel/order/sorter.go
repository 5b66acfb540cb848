package order

import (
	"bytes"
	"slices"

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

	chunks []*vec.Batch
	rows   int
	bytes  int64
	bar    uint64 // rows with a greater word are beyond the limit
	full   bool
	words  []uint64
	sel    []int32

	sorted *vec.Batch
	order  []int32
	out    *vec.Batch
}

// chunkRows is how many rows lie together until they are sorted; limitRows is how
// many may wait beyond a limit.
const (
	chunkRows = 1 << 16
	limitRows = 1 << 15
)

func newSorter(ts []types.Type, keys []plan.SortKey, offset, limit int64) *sorter {
	s := &sorter{types: ts, keys: keys, from: offset, most: -1, ord: topn.NewOrder(ts, keys), out: vec.NewBatch(ts)}
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
	n := view.Len()
	if n == 0 {
		return
	}
	k := len(s.chunks) - 1
	if k < 0 || s.chunks[k].N+n > chunkRows && s.chunks[k].N > 0 {
		s.chunks = append(s.chunks, vec.NewBatch(s.types))
		k++
	}
	s.chunks[k].AppendBatch(&view)
	s.rows += n
	s.bytes += int64(b.Bytes()) * int64(n) / int64(max(b.N, 1))
	if s.most >= 0 && int64(s.rows) > 2*s.most+limitRows {
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
	s.chunks, s.rows = append(s.chunks[:0], kept), kept.N
	s.bytes = int64(kept.Bytes())
	s.sorted = nil
	if kept.N > 0 && int64(kept.N) == s.most {
		s.words = s.ord.Words(kept, []int32{int32(kept.N - 1)}, s.words)
		s.full, s.bar = true, s.words[0]
	}
}

// sort brings all rows together and finds their order.
func (s *sorter) sort() {
	s.sorted = s.join()
	s.order = sortRows(s.sorted, s.keys)
}

// join makes one batch of all chunks, column by column so that they are never in
// memory twice.
func (s *sorter) join() *vec.Batch {
	if len(s.chunks) == 1 {
		return s.chunks[0]
	}
	out := &vec.Batch{Cols: make([]*vec.Vector, len(s.types)), N: s.rows}
	for j, t := range s.types {
		v := vec.New(t, s.rows)
		v.Resize(0)
		for _, c := range s.chunks {
			v.AppendRange(c.Cols[j], 0, c.N)
			c.Cols[j] = nil
		}
		out.Cols[j] = v
	}
	s.chunks = nil
	return out
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

// item is a row by one word of its sort key.
type item struct {
	word uint64
	row  int32
}

// sortRows gives the rows of b in order; rows that tie stay in the order that
// they have.
func sortRows(b *vec.Batch, keys []plan.SortKey) []int32 {
	items := make([]item, b.N)
	for i := range items {
		items[i].row = int32(i)
	}
	if len(keys) > 0 {
		spare := make([]item, b.N)
		if wordsDecide(b, keys) {
			for k := len(keys) - 1; k >= 0; k-- {
				items, spare = byColumn(b, keys[k], items, spare)
			}
		} else {
			items = byKey(b, keys, items, spare)
		}
	}
	out := make([]int32, b.N)
	for i := range items {
		out[i] = items[i].row
	}
	return out
}

// wordsDecide reports whether all columns are of at most 8 bytes.
func wordsDecide(b *vec.Batch, keys []plan.SortKey) bool {
	for _, k := range keys {
		one := topn.NewOrder(b.Types(), []plan.SortKey{k})
		if !one.Exact {
			return false
		}
	}
	return true
}

// byColumn sorts by one column, stably: by words, then nulls to their end, since
// they share a word with a value.
func byColumn(b *vec.Batch, key plan.SortKey, items, spare []item) (sorted, other []item) {
	one := topn.Order{Keys: []plan.SortKey{key}}
	words := one.Words(b, nil, nil)
	for i := range items {
		items[i].word = words[items[i].row]
	}
	items, spare = radix(items, spare)
	v := b.Cols[key.Col]
	if !v.MayHaveNulls() {
		return items, spare
	}
	nulls := v.NullCount()
	null, value := 0, nulls
	if !key.NullsFirst {
		null, value = len(items)-nulls, 0
	}
	for _, x := range items {
		if v.IsNull(int(x.row)) {
			spare[null] = x
			null++
		} else {
			spare[value] = x
			value++
		}
	}
	return spare, items
}

// byKey sorts by the word of the first column and where words tie by whole keys.
func byKey(b *vec.Batch, keys []plan.SortKey, items, spare []item) []item {
	ord := topn.NewOrder(b.Types(), keys)
	words := ord.Words(b, nil, nil)
	for i := range items {
		items[i].word = words[i]
	}
	items, _ = radix(items, spare)
	var t ties
	for from := 0; from < len(items); {
		to := from + 1
		for to < len(items) && items[to].word == items[from].word {
			to++
		}
		if to-from > 1 && ord.Ties(items[from].word) {
			t.sort(b, &ord, items[from:to])
		}
		from = to
	}
	return items
}

// ties sorts runs of rows by their whole keys; its buffers are reused.
type ties struct {
	data []byte
	keys []tied
}

type tied struct {
	from, to int
	row      int32
}

func (t *ties) sort(b *vec.Batch, ord *topn.Order, run []item) {
	t.data, t.keys = t.data[:0], t.keys[:0]
	for _, x := range run {
		from := len(t.data)
		t.data = ord.AppendKey(t.data, b, int(x.row))
		t.keys = append(t.keys, tied{from, len(t.data), x.row})
	}
	slices.SortStableFunc(t.keys, func(x, y tied) int { return bytes.Compare(t.data[x.from:x.to], t.data[y.from:y.to]) })
	for i := range run {
		run[i].row = t.keys[i].row
	}
}

// radix sorts by word, least byte first (LSD radix sort: stable), leaving out
// bytes that all words share. It gives the sorted slice and the other one.
func radix(items, spare []item) (sorted, other []item) {
	if len(items) < 64 {
		slices.SortStableFunc(items, func(a, b item) int {
			switch {
			case a.word < b.word:
				return -1
			case a.word > b.word:
				return 1
			}
			return 0
		})
		return items, spare
	}
	var counts [8][256]uint32
	for i := range items {
		w := items[i].word
		for d := range counts {
			counts[d][byte(w>>(8*d))]++
		}
	}
	for d := range counts {
		c := &counts[d]
		if c[byte(items[0].word>>(8*d))] == uint32(len(items)) {
			continue
		}
		at := uint32(0)
		for i, n := range c {
			c[i] = at
			at += n
		}
		for _, x := range items {
			k := byte(x.word >> (8 * d))
			spare[c[k]] = x
			c[k]++
		}
		items, spare = spare, items
	}
	return items, spare
}
