package sql

// functionLanguages are what LANGUAGE takes.
var functionLanguages = []string{"JAVA", "SCALA", "SQL", "PYTHON", "GO", "WASM"}

// createFunction parses Flink's CREATE FUNCTION f AS 'class' .., and the form
// of functions in SQL:
//
//	CREATE FUNCTION f(x INT, y STRING) RETURNS STRING LANGUAGE SQL AS 'expression'
//	CREATE FUNCTION f(x INT) RETURNS TABLE(a INT) RETURN SELECT ..
func (p *parser) createFunction(m createMods) Statement {
	g := p.open(false)
	c := &CreateFunction{Temporary: m.temporary, System: m.system, OrReplace: m.orReplace, IfNotExists: p.ifNotExists()}
	c.Name = p.objectName("a function's name")
	p.functionHead(g, c)
	p.functionBody(g, c)
	if c.Language == "" {
		c.Language = p.language()
	}
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
	p.shut(g)
	c.At = p.since(m.start)
	return c
}

// functionHead parses what stands before the body: parameters, RETURNS,
// LANGUAGE, COMMENT.
func (p *parser) functionHead(g int, c *CreateFunction) {
	column := func(into *[]ColumnDef) func() {
		return func() {
			start := p.here()
			d := ColumnDef{Name: p.ident("a name")}
			t := p.typeName()
			d.Type = &t
			p.nullness(d.Type)
			d.At = p.since(start)
			*into = append(*into, d)
		}
	}
	if p.accept("(", ")") {
		c.HasParams = true
	} else if p.at("(") {
		c.HasParams = true
		p.parenList(column(&c.Params))
	}
	if p.at("RETURNS") {
		p.brk(g)
		p.expect("RETURNS")
		if p.accept("TABLE") {
			p.tight()
			p.parenList(column(&c.Columns))
		} else {
			t := p.typeName()
			c.Returns = &t
			p.nullness(c.Returns)
		}
	}
	if p.at("LANGUAGE") {
		p.brk(g)
		c.Language = p.language()
	}
	if p.at("COMMENT") {
		p.brk(g)
		c.Comment = p.comment()
	}
}

// functionBody parses AS 'text', or RETURN and an expression or a query.
func (p *parser) functionBody(g int, c *CreateFunction) {
	p.brk(g)
	if !c.HasParams && c.Returns == nil && c.Columns == nil || !p.at("RETURN") {
		p.expect("AS")
		c.Body = p.str("the function's class or text in quotes")
		return
	}
	p.expect("RETURN")
	if c.Columns != nil {
		c.Query = p.query()
		return
	}
	c.Expr = p.expr()
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
