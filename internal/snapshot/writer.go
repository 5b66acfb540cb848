package snapshot

import "github.com/weir-stream/weir/internal/vfs"

// writer writes what it is given in order, in long pieces that vfs.Direct can hand
// to the disk as they are: they lie in memory as they will in the file's blocks.
type writer struct {
	file vfs.File
	mem  []byte // aligned
	buf  []byte // not yet written, a part of mem
	at   int64  // where it goes
	err  error
}

// writerBytes is the size of the pieces of a long frame, a multiple of what blocks of
// disks are: whoever waits for the disk has to find a processor after each. writerLeast
// is that of short ones.
const (
	writerBytes = 4 << 20
	writerLeast = 16 << 10
)

// begin begins to write about n bytes at a place.
func (w *writer) begin(f vfs.File, at, n int64) {
	off := int(at % vfs.DirectAlign)
	if n = min(n+int64(off), writerBytes); n > int64(len(w.mem)) {
		w.mem = vfs.Aligned(int(max(n, min(2*int64(len(w.mem)), writerBytes), writerLeast)+vfs.DirectAlign-1) &^ (vfs.DirectAlign - 1))
	}
	w.file, w.at, w.buf, w.err = f, at, w.mem[off:off], nil
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

func (w *writer) flush() {
	if _, w.err = w.file.WriteAt(w.buf, w.at); w.err == nil {
		w.at += int64(len(w.buf))
		w.buf = w.mem[:0] // the piece before has ended where a block does
	}
}

// end writes the rest and gives where that ends.
func (w *writer) end() (int64, error) {
	if len(w.buf) > 0 && w.err == nil {
		w.flush()
	}
	return w.at, w.err
}
