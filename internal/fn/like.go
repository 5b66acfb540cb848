package fn

import (
	"strings"
	"unicode/utf8"

	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

const stringCategory = "string"

// Likes is LIKE.
func Likes() []Func {
	return []Func{
		{Name: "LIKE", Sig: "(s STRINGLIKE, pattern STRINGLIKE [, escape STRINGLIKE]) -> BOOLEAN",
			Doc:      "Whether the text matches the pattern: % stands for any characters, _ for one, the escape character makes the next one stand for itself.",
			Category: comparisonCategory, Examples: []Example{{"'Apache Flink' LIKE '%Flink'", "TRUE"}, {"'10%' LIKE '10!%' ESCAPE '!'", "TRUE"}, {"'abc' LIKE 'a_'", "FALSE"}},
			Hidden: true, CanFail: true, Bind: bindLike},
	}
}

// likeMatcher matches one LIKE pattern.
type likeMatcher func(s string) bool

// CompileLike compiles a LIKE pattern; escape 0 means none. The common forms,
// literal text with % at its ends, become a comparison or a search; others a
// list of segments that are searched from the left.
func CompileLike(pattern string, escape rune) (func(s string) bool, error) {
	p, err := parseLike(pattern, escape)
	if err != nil {
		return nil, err
	}
	return p.matcher(), nil
}

// likePattern is a pattern cut at its %: segments of characters and wildcards.
type likePattern struct {
	segs       []likeSegment
	start, end bool // the first segment is at the start, the last at the end
}

// likeSegment is text between two %. any marks the places of _.
type likeSegment struct {
	text string // without wildcards
	any  []bool // one a character of runes; nil: plain text
	run  []rune
}

func parseLike(pattern string, escape rune) (*likePattern, error) {
	p := &likePattern{start: true, end: true}
	var text []rune
	var anys []bool
	wild, open := false, false
	flush := func() {
		if len(text) > 0 {
			s := likeSegment{text: string(text)}
			if wild {
				s.any, s.run = anys, text
			}
			p.segs = append(p.segs, s)
		}
		text, anys, wild = nil, nil, false
	}
	escaped := false
	for _, r := range pattern {
		switch {
		case escaped:
			if r != '%' && r != '_' && r != escape {
				return nil, failure(sqlerr.Pattern, "invalid escape sequence '%c%c' in LIKE pattern '%s'", escape, r, pattern)
			}
			text, anys, escaped, open = append(text, r), append(anys, false), false, false
		case escape != 0 && r == escape:
			escaped = true
		case r == '%':
			if len(p.segs) == 0 && len(text) == 0 {
				p.start = false
			}
			flush()
			open = true
		default:
			wild = wild || r == '_'
			text, anys, open = append(text, r), append(anys, r == '_'), false
		}
	}
	if escaped {
		return nil, failure(sqlerr.Pattern, "LIKE pattern '%s' ends with its escape character", pattern)
	}
	flush()
	p.end = !open
	return p, nil
}

func (p *likePattern) matcher() likeMatcher {
	for _, s := range p.segs {
		if s.any != nil {
			return p.match
		}
	}
	switch len(p.segs) {
	case 0:
		if p.start && p.end {
			return func(s string) bool { return s == "" }
		}
		return func(string) bool { return true }
	case 1:
		t := p.segs[0].text
		switch {
		case p.start && p.end:
			return func(s string) bool { return s == t }
		case p.start:
			return func(s string) bool { return strings.HasPrefix(s, t) }
		case p.end:
			return func(s string) bool { return strings.HasSuffix(s, t) }
		}
		return func(s string) bool { return strings.Contains(s, t) }
	}
	return p.match
}

// match finds the segments from the left; the first and last may be anchored.
func (p *likePattern) match(s string) bool {
	segs := p.segs
	if len(segs) == 1 && p.start && p.end {
		n, ok := segs[0].prefix(s)
		return ok && n == len(s)
	}
	if p.start && len(segs) > 0 {
		n, ok := segs[0].prefix(s)
		if !ok {
			return false
		}
		s, segs = s[n:], segs[1:]
	}
	var last *likeSegment
	if p.end && len(segs) > 0 {
		last, segs = &segs[len(segs)-1], segs[:len(segs)-1]
	}
	for i := range segs {
		n, ok := segs[i].find(s)
		if !ok {
			return false
		}
		s = s[n:]
	}
	return last == nil || last.suffix(s)
}

// prefix gives the length of the segment at the start of s.
func (g *likeSegment) prefix(s string) (int, bool) {
	if g.any == nil {
		return len(g.text), strings.HasPrefix(s, g.text)
	}
	n := 0
	for i, want := range g.run {
		r, w := utf8.DecodeRuneInString(s[n:])
		if w == 0 || !g.any[i] && r != want {
			return 0, false
		}
		n += w
	}
	return n, true
}

// find gives where the first occurrence of the segment in s ends.
func (g *likeSegment) find(s string) (int, bool) {
	if g.any == nil {
		i := strings.Index(s, g.text)
		return i + len(g.text), i >= 0
	}
	for at := 0; at < len(s); {
		if n, ok := g.prefix(s[at:]); ok {
			return at + n, true
		}
		_, w := utf8.DecodeRuneInString(s[at:])
		at += w
	}
	return 0, false
}

func (g *likeSegment) suffix(s string) bool {
	if g.any == nil {
		return strings.HasSuffix(s, g.text)
	}
	at := len(s)
	for range g.run {
		_, w := utf8.DecodeLastRuneInString(s[:at])
		if w == 0 {
			return false
		}
		at -= w
	}
	n, ok := g.prefix(s[at:])
	return ok && n == len(s)-at
}

// bindLike compiles a literal pattern once; others when they change from row to
// row.
func bindLike(c *Call) (Kernel, error) {
	var fixed likeMatcher
	if pattern, ok := literalText(c.Args[1]); ok {
		escape, known := rune(0), true
		if len(c.Args) > 2 {
			var e string
			if e, known = literalText(c.Args[2]); known {
				var err error
				if escape, err = escapeRune(e); err != nil {
					return nil, err
				}
			}
		}
		if known {
			m, err := CompileLike(pattern, escape)
			if err != nil {
				return nil, err
			}
			fixed = m
		}
	}
	if fixed != nil {
		return func(_ *Ctx, args []*vec.Vector, out *vec.Vector) error {
			v := args[0]
			out.Resize(v.N)
			for i := range out.B {
				out.B[i] = fixed(v.S[v.Idx(i)])
			}
			return nil
		}, nil
	}
	return likeRows, nil
}

func likeRows(c *Ctx, args []*vec.Vector, out *vec.Vector) error {
	out.Resize(rows(args))
	var last, lastEscape string
	var m likeMatcher
	for i := range out.B {
		if !c.Live.Get(i) {
			continue
		}
		pattern, e := args[1].S[args[1].Idx(i)], ""
		if len(args) > 2 {
			e = args[2].S[args[2].Idx(i)]
		}
		if m == nil || pattern != last || e != lastEscape {
			escape := rune(0)
			var err error
			if len(args) > 2 {
				if escape, err = escapeRune(e); err != nil {
					return err
				}
			}
			if m, err = CompileLike(pattern, escape); err != nil {
				return err
			}
			last, lastEscape = pattern, e
		}
		out.B[i] = m(args[0].S[args[0].Idx(i)])
	}
	return nil
}

// literalText gives the value of a literal string.
func literalText(a Arg) (string, bool) {
	if !a.Lit || !a.Type.IsString() && a.Type.Kind != types.Symbol {
		return "", false
	}
	s, ok := a.Value.(string)
	return s, ok
}

func escapeRune(s string) (rune, error) {
	r, w := utf8.DecodeRuneInString(s)
	if w == 0 || w != len(s) {
		return 0, failure(sqlerr.Pattern, "invalid escape character '%s': it must be one character", s)
	}
	return r, nil
}
