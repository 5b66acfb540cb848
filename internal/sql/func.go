package sql

import (
	"slices"
	"strings"
)

// call parses the arguments of a function and what follows them.
func (p *parser) call(start int, name ObjectName) Expr {
	f := &FuncCall{Name: name}
	p.forgetName(name)
	p.tight()
	p.parens(func(item func()) {
		if f.Distinct = p.accept("DISTINCT"); !f.Distinct {
			p.accept("ALL")
		}
		if p.at(")") {
			return
		}
		for {
			item()
			f.Args = append(f.Args, p.arg())
			if !p.accept(",") {
				break
			}
		}
		p.nullTreatment(f)
		if p.at("ORDER", "BY") {
			f.OrderBy = p.orderBy()
		}
	})
	return p.callSuffix(f, start)
}

// callSuffix parses what may follow a call: IGNORE NULLS, WITHIN GROUP, FILTER
// and OVER.
func (p *parser) callSuffix(f *FuncCall, start int) Expr {
	p.nullTreatment(f)
	if p.accept("WITHIN", "GROUP") {
		p.parens(func(func()) { f.WithinGroup = p.orderBy() })
	}
	if p.at("FILTER", "(") {
		p.expect("FILTER")
		p.parens(func(func()) {
			p.expect("WHERE")
			f.Filter = p.expr()
		})
	}
	p.nullTreatment(f)
	if p.accept("OVER") {
		f.Over = p.windowRef()
	}
	f.At = p.since(start)
	return f
}

// nullTreatment parses IGNORE|RESPECT NULLS, which may stand inside or behind the
// parentheses.
func (p *parser) nullTreatment(f *FuncCall) {
	for _, w := range []string{"IGNORE", "RESPECT"} {
		if p.accept(w, "NULLS") {
			f.Nulls = w
		}
	}
}

// arg parses one argument, which may have a name.
func (p *parser) arg() Arg {
	var a Arg
	if t := p.tok(); (t.kind == WordToken || t.kind == NameToken) && p.ahead(1).is("=>") {
		name := p.fieldName()
		a.Name = &name
		p.expect("=>")
	}
	a.Value = p.argValue()
	return a
}

func (p *parser) argValue() Expr {
	start := p.here()
	switch {
	case p.at("TABLE"):
		return p.tableArg()
	case p.at("MODEL") && p.modelAhead():
		p.expect("MODEL")
		name := p.objectName("a model's name")
		return &ModelArg{p.since(start), name}
	case p.startsQuery():
		p.failHint(p.tok().pos, "put the query in parentheses", "unexpected query as an argument")
	}
	e := p.expr()
	if sub, ok := e.(*SubqueryExpr); ok && (p.at("PARTITION") || p.at("ORDER")) {
		a := &TableArg{Query: sub.Query}
		p.tableArgClauses(a)
		a.At = p.since(start)
		return a
	}
	return e
}

// modelAhead reports whether MODEL is followed by a name, so that it is not
// itself the name of a column.
func (p *parser) modelAhead() bool {
	n := p.ahead(1)
	if n.kind != NameToken && (n.kind != WordToken || keywords[n.up] == reserved) {
		return false
	}
	after := p.ahead(2)
	return after.is(",") || after.is(")") || after.is(".")
}

// tableArg parses TABLE t or TABLE (query), with PARTITION BY and ORDER BY.
func (p *parser) tableArg() Expr {
	start := p.here()
	p.expect("TABLE")
	a := &TableArg{}
	if p.at("(") {
		a.Query = p.parenQuery()
	} else {
		t := &TableName{Name: p.objectName("a table's name")}
		t.Hints = p.hints()
		t.At = At{t.Name.Position()}
		a.Table = t
	}
	p.tableArgClauses(a)
	a.At = p.since(start)
	return a
}

func (p *parser) tableArgClauses(a *TableArg) {
	if p.accept("PARTITION", "BY") {
		a.PartitionBy = p.exprOrParens()
	}
	if p.at("ORDER", "BY") {
		a.OrderBy = p.tableArgOrder()
	}
}

// exprOrParens parses a, or (a, b): the commas of the argument list are not its
// own.
func (p *parser) exprOrParens() []Expr {
	e := p.expr()
	if r, ok := e.(*RowExpr); ok && !r.Explicit {
		return r.Items
	}
	return []Expr{e}
}

// tableArgOrder parses ORDER BY a [DESC], or ORDER BY (a DESC, b).
func (p *parser) tableArgOrder() []OrderItem {
	p.expect("ORDER", "BY")
	if !p.at("(") {
		return []OrderItem{p.orderItem()}
	}
	var out []OrderItem
	p.parenList(func() { out = append(out, p.orderItem()) })
	return out
}

// specialFunc gives the parser of a function with a syntax of its own, nil if
// the name is not of one.
func specialFunc(name string) func(*parser) Expr {
	switch name {
	case "CAST", "TRY_CAST":
		return (*parser).cast
	case "EXTRACT":
		return (*parser).extract
	case "FLOOR", "CEIL", "CEILING":
		return (*parser).round
	case "TIMESTAMPADD", "TIMESTAMPDIFF":
		return (*parser).timestampAdd
	case "TRIM":
		return (*parser).trim
	case "SUBSTRING":
		return (*parser).substring
	case "OVERLAY":
		return (*parser).overlay
	case "POSITION":
		return (*parser).position
	case "DESCRIPTOR":
		return (*parser).descriptor
	case "JSON_VALUE", "JSON_QUERY", "JSON_EXISTS":
		return (*parser).jsonPath
	case "JSON_OBJECT", "JSON_OBJECTAGG":
		return (*parser).jsonObject
	case "JSON_ARRAY", "JSON_ARRAYAGG":
		return (*parser).jsonArray
	}
	return nil
}

// special parses NAME( f ) and what may follow; f gives the arguments.
func (p *parser) special(name string, f func() []Expr) Expr {
	start := p.here()
	pos := p.tok().pos
	p.layout.keyword[p.i] = true
	p.next()
	c := &FuncCall{Name: ObjectName{[]Ident{{Name: name, Pos: pos}}}}
	p.tight()
	p.parens(func(item func()) {
		for _, e := range f() {
			c.Args = append(c.Args, Arg{Value: e})
		}
	})
	return p.callSuffix(c, start)
}

func (p *parser) cast() Expr {
	start := p.here()
	c := &CastExpr{Try: p.expectAny("CAST", "TRY_CAST") == "TRY_CAST"}
	p.tight()
	p.parens(func(func()) {
		c.X = p.expr()
		p.expect("AS")
		c.Type = p.typeName()
	})
	c.At = p.since(start)
	return c
}

// unit parses a time unit.
func (p *parser) unit() Expr {
	t := p.tok()
	if t.kind == WordToken {
		name := strings.TrimPrefix(t.up, "SQL_TSI_")
		if name == "FRAC_SECOND" {
			name = "MICROSECOND"
		}
		if slices.Contains(timeUnits, name) {
			p.layout.keyword[p.i] = true
			p.next()
			return &Symbol{At{t.pos}, name}
		}
		for _, u := range timeUnits {
			p.note(u)
		}
	}
	p.fail("a unit of time (YEAR, MONTH, DAY, HOUR, ..)")
	return nil
}

func (p *parser) extract() Expr {
	return p.special("EXTRACT", func() []Expr {
		u := p.unit()
		p.expect("FROM")
		return []Expr{u, p.expr()}
	})
}

// round parses FLOOR and CEIL, of numbers or TO a unit.
func (p *parser) round() Expr {
	name := p.tok().up
	if name == "CEILING" {
		name = "CEIL"
	}
	return p.special(name, func() []Expr {
		x := p.expr()
		if p.accept("TO") {
			return []Expr{x, p.unit()}
		}
		return append([]Expr{x}, p.moreArgs()...)
	})
}

// moreArgs parses , a, b: arguments that a special function does not have, which
// the binder refuses by their number.
func (p *parser) moreArgs() []Expr {
	var out []Expr
	for p.accept(",") {
		out = append(out, p.expr())
	}
	return out
}

func (p *parser) timestampAdd() Expr {
	return p.special(p.tok().up, func() []Expr {
		u := p.unit()
		p.expect(",")
		x := p.expr()
		p.expect(",")
		return []Expr{u, x, p.expr()}
	})
}

func (p *parser) trim() Expr {
	return p.special("TRIM", func() []Expr {
		start := p.here()
		side, ok := p.acceptAny("BOTH", "LEADING", "TRAILING")
		sym := &Symbol{p.since(start), side}
		if ok && p.accept("FROM") {
			return []Expr{sym, &StringLit{sym.At, " "}, p.expr()}
		}
		x := p.expr()
		switch {
		case p.accept("FROM"):
			if !ok {
				sym = &Symbol{At{x.Position()}, "BOTH"}
			}
			return []Expr{sym, x, p.expr()}
		case ok:
			p.fail("FROM")
		}
		return append([]Expr{x}, p.moreArgs()...)
	})
}

func (p *parser) substring() Expr {
	return p.special("SUBSTRING", func() []Expr {
		args := []Expr{p.expr()}
		if !p.accept("FROM") {
			return append(args, p.moreArgs()...)
		}
		args = append(args, p.expr())
		if p.accept("FOR") {
			args = append(args, p.expr())
		}
		return args
	})
}

func (p *parser) overlay() Expr {
	return p.special("OVERLAY", func() []Expr {
		args := []Expr{p.expr()}
		if p.at(",") {
			return append(args, p.moreArgs()...)
		}
		p.expect("PLACING")
		args = append(args, p.expr())
		p.expect("FROM")
		args = append(args, p.expr())
		if p.accept("FOR") {
			args = append(args, p.expr())
		}
		return args
	})
}

func (p *parser) position() Expr {
	return p.special("POSITION", func() []Expr {
		args := []Expr{p.exprAt(precIn + 1)}
		if p.at(",") {
			return append(args, p.moreArgs()...)
		}
		p.expect("IN")
		args = append(args, p.expr())
		if p.accept("FROM") {
			args = append(args, p.expr())
		}
		return args
	})
}

func (p *parser) descriptor() Expr {
	start := p.here()
	d := &Descriptor{}
	p.expect("DESCRIPTOR")
	p.tight()
	p.parenList(func() {
		d.Columns = append(d.Columns, p.ident("a column name"))
		var t *TypeName
		if !p.at(",") && !p.at(")") {
			n := p.typeName()
			t = &n
			for len(d.Types) < len(d.Columns)-1 {
				d.Types = append(d.Types, nil)
			}
		}
		if t != nil || d.Types != nil {
			d.Types = append(d.Types, t)
		}
	})
	d.At = p.since(start)
	return d
}
