package format

import "unsafe"

// arenaChunk is how much text one allocation holds. Rows that are kept pin
// their chunk, so it is not large; one allocation for some hundred rows is
// cheap enough.
const arenaChunk = 32 << 10

// Arena copies texts out of a reused buffer into chunks that the collector
// owns, so that text costs a copy but no allocation of its own. The zero value
// is ready; an Arena belongs to one goroutine.
type Arena struct{ buf []byte }

// Copy gives b as an immutable string.
func (a *Arena) Copy(b []byte) string {
	n := len(b)
	if n == 0 {
		return ""
	}
	if n > cap(a.buf)-len(a.buf) {
		if n > arenaChunk/4 {
			return string(b)
		}
		a.buf = make([]byte, 0, arenaChunk)
	}
	at := len(a.buf)
	a.buf = append(a.buf, b...)
	return unsafe.String(&a.buf[at], n)
}

// Take gives n bytes to be written, as part of a string that Made gives.
func (a *Arena) Take(n int) []byte {
	if n > cap(a.buf)-len(a.buf) {
		a.buf = make([]byte, 0, max(arenaChunk, n))
	}
	at := len(a.buf)
	a.buf = a.buf[:at+n]
	return a.buf[at : at : at+n]
}

// Made gives the string that was written into what Take gave.
func Made(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	return unsafe.String(&b[0], len(b))
}
