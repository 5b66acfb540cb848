package fn

import (
	"encoding/binary"
	"math"
	"sort"
	"strings"
	"unsafe"

	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

func inferListagg(args []Arg) (types.Type, error) {
	if len(args) > 1 && !args[1].Lit {
		return types.Type{}, sqlerr.New(sqlerr.Type, sqlerr.Pos{}, "the separator of LISTAGG must be a literal")
	}
	return types.String().WithNull(args[0].Type.Nullable), nil
}

// newListagg gives LISTAGG.
func newListagg(c *AggCall) (Acc, error) {
	sep := ","
	if len(c.Args) > 1 {
		s, ok := c.Args[1].Value.(string)
		if !ok && c.Args[1].Lit {
			return nil, sqlerr.New(sqlerr.Type, sqlerr.Pos{}, "the separator of LISTAGG must be a literal")
		}
		if ok {
			sep = s
		}
	}
	return &listagg{items: items{t: c.Args[0].Type}, sep: sep, ask: len(c.Args) > 1 && !c.Args[1].Lit}, nil
}

// listagg joins texts. ask: the separator comes with the rows, as the column of
// a literal.
type listagg struct {
	items
	sep string
	ask bool
	// learned: sep is that of the rows.
	learned bool
}

// Learned gives the separator.
func (f *listagg) Learned() (string, bool) { return f.sep, f.learned || !f.ask }

// Learn sets it.
func (f *listagg) Learn(sep string) { f.sep, f.learned = sep, true }

func (f *listagg) Update(env *Env, accs []unsafe.Pointer, args []*vec.Vector, signs []int8) error {
	if f.ask && len(accs) > 0 && !args[1].IsNull(0) {
		f.Learn(args[1].S[0])
	}
	f.updateNotNull(env, accs, args[0], signs)
	return nil
}

func (f *listagg) Result(env *Env, accs []unsafe.Pointer, out *vec.Vector) error {
	for _, p := range accs {
		l := (*itemList)(p)
		if l.n <= 0 {
			out.AppendNulls(1)
			continue
		}
		var b strings.Builder
		first := true
		b.Grow(int(l.used + l.n*int64(len(f.sep)-4-textAt)))
		f.each(env.Heap, l, func(item []byte) bool {
			if !first {
				b.WriteString(f.sep)
			}
			first = false
			b.Write(item[textAt:])
			return true
		})
		out.S = append(out.S, b.String())
		out.Extend(1)
	}
	return nil
}

// textAt is where the text of an item lies: behind a byte that says that it is
// not null, and its length.
const textAt = 5

func inferCollect(args []Arg) (types.Type, error) {
	return types.MultisetOf(args[0].Type.WithAttr(types.NoAttr)).NotNull(), nil
}

func newCollect(c *AggCall) (Acc, error) { return &collect{items{t: c.Args[0].Type}}, nil }

// collect gives a multiset, its elements in order of first arrival.
type collect struct{ items }

func (f *collect) Update(env *Env, accs []unsafe.Pointer, args []*vec.Vector, signs []int8) error {
	f.updateNotNull(env, accs, args[0], signs)
	return nil
}

func (f *collect) Result(env *Env, accs []unsafe.Pointer, out *vec.Vector) error {
	for _, p := range accs {
		entries := out.Kids[0]
		at := map[string]int{}
		f.each(env.Heap, (*itemList)(p), func(item []byte) bool {
			if i, ok := at[string(item)]; ok {
				entries.Kids[1].I32[i]++
				return true
			}
			at[string(item)] = entries.N
			vec.DecodeCanonical(item, entries.Kids[0])
			entries.Kids[1].I32 = append(entries.Kids[1].I32, 1)
			entries.Kids[1].Extend(1)
			entries.Extend(1)
			return true
		})
		out.Off = append(out.Off, int32(entries.N))
		out.Extend(1)
	}
	return nil
}

func inferArrayAgg(args []Arg) (types.Type, error) {
	return types.ArrayOf(args[0].Type.WithAttr(types.NoAttr)), nil
}

func newArrayAgg(c *AggCall) (Acc, error) { return &arrayAgg{items{t: c.Args[0].Type}}, nil }

// arrayAgg gives all values, nulls too; null for an empty group.
type arrayAgg struct{ items }

func (f *arrayAgg) Update(env *Env, accs []unsafe.Pointer, args []*vec.Vector, signs []int8) error {
	for i, p := range accs {
		f.change(env.Heap, (*itemList)(p), args[0], i, signOf(signs, i))
	}
	return nil
}

func (f *arrayAgg) Result(env *Env, accs []unsafe.Pointer, out *vec.Vector) error {
	for _, p := range accs {
		if f.decode(env.Heap, (*itemList)(p), out.Kids[0]) == 0 {
			out.AppendNulls(1)
			continue
		}
		out.Off = append(out.Off, int32(out.Kids[0].N))
		out.Extend(1)
	}
	return nil
}

func inferPercentile(args []Arg) (types.Type, error) {
	p := args[1].Type
	switch {
	case p.IsNumeric():
		return types.Of(types.Double), nil
	case p.Kind == types.Array && p.Elem.IsNumeric():
		return types.ArrayOf(types.Of(types.Double)), nil
	}
	return types.Type{}, noType("PERCENTILE", args)
}

func newPercentile(c *AggCall) (Acc, error) {
	return &percentile{items: items{t: types.RowOf(types.Field{Name: "x", Type: types.Of(types.Double)},
		types.Field{Name: "n", Type: types.Of(types.BigInt)})}}, nil
}

// percentile keeps the values with their frequencies, and the percentages of the
// group's first row.
type percentile struct {
	items
	fixed []float64 // the percentages of all groups, if no argument says them
	at    []float64
	head  []byte
}

// percentileState is the accumulator; the block of percentages is 8 bytes each.
type percentileState struct {
	itemList
	percentages Ref
}

func (*percentile) Size() int { return int(unsafe.Sizeof(percentileState{})) }

// Refs gives the places of the references.
func (*percentile) Refs() []int {
	return []int{0, int(unsafe.Offsetof(percentileState{}.percentages))}
}

func (f *percentile) Update(env *Env, accs []unsafe.Pointer, args []*vec.Vector, signs []int8) error {
	pair := vec.New(f.t, 1)
	for i, p := range accs {
		if s := (*percentileState)(p); s.percentages == 0 {
			if err := f.percentagesOf(args[1], i); err != nil {
				return err
			}
			s.percentages = env.Heap.Put(0, f.head)
		}
		if args[0].IsNull(i) || len(args) > 2 && args[2].IsNull(i) {
			continue
		}
		pair.Kids[0].F64[0], pair.Kids[1].I64[0] = numberAt(args[0], i), 1
		if len(args) > 2 {
			if pair.Kids[1].I64[0] = integerAt(args[2], i); pair.Kids[1].I64[0] <= 0 {
				continue
			}
		}
		f.change(env.Heap, (*itemList)(p), pair, 0, signOf(signs, i))
	}
	return nil
}

// percentagesOf reads the percentages of a row into f.head, 4 bytes for their
// number first, since no block is empty.
func (f *percentile) percentagesOf(v *vec.Vector, i int) error {
	f.at = f.at[:0]
	switch {
	case v.IsNull(i):
	case v.Type.Kind == types.Array:
		for j := v.Off[i]; j < v.Off[i+1]; j++ {
			f.at = append(f.at, numberAt(v.Kids[0], int(j)))
		}
	default:
		f.at = append(f.at, numberAt(v, i))
	}
	f.head = binary.LittleEndian.AppendUint32(f.head[:0], uint32(len(f.at)))
	for _, p := range f.at {
		if !(p >= 0 && p <= 1) {
			return Err("PERCENTILE: the percentage must be between 0 and 1, not %v", p)
		}
		f.head = binary.LittleEndian.AppendUint64(f.head, math.Float64bits(p))
	}
	return nil
}

// percentages gives those of a group.
func (f *percentile) percentages(heap Heap, s *percentileState) []float64 {
	if f.fixed != nil || s.percentages == 0 {
		return f.fixed
	}
	f.at = f.at[:0]
	for block := heap.Get(s.percentages)[4:]; len(block) > 0; block = block[8:] {
		f.at = append(f.at, math.Float64frombits(binary.LittleEndian.Uint64(block)))
	}
	return f.at
}

func (f *percentile) Merge(env *Env, dst, src []unsafe.Pointer) error {
	for i, p := range dst {
		d, s := (*percentileState)(p), (*percentileState)(src[i])
		if d.percentages == 0 && s.percentages != 0 {
			f.head = append(f.head[:0], env.Heap.Get(s.percentages)...)
			d.percentages = env.Heap.Put(0, f.head)
		}
	}
	return f.items.Merge(env, dst, src)
}

func (f *percentile) Result(env *Env, accs []unsafe.Pointer, out *vec.Vector) error {
	list := out.Type.Kind == types.Array
	for _, p := range accs {
		pairs := vec.New(f.t, 0)
		f.decode(env.Heap, (*itemList)(p), pairs)
		total, places := order(pairs), f.percentages(env.Heap, (*percentileState)(p))
		if total == 0 || len(places) == 0 {
			out.AppendNulls(1)
			continue
		}
		to := out
		if list {
			to = out.Kids[0]
		}
		for _, at := range places {
			to.F64 = append(to.F64, interpolate(pairs, float64(total-1)*at))
			to.Extend(1)
		}
		if list {
			out.Off = append(out.Off, int32(to.N))
			out.Extend(1)
		}
	}
	return nil
}

type byValue struct{ x, n *vec.Vector }

func (b byValue) Len() int           { return b.x.N }
func (b byValue) Less(i, j int) bool { return vec.CompareFloat(b.x.F64[i], b.x.F64[j]) < 0 }
func (b byValue) Swap(i, j int) {
	b.x.F64[i], b.x.F64[j] = b.x.F64[j], b.x.F64[i]
	b.n.I64[i], b.n.I64[j] = b.n.I64[j], b.n.I64[i]
}

// order sorts the pairs and gives the sum of the frequencies.
func order(pairs *vec.Vector) int64 {
	sort.Stable(byValue{pairs.Kids[0], pairs.Kids[1]})
	total := int64(0)
	for _, n := range pairs.Kids[1].I64 {
		total += n
	}
	return total
}

// interpolate gives the value at a place between 0 and the number of values - 1.
func interpolate(pairs *vec.Vector, place float64) float64 {
	low, high := math.Floor(place), math.Ceil(place)
	x, y := valueAt(pairs, int64(low)), valueAt(pairs, int64(high))
	if low == high {
		return x
	}
	return (high-place)*x + (place-low)*y
}

func valueAt(pairs *vec.Vector, place int64) float64 {
	xs := pairs.Kids[0].F64
	for i, n := range pairs.Kids[1].I64 {
		if place < n {
			return xs[i]
		}
		place -= n
	}
	return xs[len(xs)-1]
}
