package sql

import "slices"

// alter parses ALTER noun name action.
func (p *parser) alter() Statement {
	start := p.here()
	p.expect("ALTER")
	temporary := p.accept("TEMPORARY")
	system := temporary && p.accept("SYSTEM")
	nouns := []string{"TABLE", "VIEW", "FUNCTION", "MODEL", "CONNECTION", "DATABASE", "CATALOG", "MATERIALIZED"}
	if temporary {
		nouns = []string{"FUNCTION", "CONNECTION", "MODEL"}
	}
	kind := p.expectAny(nouns...)
	switch kind {
	case "FUNCTION":
		return p.alterFunction(start, temporary, system)
	case "MATERIALIZED":
		p.expect("TABLE")
		kind = "MATERIALIZED TABLE"
	}
	a := &Alter{Kind: kind, Temporary: temporary, System: system, IfExists: p.accept("IF", "EXISTS")}
	a.Name = p.objectName("a name")
	a.Action = p.alterAction(kind)
	a.At = p.since(start)
	return a
}

func (p *parser) alterFunction(start int, temporary, system bool) Statement {
	a := &AlterFunction{Temporary: temporary, System: system, IfExists: p.accept("IF", "EXISTS")}
	a.Name = p.objectName("a function's name")
	p.expect("AS")
	a.Body = p.str("the function's class or text in quotes")
	a.Language = p.language()
	a.At = p.since(start)
	return a
}

// alterVerbs are the actions of each kind of object.
var alterVerbs = map[string][]string{
	"TABLE":              {"RENAME", "SET", "RESET", "ADD", "MODIFY", "DROP", "PARTITION"},
	"VIEW":               {"RENAME", "SET", "RESET", "AS"},
	"MODEL":              {"RENAME", "SET", "RESET"},
	"CONNECTION":         {"RENAME", "SET", "RESET"},
	"DATABASE":           {"SET", "RESET"},
	"CATALOG":            {"SET", "RESET", "COMMENT"},
	"MATERIALIZED TABLE": {"SUSPEND", "RESUME", "REFRESH", "SET", "RESET", "ADD", "MODIFY", "DROP", "AS", "RENAME", "START_MODE"},
}

func (p *parser) alterAction(kind string) AlterAction {
	start := p.here()
	switch p.expectAny(alterVerbs[kind]...) {
	case "RENAME":
		return p.alterRename(start, kind)
	case "SET":
		return p.alterSet(start, kind)
	case "RESET":
		r := &ResetOptions{}
		if !p.accept("(", ")") {
			p.parenList(func() { r.Keys = append(r.Keys, p.str("an option's key in quotes")) })
		}
		r.At = p.since(start)
		return r
	case "ADD":
		return p.alterAdd(start)
	case "MODIFY":
		return p.alterElements(start, true)
	case "DROP":
		return p.alterDrop(start)
	case "PARTITION":
		s := &SetOptions{Partition: p.partition()}
		p.expect("SET")
		s.Options = p.options()
		s.At = p.since(start)
		return s
	case "COMMENT":
		text := p.str("the comment in quotes")
		return &SetComment{p.since(start), text}
	case "SUSPEND":
		return &Suspend{p.since(start)}
	case "RESUME":
		opts := p.withOptions()
		return &Resume{p.since(start), opts}
	case "REFRESH":
		r := &Refresh{}
		if p.accept("PARTITION") {
			r.Partition = p.partition()
		}
		r.At = p.since(start)
		return r
	case "START_MODE":
		p.i--
		mode := p.startMode()
		p.expect("AS")
		q := p.query()
		return &SetQuery{p.since(start), mode, q}
	}
	q := p.query()
	return &SetQuery{At: p.since(start), Query: q}
}

func (p *parser) alterRename(start int, kind string) AlterAction {
	if p.accept("TO") {
		name := p.objectName("the new name")
		return &RenameTo{p.since(start), name}
	}
	if kind != "TABLE" {
		p.fail("TO")
	}
	from := p.columnName()
	p.expect("TO")
	to := p.objectName("the column's new name")
	if n := len(to.Parts); n > 1 && !samePrefix(from, to) {
		p.failHint(to.Position(), "a nested field stays where it is: write only its new name", "%s is not in the same row as %s", to, from)
	}
	return &RenameColumn{p.since(start), from, to.Last()}
}

// samePrefix reports whether two names are of the same row.
func samePrefix(a, b ObjectName) bool {
	n := len(b.Parts)
	return len(a.Parts) == n && slices.Equal(a.Strings()[:n-1], b.Strings()[:n-1])
}

func (p *parser) alterSet(start int, kind string) AlterAction {
	if kind == "MATERIALIZED TABLE" {
		switch {
		case p.at("FRESHNESS"):
			f := p.freshness()
			return &SetFreshness{p.since(start), f}
		case p.at("REFRESH_MODE"):
			m := p.refreshMode()
			return &SetRefreshMode{p.since(start), m}
		}
	}
	opts := p.options()
	return &SetOptions{At: p.since(start), Options: opts}
}

// alterAdd parses what follows ADD: partitions or elements.
func (p *parser) alterAdd(start int) AlterAction {
	exists := p.ifNotExists()
	if !exists && !p.at("PARTITION") {
		return p.alterElements(start, false)
	}
	a := &AddPartitions{IfNotExists: exists}
	for ok := true; ok; ok = p.at("PARTITION") {
		at := p.here()
		p.expect("PARTITION")
		d := PartitionDef{Spec: p.partition()}
		d.Options = p.withOptions()
		d.At = p.since(at)
		a.Partitions = append(a.Partitions, d)
	}
	a.At = p.since(start)
	return a
}

// alterElements parses what follows ADD and MODIFY: one element or several in
// parentheses, or a distribution.
func (p *parser) alterElements(start int, modify bool) AlterAction {
	a := &AddElements{Modify: modify}
	switch {
	case p.at("DISTRIBUTION"):
		a.Distribution = p.distribution("DISTRIBUTION")
	case p.at("("):
		p.parenList(func() { p.tableElement(&a.TableElements, true) })
	default:
		p.tableElement(&a.TableElements, true)
	}
	a.At = p.since(start)
	return a
}

// alterDrop parses what follows DROP.
func (p *parser) alterDrop(start int) AlterAction {
	switch {
	case p.at("PARTITION"), p.at("IF", "EXISTS"):
		return p.dropPartitions(start)
	case p.accept("PRIMARY", "KEY"):
		return &DropConstraint{At: p.since(start)}
	case p.accept("CONSTRAINT"):
		name := p.ident("the constraint's name")
		return &DropConstraint{p.since(start), &name}
	case p.accept("WATERMARK"):
		return &DropWatermark{p.since(start)}
	case p.accept("DISTRIBUTION"):
		return &DropDistribution{p.since(start)}
	}
	d := &DropColumns{}
	p.oneOrParens(func() { d.Columns = append(d.Columns, p.columnName()) })
	d.At = p.since(start)
	return d
}

func (p *parser) dropPartitions(start int) AlterAction {
	d := &DropPartitions{IfExists: p.accept("IF", "EXISTS")}
	for {
		at := p.here()
		p.expect("PARTITION")
		def := PartitionDef{Spec: p.partition()}
		def.At = p.since(at)
		d.Partitions = append(d.Partitions, def)
		if !p.accept(",") {
			d.At = p.since(start)
			return d
		}
	}
}

// drop parses DROP noun [IF EXISTS] name.
func (p *parser) drop() Statement {
	start := p.here()
	d := &Drop{}
	p.expect("DROP")
	d.Temporary = p.accept("TEMPORARY")
	d.System = d.Temporary && p.accept("SYSTEM")
	nouns := []string{"TABLE", "VIEW", "FUNCTION", "MODEL", "CONNECTION", "DATABASE", "CATALOG", "MATERIALIZED"}
	switch {
	case d.System:
		nouns = []string{"FUNCTION", "CONNECTION"}
	case d.Temporary:
		nouns = nouns[:5]
	}
	if d.Kind = p.expectAny(nouns...); d.Kind == "MATERIALIZED" {
		p.expect("TABLE")
		d.Kind += " TABLE"
	}
	d.IfExists = p.accept("IF", "EXISTS")
	d.Name = p.objectName("a name")
	if d.Kind == "DATABASE" {
		d.Behavior, _ = p.acceptAny("RESTRICT", "CASCADE")
	}
	d.At = p.since(start)
	return d
}
