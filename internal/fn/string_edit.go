package fn

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// longestText is the most bytes that REPEAT, LPAD and RPAD make of one value.
const longestText = 1 << 28

// Edits are the functions that change, split and fill text.
func Edits() []Func {
	text := types.String()
	return []Func{
		failing(strBind("REPEAT", "(s STRINGLIKE, n INTEGER) -> STRING", "The text n times.", textOf(repeatText), Example{"REPEAT('ab', 3)", "ababab"})),
		strBind("REPLACE", "(s STRINGLIKE, search STRINGLIKE, by STRINGLIKE) -> STRING", "The text with all occurrences of search replaced.",
			textOf(func(dst []byte, r *row) ([]byte, bool) { return replaceText(dst, r.str(0), r.str(1), r.str(2)), true }), Example{"REPLACE('hello', 'l', 'L')", "heLLo"}),
		{Name: "TRANSLATE", Sig: "(s STRINGLIKE, from STRINGLIKE, to STRINGLIKE)", Doc: "The text with each character of from replaced by the one of to at its place, or dropped.",
			Category: stringCategory, Nulls: Custom, Infer: func(a []Arg) (types.Type, error) { return text.WithNull(a[0].Type.Nullable), nil },
			Bind: textOf(translate), Examples: []Example{{"TRANSLATE('www.apache.org', 'abc', '123')", "www.1p13he.org"}}},
		strBind("INITCAP", "(s STRINGLIKE) -> STRING", "The text with each word capitalised.", textOf(initcap), Example{"INITCAP('hello wORLD')", "Hello World"}),
		nullable(failing(strBind("LPAD", "(s STRINGLIKE, n INTEGER, pad STRINGLIKE)", "The text filled on the left, or cut, to n characters.", textOf(padText(true)), Example{"LPAD('hi', 4, '?')", "??hi"})), text),
		nullable(failing(strBind("RPAD", "(s STRINGLIKE, n INTEGER, pad STRINGLIKE)", "The text filled on the right, or cut, to n characters.", textOf(padText(false)), Example{"RPAD('hi', 4, '?')", "hi??"})), text),
		strBind("REVERSE", "(s STRINGLIKE) -> STRING", "The text backwards.", textOf(reverse), Example{"REVERSE('abc')", "cba"}),
		strBind("OVERLAY", "(s STRINGLIKE, by STRINGLIKE, from INTEGER [, length INTEGER]) -> STRING", "The text with length characters from a position replaced.",
			textOf(overlay), Example{"OVERLAY('xxxxxtest' PLACING 'xxxx' FROM 6)", "xxxxxxxxx"}),
		nullable(strFunc("ELT", "(index INTEGER, s STRINGLIKE, t STRINGLIKE...)", "The text at an index, from 1; NULL if there is none.",
			textPart(textAtIndex), Example{"ELT(2, 'a', 'b')", "b"}, Example{"ELT(3, 'a', 'b')", "NULL"}), text),
		nullable(strFunc("ELT", "(index INTEGER, s BINARYLIKE, t BINARYLIKE...)", "The bytes at an index, from 1; NULL if there are none.",
			textPart(textAtIndex)), types.Bytes()),
		strFunc("SPLIT", "(s STRINGLIKE, separator STRINGLIKE) -> ARRAY<STRING>", "The parts of the text between separators.",
			appendOf(splitText), Example{"SPLIT('a,b', ',')", "[a, b]"}),
		strBind("STR_TO_MAP", "(s STRINGLIKE [, entries STRINGLIKE] [, keys STRINGLIKE]) -> MAP<STRING, STRING>", "A map of the entries (separated by ,) with their keys and values (=).",
			bindStrToMap, Example{"STR_TO_MAP('a=1,b=2')", "{a=1, b=2}"}),
		strFunc("ASCII", "(s STRINGLIKE) -> INT", "The code of the first character.", intOf(func(r *row) (int, bool) {
			if s := r.str(0); s != "" {
				return int(int8(s[0])), true
			}
			return 0, true
		}), Example{"ASCII('abc')", "97"}),
		strBind("CHR", "(code INTEGER) -> STRING", "The character of a code, modulo 256.", textOf(func(dst []byte, r *row) ([]byte, bool) {
			if n := r.int(0); n >= 0 {
				dst = utf8.AppendRune(dst, rune(n&0xff))
			}
			return dst, true
		}), Example{"CHR(97)", "a"}),
		charTest("IS_ALPHA", "Whether the text has only letters.", unicode.IsLetter),
		charTest("IS_DIGIT", "Whether the text has only digits.", unicode.IsDigit),
		{Name: "IS_DECIMAL", Sig: "(s STRINGLIKE) -> BOOLEAN NOT NULL", Doc: "Whether the text is a number.", Category: stringCategory, Nulls: Custom,
			Kernel: boolOf(func(r *row) bool {
				if r.null(0) {
					return false
				}
				_, err := types.ParseDecimal(r.str(0), types.MaxPrecision, 0)
				if err != nil {
					_, err = types.ParseFloat(r.str(0), 64)
				}
				return err == nil
			}), Examples: []Example{{"IS_DECIMAL('1.5')", "TRUE"}}},
	}
}

func charTest(name, doc string, is func(rune) bool) Func {
	return Func{Name: name, Sig: "(s STRINGLIKE) -> BOOLEAN NOT NULL", Doc: doc, Category: stringCategory, Nulls: Custom,
		Kernel: boolOf(func(r *row) bool {
			return !r.null(0) && r.str(0) != "" && strings.IndexFunc(r.str(0), func(c rune) bool { return !is(c) }) < 0
		}), Examples: []Example{{name + "('a1')", "FALSE"}}}
}

func repeatText(dst []byte, r *row) ([]byte, bool) {
	s, n := r.str(0), r.clampInt(1)
	if n <= 0 || s == "" {
		return dst, true
	}
	if len(s) > longestText/n {
		r.fail("REPEAT would make a text of more than %d bytes", longestText)
		return dst, false
	}
	for range n {
		dst = append(dst, s...)
	}
	return dst, true
}

func replaceText(dst []byte, s, search, by string) []byte {
	if search == "" {
		return append(dst, strings.ReplaceAll(s, search, by)...)
	}
	for {
		i := strings.Index(s, search)
		if i < 0 {
			return append(dst, s...)
		}
		dst = append(append(dst, s[:i]...), by...)
		s = s[i+len(search):]
	}
}

// translate takes a null from or to for the empty text. The first place of a
// character in from counts.
func translate(dst []byte, r *row) ([]byte, bool) {
	if r.null(0) {
		return dst, false
	}
	from, to := "", []rune(nil)
	if !r.null(1) {
		from = r.str(1)
	}
	if !r.null(2) {
		to = []rune(r.str(2))
	}
	places := make(map[rune]int, len(from))
	i := 0
	for _, c := range from {
		if _, ok := places[c]; !ok {
			places[c] = i
		}
		i++
	}
	for _, c := range r.str(0) {
		p, ok := places[c]
		switch {
		case !ok:
			dst = utf8.AppendRune(dst, c)
		case p < len(to):
			dst = utf8.AppendRune(dst, to[p])
		}
	}
	return dst, true
}

func initcap(dst []byte, r *row) ([]byte, bool) {
	inWord := false
	for _, c := range r.str(0) {
		switch {
		case !unicode.IsLetter(c) && !unicode.IsDigit(c):
			inWord = false
		case inWord:
			c = unicode.ToLower(c)
		default:
			c, inWord = unicode.ToUpper(c), true
		}
		dst = utf8.AppendRune(dst, c)
	}
	return dst, true
}

func padText(left bool) func(dst []byte, r *row) ([]byte, bool) {
	return func(dst []byte, r *row) ([]byte, bool) {
		s, n, pad := r.str(0), r.clampInt(1), r.str(2)
		have := utf8.RuneCountInString(s)
		switch {
		case n < 0 || pad == "":
			return dst, false
		case n <= have:
			return append(dst, s[:charOffset(s, n)]...), true
		case n > longestText:
			r.fail("a text cannot be filled to %d characters", n)
			return dst, false
		}
		if !left {
			dst = append(dst, s...)
		}
		for missing, chars := n-have, utf8.RuneCountInString(pad); missing > 0; missing -= chars {
			dst = append(dst, pad[:charOffset(pad, missing)]...)
		}
		if left {
			dst = append(dst, s...)
		}
		return dst, true
	}
}

func reverse(dst []byte, r *row) ([]byte, bool) {
	for s := r.str(0); s != ""; {
		_, w := utf8.DecodeLastRuneInString(s)
		dst = append(dst, s[len(s)-w:]...)
		s = s[:len(s)-w]
	}
	return dst, true
}

// overlay leaves the text as it is if the position is outside.
func overlay(dst []byte, r *row) ([]byte, bool) {
	s, by, from := r.str(0), r.str(1), r.clampInt(2)
	n := utf8.RuneCountInString(by)
	if r.has(3) {
		n = r.clampInt(3)
	}
	if from <= 0 || from > utf8.RuneCountInString(s) {
		return append(dst, s...), true
	}
	at := charOffset(s, from-1)
	dst = append(append(dst, s[:at]...), by...)
	rest := s[at:]
	switch {
	case n > 0:
		rest = rest[charOffset(rest, n):]
	case n < 0:
		rest = s[charOffset(s, max(0, from-1+n)):]
	}
	return append(dst, rest...), true
}

func splitText(out *vec.Vector, r *row) {
	s, sep := r.str(0), r.str(1)
	list := out.Kids[0]
	if sep == "" {
		for _, c := range s {
			list.AppendValue(string(c))
		}
	} else {
		for {
			i := strings.Index(s, sep)
			if i < 0 {
				break
			}
			list.AppendValue(s[:i])
			s = s[i+len(sep):]
		}
		list.AppendValue(s)
	}
	endList(out)
}

// endList ends the current list of out at what its child has.
func endList(out *vec.Vector) { EndList(out) }

// EndList ends a row of a vector of lists: its elements are what was appended to
// the child since the row before.
func EndList(out *vec.Vector) {
	out.Off = append(out.Off, int32(out.Kids[0].N))
	if out.Valid != nil {
		out.Valid = growValid(out.Valid, out.N)
	}
	out.N++
}

// growValid sets the bit of a row that is being appended.
func growValid(b vec.Bitmap, n int) vec.Bitmap {
	if n>>6 >= len(b) {
		b = append(b, 0)
	}
	b.Set(n)
	return b
}

// bindStrToMap splits by regular expressions, as Java's String.split; later
// entries of a key replace earlier ones.
func bindStrToMap(c *Call) (Kernel, error) {
	cut := func(r *row, k int, absent string) (*javaRegex, string) {
		sep := absent
		if r.has(k) {
			sep = r.str(k)
		}
		if strings.ContainsAny(sep, `\[](){}.*+?^$|`) {
			re, err := compileJavaRegex(sep)
			r.err = err
			return re, sep
		}
		return nil, sep
	}
	return appendOf(func(out *vec.Vector, r *row) {
		entryRe, entrySep := cut(r, 1, ",")
		keyRe, keySep := cut(r, 2, "=")
		if r.err != nil {
			return
		}
		var order []string
		values := map[string]any{}
		for _, entry := range cutAll(r, r.str(0), entryRe, entrySep, -1) {
			kv := cutAll(r, entry, keyRe, keySep, 2)
			var v any
			if len(kv) > 1 {
				v = kv[1]
			}
			if _, ok := values[kv[0]]; !ok {
				order = append(order, kv[0])
			}
			values[kv[0]] = v
		}
		m := make([][2]any, len(order))
		for i, k := range order {
			m[i] = [2]any{k, values[k]}
		}
		out.AppendValue(m)
	}), nil
}

// cutAll splits into at most n parts (all if negative).
func cutAll(r *row, s string, re *javaRegex, sep string, n int) []string {
	if re == nil {
		return strings.SplitN(s, sep, n)
	}
	var out []string
	from := 0
	r.err = re.each(s, func(loc []int) bool {
		out = append(out, s[from:loc[0]])
		from = loc[1]
		return n < 0 || len(out) < n-1
	})
	return append(out, s[from:])
}

// textAtIndex gives the argument that the first one names.
func textAtIndex(r *row) (string, bool) {
	k := r.clampInt(0)
	if k < 1 || k >= len(r.args) || r.null(k) {
		return "", false
	}
	return r.str(k), true
}
