package sql

import (
	"errors"
	"testing"

	"github.com/weir-stream/weir/internal/sqlerr"
)

// mistakes are scripts with errors: the text that each error marks, what it
// says and its hint.
var mistakes = []struct {
	src  string
	want [][3]string
}{
	{"SELCT 1", [][3]string{{"SELCT", "expected a statement, found SELCT", "did you mean SELECT?"}}},
	{"SELECT a FORM t", [][3]string{{"FORM", "unexpected FORM before t", "did you mean FROM?"}}},
	{"SELECT a FROM t WHER x = 1", [][3]string{{"WHER", "unexpected WHER before x", "did you mean WHERE?"}}},
	{"SELECT a, FROM t", [][3]string{{"FROM", "expected an expression after the comma, found FROM", "remove the comma before FROM"}}},
	{"SELECT timestamp FROM t", [][3]string{{"timestamp", "expected an expression after SELECT, found TIMESTAMP", "to use it as a name, quote it with backquotes: `timestamp`"}}},
	{"CREATE TABLE t (time INT)", [][3]string{{"time", "expected a column name after (, found TIME", "to use it as a name, quote it with backquotes: `time`"}}},
	{"CREATE TABL t (a INT)", [][3]string{{"TABL", "expected TABLE, VIEW, FUNCTION, MODEL, CONNECTION, DATABASE, CATALOG or MATERIALIZED after CREATE, found TABL", "did you mean TABLE?"}}},
	{"CREATE TABLE t (a INTT(3))", [][3]string{{"INTT", "expected a type after a, found INTT", "did you mean INT?"}}},
	{"CREATE TABLE t (a INT, b) WITH ()", [][3]string{{"b", "the column b has no type", "give a type to every column, or to none"}}},
	{"CREATE TABLE t (a INT) WITH ('a' 'b')", [][3]string{{"'b'", "unexpected text 'b' after 'a'", "a string goes on only on a new line; join strings with ||"}}},
	{"SELECT 'abc", [][3]string{{"'abc", "string without end", "close it with ', and double a ' inside of it"}}},
	{"SELECT \"a\" FROM t", [][3]string{{`"a"`, "double quotes do not quote in Flink SQL", "use 'a' for text, `a` for a name"}}},
	{"SELECT a FROM t JOIN b WHERE x = 1", [][3]string{{"WHERE", "expected ON or USING after b: a join needs a condition, found WHERE", "write CROSS JOIN to join every row with every row"}}},
	{"SELECT a == 1", [][3]string{{"==", "expected ; or the end of the script after a, found ==", "equality is written ="}}},
	{"SELECT a::INT", [][3]string{{"::", "expected ; or the end of the script after a, found ::", "write CAST(x AS type)"}}},
	{"SELECT EXTRACT(yeer FROM a)", [][3]string{{"yeer", "expected a unit of time (YEAR, MONTH, DAY, HOUR, ..) after (, found yeer", "did you mean YEAR?"}}},
	{"SELECT INTERVAL '1' DAYZ", [][3]string{{"DAYZ", "expected an interval's unit (YEAR, QUARTER, MONTH, WEEK, DAY, HOUR, MINUTE or SECOND) after '1', found DAYZ", "did you mean DAY?"}}},
	{"SELECT (1 + 2", [][3]string{{"", "expected ) after 2, found the end of the script", ""}}},
	{"SELECT CASE a END", [][3]string{{"END", "expected WHEN after a, found END", ""}}},
	{"SELECT X'1'", [][3]string{{"X'1'", "invalid binary literal X'1'", "write an even number of digits 0-9 and A-F"}}},
	{"SELECT U&'\\00'", [][3]string{{"U&'\\00'", "invalid Unicode escape in U&'\\00'", "write \\XXXX or \\+XXXXXX"}}},
	{"SELECT MAP[1]", [][3]string{{"MAP[1]", "MAP needs a value for each key", "write MAP[key1, value1, key2, value2]"}}},
	{"SELECT 1 SELECT 2", [][3]string{{"SELECT", "expected ; or the end of the script after 1, found SELECT", ""}}},
	{"SELECT * FROM 'a' b c", [][3]string{{"c", "expected ; or the end of the script after b, found c", ""}}},
	{"INSERT INTO 't' SELECT 1", [][3]string{{"'t'", "expected a table's name, found the text 't'", "names are quoted with backquotes: `t`"}}},
	{"SELECT 1; END", [][3]string{{"END", "END without a statement set", "a set starts with EXECUTE STATEMENT SET BEGIN"}}},
	{"STOP JOB '1' WITH DRAIN", [][3]string{{"WITH", "WITH DRAIN without WITH SAVEPOINT", "write WITH SAVEPOINT WITH DRAIN"}}},
	{"EXPLAIN CREATE TABLE t (a INT)", [][3]string{{"CREATE TABLE t (a INT)", "EXPLAIN needs a statement with AS and a query", ""}}},
	{"CREATE TABLE t LIKE u AS SELECT 1", [][3]string{{"AS", "expected ; or the end of the script after u, found AS", ""}}},
	{"SELECT 1; SELECT FROM; DROP TABEL x; SELECT 2;", [][3]string{
		{"FROM", "expected an expression after SELECT, found FROM", ""},
		{"TABEL", "expected TABLE, VIEW, FUNCTION, MODEL, CONNECTION, DATABASE, CATALOG or MATERIALIZED after DROP, found TABEL", "did you mean TABLE?"}}},
	{"EXECUTE STATEMENT SET BEGIN INSERT INTO a SELEC 1; INSERT INTO b SELECT 1 FRM c; END; SELCT", [][3]string{
		{"SELEC", "expected a query (SELECT, VALUES, WITH or TABLE) after a, found SELEC", "did you mean SELECT?"},
		{"FRM", "unexpected FRM before c", "did you mean FROM?"},
		{"SELCT", "expected a statement, found SELCT", "did you mean SELECT?"}}},
}

func TestMistakes(t *testing.T) {
	for _, m := range mistakes {
		_, err := ParseScript(m.src)
		var list sqlerr.List
		if !errors.As(err, &list) || len(list) != len(m.want) {
			t.Errorf("%s: got %v, want %d errors", m.src, err, len(m.want))
			continue
		}
		for i, e := range list {
			got := [3]string{m.src[e.Pos.Start:e.Pos.End], e.Msg, e.Hint}
			if got != m.want[i] || e.Code != sqlerr.Syntax {
				t.Errorf("%s:\n got %q\nwant %q", m.src, got, m.want[i])
			}
		}
	}
}

// TestRightStatementsSurvive checks that an error leaves the other statements.
func TestRightStatementsSurvive(t *testing.T) {
	s, err := ParseScript("SELECT 1; SELEC 2; SELECT 3")
	if err == nil || len(s.Statements) != 2 || s.Text(s.Statements[1]) != "SELECT 3" {
		t.Errorf("got %v, %v", s.Statements, err)
	}
}

func TestUnsupported(t *testing.T) {
	for src, want := range map[string]string{"MERGE INTO t": "MERGE is not supported", "SELECT * FROM t TABLESAMPLE SYSTEM (1)": "TABLESAMPLE is not supported"} {
		_, err := ParseScript(src)
		var list sqlerr.List
		if !errors.As(err, &list) || list[0].Code != sqlerr.Unsupported || list[0].Msg != want || list[0].Hint == "" {
			t.Errorf("%s: %v", src, err)
		}
	}
}

func TestDeepNesting(t *testing.T) {
	for _, part := range []string{"(", "NOT ", "- ", "ARRAY[", "f(", "CASE WHEN ", "(SELECT ", "a[", "x -> ", "CAST("} {
		src := make([]byte, 0, 20000*len(part))
		for range 20000 {
			src = append(src, part...)
		}
		if _, err := ParseScript("SELECT " + string(src)); err == nil {
			t.Errorf("20000 times %q parses", part)
		}
	}
	for _, src := range []string{"CREATE TABLE t (a ", "SELECT * FROM ", "SELECT * FROM t MATCH_RECOGNIZE (PATTERN "} {
		part := map[byte]string{' ': "ARRAY<", 'M': "(", 'N': "("}[src[len(src)-1]]
		if src[0] == 'S' {
			part = "("
		}
		long := make([]byte, 0, 20000*len(part))
		for range 20000 {
			long = append(long, part...)
		}
		if _, err := ParseScript(src + string(long)); err == nil {
			t.Errorf("%s with 20000 times %q parses", src, part)
		}
	}
}
