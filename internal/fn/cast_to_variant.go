package fn

import (
	"fmt"
	"math"
	"strconv"

	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/variant"
	"github.com/weir-stream/weir/internal/vec"
)

// toVariant makes VARIANTs of values: numbers stay what they are, a FLOAT becomes
// the DOUBLE of its shortest text, maps and rows become objects.
func (x caster) toVariant() Kernel {
	var m variant.Maker
	w := variantWriter{m: &m}
	var b textBuilder
	return func(c *Ctx, args []*vec.Vector, out *vec.Vector) error {
		v := args[0]
		out.Resize(v.N)
		b.start(v.N)
		for i := range v.N {
			if !v.IsNull(i) && c.Live.Get(i) {
				m.Start()
				w.kids = w.kids[:0]
				_, err := w.value(v, i)
				if err == nil {
					var buf []byte
					if buf, err = m.Build(b.buf); err == nil {
						b.buf = buf
					}
				}
				if err != nil && !x.try {
					return failure(sqlerr.Conversion, "cannot cast %s to VARIANT: %v", plainType(x.from), err)
				}
				if err != nil {
					out.SetNull(i)
				}
			}
			b.end()
		}
		b.finish(out)
		return nil
	}
}

// variantWriter makes nodes of values.
type variantWriter struct {
	m    *variant.Maker
	kids []int32 // a stack
}

func (w *variantWriter) value(v *vec.Vector, i int) (int32, error) {
	if v.IsNull(i) {
		return w.m.Null(), nil
	}
	i = v.Idx(i)
	switch t := v.Type; {
	case t.Kind == types.Boolean:
		return w.m.Bool(v.B[i]), nil
	case t.IsInteger():
		return w.m.Int(intAt(v, i)), nil
	case t.Kind == types.Decimal:
		d := types.I128(0)
		if t.Phys() == types.PI64 {
			d = types.I128(v.I64[i])
		} else {
			d = v.D[i]
		}
		return w.m.Decimal(d, t.Scale), nil
	case t.Kind == types.Float:
		f, _ := strconv.ParseFloat(strconv.FormatFloat(float64(v.F32[i]), 'g', -1, 32), 64)
		return w.double(f)
	case t.Kind == types.Double:
		return w.double(v.F64[i])
	case t.IsString():
		return w.m.String(v.S[i]), nil
	case t.Kind == types.Variant:
		return w.m.Add(variant.Open(v.S[i])), nil
	case t.Kind == types.Array:
		return w.array(v, i)
	case t.Kind == types.Map:
		return w.mapping(v, i)
	case t.Kind == types.Row:
		return w.row(v, i)
	}
	return 0, fmt.Errorf("%s is not what JSON has", plainType(v.Type))
}

func (w *variantWriter) double(f float64) (int32, error) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return 0, fmt.Errorf("%s is not what JSON has", types.AppendDouble(nil, f))
	}
	return w.m.Double(f), nil
}

func (w *variantWriter) array(v *vec.Vector, i int) (int32, error) {
	at, from := w.m.Array(), len(w.kids)
	for j := int(v.Off[i]); j < int(v.Off[i+1]); j++ {
		k, err := w.value(v.Kids[0], j)
		if err != nil {
			return 0, err
		}
		w.kids = append(w.kids, k)
	}
	w.m.Elements(at, w.kids[from:])
	w.kids = w.kids[:from]
	return at, nil
}

func (w *variantWriter) mapping(v *vec.Vector, i int) (int32, error) {
	at, from := w.m.Object(), len(w.kids)
	keys, values := v.Kids[0].Kids[0], v.Kids[0].Kids[1]
	for j := int(v.Off[i]); j < int(v.Off[i+1]); j++ {
		if keys.IsNull(j) {
			return 0, fmt.Errorf("a key is NULL")
		}
		k, err := w.value(values, j)
		if err != nil {
			return 0, err
		}
		w.m.Name(k, keys.S[keys.Idx(j)])
		w.kids = append(w.kids, k)
	}
	err := w.m.Fields(at, w.kids[from:])
	w.kids = w.kids[:from]
	return at, err
}

func (w *variantWriter) row(v *vec.Vector, i int) (int32, error) {
	at, from := w.m.Object(), len(w.kids)
	for f, kid := range v.Kids {
		k, err := w.value(kid, i)
		if err != nil {
			return 0, err
		}
		w.m.Name(k, v.Type.Fields[f].Name)
		w.kids = append(w.kids, k)
	}
	err := w.m.Fields(at, w.kids[from:])
	w.kids = w.kids[:from]
	return at, err
}
