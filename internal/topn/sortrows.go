package topn

import (
	"bytes"
	"slices"

	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// Rows collects rows in columns, in chunks so that growth copies nothing.
type Rows struct {
	Types []types.Type
	// N is the number of rows, Bytes about the memory that they take.
	N      int
	Bytes  int64
	chunks []*vec.Batch
}

// chunkRows is how many rows lie together until they are joined.
const chunkRows = 1 << 16

// Add copies the counting rows of b.
func (r *Rows) Add(b *vec.Batch) {
	n := b.Len()
	if n == 0 {
		return
	}
	k := len(r.chunks) - 1
	if k < 0 || r.chunks[k].N+n > chunkRows && r.chunks[k].N > 0 {
		r.chunks = append(r.chunks, vec.NewBatch(r.Types))
		k++
	}
	view := vec.Batch{Cols: b.Cols, Sel: b.Sel, N: b.N}
	r.chunks[k].AppendBatch(&view)
	r.N += n
	r.Bytes += int64(b.Bytes()) * int64(n) / int64(max(b.N, 1))
}

// Join gives all rows as one batch, made column by column so that they are never
// in memory twice, and leaves r empty.
func (r *Rows) Join() *vec.Batch {
	out := &vec.Batch{Cols: make([]*vec.Vector, len(r.Types)), N: r.N}
	if len(r.chunks) == 1 {
		out = r.chunks[0]
	} else {
		for j, t := range r.Types {
			v := vec.New(t, r.N)
			v.Resize(0)
			for _, c := range r.chunks {
				v.AppendRange(c.Cols[j], 0, c.N)
				c.Cols[j] = nil
			}
			out.Cols[j] = v
		}
	}
	r.chunks, r.N, r.Bytes = nil, 0, 0
	return out
}

// item is a row by one word of its sort key.
type item struct {
	word uint64
	row  int32
}

// SortRows gives the rows of b in order; rows that tie stay in the order that
// they have.
func SortRows(b *vec.Batch, keys []plan.SortKey) []int32 {
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
		one := NewOrder(b.Types(), []plan.SortKey{k})
		if !one.Exact {
			return false
		}
	}
	return true
}

// byColumn sorts by one column, stably: by words, then nulls to their end, since
// they share a word with a value.
func byColumn(b *vec.Batch, key plan.SortKey, items, spare []item) (sorted, other []item) {
	one := Order{Keys: []plan.SortKey{key}}
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
	ord := NewOrder(b.Types(), keys)
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

func (t *ties) sort(b *vec.Batch, ord *Order, run []item) {
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
