package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// binary is the program under test, built once.
var binary string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "weir")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		binary = filepath.Join(dir, "weir")
		build := exec.Command("go", "build", "-o", binary, ".")
		build.Stderr = os.Stderr
		if err := build.Run(); err != nil {
			return 1
		}
		return m.Run()
	}())
}

// patience is how long a run may take before a test gives up.
const patience = 30 * time.Second

// weir runs the program in a folder and gives what it wrote and its status.
func weir(t *testing.T, dir, stdin string, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary, args...)
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(stdin)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	giveUp := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	defer giveUp.Stop()
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// rows is a query with texts of several widths, nulls and types.
const rows = `SELECT * FROM (VALUES (1, 'tea', 2.50, TIMESTAMP '2026-01-02 03:04:05'), (20, '抹茶', 10.00, CAST(NULL AS TIMESTAMP(0)))) AS t(id, item, price, at)`

func TestRun(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "ddl.sql", "CREATE VIEW v AS SELECT * FROM (VALUES (1), (2)) AS t(x) -- no semicolon")
	write(t, dir, "use.sql", "SELECT SUM(x) AS s FROM v;")
	write(t, dir, "typo.sql", "CREATE VIEW v AS SELECT * FROM (VALUES (1, 2)) AS t(price, amount);\n\nSELECT pric\nFROM v;\n")
	write(t, dir, "typos.sql", "SELECT pric, amont\nFROM (VALUES (1, 2)) AS t(price, amount);\n")
	write(t, dir, "bad.csv", "1\nx\n3\n")
	bad := "CREATE TABLE b (x INT) WITH ('connector'='filesystem','path'='bad.csv','format'='csv'"
	for _, c := range []struct {
		name   string
		args   []string
		stdin  string
		out    string
		err    string // a part, or if it ends in a newline all of it
		status int
	}{
		{name: "json is the default into a pipe", args: []string{"run", "-c", rows},
			out: `{"id":1,"item":"tea","price":2.50,"at":"2026-01-02 03:04:05"}` + "\n" + `{"id":20,"item":"抹茶","price":10.00,"at":null}` + "\n"},
		{name: "csv", args: []string{"run", "--output", "csv", "-c", "SELECT 'a,\"b' AS x, '' AS y, CAST(NULL AS INT) AS z, ARRAY[1, 2] AS l"},
			out: "x,y,z,l\n\"a,\"\"b\",\"\",,\"[1,2]\"\n"},
		{name: "table", args: []string{"run", "--output", "table", "-c", rows}, out: "" +
			"┌────┬──────┬───────┬─────────────────────┐\n" +
			"│ id │ item │ price │ at                  │\n" +
			"├────┼──────┼───────┼─────────────────────┤\n" +
			"│  1 │ tea  │  2.50 │ 2026-01-02 03:04:05 │\n" +
			"│ 20 │ 抹茶 │ 10.00 │ NULL                │\n" +
			"└────┴──────┴───────┴─────────────────────┘\n"},
		{name: "changelog", args: []string{"run", "--output", "changelog", "-c", rows}, out: "+I[1, tea, 2.50, 2026-01-02T03:04:05]\n+I[20, 抹茶, 10.00, null]\n"},
		{name: "none", args: []string{"run", "--output", "none", "-c", rows}},
		{name: "updates are folded and ordered", args: []string{"run", "--set", "table.exec.mini-batch.enabled=false", "-c",
			"SELECT k, COUNT(*) AS n FROM (VALUES ('a'), ('b'), ('a')) AS t(k) GROUP BY k ORDER BY n DESC"},
			out: "{\"k\":\"a\",\"n\":2}\n{\"k\":\"b\",\"n\":1}\n"},
		{name: "files are one script", args: []string{"run", "ddl.sql", "use.sql"}, out: "{\"s\":3}\n"},
		{name: "a file and a string", args: []string{"run", "ddl.sql", "-c", "SELECT MAX(x) AS m FROM v"}, out: "{\"m\":2}\n"},
		{name: "a script from stdin", args: []string{"run", "-"}, stdin: "SELECT 1 AS one;", out: "{\"one\":1}\n"},
		{name: "the shell without a terminal", args: []string{"sql"}, stdin: "SET 'execution.runtime-mode' = 'batch';\nSELECT 1 AS one;\n", out: "{\"one\":1}\n"},
		{name: "rows from a stream on stdin", args: []string{"run", "-c", "CREATE TABLE i (x INT) WITH ('connector'='filesystem','path'='-','format'='csv'); SELECT x + 1 AS y FROM i"},
			stdin: "1\n2\n", out: "{\"y\":2}\n{\"y\":3}\n"},
		{name: "op comes first where rows are taken back", args: []string{"run", "--parallelism", "1", "--set", "table.exec.mini-batch.enabled=false", "-c",
			"CREATE TABLE i (k STRING) WITH ('connector'='filesystem','path'='-','format'='csv'); SELECT k, COUNT(*) AS n FROM i GROUP BY k"},
			stdin: "a\na\n", out: `{"op":"+I","k":"a","n":1}` + "\n" + `{"op":"-U","k":"a","n":1}` + "\n" + `{"op":"+U","k":"a","n":2}` + "\n", err: "grows without bound"},
		{name: "SHOW is rows", args: []string{"run", "ddl.sql", "-c", "SHOW TABLES"}, out: "{\"table name\":\"v\"}\n"},
		{name: "a typo", args: []string{"run", "typo.sql"}, status: 2,
			err: "typo.sql:3:8: error: there is no column `pric`\n    3 | SELECT pric\n      |        ^^^^\n  hint: did you mean `price`?\n"},
		{name: "two typos", args: []string{"run", "typos.sql"}, status: 2,
			err: "typos.sql:1:8: error: there is no column `pric`\n    1 | SELECT pric, amont\n      |        ^^^^\n  hint: did you mean `price`?\n" +
				"\ntypos.sql:1:14: error: there is no column `amont`\n    1 | SELECT pric, amont\n      |              ^^^^^\n  hint: did you mean `amount`?\n"},
		{name: "an error in the second of two files", args: []string{"run", "ddl.sql", "typos.sql"}, status: 2, err: "typos.sql:1:8: error"},
		{name: "a missing file", args: []string{"run", "nowhere.sql"}, status: 2, err: "weir: cannot read nowhere.sql: no such file or directory\n"},
		{name: "nothing to run", args: []string{"run"}, status: 2, err: "nothing to run"},
		{name: "an unknown flag", args: []string{"run", "--otput", "csv"}, status: 2, err: "unknown flag --otput"},
		{name: "a wrong setting", args: []string{"run", "--set", "parallelism.default=many", "-c", "SELECT 1"}, status: 2, err: "'many' is not a value of parallelism.default"},
		{name: "bad data", args: []string{"run", "-c", bad + "); SELECT x FROM b"}, status: 1, err: "bad.csv"},
		{name: "bad data that is passed over is counted", args: []string{"run", "-c", bad + ",'csv.ignore-parse-errors'='true'); SELECT SUM(x) AS s FROM b"}, out: "{\"s\":4}\n", err: "parse errors: 1"},
		{name: "explain", args: []string{"explain", "ddl.sql", "use.sql"}, out: "== Optimized Physical Plan =="},
		{name: "explain points into the script as it was written", args: []string{"explain", "typos.sql"}, status: 2, err: "typos.sql:1:14: error: there is no column `amont`"},
		{name: "fmt", args: []string{"fmt", "-"}, stdin: "select a from t -- why\n", out: "SELECT a FROM t; -- why\n"},
		{name: "fmt of what does not parse", args: []string{"fmt", "-"}, stdin: "select from", status: 2, err: "<stdin>:1:8: error"},
		{name: "docs", args: []string{"docs", "settings", "table.dml-sync"}, out: "## table.dml-sync"},
		{name: "version", args: []string{"version"}, out: "weir "},
		{name: "help", args: []string{"help", "run"}, out: "Examples:"},
		{name: "no such command", args: []string{"rum"}, status: 2, err: "rum"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			out, errs, status := weir(t, dir, c.stdin, c.args...)
			if status != c.status {
				t.Errorf("status %d, want %d", status, c.status)
			}
			if whole := c.args[0] == "run" || c.args[0] == "fmt" || c.args[0] == "sql"; whole && out != c.out || !strings.Contains(out, c.out) {
				t.Errorf("stdout:\n%s\nwant:\n%s", out, c.out)
			}
			if strings.HasSuffix(c.err, "\n") && errs != c.err || !strings.Contains(errs, c.err) || c.err == "" && errs != "" {
				t.Errorf("stderr:\n%s\nwant:\n%s", errs, c.err)
			}
		})
	}
}

func TestFmtFiles(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.sql", "select   1;\n")
	if out, _, status := weir(t, dir, "", "fmt", "--check", "a.sql"); status != 1 || out != "a.sql\n" {
		t.Errorf("--check: %q, %d", out, status)
	}
	if _, _, status := weir(t, dir, "", "fmt", "-w", "a.sql"); status != 0 {
		t.Errorf("-w: %d", status)
	}
	if text, _ := os.ReadFile(filepath.Join(dir, "a.sql")); string(text) != "SELECT 1;\n" {
		t.Errorf("the file is %q", text)
	}
	if out, _, status := weir(t, dir, "", "fmt", "--check", "a.sql"); status != 0 || out != "" {
		t.Errorf("--check afterwards: %q, %d", out, status)
	}
}

// streaming starts a filter over stdin and gives its first row, so that it is
// known to run.
func streaming(t *testing.T, query string) (cmd *exec.Cmd, in io.WriteCloser, out io.ReadCloser, first string) {
	t.Helper()
	cmd = exec.CommandContext(t.Context(), binary, "run", "-c",
		"CREATE TABLE i (x INT) WITH ('connector'='filesystem','path'='-','format'='csv'); "+query)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if out, err = cmd.StdoutPipe(); err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = &bytes.Buffer{}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	if _, err := io.WriteString(in, "7\n"); err != nil {
		t.Fatal(err)
	}
	line := make(chan string, 1)
	go func() {
		s, _ := bufio.NewReaderSize(out, 16).ReadString('\n')
		line <- s
	}()
	select {
	case first = <-line:
	case <-time.After(patience):
		t.Fatal("no row came")
	}
	return cmd, in, out, first
}

// ended waits for the end of a run and gives its status.
func ended(t *testing.T, cmd *exec.Cmd) int {
	t.Helper()
	done := make(chan int, 1)
	go func() {
		_ = cmd.Wait()
		done <- cmd.ProcessState.ExitCode()
	}()
	select {
	case s := <-done:
		return s
	case <-time.After(patience):
		t.Fatal("the run does not end")
		return -1
	}
}

func TestSignals(t *testing.T) {
	for sig, want := range map[syscall.Signal]int{syscall.SIGINT: 130, syscall.SIGTERM: 143} {
		t.Run(sig.String(), func(t *testing.T) {
			t.Parallel()
			cmd, in, _, first := streaming(t, "SELECT x FROM i WHERE x > 1")
			defer in.Close()
			if first != "{\"x\":7}\n" {
				t.Errorf("the row is %q", first)
			}
			if err := cmd.Process.Signal(sig); err != nil {
				t.Fatal(err)
			}
			if got := ended(t, cmd); got != want {
				t.Errorf("status %d, want %d", got, want)
			}
		})
	}
}

// TestClosedPipe: a reader that has enough ends the run, also while no rows come.
func TestClosedPipe(t *testing.T) {
	cmd, in, out, _ := streaming(t, "SELECT x FROM i")
	defer in.Close()
	_ = out.Close()
	errs := cmd.Stderr.(*bytes.Buffer)
	if got := ended(t, cmd); got != 0 || errs.Len() > 0 {
		t.Errorf("status %d, stderr %q", got, errs)
	}
}
