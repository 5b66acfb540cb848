package sink

import "github.com/weir-stream/weir/internal/vec"

// changes counts the rows that UPDATE and DELETE change.
type changes struct {
	n   int64
	sel []int32
	out vec.Batch
}

// changed counts the rows that are marked and gives those that are written. The
// result is valid until the next call.
func (o *operator) changed(b *vec.Batch) *vec.Batch {
	c := &o.change
	mark := b.Cols[len(b.Cols)-1]
	c.sel = c.sel[:0]
	for i := range b.Len() {
		r := b.Row(i)
		if !mark.IsNull(r) && mark.B[mark.Idx(r)] {
			c.n++
			if o.node.Change == ChangeDelete {
				continue
			}
		}
		c.sel = append(c.sel, int32(r))
	}
	c.out = *b
	if c.out.Sel = c.sel; c.sel == nil {
		c.out.Sel = []int32{}
	}
	return &c.out
}
