// Package result folds the changes of a query into the table that they amount
// to, for readers who want an answer and not a changelog.
package result

import (
	"slices"
	"sort"

	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// Table is a multiset of rows that changes are folded into. Rows are told apart
// by their canonical bytes, so a deletion need not come from the task that made
// the row. A Table belongs to one goroutine.
type Table struct {
	types []types.Type
	codec *vec.Codec
	rows  vec.Rows // of one batch, reused
	at    map[string]*row
	added uint64
}

// row is how often a row is there; below zero while its deletion has come
// before it.
type row struct {
	count int
	seq   uint64
}

// New gives an empty table of the given column types.
func New(ts []types.Type) *Table {
	return &Table{types: ts, codec: vec.NewCodec(ts), at: map[string]*row{}}
}

// Add folds a batch of changes. The batch is not kept.
func (t *Table) Add(b *vec.Batch) {
	flat := *b
	flat.Cols = make([]*vec.Vector, len(b.Cols))
	for i, c := range b.Cols {
		flat.Cols[i] = c.Flat()
	}
	t.codec.Encode(&t.rows, &flat, nil)
	for i := range t.rows.Len() {
		key := t.rows.Row(i)
		r := t.at[string(key)]
		if r == nil {
			t.added++
			r = &row{seq: t.added}
			t.at[string(key)] = r
		}
		if r.count += int(b.Kind(b.Row(i)).Sign()); r.count == 0 {
			delete(t.at, string(key))
		}
	}
}

// Len is the number of rows in the table.
func (t *Table) Len() int {
	n := 0
	for _, r := range t.at {
		n += max(r.count, 0)
	}
	return n
}

// Rows gives the rows that are left, sorted by the keys, and where these tell
// nothing in the order in which they came. The batch is the caller's.
func (t *Table) Rows(order []plan.SortKey) *vec.Batch {
	type entry struct {
		key []byte
		row *row
	}
	entries := make([]entry, 0, len(t.at))
	for k, r := range t.at {
		if r.count > 0 {
			entries = append(entries, entry{[]byte(k), r})
		}
	}
	sort.Slice(entries, func(i, j int) bool { return entries[i].row.seq < entries[j].row.seq })
	var encoded [][]byte
	for _, e := range entries {
		for range e.row.count {
			encoded = append(encoded, e.key)
		}
	}
	b := vec.NewBatch(t.types)
	t.codec.Decode(encoded, b.Cols)
	b.N = len(encoded)
	if len(order) > 0 && b.N > 1 {
		return sorted(b, order)
	}
	return b
}

// sorted gives the rows of b in order.
func sorted(b *vec.Batch, order []plan.SortKey) *vec.Batch {
	sel := make([]int32, b.N)
	for i := range sel {
		sel[i] = int32(i)
	}
	slices.SortStableFunc(sel, func(x, y int32) int { return Compare(b, int(x), int(y), order) })
	out := vec.NewBatch(b.Types())
	out.AppendSel(b, sel)
	return out
}

// Compare orders physical rows x and y of b by the keys: -1, 0 or 1.
func Compare(b *vec.Batch, x, y int, order []plan.SortKey) int {
	for _, k := range order {
		v := b.Cols[k.Col]
		xn, yn := v.IsNull(x), v.IsNull(y)
		switch {
		case xn && yn:
			continue
		case xn || yn:
			if xn == k.NullsFirst {
				return -1
			}
			return 1
		}
		if c := vec.Compare(v, x, v, y); c != 0 {
			if k.Desc {
				return -c
			}
			return c
		}
	}
	return 0
}
