package sql

// jsonSpecial parses NAME( f ); f gives the arguments and the clauses.
func (p *parser) jsonSpecial(f func(c *JSONClauses) []Expr) Expr {
	var c JSONClauses
	e := p.special(p.tok().up, func() []Expr { return f(&c) })
	if c != (JSONClauses{}) {
		e.(*FuncCall).JSON = &c
	}
	return e
}

// jsonPath parses JSON_VALUE, JSON_QUERY and JSON_EXISTS.
func (p *parser) jsonPath() Expr {
	return p.jsonSpecial(func(c *JSONClauses) []Expr {
		args := []Expr{p.expr()}
		p.expect(",")
		args = append(args, p.expr())
		if p.accept("RETURNING") {
			t := p.typeName()
			c.Returning = &t
		}
		c.Wrapper = p.jsonWrapper()
		for !p.at(")") {
			b := p.jsonBehavior()
			p.expect("ON")
			if p.expectAny("EMPTY", "ERROR") == "EMPTY" {
				c.OnEmpty = b
			} else {
				c.OnError = b
			}
		}
		return args
	})
}

// jsonWrapper parses an optional WITH|WITHOUT [ARRAY] WRAPPER clause.
func (p *parser) jsonWrapper() string {
	with, ok := p.acceptAny("WITHOUT", "WITH")
	if !ok {
		return ""
	}
	if with == "WITH" {
		kind, ok := p.acceptAny("CONDITIONAL", "UNCONDITIONAL")
		if !ok {
			kind = "UNCONDITIONAL"
		}
		with += " " + kind
	}
	p.accept("ARRAY")
	p.expect("WRAPPER")
	return with
}

// jsonBehavior parses what precedes ON EMPTY or ON ERROR.
func (p *parser) jsonBehavior() *JSONBehavior {
	start := p.here()
	b := &JSONBehavior{Kind: p.expectAny("NULL", "ERROR", "DEFAULT", "EMPTY", "TRUE", "FALSE", "UNKNOWN")}
	switch b.Kind {
	case "DEFAULT":
		b.Default = p.expr()
	case "EMPTY":
		b.Kind += " " + p.expectAny("ARRAY", "OBJECT")
	}
	b.At = p.since(start)
	return b
}

// jsonNulls parses an optional NULL|ABSENT ON NULL.
func (p *parser) jsonNulls(c *JSONClauses) {
	for _, w := range []string{"NULL", "ABSENT"} {
		if p.accept(w, "ON", "NULL") {
			c.OnNull = w
		}
	}
}

// atJSONNulls reports whether such a clause is next.
func (p *parser) atJSONNulls() bool {
	return p.at("NULL", "ON", "NULL") || p.at("ABSENT", "ON", "NULL")
}

// jsonObject parses JSON_OBJECT and JSON_OBJECTAGG; a pair may be written KEY k
// VALUE v, k VALUE v, or k: v.
func (p *parser) jsonObject() Expr {
	return p.jsonSpecial(func(c *JSONClauses) []Expr {
		var args []Expr
		for !p.at(")") && !p.atJSONNulls() {
			if p.atJSONKey() {
				p.expect("KEY")
			}
			args = append(args, p.expr())
			if p.at(":") {
				p.tight()
			}
			if !p.accept(":") {
				p.expect("VALUE")
			}
			args = append(args, p.expr())
			if !p.accept(",") {
				break
			}
		}
		p.jsonNulls(c)
		return args
	})
}

// atJSONKey reports whether the word KEY is next, rather than a column of that
// name; the column VALUE makes it hard.
func (p *parser) atJSONKey() bool {
	if !p.at("KEY") || p.ahead(1).is(":") {
		return false
	}
	if !p.ahead(1).is("VALUE") {
		return true
	}
	return p.ahead(2).is("VALUE") && !p.ahead(3).is(",") && !p.ahead(3).is(")")
}

// jsonArray parses JSON_ARRAY and JSON_ARRAYAGG.
func (p *parser) jsonArray() Expr {
	return p.jsonSpecial(func(c *JSONClauses) []Expr {
		var args []Expr
		for !p.at(")") && !p.atJSONNulls() {
			args = append(args, p.expr())
			if !p.accept(",") {
				break
			}
		}
		p.jsonNulls(c)
		return args
	})
}
