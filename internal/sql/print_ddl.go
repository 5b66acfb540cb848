package sql

// create writes a CREATE statement; false if s is none.
func (p *printer) create(s Statement) bool {
	switch s := s.(type) {
	case *CreateTable:
		p.createTable(s)
	case *CreateMaterializedTable:
		p.createMaterializedTable(s)
	case *CreateView:
		p.createView(s)
	case *CreateDatabase:
		p.createHead("", "DATABASE", s.IfNotExists, s.Name)
		p.comment(s.Comment)
		p.with(s.Options)
	case *CreateCatalog:
		p.createHead("", "CATALOG", s.IfNotExists, ObjectName{[]Ident{s.Name}})
		p.comment(s.Comment)
		p.with(s.Options)
	case *CreateConnection:
		p.createHead(scope(s.Temporary, s.System), "CONNECTION", s.IfNotExists, s.Name)
		p.comment(s.Comment)
		p.with(s.Options)
	case *CreateFunction:
		p.createFunction(s)
	case *CreateModel:
		p.createModel(s)
	default:
		return false
	}
	return true
}

func scope(temporary, system bool) string {
	switch {
	case system:
		return "TEMPORARY SYSTEM"
	case temporary:
		return "TEMPORARY"
	}
	return ""
}

func (p *printer) createHead(mods, noun string, ifNotExists bool, name ObjectName) {
	p.w("CREATE", mods, noun)
	p.opt(ifNotExists, "IF NOT EXISTS")
	p.name(name)
}

func (p *printer) createTable(s *CreateTable) {
	switch {
	case s.Replace:
		p.w("REPLACE")
	case s.OrReplace:
		p.w("CREATE OR REPLACE", scope(s.Temporary, false))
	default:
		p.w("CREATE", scope(s.Temporary, false))
	}
	p.w("TABLE")
	p.opt(s.IfNotExists, "IF NOT EXISTS")
	p.name(s.Name)
	p.elements(s.HasElements, s.TableElements, s.ColumnNames)
	p.tableClauses(s.Comment, s.Distribution, s.PartitionedBy)
	if s.Connection != nil {
		p.w("USING CONNECTION")
		p.name(*s.Connection)
	}
	p.with(s.Options)
	if s.Like != nil {
		p.w("LIKE")
		p.name(s.Like.Table)
		if len(s.Like.Options) > 0 {
			p.parens(func() {
				for _, o := range s.Like.Options {
					p.w(o.Merge, o.Feature)
				}
			})
		}
	}
	if s.As != nil {
		p.w("AS")
		p.query(s.As)
	}
}

// elements writes (columns, watermarks, constraints) or (names).
func (p *printer) elements(has bool, e TableElements, names []Ident) {
	if !has {
		return
	}
	if len(names) > 0 {
		p.idents(names)
		return
	}
	p.parens(func() { p.elementList(e) })
}

func (p *printer) elementList(e TableElements) {
	first := true
	comma := func() {
		if !first {
			p.raw(", ")
		}
		first = false
	}
	for _, c := range e.Columns {
		comma()
		p.columnDef(c)
	}
	for _, w := range e.Watermarks {
		comma()
		p.w("WATERMARK FOR")
		p.name(w.Column)
		p.w("AS")
		p.expr(w.Expr, 0)
	}
	for i := range e.Constraints {
		comma()
		p.constraint(&e.Constraints[i])
	}
}

func (p *printer) columnDef(c ColumnDef) {
	p.parts(append(c.Path[:len(c.Path):len(c.Path)], c.Name))
	switch c.Kind {
	case ComputedColumn:
		p.w("AS")
		p.expr(c.Expr, 0)
	case MetadataColumn:
		p.typeName(*c.Type)
		p.w("METADATA")
		if c.MetadataKey != nil {
			p.w("FROM")
			p.str(c.MetadataKey)
		}
		p.opt(c.Virtual, "VIRTUAL")
	default:
		p.typeName(*c.Type)
		if c.Constraint != nil {
			p.constraint(c.Constraint)
		}
	}
	p.comment(c.Comment)
	p.opt(c.First, "FIRST")
	if c.After != nil {
		p.w("AFTER")
		p.parts(c.After.Parts)
	}
}

func (p *printer) constraint(c *ConstraintDef) {
	if c.Name != nil {
		p.w("CONSTRAINT")
		p.ident(*c.Name)
	}
	p.w(c.Kind)
	if len(c.Columns) > 0 {
		p.idents(c.Columns)
	}
	p.w(c.Enforced)
}

func (p *printer) tableClauses(comment *StringLit, dist *Distribution, parts []Ident) {
	p.comment(comment)
	if dist != nil {
		p.w("DISTRIBUTED")
		p.distribution(dist)
	}
	if len(parts) > 0 {
		p.w("PARTITIONED BY")
		p.idents(parts)
	}
}

// distribution writes what follows DISTRIBUTED or DISTRIBUTION.
func (p *printer) distribution(d *Distribution) {
	if len(d.Columns) > 0 {
		p.w("BY", d.Kind)
		p.idents(d.Columns)
	}
	if d.Buckets != nil {
		p.w("INTO", d.Buckets.Text, "BUCKETS")
	}
}

func (p *printer) createMaterializedTable(s *CreateMaterializedTable) {
	mods := ""
	if s.OrAlter {
		mods = "OR ALTER"
	}
	p.createHead(mods, "MATERIALIZED TABLE", s.IfNotExists, s.Name)
	p.elements(s.HasElements, s.TableElements, s.ColumnNames)
	p.tableClauses(s.Comment, s.Distribution, s.PartitionedBy)
	p.with(s.Options)
	p.startMode(s.StartMode)
	if s.Freshness != nil {
		p.w("FRESHNESS =")
		p.expr(s.Freshness, 0)
	}
	if s.RefreshMode != "" {
		p.w("REFRESH_MODE =", s.RefreshMode)
	}
	p.w("AS")
	p.query(s.As)
}

func (p *printer) startMode(s *StartMode) {
	if s == nil {
		return
	}
	p.w("START_MODE =", s.Kind)
	if s.Arg != nil {
		p.attached(func() { p.expr(s.Arg, 0) })
	}
}

func (p *printer) createView(s *CreateView) {
	mods := scope(s.Temporary, false)
	if s.OrReplace {
		mods = "OR REPLACE " + mods
	}
	p.createHead(mods, "VIEW", s.IfNotExists, s.Name)
	if len(s.Columns) > 0 {
		p.parens(func() {
			p.commas(len(s.Columns), func(i int) {
				p.ident(s.Columns[i])
				if i < len(s.Comments) {
					p.comment(s.Comments[i])
				}
			})
		})
	}
	p.comment(s.Comment)
	p.w("AS")
	p.query(s.Query)
}

func (p *printer) createFunction(s *CreateFunction) {
	mods := scope(s.Temporary, s.System)
	if s.OrReplace {
		mods = "OR REPLACE " + mods
	}
	p.createHead(mods, "FUNCTION", s.IfNotExists, s.Name)
	p.functionHead(s)
	switch {
	case s.Expr != nil:
		p.w("RETURN")
		p.expr(s.Expr, 0)
	case s.Query != nil:
		p.w("RETURN")
		p.query(s.Query)
	default:
		p.w("AS")
		p.str(s.Body)
	}
	if !s.HasParams && s.Language != "" {
		p.w("LANGUAGE", s.Language)
	}
	if len(s.Using) > 0 {
		p.w("USING")
		p.commas(len(s.Using), func(i int) {
			p.w(s.Using[i].Kind)
			p.str(s.Using[i].Path)
		})
	}
	p.with(s.Options)
}

// functionHead writes what stands before a function's body.
func (p *printer) functionHead(s *CreateFunction) {
	params := func(list []ColumnDef) {
		p.attached(func() { p.commas(len(list), func(i int) { p.columnDef(list[i]) }) })
	}
	if s.HasParams {
		params(s.Params)
	}
	switch {
	case s.Columns != nil:
		p.w("RETURNS TABLE")
		params(s.Columns)
	case s.Returns != nil:
		p.w("RETURNS")
		p.typeName(*s.Returns)
	}
	if s.HasParams && s.Language != "" {
		p.w("LANGUAGE", s.Language)
	}
	p.comment(s.Comment)
}

func (p *printer) createModel(s *CreateModel) {
	p.createHead(scope(s.Temporary, false), "MODEL", s.IfNotExists, s.Name)
	for _, c := range []struct {
		word string
		list []ColumnDef
	}{{"INPUT", s.Input}, {"OUTPUT", s.Output}} {
		if len(c.list) > 0 {
			p.w(c.word)
			p.parens(func() { p.commas(len(c.list), func(i int) { p.columnDef(c.list[i]) }) })
		}
	}
	p.comment(s.Comment)
	p.with(s.Options)
	if s.As != nil {
		p.w("AS")
		p.query(s.As)
	}
}

// alterAction writes what an ALTER does.
func (p *printer) alterAction(a AlterAction) {
	switch a := a.(type) {
	case *RenameTo:
		p.w("RENAME TO")
		p.name(a.Name)
	case *RenameColumn:
		p.w("RENAME")
		p.name(a.From)
		p.w("TO")
		p.ident(a.To)
	case *SetOptions:
		p.partition(a.Partition)
		p.w("SET")
		p.options(a.Options)
	case *ResetOptions:
		p.w("RESET")
		p.parens(func() { p.commas(len(a.Keys), func(i int) { p.str(a.Keys[i]) }) })
	case *SetComment:
		p.comment(a.Comment)
	case *AddElements:
		p.addElements(a)
	case *AddPartitions:
		p.w("ADD")
		p.opt(a.IfNotExists, "IF NOT EXISTS")
		for _, d := range a.Partitions {
			p.partition(d.Spec)
			p.with(d.Options)
		}
	case *DropPartitions:
		p.w("DROP")
		p.opt(a.IfExists, "IF EXISTS")
		p.commas(len(a.Partitions), func(i int) { p.partition(a.Partitions[i].Spec) })
	case *DropColumns:
		p.w("DROP")
		p.names(a.Columns)
	case *DropConstraint:
		if a.Name == nil {
			p.w("DROP PRIMARY KEY")
			return
		}
		p.w("DROP CONSTRAINT")
		p.ident(*a.Name)
	case *DropWatermark:
		p.w("DROP WATERMARK")
	case *DropDistribution:
		p.w("DROP DISTRIBUTION")
	default:
		p.materializedAction(a)
	}
}

func (p *printer) addElements(a *AddElements) {
	if a.Modify {
		p.w("MODIFY")
	} else {
		p.w("ADD")
	}
	if a.Distribution != nil {
		p.w("DISTRIBUTION")
		p.distribution(a.Distribution)
		return
	}
	p.parens(func() { p.elementList(a.TableElements) })
}

// materializedAction writes the actions of views and materialized tables.
func (p *printer) materializedAction(a AlterAction) {
	switch a := a.(type) {
	case *Suspend:
		p.w("SUSPEND")
	case *Resume:
		p.w("RESUME")
		p.with(a.Options)
	case *Refresh:
		p.w("REFRESH")
		p.partition(a.Partition)
	case *SetFreshness:
		p.w("SET FRESHNESS =")
		p.expr(a.Freshness, 0)
	case *SetRefreshMode:
		p.w("SET REFRESH_MODE =", a.Mode)
	case *SetQuery:
		p.startMode(a.StartMode)
		p.w("AS")
		p.query(a.Query)
	}
}
