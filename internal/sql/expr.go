package sql

import "strings"

// Precedences, Flink's: a higher one binds tighter.
const (
	precLambda  = 5
	precOr      = 22
	precAnd     = 24
	precNot     = 26
	precIs      = 28
	precCompare = 30
	precIn      = 32
	precAdd     = 40
	precMul     = 60
	precUnary   = 80
	precPostfix = 100
)

// infix operators and their precedences; all are left-associative.
var infix = map[string]int{
	"OR": precOr, "AND": precAnd,
	"=": precCompare, "<>": precCompare, "!=": precCompare, "<": precCompare, "<=": precCompare, ">": precCompare, ">=": precCompare,
	"OVERLAPS": precCompare,
	"+":        precAdd, "-": precAdd,
	"*": precMul, "/": precMul, "%": precMul, "||": precMul,
}

var comparisons = map[string]bool{"=": true, "<>": true, "!=": true, "<": true, "<=": true, ">": true, ">=": true}

// expr parses an expression.
func (p *parser) expr() Expr { return p.exprAt(0) }

// exprAt parses an expression of operators that bind at least as tight as prec.
func (p *parser) exprAt(prec int) Expr {
	defer p.enter()()
	start := p.here()
	e := p.prefix()
	for {
		next := p.infix(e, start, prec)
		if next == nil {
			return e
		}
		e = next
	}
}

// infix parses one operator behind e and its right side; nil if there is none
// that binds tight enough.
func (p *parser) infix(e Expr, start, prec int) Expr {
	t := p.tok()
	if t.kind != WordToken && t.kind != OpToken {
		return nil
	}
	if own, ok := infix[t.up]; ok {
		if own < prec {
			return nil
		}
		return p.binary2(e, start, own)
	}
	if m := p.multiset(e, start, prec); m != nil {
		return m
	}
	switch t.up {
	case "IS":
		if prec > precIs {
			return nil
		}
		return p.is(e, start)
	case "NOT", "BETWEEN", "LIKE", "ILIKE", "RLIKE", "SIMILAR", "IN":
		if prec > precIn {
			return nil
		}
		return p.range_(e, start)
	}
	for _, w := range []string{"AND", "OR", "IS", "LIKE", "BETWEEN", "NOT", "IN"} {
		p.note(w)
	}
	return nil
}

// binary2 parses an operator of the infix table and its right side.
func (p *parser) binary2(l Expr, start, prec int) Expr {
	op := p.tok().up
	if op == "AND" {
		p.brkAnd()
	}
	p.expect(op)
	if op == "!=" {
		op = "<>"
	}
	if comparisons[op] {
		if q, ok := p.acceptAny("ANY", "SOME", "ALL"); ok {
			e := &QuantifiedExpr{X: l, Op: op, All: q == "ALL"}
			e.List, e.Query = p.exprsOrQuery()
			e.At = p.since(start)
			return e
		}
	}
	r := p.exprAt(prec + 1)
	return &BinaryExpr{p.since(start), op, l, r}
}

// exprsOrQuery parses (query) or (a, b, ..).
func (p *parser) exprsOrQuery() (list []Expr, q *Query) {
	p.parens(func(item func()) {
		item()
		if p.startsQuery() {
			q = p.query()
			return
		}
		first := p.expr()
		if sub, ok := first.(*SubqueryExpr); ok && p.continuesQuery() {
			q = p.queryFrom(sub)
			return
		} else if ok && p.at(")") {
			q = sub.Query
			return
		}
		list = append(list, first)
		for p.accept(",") {
			item()
			list = append(list, p.expr())
		}
	})
	return list, q
}

// is parses IS [NOT] ..
func (p *parser) is(x Expr, start int) Expr {
	p.expect("IS")
	not := p.accept("NOT")
	if p.accept("DISTINCT") {
		p.expect("FROM")
		r := p.exprAt(precCompare + 1)
		return &DistinctExpr{p.since(start), x, r, not}
	}
	if p.accept("A", "SET") {
		return &IsExpr{p.since(start), x, not, "A SET"}
	}
	if p.accept("EMPTY") {
		return &IsExpr{p.since(start), x, not, "EMPTY"}
	}
	what := p.expectAny("NULL", "TRUE", "FALSE", "UNKNOWN", "JSON", "DISTINCT FROM")
	if what == "JSON" {
		if kind, ok := p.acceptAny("VALUE", "OBJECT", "ARRAY", "SCALAR"); ok {
			what += " " + kind
		}
	}
	return &IsExpr{p.since(start), x, not, what}
}

// range_ parses [NOT] BETWEEN, IN, LIKE, ILIKE, RLIKE and SIMILAR TO.
func (p *parser) range_(x Expr, start int) Expr {
	not := p.accept("NOT")
	switch op := p.expectAny("IN", "BETWEEN", "LIKE", "ILIKE", "RLIKE", "SIMILAR"); op {
	case "IN":
		e := &InExpr{X: x, Not: not}
		e.List, e.Query = p.exprsOrQuery()
		e.At = p.since(start)
		return e
	case "BETWEEN":
		e := &BetweenExpr{X: x, Not: not}
		if e.Symmetric = p.accept("SYMMETRIC"); !e.Symmetric {
			p.accept("ASYMMETRIC")
		}
		e.Lo = p.exprAt(precIn + 1)
		p.expect("AND")
		e.Hi = p.exprAt(precIn + 1)
		e.At = p.since(start)
		return e
	default:
		if op == "SIMILAR" {
			p.expect("TO")
			op = "SIMILAR TO"
		}
		e := &LikeExpr{X: x, Not: not, Op: op}
		e.Pattern = p.exprAt(precIn + 1)
		if p.accept("ESCAPE") {
			e.Escape = p.exprAt(precIn + 1)
		}
		e.At = p.since(start)
		return e
	}
}

// prefix parses an operand: prefix operators, a primary, and what is attached
// behind it.
func (p *parser) prefix() Expr {
	start := p.here()
	switch {
	case p.accept("NOT"):
		x := p.exprAt(precNot)
		return &UnaryExpr{p.since(start), "NOT", x}
	case p.at("-"), p.at("+"):
		op := p.tok().up
		p.tightAfter()
		p.expect(op)
		x := p.exprAt(precUnary)
		return &UnaryExpr{p.since(start), op, x}
	}
	return p.postfix(p.primary(), start)
}

// postfix parses [i] and .f behind an operand.
func (p *parser) postfix(e Expr, start int) Expr {
	for {
		switch {
		case p.at("["):
			p.tight()
			p.expect("[")
			i := p.expr()
			p.expect("]")
			e = &IndexExpr{p.since(start), e, i}
		case p.at(".") && !p.ahead(1).is("*"):
			p.expect(".")
			name := p.fieldName()
			e = &FieldExpr{p.since(start), e, name}
		default:
			return e
		}
	}
}

// primary parses an operand without operators.
func (p *parser) primary() Expr {
	t := p.tok()
	switch t.kind {
	case NumberToken:
		p.next()
		return &NumberLit{At{t.pos}, t.val}
	case StringToken:
		return p.str("")
	case BinaryToken:
		return p.binary()
	case NameToken:
		return p.nameOrCall()
	case WordToken:
		return p.wordPrimary()
	case OpToken:
		switch t.up {
		case "(":
			return p.paren()
		case "*":
			return p.star(nil)
		}
	}
	p.fail("an expression")
	return nil
}

// wordPrimary parses an operand that starts with a word.
func (p *parser) wordPrimary() Expr {
	t := p.tok()
	after := p.ahead(1)
	if f := specialFunc(t.up); f != nil && after.is("(") {
		return f(p)
	}
	switch t.up {
	case "NULL":
		p.accept("NULL")
		return &NullLit{At{t.pos}}
	case "TRUE", "FALSE", "UNKNOWN":
		p.accept(t.up)
		return &BoolLit{At{t.pos}, t.up == "TRUE", t.up == "UNKNOWN"}
	case "DEFAULT":
		if !after.is(".") && !after.is("(") {
			p.accept("DEFAULT")
			return &DefaultLit{At{t.pos}}
		}
	case "DATE", "TIME", "TIMESTAMP", "TIMESTAMP_LTZ":
		if after.kind == StringToken || p.ahead(5).kind == StringToken && p.at("TIMESTAMP", "WITH", "LOCAL", "TIME", "ZONE") {
			return p.dateTime()
		}
	case "INTERVAL":
		return p.interval()
	case "CASE":
		return p.caseExpr()
	case "EXISTS":
		if after.is("(") && !p.queryAt(2) && !p.ahead(2).is("(") {
			return p.nameOrCall() // EXISTS(array, x -> ..)
		}
		return p.exists()
	case "ROW":
		if after.is("(") {
			return p.rowExpr()
		}
	case "ARRAY", "MAP", "MULTISET":
		if after.is("[") || after.is("(") && p.queryAt(2) {
			return p.collection()
		}
	case "FINAL", "RUNNING":
		if after.kind == WordToken && keywords[after.up] != reserved && p.ahead(2).is("(") {
			p.accept(t.up)
			x := p.exprAt(precUnary)
			return &UnaryExpr{p.since(t.pos.Start), t.up, x}
		}
	}
	if niladic[t.up] && !after.is("(") {
		p.accept(t.up)
		name := ObjectName{[]Ident{{Name: t.up, Pos: t.pos}}}
		return &FuncCall{At: At{t.pos}, Name: name, Niladic: true}
	}
	return p.nameOrCall()
}

// callable are reserved words that are also functions.
var callable = map[string]bool{"LEFT": true, "RIGHT": true, "CURRENT_TIME": true, "CURRENT_TIMESTAMP": true, "LOCALTIME": true,
	"LOCALTIMESTAMP": true, "CURRENT_DATE": true, "CURRENT_CATALOG": true, "EXISTS": true}

// nameOrCall parses a column, a call, t.*, or a lambda of one parameter.
func (p *parser) nameOrCall() Expr {
	start := p.here()
	var parts []Ident
	if t := p.tok(); callable[t.up] && p.ahead(1).is("(") {
		p.next()
		parts = append(parts, Ident{Name: t.val, Pos: t.pos})
	} else if keywords[t.up] == reserved && t.kind == WordToken {
		p.failReserved("an expression")
	} else {
		parts = append(parts, p.ident("an expression"))
	}
	if p.accept("->") {
		body := p.exprAt(precLambda)
		return &LambdaExpr{p.since(start), parts, body}
	}
	for p.at(".") {
		if p.ahead(1).is("*") {
			p.expect(".")
			return p.star(parts)
		}
		p.expect(".")
		parts = append(parts, p.fieldName())
	}
	if p.at("(") {
		if up := strings.ToUpper(parts[0].Name); (up == "CUBE" || up == "ROLLUP") && len(parts) == 1 && !parts[0].Quoted {
			p.failAt(parts[0].Pos, "%s stands only in GROUP BY, without parentheses around it", up)
		}
		return p.call(start, ObjectName{parts})
	}
	return &ColumnRef{p.since(start), parts}
}

// star parses * with its EXCEPT and REPLACE.
func (p *parser) star(qualifier []Ident) Expr {
	start := p.here()
	if len(qualifier) > 0 {
		start = qualifier[0].Pos.Start
	}
	p.expect("*")
	s := &Star{Qualifier: qualifier}
	if p.at("EXCEPT", "(") && !p.queryAt(2) && !p.ahead(2).is("(") {
		p.expect("EXCEPT")
		s.Except = p.identList("a column name")
	}
	if p.at("REPLACE", "(") {
		p.expect("REPLACE")
		p.parenList(func() {
			item := p.selectItem()
			if item.Alias == nil {
				p.fail("AS and the column to replace")
			}
			s.Replace = append(s.Replace, item)
		})
	}
	s.At = p.since(start)
	return s
}

// paren parses what an opening parenthesis starts: an expression, a row, a
// subquery, or the parameters of a lambda.
func (p *parser) paren() Expr {
	defer p.enter()()
	start := p.here()
	var items []Expr
	var q *Query
	p.parens(func(item func()) {
		if p.at(")") {
			return
		}
		item()
		if p.startsQuery() {
			q = p.query()
			return
		}
		first := p.expr()
		if sub, ok := first.(*SubqueryExpr); ok && p.continuesQuery() {
			q = p.queryFrom(sub)
			return
		}
		items = append(items, first)
		for p.accept(",") {
			item()
			items = append(items, p.expr())
		}
	})
	switch {
	case q != nil:
		return &SubqueryExpr{p.since(start), q}
	case p.at("->"):
		return p.lambda(start, items)
	case len(items) == 1:
		return items[0]
	}
	return &RowExpr{p.since(start), items, false}
}

// lambda parses -> body behind the parameters.
func (p *parser) lambda(start int, params []Expr) Expr {
	l := &LambdaExpr{}
	for _, e := range params {
		c, ok := e.(*ColumnRef)
		if !ok || len(c.Parts) != 1 {
			p.failAt(e.Position(), "a parameter of a lambda must be a plain name")
		}
		l.Params = append(l.Params, c.Parts[0])
	}
	p.expect("->")
	l.Body = p.exprAt(precLambda)
	l.At = p.since(start)
	return l
}

// rowExpr parses ROW(..).
func (p *parser) rowExpr() Expr {
	start := p.here()
	p.expect("ROW")
	r := &RowExpr{Explicit: true}
	p.tight()
	r.Items = p.exprs()
	r.At = p.since(start)
	return r
}

// exprs parses (a, b, ..), which may be empty.
func (p *parser) exprs() []Expr {
	var out []Expr
	p.parens(func(item func()) {
		if p.at(")") {
			return
		}
		for {
			item()
			out = append(out, p.expr())
			if !p.accept(",") {
				return
			}
		}
	})
	return out
}

// collection parses ARRAY[..], MAP[..], MULTISET[..], and KIND(query).
func (p *parser) collection() Expr {
	start := p.here()
	c := &CollectionExpr{Kind: p.expectAny("ARRAY", "MAP", "MULTISET")}
	p.tight()
	if p.at("(") {
		p.parens(func(item func()) {
			item()
			c.Query = p.query()
		})
		c.At = p.since(start)
		return c
	}
	g := p.open(true)
	p.expect("[")
	if !p.at("]") {
		p.list(g, func() { c.Items = append(c.Items, p.expr()) })
	}
	p.layout.groups[g].close = p.i
	p.expect("]")
	p.shut(g)
	c.At = p.since(start)
	if c.Kind == "MAP" && len(c.Items)%2 == 1 {
		p.failHint(c.Pos, "write MAP[key1, value1, key2, value2]", "MAP needs a value for each key")
	}
	return c
}

// caseExpr parses CASE .. END.
func (p *parser) caseExpr() Expr {
	start := p.here()
	g := p.open(true)
	p.expect("CASE")
	c := &CaseExpr{}
	if !p.at("WHEN") {
		c.Operand = p.expr()
	}
	for p.at("WHEN") {
		p.brk(g)
		p.keepTogether(func() { c.Whens = append(c.Whens, p.when(c.Operand != nil)...) })
	}
	if len(c.Whens) == 0 {
		p.fail("WHEN")
	}
	if p.at("ELSE") {
		p.brk(g)
		p.expect("ELSE")
		c.Else = p.expr()
	}
	p.layout.groups[g].close = p.i
	p.expect("END")
	p.shut(g)
	c.At = p.since(start)
	return c
}

// when parses WHEN .. THEN ..; in the simple form it may have several values,
// which give as many branches.
func (p *parser) when(simple bool) []When {
	p.expect("WHEN")
	conds := []Expr{p.expr()}
	for simple && p.accept(",") {
		conds = append(conds, p.expr())
	}
	p.expect("THEN")
	result := p.expr()
	var out []When
	for _, c := range conds {
		out = append(out, When{c, result})
	}
	return out
}

// exists parses EXISTS (query).
func (p *parser) exists() Expr {
	start := p.here()
	p.expect("EXISTS")
	q := p.parenQuery()
	return &ExistsExpr{p.since(start), q}
}
