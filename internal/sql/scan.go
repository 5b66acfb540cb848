package sql

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/weir-stream/weir/internal/sqlerr"
)

// token is a token as the parser sees it.
type token struct {
	kind   TokenKind
	pos    sqlerr.Pos
	up     string // words: upper case; operators: the text
	val    string // names and strings: the text with its quotes undone
	prefix string // strings: "" or U&
	msg    string // bad tokens: what is wrong
	hint   string
	open   bool // bad tokens: the end is missing
}

// scanner cuts a script into tokens. It never fails and always ends.
type scanner struct {
	src    string
	i      int
	inHint bool
}

// scanAll gives all tokens, comments included, closed by an EOF token.
func scanAll(src string) []token {
	s := scanner{src: src}
	out := make([]token, 0, len(src)/5+1)
	for {
		t := s.next()
		out = append(out, t)
		if t.kind == EOFToken {
			return out
		}
	}
}

// operators, the longest first.
var operators = []string{
	"=>", "->", "||", "<>", "!=", "<=", ">=", "==", "::", "{-", "-}",
	"=", "<", ">", "+", "-", "*", "/", "%", "(", ")", "[", "]", "{", "}", ",", ".", ";", ":", "?", "|", "^", "$", "@", "&", "!", "~",
}

func (s *scanner) next() token {
	s.skipSpace()
	start := s.i
	if start >= len(s.src) {
		return token{kind: EOFToken, pos: sqlerr.Pos{Start: start, End: start}}
	}
	rest := s.src[start:]
	switch c := rest[0]; {
	case strings.HasPrefix(rest, "--"):
		return s.lineComment()
	case strings.HasPrefix(rest, "/*+"):
		s.inHint = true
		return s.op("/*+")
	case strings.HasPrefix(rest, "/*"):
		return s.blockComment()
	case s.inHint && strings.HasPrefix(rest, "*/"):
		s.inHint = false
		return s.op("*/")
	case c == '\'':
		return s.str(0, "")
	case c == '`':
		return s.quotedName()
	case c == '"':
		return s.doubleQuoted()
	case isDigit(c), c == '.' && len(rest) > 1 && isDigit(rest[1]) && !s.afterName():
		return s.number()
	}
	if n := prefixedString(rest); n > 0 {
		return s.prefixed(n)
	}
	if r, n := utf8.DecodeRuneInString(rest); isWordStart(r) {
		return s.word(n)
	}
	for _, o := range operators {
		if strings.HasPrefix(rest, o) {
			return s.op(o)
		}
	}
	r, n := utf8.DecodeRuneInString(rest)
	s.i += n
	t := s.bad(start, "unexpected character "+quoteRune(r))
	if strings.ContainsRune("‘’“”", r) {
		t.hint = "typographic quotes do not quote; use ' for text and ` for names"
	}
	return t
}

// skipSpace passes white space and byte order marks.
func (s *scanner) skipSpace() {
	for s.i < len(s.src) {
		r, n := utf8.DecodeRuneInString(s.src[s.i:])
		if !unicode.IsSpace(r) && r != '\uFEFF' {
			return
		}
		s.i += n
	}
}

// afterName reports whether the text just before is a name, so that the dot of
// a.1b is not the start of a number.
func (s *scanner) afterName() bool {
	if s.i == 0 {
		return false
	}
	r, _ := utf8.DecodeLastRuneInString(s.src[:s.i])
	return isWordPart(r) || r == '`' || r == ']' || r == ')'
}

func (s *scanner) op(o string) token {
	start := s.i
	s.i += len(o)
	return token{kind: OpToken, pos: sqlerr.Pos{Start: start, End: s.i}, up: o}
}

func (s *scanner) bad(start int, msg string) token {
	return token{kind: BadToken, pos: sqlerr.Pos{Start: start, End: s.i}, msg: msg}
}

func (s *scanner) unterminated(start int, msg, hint string) token {
	s.i = len(s.src)
	t := s.bad(start, msg)
	t.pos.End = start + len(firstLine(s.src[start:]))
	t.open, t.hint = true, hint
	return t
}

func (s *scanner) lineComment() token {
	start := s.i
	s.i += len(firstLine(s.src[start:]))
	return token{kind: CommentToken, pos: sqlerr.Pos{Start: start, End: s.i}}
}

func (s *scanner) blockComment() token {
	start := s.i
	n := strings.Index(s.src[start+2:], "*/")
	if n < 0 {
		return s.unterminated(start, "comment without end", "close it with */")
	}
	s.i = start + 2 + n + 2
	return token{kind: CommentToken, pos: sqlerr.Pos{Start: start, End: s.i}}
}

func (s *scanner) word(n int) token {
	start := s.i
	s.i += n
	for s.i < len(s.src) {
		r, n := utf8.DecodeRuneInString(s.src[s.i:])
		if !isWordPart(r) {
			break
		}
		s.i += n
	}
	text := s.src[start:s.i]
	return token{kind: WordToken, pos: sqlerr.Pos{Start: start, End: s.i}, up: strings.ToUpper(text), val: text}
}

// until reads the quoted text that opens at s.i+skip with quote q, which is
// doubled inside of it.
func (s *scanner) until(skip int, q byte) (string, bool) {
	var b strings.Builder
	for i := s.i + skip + 1; i < len(s.src); i++ {
		if s.src[i] != q {
			b.WriteByte(s.src[i])
			continue
		}
		if i+1 < len(s.src) && s.src[i+1] == q {
			b.WriteByte(q)
			i++
			continue
		}
		s.i = i + 1
		return b.String(), true
	}
	return "", false
}

func (s *scanner) str(skip int, prefix string) token {
	start := s.i
	val, ok := s.until(skip, '\'')
	if !ok {
		return s.unterminated(start, "string without end", "close it with ', and double a ' inside of it")
	}
	return token{kind: StringToken, pos: sqlerr.Pos{Start: start, End: s.i}, val: val, prefix: prefix}
}

func (s *scanner) quotedName() token {
	start := s.i
	val, ok := s.until(0, '`')
	if !ok {
		return s.unterminated(start, "quoted name without end", "close it with `")
	}
	if val == "" {
		return s.bad(start, "empty name")
	}
	return token{kind: NameToken, pos: sqlerr.Pos{Start: start, End: s.i}, val: val}
}

func (s *scanner) doubleQuoted() token {
	start := s.i
	val, ok := s.until(0, '"')
	if !ok {
		s.i++
	}
	t := s.bad(start, "double quotes do not quote in Flink SQL")
	t.hint = "use '" + val + "' for text, `" + val + "` for a name"
	if !ok {
		t.hint = "use ' for text, ` for names"
	}
	return t
}

// prefixedString gives the length of a string's prefix (X, N, U&, _charset)
// if rest starts with one.
func prefixedString(rest string) int {
	n := 1
	switch rest[0] {
	case 'x', 'X', 'n', 'N':
	case 'u', 'U':
		if len(rest) < 2 || rest[1] != '&' {
			return 0
		}
		n = 2
	case '_':
		for n < len(rest) && (isDigit(rest[n]) || rest[n] == '-' || rest[n] == '_' || rest[n]|0x20 >= 'a' && rest[n]|0x20 <= 'z') {
			n++
		}
	default:
		return 0
	}
	if n < len(rest) && rest[n] == '\'' {
		return n
	}
	return 0
}

func (s *scanner) prefixed(n int) token {
	start, prefix := s.i, strings.ToUpper(s.src[s.i:s.i+n])
	t := s.str(n, "")
	if t.kind == BadToken {
		return t
	}
	switch prefix {
	case "U&":
		t.prefix = prefix
	case "X":
		t.kind = BinaryToken
	}
	t.pos.Start = start
	return t
}

func (s *scanner) number() token {
	start := s.i
	s.digits()
	if s.i < len(s.src) && s.src[s.i] == '.' {
		s.i++
		s.digits()
	}
	if s.i < len(s.src) && s.src[s.i]|0x20 == 'e' {
		mark := s.i
		s.i++
		if s.i < len(s.src) && (s.src[s.i] == '+' || s.src[s.i] == '-') {
			s.i++
		}
		if before := s.i; !s.digits() || before == s.i {
			s.i = mark
		}
	}
	return token{kind: NumberToken, pos: sqlerr.Pos{Start: start, End: s.i}, val: s.src[start:s.i]}
}

func (s *scanner) digits() bool {
	start := s.i
	for s.i < len(s.src) && isDigit(s.src[s.i]) {
		s.i++
	}
	return s.i > start
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isWordStart(r rune) bool { return r == '_' || r == '$' || unicode.IsLetter(r) }

func isWordPart(r rune) bool {
	return isWordStart(r) || unicode.IsDigit(r) || unicode.IsMark(r)
}

func firstLine(s string) string {
	if i := strings.IndexByte(s, '\n'); i >= 0 {
		return strings.TrimSuffix(s[:i], "\r")
	}
	return s
}

func quoteRune(r rune) string {
	if r == utf8.RuneError || !unicode.IsPrint(r) {
		return "that is not text"
	}
	return string(r)
}
