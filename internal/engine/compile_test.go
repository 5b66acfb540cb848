package engine

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// scripted is an Output for statements that give no rows.
type scripted struct{ rows [][]string }

func (*scripted) Info(string)                         {}
func (*scripted) Warn(string)                         {}
func (*scripted) Query(context.Context, *Query) error { return nil }
func (*scripted) Started(*Job)                        {}
func (o *scripted) Rows(_ []string, rows [][]string) error {
	o.rows = rows
	return nil
}

// run runs a script in batch mode in a session of its own and gives what is
// wrong.
func run(t *testing.T, src string) ([][]string, error) {
	t.Helper()
	s := New(Config{Options: map[string]string{"execution.runtime-mode": "batch", "parallelism.default": "2"}}).NewSession()
	p, err := s.Prepare(src)
	if err != nil {
		return nil, err
	}
	o := &scripted{}
	err = s.Run(context.Background(), p, o)
	if cerr := s.Close(); err == nil {
		err = cerr
	}
	return o.rows, err
}

// TestPlanFile compiles a plan, runs it in a session that does not know the
// tables, and looks at what becomes of files that are there or not.
func TestPlanFile(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "in.csv"), []byte("1,a\n2,b\n3,a\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	at := strings.NewReplacer("$", dir+string(filepath.Separator))
	tables := at.Replace(`CREATE TABLE src (id INT, k STRING) WITH ('connector' = 'filesystem', 'path' = '$in.csv', 'format' = 'csv');
CREATE TABLE dst (k STRING, n BIGINT) WITH ('connector' = 'filesystem', 'path' = '$out', 'format' = 'csv');
`)
	insert := "INSERT INTO dst SELECT k, COUNT(*) FROM src WHERE id < 10 GROUP BY k"
	for _, c := range []struct{ script, want string }{
		{at.Replace("EXECUTE PLAN '$p.json'"), "there is no plan"},
		{tables + at.Replace("COMPILE PLAN '$p.json' FOR ") + insert, ""},
		{tables + at.Replace("COMPILE PLAN '$p.json' FOR ") + insert, "there is already a plan"},
		{tables + at.Replace("COMPILE PLAN '$p.json' IF NOT EXISTS FOR ") + insert, ""},
		{at.Replace("EXECUTE PLAN '$p.json'"), ""},
		{tables + at.Replace("COMPILE AND EXECUTE PLAN '$q.json' FOR STATEMENT SET BEGIN ") + insert + "; " + insert + "; END", ""},
		{at.Replace("EXPLAIN PLAN FOR '$q.json'"), ""},
	} {
		rows, err := run(t, c.script)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Fatalf("%s: %v; want %q", c.script, err, c.want)
		}
		if strings.HasPrefix(c.script, "EXPLAIN") && !strings.Contains(rows[0][0], "GroupAggregate") {
			t.Errorf("EXPLAIN of a plan file gives %s", rows[0][0])
		}
	}
	files, err := filepath.Glob(filepath.Join(dir, "out", "part-*"))
	if err != nil {
		t.Fatal(err)
	}
	all := ""
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all += string(b)
	}
	if strings.Count(all, "a,2\n") != 3 || strings.Count(all, "b,1\n") != 3 {
		t.Errorf("three runs of the plan gave %q", all)
	}
}
