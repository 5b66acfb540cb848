package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// runTest runs `weir test` in a folder of files and gives its status and output.
func runTest(t *testing.T, files map[string]string, args ...string) (dir string, status int, out string) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	var o, e strings.Builder
	status = start(append([]string{"test"}, args...), &app{in: os.Stdin, out: &stdout{w: &o}, err: &e})
	return dir, status, o.String() + e.String()
}

const sumPipeline = `CREATE TABLE orders (item STRING, n INT) WITH ('connector' = 'kafka', 'topic' = 'o', 'format' = 'json');
CREATE TABLE sums (item STRING, n INT, PRIMARY KEY (item) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'topic' = 's', 'key.format' = 'raw');
INSERT INTO sums SELECT item, SUM(n) FROM orders GROUP BY item;
`

const sumTest = `# why
worlds stream par4

test one
pipeline ../p.sql
feed orders
a | 1
a | 2

table sums
----
a | 3

test two
pipeline ../p.sql
# twice
feed orders
a | 1

tablelog sums
----
+I | a | 1
`

func TestTestPasses(t *testing.T) {
	_, status, out := runTest(t, map[string]string{"p.sql": sumPipeline, "t/a.slt": sumTest}, "-v", "t", "--junit", "j.xml")
	if status != 0 || !strings.Contains(out, "t/a.slt/two [par4]") || !strings.Contains(out, "4 cases in 1 files, 3 checks, 0 failed") {
		t.Errorf("%d\n%s", status, out)
	}
	report, err := os.ReadFile("j.xml")
	if err != nil || !strings.Contains(string(report), `<testsuite name="t/a.slt" tests="4" failures="0"`) {
		t.Errorf("%v %s", err, report)
	}
}

func TestTestShowsWhatDiffers(t *testing.T) {
	wrong := strings.Replace(sumTest, "a | 3", "a | 4", 1)
	dir, status, out := runTest(t, map[string]string{"p.sql": sumPipeline, "t/a.slt": wrong}, "t", "--junit", "j.xml")
	for _, want := range []string{"FAIL t/a.slt/one [stream]", "t/a.slt:10: table sums differs", "  - a | 4\n  + a | 3", "2 failed"} {
		if status != 1 || !strings.Contains(out, want) {
			t.Errorf("status %d, no %q in\n%s", status, want, out)
		}
	}
	report, _ := os.ReadFile(filepath.Join(dir, "j.xml"))
	if !strings.Contains(string(report), `<failure message="t/a.slt:10: table sums differs`) {
		t.Errorf("%s", report)
	}
}

func TestTestUpdates(t *testing.T) {
	wrong := strings.Replace(strings.Replace(sumTest, "a | 3", "b | 4\nc | 5", 1), "+I | a | 1\n", "", 1)
	dir, status, out := runTest(t, map[string]string{"p.sql": sumPipeline, "t/a.slt": wrong}, "t", "--update")
	text, _ := os.ReadFile(filepath.Join(dir, "t/a.slt"))
	if status != 0 || string(text) != sumTest {
		t.Errorf("%d %s\n%s", status, out, text)
	}
}

func TestTestPicksCasesAndSources(t *testing.T) {
	files := map[string]string{"p.sql": sumPipeline, "o.csv": "item,n\nx,7\n", "o.jsonl": "{\"n\": 8, \"item\": \"x\"}\n",
		"t/a.slt": sumTest, "t/b.slt": "pipeline ../p.sql\n\ntable sums\n----\nx | 7\n", "c.slt": "source orders=o.jsonl\npipeline p.sql\ntable sums\n----\nx | 8\n"}
	for _, c := range []struct {
		args   string
		status int
		want   string
	}{
		{"t/a.slt --run one$", 0, "2 cases"},
		{"t --run nothing", 2, "no case matches"},
		{"t/b.slt --source orders=o.csv", 0, "1 cases in 1 files, 1 checks, 0 failed"},
		{"t/b.slt --source orders=o.csv --world all", 0, "7 cases"},
		{"c.slt", 0, "0 failed"},
		{"t/b.slt --source orders=no.csv", 2, "no.csv"},
		{"t/b.slt --source orders", 2, "TABLE=FILE"},
		{"t/a.slt --parallelism 1,2,4", 0, "6 cases in 1 files, 4 checks, 0 failed"},
		{"t/a.slt --world stream,par7 --parallelism 2 -v", 0, "t/a.slt/one [par7]"},
		{"t/a.slt --parallelism 17", 2, "from 1 to 16, not 17"},
		{"t/a.slt --world par17", 2, "there is no world par17"},
		{"t/b.slt --world mars", 2, "there is no world mars"},
		{"nowhere", 2, "nowhere"},
		{"p.sql", 2, "there is no directive"},
	} {
		if _, status, out := runTest(t, files, strings.Fields(c.args)...); status != c.status || !strings.Contains(out, c.want) {
			t.Errorf("weir test %s: status %d, want %d with %q\n%s", c.args, status, c.status, c.want, out)
		}
	}
}

func TestTestPlacesErrors(t *testing.T) {
	for name, c := range map[string]struct{ test, want string }{
		"of a pipeline":     {"pipeline p.sql\n", "p.sql:3:35: error: there is no column `m`"},
		"of a statement":    {"\n\nstatement ok\nSELECT\n  x\n", "a.slt:5:3: error: there is no column `x`"},
		"of a table":        {"feed order\n1\n", "a.slt:1: feed order: "},
		"of a job":          {"statement ok\nCREATE TABLE t (v INT) WITH ('connector' = 'values'); CREATE TABLE o (v INT) WITH ('connector' = 'values'); INSERT INTO o SELECT 1 / v FROM t\n\nfeed t\n0\n", "a.slt:4: feed t: a job has failed"},
		"of a code":         {"statement error (type) column\nSELECT x\n", "not type"},
		"of time":           {"advance a while\n", "is no duration"},
		"of a kill":         {"pipeline p.sql\n\nend\nkill\n", "a.slt:4: kill: there is no running job to kill"},
		"of a 2nd kill":     {"pipeline p.sql\nkill\nfeed orders\na | 1\n\nkill\n", "a.slt:6: kill: the jobs were killed in line 2: restore comes before kill"},
		"of a pipeline 3":   {"pipeline p.sql\nkill\npipeline p.sql\n", "a.slt:3: pipeline p.sql: the jobs were killed in line 2"},
		"of a restore":      {"pipeline p.sql\nrestore\n", "a.slt:2: restore: nothing has been killed"},
		"of a checkpoint":   {"pipeline p.sql\nkill\ncheckpoint\n", "a.slt:3: checkpoint: the jobs were killed in line 2"},
		"of a checkpoint 2": {"checkpoint\n", "there is no running job to checkpoint"},
		"of a rescale":      {"pipeline p.sql\nrescale\n", "rescale needs a number"},
		"of a rescale 2":    {"pipeline p.sql\nrescale 17\n", `"17" is no number of subtasks: from 1 to pipeline.max-parallelism, 16`},
		"of a restore 2":    {"pipeline p.sql\nkill\nrestore four\n", `a.slt:3: restore four: "four" is no number of subtasks`},
		"of a pipeline 2":   {"pipeline q.sql\n", "q.sql"},
		"of the watermark":  {"statement ok\nCREATE TABLE t (v INT) WITH ('connector' = 'values')\n\nwatermark t 2024-01-01 00:00:00\n", "has no WATERMARK"},
	} {
		pipeline := sumPipeline
		if name == "of a pipeline" {
			pipeline = strings.Replace(sumPipeline, "SUM(n)", "SUM(m)", 1)
		}
		if _, status, out := runTest(t, map[string]string{"p.sql": pipeline, "a.slt": c.test}, "a.slt"); status != 1 || !strings.Contains(out, c.want) {
			t.Errorf("%s: status %d, no %q in\n%s", name, status, c.want, out)
		}
	}
}

// TestTestKills runs a case whose file is right in the worlds that kill, and one that
// is not.
func TestTestKills(t *testing.T) {
	wrong := strings.Replace(sumTest, "a | 3", "a | 4", 1)
	files := map[string]string{"p.sql": sumPipeline, "t/a.slt": sumTest, "w/a.slt": wrong,
		"k/a.slt": "pipeline ../p.sql\nfeed orders\na | 1\n\nkill\nrestore 2\ntablelog sums\n----\n"}
	_, status, out := runTest(t, files, "t", "--world", "restore,rescale", "--seed", "3")
	if status != 0 || !strings.Contains(out, "4 cases in 1 files, 3 checks, 0 failed") {
		t.Errorf("%d\n%s", status, out)
	}
	_, status, out = runTest(t, files, "w", "--world", "restore", "--seed", "3", "--junit", "j.xml")
	report, _ := os.ReadFile("j.xml")
	if said := "where jobs were killed is drawn from --seed 3"; status != 1 || !strings.Contains(out, said) || !strings.Contains(string(report), said) {
		t.Errorf("%d\n%s\n%s", status, out, report)
	}
	_, status, out = runTest(t, files, "k", "--update")
	if text, _ := os.ReadFile("k/a.slt"); status != 0 || !strings.HasSuffix(string(text), "restore 2\ntablelog sums\n----\n+I | a | 1\n") {
		t.Errorf("%d\n%s\n%s", status, out, text)
	}
}

// TestTestingExample runs the example of the documentation.
func TestTestingExample(t *testing.T) {
	t.Chdir("../..")
	var o strings.Builder
	if status := start([]string{"test", "examples/testing", "--world", "all"}, &app{in: os.Stdin, out: &stdout{w: &o}, err: &o}); status != 0 {
		t.Errorf("%d\n%s", status, o.String())
	}
}
