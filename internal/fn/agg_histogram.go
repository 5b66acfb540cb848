package fn

import (
	"slices"
	"unsafe"

	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

func inferHistogram(args []Arg) (types.Type, error) {
	return types.MapOf(args[0].Type.WithAttr(types.NoAttr).NotNull(), types.Of(types.BigInt).NotNull()), nil
}

func newHistogram(c *AggCall) (Acc, error) {
	return &histogram{items: items{t: c.Args[0].Type}}, nil
}

func newMode(c *AggCall) (Acc, error) {
	return &histogram{items: items{t: c.Args[0].Type}, mode: true}, nil
}

// histogram counts how often each value is there: HISTOGRAM gives all counts in
// order of the values, MODE the value with the highest, the least of several.
type histogram struct {
	items
	mode bool
}

func (f *histogram) Update(env *Env, accs []unsafe.Pointer, args []*vec.Vector, signs []int8) error {
	f.updateNotNull(env, accs, args[0], signs)
	return nil
}

func (f *histogram) Result(env *Env, accs []unsafe.Pointer, out *vec.Vector) error {
	for _, p := range accs {
		values, counts := f.count(env.Heap, (*itemList)(p))
		switch {
		case values.N == 0:
			out.AppendNulls(1)
		case f.mode:
			best := 0
			for i, n := range counts {
				if n > counts[best] || n == counts[best] && vec.Compare(values, i, values, best) < 0 {
					best = i
				}
			}
			out.Append(values, best)
		default:
			order := make([]int, values.N)
			for i := range order {
				order[i] = i
			}
			slices.SortFunc(order, func(a, b int) int { return vec.Compare(values, a, values, b) })
			entries := out.Kids[0]
			for _, i := range order {
				entries.Kids[0].Append(values, i)
				entries.Kids[1].I64 = append(entries.Kids[1].I64, counts[i])
			}
			entries.Kids[1].Extend(len(order))
			entries.Extend(len(order))
			out.Off = append(out.Off, int32(entries.N))
			out.Extend(1)
		}
	}
	return nil
}

// count gives the different values in order of first arrival and their counts.
func (f *histogram) count(heap Heap, l *itemList) (*vec.Vector, []int64) {
	values, at := vec.New(f.t, 0), map[string]int{}
	var counts []int64
	f.each(heap, l, func(item []byte) bool {
		i, ok := at[string(item)]
		if !ok {
			i = len(counts)
			at[string(item)] = i
			counts = append(counts, 0)
			vec.DecodeCanonical(item, values)
		}
		counts[i]++
		return true
	})
	return values, counts
}

func inferMedian([]Arg) (types.Type, error) { return types.Of(types.Double), nil }

// newMedian gives MEDIAN: PERCENTILE at one half.
func newMedian(c *AggCall) (Acc, error) {
	a, err := newPercentile(c)
	m := &median{a.(*percentile)}
	m.fixed = []float64{0.5}
	return m, err
}

type median struct{ *percentile }

func (f *median) Update(env *Env, accs []unsafe.Pointer, args []*vec.Vector, signs []int8) error {
	pair := vec.New(f.t, 1)
	for i, p := range accs {
		if !args[0].IsNull(i) {
			pair.Kids[0].F64[0], pair.Kids[1].I64[0] = numberAt(args[0], i), 1
			f.change(env.Heap, (*itemList)(p), pair, 0, signOf(signs, i))
		}
	}
	return nil
}
