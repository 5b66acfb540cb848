package sql

import "github.com/weir-stream/weir/internal/sqlerr"

// statementForm gives the parser of each statement by its first word. A
// statement is a row here and a method in the file of its noun.
func statementForm(word string) func(*parser) Statement {
	switch word {
	case "SELECT", "WITH", "VALUES", "TABLE", "(":
		return (*parser).queryStmt
	case "CREATE", "REPLACE":
		return (*parser).create
	case "ALTER":
		return (*parser).alter
	case "DROP":
		return (*parser).drop
	case "INSERT":
		return func(p *parser) Statement { return p.insert() }
	case "EXECUTE":
		return (*parser).execute
	case "BEGIN":
		return (*parser).beginSet
	case "END":
		return (*parser).endSet
	case "STATEMENT":
		return func(p *parser) Statement { return p.statementSet() }
	case "DELETE":
		return (*parser).deleteStmt
	case "UPDATE":
		return (*parser).update
	case "TRUNCATE":
		return (*parser).truncate
	case "CALL":
		return (*parser).callStmt
	case "EXPLAIN":
		return (*parser).explain
	case "COMPILE":
		return (*parser).compile
	case "ANALYZE":
		return (*parser).analyze
	case "SHOW":
		return (*parser).show
	case "DESCRIBE", "DESC":
		return (*parser).describeStmt
	case "SET":
		return (*parser).set
	case "RESET":
		return (*parser).reset
	case "USE":
		return (*parser).use
	case "LOAD", "UNLOAD":
		return (*parser).module
	case "ADD", "REMOVE":
		return (*parser).jar
	case "STOP":
		return (*parser).stop
	case "QUIT", "EXIT", "CLEAR", "HELP":
		return (*parser).clientCommand
	}
	return nil
}

// statementWords are the words that start a statement, for hints.
var statementWords = []string{"SELECT", "WITH", "VALUES", "TABLE", "CREATE", "REPLACE", "ALTER", "DROP", "INSERT", "EXECUTE", "BEGIN",
	"DELETE", "UPDATE", "TRUNCATE", "CALL", "EXPLAIN", "COMPILE", "ANALYZE", "SHOW", "DESCRIBE", "DESC", "SET", "RESET", "USE", "LOAD",
	"UNLOAD", "ADD", "REMOVE", "STOP", "QUIT", "EXIT", "CLEAR", "HELP"}

// StatementWords gives the words that start a statement, for completion.
func StatementWords() []string { return append([]string(nil), statementWords...) }

// statement parses one statement, without its semicolon.
func (p *parser) statement() Statement {
	defer p.enter()()
	t := p.tok()
	if t.kind == WordToken || t.is("(") {
		if f := statementForm(t.up); f != nil {
			return f(p)
		}
	}
	p.failStatement()
	return nil
}

// failStatement refuses the start of a statement.
func (p *parser) failStatement() {
	t := p.tok()
	if t.kind == BadToken {
		p.fail("a statement")
	}
	if hint, ok := foreignStatements[t.up]; ok && t.kind == WordToken {
		panic(&failure{sqlerr.New(sqlerr.Unsupported, t.pos, "%s is not supported", t.up).WithHint("%s", hint)})
	}
	err := sqlerr.New(sqlerr.Syntax, p.visible(t.pos), "expected a statement, found %s", p.describe(t))
	if near, ok := nearestWord(t.up, statementWords); ok && t.kind == WordToken && keywords[t.up] == notReserved {
		err.Hint = "did you mean " + near + "?"
	}
	panic(&failure{err})
}

// foreignStatements are statements of other dialects, with what to write here.
var foreignStatements = map[string]string{
	"UPSERT":   "write INSERT INTO: the primary key of the table decides what is updated",
	"MERGE":    "write INSERT INTO a table with a primary key, or UPDATE and DELETE",
	"COPY":     "write INSERT INTO .. SELECT, with a table or 'file' on either side",
	"IMPORT":   "write INSERT INTO .. SELECT",
	"EXPORT":   "write INSERT INTO .. SELECT",
	"COMMIT":   "each INSERT commits at its checkpoints",
	"ROLLBACK": "each INSERT commits at its checkpoints",
	"START":    "each INSERT commits at its checkpoints",
	"GRANT":    "",
	"REVOKE":   "",
	"DECLARE":  "",
	"PRAGMA":   "settings are written SET 'key' = 'value'",
	"ATTACH":   "write CREATE CATALOG",
}

func (p *parser) queryStmt() Statement {
	start := p.here()
	q := p.query()
	return &QueryStmt{p.since(start), q}
}
