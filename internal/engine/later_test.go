package engine

import (
	"strings"
	"testing"
)

// A statement may define a table of a file that is not there before the script runs;
// what is wrong beside that is told at once.
func TestTablesOfFilesThatTheScriptWrites(t *testing.T) {
	dir := t.TempDir()
	script := `CREATE TABLE src (k STRING, v INT) WITH ('connector' = 'filesystem', 'path' = '` + dir + `/src', 'format' = 'csv');
INSERT INTO src VALUES ('a', 1), ('b', 2), ('a', 3);
CREATE TABLE sums (PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'filesystem', 'path' = '` + dir + `/sums', 'format' = 'csv') AS SELECT k, SUM(v) AS v FROM src GROUP BY k;
CREATE VIEW top AS SELECT k FROM sums WHERE v > 2;
CREATE TABLE again WITH ('connector' = 'filesystem', 'path' = '` + dir + `/again', 'format' = 'csv') AS SELECT * FROM top;
`
	rows, err := run(t, script+"SELECT COUNT(*) FROM again; SHOW TABLES")
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, r := range rows {
		got += strings.Join(r, ",") + ";"
	}
	if want := "again;src;sums;top;"; !strings.HasSuffix(got, want) {
		t.Errorf("the script gives %s, want %s at the end", got, want)
	}
	if _, err := run(t, script+"SELECT missing FROM src"); err == nil || !strings.Contains(err.Error(), "missing") {
		t.Errorf("a column that is not there: %v", err)
	}
}
