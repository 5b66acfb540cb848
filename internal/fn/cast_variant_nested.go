package fn

import (
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/variant"
	"github.com/weir-stream/weir/internal/vec"
)

// variantNested casts what a VARIANT holds to an ARRAY, a MAP from text, or a ROW,
// whose fields are found by name; what an object has not is NULL.
func (x caster) variantNested() (Kernel, error) {
	r, err := newVariantReader(x.to)
	if err != nil {
		return nil, castError(x.from, x.to)
	}
	return func(c *Ctx, args []*vec.Vector, out *vec.Vector) error {
		v := args[0]
		out.Resize(0)
		for i := range v.N {
			if v.IsNull(i) || !c.Live.Get(i) {
				out.AppendNulls(1)
				continue
			}
			val := variant.Open(v.S[v.Idx(i)])
			if r.append(out, val) {
				continue
			}
			if !x.try {
				return failure(sqlerr.Conversion, "the VARIANT %s does not fit %s", shorten(string(val.AppendJSON(nil))), plainType(x.to))
			}
			rollback(out, i)
			out.AppendNulls(1)
		}
		return nil
	}, nil
}

// rollback drops the rows from n on, and what was appended to the children for
// rows that were not finished.
func rollback(v *vec.Vector, n int) {
	v.Truncate(n)
	switch v.Type.Phys() {
	case types.PList:
		rollback(v.Kids[0], int(v.Off[n]))
	case types.PRow:
		for _, k := range v.Kids {
			rollback(k, n)
		}
	}
}

// variantReader appends a value of a type.
type variantReader struct {
	t    types.Type
	put  func(out *vec.Vector, i int, v variant.Value) bool // scalars
	one  *vec.Vector
	kids []*variantReader // element or value; fields
	m    variant.Maker
	buf  []byte
}

func newVariantReader(t types.Type) (*variantReader, error) {
	r := &variantReader{t: t}
	var of []types.Type
	switch {
	case t.Kind == types.Map && !t.Key.IsString():
		return nil, castError(types.Of(types.Variant), t)
	case t.Kind == types.Map, t.Kind == types.Array:
		of = []types.Type{*t.Elem}
	case t.Kind == types.Row:
		for _, f := range t.Fields {
			of = append(of, f.Type)
		}
	case t.IsString(), t.Kind == types.Variant:
		return r, nil
	default:
		if r.put = variantPut(t); r.put == nil {
			return nil, castError(types.Of(types.Variant), t)
		}
		r.one = vec.New(t, 1)
	}
	for _, k := range of {
		kid, err := newVariantReader(k)
		if err != nil {
			return nil, err
		}
		r.kids = append(r.kids, kid)
	}
	return r, nil
}

// append adds the value; false if the type cannot hold it, and then out may hold a
// part of it.
func (r *variantReader) append(out *vec.Vector, v variant.Value) bool {
	if v.Kind() == variant.Null && r.t.Kind != types.Variant {
		out.AppendNulls(1)
		return r.t.Nullable
	}
	switch r.t.Kind {
	case types.Variant:
		r.buf = r.m.Copy(r.buf[:0], v)
		return r.text(out)
	case types.Char, types.Varchar:
		r.buf = fitLength(v.AppendText(r.buf[:0]), 0, r.t.Prec, r.t.Kind == types.Char)
		return r.text(out)
	case types.Array:
		return r.list(out, v)
	case types.Map:
		return r.mapping(out, v)
	case types.Row:
		return r.row(out, v)
	}
	r.one.Resize(1)
	if !r.put(r.one, 0, v) {
		return false
	}
	out.Append(r.one, 0)
	return true
}

func (r *variantReader) text(out *vec.Vector) bool {
	out.S = append(out.S, string(r.buf))
	out.Extend(1)
	return true
}

func (r *variantReader) list(out *vec.Vector, v variant.Value) bool {
	if v.Kind() != variant.Array {
		return false
	}
	for i := range v.Len() {
		if e, ok := v.Element(i); !ok || !r.kids[0].append(out.Kids[0], e) {
			return false
		}
	}
	endList(out)
	return true
}

func (r *variantReader) mapping(out *vec.Vector, v variant.Value) bool {
	if v.Kind() != variant.Object {
		return false
	}
	entries := out.Kids[0]
	for i := range v.Len() {
		name, e := v.Entry(i)
		r.buf = fitLength(append(r.buf[:0], name...), 0, r.t.Key.Prec, r.t.Key.Kind == types.Char)
		r.text(entries.Kids[0])
		if !r.kids[0].append(entries.Kids[1], e) {
			return false
		}
		entries.Extend(1)
	}
	endList(out)
	return true
}

func (r *variantReader) row(out *vec.Vector, v variant.Value) bool {
	if v.Kind() != variant.Object {
		return false
	}
	for i, f := range r.t.Fields {
		e, ok := v.Field(f.Name)
		switch {
		case ok && r.kids[i].append(out.Kids[i], e):
		case ok || !f.Type.Nullable:
			return false
		default:
			out.Kids[i].AppendNulls(1)
		}
	}
	out.Extend(1)
	return true
}
