package expr

import (
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// renameStep gives a vector under another type of the same storage. Its children
// get the types within it too: what makes JSON or a VARIANT of rows reads the names
// of their fields there.
type renameStep struct {
	x int
	t types.Type
	r renamed
}

func (s *renameStep) run(p *Program, _ *vec.Batch, _ int) (*vec.Vector, error) {
	return s.r.as(p.vecs[s.x], s.t), nil
}

// renamed is the head of a vector and those of its children.
type renamed struct {
	head vec.Vector
	kids []renamed
	ptrs []*vec.Vector
}

func (r *renamed) as(v *vec.Vector, t types.Type) *vec.Vector {
	r.head = *v
	r.head.Type = t
	if !t.IsNested() || len(v.Kids) == 0 {
		return &r.head
	}
	if len(r.kids) != len(v.Kids) {
		r.kids, r.ptrs = make([]renamed, len(v.Kids)), make([]*vec.Vector, len(v.Kids))
	}
	for i, k := range v.Kids {
		of := k.Type
		switch {
		case t.Kind != types.Row:
			of = t.ListElem()
		case i < len(t.Fields):
			of = t.Fields[i].Type
		}
		r.ptrs[i] = r.kids[i].as(k, of)
	}
	r.head.Kids = r.ptrs
	return &r.head
}
