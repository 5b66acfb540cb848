package fn

import (
	"slices"

	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// arrayFunc is a row of the array family; most treat a null element as a value,
// so that they look at nulls themselves.
func arrayFunc(name, sig, doc string, f func(out *vec.Vector, r *row), ex ...Example) Func {
	return Func{Name: name, Sig: sig, Doc: doc, Category: collectionCategory, Nulls: Custom, Kernel: appendOf(f), Examples: ex}
}

// ofFirst makes the result as nullable as the first argument.
func ofFirst(f Func, t func([]Arg) types.Type) Func {
	f.Infer = func(a []Arg) (types.Type, error) { return t(a).WithNull(a[0].Type.Nullable), nil }
	return f
}

func firstType(a []Arg) types.Type { return a[0].Type.WithAttr(types.NoAttr) }

// Arrays are the ARRAY_ and MAP_ functions.
func Arrays() []Func {
	elem := func(a []Arg) types.Type { return a[0].Type.Elem.AsNullable() }
	return append([]Func{
		ofFirst(arrayFunc("ARRAY_CONTAINS", "(a ARRAY<T>, x T)", "Whether the array has the element.", func(out *vec.Vector, r *row) {
			if !r.null(0) {
				out.AppendValue(r.indexOf(0, 1) >= 0)
			}
		}, Example{"ARRAY_CONTAINS(ARRAY[1, 2], 2)", "TRUE"}), func([]Arg) types.Type { return types.Of(types.Boolean) }),
		arrayFunc("ARRAY_POSITION", "(a ARRAY<T>, x T) -> INT", "Where the element first is, from 1; 0 if it is not.", func(out *vec.Vector, r *row) {
			if !r.null(0) && !r.null(1) {
				out.AppendValue(int64(r.indexOf(0, 1) + 1))
			}
		}, Example{"ARRAY_POSITION(ARRAY['a', 'b'], 'b')", "2"}),
		appended(arrayFunc("ARRAY_APPEND", "(a ARRAY<T>, x T)", "The array with an element after it.", func(out *vec.Vector, r *row) {
			if !r.null(0) {
				kid, from, to := r.list(0)
				out.Kids[0].AppendRange(kid, from, to)
				out.Kids[0].Append(r.args[1], r.i)
				endList(out)
			}
		}, Example{"ARRAY_APPEND(ARRAY[1, 2], 3)", "[1, 2, 3]"})),
		appended(arrayFunc("ARRAY_PREPEND", "(a ARRAY<T>, x T)", "The array with an element before it.", func(out *vec.Vector, r *row) {
			if !r.null(0) {
				kid, from, to := r.list(0)
				out.Kids[0].Append(r.args[1], r.i)
				out.Kids[0].AppendRange(kid, from, to)
				endList(out)
			}
		}, Example{"ARRAY_PREPEND(ARRAY[1, 2], 0)", "[0, 1, 2]"})),
		ofFirst(arrayFunc("ARRAY_REMOVE", "(a ARRAY<T>, x T)", "The array without the elements that equal x.", func(out *vec.Vector, r *row) {
			if r.null(0) {
				return
			}
			kid, from, to := r.list(0)
			for j := from; j < to; j++ {
				if vec.Compare(kid, j, r.args[1], r.i) != 0 {
					out.Kids[0].Append(kid, j)
				}
			}
			endList(out)
		}, Example{"ARRAY_REMOVE(ARRAY[1, 2, 1], 1)", "[2]"}), firstType),
		arrayFunc("ARRAY_CONCAT", "(a ARRAY<T>, b ARRAY<T>...) -> ARRAY<T>", "The arrays one after another.", func(out *vec.Vector, r *row) {
			for k := range r.args {
				if r.null(k) {
					return
				}
			}
			for k := range r.args {
				kid, from, to := r.list(k)
				out.Kids[0].AppendRange(kid, from, to)
			}
			endList(out)
		}, Example{"ARRAY_CONCAT(ARRAY[1], ARRAY[2, 3])", "[1, 2, 3]"}),
		ofFirst(arrayFunc("ARRAY_DISTINCT", "(a ARRAY<T>)", "The array with each element once.", func(out *vec.Vector, r *row) {
			r.distinct(out, func(set *elementSet) { set.addAll(out, r, 0) }, 0)
		}, Example{"ARRAY_DISTINCT(ARRAY[1, 1, 2])", "[1, 2]"}), firstType),
		arrayFunc("ARRAY_UNION", "(a ARRAY<T>, b ARRAY<T>) -> ARRAY<T>", "The elements of either array, each once.", func(out *vec.Vector, r *row) {
			r.distinct(out, func(set *elementSet) {
				set.addAll(out, r, 0)
				set.addAll(out, r, 1)
			}, 0, 1)
		}, Example{"ARRAY_UNION(ARRAY[1, 2], ARRAY[2, 3])", "[1, 2, 3]"}),
		arrayFunc("ARRAY_INTERSECT", "(a ARRAY<T>, b ARRAY<T>) -> ARRAY<T>", "The elements of both arrays, each once.", func(out *vec.Vector, r *row) {
			r.distinct(out, func(set *elementSet) { set.filter(out, r, true) }, 0, 1)
		}, Example{"ARRAY_INTERSECT(ARRAY[1, 2, 2], ARRAY[2, 3])", "[2]"}),
		arrayFunc("ARRAY_EXCEPT", "(a ARRAY<T>, b ARRAY<T>) -> ARRAY<T>", "The elements of the first array that the second has not, each once.", func(out *vec.Vector, r *row) {
			r.distinct(out, func(set *elementSet) { set.filter(out, r, false) }, 0, 1)
		}, Example{"ARRAY_EXCEPT(ARRAY[1, 2], ARRAY[2])", "[1]"}),
		ofFirst(arrayFunc("ARRAY_REVERSE", "(a ARRAY<T>)", "The array backwards.", func(out *vec.Vector, r *row) {
			if r.null(0) {
				return
			}
			kid, from, to := r.list(0)
			for j := to - 1; j >= from; j-- {
				out.Kids[0].Append(kid, j)
			}
			endList(out)
		}, Example{"ARRAY_REVERSE(ARRAY[1, 2])", "[2, 1]"}), firstType),
		sortable(nullableElem(arrayFunc("ARRAY_MAX", "(a ARRAY<T>)", "The greatest element.", extremeElement(1), Example{"ARRAY_MAX(ARRAY[1, 3, 2])", "3"}), elem)),
		sortable(nullableElem(arrayFunc("ARRAY_MIN", "(a ARRAY<T>)", "The least element.", extremeElement(-1), Example{"ARRAY_MIN(ARRAY[1, 3, 2])", "1"}), elem)),
	}, moreArrays()...)
}

// widened is the array's type with the element type that both arguments have.
func widened(a []Arg) types.Type {
	t := firstType(a)
	e := t.Elem.WithNull(t.Elem.Nullable || a[1].Type.Nullable)
	t.Elem = &e
	return t
}

// appended makes the result nullable if the array or the element is: so says
// Flink, although a NULL element does not make a NULL array.
func appended(f Func) Func {
	f.Infer = func(a []Arg) (types.Type, error) { return widened(a).WithNull(anyNullable(a)), nil }
	return f
}

// ofAny makes the result of a row the first argument's type, nullable if any
// argument is.
func ofAny(f Func) Func {
	f.Infer = func(a []Arg) (types.Type, error) { return firstType(a).WithNull(anyNullable(a)), nil }
	return f
}

// sortable refuses elements that have no order in Flink: only numbers, text, bytes,
// dates and times have.
func sortable(f Func) Func {
	infer := f.Infer
	f.Infer = func(a []Arg) (types.Type, error) {
		if e := a[0].Type.Elem; e != nil && !e.IsNumeric() && !e.IsString() && !e.IsBinary() && !e.IsTemporal() && !e.IsInterval() && e.Kind != types.Null {
			return types.Type{}, sqlerr.New(sqlerr.Type, sqlerr.Pos{}, "%s does not take (%s): its elements have no order", f.Name, a[0].Type.AsNullable()).
				WithHint("it takes arrays of numbers, texts, dates and times")
		}
		return infer(a)
	}
	return f
}

func nullableElem(f Func, t func([]Arg) types.Type) Func {
	f.Infer = func(a []Arg) (types.Type, error) { return t(a), nil }
	return f
}

// indexOf gives the place of argument x in the array a; nulls equal each other.
func (r *row) indexOf(a, x int) int {
	kid, from, to := r.list(a)
	for j := from; j < to; j++ {
		if vec.Compare(kid, j, r.args[x], r.i) == 0 {
			return j - from
		}
	}
	return -1
}

// elementSet remembers which elements are in the output already.
type elementSet struct {
	seen map[string]bool
	key  []byte
}

// distinct builds one array of different elements, unless one of the arrays
// named is null.
func (r *row) distinct(out *vec.Vector, build func(*elementSet), arrays ...int) {
	for _, k := range arrays {
		if r.null(k) {
			return
		}
	}
	build(&elementSet{seen: map[string]bool{}})
	endList(out)
}

func (s *elementSet) addAll(out *vec.Vector, r *row, k int) {
	kid, from, to := r.list(k)
	for j := from; j < to; j++ {
		s.key = vec.AppendCanonical(s.key[:0], kid, j)
		if !s.seen[string(s.key)] {
			s.seen[string(s.key)] = true
			out.Kids[0].Append(kid, j)
		}
	}
}

// filter adds the elements of array 0 that array 1 has (or has not).
func (s *elementSet) filter(out *vec.Vector, r *row, in bool) {
	kid, from, to := r.list(1)
	other := make(map[string]bool, to-from)
	for j := from; j < to; j++ {
		s.key = vec.AppendCanonical(s.key[:0], kid, j)
		other[string(s.key)] = true
	}
	kid, from, to = r.list(0)
	for j := from; j < to; j++ {
		s.key = vec.AppendCanonical(s.key[:0], kid, j)
		if other[string(s.key)] == in && !s.seen[string(s.key)] {
			s.seen[string(s.key)] = true
			out.Kids[0].Append(kid, j)
		}
	}
}

func extremeElement(sign int) func(out *vec.Vector, r *row) {
	return func(out *vec.Vector, r *row) {
		if r.null(0) {
			return
		}
		kid, from, to := r.list(0)
		best := -1
		for j := from; j < to; j++ {
			if !kid.IsNull(j) && (best < 0 || vec.Compare(kid, j, kid, best)*sign > 0) {
				best = j
			}
		}
		if best >= 0 {
			out.Append(kid, best)
		}
	}
}

func moreArrays() []Func {
	return []Func{
		ofAny(arrayFunc("ARRAY_SLICE", "(a ARRAY<T>, from INTEGER [, to INTEGER])", "The elements from one position to another, from 1; negative ones count from the end.",
			sliceArray, Example{"ARRAY_SLICE(ARRAY[1, 2, 3], 2, 3)", "[2, 3]"})),
		sortable(ofAny(arrayFunc("ARRAY_SORT", "(a ARRAY<T> [, ascending BOOLEAN] [, nulls_first BOOLEAN])", "The array in order; NULLs come first in ascending order.",
			sortArray, Example{"ARRAY_SORT(ARRAY[3, 1, 2])", "[1, 2, 3]"}))),
		{Name: "ARRAY_JOIN", Sig: "(a ARRAY<STRING>, separator STRINGLIKE [, null STRINGLIKE]) -> STRING", Doc: "The elements joined with a separator; NULLs are left out or replaced.",
			Category: collectionCategory, Bind: textOf(joinArray), Examples: []Example{{"ARRAY_JOIN(ARRAY['a', 'b'], '-')", "a-b"}}},
		arrayFunc("MAP_KEYS", "(m MAP<K, V>) -> ARRAY<K>", "The keys of a map.", mapSide(0), Example{"MAP_KEYS(MAP['a', 1])", "[a]"}),
		arrayFunc("MAP_VALUES", "(m MAP<K, V>) -> ARRAY<V>", "The values of a map.", mapSide(1), Example{"MAP_VALUES(MAP['a', 1])", "[1]"}),
		ofFirst(arrayFunc("MAP_ENTRIES", "(m MAP<K, V>)", "The entries of a map as rows of key and value.", func(out *vec.Vector, r *row) {
			if !r.null(0) {
				kid, from, to := r.list(0)
				out.Kids[0].AppendRange(kid, from, to)
				endList(out)
			}
		}, Example{"MAP_ENTRIES(MAP['a', 1])", "[(a, 1)]"}), func(a []Arg) types.Type { return types.ArrayOf(a[0].Type.MapRow()) }),
		failing(arrayFunc("MAP_FROM_ARRAYS", "(keys ARRAY<K>, values ARRAY<V>) -> MAP<K, V>", "A map of two arrays of the same length.", mapFromArrays,
			Example{"MAP_FROM_ARRAYS(ARRAY['a', 'b'], ARRAY[1, 2])", "{a=1, b=2}"})),
		arrayFunc("MAP_UNION", "(m MAP<K, V>, n MAP<K, V>...) -> MAP<K, V>", "The entries of all maps; those of later ones count.", func(out *vec.Vector, r *row) {
			var b mapBuilder
			b.start()
			for k := range r.args {
				if r.null(k) {
					return
				}
				kid, from, to := r.list(k)
				for j := from; j < to; j++ {
					b.put(kid.Kids[0], j, kid.Kids[1], j)
				}
			}
			b.finish(out)
		}, Example{"MAP_UNION(MAP['a', 1], MAP['a', 2])", "{a=2}"}),
	}
}

func sliceArray(out *vec.Vector, r *row) {
	for k := range r.args {
		if r.null(k) {
			return
		}
	}
	kid, from, to := r.list(0)
	n := to - from
	place := func(k int) int {
		p := r.clampInt(k)
		if p < 0 {
			p += n + 1
			return max(p, 0)
		}
		return max(p, 1)
	}
	first, last := place(1), n
	if r.has(2) {
		last = min(place(2), n)
		if r.clampInt(2) == 0 {
			last = 1
		}
	}
	first = max(first, 1)
	if first <= last {
		out.Kids[0].AppendRange(kid, from+first-1, from+last)
	}
	endList(out)
}

func sortArray(out *vec.Vector, r *row) {
	for k := range r.args {
		if r.null(k) {
			return
		}
	}
	ascending := !r.has(1) || r.bool(1)
	nullsFirst := ascending
	if r.has(2) {
		nullsFirst = r.bool(2)
	}
	kid, from, to := r.list(0)
	order := make([]int, 0, to-from)
	for j := from; j < to; j++ {
		order = append(order, j)
	}
	slices.SortStableFunc(order, func(a, b int) int {
		an, bn := kid.IsNull(a), kid.IsNull(b)
		switch {
		case an && bn:
			return 0
		case an != bn:
			if an == nullsFirst {
				return -1
			}
			return 1
		case ascending:
			return vec.Compare(kid, a, kid, b)
		}
		return vec.Compare(kid, b, kid, a)
	})
	for _, j := range order {
		out.Kids[0].Append(kid, j)
	}
	endList(out)
}

func joinArray(dst []byte, r *row) ([]byte, bool) {
	kid, from, to := r.list(0)
	first := true
	for j := from; j < to; j++ {
		s := ""
		switch {
		case !kid.IsNull(j):
			s = kid.S[kid.Idx(j)]
		case r.has(2):
			s = r.str(2)
		default:
			continue
		}
		if !first {
			dst = append(dst, r.str(1)...)
		}
		first = false
		dst = append(dst, s...)
	}
	return dst, true
}

func mapSide(side int) func(out *vec.Vector, r *row) {
	return func(out *vec.Vector, r *row) {
		if !r.null(0) {
			kid, from, to := r.list(0)
			out.Kids[0].AppendRange(kid.Kids[side], from, to)
			endList(out)
		}
	}
}

func mapFromArrays(out *vec.Vector, r *row) {
	if r.null(0) || r.null(1) {
		return
	}
	keys, kf, kt := r.list(0)
	values, vf, vt := r.list(1)
	if kt-kf != vt-vf {
		r.fail("The length of the keys array %d is not equal to the length of the values array %d", kt-kf, vt-vf)
		return
	}
	var b mapBuilder
	b.start()
	for j := range kt - kf {
		b.put(keys, kf+j, values, vf+j)
	}
	b.finish(out)
}
