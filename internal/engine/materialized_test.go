package engine

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestMaterializedJobs follows the job of a materialized table over endless input
// from one statement to the next.
func TestMaterializedJobs(t *testing.T) {
	s := New(Config{Options: map[string]string{"parallelism.default": "1"}}).NewSession()
	defer s.Close()
	do := func(script string) ([][]string, error) {
		t.Helper()
		p, err := s.Prepare(script)
		if err != nil {
			return nil, err
		}
		o := &scripted{}
		return o.rows, s.Run(t.Context(), p, o)
	}
	states := func() string {
		var out []string
		for _, j := range s.Jobs() {
			out = append(out, j.status())
		}
		return strings.Join(out, " ")
	}
	for _, c := range []struct{ script, fails, states string }{
		{"CREATE TABLE g (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '100')", "", ""},
		{"CREATE MATERIALIZED TABLE m WITH ('connector' = 'blackhole') FRESHNESS = INTERVAL '1' SECOND AS SELECT id, id + 1 AS n FROM g", "", "RUNNING"},
		{"ALTER MATERIALIZED TABLE m SUSPEND", "", "FINISHED"},
		{"ALTER MATERIALIZED TABLE m SUSPEND", "suspended already", "FINISHED"},
		{"ALTER MATERIALIZED TABLE m RESUME", "", "FINISHED RUNNING"},
		{"ALTER MATERIALIZED TABLE m AS SELECT id, id + 2 AS n, 'x' AS k FROM g", "", "FINISHED FINISHED RUNNING"},
		{"STOP JOB '3'", "", "FINISHED FINISHED FINISHED"},
		{"STOP JOB '3'", "it is FINISHED", "FINISHED FINISHED FINISHED"},
		{"ALTER MATERIALIZED TABLE m SUSPEND; ALTER MATERIALIZED TABLE m RESUME", "", "FINISHED FINISHED FINISHED RUNNING"},
		{"DROP MATERIALIZED TABLE m", "", "FINISHED FINISHED FINISHED FINISHED"},
		{"ALTER MATERIALIZED TABLE m RESUME", "there is no materialized table `m`", "FINISHED FINISHED FINISHED FINISHED"},
	} {
		_, err := do(c.script)
		if c.fails == "" && err != nil || c.fails != "" && (err == nil || !strings.Contains(err.Error(), c.fails)) {
			t.Fatalf("%s: %v", c.script, err)
		}
		if got := states(); got != c.states {
			t.Errorf("%s: jobs are %s, want %s", c.script, got, c.states)
		}
	}
}

// TestMaterializedRefresh replaces the rows of one partition, then all.
func TestMaterializedRefresh(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "m")
	s := New(Config{Options: map[string]string{"parallelism.default": "1", "table.dml-sync": "true"}}).NewSession()
	defer s.Close()
	for _, script := range []string{
		"CREATE TABLE src (id INT, d STRING) WITH ('connector'='filesystem','format'='csv','path'='$.src'); INSERT INTO src VALUES (1, 'x'), (2, 'y')",
		"CREATE MATERIALIZED TABLE m PARTITIONED BY (d) WITH ('connector'='filesystem','format'='csv','path'='$') AS SELECT id, d FROM src",
		"INSERT INTO src VALUES (3, 'x'), (4, 'y'); ALTER MATERIALIZED TABLE m REFRESH PARTITION (d = 'x')",
	} {
		p, err := s.Prepare(strings.ReplaceAll(script, "$", dir))
		if err == nil {
			err = s.Run(t.Context(), p, &scripted{})
		}
		if err != nil {
			t.Fatalf("%s: %v", script, err)
		}
	}
	got, _ := tree(t, dir)
	if got["d=x"] != "1 3" || got["d=y"] != "2" {
		t.Errorf("after REFRESH of a partition the table holds %v", got)
	}
}
