package fn

import (
	"unsafe"

	"github.com/weir-stream/weir/internal/vec"
)

// textBuilder makes all the strings of a batch in one buffer: one allocation a
// batch in place of one a row. The buffer belongs to the strings afterwards, so
// each batch starts a new one, sized by the last.
type textBuilder struct {
	buf  []byte
	ends []int
	last int
}

// start begins a batch of n strings.
func (b *textBuilder) start(n int) {
	b.buf = make([]byte, 0, max(b.last+b.last/8, 8*n))
	if cap(b.ends) < n {
		b.ends = make([]int, 0, n+n/4)
	}
	b.ends = b.ends[:0]
}

// end closes the string of the current row.
func (b *textBuilder) end() { b.ends = append(b.ends, len(b.buf)) }

// finish gives out the strings. Rows must have been ended n times.
func (b *textBuilder) finish(out *vec.Vector) {
	b.last = len(b.buf)
	s := unsafe.String(unsafe.SliceData(b.buf), len(b.buf))
	from := 0
	dst := out.S[:len(b.ends)]
	for i, to := range b.ends {
		dst[i] = s[from:to]
		from = to
	}
	b.buf = nil
}

// finishAt gives the ended strings to some rows of out.
func (b *textBuilder) finishAt(out *vec.Vector, rows []int32) {
	b.last = len(b.buf)
	s := unsafe.String(unsafe.SliceData(b.buf), len(b.buf))
	from := 0
	for k, r := range rows {
		out.S[r] = s[from:b.ends[k]]
		from = b.ends[k]
	}
	b.buf = nil
}
