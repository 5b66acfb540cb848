package sql

// explainDetails are what EXPLAIN may show besides the plans.
var explainDetails = []string{"ESTIMATED_COST", "CHANGELOG_MODE", "JSON_EXECUTION_PLAN", "PLAN_ADVICE"}

func (p *parser) explain() Statement {
	start := p.here()
	g := p.open(false)
	e := &Explain{}
	p.expect("EXPLAIN")
	e.Analyze = p.accept("ANALYZE")
	e.PlanFor = p.accept("PLAN", "FOR")
	for {
		d, ok := p.acceptAny(explainDetails...)
		if !ok {
			break
		}
		e.Details = append(e.Details, d)
		if !p.accept(",") {
			break
		}
	}
	p.brk(g)
	at := p.here()
	execute := p.accept("EXECUTE") // which says nothing that EXPLAIN could show
	switch {
	case execute && p.accept("PLAN"), e.PlanFor && p.tok().kind == StringToken:
		file := p.str("a file's path in quotes")
		e.Stmt = &ExecutePlan{p.since(at), file}
	case p.startsQuery(), p.at("("):
		e.Stmt = p.queryStmt()
	case p.at("INSERT"):
		e.Stmt = p.insert()
	case p.at("STATEMENT"):
		e.Stmt = p.statementSet()
	case p.at("CREATE"), p.at("REPLACE"):
		e.Stmt = p.create()
		p.needQuery(e.Stmt)
	case p.at("ALTER", "MATERIALIZED"):
		e.Stmt = p.alter()
		p.needQuery(e.Stmt)
	case p.at("DELETE"):
		e.Stmt = p.deleteStmt()
	case p.at("UPDATE"):
		e.Stmt = p.update()
	default:
		p.fail("a query, INSERT, STATEMENT SET or CREATE TABLE .. AS")
	}
	p.shut(g)
	e.At = p.since(start)
	return e
}

// needQuery refuses a statement that has no query to explain.
func (p *parser) needQuery(s Statement) {
	var has bool
	switch s := s.(type) {
	case *CreateTable:
		has = s.As != nil
	case *CreateMaterializedTable:
		has = true
	case *Alter:
		_, has = s.Action.(*SetQuery)
	}
	if !has {
		p.failAt(s.Position(), "EXPLAIN needs a statement with AS and a query")
	}
}

// compile parses COMPILE PLAN and COMPILE AND EXECUTE PLAN.
func (p *parser) compile() Statement {
	start := p.here()
	c := &CompilePlan{}
	p.expect("COMPILE")
	if p.accept("AND") {
		p.expect("EXECUTE")
		c.Execute = true
	}
	p.expect("PLAN")
	c.File = p.str("a file's path in quotes")
	c.IfNotExists = p.ifNotExists()
	p.expect("FOR")
	if p.at("STATEMENT") {
		c.Stmt = p.statementSet()
	} else {
		if !p.at("INSERT") {
			p.fail("INSERT or STATEMENT SET")
		}
		c.Stmt = p.insert()
	}
	c.At = p.since(start)
	return c
}

// analyze parses ANALYZE TABLE.
func (p *parser) analyze() Statement {
	start := p.here()
	a := &AnalyzeTable{}
	p.expect("ANALYZE", "TABLE")
	a.Table = p.objectName("a table's name")
	if p.accept("PARTITION") {
		a.Partition = p.partition()
	}
	p.expect("COMPUTE", "STATISTICS")
	if p.accept("FOR") {
		if a.AllColumns = p.accept("ALL"); a.AllColumns {
			p.expect("COLUMNS")
		} else {
			p.expect("COLUMNS")
			p.list(-1, func() { a.Columns = append(a.Columns, p.ident("a column name")) })
		}
	}
	a.At = p.since(start)
	return a
}
