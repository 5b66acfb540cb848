package fn

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/valyala/fastjson"
)

// jsonUnquote takes the quotes and escapes off a text that begins with a JSON
// string and ends with a quote: as in Flink, what stands between may hold further
// quotes. Any other text is given as it is.
func jsonUnquote(dst []byte, r *row) ([]byte, bool) {
	s := r.str(0)
	if len(s) < 2 || s[0] != '"' || s[len(s)-1] != '"' || fastjson.Validate(s[:firstString(s)]) != nil {
		return append(dst, s...), true
	}
	from := len(dst)
	dst, ok := appendUnescaped(dst, s[1:len(s)-1])
	if !ok {
		dst = append(dst[:from], s...)
	}
	return dst, true
}

// firstString gives the end of the string in quotes that s begins with.
func firstString(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(s)
}

// jsonEscapes are the letters behind a backslash and what they stand for.
var jsonEscapes = map[byte]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// appendUnescaped resolves the escapes of JSON; false if one is not valid.
func appendUnescaped(dst []byte, s string) ([]byte, bool) {
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			dst = append(dst, s[i])
			continue
		}
		i++
		if i >= len(s) {
			return dst, false
		}
		if c, ok := jsonEscapes[s[i]]; ok {
			dst = append(dst, c)
			continue
		}
		c, ok := hexRune(s, i)
		if !ok {
			return dst, false
		}
		i += 4
		if utf16.IsSurrogate(c) && strings.HasPrefix(s[i+1:], `\u`) {
			if low, ok := hexRune(s, i+2); ok && utf16.DecodeRune(c, low) != utf8.RuneError {
				c = utf16.DecodeRune(c, low)
				i += 6
			}
		}
		dst = utf8.AppendRune(dst, c)
	}
	return dst, true
}

// hexRune reads the u0000 that stands at i.
func hexRune(s string, i int) (rune, bool) {
	if i+5 > len(s) || s[i] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(s[i+1:i+5], 16, 16)
	return rune(n), err == nil
}
