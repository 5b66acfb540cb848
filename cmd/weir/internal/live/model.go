// Package live shows on a terminal what a query or a job does while it runs: a
// table that is updated in place, and a line of figures.
package live

import (
	"slices"

	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/result"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// model is the rows of a query as they are now, each in a place that it keeps
// while it is updated.
type model struct {
	types  []types.Type
	codec  *vec.Codec
	rows   vec.Rows
	places map[string][]int // of the rows that are equal, by their bytes
	slots  []string         // the bytes of a row by place; empty if it is gone
	alive  int
	keep   int // append-only: only so many last rows are kept; 0 = all
	total  int64
}

func newModel(ts []types.Type, keep int) *model {
	return &model{types: ts, codec: vec.NewCodec(ts), places: map[string][]int{}, keep: keep}
}

// add applies changes. A +U that follows a -U takes its place.
func (m *model) add(b *vec.Batch) {
	flat := *b
	flat.Cols = make([]*vec.Vector, len(b.Cols))
	for i, c := range b.Cols {
		flat.Cols[i] = c.Flat()
	}
	m.codec.Encode(&m.rows, &flat, nil)
	freed := -1
	for i := range m.rows.Len() {
		kind := b.Kind(b.Row(i))
		row := string(m.rows.Row(i))
		if kind.Adds() {
			if kind != vec.UpdateAfter {
				freed = -1
			}
			m.put(row, freed)
			freed = -1
			continue
		}
		freed = m.remove(row)
	}
	m.compact()
}

func (m *model) put(row string, at int) {
	if at < 0 {
		at = len(m.slots)
		m.slots = append(m.slots, "")
	}
	m.slots[at] = row
	m.alive++
	m.total++
	if m.keep == 0 {
		m.places[row] = append(m.places[row], at)
	}
}

// remove takes a row out and gives its place, -1 if it is not there.
func (m *model) remove(row string) int {
	ps := m.places[row]
	if len(ps) == 0 {
		return -1
	}
	at := ps[len(ps)-1]
	if len(ps) == 1 {
		delete(m.places, row)
	} else {
		m.places[row] = ps[:len(ps)-1]
	}
	m.slots[at] = ""
	m.alive--
	return at
}

// compact drops places of rows that are gone once they are most of all, and
// rows that are no longer kept.
func (m *model) compact() {
	if m.keep > 0 {
		if extra := len(m.slots) - m.keep; extra > m.keep {
			m.slots = slices.Clone(m.slots[extra:])
			m.alive = len(m.slots)
		}
		return
	}
	if len(m.slots) < 1024 || m.alive > len(m.slots)/2 {
		return
	}
	var slots []string
	clear(m.places)
	for _, s := range m.slots {
		if s != "" {
			m.places[s] = append(m.places[s], len(slots))
			slots = append(slots, s)
		}
	}
	m.slots = slots
}

// view gives at most n rows: the first by the order, or without one the last by
// place.
func (m *model) view(n int, order []plan.SortKey) *vec.Batch {
	var rows [][]byte
	for i := len(m.slots) - 1; i >= 0 && (len(order) > 0 || len(rows) < n); i-- {
		if s := m.slots[i]; s != "" {
			rows = append(rows, []byte(s))
		}
	}
	slices.Reverse(rows)
	b := vec.NewBatch(m.types)
	m.codec.Decode(rows, b.Cols)
	b.N = len(rows)
	if len(order) == 0 {
		return b
	}
	b.Sel = make([]int32, b.N)
	for i := range b.Sel {
		b.Sel[i] = int32(i)
	}
	slices.SortStableFunc(b.Sel, func(x, y int32) int { return result.Compare(b, int(x), int(y), order) })
	b.Sel = b.Sel[:min(n, len(b.Sel))]
	return b
}
