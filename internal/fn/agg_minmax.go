package fn

import (
	"bytes"
	"cmp"
	"unsafe"

	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

func newMin(c *AggCall) (Acc, error) { return extremeFor("MIN", c, false) }

func newMax(c *AggCall) (Acc, error) { return extremeFor("MAX", c, true) }

func extremeFor(name string, c *AggCall, max bool) (Acc, error) {
	t := c.Args[0].Type
	if t.IsNested() || t.Kind == types.Variant || t.Kind == types.Bitmap {
		return nil, unsupportedAgg(name, t)
	}
	if c.Retract {
		return extremeView{max}, nil
	}
	switch t.Phys() {
	case types.PBool:
		return &extreme[bool]{max, func(a, b bool) bool { return !a && b }}, nil
	case types.PI8:
		return &extremeNumber[int8]{max}, nil
	case types.PI16:
		return &extremeNumber[int16]{max}, nil
	case types.PI32:
		return &extremeNumber[int32]{max}, nil
	case types.PI64:
		return &extremeNumber[int64]{max}, nil
	case types.PF32:
		return &extremeNumber[float32]{max}, nil
	case types.PF64:
		return &extremeNumber[float64]{max}, nil
	case types.PI128:
		return &extreme[types.Int128]{max, func(a, b types.Int128) bool { return a.Cmp(b) < 0 }}, nil
	case types.PTime:
		return &extreme[types.TimeNs]{max, func(a, b types.TimeNs) bool {
			return a.Ms < b.Ms || a.Ms == b.Ms && a.Ns < b.Ns
		}}, nil
	case types.PStr:
		return &extremeText{max}, nil
	}
	return nil, unsupportedAgg(name, t)
}

// held is a value that a group may have.
type held[T any] struct {
	has int64
	val T
}

// extremeNumber is MIN and MAX of numbers, which compare by an instruction.
type extremeNumber[T cmp.Ordered] struct{ max bool }

func (*extremeNumber[T]) Size() int { return heldSize[T]() }

func heldSize[T any]() int { return int(unsafe.Sizeof(held[T]{})+7) &^ 7 }

func (f *extremeNumber[T]) Update(_ *Env, accs []unsafe.Pointer, args []*vec.Vector, _ []int8) error {
	if f.max {
		keepBest(accs, column[T](args[0]), args[0].Valid, func(a, b T) bool { return a > b })
	} else {
		keepBest(accs, column[T](args[0]), args[0].Valid, func(a, b T) bool { return a < b })
	}
	return nil
}

// keepBest is inlined with the comparison.
func keepBest[T any](accs []unsafe.Pointer, vals []T, valid vec.Bitmap, better func(a, b T) bool) {
	vals = vals[:len(accs)]
	for i, p := range accs {
		if valid != nil && !valid.Get(i) {
			continue
		}
		a := (*held[T])(p)
		if a.has == 0 || better(vals[i], a.val) {
			a.has, a.val = 1, vals[i]
		}
	}
}

func (f *extremeNumber[T]) Merge(_ *Env, dst, src []unsafe.Pointer) error {
	for i, p := range dst {
		d, s := (*held[T])(p), (*held[T])(src[i])
		if s.has != 0 && (d.has == 0 || (s.val > d.val) == f.max && s.val != d.val) {
			*d = *s
		}
	}
	return nil
}

func (*extremeNumber[T]) Result(_ *Env, accs []unsafe.Pointer, out *vec.Vector) error {
	heldResult[T](accs, out)
	return nil
}

func heldResult[T any](accs []unsafe.Pointer, out *vec.Vector) {
	from := out.N
	out.Grow(len(accs))
	res := column[T](out)[from:]
	for i, p := range accs {
		a := (*held[T])(p)
		res[i] = a.val
		if a.has == 0 {
			out.SetNull(from + i)
		}
	}
}

// extreme is MIN and MAX of other fixed-width values.
type extreme[T any] struct {
	max  bool
	less func(a, b T) bool
}

func (*extreme[T]) Size() int { return heldSize[T]() }

func (f *extreme[T]) better(a, b T) bool {
	if f.max {
		return f.less(b, a)
	}
	return f.less(a, b)
}

func (f *extreme[T]) Update(_ *Env, accs []unsafe.Pointer, args []*vec.Vector, _ []int8) error {
	vals := column[T](args[0])
	for i, p := range accs {
		if args[0].IsNull(i) {
			continue
		}
		if a := (*held[T])(p); a.has == 0 || f.better(vals[i], a.val) {
			a.has, a.val = 1, vals[i]
		}
	}
	return nil
}

func (f *extreme[T]) Merge(_ *Env, dst, src []unsafe.Pointer) error {
	for i, p := range dst {
		d, s := (*held[T])(p), (*held[T])(src[i])
		if s.has != 0 && (d.has == 0 || f.better(s.val, d.val)) {
			*d = *s
		}
	}
	return nil
}

func (*extreme[T]) Result(_ *Env, accs []unsafe.Pointer, out *vec.Vector) error {
	heldResult[T](accs, out)
	return nil
}

// extremeView is MIN and MAX over rows that may be retracted.
type extremeView struct{ max bool }

func (extremeView) Size() int { return 0 }

func (f extremeView) Greatest() bool { return f.max }

func (extremeView) Update(*Env, []unsafe.Pointer, []*vec.Vector, []int8) error { return nil }

func (extremeView) Merge(*Env, []unsafe.Pointer, []unsafe.Pointer) error { return nil }

func (extremeView) Result(*Env, []unsafe.Pointer, *vec.Vector) error { return nil }

// heldText is a text: short ones lie in place, longer ones in the heap. The
// reference is kept when the text becomes short, for the next long one.
type heldText struct {
	n      int64 // 1 + length; 0 = none
	ref    Ref
	inline [shortText]byte
}

const (
	shortText    = 16
	heldTextSize = 16 + shortText
)

// bytes gives the text, valid until it is changed.
func (h *heldText) bytes(heap Heap) []byte {
	if n := h.n - 1; n <= shortText {
		return h.inline[:max(n, 0)]
	} else {
		return heap.Get(h.ref)[:n]
	}
}

func (h *heldText) set(heap Heap, s string) {
	h.n = int64(len(s)) + 1
	if len(s) <= shortText {
		copy(h.inline[:], s)
		return
	}
	h.ref = heap.Put(h.ref, unsafe.Slice(unsafe.StringData(s), len(s)))
}

func (h *heldText) drop(heap Heap) {
	if h.ref != 0 {
		heap.Free(h.ref)
	}
	*h = heldText{}
}

// textResult appends the texts; they share one new buffer.
func textResult(heap Heap, accs []unsafe.Pointer, out *vec.Vector) {
	total := 0
	for _, p := range accs {
		total += int(max((*heldText)(p).n-1, 0))
	}
	buf := make([]byte, 0, total)
	from := out.N
	out.Grow(len(accs))
	for i, p := range accs {
		h := (*heldText)(p)
		if h.n <= 1 {
			out.S[from+i] = ""
			if h.n == 0 {
				out.SetNull(from + i)
			}
			continue
		}
		at := len(buf)
		buf = append(buf, h.bytes(heap)...)
		out.S[from+i] = unsafe.String(&buf[at], len(buf)-at)
	}
}

// extremeText is MIN and MAX of text and bytes.
type extremeText struct{ max bool }

func (*extremeText) Size() int { return heldTextSize }

func (*extremeText) Refs() []int { return []int{8} }

func (f *extremeText) Update(env *Env, accs []unsafe.Pointer, args []*vec.Vector, _ []int8) error {
	v := args[0]
	for i, p := range accs {
		if !v.IsNull(i) {
			f.offer(env.Heap, (*heldText)(p), v.S[i])
		}
	}
	return nil
}

func (f *extremeText) offer(heap Heap, h *heldText, s string) {
	if h.n != 0 {
		c := bytes.Compare(unsafe.Slice(unsafe.StringData(s), len(s)), h.bytes(heap))
		if c == 0 || (c > 0) != f.max {
			return
		}
	}
	h.set(heap, s)
}

func (f *extremeText) Merge(env *Env, dst, src []unsafe.Pointer) error {
	for i, p := range dst {
		if s := (*heldText)(src[i]); s.n != 0 {
			f.offer(env.Heap, (*heldText)(p), string(s.bytes(env.Heap)))
		}
	}
	return nil
}

func (*extremeText) Result(env *Env, accs []unsafe.Pointer, out *vec.Vector) error {
	textResult(env.Heap, accs, out)
	return nil
}
