package fn

import (
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// nested casts a ROW field by field, an ARRAY, MAP or MULTISET element by
// element.
func (x caster) nested() (Kernel, error) {
	if x.from.Kind == types.Row {
		return x.rowKernel()
	}
	kid, err := x.child(x.from.ListElem(), x.to.ListElem())
	if err != nil {
		return nil, err
	}
	var flat *vec.Vector
	return func(c *Ctx, args []*vec.Vector, out *vec.Vector) error {
		v := flatten(args[0], &flat, args[0].N)
		out.Resize(v.N)
		copy(out.Off, v.Off[:v.N+1])
		if err := kid.run(c, v.Kids[0], out.Kids[0]); err != nil || !x.try {
			return err
		}
		for i := range v.N {
			for j := int(v.Off[i]); j < int(v.Off[i+1]); j++ {
				if lostValue(v.Kids[0], out.Kids[0], j) {
					out.SetNull(i)
				}
			}
		}
		return nil
	}, nil
}

// lostValue reports whether TRY_CAST made a null of row i: one value inside that
// cannot be cast makes the whole null.
func lostValue(from, to *vec.Vector, i int) bool {
	if from.IsNull(i) {
		return false
	}
	if to.IsNull(i) {
		return true
	}
	if to.Type.Phys() == types.PRow {
		for k := range to.Kids {
			if lostValue(from.Kids[k], to.Kids[k], i) {
				return true
			}
		}
	}
	return false
}

func (x caster) rowKernel() (Kernel, error) {
	if len(x.from.Fields) != len(x.to.Fields) {
		return nil, castError(x.from, x.to)
	}
	kids := make([]*childCast, len(x.from.Fields))
	for i, f := range x.from.Fields {
		k, err := x.child(f.Type, x.to.Fields[i].Type)
		if err != nil {
			return nil, err
		}
		kids[i] = k
	}
	var flat *vec.Vector
	return func(c *Ctx, args []*vec.Vector, out *vec.Vector) error {
		v := flatten(args[0], &flat, args[0].N)
		out.Resize(v.N)
		for i, k := range kids {
			if err := k.run(c, v.Kids[i], out.Kids[i]); err != nil {
				return err
			}
			for r := 0; x.try && r < v.N; r++ {
				if lostValue(v.Kids[i], out.Kids[i], r) {
					out.SetNull(r)
				}
			}
		}
		return nil
	}, nil
}

// childCast casts a child vector; the parent's row mask does not reach it.
type childCast struct {
	kernel Kernel
	arg    [1]*vec.Vector
}

func (x caster) child(from, to types.Type) (*childCast, error) {
	k, err := CastKernel(from, to, x.try, x.zone)
	return &childCast{kernel: k}, err
}

func (k *childCast) run(c *Ctx, v, out *vec.Vector) error {
	k.arg[0] = v
	inner := *c
	inner.Live, inner.N = nil, v.N
	if err := k.kernel(&inner, k.arg[:], out); err != nil {
		return err
	}
	out.AndValid(v)
	return nil
}
