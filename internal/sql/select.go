package sql

// queryWords start a query.
var queryWords = []string{"SELECT", "WITH", "VALUES", "TABLE"}

// startsQuery reports whether a query without parentheses is next.
func (p *parser) startsQuery() bool {
	_, ok := p.atAny(queryWords...)
	return ok
}

// queryAt reports whether the n-th token after the current one starts a query.
func (p *parser) queryAt(n int) bool {
	for _, w := range queryWords {
		if p.ahead(n).is(w) {
			return true
		}
	}
	return false
}

// continuesQuery reports whether what was parsed as a subquery in parentheses
// is only the first part of a query.
func (p *parser) continuesQuery() bool {
	_, ok := p.atAny("UNION", "INTERSECT", "EXCEPT", "MINUS", "LIMIT", "OFFSET", "FETCH")
	return ok || p.at("ORDER", "BY")
}

// parenQuery parses (query).
func (p *parser) parenQuery() *Query {
	var q *Query
	p.parens(func(item func()) {
		item()
		q = p.query()
	})
	return q
}

// query parses a query with its WITH and ORDER BY, LIMIT, OFFSET and FETCH.
func (p *parser) query() *Query {
	defer p.enter()()
	start := p.here()
	g := p.open(false)
	q := &Query{}
	if p.accept("WITH") {
		q.Recursive = p.accept("RECURSIVE")
		p.list(-1, func() { q.With = append(q.With, p.cte()) })
		p.brk(g)
	}
	q.Body = p.setExpr(0, g)
	return p.queryTail(q, start, g)
}

// queryFrom parses the rest of a query whose first operand was taken for a
// scalar subquery.
func (p *parser) queryFrom(first *SubqueryExpr) *Query {
	g := p.open(false)
	q := &Query{Body: p.setOps(bodyOf(first.Query), first.Pos.Start, 0, g)}
	return p.queryTail(q, first.Pos.Start, g)
}

// bodyOf gives the body of a query in parentheses that has no clauses of its
// own, else the query.
func bodyOf(q *Query) SetExpr {
	if len(q.With) == 0 && len(q.OrderBy) == 0 && q.Limit == nil && q.Offset == nil && q.Fetch == nil {
		return q.Body
	}
	return q
}

func (p *parser) queryTail(q *Query, start, g int) *Query {
	if p.at("ORDER") {
		p.brk(g)
		q.OrderBy = p.queryOrder()
	}
	p.limits(q, g)
	p.shut(g)
	q.At = p.since(start)
	if inner, ok := q.Body.(*Query); ok && bodyOf(q) == SetExpr(inner) {
		return inner
	}
	return q
}

// limits parses LIMIT, OFFSET and FETCH in any order.
func (p *parser) limits(q *Query, g int) {
	for {
		w, ok := p.atAny("LIMIT", "OFFSET", "FETCH")
		if !ok {
			return
		}
		p.brk(g)
		p.expect(w)
		switch w {
		case "LIMIT":
			if p.accept("ALL") {
				break
			}
			q.Limit = p.expr()
			if p.accept(",") {
				q.Offset = q.Limit
				q.Limit = p.expr()
			}
		case "OFFSET":
			q.Offset = p.expr()
			p.acceptAny("ROW", "ROWS")
		case "FETCH":
			p.expectAny("FIRST", "NEXT")
			q.Fetch = &NumberLit{p.since(p.here()), "1"}
			if _, ok := p.atAny("ROW", "ROWS"); !ok {
				q.Fetch = p.expr()
			}
			p.expectAny("ROW", "ROWS")
			p.expect("ONLY")
		}
	}
}

func (p *parser) cte() CTE {
	start := p.here()
	c := CTE{Name: p.ident("a name for the query")}
	if p.at("(") {
		c.Columns = p.identList("a column name")
	}
	p.expect("AS")
	c.Query = p.parenQuery()
	c.At = p.since(start)
	return c
}

// setPrec gives how tight a set operator binds.
func setPrec(op string) int {
	switch op {
	case "UNION", "EXCEPT", "MINUS":
		return 1
	case "INTERSECT":
		return 2
	}
	return 0
}

// setExpr parses operands joined by set operators that bind tighter than prec.
func (p *parser) setExpr(prec, g int) SetExpr {
	defer p.enter()()
	start := p.here()
	return p.setOps(p.setOperand(g), start, prec, g)
}

func (p *parser) setOps(l SetExpr, start, prec, g int) SetExpr {
	for {
		op, ok := p.atAny("UNION", "INTERSECT", "EXCEPT", "MINUS")
		if !ok || setPrec(op) <= prec {
			return l
		}
		p.brk(g)
		p.expect(op)
		if op == "MINUS" {
			op = "EXCEPT"
		}
		s := &SetOp{Op: op, Left: l}
		if s.All = p.accept("ALL"); !s.All {
			p.accept("DISTINCT")
		}
		p.brk(g)
		s.Right = p.setExpr(setPrec(op), g)
		s.At = p.since(start)
		l = s
	}
}

// setOperand parses SELECT, VALUES, TABLE t or (query).
func (p *parser) setOperand(g int) SetExpr {
	start := p.here()
	switch {
	case p.at("SELECT"):
		return p.selectBody(g)
	case p.at("VALUES"):
		return p.values()
	case p.accept("TABLE"):
		name := p.objectName("a table's name")
		return &TableQuery{p.since(start), name}
	case p.at("("):
		return bodyOf(p.parenQuery())
	}
	p.fail("a query (SELECT, VALUES, WITH or TABLE)")
	return nil
}

// values parses VALUES (..), (..).
func (p *parser) values() SetExpr {
	start := p.here()
	g := p.open(true)
	p.expect("VALUES")
	v := &Values{}
	p.list(g, func() {
		e := p.expr()
		switch r := e.(type) {
		case *RowExpr:
			v.Rows = append(v.Rows, r.Items)
		default:
			v.Rows = append(v.Rows, []Expr{e})
		}
	})
	p.shut(g)
	v.At = p.since(start)
	return v
}

// selectBody parses one SELECT; its clauses break in group g.
func (p *parser) selectBody(g int) SetExpr {
	start := p.here()
	items := p.open(true)
	p.expect("SELECT")
	s := &Select{Hints: p.hints()}
	if s.Distinct = p.accept("DISTINCT"); !s.Distinct {
		p.accept("ALL")
	}
	p.list(items, func() { s.Items = append(s.Items, p.selectItem()) })
	p.shut(items)
	if p.at("FROM") {
		p.brk(g)
		p.expect("FROM")
		p.list(-1, func() { s.From = append(s.From, p.tableRef()) })
	}
	if p.at("WHERE") {
		p.brk(g)
		p.expect("WHERE")
		s.Where = p.condition()
	}
	if p.at("GROUP") {
		p.brk(g)
		p.expect("GROUP", "BY")
		s.GroupBy = p.groupBy()
	}
	if p.at("HAVING") {
		p.brk(g)
		p.expect("HAVING")
		s.Having = p.condition()
	}
	if p.at("WINDOW") {
		p.brk(g)
		p.expect("WINDOW")
		p.list(-1, func() { s.Windows = append(s.Windows, p.namedWindow()) })
	}
	if p.at("QUALIFY") {
		p.brk(g)
		p.expect("QUALIFY")
		s.Qualify = p.condition()
	}
	s.At = p.since(start)
	return s
}

// condition parses the expression of WHERE and the like, whose ANDs break.
func (p *parser) condition() Expr {
	g := p.open(true)
	p.layout.conditions = append(p.layout.conditions, g)
	e := p.expr()
	p.layout.conditions = p.layout.conditions[:len(p.layout.conditions)-1]
	p.shut(g)
	return e
}

func (p *parser) namedWindow() NamedWindow {
	start := p.here()
	w := NamedWindow{Name: p.ident("a window's name")}
	p.expect("AS")
	w.Spec = p.windowSpec()
	w.At = p.since(start)
	return w
}

func (p *parser) selectItem() SelectItem {
	start := p.here()
	item := SelectItem{Expr: p.expr()}
	if alias, ok := p.optionalAlias(); ok {
		item.Alias = &alias
	}
	item.At = p.since(start)
	return item
}

// optionalAlias parses [AS] name.
func (p *parser) optionalAlias() (Ident, bool) {
	switch {
	case p.accept("AS"):
		return p.ident("an alias"), true
	case p.bareAlias():
		p.aliasAt = p.i
		return p.ident("an alias"), true
	}
	return Ident{}, false
}

// groupBy parses the elements of GROUP BY.
func (p *parser) groupBy() []GroupItem {
	if !p.accept("DISTINCT") && p.at("ALL") {
		start := p.here()
		p.expect("ALL")
		if _, ok := p.atAny(",", ";", ")", "HAVING", "WINDOW", "QUALIFY", "ORDER", "LIMIT"); ok || p.tok().kind == EOFToken || p.continuesQuery() {
			return []GroupItem{{At: p.since(start), Kind: GroupAll}}
		}
	}
	var out []GroupItem
	p.list(-1, func() { out = append(out, p.groupItem()) })
	return out
}

func (p *parser) groupItem() GroupItem {
	defer p.enter()()
	start := p.here()
	item := GroupItem{}
	nested := func() { item.Items = append(item.Items, p.groupItem()) }
	switch {
	case p.at("GROUPING", "SETS"):
		p.expect("GROUPING", "SETS")
		item.Kind = GroupGroupingSets
		p.parenList(nested)
	case p.at("ROLLUP", "("):
		p.expect("ROLLUP")
		item.Kind = GroupRollup
		p.parenList(nested)
	case p.at("CUBE", "("):
		p.expect("CUBE")
		item.Kind = GroupCube
		p.parenList(nested)
	default:
		item.Expr = p.expr()
	}
	item.At = p.since(start)
	return item
}

// hints parses /*+ NAME(args), .. */.
func (p *parser) hints() []Hint {
	var out []Hint
	for p.accept("/*+") {
		for !p.at("*/") {
			out = append(out, p.hintItem())
			p.accept(",")
		}
		p.expect("*/")
	}
	return out
}

func (p *parser) hintItem() Hint {
	start := p.here()
	t := p.tok()
	if t.kind != WordToken {
		p.fail("a hint's name")
	}
	p.layout.keyword[p.i] = true
	p.next()
	h := Hint{Name: t.up}
	if p.acceptTight("(") {
		for !p.at(")") {
			h.Args = append(h.Args, p.hintArg())
			if !p.accept(",") {
				break
			}
		}
		p.expect(")")
	}
	h.At = p.since(start)
	return h
}

// hintArg parses 'k'='v', k='v', a literal or a name.
func (p *parser) hintArg() HintArg {
	start := p.here()
	var a HintArg
	switch p.tok().kind {
	case StringToken:
		a.Value = p.str("").Value
	case NumberToken:
		a.Value, a.Bare = p.next().val, true
	default:
		name := p.objectName("an option of the hint")
		a.Value, a.Bare = name.String(), true
		for _, part := range name.Parts {
			a.Bare = a.Bare && !part.Quoted
		}
	}
	if p.accept("=") {
		a.Key = a.Value
		a.Value, a.Bare = p.hintValue()
	}
	a.At = p.since(start)
	return a
}

func (p *parser) hintValue() (string, bool) {
	switch t := p.tok(); t.kind {
	case StringToken:
		return p.str("").Value, false
	case NumberToken, WordToken:
		p.next()
		return t.val, true
	}
	p.fail("the option's value")
	return "", false
}
