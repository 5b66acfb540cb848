package fn

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"strconv"
	"unsafe"

	"github.com/weir-stream/weir/internal/roaring"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/variant"
	"github.com/weir-stream/weir/internal/vec"
)

func inferJSONAgg([]Arg) (types.Type, error) { return types.String().NotNull(), nil }

// aggKeepsNull reads the ON NULL clause, a symbol.
func aggKeepsNull(s string) bool { return s == "NULL" || s == "NULL ON NULL" || s == "NULL_ON_NULL" }

// aggOnNull tells whether a call keeps nulls; without an argument it is otherwise.
func aggOnNull(args []Arg, at int, otherwise bool) bool {
	if len(args) <= at || !args[at].Lit {
		return otherwise
	}
	s, _ := args[at].Value.(string)
	return aggKeepsNull(s)
}

func newJSONArray(c *AggCall) (Acc, error) {
	return &jsonArrayAgg{items: items{t: c.Args[0].Type}, nulls: aggOnNull(c.Args, 1, false)}, nil
}

type jsonArrayAgg struct {
	items
	nulls bool
}

func (f *jsonArrayAgg) Update(env *Env, accs []unsafe.Pointer, args []*vec.Vector, signs []int8) error {
	if len(args) > 1 && len(accs) > 0 {
		f.nulls = aggKeepsNull(args[1].S[0])
	}
	for i, p := range accs {
		if f.nulls || !args[0].IsNull(i) {
			f.change(env.Heap, (*itemList)(p), args[0], i, signOf(signs, i))
		}
	}
	return nil
}

func (f *jsonArrayAgg) Result(env *Env, accs []unsafe.Pointer, out *vec.Vector) error {
	for _, p := range accs {
		vals := vec.New(f.t, 0)
		n := f.decode(env.Heap, (*itemList)(p), vals)
		text := []byte{'['}
		for i := range n {
			if i > 0 {
				text = append(text, ',')
			}
			text = appendAggValue(text, vals, i)
		}
		out.S = append(out.S, string(append(text, ']')))
		out.Extend(1)
	}
	return nil
}

func newJSONObject(c *AggCall) (Acc, error) {
	t := types.RowOf(types.Field{Name: "k", Type: types.String()}, types.Field{Name: "v", Type: c.Args[1].Type})
	return &jsonObjectAgg{items: items{t: t}, nulls: aggOnNull(c.Args, 2, true)}, nil
}

type jsonObjectAgg struct {
	items
	nulls bool
}

func (f *jsonObjectAgg) Update(env *Env, accs []unsafe.Pointer, args []*vec.Vector, signs []int8) error {
	if len(args) > 2 && len(accs) > 0 {
		f.nulls = aggKeepsNull(args[2].S[0])
	}
	pair := &vec.Vector{Type: f.t, N: len(accs), Kids: []*vec.Vector{args[0], args[1]}}
	for i, p := range accs {
		if args[0].IsNull(i) {
			return Err("JSON_OBJECTAGG: a key is null")
		}
		if f.nulls || !args[1].IsNull(i) {
			f.change(env.Heap, (*itemList)(p), pair, i, signOf(signs, i))
		}
	}
	return nil
}

func (f *jsonObjectAgg) Result(env *Env, accs []unsafe.Pointer, out *vec.Vector) error {
	for _, p := range accs {
		pairs := vec.New(f.t, 0)
		n := f.decode(env.Heap, (*itemList)(p), pairs)
		text := []byte{'{'}
		last := map[string]int{} // of equal keys the last one counts
		for i := range n {
			last[pairs.Kids[0].S[i]] = i
		}
		for _, key := range pairs.Kids[0].S[:n] {
			i, ok := last[key]
			if !ok {
				continue
			}
			delete(last, key)
			if len(text) > 1 {
				text = append(text, ',')
			}
			text = appendAggText(text, key)
			text = appendAggValue(append(text, ':'), pairs.Kids[1], i)
		}
		out.S = append(out.S, string(append(text, '}')))
		out.Extend(1)
	}
	return nil
}

// appendAggValue appends row i as a JSON value.
func appendAggValue(dst []byte, v *vec.Vector, i int) []byte {
	if v.IsNull(i) {
		return append(dst, "null"...)
	}
	i = v.Idx(i)
	switch {
	case v.Type.Kind == types.Boolean:
		return strconv.AppendBool(dst, v.B[i])
	case v.Type.IsInteger():
		return strconv.AppendInt(dst, integerAt(v, i), 10)
	case v.Type.IsApprox():
		return appendAggFloat(dst, v, i)
	case v.Type.Kind == types.Decimal && v.Type.Phys() == types.PI64:
		return types.AppendDecimal64(dst, v.I64[i], v.Type.Scale)
	case v.Type.Kind == types.Decimal:
		return types.AppendDecimal(dst, v.D[i], v.Type.Scale)
	case v.Type.IsString():
		return appendAggText(dst, v.S[i])
	case v.Type.Kind == types.Variant:
		return variant.Open(v.S[i]).AppendJSON(dst)
	case v.Type.Kind == types.Bitmap:
		return append(roaring.AppendText(append(dst, '"'), v.S[i]), '"')
	case v.Type.IsBinary():
		return appendAggText(dst, base64.StdEncoding.EncodeToString([]byte(v.S[i])))
	case v.Type.Kind == types.Array:
		dst = append(dst, '[')
		for j := v.Off[i]; j < v.Off[i+1]; j++ {
			if j > v.Off[i] {
				dst = append(dst, ',')
			}
			dst = appendAggValue(dst, v.Kids[0], int(j))
		}
		return append(dst, ']')
	case v.Type.Kind == types.Row:
		dst = append(dst, '{')
		for j, k := range v.Kids {
			if j > 0 {
				dst = append(dst, ',')
			}
			dst = appendAggText(dst, v.Type.Fields[j].Name)
			dst = appendAggValue(append(dst, ':'), k, i)
		}
		return append(dst, '}')
	}
	text, _ := json.Marshal(v.Value(i))
	return append(dst, text...)
}

func appendAggFloat(dst []byte, v *vec.Vector, i int) []byte {
	x, size := numberAt(v, i), 64
	if v.Type.Kind == types.Float {
		size = 32
	}
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return append(dst, "null"...)
	}
	return strconv.AppendFloat(dst, x, 'g', -1, size)
}

func appendAggText(dst []byte, s string) []byte {
	text, _ := json.Marshal(s)
	return append(dst, text...)
}
