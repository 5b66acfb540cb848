package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestForeignSavepoint refuses a savepoint of which a script uses nothing, unless it is told
// to drop it, and leaves nothing of it in the state directory.
func TestForeignSavepoint(t *testing.T) {
	dir := t.TempDir()
	ddl := "CREATE TABLE t (k INT, v INT) WITH ('connector' = 'datagen', 'number-of-rows' = '100');\nCREATE TABLE a (k INT, n BIGINT) WITH ('connector' = 'blackhole');\n"
	write(t, dir, "counts.sql", ddl+"INSERT INTO a SELECT k, COUNT(*) FROM t GROUP BY k;")
	write(t, dir, "edited.sql", ddl+"INSERT INTO a SELECT k, COUNT(*) * 2 FROM t GROUP BY k;")
	write(t, dir, "foreign.sql", ddl+"INSERT INTO a SELECT v, 1 FROM t WHERE k > 7;")
	for _, args := range [][]string{{"run", "--state-dir", "state", "counts.sql"}, {"savepoint", "create", "state", "saved"},
		{"run", "--state-dir", "one", "--from-savepoint", "saved", "edited.sql"}} {
		if _, said, status := weir(t, dir, "", args...); status != 0 {
			t.Fatal(args, said)
		}
	}
	from := []string{"run", "--state-dir", "two", "--from-savepoint", "saved", "foreign.sql"}
	if _, said, status := weir(t, dir, "", from...); status == 0 || !strings.Contains(said, "cannot go on from savepoint saved") || !strings.Contains(said, "ignore-unclaimed-state") {
		t.Errorf("a foreign savepoint gave %d: %s", status, said)
	}
	if _, said, status := weir(t, dir, "", "run", "--state-dir", "two", "foreign.sql"); status != 0 || said != "" {
		t.Errorf("without it %d: %s", status, said)
	}
	from[2] = "three"
	if _, said, status := weir(t, dir, "", append(from, "--set", "execution.savepoint.ignore-unclaimed-state=true")...); status != 0 || !strings.Contains(said, "dropped") {
		t.Errorf("when it may be dropped: %d: %s", status, said)
	}
}

// TestSavepointsByRelativePaths: a savepoint goes where whoever asks for it stands, not
// where the job does, and a job that began with one finds it from elsewhere.
func TestSavepointsByRelativePaths(t *testing.T) {
	dir := t.TempDir()
	elsewhere := filepath.Join(dir, "elsewhere")
	if err := os.Mkdir(elsewhere, 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, dir, "p.sql", `SET 'pipeline.name' = 'job'; SET 'execution.checkpointing.interval' = '20 ms';
		CREATE TABLE n (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '1000', 'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '100000000');
		CREATE TABLE o (m BIGINT) WITH ('connector' = 'blackhole');
		INSERT INTO o SELECT MAX(id) FROM n`)
	run := func(in string, args ...string) *exec.Cmd {
		cmd := exec.CommandContext(t.Context(), binary, args...)
		var errs bytes.Buffer
		cmd.Dir, cmd.Stderr = in, &errs
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		state := args[2]
		for until := time.Now().Add(patience); ; {
			if out, _, _ := weir(t, in, "", "job", "show", state); strings.Contains(out, "running with") && strings.Contains(out, "\ncheckpoint") {
				return cmd
			}
			if time.Now().After(until) {
				t.Fatal("the job cannot be reached: " + errs.String())
			}
		}
	}
	first := run(dir, "run", "--state-dir", "state", "p.sql")
	for _, args := range [][]string{{"job", "savepoint", "../state", "one"}, {"job", "stop", "--savepoint", "two", "../state"}} {
		if _, said, status := weir(t, elsewhere, "", args...); status != 0 {
			t.Fatal(args, said)
		}
	}
	ended(t, first)
	out, said, status := weir(t, elsewhere, "", "savepoint", "inspect", "one")
	if status != 0 || !strings.HasPrefix(out, "job: checkpoint ") {
		t.Errorf("inspect gave %d: %s%s", status, out, said)
	}
	for _, what := range []string{"../state", "nowhere", "../state/job"} {
		if _, said, status := weir(t, elsewhere, "", "savepoint", "inspect", what); status == 0 || !strings.Contains(said, what+" is not a savepoint") {
			t.Errorf("inspecting %s gave %d: %s", what, status, said)
		}
	}
	second := run(elsewhere, "run", "--state-dir", "../next", "--from-savepoint", "two", "../p.sql")
	second.Process.Kill()
	ended(t, second)
	third := run(dir, "run", "--state-dir", "next", "p.sql")
	third.Process.Kill()
	ended(t, third)
	if err := os.Rename(filepath.Join(elsewhere, "two"), filepath.Join(elsewhere, "three")); err != nil {
		t.Fatal(err)
	}
	if _, said, status := weir(t, dir, "", "run", "--state-dir", "next", "p.sql"); status == 0 || !strings.Contains(said, "--from-savepoint") {
		t.Errorf("without the savepoint that it began with: %d %s", status, said)
	}
	fourth := run(dir, "run", "--state-dir", "next", "--from-savepoint", "elsewhere/three", "p.sql")
	fourth.Process.Kill()
	ended(t, fourth)
	if _, said, status := weir(t, dir, "", "run", "--from-savepoint", "elsewhere/three", "p.sql"); status == 0 || !strings.Contains(said, "--state-dir") {
		t.Errorf("a savepoint without a state directory: %d %s", status, said)
	}
}
