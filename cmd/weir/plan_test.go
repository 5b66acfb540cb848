package main

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write testdata/edits anew")

func TestPlanDiff(t *testing.T) {
	dir := t.TempDir()
	ddl := `SET 'pipeline.name' = 'job';
CREATE TABLE t (k INT, v INT) WITH ('connector'='datagen', 'number-of-rows'='100');
CREATE TABLE a (k INT) WITH ('connector'='print');
CREATE TABLE b (k INT, n BIGINT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector'='print');
EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT DISTINCT k FROM t; INSERT INTO b SELECT k, `
	write(t, dir, "old.sql", ddl+"COUNT(*) FROM t GROUP BY k; END")
	write(t, dir, "new.sql", ddl+"SUM(v) FROM t GROUP BY k; END")
	write(t, dir, "bad.sql", ddl+"SUM(w) FROM t GROUP BY k; END")
	out, errs, status := weir(t, dir, "", "plan", "diff", "--parallelism", "2", "old.sql", "new.sql")
	for _, want := range []string{"job\n  kept ", "kept           GroupAggregate\n", "rebuilt        GlobalGroupAggregate(SUM(v) AS EXPR$1): from TableSourceScan", "dropped        GlobalGroupAggregate(COUNT(*) AS EXPR$1)\n", "corrected      Sink(default_catalog.default_database.b)"} {
		if !strings.Contains(out, want) || status != 0 {
			t.Errorf("%q is missing (status %d):\n%s%s", want, status, out, errs)
		}
	}
	if out, errs, status = weir(t, dir, "", "plan", "diff", "new.sql", "new.sql"); strings.Contains(out, "rebuilt") || strings.Contains(out, "dropped") || status != 0 {
		t.Errorf("the same script (status %d):\n%s%s", status, out, errs)
	}
	if _, errs, status = weir(t, dir, "", "plan", "diff", "--parallelism", "2", "old.sql", "bad.sql"); status != 2 || !strings.Contains(errs, "bad.sql:5:") {
		t.Errorf("an error (status %d): %s", status, errs)
	}
	// What is saved counts more than the old script.
	if _, errs, status = weir(t, dir, "", "run", "--state-dir", "state", "--set", "execution.checkpointing.interval=10ms", "new.sql"); status != 0 {
		t.Fatal(status, errs)
	}
	if out, errs, status = weir(t, dir, "", "plan", "diff", "--state-dir", "state", "old.sql", "new.sql"); strings.Contains(out, "rebuilt") || status != 0 {
		t.Errorf("with a state directory (status %d):\n%s%s", status, out, errs)
	}
}

// TestStateInspectShowsKeys prints the hottest key by the types that it has.
func TestStateInspectShowsKeys(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "p.sql", `SET 'execution.checkpointing.interval' = '10 ms';
CREATE TABLE t (id BIGINT, u AS CONCAT('it''s ', CAST(MOD(id, 1) AS STRING)), d AS DATE '2026-01-02') WITH ('connector'='datagen', 'rows-per-second'='1000', 'fields.id.kind'='sequence', 'fields.id.start'='1', 'fields.id.end'='300');
CREATE TABLE a (u STRING, d DATE, n BIGINT) WITH ('connector'='blackhole');
INSERT INTO a SELECT u, d, COUNT(*) FROM t GROUP BY u, d;`)
	if _, errs, status := weir(t, dir, "", "run", "--state-dir", "state", "p.sql"); status != 0 {
		t.Fatal(errs)
	}
	if out, errs, status := weir(t, dir, "", "state", "inspect", "state"); status != 0 || !strings.Contains(out, " u = 'it''s 0', d = DATE '2026-01-02' ") {
		t.Errorf("status %d\n%s%s", status, out, errs)
	}
}

// TestPlanDiffOfWhatRan compares scripts and plan files with what a state directory and a
// savepoint say that ran.
func TestPlanDiffOfWhatRan(t *testing.T) {
	dir := t.TempDir()
	ddl := `SET 'pipeline.name' = 'job';
CREATE TABLE t (k INT, v INT) WITH ('connector'='datagen', 'number-of-rows'='100');
CREATE TABLE a (k INT, n BIGINT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector'='print');
`
	write(t, dir, "ran.sql", ddl+"INSERT INTO a SELECT k, COUNT(*) FROM t GROUP BY k;")
	write(t, dir, "edited.sql", ddl+"INSERT INTO a SELECT k, COUNT(*) * 2 FROM t GROUP BY k;")
	write(t, dir, "compile.sql", ddl+"COMPILE PLAN 'plan.json' FOR INSERT INTO a SELECT k, COUNT(*) * 2 FROM t GROUP BY k;")
	for _, args := range [][]string{{"run", "--state-dir", "state", "ran.sql"}, {"run", "compile.sql"}, {"savepoint", "create", "state", "state/saved"}} {
		if _, errs, status := weir(t, dir, "", args...); status != 0 {
			t.Fatal(args, errs)
		}
	}
	for _, c := range []struct{ old, new, has, lacks, warns string }{
		{"state", "ran.sql", "kept           GlobalGroupAggregate", "rebuilt", ""},
		{"state/job", "edited.sql", "from the state of GlobalGroupAggregate", "dropped        GlobalGroupAggregate", ""},
		{"state", "plan.json", "from the state of GlobalGroupAggregate", "", "SET 'pipeline.name' = 'job'"},
		{"state/saved", "plan.json", "from the state of GlobalGroupAggregate", "", ""},
		{"ran.sql", "state", "kept           GlobalGroupAggregate", "rebuilt", ""},
		{"plan.json", "state/saved", "from the state of GlobalGroupAggregate", "", "pipeline.name"},
		{"state", "state/saved", "kept           GlobalGroupAggregate", "rebuilt", ""},
		{"plan.json", "plan.json", "kept           GlobalGroupAggregate", "rebuilt", ""},
	} {
		out, errs, status := weir(t, dir, "", "plan", "diff", "--parallelism", "2", c.old, c.new)
		if status != 0 || !strings.Contains(out, c.has) || c.lacks != "" && strings.Contains(out, c.lacks) || (c.warns == "") != (errs == "") || !strings.Contains(errs, c.warns) {
			t.Errorf("%s, %s (status %d):\n%s%s", c.old, c.new, status, out, errs)
		}
	}
	write(t, dir, "query.sql", ddl+"SELECT k, COUNT(*) FROM t GROUP BY k;")
	weir(t, dir, "", "run", "--state-dir", "shown", "query.sql")
	if out, errs, status := weir(t, dir, "", "plan", "diff", "query.sql", "shown"); status != 0 || strings.Contains(out, "rebuilt") {
		t.Errorf("a query (status %d):\n%s%s", status, out, errs)
	}
	if _, errs, status := weir(t, dir, "", "plan", "diff", ".", "ran.sql"); status != 1 || !strings.Contains(errs, "holds no job") {
		t.Errorf("a folder without jobs (status %d): %s", status, errs)
	}
}

// TestEdits compares what `weir plan diff` says of the edits in testdata/edits: a script
// for both, one that ran (-- old), one that is to run (-- new), and the answer (-- diff).
// -update writes the answers anew.
func TestEdits(t *testing.T) {
	files, err := filepath.Glob("testdata/edits/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		both, rest, _ := strings.Cut(string(text), "-- old\n")
		before, rest, _ := strings.Cut(rest, "-- new\n")
		after, want, ok := strings.Cut(rest, "-- diff\n")
		if !ok {
			t.Fatalf("%s lacks a part", file)
		}
		dir := t.TempDir()
		write(t, dir, "old.sql", both+before)
		write(t, dir, "new.sql", both+after)
		got, errs, status := weir(t, dir, "", "plan", "diff", "old.sql", "new.sql")
		if *update {
			if err := os.WriteFile(file, []byte(strings.TrimSuffix(string(text), want)+got), 0o644); err != nil {
				t.Fatal(err)
			}
		} else if got != want || status != 0 {
			t.Errorf("%s (status %d): the difference is\n%s%s\nwant:\n%s", file, status, got, errs, want)
		}
	}
}
