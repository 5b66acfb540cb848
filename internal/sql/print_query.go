package sql

// query writes a query.
func (p *printer) query(q *Query) {
	if len(q.With) > 0 {
		p.w("WITH")
		p.opt(q.Recursive, "RECURSIVE")
		p.commas(len(q.With), func(i int) {
			c := q.With[i]
			p.ident(c.Name)
			if len(c.Columns) > 0 {
				p.idents(c.Columns)
			}
			p.w("AS")
			p.parens(func() { p.query(c.Query) })
		})
	}
	p.setExpr(q.Body)
	p.orderBy(q.OrderBy)
	for _, c := range []struct {
		word string
		e    Expr
		tail string
	}{{"LIMIT", q.Limit, ""}, {"OFFSET", q.Offset, ""}, {"FETCH FIRST", q.Fetch, "ROWS ONLY"}} {
		if c.e != nil {
			p.w(c.word)
			p.expr(c.e, 0)
			p.w(c.tail)
		}
	}
}

// setExpr writes the body of a query.
func (p *printer) setExpr(s SetExpr) {
	switch s := s.(type) {
	case *Query:
		p.parens(func() { p.query(s) })
	case *SetOp:
		p.setOperand(s.Left, setPrec(s.Op))
		p.w(s.Op)
		p.opt(s.All, "ALL")
		p.setOperand(s.Right, setPrec(s.Op)+1)
	case *Values:
		p.w("VALUES")
		p.commas(len(s.Rows), func(i int) { p.valuesRow(s.Rows[i]) })
	case *TableQuery:
		p.w("TABLE")
		p.name(s.Name)
	case *Select:
		p.selectBody(s)
	}
}

// valuesRow writes a row of VALUES; parentheses around one value that is itself
// a row would make that the row.
func (p *printer) valuesRow(row []Expr) {
	if len(row) == 1 {
		if _, ok := row[0].(*RowExpr); ok {
			p.w("ROW")
			p.attached(func() { p.exprs(row) })
			return
		}
	}
	p.parens(func() { p.exprs(row) })
}

// setOperand writes an operand of a set operator, in parentheses if it binds
// less tight than prec.
func (p *printer) setOperand(s SetExpr, prec int) {
	if op, ok := s.(*SetOp); ok && setPrec(op.Op) < prec {
		p.parens(func() { p.setExpr(s) })
		return
	}
	p.setExpr(s)
}

func (p *printer) selectBody(s *Select) {
	p.w("SELECT")
	p.hints(s.Hints)
	p.opt(s.Distinct, "DISTINCT")
	p.selectItems(s.Items)
	if len(s.From) > 0 {
		p.w("FROM")
		p.commas(len(s.From), func(i int) { p.tableRef(s.From[i]) })
	}
	p.clause("WHERE", s.Where)
	if len(s.GroupBy) > 0 {
		p.w("GROUP BY")
		p.groupItems(s.GroupBy)
	}
	p.clause("HAVING", s.Having)
	if len(s.Windows) > 0 {
		p.w("WINDOW")
		p.commas(len(s.Windows), func(i int) {
			p.ident(s.Windows[i].Name)
			p.w("AS")
			p.windowSpec(s.Windows[i].Spec)
		})
	}
	p.clause("QUALIFY", s.Qualify)
}

// clause writes a word and an expression if there is one.
func (p *printer) clause(word string, e Expr) {
	if e != nil {
		p.w(word)
		p.expr(e, 0)
	}
}

func (p *printer) selectItems(items []SelectItem) {
	p.commas(len(items), func(i int) {
		p.expr(items[i].Expr, 0)
		if items[i].Alias != nil {
			p.w("AS")
			p.ident(*items[i].Alias)
		}
	})
}

func (p *printer) groupItems(items []GroupItem) {
	p.commas(len(items), func(i int) {
		g := items[i]
		nested := func() { p.groupItems(g.Items) }
		switch g.Kind {
		case GroupExpr:
			p.expr(g.Expr, 0)
		case GroupGroupingSets:
			p.w("GROUPING SETS")
			p.parens(nested)
		case GroupRollup:
			p.w("ROLLUP")
			p.parens(nested)
		case GroupCube:
			p.w("CUBE")
			p.parens(nested)
		case GroupAll:
			p.w("ALL")
		}
	})
}

func (p *printer) hints(hints []Hint) {
	if len(hints) == 0 {
		return
	}
	p.w("/*+")
	p.commas(len(hints), func(i int) {
		p.w(hints[i].Name)
		if args := hints[i].Args; len(args) > 0 {
			p.attached(func() { p.commas(len(args), func(i int) { p.hintArg(args[i]) }) })
		}
	})
	p.w("*/")
}

func (p *printer) hintArg(a HintArg) {
	if a.Key != "" {
		p.w(QuoteString(a.Key))
		p.w("=")
	}
	if a.Bare {
		p.w(a.Value)
	} else {
		p.w(QuoteString(a.Value))
	}
}

// tableRef writes an element of FROM.
func (p *printer) tableRef(t TableRef) {
	switch t := t.(type) {
	case *TableName:
		p.name(t.Name)
		p.hints(t.Hints)
		if t.AsOf != nil {
			p.w("FOR SYSTEM_TIME AS OF")
			p.expr(t.AsOf, precIn+1)
		}
		p.alias(t.Alias)
	case *FileTable:
		p.str(&t.Path)
		p.hints(t.Hints)
		p.alias(t.Alias)
	case *DerivedTable:
		p.opt(t.Lateral, "LATERAL")
		p.parens(func() { p.query(t.Query) })
		p.alias(t.Alias)
	case *TableFunc:
		p.opt(t.Lateral, "LATERAL")
		if t.Direct {
			p.call(t.Call)
		} else {
			p.w("TABLE")
			p.attached(func() { p.call(t.Call) })
		}
		p.alias(t.Alias)
	case *Unnest:
		p.opt(t.Lateral, "LATERAL")
		p.w("UNNEST")
		p.attached(func() { p.exprs(t.Exprs) })
		p.opt(t.Ordinality, "WITH ORDINALITY")
		p.alias(t.Alias)
	case *ParenTable:
		p.parens(func() { p.tableRef(t.Input) })
		p.alias(t.Alias)
	case *Join:
		p.join(t)
	case *MatchRecognize:
		p.matchRecognize(t)
	case *Pivot:
		p.pivot(t)
	case *Unpivot:
		p.unpivot(t)
	}
}

func (p *printer) alias(a *Alias) {
	if a == nil {
		return
	}
	p.w("AS")
	p.ident(a.Name)
	if len(a.Columns) > 0 {
		p.idents(a.Columns)
	}
}

// tableOperand writes a table that something is attached to: joins need
// parentheses.
func (p *printer) tableOperand(t TableRef) {
	if _, ok := t.(*Join); ok {
		p.parens(func() { p.tableRef(t) })
		return
	}
	p.tableRef(t)
}

func (p *printer) join(j *Join) {
	p.tableRef(j.Left)
	p.opt(j.Natural, "NATURAL")
	switch {
	case j.Asof && j.Kind == LeftJoin:
		p.w("LEFT ASOF JOIN")
	case j.Asof:
		p.w("ASOF JOIN")
	case j.Kind == InnerJoin:
		p.w("JOIN")
	default:
		p.w(j.Kind.String(), "JOIN")
	}
	p.tableOperand(j.Right)
	p.clause("MATCH_CONDITION", j.Match)
	p.clause("ON", j.On)
	if len(j.Using) > 0 {
		p.w("USING")
		p.idents(j.Using)
	}
}

func (p *printer) pivot(t *Pivot) {
	p.tableOperand(t.Input)
	p.w("PIVOT")
	p.parens(func() {
		p.selectItems(t.Aggs)
		p.w("FOR")
		p.group(len(t.Axes), func(i int) { p.parts(t.Axes[i].Parts) })
		p.w("IN")
		p.parens(func() {
			p.commas(len(t.In), func(i int) {
				v := t.In[i]
				p.group(len(v.Exprs), func(i int) { p.expr(v.Exprs[i], 0) })
				if v.Alias != nil {
					p.w("AS")
					p.ident(*v.Alias)
				}
			})
		})
	})
	p.alias(t.Alias)
}

func (p *printer) unpivot(t *Unpivot) {
	p.tableOperand(t.Input)
	p.w("UNPIVOT")
	p.opt(t.IncludeNulls, "INCLUDE NULLS")
	names := func(list []Ident) { p.group(len(list), func(i int) { p.ident(list[i]) }) }
	p.parens(func() {
		names(t.Measures)
		p.w("FOR")
		names(t.Axes)
		p.w("IN")
		p.parens(func() {
			p.commas(len(t.In), func(i int) {
				names(t.In[i].Columns)
				if values := t.In[i].Values; len(values) > 0 {
					p.w("AS")
					p.group(len(values), func(i int) { p.expr(values[i], 0) })
				}
			})
		})
	})
	p.alias(t.Alias)
}
