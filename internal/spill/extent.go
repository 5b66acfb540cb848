package spill

import "fmt"

// Extent is bytes in a spill file. The zero Extent is none.
type Extent struct {
	file *spillFile
	off  int64
	n    int
}

// Len is the number of bytes.
func (e Extent) Len() int { return e.n }

// Fits reports whether n bytes of Go memory more are better kept than written to
// a file.
func (b *Budget) Fits(n int64) bool { return b == nil || b.fits(n) }

// Write puts bytes into a spill file, for what is read again in one piece.
func (b *Budget) Write(p []byte) (Extent, error) {
	f, off, err := b.space(len(p), p, wholeStep)
	if err != nil {
		return Extent{}, err
	}
	return Extent{f, off, len(p)}, nil
}

// Read gives the bytes of an extent in buf, grown as need be.
func (b *Budget) Read(e Extent, buf []byte) ([]byte, error) {
	if cap(buf) < e.n {
		buf = make([]byte, e.n)
	}
	buf = buf[:e.n]
	if _, err := e.file.ReadAt(buf, e.off); err != nil {
		return nil, fmt.Errorf("cannot read what was spilled to %s: %w", e.file.dir, err)
	}
	return buf, nil
}

// Free gives an extent back; none is left alone.
func (b *Budget) Free(e Extent) {
	if e.file != nil {
		b.yield(e.file, e.off, e.n)
	}
}
