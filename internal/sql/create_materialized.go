package sql

// startModes are the values of START_MODE; those that are true take an argument.
var startModes = []struct {
	word string
	arg  bool
}{
	{"FROM_BEGINNING", false}, {"FROM_NOW", true}, {"FROM_TIMESTAMP", true},
	{"RESUME_OR_FROM_BEGINNING", false}, {"RESUME_OR_FROM_NOW", true}, {"RESUME_OR_FROM_TIMESTAMP", true},
}

func (p *parser) createMaterializedTable(m createMods) Statement {
	g := p.open(false)
	c := &CreateMaterializedTable{OrAlter: m.orAlter, IfNotExists: p.ifNotExists()}
	c.Name = p.objectName("a table's name")
	if p.at("(") {
		c.HasElements = true
		c.TableElements, c.ColumnNames = p.tableElements()
	}
	p.tableClauses(g, &c.Comment, &c.Distribution, &c.PartitionedBy)
	c.Options = p.optionsClause(g)
	for {
		w, ok := p.atAny("START_MODE", "FRESHNESS", "REFRESH_MODE")
		if !ok {
			break
		}
		p.brk(g)
		switch w {
		case "START_MODE":
			c.StartMode = p.startMode()
		case "FRESHNESS":
			c.Freshness = p.freshness()
		case "REFRESH_MODE":
			c.RefreshMode = p.refreshMode()
		}
	}
	p.brk(g)
	p.expect("AS")
	p.brk(g)
	c.As = p.query()
	p.shut(g)
	c.At = p.since(m.start)
	return c
}

// startMode parses START_MODE = mode[(argument)].
func (p *parser) startMode() *StartMode {
	p.expect("START_MODE", "=")
	start := p.here()
	for _, m := range startModes {
		if !p.accept(m.word) {
			continue
		}
		s := &StartMode{Kind: m.word}
		if m.arg && p.acceptTight("(") {
			s.Arg = p.expr()
			p.expect(")")
		}
		s.At = p.since(start)
		return s
	}
	p.fail("a start mode (FROM_BEGINNING, FROM_NOW, FROM_TIMESTAMP(..), RESUME_OR_FROM_..)")
	return nil
}

// freshness parses FRESHNESS = INTERVAL ..
func (p *parser) freshness() Expr {
	p.expect("FRESHNESS", "=")
	if p.at("INTERVAL") {
		if lit, ok := p.interval().(*IntervalLit); ok {
			return lit
		}
		p.failHint(p.toks[p.i-1].pos, "write INTERVAL '3' MINUTE", "FRESHNESS takes an interval in quotes")
	}
	p.fail("INTERVAL")
	return nil
}

func (p *parser) refreshMode() string {
	p.expect("REFRESH_MODE", "=")
	return p.expectAny("FULL", "CONTINUOUS")
}
