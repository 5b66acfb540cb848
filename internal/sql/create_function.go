package sql

// functionLanguages are what LANGUAGE takes.
var functionLanguages = []string{"JAVA", "SCALA", "SQL", "PYTHON", "GO", "WASM"}

func (p *parser) createFunction(m createMods) Statement {
	c := &CreateFunction{Temporary: m.temporary, System: m.system, OrReplace: m.orReplace, IfNotExists: p.ifNotExists()}
	c.Name = p.objectName("a function's name")
	p.expect("AS")
	c.Body = p.str("the function's class or text in quotes")
	c.Language = p.language()
	if p.accept("USING") {
		p.list(-1, func() {
			start := p.here()
			r := Resource{Kind: p.expectAny("JAR", "ARTIFACT", "FILE")}
			r.Path = p.str("a path in quotes")
			r.At = p.since(start)
			c.Using = append(c.Using, r)
		})
	}
	c.Options = p.withOptions()
	c.At = p.since(m.start)
	return c
}

// language parses an optional LANGUAGE word.
func (p *parser) language() string {
	if !p.accept("LANGUAGE") {
		return ""
	}
	return p.expectAny(functionLanguages...)
}

func (p *parser) createModel(m createMods) Statement {
	g := p.open(false)
	c := &CreateModel{Temporary: m.temporary, IfNotExists: p.ifNotExists()}
	c.Name = p.objectName("a model's name")
	columns := func(word string) []ColumnDef {
		if !p.at(word, "(") {
			return nil
		}
		p.brk(g)
		p.expect(word)
		var out []ColumnDef
		p.parenList(func() { out = append(out, p.columnDef()) })
		return out
	}
	c.Input = columns("INPUT")
	c.Output = columns("OUTPUT")
	if p.at("COMMENT") {
		p.brk(g)
		c.Comment = p.comment()
	}
	if p.at("WITH") {
		p.brk(g)
		c.Options = p.withOptions()
	}
	if p.accept("AS") {
		p.brk(g)
		c.As = p.query()
	}
	p.shut(g)
	c.At = p.since(m.start)
	return c
}
