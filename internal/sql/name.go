package sql

import "fmt"

// ident parses a name; what says what it names, for the message.
func (p *parser) ident(what string) Ident {
	t := p.tok()
	switch {
	case t.kind == NameToken:
		p.next()
		return Ident{Name: t.val, Quoted: true, Pos: t.pos}
	case t.kind == WordToken && keywords[t.up] != reserved:
		p.next()
		return p.noteName(Ident{Name: t.val, Pos: t.pos})
	case t.kind == WordToken:
		p.failReserved(what)
	case t.kind == StringToken:
		p.failHint(t.pos, fmt.Sprintf("names are quoted with backquotes: `%s`", t.val), "expected %s, found the text %s", what, p.describe(t))
	}
	p.fail(what)
	return Ident{}
}

// failReserved refuses a reserved word as a name.
func (p *parser) failReserved(what string) {
	t := p.tok()
	hint := fmt.Sprintf("to use it as a name, quote it with backquotes: `%s`", t.val)
	if _, opens := clauseStart[t.up]; opens {
		hint = ""
		if p.i > 0 && p.toks[p.i-1].is(",") {
			hint = "remove the comma before " + t.up
		}
	}
	if p.i > 0 && !p.toks[p.i-1].is(";") {
		what += " after " + p.describe(&p.toks[p.i-1])
	}
	p.failHint(t.pos, hint, "expected %s, found %s", what, t.up)
}

// clauseStart are reserved words that nobody means as a name.
var clauseStart = map[string]struct{}{"FROM": {}, "WHERE": {}, "GROUP": {}, "HAVING": {}, "ORDER": {}, "LIMIT": {}, "UNION": {}, "SELECT": {}, "JOIN": {},
	"ON": {}, "AS": {}, "AND": {}, "OR": {}, "IN": {}, "IS": {}, "BY": {}, "INSERT": {}, "CREATE": {}, "WHEN": {}, "THEN": {}, "ELSE": {}, "END": {}, "WITH": {}}

// fieldName parses the name behind a dot, where any word will do.
func (p *parser) fieldName() Ident {
	if t := p.tok(); t.kind == WordToken {
		p.next()
		return p.noteName(Ident{Name: t.val, Pos: t.pos})
	}
	return p.ident("a name")
}

// objectName parses a.b.c.
func (p *parser) objectName(what string) ObjectName {
	n := ObjectName{Parts: []Ident{p.ident(what)}}
	for p.accept(".") {
		n.Parts = append(n.Parts, p.fieldName())
	}
	return n
}

// columnName parses the name of a column, with dots where it is nested.
func (p *parser) columnName() ObjectName { return p.objectName("a column name") }

// identList parses (a, b).
func (p *parser) identList(what string) []Ident {
	var out []Ident
	p.parenList(func() { out = append(out, p.ident(what)) })
	return out
}

// bareAlias reports whether the current token is an alias without AS.
func (p *parser) bareAlias() bool {
	t := p.tok()
	switch {
	case t.kind == NameToken:
		return true
	case t.kind != WordToken || keywords[t.up] != notReserved:
		return false
	}
	switch t.up {
	case "SEMI", "ANTI", "ASOF":
		return !p.ahead(1).is("JOIN")
	case "PIVOT":
		return !p.ahead(1).is("(")
	case "UNPIVOT":
		return !p.ahead(1).is("(") && !p.ahead(1).is("INCLUDE") && !p.ahead(1).is("EXCLUDE")
	}
	return true
}

// str parses a string literal, with its continuation on further lines.
func (p *parser) str(what string) *StringLit {
	t := p.tok()
	if t.kind != StringToken {
		p.fail(what)
	}
	start := t.pos.Start
	p.next()
	val := t.val
	if t.prefix == "U&" {
		val = p.unicodeEscapes(t)
	}
	for n := p.tok(); n.kind == StringToken && n.prefix == ""; n = p.tok() {
		if !hasNewline(p.src[p.toks[p.i-1].pos.End:n.pos.Start]) {
			p.failHint(n.pos, "a string goes on only on a new line; join strings with ||", "unexpected text %s after %s", p.describe(n),
				p.describe(&p.toks[p.i-1]))
		}
		val += n.val
		p.next()
	}
	return &StringLit{p.since(start), val}
}

// options parses ('k' = 'v', ..).
func (p *parser) options() []Option {
	var out []Option
	p.parens(func(item func()) {
		for !p.at(")") {
			item()
			k := p.str("an option's key in quotes")
			p.expect("=")
			out = append(out, Option{k, p.str("the option's value in quotes")})
			if !p.accept(",") {
				return
			}
		}
	})
	return out
}

// withOptions parses an optional WITH (..).
func (p *parser) withOptions() []Option {
	if !p.accept("WITH") {
		return nil
	}
	return p.options()
}

// comment parses an optional COMMENT '..'.
func (p *parser) comment() *StringLit {
	if !p.accept("COMMENT") {
		return nil
	}
	return p.str("the comment in quotes")
}

// partition parses (k = v, ..), behind PARTITION.
func (p *parser) partition() []PartitionValue {
	var out []PartitionValue
	p.parenList(func() {
		v := PartitionValue{Key: p.ident("a partition column")}
		if p.accept("=") {
			v.Value = p.expr()
		}
		out = append(out, v)
	})
	return out
}
