package fn

import (
	"regexp/syntax"
	"strings"
	"unicode"
	"unicode/utf8"
)

// regexScan matches patterns such as (&|^)channel_id=([^&]*): at most one
// character before a literal, then runs of character classes and literals where
// each run can end in one place only. The literal is searched for, the rest is
// compared once, with no states and no memory.
type regexScan struct {
	before  *scanItem // nil: nothing
	literal string
	group   int // of the literal, 0 for none
	rest    []scanItem
	end     bool // $ at the end
}

// scanItem is a literal, or at least least characters of a class.
type scanItem struct {
	text   string
	set    *[256]bool // of bytes; all bytes of other than ASCII characters alike
	least  int
	single bool
	start  bool // before: the start of the text will do
	group  int
}

// newRegexScan gives the scan for a pattern of RE2, nil if it is not so simple.
func newRegexScan(pattern string) *regexScan {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil
	}
	parts := []*syntax.Regexp{re}
	if re.Op == syntax.OpConcat {
		parts = re.Sub
	}
	s := &regexScan{}
	items := make([]scanItem, 0, len(parts))
	for i, p := range parts {
		if p.Op == syntax.OpEndText && i == len(parts)-1 && p.Flags&syntax.WasDollar != 0 {
			s.end = true
			continue
		}
		it, ok := scanItemOf(p)
		if !ok {
			return nil
		}
		items = append(items, it)
	}
	if len(items) > 0 && items[0].text == "" {
		if !items[0].single {
			return nil
		}
		s.before, items = &items[0], items[1:]
	}
	if len(items) == 0 || len(items[0].text) < 2 {
		return nil
	}
	s.literal, s.group, s.rest = items[0].text, items[0].group, items[1:]
	if s.before != nil && s.before.start && s.before.set[s.literal[0]] {
		return nil // two matches may begin at the start of the text
	}
	if !s.deterministic() {
		return nil
	}
	return s
}

// deterministic reports whether each run of a class ends where the next item
// cannot go on, so that nothing is ever taken back.
func (s *regexScan) deterministic() bool {
	for i, it := range s.rest {
		switch {
		case it.text != "" || it.single && !it.start:
			continue
		case it.start:
			return false
		case i == len(s.rest)-1:
			continue
		}
		next := s.rest[i+1]
		if next.text == "" || it.set[next.text[0]] {
			return false
		}
	}
	return true
}

func scanItemOf(p *syntax.Regexp) (scanItem, bool) {
	group := 0
	if p.Op == syntax.OpCapture {
		group, p = p.Cap, p.Sub[0]
	}
	it, ok := scanBare(p)
	it.group = group
	return it, ok
}

func scanBare(p *syntax.Regexp) (scanItem, bool) {
	switch p.Op {
	case syntax.OpLiteral:
		if p.Flags&syntax.FoldCase != 0 {
			return scanItem{}, false
		}
		return scanItem{text: string(p.Rune)}, true
	case syntax.OpStar, syntax.OpPlus:
		if p.Flags&syntax.NonGreedy != 0 {
			return scanItem{}, false
		}
		set, ok := byteSet(p.Sub[0])
		least := 0
		if p.Op == syntax.OpPlus {
			least = 1
		}
		return scanItem{set: set, least: least}, ok
	case syntax.OpAlternate:
		return scanAlternate(p)
	}
	// A single character of an ASCII class; others are of unknown width.
	set, ok := byteSet(p)
	if !ok || set[utf8.RuneSelf] {
		return scanItem{}, false
	}
	return scanItem{set: set, least: 1, single: true}, true
}

// scanAlternate takes alternatives of single characters and the start of text.
func scanAlternate(p *syntax.Regexp) (scanItem, bool) {
	it := scanItem{set: new([256]bool), least: 1, single: true}
	for _, sub := range p.Sub {
		switch {
		case sub.Op == syntax.OpBeginText:
			it.start = true
		case sub.Op == syntax.OpLiteral && len(sub.Rune) == 1 && sub.Rune[0] < utf8.RuneSelf && sub.Flags&syntax.FoldCase == 0:
			it.set[sub.Rune[0]] = true
		default:
			set, ok := byteSet(sub)
			if !ok || set[utf8.RuneSelf] {
				return it, false
			}
			for c, in := range set {
				it.set[c] = it.set[c] || in
			}
		}
	}
	return it, true
}

// byteSet gives a class over bytes if it takes all or none of the characters
// beyond ASCII.
func byteSet(p *syntax.Regexp) (*[256]bool, bool) {
	set := new([256]bool)
	switch p.Op {
	case syntax.OpLiteral:
		if len(p.Rune) != 1 || p.Rune[0] >= utf8.RuneSelf || p.Flags&syntax.FoldCase != 0 {
			return nil, false
		}
		set[p.Rune[0]] = true
		return set, true
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		for c := range set {
			set[c] = c != '\n' || p.Op == syntax.OpAnyChar
		}
		return set, true
	case syntax.OpCharClass:
		for i := 0; i < len(p.Rune); i += 2 {
			lo, hi := p.Rune[i], p.Rune[i+1]
			if hi >= utf8.RuneSelf {
				if hi != unicode.MaxRune || lo > utf8.RuneSelf {
					return nil, false
				}
				hi = 255
			}
			for c := lo; c <= hi; c++ {
				set[c] = true
			}
		}
		return set, true
	}
	return nil, false
}

// find writes the first match's offsets to loc.
func (s *regexScan) find(text string, loc []int) bool {
	for from := 0; ; {
		i := strings.Index(text[from:], s.literal)
		if i < 0 {
			return false
		}
		if s.matchAt(text, from+i, loc) {
			return true
		}
		from += i + 1
	}
}

// matchAt tries the match whose literal is at.
func (s *regexScan) matchAt(text string, at int, loc []int) bool {
	start := at
	if b := s.before; b != nil {
		switch {
		case at > 0 && b.set[text[at-1]]:
			start = at - 1
		case at == 0 && b.start:
		default:
			return false
		}
		if b.group > 0 {
			loc[2*b.group], loc[2*b.group+1] = start, at
		}
	}
	pos := at + len(s.literal)
	if s.group > 0 {
		loc[2*s.group], loc[2*s.group+1] = at, pos
	}
	for i := range s.rest {
		it := &s.rest[i]
		begin := pos
		switch {
		case it.text != "":
			if !strings.HasPrefix(text[pos:], it.text) {
				return false
			}
			pos += len(it.text)
		case it.single:
			if pos >= len(text) || !it.set[text[pos]] {
				return false
			}
			pos++
		default:
			for pos < len(text) && it.set[text[pos]] {
				pos++
			}
			if pos-begin < it.least {
				return false
			}
		}
		if it.group > 0 {
			loc[2*it.group], loc[2*it.group+1] = begin, pos
		}
	}
	loc[0], loc[1] = start, pos
	return !s.end || pos == len(text)
}
