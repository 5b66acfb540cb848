package state

import (
	"math/bits"
	"unsafe"

	"github.com/weir-stream/weir/internal/sqlerr"
)

// Heap keeps byte strings of any length under stable references; 0 is none. It
// has the methods of fn.Heap over plain uint64.
//
// A reference is chunk+1 in the upper half and the offset of the block in the
// lower. A block is 4 bytes of length, 4 bytes of size class, then the bytes.
// Freed blocks are chained by class and used again; a block keeps its class for
// good, so nothing moves and references stay true.
type Heap struct {
	use    usage
	chunks []heapChunk
	cur    int    // 1 + index of the chunk that is being filled
	at     uint32 // its fill
	free   [heapClasses]uint64
	large  []uint32 // chunks of freed large blocks
	used   int64    // bytes in live blocks, headers included
}

type heapChunk struct {
	p    unsafe.Pointer
	size uint32
}

const (
	heapHeader  = 8
	heapLarge   = 32 << 10 // blocks above have a chunk of their own, unless they lie in a part's (see arena)
	heapClasses = 112
	classLarge  = 1<<32 - 1
	chunkLeast  = 1 << 10
	chunkMost   = 256 << 10
)

// classOf gives the size class of a block of n bytes, header included: steps of
// 8 up to 64 and four to the doubling above.
func classOf(n int) int {
	if n <= 64 {
		return (n+7)/8 - 1
	}
	e := bits.Len(uint(n-1)) - 1 // 2^e < n <= 2^(e+1), or n-1 in [2^e, 2^(e+1))
	return 8 + (e-6)*4 + (n-1)>>(e-2)&3
}

// classSize is the bytes of a block of class c.
func classSize(c int) int {
	if c < 8 {
		return (c + 1) * 8
	}
	e := (c-8)/4 + 6
	return 1<<e + ((c-8)%4+1)<<(e-2)
}

func (h *Heap) ptr(r uint64) unsafe.Pointer {
	return unsafe.Add(h.chunks[r>>32-1].p, uint32(r))
}

// Put stores a copy of b in place of old (which may be 0) and gives its
// reference; it is old where the bytes fit into old's place. b may be part of
// what old refers to.
func (h *Heap) Put(old uint64, b []byte) uint64 {
	if old != 0 {
		if room := h.room(old); len(b) <= room && (room <= 64 || len(b) >= room/4) {
			h.setLen(old, len(b))
			copy(h.Get(old), b)
			return old
		}
	}
	r := h.alloc(len(b))
	copy(h.Get(r), b)
	h.Free(old)
	return r
}

// blockMost is the longest block.
const blockMost = 1 << 31

// errLong means that one value outgrew its block.
var errLong = sqlerr.New(sqlerr.Runtime, sqlerr.Pos{}, "one value of the state, such as that of an ARRAY_AGG or LISTAGG, has come to 2 GB")

// Grow gives old (which may be 0) room for n bytes in all: its own first, then
// anything. What would be longer than a block may be stays as it is, and fails the
// store.
func (h *Heap) Grow(old uint64, n int) uint64 {
	b := h.Get(old)
	if n = min(n, blockMost); n <= len(b) {
		h.use.mem.store.fail(errLong)
		return old
	}
	r := h.alloc(n)
	copy(h.Get(r), b)
	h.Free(old)
	return r
}

// Get gives the bytes, which may be changed in place; valid until the next Put
// or Free. Reference 0 gives nil.
func (h *Heap) Get(r uint64) []byte {
	if r == 0 {
		return nil
	}
	p := h.ptr(r)
	return unsafe.Slice((*byte)(unsafe.Add(p, heapHeader)), *(*uint32)(p))
}

// touch reads the beginning of what a reference is to, so that it comes near.
func (h *Heap) touch(r uint64) uint64 {
	if r == 0 {
		return 0
	}
	return *(*uint64)(h.ptr(r))
}

// Free gives the space back; 0 is allowed.
func (h *Heap) Free(r uint64) {
	if r == 0 {
		return
	}
	p := h.ptr(r)
	c := *(*uint32)(unsafe.Add(p, 4))
	*(*uint32)(p) = 0
	if c == classLarge {
		ch := &h.chunks[r>>32-1]
		h.used -= int64(ch.size)
		h.use.release(ch.p, int(ch.size))
		*ch = heapChunk{}
		h.large = append(h.large, uint32(r>>32-1))
		return
	}
	h.used -= int64(classSize(int(c)))
	*(*uint64)(unsafe.Add(p, heapHeader)) = h.free[c]
	h.free[c] = r
}

// alloc gives a block for n bytes, which hold anything.
func (h *Heap) alloc(n int) uint64 {
	size := max(n, 8) + heapHeader // a free block holds the next one's reference
	c := classOf(size)
	r := h.free[c]
	if size > heapLarge && r == 0 {
		return h.allocLarge(n, size)
	}
	size = classSize(c)
	h.used += int64(size)
	if r != 0 {
		p := h.ptr(r)
		h.free[c] = *(*uint64)(unsafe.Add(p, heapHeader))
		*(*uint32)(p) = uint32(n)
		return r
	}
	if h.cur == 0 || int(h.at)+size > int(h.chunks[h.cur-1].size) {
		h.grow(size)
	}
	r = uint64(h.cur)<<32 | uint64(h.at)
	h.at += uint32(size)
	p := h.ptr(r)
	*(*uint32)(p) = uint32(n)
	*(*uint32)(unsafe.Add(p, 4)) = uint32(c)
	return r
}

func (h *Heap) grow(size int) {
	next := chunkLeast
	if h.cur > 0 {
		next = min(2*int(h.chunks[h.cur-1].size), chunkMost)
	}
	for next < size {
		next *= 2
	}
	h.chunks = append(h.chunks, heapChunk{h.use.alloc(next), uint32(next)})
	h.cur, h.at = len(h.chunks), 0
}

func (h *Heap) allocLarge(n, size int) uint64 {
	size = blockSize(size)
	ch := heapChunk{h.use.alloc(size), uint32(size)}
	h.used += int64(size)
	var i int
	if k := len(h.large); k > 0 {
		i = int(h.large[k-1])
		h.large = h.large[:k-1]
		h.chunks[i] = ch
	} else {
		i = len(h.chunks)
		h.chunks = append(h.chunks, ch)
	}
	*(*uint32)(ch.p) = uint32(n)
	*(*uint32)(unsafe.Add(ch.p, 4)) = classLarge
	return uint64(i+1) << 32
}

// room is the bytes that fit into the block of r.
func (h *Heap) room(r uint64) int {
	c := *(*uint32)(unsafe.Add(h.ptr(r), 4))
	if c == classLarge {
		return int(h.chunks[r>>32-1].size) - heapHeader
	}
	return classSize(int(c)) - heapHeader
}

func (h *Heap) setLen(r uint64, n int) { *(*uint32)(h.ptr(r)) = uint32(n) }

// alive reports whether r, once a reference, is one now: blocks that are not in
// use have length 0. Who asks stores no empty strings.
func (h *Heap) alive(r uint64) bool {
	ch := h.chunks[r>>32-1]
	return ch.p != nil && *(*uint32)(unsafe.Add(ch.p, uint32(r))) != 0
}

// Bytes is the memory held, free blocks included.
func (h *Heap) Bytes() int64 { return h.use.bytes }

// Used is the bytes in live blocks.
func (h *Heap) Used() int64 { return h.used }

// reset gives all memory back.
func (h *Heap) reset() {
	for _, c := range h.chunks {
		h.use.release(c.p, int(c.size))
	}
	*h = Heap{use: h.use}
}
