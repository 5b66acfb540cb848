package sql

import "strings"

// showForm is a form of SHOW: its words, and what may follow them.
type showForm struct {
	words string
	in    bool // FROM|IN catalog.database
	like  bool // [NOT] LIKE|ILIKE 'pattern'
}

// showForms are the lists that SHOW gives; the longer of two with the same
// first word comes first.
var showForms = []showForm{
	{"CATALOGS", false, true},
	{"CURRENT CATALOG", false, false},
	{"CURRENT DATABASE", false, false},
	{"DATABASES", true, true},
	{"TABLES", true, true},
	{"VIEWS", true, true},
	{"MATERIALIZED TABLES", true, true},
	{"USER FUNCTIONS", true, true},
	{"FUNCTIONS", true, true},
	{"PROCEDURES", true, true},
	{"FULL MODULES", false, false},
	{"MODULES", false, false},
	{"MODELS", true, true},
	{"CONNECTIONS", true, true},
	{"JARS", false, false},
	{"JOBS", false, false},
}

// showCreates are the nouns of SHOW CREATE.
var showCreates = []string{"TABLE", "VIEW", "MATERIALIZED TABLE", "CATALOG", "DATABASE", "MODEL", "CONNECTION", "FUNCTION"}

func (p *parser) show() Statement {
	start := p.here()
	p.expect("SHOW")
	s := &Show{}
	switch {
	case p.accept("CREATE"):
		p.showCreate(s)
	case p.accept("COLUMNS"):
		s.What = "COLUMNS"
		p.expectAny("FROM", "IN")
		name := p.objectName("a table's name")
		s.Name = &name
		p.showLike(s)
	case p.accept("PARTITIONS"):
		s.What = "PARTITIONS"
		name := p.objectName("a table's name")
		s.Name = &name
		if p.accept("PARTITION") {
			s.Partition = p.partition()
		}
	default:
		p.showList(s)
	}
	s.At = p.since(start)
	return s
}

func (p *parser) showCreate(s *Show) {
	s.What = "CREATE"
	if p.accept("OR", "ALTER") {
		s.What += " OR ALTER"
	}
	for _, noun := range showCreates {
		if p.accept(strings.Fields(noun)...) {
			s.What += " " + noun
			name := p.objectName("a name")
			s.Name = &name
			return
		}
	}
	p.fail(oneOf(showCreates))
}

func (p *parser) showList(s *Show) {
	for _, f := range showForms {
		if !p.accept(strings.Fields(f.words)...) {
			continue
		}
		s.What = f.words
		if _, ok := p.atAny("FROM", "IN"); ok && f.in {
			p.expectAny("FROM", "IN")
			name := p.objectName("a database's name")
			s.In = &name
		}
		if f.like {
			p.showLike(s)
		}
		return
	}
	p.fail("what to show (TABLES, DATABASES, CREATE TABLE, ..)")
}

func (p *parser) showLike(s *Show) {
	s.Not = p.accept("NOT")
	if s.Like, _ = p.acceptAny("LIKE", "ILIKE"); s.Like != "" {
		s.Pattern = p.str("a pattern in quotes")
	} else if s.Not {
		p.fail("LIKE or ILIKE")
	}
}

// describeKinds are what DESCRIBE takes besides tables.
var describeKinds = []string{"CATALOG", "DATABASE", "FUNCTION", "MODEL", "CONNECTION", "JOB", "TABLE"}

func (p *parser) describeStmt() Statement {
	start := p.here()
	p.expectAny("DESCRIBE", "DESC")
	d := &Describe{Kind: "TABLE"}
	if w, ok := p.atAny(describeKinds...); ok {
		if t := p.ahead(1); t.kind == WordToken || t.kind == NameToken || t.kind == StringToken {
			p.expect(w)
			d.Kind = w
		}
	}
	if d.Kind == "JOB" {
		d.Job = p.str("a job's id in quotes")
		d.At = p.since(start)
		return d
	}
	if t := p.ahead(1); t.kind == WordToken || t.kind == NameToken {
		d.Extended = p.accept("EXTENDED")
	}
	d.Name = p.objectName("a name")
	d.At = p.since(start)
	return d
}
