package sql

import "github.com/weir-stream/weir/internal/sqlerr"

// tableRef parses an element of FROM with the joins behind it.
func (p *parser) tableRef() TableRef {
	defer p.enter()()
	start := p.here()
	g := p.open(true)
	t := p.tablePrimary()
	for {
		j := p.joinHead(g)
		if j == nil {
			p.layout.groups[g].force = len(p.layout.groups[g].breaks) > 1
			p.shut(g)
			return t
		}
		j.Left = t
		j.Right = p.tablePrimary()
		p.joinCondition(j)
		j.At = p.since(start)
		t = j
	}
}

// joinKinds are the words before JOIN.
var joinKinds = []struct {
	words []string
	kind  JoinKind
	asof  bool
}{
	{[]string{"JOIN"}, InnerJoin, false},
	{[]string{"INNER", "JOIN"}, InnerJoin, false},
	{[]string{"LEFT", "JOIN"}, LeftJoin, false},
	{[]string{"LEFT", "OUTER", "JOIN"}, LeftJoin, false},
	{[]string{"RIGHT", "JOIN"}, RightJoin, false},
	{[]string{"RIGHT", "OUTER", "JOIN"}, RightJoin, false},
	{[]string{"FULL", "JOIN"}, FullJoin, false},
	{[]string{"FULL", "OUTER", "JOIN"}, FullJoin, false},
	{[]string{"CROSS", "JOIN"}, CrossJoin, false},
	{[]string{"LEFT", "SEMI", "JOIN"}, SemiJoin, false},
	{[]string{"SEMI", "JOIN"}, SemiJoin, false},
	{[]string{"LEFT", "ANTI", "JOIN"}, AntiJoin, false},
	{[]string{"ANTI", "JOIN"}, AntiJoin, false},
	{[]string{"ASOF", "JOIN"}, InnerJoin, true},
	{[]string{"LEFT", "ASOF", "JOIN"}, LeftJoin, true},
}

// joinHead parses the words up to JOIN, nil if no join follows.
func (p *parser) joinHead(g int) *Join {
	at := p.i
	natural := p.at("NATURAL")
	if natural {
		p.brk(g)
		p.expect("NATURAL")
	}
	for _, k := range joinKinds {
		if !p.at(k.words...) {
			continue
		}
		if p.i == at {
			p.brk(g)
		}
		p.accept(k.words...)
		return &Join{Kind: k.kind, Natural: natural, Asof: k.asof}
	}
	w, ok := p.acceptAny("INNER", "LEFT", "RIGHT", "FULL", "CROSS")
	if ok {
		if w != "INNER" && w != "CROSS" {
			p.accept("OUTER")
		}
	}
	if ok || natural {
		p.fail("JOIN")
	}
	return nil
}

// joinCondition parses MATCH_CONDITION, ON and USING.
func (p *parser) joinCondition(j *Join) {
	if j.Asof && p.accept("MATCH_CONDITION") {
		j.Match = p.expr()
	}
	switch {
	case j.Kind == CrossJoin || j.Natural:
	case p.at("ON") && !p.at("ON", "CONFLICT", "DO"):
		p.expect("ON")
		j.On = p.condition()
	case p.accept("USING"):
		j.Using = p.identList("a column name")
	default:
		t := p.tok()
		if t.kind == BadToken {
			p.fail("ON or USING")
		}
		p.failAlias()
		p.failHint(p.visible(t.pos), "write CROSS JOIN to join every row with every row",
			"expected ON or USING after %s: a join needs a condition, found %s", p.describe(&p.toks[p.i-1]), p.describe(t))
	}
}

// tablePrimary parses a table with what is attached to it.
func (p *parser) tablePrimary() TableRef {
	start := p.here()
	var t TableRef
	switch lateral := p.accept("LATERAL"); {
	case p.at("("):
		t = p.parenTable(start, lateral)
	case p.at("TABLE", "("):
		t = p.tableFunc(start, lateral)
	case p.at("UNNEST"):
		t = p.unnest(start, lateral)
	case p.tok().kind == StringToken && !lateral:
		path := p.str("")
		f := &FileTable{Path: *path, Hints: p.hints()}
		f.Alias = p.tableAlias()
		f.At = p.since(start)
		t = f
	default:
		t = p.namedTable(start, lateral)
	}
	return p.tableSuffix(t, start)
}

// namedTable parses a table's name, or a call without TABLE( ).
func (p *parser) namedTable(start int, lateral bool) TableRef {
	name := p.objectName("a table")
	if p.at("(") {
		f := &TableFunc{Lateral: lateral, Direct: true}
		f.Call = p.call(name.Position().Start, name).(*FuncCall)
		f.Alias = p.tableAlias()
		f.At = p.since(start)
		return f
	}
	if lateral {
		p.fail("( , because LATERAL takes a function or a query,")
	}
	t := &TableName{Name: name, Hints: p.hints()}
	t.AsOf = p.asOf()
	t.Hints = append(t.Hints, p.hints()...)
	t.Alias = p.tableAlias()
	if t.AsOf == nil && t.Alias != nil {
		t.AsOf = p.asOf()
	}
	t.Hints = append(t.Hints, p.hints()...)
	t.At = p.since(start)
	return t
}

// asOf parses an optional FOR SYSTEM_TIME AS OF.
func (p *parser) asOf() Expr {
	if !p.accept("FOR") {
		return nil
	}
	p.expect("SYSTEM_TIME", "AS", "OF")
	return p.exprAt(precIn + 1)
}

// tableAlias parses [AS] name [(columns)], nil if there is none.
func (p *parser) tableAlias() *Alias {
	start := p.here()
	name, ok := p.optionalAlias()
	if !ok {
		return nil
	}
	a := &Alias{Name: name}
	if p.at("(") {
		a.Columns = p.identList("a column name")
	}
	a.At = p.since(start)
	return a
}

// parenTable parses a query or a join in parentheses.
func (p *parser) parenTable(start int, lateral bool) TableRef {
	var q *Query
	var t TableRef
	p.parens(func(item func()) {
		item()
		if p.startsQuery() && !p.at("TABLE", "(") {
			q = p.query()
			return
		}
		t = p.tableRef()
		if d, ok := t.(*DerivedTable); ok && d.Alias == nil && !d.Lateral {
			q = d.Query
			if p.continuesQuery() {
				q = p.queryFrom(&SubqueryExpr{d.At, d.Query})
			}
		}
	})
	if q != nil {
		d := &DerivedTable{Query: q, Lateral: lateral}
		d.Alias = p.tableAlias()
		d.At = p.since(start)
		return d
	}
	if lateral {
		p.failAt(t.Position(), "LATERAL takes a query in parentheses or a function")
	}
	if alias := p.tableAlias(); alias != nil {
		return &ParenTable{p.since(start), t, alias}
	}
	return t
}

// tableFunc parses TABLE(f(..)).
func (p *parser) tableFunc(start int, lateral bool) TableRef {
	f := &TableFunc{Lateral: lateral}
	p.expect("TABLE")
	p.tight()
	p.parens(func(func()) {
		at := p.here()
		name := p.objectName("a table function")
		if !p.at("(") {
			p.fail("( and the function's arguments")
		}
		call, ok := p.call(at, name).(*FuncCall)
		if ok {
			f.Call = call
		}
	})
	f.Alias = p.tableAlias()
	f.At = p.since(start)
	return f
}

// unnest parses UNNEST(a, ..) [WITH ORDINALITY].
func (p *parser) unnest(start int, lateral bool) TableRef {
	u := &Unnest{Lateral: lateral}
	p.expect("UNNEST")
	p.tight()
	p.parenList(func() { u.Exprs = append(u.Exprs, p.expr()) })
	u.Ordinality = p.accept("WITH", "ORDINALITY")
	u.Alias = p.tableAlias()
	u.At = p.since(start)
	return u
}

// tableSuffix parses MATCH_RECOGNIZE, PIVOT and UNPIVOT behind a table.
func (p *parser) tableSuffix(t TableRef, start int) TableRef {
	for {
		switch {
		case p.at("MATCH_RECOGNIZE"):
			t = p.matchRecognize(t, start)
		case p.at("PIVOT", "("):
			t = p.pivot(t, start)
		case p.at("UNPIVOT"):
			t = p.unpivot(t, start)
		case p.at("TABLESAMPLE"):
			panic(&failure{sqlerr.New(sqlerr.Unsupported, p.tok().pos, "TABLESAMPLE is not supported").
				WithHint("write WHERE RAND() < 0.1")})
		default:
			return t
		}
	}
}

func (p *parser) pivot(t TableRef, start int) TableRef {
	v := &Pivot{Input: t}
	p.expect("PIVOT")
	p.parens(func(item func()) {
		item()
		p.list(-1, func() { v.Aggs = append(v.Aggs, p.selectItem()) })
		item()
		p.expect("FOR")
		p.oneOrParens(func() {
			at := p.here()
			v.Axes = append(v.Axes, ColumnRef{Parts: p.columnName().Parts, At: p.since(at)})
		})
		p.expect("IN")
		p.parenList(func() { v.In = append(v.In, p.pivotValue()) })
	})
	v.Alias = p.tableAlias()
	v.At = p.since(start)
	return v
}

func (p *parser) pivotValue() PivotValue {
	start := p.here()
	v := PivotValue{Exprs: p.exprOrParens()}
	if alias, ok := p.optionalAlias(); ok {
		v.Alias = &alias
	}
	v.At = p.since(start)
	return v
}

func (p *parser) unpivot(t TableRef, start int) TableRef {
	u := &Unpivot{Input: t}
	p.expect("UNPIVOT")
	if w, ok := p.acceptAny("INCLUDE", "EXCLUDE"); ok {
		u.IncludeNulls = w == "INCLUDE"
		p.expect("NULLS")
	}
	p.parens(func(item func()) {
		item()
		p.oneOrParens(func() { u.Measures = append(u.Measures, p.ident("a name for the values")) })
		p.expect("FOR")
		p.oneOrParens(func() { u.Axes = append(u.Axes, p.ident("a name for the columns' names")) })
		p.expect("IN")
		p.parenList(func() {
			at := p.here()
			var c UnpivotColumns
			p.oneOrParens(func() { c.Columns = append(c.Columns, p.ident("a column name")) })
			if p.accept("AS") {
				c.Values = p.exprOrParens()
			}
			c.At = p.since(at)
			u.In = append(u.In, c)
		})
	})
	u.Alias = p.tableAlias()
	u.At = p.since(start)
	return u
}

// oneOrParens parses f, or (f, f, ..).
func (p *parser) oneOrParens(f func()) {
	if p.at("(") {
		p.parenList(f)
		return
	}
	f()
}
