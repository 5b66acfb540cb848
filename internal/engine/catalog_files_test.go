package engine_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/weir-stream/weir/internal/engine"
)

// shown keeps the rows of SHOW and DESCRIBE.
type shown struct{ rows [][]string }

func (*shown) Info(string)         {}
func (*shown) Warn(string)         {}
func (*shown) Started(*engine.Job) {}
func (s *shown) Rows(_ []string, rows [][]string) error {
	s.rows = rows
	return nil
}
func (*shown) Query(ctx context.Context, q *engine.Query) error {
	for {
		if b, err := q.Next(ctx); b == nil || err != nil {
			return err
		}
	}
}

// process is an engine with a catalog in a folder, as a new process has it.
func process(t *testing.T, dir string) *engine.Session {
	t.Helper()
	s := engine.New(engine.Config{Options: map[string]string{"table.dml-sync": "true"}}).NewSession()
	t.Cleanup(func() { s.Close() })
	do(t, s, "CREATE CATALOG files WITH ('type' = 'filesystem', 'path' = '"+dir+"'); USE CATALOG files")
	return s
}

func run(s *engine.Session, script string) ([][]string, error) {
	p, err := s.Prepare(script)
	if err != nil {
		return nil, err
	}
	out := &shown{}
	err = s.Run(context.Background(), p, out)
	return out.rows, err
}

func do(t *testing.T, s *engine.Session, script string) string {
	t.Helper()
	rows, err := run(s, script)
	if err != nil {
		t.Fatalf("%s: %v", script, err)
	}
	var lines []string
	for _, r := range rows {
		lines = append(lines, strings.Join(r, " | "))
	}
	return strings.Join(lines, "\n")
}

func refused(t *testing.T, s *engine.Session, script, want string) {
	t.Helper()
	if _, err := run(s, script); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%s: got %v, want %q", script, err, want)
	}
}

const everything = `
CREATE TABLE orders (
  id INT NOT NULL COMMENT 'the order''s number', item ROW<name STRING, ` + "`key`" + ` ARRAY<DECIMAL(10, 2)>> NOT NULL, ts TIMESTAMP_LTZ(3), ` + "`a b``c`" + ` MAP<STRING, INT>,
  day AS CAST(ts AS DATE), file STRING METADATA FROM 'file.path' VIRTUAL, WATERMARK FOR ts AS ts - INTERVAL '5' SECOND,
  CONSTRAINT pk PRIMARY KEY (id) NOT ENFORCED
) COMMENT 'what was ''ordered''' DISTRIBUTED BY HASH(id) INTO 4 BUCKETS PARTITIONED BY (id) WITH ('connector' = 'filesystem', 'path' = '.', 'format' = 'json');
CREATE DATABASE side COMMENT 'beside' WITH ('k' = 'v');
CREATE FUNCTION side.add1(x INT) RETURNS INT RETURN x + 1;
USE side;
CREATE VIEW v (number COMMENT 'n', next) COMMENT 'a view' AS SELECT id, add1(id) FROM ` + "files.`default`.orders" + `;
ALTER VIEW v SET ('a' = 'b');
CREATE FUNCTION big(n INT) RETURNS TABLE(id INT) LANGUAGE SQL AS 'SELECT number FROM v WHERE number > n';
CREATE MODEL m INPUT (a STRING) OUTPUT (b DOUBLE) WITH ('provider' = 'x', 'api-key' = 'secret');
CREATE CONNECTION c WITH ('type' = 'jdbc', 'password' = 'secret');
USE ` + "`default`"

const showEverything = "SHOW CREATE TABLE orders\x00DESCRIBE orders\x00SHOW CREATE VIEW side.v\x00DESCRIBE side.v\x00SHOW CREATE FUNCTION side.add1\x00" +
	"SHOW CREATE FUNCTION side.big\x00SHOW CREATE MODEL side.m\x00SHOW CREATE CONNECTION side.c\x00SHOW CREATE DATABASE side\x00" +
	"SHOW TABLES FROM side\x00SHOW VIEWS FROM side\x00SHOW USER FUNCTIONS FROM side\x00EXPLAIN SELECT next FROM side.v"

func TestCatalogInFilesSurvivesARestart(t *testing.T) {
	dir := t.TempDir()
	first := process(t, dir)
	do(t, first, everything)
	second := process(t, dir)
	for _, q := range strings.Split(showEverything, "\x00") {
		a, b := do(t, first, q), do(t, second, q)
		if a != b {
			t.Errorf("%s\nbefore:\n%s\nafter:\n%s", q, a, b)
		}
	}
	do(t, second, "ALTER TABLE orders DROP CONSTRAINT pk; ALTER TABLE orders RENAME TO sales; DROP VIEW side.v; DROP MODEL side.m; ALTER DATABASE side SET ('k' = 'w')")
	third := process(t, dir)
	if got := do(t, third, "SHOW TABLES"); got != "sales" {
		t.Errorf("tables: %s", got)
	}
	if got := do(t, third, "SHOW CREATE TABLE sales"); strings.Contains(got, "PRIMARY") {
		t.Errorf("the key is still there:\n%s", got)
	}
	if got := do(t, third, "SHOW CREATE DATABASE side"); !strings.Contains(got, "'k' = 'w'") {
		t.Errorf("%s", got)
	}
	do(t, third, "DROP DATABASE side CASCADE")
	refused(t, process(t, dir), "USE side", "there is no database `side`")
}

func TestStatisticsSurviveARestart(t *testing.T) {
	dir := t.TempDir()
	data := filepath.Join(t.TempDir(), "rows.csv")
	if err := os.WriteFile(data, []byte("1,a\n2,b\n2,\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	s := process(t, dir)
	do(t, s, "CREATE TABLE r (id INT, name STRING) WITH ('connector' = 'filesystem', 'path' = '"+data+"', 'format' = 'csv'); ANALYZE TABLE r COMPUTE STATISTICS FOR COLUMNS id")
	want := "id | INT | TRUE |  |  |  | 3 | 2 | 0 | 1 | 2 |  | \nname | STRING | TRUE |  |  |  | 3 |  |  |  |  |  | "
	for range 2 {
		if got := do(t, s, "DESCRIBE EXTENDED r"); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
		s = process(t, dir)
	}
	do(t, s, "ALTER TABLE r RENAME TO q")
	if got := do(t, process(t, dir), "DESCRIBE EXTENDED q"); got != want {
		t.Errorf("renamed:\n%s", got)
	}
	do(t, s, "DROP TABLE q; CREATE TABLE q (id INT) WITH ('connector' = 'blackhole')")
	if got := do(t, process(t, dir), "DESCRIBE EXTENDED q"); got != "id | INT | TRUE |  |  | " {
		t.Errorf("made anew: %s", got)
	}
}

// What SHOW CREATE prints makes the same object.
func TestShowCreateReparses(t *testing.T) {
	s := process(t, t.TempDir())
	do(t, s, everything)
	for _, q := range []string{"VIEW side.v", "TABLE orders", "FUNCTION side.add1", "FUNCTION side.big", "DATABASE side"} {
		text := do(t, s, "SHOW CREATE "+q)
		cascade := ""
		if strings.HasPrefix(q, "DATABASE") {
			cascade = " CASCADE"
		}
		do(t, s, "DROP "+q+cascade)
		do(t, s, text)
		if again := do(t, s, "SHOW CREATE "+q); again != text {
			t.Errorf("%s\nbefore:\n%s\nafter:\n%s", q, text, again)
		}
		if q == "VIEW side.v" {
			do(t, s, "EXPLAIN SELECT * FROM side.v")
		}
	}
}

func TestCatalogInFilesSeesOtherProcesses(t *testing.T) {
	dir := t.TempDir()
	a, b := process(t, dir), process(t, dir)
	do(t, a, "CREATE TABLE t (x INT) WITH ('connector' = 'blackhole')")
	if got := do(t, b, "SHOW TABLES"); got != "t" {
		t.Errorf("tables: %q", got)
	}
	refused(t, b, "CREATE TABLE t (y INT) WITH ('connector' = 'blackhole')", "there is already a table t")
	do(t, b, "ALTER TABLE t ADD y INT")
	if got := do(t, a, "DESCRIBE t"); !strings.Contains(got, "y | INT") {
		t.Errorf("columns: %q", got)
	}
	// A change between binding and running is not overwritten.
	p, err := a.Prepare("ALTER TABLE t ADD z INT")
	if err != nil {
		t.Fatal(err)
	}
	do(t, b, "ALTER TABLE t DROP y")
	if err := a.Run(context.Background(), p, &shown{}); err == nil || !strings.Contains(err.Error(), "another process has changed the table `t`") {
		t.Errorf("a lost update: %v", err)
	}
	do(t, b, "DROP TABLE t")
	if got := do(t, a, "SHOW TABLES"); got != "" {
		t.Errorf("tables: %q", got)
	}
}

// Of many that make one table, one does.
func TestCatalogInFilesConcurrently(t *testing.T) {
	dir := t.TempDir()
	var wg sync.WaitGroup
	made := make([]bool, 8)
	start := make(chan struct{})
	for i := range made {
		s := process(t, dir)
		p, err := s.Prepare(fmt.Sprintf("CREATE TABLE t (c%d INT) WITH ('connector' = 'blackhole'); CREATE TABLE own%d (x INT) WITH ('connector' = 'blackhole')", i, i))
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			<-start
			if err := s.Run(context.Background(), p, &shown{}); err == nil {
				made[i] = true
			} else if !strings.Contains(err.Error(), "there is already a table t") && !strings.Contains(err.Error(), "another process is making the table `t`") {
				t.Errorf("%v", err)
			}
		})
	}
	close(start)
	wg.Wait()
	winners := 0
	for _, m := range made {
		if m {
			winners++
		}
	}
	if winners != 1 {
		t.Errorf("%d made the table", winners)
	}
	if got := do(t, process(t, dir), "DESCRIBE t"); !strings.HasPrefix(got, "c") {
		t.Errorf("%q", got)
	}
	left, _ := filepath.Glob(filepath.Join(dir, "*", ".*.tmp"))
	if len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestCatalogInFilesNamesWhatIsWrong(t *testing.T) {
	dir := t.TempDir()
	s := process(t, dir)
	do(t, s, "CREATE TABLE good (x INT) WITH ('connector' = 'datagen', 'number-of-rows' = '1'); CREATE VIEW lost AS SELECT x FROM good")
	put := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, "default", name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put("table.syntax.sql", "CREATE TABLE syntax (\n  x INT,\n  y INTT T\n) WITH ('connector' = 'blackhole');\n")
	put("table.semantic.sql", "CREATE TABLE semantic (\n  x INT,\n  y AS nobody + 1\n) WITH ('connector' = 'blackhole');\n")
	put("table.other.sql", "SELECT 1;\n")
	put("table.claimed.sql", "")
	put("README", "not an object")
	put("table.Not%2fName.sql", "CREATE TABLE x (x INT) WITH ('connector' = 'blackhole')")
	if got := do(t, s, "SHOW TABLES"); got != "good\nlost\nother\nsemantic\nsyntax" {
		t.Errorf("tables:\n%s", got)
	}
	refused(t, s, "SELECT * FROM syntax", "table.syntax.sql:3:")
	refused(t, s, "DESCRIBE semantic", "table.semantic.sql:3: there is no column `nobody`")
	refused(t, s, "INSERT INTO other SELECT 1", "there is no CREATE TABLE in the file")
	refused(t, s, "CREATE TABLE claimed (x INT) WITH ('connector' = 'blackhole')", "remove the empty file")
	do(t, s, "SELECT * FROM good; DROP TABLE syntax; DROP TABLE semantic; DROP TABLE other; DROP TABLE good")
	if got := do(t, process(t, dir), "DESCRIBE lost"); !strings.HasPrefix(got, "x | ") {
		t.Errorf("a view without its table: %s", got)
	}
	refused(t, s, "SELECT * FROM lost", "in the view `lost`: there is no table `good`")
	refused(t, s, "CREATE CATALOG c2 WITH ('type' = 'filesystem')", "need the option 'path'")
	file := filepath.Join(dir, "default", "table.claimed.sql")
	refused(t, s, "CREATE CATALOG c2 WITH ('type' = 'filesystem', 'path' = '"+file+"')", "cannot be")
}

// Binding a script writes nothing.
func TestCatalogInFilesIsWrittenWhenTheScriptRuns(t *testing.T) {
	dir := t.TempDir()
	s := process(t, dir)
	refused(t, s, "CREATE DATABASE d; CREATE TABLE d.t (x INT) WITH ('connector' = 'blackhole'); SELECT * FROM nobody", "there is no table `nobody`")
	if got := do(t, process(t, dir), "SHOW DATABASES"); got != "default" {
		t.Errorf("databases: %s", got)
	}
	do(t, s, "CREATE TABLE `../x.y/ü` (x INT) WITH ('connector' = 'blackhole')")
	if got := do(t, process(t, dir), "SHOW TABLES"); got != "../x.y/ü" {
		t.Errorf("tables: %s", got)
	}
}

func TestPartitionsOfFolders(t *testing.T) {
	s := process(t, t.TempDir())
	do(t, s, "CREATE TABLE p (x INT, d DATE, h INT) PARTITIONED BY (d, h) WITH ('connector' = 'filesystem', 'path' = '"+t.TempDir()+"', 'format' = 'json')")
	do(t, s, "ALTER TABLE p ADD PARTITION (d = '2024-01-02', h = 3) PARTITION (h = 4, d = DATE '2024-01-02'); ALTER TABLE p ADD IF NOT EXISTS PARTITION (d = '2024-01-02', h = 3)")
	do(t, s, "INSERT INTO p SELECT 1, CAST(NULL AS DATE), 7")
	if got, want := do(t, s, "SHOW PARTITIONS p"), "d=2024-01-02/h=3\nd=2024-01-02/h=4\nd=__DEFAULT_PARTITION__/h=7"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := do(t, s, "SHOW PARTITIONS p PARTITION (h = 4)"); got != "d=2024-01-02/h=4" {
		t.Errorf("%s", got)
	}
	refused(t, s, "ALTER TABLE p ADD PARTITION (d = '2024-01-02', h = 3)", "there is already a partition d=2024-01-02/h=3")
	refused(t, s, "ALTER TABLE p DROP PARTITION (d = '2024-01-02', h = 9)", "there is no partition d=2024-01-02/h=9")
	refused(t, s, "ALTER TABLE p ADD PARTITION (h = 3)", "the partition column `d` has no value")
	do(t, s, "ALTER TABLE p DROP PARTITION (d = '2024-01-02', h = 3), PARTITION (d = NULL, h = 7); ALTER TABLE p DROP IF EXISTS PARTITION (d = '2024-01-02', h = 9)")
	if got := do(t, s, "SHOW PARTITIONS p"); got != "d=2024-01-02/h=4" {
		t.Errorf("%s", got)
	}
}
