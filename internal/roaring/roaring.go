// Package roaring holds sets of 32-bit integers as bytes: the values of BITMAP
// columns. The bytes are those of the portable RoaringFormatSpec, which the
// Roaring libraries of all languages read, in the one canonical form of a set:
// each container is stored in its smallest kind (runs only where they are
// smaller than both others). So equal sets are equal bytes, and state, hashing,
// grouping and exchanges need to know nothing of them.
//
// Operations go over the bytes and append bytes; there is no other form. A
// container is 2^16 integers that share their upper half; two arrays are merged
// as lists, everything else goes by way of 8 kB of bits, one pass each.
package roaring

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// The cookies that a serialised set begins with: without and with containers of
// runs.
const (
	cookiePlain = 12346
	cookieRuns  = 12347
)

const (
	// offsetsFrom is how many containers a set with runs must have for its header
	// to list their offsets.
	offsetsFrom = 4
	// mostArray is the size above which an array is larger than the bits.
	mostArray  = 4096
	bitmapSize = 8192
	words      = bitmapSize / 8
)

// Empty is the set without elements.
const Empty = "\x3a\x30\x00\x00\x00\x00\x00\x00"

// kind says how a container's integers are stored.
type kind uint8

const (
	arrayKind  kind = iota // 2 bytes each, ascending
	bitmapKind             // 8192 bytes
	runKind                // 2 bytes of count, then start and length-1 of each run
)

// container is the integers that share the upper half key.
type container struct {
	key  uint16
	kind kind
	card int // 1 to 65536
	data string
}

func u16(s string, i int) uint16 { return uint16(s[i]) | uint16(s[i+1])<<8 }

func u32(s string, i int) uint32 {
	return uint32(s[i]) | uint32(s[i+1])<<8 | uint32(s[i+2])<<16 | uint32(s[i+3])<<24
}

// cursor goes over the containers of a set, whose bytes are known to be sound.
type cursor struct {
	s    string
	n, i int
	runs int // offset of the flags of runs, 0 without
	head int // offset of keys and cardinalities
	at   int // offset of the next container
}

func newCursor(s string) cursor {
	c := cursor{s: s}
	if cookie := u32(s, 0); cookie&0xffff == cookieRuns {
		c.n = int(cookie>>16) + 1
		c.runs = 4
		c.head = 4 + (c.n+7)/8
	} else {
		c.n = int(u32(s, 4))
		c.head = 8
	}
	c.at = c.head + 4*c.n
	if c.runs == 0 || c.n >= offsetsFrom {
		c.at += 4 * c.n
	}
	return c
}

func (c *cursor) more() bool { return c.i < c.n }

// key is the upper half of the next container; past the end it is above all.
func (c *cursor) key() int {
	if c.i == c.n {
		return 1 << 16
	}
	return int(u16(c.s, c.head+4*c.i))
}

func (c *cursor) card() int { return int(u16(c.s, c.head+4*c.i+2)) + 1 }

func (c *cursor) isRun() bool { return c.runs > 0 && c.s[c.runs+c.i/8]>>(c.i%8)&1 != 0 }

func (c *cursor) next() container {
	out := container{key: uint16(c.key()), card: c.card()}
	size := 2 * out.card
	switch {
	case c.isRun():
		out.kind = runKind
		size = 2 + 4*int(u16(c.s, c.at))
	case out.card > mostArray:
		out.kind = bitmapKind
		size = bitmapSize
	}
	out.data = c.s[c.at : c.at+size]
	c.at += size
	c.i++
	return out
}

// Cardinality is the number of elements of a set.
func Cardinality(s string) int64 {
	n := int64(0)
	for c := newCursor(s); c.more(); c.i++ {
		n += int64(c.card())
	}
	return n
}

// IsEmpty tells whether a set has no elements.
func IsEmpty(s string) bool { return s == Empty }

// each calls f with the lower halves of the container in order until it gives
// false.
func (c container) each(f func(low uint16) bool) bool {
	switch c.kind {
	case arrayKind:
		for i := 0; i < len(c.data); i += 2 {
			if !f(u16(c.data, i)) {
				return false
			}
		}
	case runKind:
		for i := 2; i < len(c.data); i += 4 {
			from := int(u16(c.data, i))
			for x := from; x <= from+int(u16(c.data, i+2)); x++ {
				if !f(uint16(x)) {
					return false
				}
			}
		}
	case bitmapKind:
		for w := range words {
			for b := c.word(w); b != 0; b &= b - 1 {
				if !f(uint16(64*w + bits.TrailingZeros64(b))) {
					return false
				}
			}
		}
	}
	return true
}

func (c container) word(w int) uint64 {
	return uint64(u32(c.data, 8*w)) | uint64(u32(c.data, 8*w+4))<<32
}

// Each calls f with the elements in ascending order until it gives false.
func Each(s string, f func(x uint32) bool) {
	for c := newCursor(s); c.more(); {
		one := c.next()
		if !one.each(func(low uint16) bool { return f(uint32(one.key)<<16 | uint32(low)) }) {
			return
		}
	}
}

// load writes the container as bits.
func (c container) load(to *[words]uint64) {
	if c.kind == bitmapKind {
		for w := range to {
			to[w] = c.word(w)
		}
		return
	}
	clear(to[:])
	if c.kind == arrayKind {
		for i := 0; i < len(c.data); i += 2 {
			x := u16(c.data, i)
			to[x>>6] |= 1 << (x & 63)
		}
		return
	}
	for i := 2; i < len(c.data); i += 4 {
		from := uint(u16(c.data, i))
		setRange(to, from, from+uint(u16(c.data, i+2)))
	}
}

// setRange sets the bits from to last.
func setRange(to *[words]uint64, from, last uint) {
	low, high := ^uint64(0)<<(from&63), ^uint64(0)>>(63-last&63)
	if from>>6 == last>>6 {
		to[from>>6] |= low & high
		return
	}
	to[from>>6] |= low
	for w := from>>6 + 1; w < last>>6; w++ {
		to[w] = ^uint64(0)
	}
	to[last>>6] |= high
}

// list appends the lower halves of an array to dst.
func (c container) list(dst []uint16) []uint16 {
	for i := 0; i < len(c.data); i += 2 {
		dst = append(dst, u16(c.data, i))
	}
	return dst
}

// Maker makes sets. Its buffers serve all calls; it is not for several
// goroutines at once.
type Maker struct {
	heads []head
	data  []byte
	a, b  [words]uint64
	x, y  []uint16
	z     []uint16
}

type head struct {
	key  uint16
	run  bool
	card int
	size int
}

func (m *Maker) start() { m.heads, m.data = m.heads[:0], m.data[:0] }

// copyOf adds a container as it is.
func (m *Maker) copyOf(c container) {
	m.heads = append(m.heads, head{c.key, c.kind == runKind, c.card, len(c.data)})
	m.data = append(m.data, c.data...)
}

// addList adds a container of ascending integers without duplicates.
func (m *Maker) addList(key uint16, xs []uint16) {
	if len(xs) == 0 {
		return
	}
	runs := 1
	for i := 1; i < len(xs); i++ {
		if xs[i] != xs[i-1]+1 {
			runs++
		}
	}
	from := len(m.data)
	switch runSize := 2 + 4*runs; {
	case runSize < min(2*len(xs), bitmapSize):
		m.data = binary.LittleEndian.AppendUint16(m.data, uint16(runs))
		for i := 0; i < len(xs); {
			last := i
			for last+1 < len(xs) && xs[last+1] == xs[last]+1 {
				last++
			}
			m.data = appendRun(m.data, xs[i], xs[last])
			i = last + 1
		}
		m.heads = append(m.heads, head{key, true, len(xs), len(m.data) - from})
		return
	case len(xs) > mostArray:
		clear(m.a[:])
		for _, x := range xs {
			m.a[x>>6] |= 1 << (x & 63)
		}
		m.data = appendWords(m.data, &m.a)
	default:
		for _, x := range xs {
			m.data = binary.LittleEndian.AppendUint16(m.data, x)
		}
	}
	m.heads = append(m.heads, head{key, false, len(xs), len(m.data) - from})
}

func appendRun(dst []byte, from, last uint16) []byte {
	return binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(dst, from), last-from)
}

func appendWords(dst []byte, ws *[words]uint64) []byte {
	for _, w := range ws {
		dst = binary.LittleEndian.AppendUint64(dst, w)
	}
	return dst
}

// addWords adds a container of bits.
func (m *Maker) addWords(key uint16, ws *[words]uint64) {
	card, runs, before := 0, 0, uint64(0)
	for _, w := range ws {
		card += bits.OnesCount64(w)
		runs += bits.OnesCount64(w &^ (w<<1 | before)) // where a run begins
		before = w >> 63
	}
	if card == 0 {
		return
	}
	from := len(m.data)
	runSize := 2 + 4*runs
	switch {
	case runSize < min(2*card, bitmapSize):
		m.data = binary.LittleEndian.AppendUint16(m.data, uint16(runs))
		for at := nextBit(ws, 0, 0); at < 1<<16; {
			end := nextBit(ws, at, ^uint64(0))
			m.data = appendRun(m.data, uint16(at), uint16(end-1))
			at = nextBit(ws, end, 0)
		}
	case card > mostArray:
		m.data = appendWords(m.data, ws)
	default:
		for w, b := range ws {
			for ; b != 0; b &= b - 1 {
				m.data = binary.LittleEndian.AppendUint16(m.data, uint16(64*w+bits.TrailingZeros64(b)))
			}
		}
	}
	m.heads = append(m.heads, head{key, runSize < min(2*card, bitmapSize), card, len(m.data) - from})
}

// nextBit finds the next bit at or after at that is set in ws xor flip.
func nextBit(ws *[words]uint64, at int, flip uint64) int {
	if at >= 1<<16 {
		return 1 << 16
	}
	w := at >> 6
	b := (ws[w] ^ flip) >> (at & 63) << (at & 63)
	for b == 0 {
		if w++; w == words {
			return 1 << 16
		}
		b = ws[w] ^ flip
	}
	return 64*w + bits.TrailingZeros64(b)
}

// finish appends the set to dst.
func (m *Maker) finish(dst []byte) []byte {
	n := len(m.heads)
	hasRuns := slices.ContainsFunc(m.heads, func(h head) bool { return h.run })
	le := binary.LittleEndian
	start := len(dst)
	if hasRuns {
		dst = le.AppendUint32(dst, uint32(n-1)<<16|cookieRuns)
		flags := len(dst)
		for range (n + 7) / 8 {
			dst = append(dst, 0)
		}
		for i, h := range m.heads {
			if h.run {
				dst[flags+i/8] |= 1 << (i % 8)
			}
		}
	} else {
		dst = le.AppendUint32(le.AppendUint32(dst, cookiePlain), uint32(n))
	}
	for _, h := range m.heads {
		dst = le.AppendUint16(le.AppendUint16(dst, h.key), uint16(h.card-1))
	}
	if !hasRuns || n >= offsetsFrom {
		at := len(dst) - start + 4*n
		for _, h := range m.heads {
			dst = le.AppendUint32(dst, uint32(at))
			at += h.size
		}
	}
	return append(dst, m.data...)
}

// Build appends the set of xs, which it sorts.
func (m *Maker) Build(dst []byte, xs []uint32) []byte {
	slices.Sort(xs)
	m.start()
	for i := 0; i < len(xs); {
		key := uint16(xs[i] >> 16)
		m.x = m.x[:0]
		for ; i < len(xs) && uint16(xs[i]>>16) == key; i++ {
			if low := uint16(xs[i]); len(m.x) == 0 || m.x[len(m.x)-1] != low {
				m.x = append(m.x, low)
			}
		}
		m.addList(key, m.x)
	}
	return m.finish(dst)
}
