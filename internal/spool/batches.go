package spool

import (
	"github.com/weir-stream/weir/internal/spill"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// Batches is a table of rows that is written once and then read, by as many
// Cursors as are wanted. One goroutine may Add to it or Clear it, when nobody
// reads.
type Batches struct {
	packer *Packer
	items  []Item
	rows   int
}

// NewBatches gives an empty table.
func NewBatches(b *spill.Budget, ts []types.Type) *Batches { return NewPacker(b, ts).Batches() }

// Batches gives an empty table of the packer's rows. Tables of one packer are
// filled by the same goroutine.
func (p *Packer) Batches() *Batches { return &Batches{packer: p} }

// Add keeps a copy of the counting rows of b.
func (t *Batches) Add(b *vec.Batch) error {
	if b.Len() == 0 {
		return nil
	}
	it, err := t.packer.copied(b)
	if err == nil {
		t.items = append(t.items, it)
		t.rows += b.Len()
	}
	return err
}

// Rows is the number of rows.
func (t *Batches) Rows() int { return t.rows }

// Len is the number of batches.
func (t *Batches) Len() int { return len(t.items) }

// Clear gives everything back.
func (t *Batches) Clear() {
	for _, it := range t.items {
		t.packer.Free(it)
	}
	t.items, t.rows = nil, 0
}

// Cursor reads a table from its start. It belongs to one goroutine.
type Cursor struct {
	of     *Batches
	packer *Packer
	out    *vec.Batch
	next   int
}

// Read gives a cursor.
func (t *Batches) Read() *Cursor {
	return &Cursor{of: t, packer: NewPacker(t.packer.budget, t.packer.types), out: vec.NewBatch(t.packer.types)}
}

// More reports whether there is a next batch.
func (c *Cursor) More() bool { return c.next < len(c.of.items) }

// Next gives the next batch, which is valid until the next call; nil at the end.
func (c *Cursor) Next() (*vec.Batch, error) {
	if !c.More() {
		return nil, nil
	}
	c.next++
	return c.packer.Peek(c.of.items[c.next-1], c.out)
}
