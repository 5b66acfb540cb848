package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
)

func TestSource(t *testing.T) {
	c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "orders"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	cl, err := kgo.NewClient(kgo.SeedBrokers(c.ListenAddrs()...))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	for i := range 5 {
		if err := cl.ProduceSync(t.Context(), &kgo.Record{Topic: "orders", Value: fmt.Appendf(nil, `{"id":%d,"item":"tea"}`, i)}).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	with := "'connector' = 'kafka', 'properties.bootstrap.servers' = '" + c.ListenAddrs()[0] + "', 'format' = 'json'"
	write(t, dir, "p.sql", "CREATE TABLE orders (id BIGINT, item STRING, Price INT) WITH ("+with+", 'topic' = 'orders', 'scan.startup.mode' = 'latest-offset');\n"+
		"CREATE TABLE sums (n BIGINT) WITH ("+with+", 'topic' = 'nowhere');\nCREATE TABLE files (id INT) WITH ('connector' = 'filesystem', 'path' = 'in', 'format' = 'csv');\n"+
		"INSERT INTO sums SELECT id FROM orders;")
	write(t, dir, "typo.sql", "CREATE TABLE t (x INT) WITH ('connector' = 'kafkaa')")
	write(t, dir, "bad.csv", "id,n\n1,2\n2,x\n")
	write(t, dir, "bad.sql", "CREATE TABLE bad (id INT, n INT) WITH ('connector' = 'filesystem', 'path' = 'bad.csv', 'format' = 'csv')")
	for _, q := range []struct {
		name   string
		args   []string
		out    []string
		err    string
		status int
	}{
		{"all tables of a script", []string{"check", "p.sql"}, []string{"orders (kafka, source)\n\nbrokers\n", "orders  0          0       1/1      0      5    5\n", "│  2 │ tea  │  NULL │\n",
			"note: NULL in all rows that were read: `Price`.", "sums (kafka, sink)", "note: there is no topic nowhere yet",
			"files (filesystem, source)\n\nproblem: there is no file or folder 'in'\n"}, "", 1},
		{"one of them", []string{"check", "p.sql", "orders"}, []string{"no problem\n"}, "", 0},
		{"json", []string{"check", "p.sql", "sums", "--output", "json"}, []string{`"table": "sums"`, `"problems": []`}, "", 0},
		{"files of data", []string{"check", "bad.csv"}, []string{"all files\n  files  empty  bytes\n  1      0      13\n", "│ x "}, "", 0},
		{"rows that cannot be decoded", []string{"check", "bad.sql"}, []string{"problem: bad.csv:1:1: column id: "}, "", 1},
		{"a wrong script", []string{"check", "typo.sql"}, nil, "there is no connector 'kafkaa'", 2},
		{"an unknown table", []string{"check", "p.sql", "order"}, nil, "did you mean 'orders'?", 2},
		{"nothing", []string{"check"}, nil, "nothing to look at", 2},
		{"a query that is wrong hides no table", []string{"check", "p.sql", "orders", "-c", "SELECT x FROM orders"}, []string{"no problem\n"}, "there is no column `x`", 2},
		{"the newest rows", []string{"preview", "p.sql", "orders", "-n", "2"}, []string{`{"id":3,"item":"tea","Price":null}` + "\n" + `{"id":4,"item":"tea","Price":null}` + "\n"}, "", 0},
		{"a file's first rows", []string{"preview", "bad.csv", "-n", "1", "--output", "csv"}, []string{"id,n\n1,2\n"}, "", 0},
	} {
		t.Run(q.name, func(t *testing.T) {
			out, errs, status := weir(t, dir, "", append([]string{"source"}, q.args...)...)
			for _, w := range q.out {
				if !strings.Contains(out, w) {
					t.Errorf("stdout lacks %q", w)
				}
			}
			if !strings.Contains(errs, q.err) || status != q.status {
				t.Errorf("status %d, stderr lacks %q", status, q.err)
			}
			if t.Failed() {
				t.Logf("status %d\n%s\n%s", status, out, errs)
			}
		})
	}
}
