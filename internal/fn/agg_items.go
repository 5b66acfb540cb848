package fn

import (
	"bytes"
	"encoding/binary"
	"unsafe"

	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// items is what accumulators that keep all their values share: a list of values
// in the canonical form in one block of the heap, each after its length (4
// bytes). The block doubles when it is full. Retracting takes the earliest equal
// value out, which walks the list: its groups are as small as their results.
type items struct {
	t   types.Type
	buf []byte
}

// itemList is the accumulator: used bytes of the block hold n values. n is
// negative where retractions overtook their rows; then the block holds what is
// owed.
type itemList struct {
	ref  Ref
	used int64
	n    int64
}

func (*items) Size() int { return int(unsafe.Sizeof(itemList{})) }

// Refs gives the place of the block's reference.
func (*items) Refs() []int { return []int{0} }

// change adds row i of v or takes it out.
func (f *items) change(heap Heap, l *itemList, v *vec.Vector, i int, sign int8) {
	f.buf = vec.AppendCanonical(f.buf[:0], v, i)
	f.changeRaw(heap, l, f.buf, sign)
}

func (f *items) changeRaw(heap Heap, l *itemList, item []byte, sign int8) {
	owed := l.n < 0
	if owed == (sign > 0) && l.n != 0 {
		if !f.remove(heap, l, item) {
			return // nothing to take back: the row was never seen
		}
	} else {
		f.push(heap, l, item)
	}
	l.n += int64(sign)
}

func (f *items) push(heap Heap, l *itemList, item []byte) {
	need := int(l.used) + 4 + len(item)
	var block []byte
	if l.ref != 0 {
		block = heap.Get(l.ref)
	}
	if need > len(block) {
		l.ref = heap.Grow(l.ref, max(2*len(block), need, 48))
		if block = heap.Get(l.ref); need > len(block) {
			return
		}
	}
	binary.LittleEndian.PutUint32(block[l.used:], uint32(len(item)))
	copy(block[l.used+4:], item)
	l.used = int64(need)
}

func (f *items) remove(heap Heap, l *itemList, item []byte) bool {
	block := heap.Get(l.ref)[:l.used]
	for at := 0; at < len(block); {
		end := at + 4 + int(binary.LittleEndian.Uint32(block[at:]))
		if bytes.Equal(block[at+4:end], item) {
			copy(block[at:], block[end:])
			l.used -= int64(end - at)
			return true
		}
		at = end
	}
	return false
}

// each calls f with the values in order until it gives false.
func (*items) each(heap Heap, l *itemList, f func(item []byte) bool) {
	if l.n <= 0 {
		return
	}
	block := heap.Get(l.ref)[:l.used]
	for len(block) > 0 {
		end := 4 + int(binary.LittleEndian.Uint32(block))
		if !f(block[4:end]) {
			return
		}
		block = block[end:]
	}
}

// join appends the values of src to dst.
func (f *items) join(heap Heap, dst, src *itemList) {
	var copied []byte
	f.each(heap, src, func(item []byte) bool {
		copied = append(binary.LittleEndian.AppendUint32(copied, uint32(len(item))), item...)
		return true
	})
	for len(copied) > 0 {
		end := 4 + int(binary.LittleEndian.Uint32(copied))
		f.changeRaw(heap, dst, copied[4:end], 1)
		copied = copied[end:]
	}
}

// decode appends the values to out and gives their number.
func (f *items) decode(heap Heap, l *itemList, out *vec.Vector) int {
	n := 0
	f.each(heap, l, func(item []byte) bool {
		vec.DecodeCanonical(item, out)
		n++
		return true
	})
	return n
}

// Merge folds list into list.
func (f *items) Merge(env *Env, dst, src []unsafe.Pointer) error {
	for i, p := range dst {
		f.join(env.Heap, (*itemList)(p), (*itemList)(src[i]))
	}
	return nil
}

// updateNotNull is Update of those that leave nulls out.
func (f *items) updateNotNull(env *Env, accs []unsafe.Pointer, v *vec.Vector, signs []int8) {
	for i, p := range accs {
		if !v.IsNull(i) {
			f.change(env.Heap, (*itemList)(p), v, i, signOf(signs, i))
		}
	}
}
