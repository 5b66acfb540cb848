package sql

// typeAliases are further spellings of a type's name.
var typeAliases = map[string]string{"INTEGER": "INT", "DEC": "DECIMAL", "NUMERIC": "DECIMAL", "CHARACTER": "CHAR"}

// typeParams says how many numbers a type's name may be followed by.
var typeParams = map[string]int{
	"BOOLEAN": 0, "TINYINT": 0, "SMALLINT": 0, "INT": 0, "BIGINT": 0, "FLOAT": 0, "REAL": 0, "DOUBLE": 0, "STRING": 0, "BYTES": 0, "DATE": 0,
	"NULL": 0, "VARIANT": 0, "BITMAP": 0,
	"CHAR": 1, "VARCHAR": 1, "BINARY": 1, "VARBINARY": 1, "TIME": 1, "TIMESTAMP": 1, "TIMESTAMP_LTZ": 1,
	"DECIMAL": 2,
}

// typeName parses a type with its nullability.
func (p *parser) typeName() TypeName {
	defer p.enter()()
	start := p.here()
	t := p.baseType()
	for {
		p.nullness(&t)
		w, ok := p.acceptAny("ARRAY", "MULTISET")
		if !ok {
			t.At = p.since(start)
			return t
		}
		elem := t
		elem.At = p.since(start)
		t = TypeName{Name: w, Elem: &elem}
	}
}

// nullness parses an optional NULL or NOT NULL.
func (p *parser) nullness(t *TypeName) {
	switch {
	case p.accept("NOT", "NULL"):
		t.Null = NullForbidden
	case !p.at("NULL", "ON") && p.accept("NULL"): // RETURNING INT NULL ON EMPTY
		t.Null = NullAllowed
	}
}

// baseType parses a type without suffixes.
func (p *parser) baseType() TypeName {
	start := p.here()
	t := p.tok()
	if t.kind != WordToken {
		if t.kind == NameToken {
			return p.userType(start)
		}
		p.fail("a type")
	}
	name := t.up
	if a, ok := typeAliases[name]; ok {
		name = a
	}
	switch name {
	case "ARRAY", "MULTISET", "MAP":
		return p.collectionType(name)
	case "ROW":
		return p.rowType()
	case "INTERVAL":
		p.accept(t.up)
		u := p.intervalUnit()
		return TypeName{At: p.since(start), Name: name, Unit: &u}
	case "RAW":
		return p.rawType()
	case "STRUCTURED":
		return p.structuredType()
	}
	n, ok := typeParams[name]
	if !ok {
		return p.userType(start)
	}
	p.accept(t.up)
	out := TypeName{Name: name}
	switch name {
	case "DOUBLE":
		p.accept("PRECISION")
	case "CHAR", "BINARY":
		if p.accept("VARYING") {
			out.Name = "VAR" + name
		}
	}
	out.Params = p.typeNumbers(n)
	p.timeZone(&out)
	out.At = p.since(start)
	return out
}

// typeNumbers parses (n) or (n, m), at most the given number of them.
func (p *parser) typeNumbers(most int) []int {
	if most == 0 || !p.acceptTight("(") {
		return nil
	}
	out := []int{p.integer("a number")}
	if most > 1 && p.accept(",") {
		out = append(out, p.integer("a number"))
	}
	p.expect(")")
	return out
}

// timeZone parses WITH|WITHOUT [LOCAL] TIME ZONE.
func (p *parser) timeZone(t *TypeName) {
	if t.Name != "TIMESTAMP" && t.Name != "TIME" {
		return
	}
	switch {
	case p.accept("WITHOUT", "TIME", "ZONE"):
	case p.accept("WITH", "TIME", "ZONE"):
		t.Name += " WITH TIME ZONE"
	case p.accept("WITH", "LOCAL", "TIME", "ZONE"):
		if t.Name == "TIMESTAMP" {
			t.Name = "TIMESTAMP_LTZ"
		} else {
			t.Name += " WITH LOCAL TIME ZONE"
		}
	}
}

// collectionType parses ARRAY<T>, MULTISET<T> and MAP<K, V>.
func (p *parser) collectionType(name string) TypeName {
	start := p.here()
	p.expect(name)
	p.tight()
	p.tightAfter()
	p.expect("<")
	t := TypeName{Name: name}
	if name == "MAP" {
		k := p.typeName()
		t.Key = &k
		p.expect(",")
	}
	e := p.typeName()
	t.Elem = &e
	p.tight()
	p.expect(">")
	t.At = p.since(start)
	return t
}

// rowType parses ROW<f T, ..> and ROW(f T, ..).
func (p *parser) rowType() TypeName {
	start := p.here()
	p.expect("ROW")
	t := TypeName{Name: "ROW"}
	p.tight()
	if p.accept("<>") {
		t.At = p.since(start)
		return t
	}
	closing := ">"
	g := p.open(true)
	p.tightAfter()
	if p.expectAny("<", "(") == "(" {
		closing = ")"
	}
	if !p.at(closing) {
		p.list(g, func() { t.Fields = append(t.Fields, p.fieldDef()) })
	}
	p.layout.groups[g].close = p.i
	p.tight()
	p.expect(closing)
	p.shut(g)
	t.At = p.since(start)
	return t
}

func (p *parser) fieldDef() FieldDef {
	start := p.here()
	f := FieldDef{}
	if t := p.tok(); t.kind == WordToken {
		f.Name = p.fieldName()
	} else {
		f.Name = p.ident("a field's name")
	}
	f.Type = p.typeName()
	if p.tok().kind == StringToken {
		f.Comment = p.str("")
	}
	f.At = p.since(start)
	return f
}

// rawType parses RAW('class', 'serializer').
func (p *parser) rawType() TypeName {
	start := p.here()
	p.expect("RAW")
	p.tight()
	t := TypeName{Name: "RAW"}
	p.parenList(func() { t.Raw = append(t.Raw, p.str("a text in quotes").Value) })
	t.At = p.since(start)
	return t
}

// structuredType parses STRUCTURED<'class', f T, ..>.
func (p *parser) structuredType() TypeName {
	start := p.here()
	p.expect("STRUCTURED")
	p.tight()
	p.tightAfter()
	p.expect("<")
	t := TypeName{Name: "STRUCTURED", Raw: []string{p.str("the class in quotes").Value}}
	for p.accept(",") {
		t.Fields = append(t.Fields, p.fieldDef())
	}
	p.tight()
	p.expect(">")
	t.At = p.since(start)
	return t
}

// userType parses a name that is no built-in type. A single plain word is most
// likely a misspelt type.
func (p *parser) userType(start int) TypeName {
	t := p.tok()
	if t.kind == WordToken && keywords[t.up] != notReserved || p.ahead(1).is("(") {
		for _, n := range TypeNames() {
			p.note(n)
		}
		p.fail("a type")
	}
	return TypeName{User: p.objectName("a type"), At: p.since(start)}
}
