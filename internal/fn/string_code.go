package fn

import (
	"encoding/base64"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/weir-stream/weir/internal/types"
)

// Codes are the functions that encode and decode text.
func Codes() []Func {
	text := types.String()
	return []Func{
		strBind("TO_BASE64", "(s STRINGLIKE) -> STRING", "The text in base 64.",
			textOf(func(dst []byte, r *row) ([]byte, bool) {
				return base64.StdEncoding.AppendEncode(dst, []byte(r.str(0))), true
			}), Example{"TO_BASE64('hello world')", "aGVsbG8gd29ybGQ="}),
		strBind("TO_BASE64", "(s BINARYLIKE) -> STRING", "The bytes in base 64.",
			textOf(func(dst []byte, r *row) ([]byte, bool) {
				return base64.StdEncoding.AppendEncode(dst, []byte(r.str(0))), true
			})),
		nullable(strBind("FROM_BASE64", "(s STRINGLIKE)", "The text that base 64 spells; NULL if it does not.",
			textOf(func(dst []byte, r *row) ([]byte, bool) {
				out, err := base64.StdEncoding.AppendDecode(dst, []byte(r.str(0)))
				return out, err == nil
			}), Example{"FROM_BASE64('aGVsbG8gd29ybGQ=')", "hello world"}), text),
		{Name: "ENCODE", Sig: "(s STRINGLIKE, charset STRINGLIKE) -> BYTES", Doc: "The text as bytes of a character set: US-ASCII, ISO-8859-1, UTF-8, UTF-16BE, UTF-16LE, UTF-16.",
			Category: stringCategory, CanFail: true, Bind: textOf(encode), Examples: []Example{{"HEX(DECODE(ENCODE('hi', 'UTF-8'), 'UTF-8'))", "6869"}}},
		failing(strBind("DECODE", "(b BINARYLIKE, charset STRINGLIKE) -> STRING", "Bytes of a character set as text.", textOf(decode), Example{"DECODE(X'6869', 'UTF-8')", "hi"})),
		nullable(strFunc("PARSE_URL", "(url STRINGLIKE, part STRINGLIKE [, key STRINGLIKE])", "A part of a URL: HOST, PATH, QUERY, REF, PROTOCOL, AUTHORITY, FILE, USERINFO; with QUERY and a key that parameter.",
			textPart(parseURL), Example{"PARSE_URL('http://a.org/p?k=v', 'QUERY', 'k')", "v"}), text),
		nullable(strBind("URL_ENCODE", "(s STRINGLIKE)", "The text as a form parameter of a URL.", textOf(urlEncode), Example{"URL_ENCODE('a b/c')", "a+b%2Fc"}), types.String()),
		nullable(strBind("URL_DECODE", "(s STRINGLIKE)", "The text of a form parameter of a URL; NULL if it is none.",
			textOf(func(dst []byte, r *row) ([]byte, bool) {
				s, err := url.QueryUnescape(r.str(0))
				return append(dst, s...), err == nil
			}), Example{"URL_DECODE('a+b%2Fc')", "a b/c"}), text),
		nullable(strFunc("INET_ATON", "(s STRINGLIKE)", "An IPv4 address as a number; NULL if it is none.",
			longOf(func(r *row) (int64, bool) { return inetAton(r.str(0)) }), Example{"INET_ATON('127.0.0.1')", "2130706433"}), types.Of(types.BigInt)),
		nullable(strBind("INET_NTOA", "(n INTEGER)", "The IPv4 address of a number.", textOf(inetNtoa), Example{"INET_NTOA(2130706433)", "127.0.0.1"}), text),
	}
}

func encode(dst []byte, r *row) ([]byte, bool) {
	s := r.str(0)
	switch strings.ToUpper(r.str(1)) {
	case "UTF-8", "UTF8":
		return append(dst, s...), true
	case "US-ASCII", "ASCII":
		return appendNarrow(dst, s, 0x80), true
	case "ISO-8859-1", "LATIN1":
		return appendNarrow(dst, s, 0x100), true
	case "UTF-16":
		return appendUTF16(append(dst, 0xfe, 0xff), s, true), true
	case "UTF-16BE":
		return appendUTF16(dst, s, true), true
	case "UTF-16LE":
		return appendUTF16(dst, s, false), true
	}
	r.fail("there is no character set '%s'", r.str(1))
	return dst, false
}

func appendNarrow(dst []byte, s string, limit rune) []byte {
	for _, c := range s {
		if c >= limit {
			c = '?'
		}
		dst = append(dst, byte(c))
	}
	return dst
}

func appendUTF16(dst []byte, s string, big bool) []byte {
	for _, u := range utf16.Encode([]rune(s)) {
		if big {
			dst = append(dst, byte(u>>8), byte(u))
		} else {
			dst = append(dst, byte(u), byte(u>>8))
		}
	}
	return dst
}

func decode(dst []byte, r *row) ([]byte, bool) {
	s := r.str(0)
	switch strings.ToUpper(r.str(1)) {
	case "UTF-8", "UTF8":
		return append(dst, strings.ToValidUTF8(s, "\uFFFD")...), true
	case "US-ASCII", "ASCII", "ISO-8859-1", "LATIN1":
		for i := range len(s) {
			dst = utf8.AppendRune(dst, rune(s[i]))
		}
		return dst, true
	case "UTF-16":
		big := true
		if strings.HasPrefix(s, "\xff\xfe") || strings.HasPrefix(s, "\xfe\xff") {
			big, s = s[0] == 0xfe, s[2:]
		}
		return decodeUTF16(dst, s, big), true
	case "UTF-16BE":
		return decodeUTF16(dst, s, true), true
	case "UTF-16LE":
		return decodeUTF16(dst, s, false), true
	}
	r.fail("there is no character set '%s'", r.str(1))
	return dst, false
}

func decodeUTF16(dst []byte, s string, big bool) []byte {
	units := make([]uint16, 0, len(s)/2)
	for ; len(s) >= 2; s = s[2:] {
		hi, lo := s[0], s[1]
		if !big {
			hi, lo = lo, hi
		}
		units = append(units, uint16(hi)<<8|uint16(lo))
	}
	return append(dst, string(utf16.Decode(units))...)
}

// parseURL cuts a URL as java.net.URL does.
func parseURL(r *row) (string, bool) {
	s, part := r.str(0), r.str(1)
	u, err := url.Parse(s)
	if err != nil || u.Scheme == "" {
		return "", false
	}
	if r.has(2) {
		if part != "QUERY" {
			return "", false
		}
		for _, kv := range strings.Split(u.RawQuery, "&") {
			if v, ok := strings.CutPrefix(kv, r.str(2)+"="); ok {
				return v, true
			}
		}
		return "", false
	}
	query := u.RawQuery != "" || u.ForceQuery
	switch part {
	case "PROTOCOL":
		return u.Scheme, true
	case "HOST":
		return u.Hostname(), true
	case "PATH":
		return u.EscapedPath(), true
	case "QUERY":
		return u.RawQuery, query
	case "REF":
		return u.EscapedFragment(), strings.Contains(s, "#")
	case "FILE":
		if query {
			return u.EscapedPath() + "?" + u.RawQuery, true
		}
		return u.EscapedPath(), true
	case "AUTHORITY":
		if u.User != nil {
			return u.User.String() + "@" + u.Host, true
		}
		return u.Host, u.Host != ""
	case "USERINFO":
		if u.User == nil {
			return "", false
		}
		return u.User.String(), true
	}
	return "", false
}

// urlEncode is java.net.URLEncoder.
func urlEncode(dst []byte, r *row) ([]byte, bool) {
	s := r.str(0)
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '.', c == '-', c == '*', c == '_':
			dst = append(dst, c)
		case c == ' ':
			dst = append(dst, '+')
		default:
			dst = append(dst, '%', upperHex[c>>4], upperHex[c&15])
		}
	}
	return dst, true
}

// inetAton reads a.b.c.d, and the short forms in which the last number stands
// for the bytes that are left out, each at most 255.
func inetAton(s string) (int64, bool) {
	parts := strings.Split(s, ".")
	if len(parts) > 4 {
		return 0, false
	}
	var n int64
	for i, p := range parts {
		v, err := strconv.ParseUint(p, 10, 32)
		if err != nil || v > 255 || p[0] == '+' {
			return 0, false
		}
		if i == len(parts)-1 {
			return n<<(8*(5-len(parts))) | int64(v), true
		}
		n = n<<8 | int64(v)
	}
	return 0, false
}

func inetNtoa(dst []byte, r *row) ([]byte, bool) {
	n := r.int(0)
	if n < 0 || n > 1<<32-1 {
		return dst, false
	}
	for shift := 24; shift >= 0; shift -= 8 {
		dst = strconv.AppendInt(dst, n>>shift&255, 10)
		if shift > 0 {
			dst = append(dst, '.')
		}
	}
	return dst, true
}
