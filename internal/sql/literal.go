package sql

import (
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

func hasNewline(s string) bool { return strings.ContainsAny(s, "\n\r") }

// unicodeEscapes undoes \XXXX and \+XXXXXX of a U&'..' string; UESCAPE may name
// another character than the backslash.
func (p *parser) unicodeEscapes(t *token) string {
	esc := byte('\\')
	if p.accept("UESCAPE") {
		e := p.tok()
		if e.kind != StringToken || len(e.val) != 1 || strings.ContainsAny(e.val, "+'\" ") || isHex(e.val[0]) {
			p.fail("one character in quotes")
		}
		esc = e.val[0]
		p.next()
	}
	var b strings.Builder
	for s := t.val; s != ""; {
		if s[0] != esc {
			b.WriteByte(s[0])
			s = s[1:]
			continue
		}
		if len(s) > 1 && s[1] == esc {
			b.WriteByte(esc)
			s = s[2:]
			continue
		}
		from, n := 1, 4
		if len(s) > 1 && s[1] == '+' {
			from, n = 2, 6
		}
		if len(s) < from+n {
			p.failHint(t.pos, "write \\XXXX or \\+XXXXXX", "invalid Unicode escape in %s", p.describe(t))
		}
		r, err := strconv.ParseUint(s[from:from+n], 16, 32)
		if err != nil || !utf8.ValidRune(rune(r)) {
			p.failHint(t.pos, "write \\XXXX or \\+XXXXXX", "invalid Unicode escape %s", s[:from+n])
		}
		b.WriteRune(rune(r))
		s = s[from+n:]
	}
	return b.String()
}

func isHex(c byte) bool { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }

// binary parses X'..'.
func (p *parser) binary() Expr {
	t := p.next()
	val, err := hex.DecodeString(t.val)
	if err != nil {
		p.failHint(t.pos, "write an even number of digits 0-9 and A-F", "invalid binary literal %s", p.describe(t))
	}
	return &BinaryLit{At{t.pos}, val}
}

// dateTime parses DATE '..' and the like; the current token is the keyword.
func (p *parser) dateTime() Expr {
	t := p.tok()
	kind := t.up
	p.expect(kind)
	if p.accept("WITH", "LOCAL", "TIME", "ZONE") {
		kind = "TIMESTAMP_LTZ"
	}
	text := p.str("a literal in quotes")
	return &DateTimeLit{p.since(t.pos.Start), kind, text.Value}
}

// interval parses INTERVAL [-] '..' unit, or INTERVAL expr unit.
func (p *parser) interval() Expr {
	start := p.here()
	p.expect("INTERVAL")
	neg := false
	if p.ahead(1).kind == StringToken {
		if neg = p.accept("-"); !neg {
			p.accept("+")
		}
	}
	if p.tok().kind == StringToken {
		text := p.str("")
		unit := p.intervalUnit()
		return &IntervalLit{p.since(start), neg, text.Value, unit}
	}
	x := p.exprAt(precUnary)
	unit := p.intervalUnit()
	return &IntervalExpr{p.since(start), x, unit}
}

// intervalUnit parses an interval qualifier.
func (p *parser) intervalUnit() IntervalUnit {
	start := p.here()
	u := IntervalUnit{Prec: -1, Frac: -1}
	u.From = p.intervalField(intervalUnits)
	p.intervalPrecision(u.From, &u)
	if p.at("TO") {
		smaller := intervalUnits[slices.Index(intervalUnits, u.From)+1:]
		if u.YearMonth() {
			smaller = []string{"MONTH"}
		}
		if u.From == "SECOND" || u.From == "MONTH" || u.From == "QUARTER" || u.From == "WEEK" {
			p.failAt(p.tok().pos, "an interval in %s has no further field", u.From)
		}
		p.accept("TO")
		u.To = p.intervalField(smaller)
		if u.To == "SECOND" && p.acceptTight("(") {
			u.Frac = p.integer("a precision")
			p.expect(")")
		}
	}
	u.At = p.since(start)
	return u
}

// intervalPrecision parses (p), and for seconds (p, s).
func (p *parser) intervalPrecision(unit string, u *IntervalUnit) {
	if !p.acceptTight("(") {
		return
	}
	u.Prec = p.integer("a precision")
	if unit == "SECOND" && p.accept(",") {
		u.Frac = p.integer("a precision")
	}
	p.expect(")")
}

// intervalField parses one of the units, also in the plural.
func (p *parser) intervalField(units []string) string {
	t := p.tok()
	if t.kind == WordToken {
		for _, u := range units {
			if t.up == u || t.up == u+"S" {
				p.layout.keyword[p.i] = true
				p.next()
				return u
			}
			p.note(u)
		}
	}
	p.fail("an interval's unit (" + oneOf(units) + ")")
	return ""
}

// integer parses a small whole number.
func (p *parser) integer(what string) int {
	t := p.tok()
	if t.kind == NumberToken {
		if n, err := strconv.Atoi(t.val); err == nil {
			p.next()
			return n
		}
	}
	p.fail(what)
	return 0
}
