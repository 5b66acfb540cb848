package fn

import (
	"cmp"
	"slices"
	"unsafe"

	"github.com/weir-stream/weir/internal/roaring"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// bitmapAggs lists the aggregates over BITMAP; each comes with one that gives
// the number of integers in its result.
func bitmapAggs() []Agg {
	sets := "(BITMAP_BUILD(x)) FROM (VALUES (ARRAY[1, 2]), (ARRAY[2, 3])) AS t(x)"
	rows := []struct {
		name, sig, what string
		op              roaring.Op
		from, set, size string // of the examples
	}{
		{"BUILD", "(value INT)", "set of the values that are not null", roaring.Or, "(x) FROM (VALUES (3), (1), (3)) AS t(x)", "{1,3}", "2"},
		{"AND", "(bitmap BITMAP)", "intersection of the sets that are not null", roaring.And, sets, "{2}", "1"},
		{"OR", "(bitmap BITMAP)", "union of the sets that are not null", roaring.Or, sets, "{1,2,3}", "3"},
		{"XOR", "(bitmap BITMAP)", "integers that are in an odd number of the sets that are not null", roaring.Xor, sets, "{1,3}", "2"},
	}
	var out []Agg
	for _, r := range rows {
		set := bitmapFold{op: r.op, build: r.name == "BUILD"}
		size := set
		size.count = true
		name, sizeName := "BITMAP_"+r.name+"_AGG", "BITMAP_"+r.name+"_CARDINALITY_AGG"
		out = append(out,
			Agg{Name: name, Sig: r.sig, Infer: bitmapType, New: set.make, Examples: []Example{{"SELECT " + name + r.from, r.set}},
				Doc: "The " + r.what + "; null if there are none."},
			Agg{Name: sizeName, Sig: r.sig, New: size.make, Examples: []Example{{"SELECT " + sizeName + r.from, r.size}},
				Infer: func([]Arg) (types.Type, error) { return types.Of(types.BigInt), nil },
				Doc:   "Number of integers in the " + r.what + "; null if there are none."})
	}
	return out
}

// bitmapFold is what an aggregate does.
type bitmapFold struct {
	op    roaring.Op
	build bool // the argument is an integer
	count bool // the result is the number of integers
}

// bitmapAgg folds sets, or values into a set. The accumulator is the set and how
// many rows went in. An intersection or union that loses rows again keeps how
// often each integer is in (counted); XOR undoes itself.
type bitmapAgg struct {
	bitmapFold
	counted bool

	m        roaring.Maker
	order    []int32 // rows that are not null, by accumulator
	xs       []uint32
	set, tmp []byte
	sum, add roaring.Counts
}

func (f bitmapFold) make(c *AggCall) (Acc, error) {
	return &bitmapAgg{bitmapFold: f, counted: c.Retract && f.op != roaring.Xor}, nil
}

// bitmapAcc is the accumulator: the block holds a set or, counted, the counts.
type bitmapAcc struct {
	ref Ref
	n   int64
}

func (*bitmapAgg) Size() int { return int(unsafe.Sizeof(bitmapAcc{})) }

// Refs gives the place of the block's reference.
func (*bitmapAgg) Refs() []int { return []int{0} }

// Update takes the rows of each accumulator together, so that its block is read
// and written once.
func (f *bitmapAgg) Update(env *Env, accs []unsafe.Pointer, args []*vec.Vector, signs []int8) error {
	v := args[0]
	f.order = f.order[:0]
	for i := range accs {
		if !v.IsNull(i) {
			f.order = append(f.order, int32(i))
		}
	}
	slices.SortStableFunc(f.order, func(i, j int32) int { return cmp.Compare(uintptr(accs[i]), uintptr(accs[j])) })
	for rows := f.order; len(rows) > 0; {
		n := 1
		for n < len(rows) && accs[rows[n]] == accs[rows[0]] {
			n++
		}
		acc := (*bitmapAcc)(accs[rows[0]])
		if f.counted {
			f.recount(env.Heap, acc, v, rows[:n], signs)
		} else {
			f.fold(env.Heap, acc, v, rows[:n])
		}
		for _, r := range rows[:n] {
			acc.n += int64(signOf(signs, int(r)))
		}
		rows = rows[n:]
	}
	return nil
}

// fold combines the set with those of the rows.
func (f *bitmapAgg) fold(heap Heap, acc *bitmapAcc, v *vec.Vector, rows []int32) {
	if f.build {
		f.xs = f.xs[:0]
		for _, r := range rows {
			f.xs = append(f.xs, uint32(v.I32[r]))
		}
		f.tmp = f.m.Build(f.tmp[:0], f.xs)
		f.join(heap, acc, textView(f.tmp))
		return
	}
	if acc.ref == 0 {
		f.set = append(f.set[:0], v.S[rows[0]]...)
		rows = rows[1:]
	} else {
		f.set = append(f.set[:0], heap.Get(acc.ref)...)
	}
	for _, r := range rows {
		f.tmp = f.m.Apply(f.tmp[:0], f.op, textView(f.set), v.S[r])
		f.set, f.tmp = f.tmp, f.set
	}
	acc.ref = heap.Put(acc.ref, f.set)
}

// join combines the set with another.
func (f *bitmapAgg) join(heap Heap, acc *bitmapAcc, set string) {
	if acc.ref == 0 {
		acc.ref = heap.Put(0, []byte(set))
		return
	}
	f.set = f.m.Apply(f.set[:0], f.op, textView(heap.Get(acc.ref)), set)
	acc.ref = heap.Put(acc.ref, f.set)
}

// recount adds the rows to the counts or takes them away.
func (f *bitmapAgg) recount(heap Heap, acc *bitmapAcc, v *vec.Vector, rows []int32, signs []int8) {
	f.sum.Open(string(heap.Get(acc.ref)))
	if !f.build {
		for _, r := range rows {
			f.sum.Add(v.S[r], signOf(signs, int(r)))
		}
		f.store(heap, acc)
		return
	}
	// What happens to a value is summed up first; the bits of the sums are sets.
	by := map[uint32]int64{}
	for _, r := range rows {
		x := uint32(v.I32[r])
		if by[x] += int64(signOf(signs, int(r))); by[x] == 0 {
			delete(by, x)
		}
	}
	for bit := 0; len(by) > 0; bit++ {
		for _, sign := range []int64{1, -1} {
			f.xs = f.xs[:0]
			for x, n := range by {
				if n*sign > 0 && n*sign>>bit&1 != 0 {
					f.xs = append(f.xs, x)
				}
				if n*sign > 0 && n*sign>>bit <= 1 {
					delete(by, x)
				}
			}
			f.tmp = f.m.Build(f.tmp[:0], f.xs)
			f.sum.AddPower(string(f.tmp), int8(sign), bit)
		}
	}
	f.store(heap, acc)
}

func (f *bitmapAgg) store(heap Heap, acc *bitmapAcc) {
	f.tmp = f.sum.Append(f.tmp[:0])
	acc.ref = heap.Put(acc.ref, f.tmp)
}

// Merge folds sets into sets, counts into counts.
func (f *bitmapAgg) Merge(env *Env, dst, src []unsafe.Pointer) error {
	for i, p := range dst {
		d, s := (*bitmapAcc)(p), (*bitmapAcc)(src[i])
		if s.ref == 0 {
			continue
		}
		from := string(env.Heap.Get(s.ref))
		if f.counted {
			f.sum.Open(string(env.Heap.Get(d.ref)))
			f.add.Open(from)
			f.sum.Merge(&f.add)
			f.store(env.Heap, d)
		} else {
			f.join(env.Heap, d, from)
		}
		d.n += s.n
	}
	return nil
}

// Result gives the set. Without rows it is null; a set built of values is null
// when it is empty.
func (f *bitmapAgg) Result(env *Env, accs []unsafe.Pointer, out *vec.Vector) error {
	for _, p := range accs {
		acc := (*bitmapAcc)(p)
		set, ok := f.result(env.Heap, acc)
		switch {
		case !ok:
			out.AppendNulls(1)
			continue
		case f.count:
			out.I64 = append(out.I64, roaring.Cardinality(set))
		default:
			out.S = append(out.S, set)
		}
		out.Extend(1)
	}
	return nil
}

func (f *bitmapAgg) result(heap Heap, acc *bitmapAcc) (string, bool) {
	if acc.ref == 0 || acc.n <= 0 && !f.build {
		return "", false
	}
	block := string(heap.Get(acc.ref))
	if !f.counted {
		return block, true
	}
	f.sum.Open(block)
	if f.op == roaring.And {
		return f.sum.Exactly(acc.n), true
	}
	set := f.sum.Positive()
	return set, !f.build || !roaring.IsEmpty(set)
}

// textView gives bytes as a string for a call that does not keep it.
func textView(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
