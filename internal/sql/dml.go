package sql

// insert parses INSERT INTO|OVERWRITE.
func (p *parser) insert() *Insert {
	start := p.here()
	g := p.open(false)
	s := &Insert{}
	p.expect("INSERT")
	s.Overwrite = p.expectAny("INTO", "OVERWRITE") == "OVERWRITE"
	s.Table = p.objectName("a table's name")
	s.Hints = p.hints()
	if p.accept("PARTITION") {
		s.Partition = p.partition()
	}
	if p.at("(") && !p.queryAt(1) && !p.ahead(1).is("(") {
		p.parenList(func() { s.Columns = append(s.Columns, p.columnName()) })
	}
	p.brk(g)
	s.Query = p.query()
	if p.at("ON") {
		p.brk(g)
		p.expect("ON", "CONFLICT", "DO")
		s.OnConflict = p.expectAny("ERROR", "NOTHING", "DEDUPLICATE")
	}
	p.shut(g)
	s.At = p.since(start)
	return s
}

// statementSet parses STATEMENT SET BEGIN .. END.
func (p *parser) statementSet() *StatementSet {
	start := p.here()
	p.expect("STATEMENT", "SET")
	g := p.open(true)
	p.expect("BEGIN")
	return p.setBody(start, g)
}

// beginSet parses BEGIN STATEMENT SET; .. END. At the end of a script it is a
// statement of its own.
func (p *parser) beginSet() Statement {
	start := p.here()
	g := p.open(true)
	p.expect("BEGIN", "STATEMENT", "SET")
	if p.tok().kind == EOFToken || p.at(";") && p.ahead(1).kind == EOFToken {
		p.shut(g)
		return &BeginStatementSet{p.since(start)}
	}
	p.expect(";")
	return p.setBody(start, g)
}

// endSet parses END as a statement of its own.
func (p *parser) endSet() Statement {
	at := At{p.tok().pos}
	if p.i > 0 || p.ahead(1).kind != EOFToken && !p.ahead(1).is(";") {
		p.failHint(at.Pos, "a set starts with EXECUTE STATEMENT SET BEGIN", "END without a statement set")
	}
	p.expect("END")
	return &EndStatementSet{at}
}

// setBody parses the INSERTs up to END. An error in one does not keep the others
// from being parsed.
func (p *parser) setBody(start, g int) *StatementSet {
	s := &StatementSet{}
	p.layout.groups[g].force = true
	for !p.at("END") {
		if p.tok().kind == EOFToken {
			p.fail("INSERT or END")
		}
		if p.accept(";") {
			continue
		}
		p.brk(g)
		ok := p.try(func() {
			if !p.at("INSERT") {
				p.fail("INSERT or END")
			}
			s.Inserts = append(s.Inserts, p.insert())
			if !p.at("END") {
				p.expect(";")
			}
		})
		if !ok {
			p.skipStatement()
		}
	}
	p.layout.groups[g].close = p.i
	p.expect("END")
	p.shut(g)
	s.At = p.since(start)
	return s
}

// execute parses EXECUTE STATEMENT SET, EXECUTE PLAN, and EXECUTE of an INSERT
// or a query.
func (p *parser) execute() Statement {
	start := p.here()
	p.expect("EXECUTE")
	switch {
	case p.at("STATEMENT"):
		s := p.statementSet()
		s.At = p.since(start)
		return s
	case p.accept("PLAN"):
		file := p.str("a file's path in quotes")
		return &ExecutePlan{p.since(start), file}
	case p.at("INSERT"):
		s := p.insert()
		return &Execute{p.since(start), s}
	case p.startsQuery(), p.at("("):
		q := p.queryStmt()
		return &Execute{p.since(start), q}
	}
	p.fail("STATEMENT SET, PLAN, INSERT or a query")
	return nil
}

func (p *parser) deleteStmt() Statement {
	start := p.here()
	d := &Delete{}
	p.expect("DELETE", "FROM")
	d.Table = p.objectName("a table's name")
	if alias, ok := p.optionalAlias(); ok {
		d.Alias = &alias
	}
	if p.accept("WHERE") {
		d.Where = p.expr()
	}
	d.At = p.since(start)
	return d
}

func (p *parser) update() Statement {
	start := p.here()
	u := &Update{}
	p.expect("UPDATE")
	u.Table = p.objectName("a table's name")
	if alias, ok := p.optionalAlias(); ok {
		u.Alias = &alias
	}
	g := p.open(true)
	p.expect("SET")
	p.list(g, func() {
		at := p.here()
		a := Assignment{Column: p.columnName()}
		p.expect("=")
		a.Value = p.expr()
		a.At = p.since(at)
		u.Set = append(u.Set, a)
	})
	p.shut(g)
	if p.accept("WHERE") {
		u.Where = p.expr()
	}
	u.At = p.since(start)
	return u
}

func (p *parser) truncate() Statement {
	start := p.here()
	p.expect("TRUNCATE", "TABLE")
	name := p.objectName("a table's name")
	return &Truncate{p.since(start), name}
}

func (p *parser) callStmt() Statement {
	start := p.here()
	p.expect("CALL")
	at := p.here()
	name := p.objectName("a procedure's name")
	if !p.at("(") {
		p.fail("(")
	}
	f, ok := p.call(at, name).(*FuncCall)
	if !ok {
		p.fail("a procedure")
	}
	return &Call{p.since(start), f}
}
