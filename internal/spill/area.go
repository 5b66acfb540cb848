package spill

import "unsafe"

// Area is slices outside the Go heap, each in a slab of its own, for arrays that may
// be larger than memory and are gone through in order more than by chance. A nil
// Area gives slices of the Go heap, and so does one without a bound.
type Area struct {
	budget *Budget
	slabs  map[unsafe.Pointer]*Slab
}

// areaLeast is the bytes of a slice that is worth a slab.
const areaLeast = 64 << 10

// NewArea gives an empty Area.
func NewArea(b *Budget) *Area { return &Area{budget: b, slabs: map[unsafe.Pointer]*Slab{}} }

// Grown gives s with room for n elements, of which it has as many as before. It
// keeps what it holds but may lie elsewhere, and s must not be used any more. T has
// no pointers to the Go heap: the collector does not see them.
func Grown[T any](a *Area, s []T, n int) []T {
	if n <= cap(s) {
		return s
	}
	var t T
	bytes := n * int(unsafe.Sizeof(t))
	if a == nil || a.budget.Limit() == 0 || bytes < areaLeast {
		return append(make([]T, 0, n+n/4), s...)
	}
	slab := a.slab(bytes + bytes/4)
	to := unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(slab.Mem))), len(slab.Mem)/int(unsafe.Sizeof(t)))
	to = to[:copy(to, s)]
	if old := a.slabs[unsafe.Pointer(unsafe.SliceData(s))]; old != nil {
		a.free(old)
	}
	return to
}

func (a *Area) slab(n int) *Slab {
	s := a.budget.Map(n)
	a.slabs[unsafe.Pointer(unsafe.SliceData(s.Mem))] = s
	return s
}

func (a *Area) free(s *Slab) {
	delete(a.slabs, unsafe.Pointer(unsafe.SliceData(s.Mem)))
	a.budget.Unmap(s)
}

// Bytes gives n bytes in a slab.
func (a *Area) Bytes(n int) []byte { return a.slab(n).Mem[:n] }

// Tend keeps within the budget: it is for work that takes long. It returns the
// failure to make room, if there was one.
func (a *Area) Tend() error {
	for _, s := range a.slabs {
		if !a.budget.Pressed() {
			break
		}
		a.budget.Move(s)
	}
	a.budget.Tend()
	return a.budget.Err()
}

// Free gives everything back: no slice of the Area may be used any more.
func (a *Area) Free() {
	if a == nil {
		return
	}
	for _, s := range a.slabs {
		a.free(s)
	}
}
