package fn

import (
	"fmt"

	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

const collectionCategory = "collection"

// Collections construct ARRAY, MAP, MULTISET and ROW and take them apart.
func Collections() []Func {
	make := func(name, doc string, infer func([]Arg) (types.Type, error), b func(*Call) (Kernel, error), ex ...Example) Func {
		return Func{Name: name, Sig: "(x ANY...)", Doc: doc, Category: collectionCategory, Hidden: true, Nulls: Custom, Infer: infer, Bind: b, Examples: ex}
	}
	return []Func{
		make("ARRAY", "An array of the values.", inferList("ARRAY", types.ArrayOf), bindArray, Example{"ARRAY[1, 2]", "[1, 2]"}),
		make("MULTISET", "A multiset of the values.", inferList("MULTISET", types.MultisetOf), bindMultiset),
		make("MAP", "A map of keys and values in turn.", inferMap, bindMap, Example{"MAP['a', 1, 'b', 2]", "{a=1, b=2}"}),
		make("ROW", "A row of the values.", inferRow, bindRow, Example{"ROW(1, 'a')", "(1, a)"}),
		{Name: "FIELD", Sig: "(r ROW, name STRINGLIKE)", Doc: "A field of a row.", Category: collectionCategory, Hidden: true, Infer: inferField, Bind: bindField},
		{Name: "ITEM", Sig: "(a ARRAY, i INTEGER)", Doc: "The element of an array at an index, from 1; NULL outside.", Category: collectionCategory, Hidden: true,
			Infer: inferItem, Bind: bindArrayItem, Examples: []Example{{"ARRAY['a', 'b'][2]", "b"}}},
		{Name: "ITEM", Sig: "(m MAP<K, V>, key K)", Doc: "The value of a key of a map; NULL if it has none.", Category: collectionCategory, Hidden: true,
			Infer: inferItem, Bind: bindMapItem, Examples: []Example{{"MAP['a', 1]['a']", "1"}}},
		{Name: "CARDINALITY", Sig: "(a ARRAY) -> INT", Doc: "The number of elements.", Category: collectionCategory, Kernel: cardinality, Examples: []Example{{"CARDINALITY(ARRAY[1, 2])", "2"}}},
		{Name: "CARDINALITY", Sig: "(m MAP) -> INT", Doc: "The number of entries.", Category: collectionCategory, Kernel: cardinality},
		{Name: "CARDINALITY", Sig: "(m MULTISET) -> INT", Doc: "The number of different elements.", Category: collectionCategory, Kernel: cardinality},
		{Name: "ELEMENT", Sig: "(a ARRAY)", Doc: "The only element of an array; NULL if it has none.", Category: collectionCategory, CanFail: true,
			Infer: inferElement, Bind: bindElement, Examples: []Example{{"ELEMENT(ARRAY[1])", "1"}}},
		{Name: "ELEMENT", Sig: "(m MULTISET)", Doc: "The only element of a multiset; NULL if it has none.", Category: collectionCategory, CanFail: true,
			Infer: inferElement, Bind: bindElement},
	}
}

// commonOf gives the common type of every step-th argument from first.
func commonOf(what string, args []Arg, first, step int) (types.Type, error) {
	var ts []types.Type
	allNull := true
	for i := first; i < len(args); i += step {
		ts = append(ts, args[i].Type.WithAttr(types.NoAttr))
		allNull = allNull && args[i].Type.Kind == types.Null
	}
	if allNull {
		return types.Of(types.Null), nil
	}
	t, ok := types.CommonType(ts...)
	if !ok {
		return t, sqlerr.New(sqlerr.Type, sqlerr.Pos{}, "the %s have no common type", what)
	}
	return t, nil
}

func inferList(name string, of func(types.Type) types.Type) func([]Arg) (types.Type, error) {
	return func(args []Arg) (types.Type, error) {
		e, err := commonOf("elements of "+name, args, 0, 1)
		return of(e).NotNull(), err
	}
}

func inferMap(args []Arg) (types.Type, error) {
	if len(args)%2 != 0 {
		return types.Type{}, sqlerr.New(sqlerr.Type, sqlerr.Pos{}, "MAP needs keys and values in turn, but has %d items", len(args))
	}
	k, err := commonOf("keys of MAP", args, 0, 2)
	if err != nil {
		return k, err
	}
	v, err := commonOf("values of MAP", args, 1, 2)
	return types.MapOf(k, v).NotNull(), err
}

func inferRow(args []Arg) (types.Type, error) {
	fields := make([]types.Field, len(args))
	for i, a := range args {
		fields[i] = types.Field{Name: fmt.Sprintf("EXPR$%d", i), Type: a.Type.WithAttr(types.NoAttr)}
	}
	return types.RowOf(fields...).NotNull(), nil
}

// bindArray lays the columns of the elements out row by row.
func bindArray(c *Call) (Kernel, error) {
	want := make([]types.Type, len(c.Args))
	for i := range want {
		want[i] = c.Ret.Elem.AsNullable()
	}
	return coercedArgs(c, want, func(x *Ctx, args []*vec.Vector, out *vec.Vector) error {
		out.Resize(x.N)
		kid := out.Kids[0]
		for i := range x.N {
			for _, v := range args {
				kid.Append(v, i)
			}
			out.Off[i+1] = int32(kid.N)
		}
		return nil
	}, false)
}

// bindMultiset counts equal elements.
func bindMultiset(c *Call) (Kernel, error) {
	want := make([]types.Type, len(c.Args))
	for i := range want {
		want[i] = c.Ret.Elem.AsNullable()
	}
	var key []byte
	return coercedArgs(c, want, func(x *Ctx, args []*vec.Vector, out *vec.Vector) error {
		out.Resize(x.N)
		kid := out.Kids[0]
		seen := map[string]int{}
		for i := range x.N {
			clear(seen)
			for _, v := range args {
				key = vec.AppendCanonical(key[:0], v, i)
				if at, ok := seen[string(key)]; ok {
					kid.Kids[1].I32[at]++
					continue
				}
				seen[string(key)] = kid.N
				kid.Kids[0].Append(v, i)
				kid.Kids[1].AppendValue(int64(1))
				kid.N++
			}
			out.Off[i+1] = int32(kid.N)
		}
		return nil
	}, false)
}

// bindMap keeps the last value of a key that is given twice, at the place of
// the first.
func bindMap(c *Call) (Kernel, error) {
	want := make([]types.Type, len(c.Args))
	for i := range want {
		want[i] = c.Ret.Elem.AsNullable()
		if i%2 == 0 {
			want[i] = c.Ret.Key.AsNullable()
		}
	}
	var b mapBuilder
	return coercedArgs(c, want, func(x *Ctx, args []*vec.Vector, out *vec.Vector) error {
		out.Resize(0)
		for i := range x.N {
			b.start()
			for k := 0; k < len(args); k += 2 {
				b.put(args[k], i, args[k+1], i)
			}
			b.finish(out)
		}
		return nil
	}, false)
}

// mapBuilder collects the entries of one map.
type mapBuilder struct {
	places  map[string]int
	entries []mapEntry
	key     []byte
}

type mapEntry struct {
	key, value   *vec.Vector
	keyAt, valAt int
}

func (b *mapBuilder) start() {
	if b.places == nil {
		b.places = map[string]int{}
	}
	clear(b.places)
	b.entries = b.entries[:0]
}

func (b *mapBuilder) put(k *vec.Vector, ki int, v *vec.Vector, vi int) {
	b.key = vec.AppendCanonical(b.key[:0], k, ki)
	if at, ok := b.places[string(b.key)]; ok {
		b.entries[at].value, b.entries[at].valAt = v, vi
		return
	}
	b.places[string(b.key)] = len(b.entries)
	b.entries = append(b.entries, mapEntry{k, v, ki, vi})
}

// finish appends the map to out.
func (b *mapBuilder) finish(out *vec.Vector) {
	kid := out.Kids[0]
	for _, e := range b.entries {
		kid.Kids[0].Append(e.key, e.keyAt)
		kid.Kids[1].Append(e.value, e.valAt)
		kid.N++
	}
	endList(out)
}

func bindRow(c *Call) (Kernel, error) {
	return func(x *Ctx, args []*vec.Vector, out *vec.Vector) error {
		out.Resize(x.N)
		for k, v := range args {
			kid := out.Kids[k]
			kid.Resize(0)
			if v.Const {
				kid.AppendRepeat(v, 0, x.N)
			} else {
				kid.AppendRange(v, 0, x.N)
			}
		}
		return nil
	}, nil
}

// FieldIndex gives the place of the field that a FIELD call names, -1 if the
// row has none.
func FieldIndex(row types.Type, name Arg) int {
	want, _ := literalText(name)
	for i, f := range row.Fields {
		if f.Name == want {
			return i
		}
	}
	return -1
}

func inferField(args []Arg) (types.Type, error) {
	i := FieldIndex(args[0].Type, args[1])
	if i < 0 {
		name, _ := literalText(args[1])
		err := sqlerr.New(sqlerr.Name, sqlerr.Pos{}, "the row has no field %s", name)
		names := make([]string, len(args[0].Type.Fields))
		for k, f := range args[0].Type.Fields {
			names[k] = f.Name
		}
		if near, ok := sqlerr.Nearest(name, names); ok {
			return types.Type{}, err.WithHint("did you mean %s?", near)
		}
		return types.Type{}, err
	}
	t := args[0].Type.Fields[i].Type
	return t.WithNull(t.Nullable || args[0].Type.Nullable), nil
}

func bindField(c *Call) (Kernel, error) {
	i := FieldIndex(c.Args[0].Type, c.Args[1])
	return func(_ *Ctx, args []*vec.Vector, out *vec.Vector) error {
		out.Resize(0)
		v := args[0]
		if v.Const {
			out.AppendRepeat(v.Kids[i], 0, v.N)
		} else {
			out.AppendRange(v.Kids[i], 0, v.N)
		}
		return nil
	}, nil
}

func inferItem(args []Arg) (types.Type, error) { return args[0].Type.Elem.AsNullable(), nil }

func bindArrayItem(*Call) (Kernel, error) {
	var at []int32
	return func(c *Ctx, args []*vec.Vector, out *vec.Vector) error {
		v := args[0]
		at = at[:0]
		for i := range v.N {
			j := v.Idx(i)
			n, k := int64(v.Off[j+1]-v.Off[j]), int64(0)
			if c.Live.Get(i) {
				k = intAt(args[1], i)
			}
			if k < 1 || k > n {
				at = append(at, -1)
			} else {
				at = append(at, v.Off[j]+int32(k)-1)
			}
		}
		takeChildren(v.Kids[0], at, out)
		return nil
	}, nil
}

// takeChildren gives the rows at of a child vector, null for -1.
func takeChildren(kid *vec.Vector, at []int32, out *vec.Vector) {
	out.Resize(0)
	if kid.N == 0 {
		out.AppendNulls(len(at))
		return
	}
	from := 0
	for i, a := range at {
		if a < 0 {
			out.AppendSel(kid, at[from:i])
			out.AppendNulls(1)
			from = i + 1
		}
	}
	out.AppendSel(kid, at[from:])
}

func bindMapItem(*Call) (Kernel, error) {
	var at []int32
	return func(c *Ctx, args []*vec.Vector, out *vec.Vector) error {
		m, key := args[0], args[1]
		keys := m.Kids[0].Kids[0]
		at = at[:0]
		for i := range m.N {
			j := m.Idx(i)
			found := int32(-1)
			// The last entry of a key counts.
			for e := m.Off[j+1] - 1; e >= m.Off[j] && c.Live.Get(i); e-- {
				if vec.Compare(keys, int(e), key, i) == 0 {
					found = e
					break
				}
			}
			at = append(at, found)
		}
		takeChildren(m.Kids[0].Kids[1], at, out)
		return nil
	}, nil
}

func cardinality(_ *Ctx, args []*vec.Vector, out *vec.Vector) error {
	v := args[0]
	out.Resize(v.N)
	for i := range out.I32 {
		j := v.Idx(i)
		out.I32[i] = v.Off[j+1] - v.Off[j]
	}
	return nil
}

func inferElement(args []Arg) (types.Type, error) { return args[0].Type.Elem.AsNullable(), nil }

func bindElement(c *Call) (Kernel, error) {
	multiset := c.Args[0].Type.Kind == types.Multiset
	return appendOf(func(out *vec.Vector, r *row) {
		kid, from, to := r.list(0)
		if multiset {
			kid = kid.Kids[0]
		}
		switch to - from {
		case 0:
		case 1:
			out.Append(kid, from)
		default:
			r.failAs(sqlerr.Cardinality, "Array has more than one element.")
		}
	}), nil
}

// list gives the child vector of a collection argument and the range of the
// row's elements in it.
func (r *row) list(k int) (kid *vec.Vector, from, to int) {
	v := r.args[k]
	j := v.Idx(r.i)
	return v.Kids[0], int(v.Off[j]), int(v.Off[j+1])
}
