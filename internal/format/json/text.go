package json

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/weir-stream/weir/internal/format"
)

const (
	ones = 0x0101010101010101
	high = 0x8080808080808080
)

// text reads a string whose opening quote is before p and gives its bytes,
// which may lie in the scratch buffer, and the position behind the closing
// quote.
func (d *decoder) text(src []byte, p int) ([]byte, int) {
	i := p
	// Short strings are the rule: look for a quote, a backslash or a control
	// character eight bytes at a time before calling the vectorised search.
	for ; i+8 <= len(src) && i < p+24; i += 8 {
		w := binary.LittleEndian.Uint64(src[i:])
		q, b := w^(ones*'"'), w^(ones*'\\')
		hit := (q-ones)&^q | (b-ones)&^b | (w-ones*0x20)&^w
		if hit &= high; hit != 0 {
			i += bits.TrailingZeros64(hit) >> 3
			if src[i] == '"' {
				return src[p:i], i + 1
			}
			return d.slowText(src, p, i)
		}
	}
	n := bytes.IndexByte(src[i:], '"')
	if n < 0 {
		return d.slowText(src, p, i)
	}
	s := src[i : i+n]
	if bytes.IndexByte(s, '\\') >= 0 || bytes.IndexByte(s, '\n') >= 0 {
		return d.slowText(src, p, i)
	}
	return src[p : i+n], i + n + 1
}

// slowText unescapes a string into the scratch buffer; src[p:i] needs none.
func (d *decoder) slowText(src []byte, p, i int) ([]byte, int) {
	d.scratch = append(d.scratch[:0], src[p:i]...)
	for {
		if i >= len(src) {
			return nil, cut
		}
		c := src[i]
		switch {
		case c == '"':
			return d.scratch, i + 1
		case c == '\n': // other control characters are let through
			return nil, d.bad(i, "the line ends inside of a text; is a quote missing?")
		case c != '\\':
			d.scratch = append(d.scratch, c)
			i++
			continue
		}
		if i+1 >= len(src) {
			return nil, cut
		}
		if src[i+1] == 'u' {
			r, q := d.codePoint(src, i)
			if q < 0 {
				return nil, q
			}
			d.scratch = utf8.AppendRune(d.scratch, r)
			i = q
			continue
		}
		e := escapes[src[i+1]]
		if e == 0 {
			return nil, d.bad(i, format.Quote(src[i:i+2])+" is no escape")
		}
		d.scratch = append(d.scratch, e)
		i += 2
	}
}

var escapes = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// codePoint reads \uXXXX at i, and the second half of a surrogate pair. Half a
// pair alone is no character and becomes U+FFFD.
func (d *decoder) codePoint(src []byte, i int) (rune, int) {
	r, q := d.hex4(src, i)
	if q < 0 || !utf16.IsSurrogate(r) {
		return r, q
	}
	if len(src)-q < 6 {
		// Only what cannot be a second half may be decided early.
		if len(src) == q || src[q] == '\\' && (len(src) == q+1 || src[q+1] == 'u') {
			return 0, cut
		}
		return utf8.RuneError, q
	}
	if src[q] != '\\' || src[q+1] != 'u' {
		return utf8.RuneError, q
	}
	low, next := d.hex4(src, q)
	if next < 0 {
		return 0, next
	}
	if both := utf16.DecodeRune(r, low); both != utf8.RuneError {
		return both, next
	}
	return utf8.RuneError, q
}

func (d *decoder) hex4(src []byte, i int) (rune, int) {
	if len(src)-i < 6 {
		for _, c := range src[min(i+2, len(src)):] {
			if hexDigit(c) < 0 {
				return 0, d.bad(i, "\\u needs four hexadecimal digits")
			}
		}
		return 0, cut
	}
	r := rune(0)
	for _, c := range src[i+2 : i+6] {
		h := hexDigit(c)
		if h < 0 {
			return 0, d.bad(i, "\\u needs four hexadecimal digits")
		}
		r = r<<4 | rune(h)
	}
	return r, i + 6
}

func hexDigit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}

// skip passes over the value at p.
func (d *decoder) skip(src []byte, p int) int {
	switch src[p] {
	case '"':
		return d.skipText(src, p+1)
	case '{', '[':
		return d.skipNested(src, p)
	case 't', 'f', 'n':
		return d.literal(src, p)
	}
	return d.number(src, p)
}

func (d *decoder) skipText(src []byte, p int) int {
	for {
		n := bytes.IndexByte(src[p:], '"')
		if n < 0 {
			if i := bytes.IndexByte(src[p:], '\n'); i >= 0 {
				return d.bad(p+i, "the line ends inside of a text; is a quote missing?")
			}
			return cut
		}
		s := src[p : p+n]
		i := bytes.IndexByte(s, '\\')
		if i < 0 {
			if i := bytes.IndexByte(s, '\n'); i >= 0 {
				return d.bad(p+i, "the line ends inside of a text; is a quote missing?")
			}
			return p + n + 1
		}
		if p += i + 2; p > len(src) {
			return cut
		}
	}
}

// skipNested passes over an array or object by its brackets.
func (d *decoder) skipNested(src []byte, p int) int {
	depth := 0
	for p < len(src) {
		switch src[p] {
		case '"':
			q := d.skipText(src, p+1)
			if q < 0 {
				return q
			}
			p = q
			continue
		case '\n':
			d.line++
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return p + 1
			}
		}
		p++
	}
	return cut
}
