package tpch

import (
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/vec"
)

// blockUnits is how many rows (of lineitem: orders) are made at a time.
const blockUnits = 1 << 13

// Data is the tables at a scale.
type Data struct {
	parts, suppliers, customers, orders, clerks int64
	seed                                        uint64
	random                                      [tables]connector.Random
	pool                                        string
	tables                                      []*table
}

// table is one table: what was made of it so far.
type table struct {
	*schema
	d     *Data
	first []int64 // first row of each block, and the number of rows
	cols  []loaded
}

// loaded is a column in blocks; it is made when it is first wanted.
type loaded struct {
	once   sync.Once
	blocks []*vec.Vector
}

// New describes the tables at a scale (1 is about a gigabyte); nothing is made
// yet but the text that comments are pieces of.
func New(scale float64, seed uint64) *Data {
	n := func(base float64) int64 { return max(int64(base*scale+0.5), 1) }
	d := &Data{parts: n(200_000), suppliers: max(n(10_000), 4), customers: max(n(150_000), 3), orders: n(1_500_000), clerks: n(1000), seed: seed, pool: newPool(seed)}
	for t := range d.random {
		d.random[t] = connector.NewRandom(seed*tables + uint64(t))
	}
	for _, s := range []*schema{&partTable, &supplierTable, &partSuppTable, &customerTable, &ordersTable, &lineitemTable, &nationTable, &regionTable} {
		t := &table{schema: s, d: d, cols: make([]loaded, len(s.columns))}
		t.first = t.layout()
		d.tables = append(d.tables, t)
	}
	return d
}

// layout gives the first row of each block.
func (t *table) layout() []int64 {
	units, rows := t.units(t.d), int64(0)
	var first []int64
	for u := int64(0); u < units; u += blockUnits {
		first = append(first, rows)
		end := min(u+blockUnits, units)
		if t.schema != &lineitemTable {
			rows += end - u
			continue
		}
		for o := u; o < end; o++ {
			rows += t.d.lines(o)
		}
	}
	return append(first, rows)
}

// Rows is the number of rows of a table, 0 if there is none of that name.
func (d *Data) Rows(name string) int64 {
	if t := d.table(name); t != nil {
		return t.rows()
	}
	return 0
}

func (d *Data) table(name string) *table {
	for _, t := range d.tables {
		if t.name == name {
			return t
		}
	}
	return nil
}

func (t *table) rows() int64 { return t.first[len(t.first)-1] }

func (t *table) blocks() int { return len(t.first) - 1 }

// column gives a column's blocks, making them if need be, on all cores.
func (t *table) column(c int) []*vec.Vector {
	l := &t.cols[c]
	l.once.Do(func() {
		l.blocks = make([]*vec.Vector, t.blocks())
		var next atomic.Int64
		var wg sync.WaitGroup
		for range runtime.GOMAXPROCS(0) {
			wg.Go(func() {
				for b := next.Add(1) - 1; b < int64(len(l.blocks)); b = next.Add(1) - 1 {
					l.blocks[b] = t.make(c, b)
				}
			})
		}
		wg.Wait()
	})
	return l.blocks
}

func (t *table) make(c int, block int64) *vec.Vector {
	col := &t.columns[c]
	v := vec.New(col.typ, int(t.first[block+1]-t.first[block]))
	lo := block * blockUnits
	col.fill(t.d, v, lo, min(lo+blockUnits, t.units(t.d)))
	return v
}
