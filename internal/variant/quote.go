package variant

import (
	"strings"
	"unicode/utf8"
)

// AppendQuoted quotes a text as JSON, as Jackson does; with ascii also slashes and what is
// not ASCII are escaped.
func AppendQuoted(dst []byte, s string, ascii bool) []byte {
	dst = append(dst, '"')
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == '"' || c == '\\' || ascii && c == '/':
			dst = append(dst, '\\', c)
		case c < 0x20:
			if at := strings.IndexByte("\b\t\n\f\r", c); at >= 0 {
				dst = append(dst, '\\', "btnfr"[at])
			} else {
				dst = append(dst, '\\', 'u', '0', '0', "0123456789ABCDEF"[c>>4], "0123456789ABCDEF"[c&15])
			}
		case c >= utf8.RuneSelf && ascii:
			r, w := utf8.DecodeRuneInString(s[i:])
			dst = appendUnicodeEscape(dst, r)
			i += w
			continue
		default:
			dst = append(dst, c)
		}
		i++
	}
	return append(dst, '"')
}

func appendUnicodeEscape(dst []byte, r rune) []byte {
	if r > 0xffff {
		r -= 0x10000
		return appendUnicodeEscape(appendUnicodeEscape(dst, 0xd800+r>>10), 0xdc00+r&0x3ff)
	}
	return append(dst, '\\', 'u', "0123456789abcdef"[r>>12&15], "0123456789abcdef"[r>>8&15], "0123456789abcdef"[r>>4&15], "0123456789abcdef"[r&15])
}
