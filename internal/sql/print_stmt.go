package sql

// statement writes a statement without its semicolon.
func (p *printer) statement(s Statement) {
	if p.create(s) || p.object(s) || p.dml(s) {
		return
	}
	p.session(s)
}

// object writes DROP and ALTER; false if s is neither.
func (p *printer) object(s Statement) bool {
	switch s := s.(type) {
	case *Drop:
		p.w("DROP", scope(s.Temporary, s.System), s.Kind)
		p.opt(s.IfExists, "IF EXISTS")
		p.name(s.Name)
		p.w(s.Behavior)
	case *Alter:
		p.w("ALTER", scope(s.Temporary, s.System), s.Kind)
		p.opt(s.IfExists, "IF EXISTS")
		p.name(s.Name)
		p.alterAction(s.Action)
	case *AlterFunction:
		p.w("ALTER", scope(s.Temporary, s.System), "FUNCTION")
		p.opt(s.IfExists, "IF EXISTS")
		p.name(s.Name)
		p.w("AS")
		p.str(s.Body)
		if s.Language != "" {
			p.w("LANGUAGE", s.Language)
		}
	default:
		return false
	}
	return true
}

// dml writes queries and what changes rows or plans such a statement; false if
// s is none.
func (p *printer) dml(s Statement) bool {
	switch s := s.(type) {
	case *QueryStmt:
		p.query(s.Query)
	case *Insert:
		p.insert(s)
	case *StatementSet:
		p.w("EXECUTE")
		p.statementSet(s)
	case *BeginStatementSet:
		p.w("BEGIN STATEMENT SET")
	case *EndStatementSet:
		p.w("END")
	case *Execute:
		p.w("EXECUTE")
		p.statement(s.Stmt)
	case *ExecutePlan:
		p.w("EXECUTE PLAN")
		p.str(s.File)
	case *CompilePlan:
		p.w("COMPILE")
		p.opt(s.Execute, "AND EXECUTE")
		p.w("PLAN")
		p.str(s.File)
		p.opt(s.IfNotExists, "IF NOT EXISTS")
		p.w("FOR")
		p.planned(s.Stmt)
	case *Explain:
		p.explain(s)
	case *Delete:
		p.w("DELETE FROM")
		p.name(s.Table)
		p.asIdent(s.Alias)
		p.clause("WHERE", s.Where)
	case *Update:
		p.update(s)
	case *Truncate:
		p.w("TRUNCATE TABLE")
		p.name(s.Table)
	case *Call:
		p.w("CALL")
		p.call(s.Proc)
	default:
		return false
	}
	return true
}

func (p *printer) asIdent(i *Ident) {
	if i != nil {
		p.w("AS")
		p.ident(*i)
	}
}

func (p *printer) insert(s *Insert) {
	p.w("INSERT")
	if s.Overwrite {
		p.w("OVERWRITE")
	} else {
		p.w("INTO")
	}
	p.name(s.Table)
	p.hints(s.Hints)
	p.partition(s.Partition)
	if len(s.Columns) > 0 {
		p.names(s.Columns)
	}
	p.query(s.Query)
	if s.OnConflict != "" {
		p.w("ON CONFLICT DO", s.OnConflict)
	}
}

// statementSet writes STATEMENT SET BEGIN .. END.
func (p *printer) statementSet(s *StatementSet) {
	p.w("STATEMENT SET BEGIN")
	for _, i := range s.Inserts {
		p.insert(i)
		p.raw(";")
	}
	p.w("END")
}

// planned writes a statement that is planned, not run: a set has no EXECUTE.
func (p *printer) planned(s Statement) {
	if set, ok := s.(*StatementSet); ok {
		p.statementSet(set)
		return
	}
	p.statement(s)
}

func (p *printer) explain(s *Explain) {
	p.w("EXPLAIN")
	p.opt(s.Analyze, "ANALYZE")
	p.opt(s.PlanFor, "PLAN FOR")
	p.commas(len(s.Details), func(i int) { p.w(s.Details[i]) })
	p.planned(s.Stmt)
}

func (p *printer) update(s *Update) {
	p.w("UPDATE")
	p.name(s.Table)
	p.asIdent(s.Alias)
	p.w("SET")
	p.commas(len(s.Set), func(i int) {
		p.name(s.Set[i].Column)
		p.w("=")
		p.expr(s.Set[i].Value, 0)
	})
	p.clause("WHERE", s.Where)
}

// session writes what shows or changes the session.
func (p *printer) session(s Statement) {
	switch s := s.(type) {
	case *AnalyzeTable:
		p.analyze(s)
	case *Show:
		p.show(s)
	case *Describe:
		p.describe(s)
	case *Set:
		p.w("SET")
		if s.Key != "" {
			p.w(QuoteString(s.Key))
		}
		if s.HasValue {
			p.w("=", QuoteString(s.Value))
		}
	case *Reset:
		p.w("RESET")
		if s.Key != "" {
			p.w(QuoteString(s.Key))
		}
	case *Use:
		p.w("USE")
		p.opt(s.Kind == "CATALOG", "CATALOG")
		p.name(s.Name)
	case *UseModules:
		p.w("USE MODULES")
		p.commas(len(s.Names), func(i int) { p.ident(s.Names[i]) })
	case *LoadModule:
		p.w("LOAD MODULE")
		p.ident(s.Name)
		p.with(s.Options)
	case *UnloadModule:
		p.w("UNLOAD MODULE")
		p.ident(s.Name)
	case *Jar:
		verb := "ADD"
		if s.Remove {
			verb = "REMOVE"
		}
		p.w(verb, "JAR")
		p.str(s.Path)
	case *StopJob:
		p.w("STOP JOB")
		p.str(s.Job)
		p.opt(s.Savepoint, "WITH SAVEPOINT")
		p.opt(s.Drain, "WITH DRAIN")
	case *ClientCommand:
		p.w(s.Name)
	}
}

func (p *printer) analyze(s *AnalyzeTable) {
	p.w("ANALYZE TABLE")
	p.name(s.Table)
	p.partition(s.Partition)
	p.w("COMPUTE STATISTICS")
	switch {
	case s.AllColumns:
		p.w("FOR ALL COLUMNS")
	case len(s.Columns) > 0:
		p.w("FOR COLUMNS")
		p.commas(len(s.Columns), func(i int) { p.ident(s.Columns[i]) })
	}
}

func (p *printer) show(s *Show) {
	p.w("SHOW", s.What)
	if s.Name != nil {
		p.opt(s.What == "COLUMNS", "FROM")
		p.name(*s.Name)
	}
	p.partition(s.Partition)
	if s.In != nil {
		p.w("FROM")
		p.name(*s.In)
	}
	if s.Pattern != nil {
		p.opt(s.Not, "NOT")
		p.w(s.Like)
		p.str(s.Pattern)
	}
}

func (p *printer) describe(s *Describe) {
	p.w("DESCRIBE")
	p.opt(s.Kind != "TABLE", s.Kind)
	if s.Job != nil {
		p.str(s.Job)
		return
	}
	p.opt(s.Extended, "EXTENDED")
	p.name(s.Name)
}
