package fn

import (
	"encoding/binary"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// strFunc is a row of the string family.
func strFunc(name, sig, doc string, k Kernel, ex ...Example) Func {
	return Func{Name: name, Sig: sig, Doc: doc, Category: stringCategory, Kernel: k, Examples: ex}
}

// strBind is a row of the string family whose kernel builds text.
func strBind(name, sig, doc string, b func(*Call) (Kernel, error), ex ...Example) Func {
	return Func{Name: name, Sig: sig, Doc: doc, Category: stringCategory, Bind: b, Examples: ex}
}

// nullable makes the result of a row nullable whatever its arguments are.
func nullable(f Func, t types.Type) Func {
	f.Infer = nullableResult(t)
	return f
}

// ofLength makes the result nullable where a length is given that may be negative.
func ofLength(f Func) Func {
	f.Infer = func(a []Arg) (types.Type, error) {
		null := anyNullable(a)
		if len(a) == 3 {
			n, ok := a[2].Value.(int64)
			null = null || !a[2].Lit || !ok || n < 0
		}
		return types.String().WithNull(null), nil
	}
	return f
}

// failing marks a row that may return an error for some values.
func failing(f Func) Func {
	f.CanFail = true
	return f
}

// Strings are the functions that measure, cut, search and join text.
func Strings() []Func {
	length := intOf(func(r *row) (int, bool) { return utf8.RuneCountInString(r.str(0)), true })
	concat := textOf(func(dst []byte, r *row) ([]byte, bool) {
		for k := range r.args {
			dst = append(dst, r.str(k)...)
		}
		return dst, true
	})
	return []Func{
		strFunc("CHAR_LENGTH", "(s STRINGLIKE) -> INT", "The number of characters.", length, Example{"CHAR_LENGTH('weir')", "4"}),
		strFunc("CHARACTER_LENGTH", "(s STRINGLIKE) -> INT", "The number of characters.", length, Example{"CHARACTER_LENGTH('wéir')", "4"}),
		strBind("UPPER", "(s STRINGLIKE) -> STRING", "The text in upper case.", bindCase('a', 'z', appendUpper), Example{"UPPER('Flink')", "FLINK"}),
		strBind("LOWER", "(s STRINGLIKE) -> STRING", "The text in lower case.", bindCase('A', 'Z', appendLower), Example{"LOWER('FLINK')", "flink"}),
		{Name: "||", Sig: "(a STRINGLIKE, b STRINGLIKE)", Doc: "Two texts joined.", Category: stringCategory, Hidden: true, Infer: inferJoined, Bind: concat,
			Examples: []Example{{"'a' || 'b'", "ab"}}},
		{Name: "||", Sig: "(a BINARYLIKE, b BINARYLIKE)", Doc: "Two byte strings joined.", Category: stringCategory, Hidden: true, Infer: inferJoined, Bind: concat},
		strBind("CONCAT", "(s STRINGLIKE, t STRINGLIKE...) -> STRING", "The texts joined; NULL if one is.", concat, Example{"CONCAT('a', 'b', 'c')", "abc"}),
		{Name: "CONCAT_WS", Sig: "(separator STRINGLIKE, s STRINGLIKE...) -> STRING", Doc: "The texts that are not NULL, joined with a separator.",
			Category: stringCategory, Nulls: Custom, Bind: textOf(concatWS), Examples: []Example{{"CONCAT_WS('-', 'a', NULL, 'b')", "a-b"}}},
		ofLength(strBind("SUBSTRING", "(s STRINGLIKE, from INTEGER [, length INTEGER])", "A part of the text. Positions begin at 1; a negative one counts from the end. A negative length gives NULL.",
			bindSubstring, Example{"SUBSTRING('streaming', 1, 6)", "stream"}, Example{"SUBSTRING('streaming' FROM -3)", "ing"})),
		ofLength(strBind("SUBSTR", "(s STRINGLIKE, from INTEGER [, length INTEGER])", "A part of the text, as SUBSTRING.",
			bindSubstring, Example{"SUBSTR('streaming', 7)", "ing"})),
		strFunc("LEFT", "(s STRINGLIKE, n INTEGER) -> STRING", "The first n characters.",
			textPart(func(r *row) (string, bool) { return leftChars(r.str(0), r.clampInt(1)), true }), Example{"LEFT('weir', 2)", "we"}),
		strFunc("RIGHT", "(s STRINGLIKE, n INTEGER) -> STRING", "The last n characters.",
			textPart(func(r *row) (string, bool) { return rightChars(r.str(0), r.clampInt(1)), true }), Example{"RIGHT('weir', 2)", "ir"}),
		strFunc("TRIM", "(s STRINGLIKE) -> STRING", "The text without blanks at its ends.",
			textPart(func(r *row) (string, bool) { return strings.Trim(r.str(0), " "), true }), Example{"TRIM('  a ')", "a"}),
		strFunc("TRIM", "(side SYMBOL, c STRINGLIKE, s STRINGLIKE) -> STRING", "The text without the characters c at the side BOTH, LEADING or TRAILING.",
			textPart(trimSide), Example{"TRIM(LEADING 'x' FROM 'xxa')", "a"}),
		strFunc("LTRIM", "(s STRINGLIKE [, chars STRINGLIKE]) -> STRING", "The text without the characters (blanks) at its start.",
			textPart(func(r *row) (string, bool) { return strings.TrimLeft(r.str(0), trimChars(r)), true }), Example{"LTRIM('  a')", "a"}),
		strFunc("RTRIM", "(s STRINGLIKE [, chars STRINGLIKE]) -> STRING", "The text without the characters (blanks) at its end.",
			textPart(func(r *row) (string, bool) { return strings.TrimRight(r.str(0), trimChars(r)), true }), Example{"RTRIM('ax', 'x')", "a"}),
		strFunc("BTRIM", "(s STRINGLIKE [, chars STRINGLIKE]) -> STRING", "The text without the characters (blanks) at both ends.",
			textPart(func(r *row) (string, bool) { return strings.Trim(r.str(0), trimChars(r)), true }), Example{"BTRIM('xax', 'x')", "a"}),
		strFunc("POSITION", "(part STRINGLIKE, s STRINGLIKE [, from INTEGER]) -> INT", "Where part first occurs in the text, from 1; 0 if it does not.",
			intOf(func(r *row) (int, bool) { return locate(r, 0, 1, 2), true }), Example{"POSITION('b' IN 'abc')", "2"}),
		strFunc("LOCATE", "(part STRINGLIKE, s STRINGLIKE [, from INTEGER]) -> INT", "Where part first occurs in the text, from 1; 0 if it does not.",
			intOf(func(r *row) (int, bool) { return locate(r, 0, 1, 2), true }), Example{"LOCATE('b', 'abcb', 3)", "4"}),
		strFunc("INSTR", "(s STRINGLIKE, part STRINGLIKE) -> INT", "Where part first occurs in the text, from 1; 0 if it does not.",
			intOf(func(r *row) (int, bool) { return locate(r, 1, 0, 2), true }), Example{"INSTR('abc', 'c')", "3"}),
		strFunc("STARTSWITH", "(s STRINGLIKE, prefix STRINGLIKE) -> BOOLEAN", "Whether the text begins with the prefix.",
			boolOf(func(r *row) bool { return strings.HasPrefix(r.str(0), r.str(1)) }), Example{"STARTSWITH('weir', 'we')", "TRUE"}),
		strFunc("STARTSWITH", "(s BINARYLIKE, prefix BINARYLIKE) -> BOOLEAN", "Whether the bytes begin with the prefix.",
			boolOf(func(r *row) bool { return strings.HasPrefix(r.str(0), r.str(1)) })),
		strFunc("ENDSWITH", "(s STRINGLIKE, suffix STRINGLIKE) -> BOOLEAN", "Whether the text ends with the suffix.",
			boolOf(func(r *row) bool { return strings.HasSuffix(r.str(0), r.str(1)) }), Example{"ENDSWITH('weir', 'ir')", "TRUE"}),
		strFunc("ENDSWITH", "(s BINARYLIKE, suffix BINARYLIKE) -> BOOLEAN", "Whether the bytes end with the suffix.",
			boolOf(func(r *row) bool { return strings.HasSuffix(r.str(0), r.str(1)) })),
		nullable(strFunc("SPLIT_INDEX", "(s STRINGLIKE, separator STRINGLIKE, index INTEGER)", "The part of the text at an index, from 0, between separators.",
			textPart(func(r *row) (string, bool) { return splitIndex(r.str(0), r.str(1), r.clampInt(2)) }), Example{"SPLIT_INDEX('a/b/c', '/', 1)", "b"}), types.String()),
		nullable(strFunc("SPLIT_INDEX", "(s STRINGLIKE, separator INTEGER, index INTEGER)", "The part of the text at an index between occurrences of a character, given by its code.",
			textPart(func(r *row) (string, bool) { return splitIndex(r.str(0), string(rune(r.clampInt(1))), r.clampInt(2)) })), types.String()),
	}
}

// inferJoined gives the type of a || b.
func inferJoined(args []Arg) (types.Type, error) {
	a, b := args[0].Type, args[1].Type
	n := int64(a.Prec) + int64(b.Prec)
	t := types.Type{Kind: a.Kind, Prec: int(min(n, types.MaxLen))}
	switch {
	case a.Kind == b.Kind:
	case a.IsString():
		t.Kind = types.Varchar
	default:
		t.Kind = types.Varbinary
	}
	return t.WithNull(anyNullable(args)), nil
}

func appendUpper(dst []byte, s string) []byte {
	for _, r := range s {
		switch {
		case r >= 'a' && r <= 'z':
			dst = append(dst, byte(r)-0x20)
		case r < utf8.RuneSelf:
			dst = append(dst, byte(r))
		case r == 'ß':
			dst = append(dst, "SS"...)
		default:
			dst = utf8.AppendRune(dst, unicode.ToUpper(r))
		}
	}
	return dst
}

func appendLower(dst []byte, s string) []byte {
	for _, r := range s {
		dst = utf8.AppendRune(dst, unicode.ToLower(r))
	}
	return dst
}

// bindCase changes ASCII letters from lo to hi, and other text by slow. Text
// that has nothing to change is given as it is.
func bindCase(lo, hi byte, slow func(dst []byte, s string) []byte) func(*Call) (Kernel, error) {
	letters := lettersFrom(lo, hi)
	return func(*Call) (Kernel, error) {
		var b textBuilder
		var changed []int32
		return func(c *Ctx, args []*vec.Vector, out *vec.Vector) error {
			v := args[0]
			out.Resize(v.N)
			b.start(0)
			changed = changed[:0]
			for i := range out.S {
				s := v.S[v.Idx(i)]
				out.S[i] = s
				if !c.Live.Get(i) {
					continue
				}
				from := len(b.buf)
				buf, diff, all := letters.appendSwapped(b.buf, s)
				switch {
				case all&highBits != 0:
					buf = slow(buf[:from], s)
				case diff == 0:
					continue
				}
				b.buf = buf
				b.end()
				changed = append(changed, int32(i))
			}
			b.finishAt(out, changed)
			return nil
		}, nil
	}
}

// letters is a range of ASCII letters in all eight bytes of a word: what added to
// a byte below 128 sets its high bit if it is at least the first letter, or above
// the last.
type letters struct{ first, above uint64 }

const (
	everyByte = 0x0101010101010101
	highBits  = 0x80 * everyByte
)

func lettersFrom(lo, hi byte) letters {
	return letters{uint64(0x80-lo) * everyByte, uint64(0x7f-hi) * everyByte}
}

// swap gives a word of ASCII with the case of the letters changed.
func (l letters) swap(w uint64) uint64 {
	low := w &^ highBits
	return w ^ ((low+l.first)^(low+l.above))&highBits>>2
}

// appendSwapped appends the bytes of s with the case of the letters changed, eight
// at a time. diff is 0 if none changed, all has the bits of all bytes.
func (l letters) appendSwapped(dst []byte, s string) (out []byte, diff, all uint64) {
	from := len(dst)
	dst = append(dst, s...)
	to := dst[from:]
	for len(to) >= 8 {
		w := binary.LittleEndian.Uint64(to)
		m := l.swap(w)
		binary.LittleEndian.PutUint64(to, m)
		diff, all = diff|(w^m), all|w
		to = to[8:]
	}
	for i, c := range to {
		w := uint64(c)
		m := l.swap(w)
		to[i] = byte(m)
		diff, all = diff|(w^m), all|w
	}
	return dst, diff, all
}

func concatWS(dst []byte, r *row) ([]byte, bool) {
	if r.null(0) {
		return dst, false
	}
	first := true
	for k := 1; k < len(r.args); k++ {
		if r.null(k) {
			continue
		}
		if !first {
			dst = append(dst, r.str(0)...)
		}
		first = false
		dst = append(dst, r.str(k)...)
	}
	return dst, true
}

// charOffset gives where character n of s begins, len(s) if it has fewer.
func charOffset(s string, n int) int {
	if n >= len(s) {
		return len(s)
	}
	i := 0
	for ; n > 0 && i < len(s); n-- {
		if s[i] < utf8.RuneSelf {
			i++
			continue
		}
		_, w := utf8.DecodeRuneInString(s[i:])
		i += w
	}
	return i
}

// bindSubstring has a loop of its own for a position and a length that are the
// same in all rows.
func bindSubstring(*Call) (Kernel, error) {
	general := textPart(substring)
	return func(c *Ctx, args []*vec.Vector, out *vec.Vector) error {
		v := args[0]
		pos, n := int64(0), int64(types.MaxLen)
		fixed := args[1].Const && c.Live == nil && !v.Const
		if fixed {
			pos = intAt(args[1], 0)
		}
		if len(args) > 2 && fixed {
			fixed, n = args[2].Const, intAt(args[2], 0)
		}
		if !fixed || pos <= 0 || n < 0 || pos > types.MaxLen || n > types.MaxLen {
			return general(c, args, out)
		}
		out.Resize(v.N)
		for i, s := range v.S[:len(out.S)] {
			s = s[charOffset(s, int(pos)-1):]
			out.S[i] = s[:charOffset(s, int(n))]
		}
		return nil
	}, nil
}

// substring keeps Flink's rules: a position past either end gives "", a
// negative length null.
func substring(r *row) (string, bool) {
	s, pos := r.str(0), r.clampInt(1)
	n := len(s)
	if r.has(2) {
		n = r.clampInt(2)
	}
	if n < 0 {
		return "", false
	}
	switch {
	case pos > 0:
		pos--
	case pos < 0:
		pos += utf8.RuneCountInString(s)
		if pos < 0 {
			return "", true
		}
	}
	s = s[charOffset(s, pos):]
	return s[:charOffset(s, n)], true
}

func leftChars(s string, n int) string {
	if n <= 0 {
		return ""
	}
	return s[:charOffset(s, n)]
}

func rightChars(s string, n int) string {
	if n <= 0 {
		return ""
	}
	return s[charOffset(s, max(0, utf8.RuneCountInString(s)-n)):]
}

func trimChars(r *row) string {
	if r.has(1) {
		return r.str(1)
	}
	return " "
}

func trimSide(r *row) (string, bool) {
	c, s := r.str(1), r.str(2)
	switch strings.ToUpper(r.str(0)) {
	case "LEADING":
		return strings.TrimLeft(s, c), true
	case "TRAILING":
		return strings.TrimRight(s, c), true
	}
	return strings.Trim(s, c), true
}

// locate gives the position of argument part in argument s, in characters from
// 1; the search begins at argument from, if there is one.
func locate(r *row, part, s, from int) int {
	text, skip := r.str(s), 0
	if r.has(from) {
		n := r.clampInt(from)
		if n < 1 {
			return 0
		}
		skip = n - 1
		if skip > utf8.RuneCountInString(text) {
			return 0
		}
		text = text[charOffset(text, skip):]
	}
	i := strings.Index(text, r.str(part))
	if i < 0 {
		return 0
	}
	return skip + utf8.RuneCountInString(text[:i]) + 1
}

// splitIndex gives part i of s between separators, as Commons Lang's
// splitByWholeSeparatorPreserveAllTokens: the empty text has no parts, an empty
// separator stands for white space.
func splitIndex(s, sep string, i int) (string, bool) {
	if i < 0 || s == "" {
		return "", false
	}
	if sep == "" {
		parts := strings.FieldsFunc(s, unicode.IsSpace)
		if i >= len(parts) {
			return "", false
		}
		return parts[i], true
	}
	if len(sep) == 1 {
		return splitByte(s, sep[0], i)
	}
	for ; i > 0; i-- {
		j := strings.Index(s, sep)
		if j < 0 {
			return "", false
		}
		s = s[j+len(sep):]
	}
	if j := strings.Index(s, sep); j >= 0 {
		s = s[:j]
	}
	return s, true
}

func splitByte(s string, sep byte, i int) (string, bool) {
	for ; i > 0; i-- {
		j := strings.IndexByte(s, sep)
		if j < 0 {
			return "", false
		}
		s = s[j+1:]
	}
	if j := strings.IndexByte(s, sep); j >= 0 {
		s = s[:j]
	}
	return s, true
}
