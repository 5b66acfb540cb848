package snapshot

import (
	"unsafe"

	"github.com/weir-stream/weir/internal/vfs"
)

// writer writes what it is given in order, in long pieces that vfs.Direct can hand
// to the disk as they are: they lie in memory as they will in the file's blocks.
type writer struct {
	file vfs.File
	mem  []byte // aligned
	buf  []byte // not yet written, a part of mem
	at   int64  // where it goes
	err  error

	later   bool   // the first bytes are given last
	first   []byte // what is written with them
	firstAt int64
	second  []byte // aligned: what comes after it
}

// writerBytes is the size of the pieces of a long frame, a multiple of what blocks of
// disks are: whoever waits for the disk has to find a processor after each. writerLeast
// is that of short ones.
const (
	writerBytes = 4 << 20
	writerLeast = 16 << 10
)

// summedBytes is how much is copied before its checksum is computed: it is in the
// processor's cache then.
const summedBytes = 16 << 10

// begin begins to write about n bytes at a place.
func (w *writer) begin(f vfs.File, at, n int64) {
	off := int(at % vfs.DirectAlign)
	if n = min(n+int64(off), writerBytes); n > int64(len(w.mem)) {
		w.mem = vfs.Aligned(int(max(n, min(2*int64(len(w.mem)), writerBytes), writerLeast)+vfs.DirectAlign-1) &^ (vfs.DirectAlign - 1))
	}
	w.file, w.at, w.buf, w.err = f, at, w.mem[off:off], nil
	w.first, w.later = nil, false
}

// keep reports whether the first n bytes can be given last, and has them so then.
func (w *writer) keep(n int) bool {
	if w.later = n <= cap(w.buf)/2 && vfs.AnyOrder(w.file); w.later {
		w.buf = w.buf[:n]
		w.first, w.firstAt = w.buf, w.at
	}
	return w.later
}

func (w *writer) put(b []byte) {
	for len(b) > 0 && w.err == nil {
		n := copy(w.buf[len(w.buf):cap(w.buf)], b)
		w.buf, b = w.buf[:len(w.buf)+n], b[n:]
		if len(w.buf) == cap(w.buf) {
			w.flush()
		}
	}
}

// summed is put, and gives the checksum of what has the checksum sum and b.
func (w *writer) summed(sum uint32, b []byte) uint32 {
	for len(b) > 0 {
		n := min(len(b), summedBytes)
		w.put(b[:n])
		sum = update(sum, b[:n])
		b = b[n:]
	}
	return sum
}

func (w *writer) flush() {
	mem := w.mem
	if w.later {
		if w.second == nil {
			w.second = vfs.Aligned(writerBytes)
		}
		mem = w.second
	}
	if w.later && unsafe.SliceData(w.buf) == unsafe.SliceData(w.first) {
		w.first = w.buf
	} else {
		_, w.err = w.file.WriteAt(w.buf, w.at)
	}
	if w.err == nil {
		w.at += int64(len(w.buf))
		w.buf = mem[:0] // the piece before has ended where a block does
	}
}

// end writes the rest, and the bytes that were to come last, and gives where all ends.
func (w *writer) end(head []byte) (int64, error) {
	if len(w.buf) > 0 && w.err == nil {
		w.flush()
	}
	if w.later && w.err == nil {
		copy(w.first, head)
		_, w.err = w.file.WriteAt(w.first, w.firstAt)
	}
	return w.at, w.err
}
