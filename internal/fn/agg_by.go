package fn

import (
	"unsafe"

	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

func inferBy(args []Arg) (types.Type, error) {
	if k := args[1].Type.Kind; args[1].Type.IsNested() || k == types.Variant {
		return types.Type{}, sqlerr.New(sqlerr.Type, sqlerr.Pos{}, "%s has no order", plainType(args[1].Type)).
			WithHint("the second argument is a number, a text, a date or a time")
	}
	return args[0].Type.WithAttr(types.NoAttr).WithNull(args[0].Type.Nullable || args[1].Type.Nullable), nil
}

func newBy(max bool) func(*AggCall) (Acc, error) {
	return func(c *AggCall) (Acc, error) {
		f := &byAcc{max: max, all: c.Retract}
		f.t = types.RowOf(types.Field{Name: "y", Type: c.Args[1].Type.WithAttr(types.NoAttr)}, types.Field{Name: "x", Type: c.Args[0].Type.WithAttr(types.NoAttr)})
		f.pair, f.held, f.best = vec.New(f.t, 0), vec.New(f.t, 0), vec.New(f.t, 0)
		return f, nil
	}
}

// byAcc is ARG_MAX and ARG_MIN: the x of the row with the greatest or the least
// y. Of rows with equal y it takes the one with the least x, NULL last, so that
// the answer does not depend on who comes first. Where rows are taken back (all)
// every pair is kept, else the best one.
type byAcc struct {
	items
	max, all         bool
	pair, held, best *vec.Vector // pairs of y and x
}

func (f *byAcc) Update(env *Env, accs []unsafe.Pointer, args []*vec.Vector, signs []int8) error {
	x, y := args[0], args[1]
	for i, p := range accs {
		if y.IsNull(i) {
			continue
		}
		l := (*itemList)(p)
		if !f.all && l.n > 0 && f.worse(env.Heap, l, y, i) {
			continue
		}
		f.pair.Resize(0)
		f.pair.Kids[0].Append(y, i)
		f.pair.Kids[1].Append(x, i)
		f.pair.N = 1
		f.fold(env.Heap, l, signOf(signs, i))
	}
	return nil
}

// worse reports whether y does not beat that of the pair kept, by comparing it
// alone.
func (f *byAcc) worse(heap Heap, l *itemList, y *vec.Vector, i int) bool {
	f.held.Resize(0)
	f.decode(heap, l, f.held)
	c := vec.Compare(y, i, f.held.Kids[0], 0)
	return f.max && c < 0 || !f.max && c > 0
}

// fold brings the pair to the list: among the others, or if it is the best.
func (f *byAcc) fold(heap Heap, l *itemList, sign int8) {
	if !f.all && l.n > 0 {
		f.held.Resize(0)
		f.decode(heap, l, f.held)
		if !f.beats(f.pair, 0, f.held, 0) {
			return
		}
		l.n, l.used = 0, 0
	}
	f.change(heap, l, f.pair, 0, sign)
}

// beats compares pairs: by y, then the least x.
func (f *byAcc) beats(a *vec.Vector, i int, b *vec.Vector, j int) bool {
	if c := vec.Compare(a.Kids[0], i, b.Kids[0], j); c != 0 {
		return (c > 0) == f.max
	}
	an, bn := a.Kids[1].IsNull(i), b.Kids[1].IsNull(j)
	if an || bn {
		return bn && !an
	}
	return vec.Compare(a.Kids[1], i, b.Kids[1], j) < 0
}

func (f *byAcc) Merge(env *Env, dst, src []unsafe.Pointer) error {
	for i, p := range dst {
		d, s := (*itemList)(p), (*itemList)(src[i])
		if f.all {
			f.join(env.Heap, d, s)
			continue
		}
		if s.n > 0 {
			f.pair.Resize(0)
			f.decode(env.Heap, s, f.pair)
			f.fold(env.Heap, d, 1)
		}
	}
	return nil
}

func (f *byAcc) Result(env *Env, accs []unsafe.Pointer, out *vec.Vector) error {
	for _, p := range accs {
		l := (*itemList)(p)
		f.best.Resize(0)
		n := f.decode(env.Heap, l, f.best)
		if n == 0 {
			out.AppendNulls(1)
			continue
		}
		best := 0
		for i := 1; i < n; i++ {
			if f.beats(f.best, i, f.best, best) {
				best = i
			}
		}
		out.Append(f.best.Kids[1], best)
	}
	return nil
}
