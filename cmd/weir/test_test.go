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
		{"t/b.slt --source orders=o.csv --world all", 0, "5 cases"},
		{"c.slt", 0, "0 failed"},
		{"t/b.slt --source orders=no.csv", 2, "no.csv"},
		{"t/b.slt --source orders", 2, "TABLE=FILE"},
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
		"of a pipeline":    {"pipeline p.sql\n", "p.sql:3:35: error: there is no column `m`"},
		"of a statement":   {"\n\nstatement ok\nSELECT\n  x\n", "a.slt:5:3: error: there is no column `x`"},
		"of a table":       {"feed order\n1\n", "a.slt:1: feed order: "},
		"of a job":         {"statement ok\nCREATE TABLE t (v INT) WITH ('connector' = 'values'); CREATE TABLE o (v INT) WITH ('connector' = 'values'); INSERT INTO o SELECT 1 / v FROM t\n\nfeed t\n0\n", "a.slt:4: feed t: a job has failed"},
		"of a code":        {"statement error (type) column\nSELECT x\n", "not type"},
		"of time":          {"advance a while\n", "is no duration"},
		"of a checkpoint":  {"kill\n", "kill is not supported"},
		"of a pipeline 2":  {"pipeline q.sql\n", "q.sql"},
		"of the watermark": {"statement ok\nCREATE TABLE t (v INT) WITH ('connector' = 'values')\n\nwatermark t 2024-01-01 00:00:00\n", "has no WATERMARK"},
	} {
		bad := strings.Replace(sumPipeline, "SUM(n)", "SUM(m)", 1)
		if _, status, out := runTest(t, map[string]string{"p.sql": bad, "a.slt": c.test}, "a.slt"); status != 1 || !strings.Contains(out, c.want) {
			t.Errorf("%s: status %d, no %q in\n%s", name, status, c.want, out)
		}
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
