package sql

// QueryStmt is a query as a statement.
type QueryStmt struct {
	At
	Query *Query
}

// Insert is INSERT INTO|OVERWRITE.
type Insert struct {
	At
	Overwrite  bool
	Table      ObjectName
	Hints      []Hint
	Partition  []PartitionValue
	Columns    []ObjectName // more than one part for nested fields
	Query      *Query
	OnConflict string // "", ERROR, NOTHING or DEDUPLICATE
	// Materialize marks the INSERT of a materialized table, which nobody wrote.
	Materialize bool
	// Fills marks that of CREATE TABLE .. AS.
	Fills bool
}

// StatementSet is EXECUTE STATEMENT SET BEGIN .. END, BEGIN STATEMENT SET; ..
// END, or (without execution) what EXPLAIN and COMPILE PLAN take.
type StatementSet struct {
	At
	Inserts []*Insert
}

// BeginStatementSet is BEGIN STATEMENT SET at the end of a script, as clients
// send it that submit one statement at a time.
type BeginStatementSet struct{ At }

// EndStatementSet is END as the only statement of a script, likewise.
type EndStatementSet struct{ At }

// Execute is EXECUTE insert or EXECUTE query.
type Execute struct {
	At
	Stmt Statement
}

// ExecutePlan is EXECUTE PLAN 'file'.
type ExecutePlan struct {
	At
	File *StringLit
}

// CompilePlan is COMPILE PLAN 'file' [IF NOT EXISTS] FOR stmt, or COMPILE AND
// EXECUTE PLAN with Execute set.
type CompilePlan struct {
	At
	File        *StringLit
	IfNotExists bool
	Execute     bool
	Stmt        Statement // *Insert or *StatementSet
}

// Delete is DELETE FROM t [WHERE].
type Delete struct {
	At
	Table ObjectName
	Alias *Ident
	Where Expr
}

// Update is UPDATE t SET .. [WHERE].
type Update struct {
	At
	Table ObjectName
	Alias *Ident
	Set   []Assignment
	Where Expr
}

// Assignment is column = value.
type Assignment struct {
	At
	Column ObjectName
	Value  Expr
}

// Truncate is TRUNCATE TABLE t.
type Truncate struct {
	At
	Table ObjectName
}

// Call is CALL procedure(..).
type Call struct {
	At
	Proc *FuncCall
}

// Explain is EXPLAIN. Details are of ESTIMATED_COST, CHANGELOG_MODE,
// JSON_EXECUTION_PLAN, PLAN_ADVICE; Analyze (an extension) runs the statement.
type Explain struct {
	At
	PlanFor bool
	Analyze bool
	Details []string
	Stmt    Statement
}

// AnalyzeTable is ANALYZE TABLE t [PARTITION (..)] COMPUTE STATISTICS [FOR ..].
type AnalyzeTable struct {
	At
	Table      ObjectName
	Partition  []PartitionValue
	Columns    []Ident
	AllColumns bool
}

// Show is SHOW. What is in upper case:
//
//	CATALOGS DATABASES TABLES VIEWS "MATERIALIZED TABLES" COLUMNS PARTITIONS
//	FUNCTIONS "USER FUNCTIONS" PROCEDURES MODULES "FULL MODULES" JARS JOBS
//	MODELS CONNECTIONS "CURRENT CATALOG" "CURRENT DATABASE" "CREATE TABLE"
//	"CREATE VIEW" "CREATE CATALOG" "CREATE DATABASE" "CREATE MODEL" "CREATE CONNECTION"
//	"CREATE MATERIALIZED TABLE" "CREATE OR ALTER MATERIALIZED TABLE" "CREATE FUNCTION"
type Show struct {
	At
	What      string
	Name      *ObjectName // of CREATE x, PARTITIONS t, and of COLUMNS FROM t
	In        *ObjectName // FROM|IN catalog.database
	Partition []PartitionValue
	Not       bool
	Like      string // "", LIKE or ILIKE
	Pattern   *StringLit
}

// Describe is DESCRIBE|DESC. Kind is TABLE (also for views), CATALOG, DATABASE,
// FUNCTION, MODEL, CONNECTION or JOB (with Job).
type Describe struct {
	At
	Kind     string
	Extended bool
	Name     ObjectName
	Job      *StringLit
}

// Set is SET 'key' = 'value'; a lone SET has an empty Key and shows all. Key
// and value may have been written without quotes. HasValue is false for SET
// 'key', which shows one.
type Set struct {
	At
	Key, Value string
	HasValue   bool
	KeyPos     At
	ValuePos   At
}

// Reset is RESET 'key'; a lone RESET has an empty Key.
type Reset struct {
	At
	Key string
}

// Use is USE db, USE CATALOG c.
type Use struct {
	At
	Kind string // DATABASE or CATALOG
	Name ObjectName
}

// UseModules is USE MODULES a, b.
type UseModules struct {
	At
	Names []Ident
}

// LoadModule is LOAD MODULE m [WITH (..)].
type LoadModule struct {
	At
	Name    Ident
	Options []Option
}

// UnloadModule is UNLOAD MODULE m.
type UnloadModule struct {
	At
	Name Ident
}

// Jar is ADD JAR 'path', or REMOVE JAR with Remove set.
type Jar struct {
	At
	Remove bool
	Path   *StringLit
}

// StopJob is STOP JOB 'id' [WITH SAVEPOINT [WITH DRAIN]].
type StopJob struct {
	At
	Job       *StringLit
	Savepoint bool
	Drain     bool
}

// ClientCommand is a command of the shell: QUIT, EXIT, CLEAR or HELP.
type ClientCommand struct {
	At
	Name string
}

func (*QueryStmt) isStatement()         {}
func (*Insert) isStatement()            {}
func (*StatementSet) isStatement()      {}
func (*BeginStatementSet) isStatement() {}
func (*EndStatementSet) isStatement()   {}
func (*Execute) isStatement()           {}
func (*ExecutePlan) isStatement()       {}
func (*CompilePlan) isStatement()       {}
func (*Delete) isStatement()            {}
func (*Update) isStatement()            {}
func (*Truncate) isStatement()          {}
func (*Call) isStatement()              {}
func (*Explain) isStatement()           {}
func (*AnalyzeTable) isStatement()      {}
func (*Show) isStatement()              {}
func (*Describe) isStatement()          {}
func (*Set) isStatement()               {}
func (*Reset) isStatement()             {}
func (*Use) isStatement()               {}
func (*UseModules) isStatement()        {}
func (*LoadModule) isStatement()        {}
func (*UnloadModule) isStatement()      {}
func (*Jar) isStatement()               {}
func (*StopJob) isStatement()           {}
func (*ClientCommand) isStatement()     {}
