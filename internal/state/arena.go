package state

import (
	"encoding/binary"
	"slices"
)

// arena collects the blocks of one part of a table as one chunk of a Heap. It
// gives the references that they have where the part's chunk has the number of
// its segment, so that chunks of parts written at different times go together.
type arena struct {
	buf   []byte
	chunk uint64 // 1 + number of the chunk
	used  int64
	own   []byte // buf, if that is not of an image
}

// arenaMost is the most that an arena may come to: offsets are 32 bits.
const arenaMost = 1 << 31

func (a *arena) reset(chunk uint32) { a.buf, a.chunk, a.used = a.own[:0], uint64(chunk)+1, 0 }

// lie has the arena lie behind dst, as far as there is room.
func (a *arena) lie(dst []byte) { a.buf = dst[len(dst):len(dst)] }

// appendTo appends what came together, which may lie there.
func (a *arena) appendTo(dst []byte) []byte {
	n := len(a.buf)
	if n == 0 {
		return dst
	}
	if at := len(dst); at+n <= cap(dst) && &dst[:at+n][at] == &a.buf[0] {
		dst = dst[:at+n]
	} else {
		a.own = a.buf
		dst = append(dst, a.buf...)
	}
	return extended(dst, blockSize(n)-n)
}

// block adds a block for n bytes and gives its reference and bytes, which are
// valid until the next call.
func (a *arena) block(n int) (uint64, []byte) {
	c := classOf(max(n, 8) + heapHeader)
	at, size := len(a.buf), classSize(c)
	a.buf = slices.Grow(a.buf, size)[:at+size]
	b := a.buf[at : at+size]
	binary.NativeEndian.PutUint32(b, uint32(n))
	binary.NativeEndian.PutUint32(b[4:], uint32(c))
	clear(b[heapHeader+n:]) // equal state gives equal bytes
	a.used += int64(size)
	return a.chunk<<32 | uint64(at), b[heapHeader : heapHeader+n]
}

// add adds a copy of bytes; nil has reference 0.
func (a *arena) add(b []byte) uint64 {
	if b == nil {
		return 0
	}
	r, to := a.block(len(b))
	copy(to, b)
	return r
}

// attach makes the bytes of an arena the heap's chunk of that number.
func (h *Heap) attach(chunk uint32, p *part, which int) {
	if p.sizes[which] == 0 {
		return
	}
	for len(h.chunks) <= int(chunk) {
		h.chunks = append(h.chunks, heapChunk{})
	}
	h.chunks[chunk] = heapChunk{p.take(&h.use, which), uint32(blockSize(int(p.sizes[which])))}
	h.used += int64(p.used[which])
}
