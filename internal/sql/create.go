package sql

// createMods are the words between CREATE and the noun.
type createMods struct {
	start     int
	orReplace bool
	orAlter   bool
	replace   bool
	temporary bool
	system    bool
}

// create parses CREATE [OR REPLACE|OR ALTER] [TEMPORARY [SYSTEM]] noun, and
// REPLACE TABLE.
func (p *parser) create() Statement {
	m := createMods{start: p.here()}
	if m.replace = p.accept("REPLACE"); m.replace {
		p.expect("TABLE")
		return p.createTable(m)
	}
	p.expect("CREATE")
	if p.accept("OR") {
		m.orReplace = p.expectAny("REPLACE", "ALTER") == "REPLACE"
		m.orAlter = !m.orReplace
	}
	if m.orAlter {
		p.expect("MATERIALIZED", "TABLE")
		return p.createMaterializedTable(m)
	}
	m.temporary = p.accept("TEMPORARY")
	m.system = m.temporary && p.accept("SYSTEM")
	nouns := []string{"TABLE", "VIEW", "FUNCTION", "MODEL", "CONNECTION", "DATABASE", "CATALOG", "MATERIALIZED"}
	switch {
	case m.system:
		nouns = []string{"FUNCTION", "CONNECTION"}
	case m.temporary:
		nouns = nouns[:5]
	case m.orReplace:
		nouns = []string{"TABLE", "VIEW", "FUNCTION"}
	}
	switch p.expectAny(nouns...) {
	case "TABLE":
		return p.createTable(m)
	case "VIEW":
		return p.createView(m)
	case "FUNCTION":
		return p.createFunction(m)
	case "MODEL":
		return p.createModel(m)
	case "CONNECTION":
		return p.createConnection(m)
	case "DATABASE":
		return p.createDatabase(m)
	case "CATALOG":
		return p.createCatalog(m)
	}
	p.expect("TABLE")
	return p.createMaterializedTable(m)
}

func (p *parser) ifNotExists() bool { return p.accept("IF", "NOT", "EXISTS") }

func (p *parser) createTable(m createMods) Statement {
	g := p.open(false)
	c := &CreateTable{Temporary: m.temporary, OrReplace: m.orReplace, Replace: m.replace, IfNotExists: p.ifNotExists()}
	c.Name = p.objectName("a table's name")
	if p.at("(") {
		c.HasElements = true
		c.TableElements, c.ColumnNames = p.tableElements()
	}
	p.tableClauses(g, &c.Comment, &c.Distribution, &c.PartitionedBy)
	if p.at("USING") {
		p.brkClause(g)
		p.expect("USING", "CONNECTION")
		name := p.objectName("a connection's name")
		c.Connection = &name
	}
	c.Options = p.optionsClause(g)
	if p.at("LIKE") {
		p.brkClause(g)
		c.Like = p.likeClause()
	}
	if c.Like == nil && p.at("AS") {
		p.brk(g)
		p.expect("AS")
		p.brk(g)
		c.As = p.query()
	}
	p.shut(g)
	c.At = p.since(m.start)
	if c.As == nil && (c.Replace || c.OrReplace) {
		p.fail("AS and a query")
	}
	if c.As == nil && c.ColumnNames != nil {
		p.failHint(c.ColumnNames[0].Pos, "only CREATE TABLE .. AS takes names without types", "the column %s has no type", c.ColumnNames[0])
	}
	return c
}

// tableClauses parses COMMENT, DISTRIBUTED and PARTITIONED BY.
func (p *parser) tableClauses(g int, comment **StringLit, dist **Distribution, parts *[]Ident) {
	if p.at("COMMENT") {
		p.brkClause(g)
		*comment = p.comment()
	}
	if p.at("DISTRIBUTED") {
		p.brkClause(g)
		*dist = p.distribution("DISTRIBUTED")
	}
	if p.at("PARTITIONED") {
		p.brkClause(g)
		p.expect("PARTITIONED", "BY")
		if p.at("(", ")") {
			p.expect("(", ")")
		} else {
			*parts = p.identList("a column name")
		}
	}
}

// optionsClause parses an optional WITH (..) that may stand on a line of its own.
func (p *parser) optionsClause(g int) []Option {
	if p.at("WITH") {
		p.brkClause(g)
	}
	return p.withOptions()
}

// brkClause allows a line break before a clause, unless it follows the closing
// parenthesis of the columns, which has a line of its own.
func (p *parser) brkClause(g int) {
	if p.i != p.layout.elementsEnd {
		p.brk(g)
	}
}

// distribution parses DISTRIBUTED|DISTRIBUTION [BY [HASH|RANGE] (..)] [INTO n BUCKETS].
func (p *parser) distribution(word string) *Distribution {
	start := p.here()
	d := &Distribution{}
	p.expect(word)
	by := p.accept("BY")
	if by {
		if p.at("HASH", "(") || p.at("RANGE", "(") {
			d.Kind = p.expectAny("HASH", "RANGE")
		}
		d.Columns = p.identList("a column name")
	}
	if !by || p.at("INTO") {
		p.expect("INTO")
		n := p.tok()
		p.integer("a number of buckets")
		d.Buckets = &NumberLit{At{n.pos}, n.val}
		p.expect("BUCKETS")
	}
	d.At = p.since(start)
	return d
}

// tableElements parses (columns, watermarks, constraints), or names only.
func (p *parser) tableElements() (e TableElements, names []Ident) {
	g := len(p.layout.groups)
	p.parens(func(item func()) {
		if p.at(")") {
			return
		}
		for {
			item()
			if name, ok := p.columnNameOnly(); ok {
				names = append(names, name)
			} else {
				p.tableElement(&e, false)
			}
			if !p.accept(",") {
				return
			}
		}
	})
	p.layout.elementsEnd = p.i
	p.layout.groups[g].force = len(names) == 0 && len(p.layout.groups[g].breaks) > 0
	if names != nil && len(e.Columns) > 0 {
		p.failHint(names[0].Pos, "give a type to every column, or to none", "the column %s has no type", names[0])
	}
	return e, names
}

// columnNameOnly parses a column without a type, as CTAS takes it.
func (p *parser) columnNameOnly() (Ident, bool) {
	t := p.tok()
	if (t.kind == WordToken || t.kind == NameToken) && (p.ahead(1).is(",") || p.ahead(1).is(")")) {
		return p.ident("a column name"), true
	}
	return Ident{}, false
}

// tableElement parses a column, a watermark or a constraint; in ALTER TABLE a
// column may have a place.
func (p *parser) tableElement(e *TableElements, alter bool) {
	switch {
	case p.at("WATERMARK", "FOR"):
		e.Watermarks = append(e.Watermarks, p.watermark())
	case p.at("CONSTRAINT"), p.at("PRIMARY", "KEY"), p.at("UNIQUE", "("):
		e.Constraints = append(e.Constraints, *p.constraint(true))
	default:
		c := p.columnDef()
		if alter {
			p.columnPlace(&c)
		}
		e.Columns = append(e.Columns, c)
	}
}

// columnPlace parses an optional FIRST or AFTER c.
func (p *parser) columnPlace(c *ColumnDef) {
	if c.First = p.accept("FIRST"); !c.First && p.accept("AFTER") {
		start := p.here()
		c.After = &ColumnRef{Parts: p.columnName().Parts}
		c.After.At = p.since(start)
	}
	c.At = p.since(c.Pos.Start)
}

func (p *parser) watermark() WatermarkDef {
	start := p.here()
	p.expect("WATERMARK", "FOR")
	w := WatermarkDef{Column: p.columnName()}
	p.expect("AS")
	w.Expr = p.expr()
	w.At = p.since(start)
	return w
}

// constraint parses [CONSTRAINT n] PRIMARY KEY|UNIQUE; of a table with columns.
func (p *parser) constraint(columns bool) *ConstraintDef {
	start := p.here()
	c := &ConstraintDef{}
	if p.accept("CONSTRAINT") {
		name := p.ident("the constraint's name")
		c.Name = &name
	}
	if c.Kind = p.expectAny("PRIMARY", "UNIQUE"); c.Kind == "PRIMARY" {
		p.expect("KEY")
		c.Kind = "PRIMARY KEY"
	}
	if columns {
		c.Columns = p.identList("a column name")
	}
	switch {
	case p.accept("NOT", "ENFORCED"):
		c.Enforced = "NOT ENFORCED"
	case p.accept("ENFORCED"):
		c.Enforced = "ENFORCED"
	}
	c.At = p.since(start)
	return c
}

// columnDef parses a physical, metadata or computed column.
func (p *parser) columnDef() ColumnDef {
	start := p.here()
	name := p.objectName("a column name")
	c := ColumnDef{Name: name.Last(), Path: name.Parts[:len(name.Parts)-1]}
	if len(c.Path) == 0 {
		c.Path = nil
	}
	if p.accept("AS") {
		c.Kind = ComputedColumn
		c.Expr = p.expr()
	} else {
		p.columnType(&c)
	}
	c.Comment = p.comment()
	c.At = p.since(start)
	return c
}

func (p *parser) columnType(c *ColumnDef) {
	t := p.tok()
	if t.kind != WordToken && t.kind != NameToken {
		p.fail("a type or AS")
	}
	ty := p.typeName()
	c.Type = &ty
	if p.accept("METADATA") {
		c.Kind = MetadataColumn
		if p.accept("FROM") {
			c.MetadataKey = p.str("the metadata's key in quotes")
		}
		c.Virtual = p.accept("VIRTUAL")
		return
	}
	if p.at("CONSTRAINT") || p.at("PRIMARY", "KEY") || p.at("UNIQUE") {
		c.Constraint = p.constraint(false)
	}
	p.nullness(c.Type)
}

// likeFeatures are what LIKE may include or exclude.
var likeFeatures = []string{"ALL", "CONSTRAINTS", "DISTRIBUTION", "GENERATED", "METADATA", "OPTIONS", "PARTITIONS", "WATERMARKS"}

func (p *parser) likeClause() *LikeClause {
	start := p.here()
	p.expect("LIKE")
	l := &LikeClause{Table: p.objectName("a table")}
	if p.at("(") {
		p.parens(func(item func()) {
			for !p.at(")") {
				item()
				at := p.here()
				o := LikeOption{Merge: p.expectAny("INCLUDING", "EXCLUDING", "OVERWRITING")}
				o.Feature = p.expectAny(likeFeatures...)
				o.At = p.since(at)
				l.Options = append(l.Options, o)
				p.accept(",")
			}
		})
	}
	l.At = p.since(start)
	return l
}

func (p *parser) createView(m createMods) Statement {
	g := p.open(false)
	c := &CreateView{Temporary: m.temporary, OrReplace: m.orReplace, IfNotExists: p.ifNotExists()}
	c.Name = p.objectName("a view's name")
	if p.at("(") {
		commented := false
		p.parenList(func() {
			c.Columns = append(c.Columns, p.ident("a column name"))
			text := p.comment()
			commented = commented || text != nil
			c.Comments = append(c.Comments, text)
		})
		if !commented {
			c.Comments = nil
		}
	}
	c.Comment = p.comment()
	p.expect("AS")
	p.brk(g)
	c.Query = p.query()
	p.shut(g)
	c.At = p.since(m.start)
	return c
}

func (p *parser) createDatabase(m createMods) Statement {
	c := &CreateDatabase{IfNotExists: p.ifNotExists()}
	c.Name = p.objectName("a database's name")
	c.Comment = p.comment()
	c.Options = p.withOptions()
	c.At = p.since(m.start)
	return c
}

func (p *parser) createCatalog(m createMods) Statement {
	c := &CreateCatalog{IfNotExists: p.ifNotExists()}
	c.Name = p.ident("a catalog's name")
	c.Comment = p.comment()
	c.Options = p.withOptions()
	c.At = p.since(m.start)
	return c
}

func (p *parser) createConnection(m createMods) Statement {
	c := &CreateConnection{Temporary: m.temporary, System: m.system, IfNotExists: p.ifNotExists()}
	c.Name = p.objectName("a connection's name")
	c.Comment = p.comment()
	c.Options = p.withOptions()
	c.At = p.since(m.start)
	return c
}
