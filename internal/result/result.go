// Package result folds the changes of a query into the table that they amount
// to, for readers who want an answer and not a changelog.
package result

import (
	"unsafe"

	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/spill"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/topn"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// Table is a multiset of rows that changes are folded into. Rows are told apart
// by their canonical bytes, so a deletion need not come from the task that made
// the row. What does not fit into memory spills. A Table belongs to one goroutine.
type Table struct {
	types  []types.Type
	budget *spill.Budget
	store  *state.Store
	rows   *state.Table
	keys   state.Keys
	refs   []state.Ref
	ptrs   []unsafe.Pointer
	flat   vec.Batch
	added  int64
	sorted *topn.Sort
}

// row is how often a row is there; below zero while its deletion has come
// before it.
type row struct {
	count int64
	seq   int64 // when it came, from 1; 0 = it is not there
}

// New gives an empty table of the given column types, which takes no more memory
// than c says.
func New(c spill.Config, ts []types.Type) *Table {
	b := spill.New(c)
	s := state.NewStore(state.Config{Memory: b})
	return &Table{types: ts, budget: b, store: s,
		rows: s.Table(state.TableSpec{Name: "result", Key: ts, Fixed: int(unsafe.Sizeof(row{}))})}
}

// Add folds a batch of changes, which is not kept.
func (t *Table) Add(b *vec.Batch) error {
	t.flat = vec.Batch{Cols: t.flat.Cols[:0], Sel: b.Sel, N: b.N}
	for _, c := range b.Cols {
		t.flat.Cols = append(t.flat.Cols, c.Flat())
	}
	t.keys.Encode(t.rows.Codec(), &t.flat, nil)
	if n := t.keys.Len(); cap(t.refs) < n {
		t.refs = make([]state.Ref, n)
	}
	refs := t.refs[:t.keys.Len()]
	t.rows.Upsert(&t.keys, refs, nil)
	t.ptrs = t.rows.Ptrs(refs, t.ptrs)
	for i, p := range t.ptrs {
		r := (*row)(p)
		if r.seq == 0 {
			t.added++
			r.seq = t.added
		}
		if r.count += int64(b.Kind(b.Row(i)).Sign()); r.count == 0 {
			r.seq = 0
		}
	}
	for i, p := range t.ptrs {
		if (*row)(p).seq == 0 {
			t.rows.Delete(refs[i]) // of equal ones the first; the others are gone then
		}
	}
	t.store.Relieve()
	t.budget.Tend()
	return t.store.Err()
}

// Sort ends the adding: Next then gives the rows that are left, sorted by the keys,
// and where these tell nothing in the order in which they came.
func (t *Table) Sort(order []plan.SortKey) error {
	ts := append(t.types[:len(t.types):len(t.types)], types.Of(types.BigInt))
	keys := append(order[:len(order):len(order)], plan.SortKey{Col: len(t.types)})
	t.sorted = topn.NewSort(t.budget, ts, keys, 0)
	g := &giver{t: t, b: vec.NewBatch(ts)}
	for c, refs := (state.Cursor{}), []state.Ref(nil); !c.Done(); {
		refs = t.rows.Walk(&c, giveStep, refs)
		for _, ref := range refs {
			r := (*row)(t.rows.Ptr(ref))
			for n := r.count; n > 0; n-- {
				if err := g.add(ref, r.seq); err != nil {
					return err
				}
			}
		}
	}
	return g.give()
}

// giveStep is how many rows go to the sort at a time.
const giveStep = 1024

// giver passes rows to the sort.
type giver struct {
	t    *Table
	b    *vec.Batch
	refs []state.Ref
}

func (g *giver) add(r state.Ref, seq int64) error {
	g.refs = append(g.refs, r)
	g.b.Cols[len(g.b.Cols)-1].AppendValue(seq)
	if len(g.refs) < giveStep {
		return nil
	}
	return g.give()
}

func (g *giver) give() error {
	g.t.rows.DecodeKeys(g.refs, g.b.Cols[:len(g.b.Cols)-1])
	g.b.N, g.refs = len(g.refs), g.refs[:0]
	err := g.t.sorted.Add(g.b)
	g.b.Reset()
	g.t.budget.Tend()
	return err
}

// Next gives the next rows, which are the caller's; nil at the end. There is one
// batch if all fit into memory.
func (t *Table) Next() (*vec.Batch, error) {
	for {
		b, order, err := t.sorted.Chunk()
		if b == nil || err != nil {
			return nil, err
		}
		if len(order) == 0 {
			continue
		}
		out := vec.NewBatch(t.types)
		out.AppendSel(&vec.Batch{Cols: b.Cols[:len(t.types)], N: b.N}, order)
		return out, nil
	}
}

// Close gives memory and disk back.
func (t *Table) Close() error {
	if t.sorted != nil {
		t.sorted.Close()
	}
	t.store.Close()
	return t.budget.Close()
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
