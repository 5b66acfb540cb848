package capture

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/weir-stream/weir/internal/engine"
	"github.com/weir-stream/weir/internal/vec"
)

// capture is a stream of changes of one table, and the table as the server itself
// told it at the end. as gives each column of the stream as the dump has it.
type capture struct {
	name, file, table string
	altered           bool // its columns came and went
	key               int  // how many of the columns, from the first on, are the key
	columns           []column
	format            string // with its options
	dump              string
}

// column is one of the stream, with its type there; of is the column of the dump that
// it is compared with, of the type like, after the expression expr.
type column struct{ name, typ, of, like, expr string }

func (c *column) defaults() column {
	d := *c
	if d.of == "" {
		d.of = d.name
	}
	if d.like == "" {
		d.like = d.typ
	}
	if d.expr == "" {
		d.expr = "`" + d.name + "`"
	}
	return d
}

// parse reads "name TYPE [= column TYPE [: expression]]", one a line.
func parse(text string) []column {
	var out []column
	for l := range strings.Lines(text) {
		var c column
		if l = strings.TrimSpace(l); l == "" {
			continue
		}
		l, c.expr, _ = strings.Cut(l, " : ")
		l, of, _ := strings.Cut(l, " = ")
		c.name, c.typ, _ = strings.Cut(strings.TrimSpace(l), " ")
		c.of, c.like, _ = strings.Cut(strings.TrimSpace(of), " ")
		out = append(out, c.defaults())
	}
	return out
}

// numbers are columns that all tools write alike. Canal, asked to, had read latin1 as
// UTF-8 (lat), and Maxwell takes the zeros off the end of a BINARY (bin): what their
// streams lack is left out.
const numbers = `
id INT
t INT
tu SMALLINT
s SMALLINT
su INT
m INT
mu INT
i INT
added STRING
iu BIGINT
b BIGINT
f FLOAT
d DOUBLE
dec DECIMAL(20, 6)
big DECIMAL(38, 10)
flag TINYINT
c STRING
v STRING
txt STRING
new_name STRING
extra SMALLINT
y INT
js STRING = js STRING : REPLACE(js, ' ', '')
`

// times are columns of tools that write times as texts.
const times = `
bu DECIMAL(20, 0)
da DATE
ti STRING = ti STRING : ti
ti6 STRING
dt TIMESTAMP(0)
dt3 TIMESTAMP(3)
dt6 TIMESTAMP(6)
ts TIMESTAMP(3)
`

func captures() []capture {
	pair := parse("a INT\nb STRING\nn INT")
	return []capture{
		{"debezium-json of MySQL", "debezium-mysql.tsv", "capture.shop.every", true, 1, parse(numbers + `
bu BIGINT = bu DECIMAL(20, 0) : CASE WHEN bu < 0 THEN bu + CAST('18446744073709551616' AS DECIMAL(20, 0)) ELSE CAST(bu AS DECIMAL(20, 0)) END
bit1 BOOLEAN = bit1 INT : CAST(bit1 AS INT)
bit20 BYTES = bit20_bytes BYTES
lat STRING
bin BYTES
vb BYTES
bl BYTES
e STRING
st STRING
da INT = da_days INT
ti BIGINT = ti_micros BIGINT
ti6 BIGINT = ti6_micros BIGINT
dt BIGINT = dt_millis BIGINT
dt3 BIGINT = dt3_millis BIGINT
dt6 BIGINT = dt6_micros BIGINT
ts TIMESTAMP_LTZ(3) = ts TIMESTAMP(3) : CAST(ts AS TIMESTAMP(3))
`), "'debezium-json', 'debezium-json.timestamp-format.standard' = 'ISO-8601'", "mysql"},
		{"debezium-avro-confluent of MySQL", "debezium-avro.tsv", "capture.shop.every", true, 1, parse(numbers + `
bu DECIMAL(20, 0)
bit1 BOOLEAN = bit1 INT : CAST(bit1 AS INT)
bit20 BYTES = bit20_bytes BYTES
lat STRING
bin BYTES
vb BYTES
bl BYTES
e STRING
st STRING
da INT = da_days INT
ti BIGINT = ti_micros BIGINT
ti6 BIGINT = ti6_micros BIGINT
dt BIGINT = dt_millis BIGINT
dt3 BIGINT = dt3_millis BIGINT
dt6 BIGINT = dt6_micros BIGINT
ts STRING = ts TIMESTAMP(3) : CAST(REPLACE(REPLACE(ts, 'T', ' '), 'Z', '') AS TIMESTAMP(3))
`), avroFormat, "mysql"},
		{"debezium-avro-confluent of MySQL, a key of two columns", "debezium-avro.tsv", "capture.shop.pair", false, 2, pair, avroFormat, "mysql"},
		{"debezium-json of MySQL, a key of two columns", "debezium-mysql.tsv", "capture.shop.pair", false, 2, pair, "'debezium-json'", "mysql"},
		{"debezium-json of Postgres, with schemas", "debezium-postgres.tsv", "capture.public.every", true, 1, parse(`
id BIGINT
s SMALLINT
i INT
b BIGINT
r FLOAT
d DOUBLE
n DECIMAL(20, 6)
nn DECIMAL(38, 1)
flag BOOLEAN
c STRING
v STRING
txt STRING
by BYTES
u STRING
js STRING : REPLACE(js, ' ', '')
da INT = da_days INT
ti BIGINT = ti_micros BIGINT
ts BIGINT = ts_micros BIGINT
t3 BIGINT = t3_millis BIGINT
tstz TIMESTAMP_LTZ(6) = tstz TIMESTAMP(6) : CAST(tstz AS TIMESTAMP(6))
ia ARRAY<INT>
ta ARRAY<STRING>
inet STRING
added STRING
new_name STRING
`), "'debezium-json', 'debezium-json.schema-include' = 'true', 'debezium-json.timestamp-format.standard' = 'ISO-8601'", "postgres"},
		{"canal-json", "canal-json.jsonl", "every", true, 1, parse(numbers + times + `
bit1 INT
bit20 INT
vb STRING = vb BYTES : ENCODE(vb, 'ISO-8859-1')
bl STRING = bl BYTES : ENCODE(bl, 'ISO-8859-1')
e INT = e_number INT
st INT = st_number INT
`), "'canal-json', 'canal-json.database.include' = 'shop', 'canal-json.table.include' = 'every'", "mysql"},
		{"canal-json, a key of two columns", "canal-json.jsonl", "pair", false, 2, pair, "'canal-json', 'canal-json.table.include' = 'pair'", "mysql"},
		{"maxwell-json", "maxwell-json.jsonl", "every", true, 1, parse(numbers + times + `
bit1 INT
bit20 INT
lat STRING
vb BYTES
bl BYTES
e STRING
st ARRAY<STRING> = st STRING : ARRAY_JOIN(st, ',')
`), "'maxwell-json'", "mysql"},
		{"maxwell-json, a key of two columns", "maxwell-json.jsonl", "pair", false, 2, pair, "'maxwell-json'", "mysql"},
	}
}

// avroFormat is read from topics alone; $REGISTRY stands for the registry.
const avroFormat = "'debezium-avro-confluent', 'debezium-avro-confluent.url' = '$REGISTRY'"

// registry serves the schemas that the records in Avro name by number.
func registry(t *testing.T) string {
	t.Helper()
	schemas := lines(t, "debezium-avro.schemas")
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.Atoi(path.Base(r.URL.Path))
		if err != nil || n < 1 || n > len(schemas) {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]string{"schema": schemas[n-1]})
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// record is one of a topic; a null value is a tombstone.
type record struct{ key, value []byte }

// lines reads a file of testdata.
func lines(t *testing.T, name string) []string {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", name+".gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	s := bufio.NewScanner(z)
	s.Buffer(nil, 4<<20)
	for s.Scan() {
		out = append(out, s.Text())
	}
	if s.Err() != nil {
		t.Fatal(s.Err())
	}
	return out
}

// records gives those of the capture's table. Canal's format leaves others out by
// itself; Maxwell's has nothing for that.
func (c *capture) records(t *testing.T) []record {
	t.Helper()
	var out []record
	for _, l := range lines(t, c.file) {
		if !strings.HasSuffix(c.file, ".tsv") {
			if !strings.HasPrefix(c.file, "maxwell") || strings.Contains(l, `"table":"`+c.table+`"`) {
				out = append(out, record{value: []byte(l)})
			}
			continue
		}
		p := strings.Split(l, "\t")
		if p[0] != c.table {
			continue
		}
		r := record{key: []byte(p[1]), value: []byte(p[2])}
		if p[2] == "" {
			r.value = nil
		}
		if c.format == avroFormat {
			r.key, r.value = decoded(t, p[1]), decoded(t, p[2])
		}
		out = append(out, r)
	}
	return out
}

// decoded is what base64 stands for, nil for nothing.
func decoded(t *testing.T, text string) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	if len(b) == 0 {
		return nil
	}
	return b
}

// path makes a file of the values, a line each.
func (c *capture) path(t *testing.T) string {
	t.Helper()
	var messages []string
	for _, r := range c.records(t) {
		messages = append(messages, string(r.value))
	}
	return write(t, messages)
}

// query declares the stream and gives it as the dump has it.
func (c *capture) query(with string) string {
	var ddl, exprs []string
	for _, x := range c.columns {
		ddl = append(ddl, "`"+x.name+"` "+x.typ)
		exprs = append(exprs, x.expr)
	}
	return fmt.Sprintf("CREATE TABLE changes (%s) WITH (%s);\nSELECT %s FROM changes", strings.Join(ddl, ", "), with, strings.Join(exprs, ", "))
}

// expected gives the table as the server told it.
func (c *capture) expected(t *testing.T) []string {
	t.Helper()
	var ddl, exprs []string
	for _, x := range c.columns {
		ddl = append(ddl, "`"+x.of+"` "+x.like)
		expr := "`" + x.of + "`"
		if x.name == "js" {
			expr = x.expr
		}
		exprs = append(exprs, expr)
	}
	var dump []string
	for _, l := range lines(t, c.dump+".jsonl") {
		if strings.Contains(l, `"id"`) == (c.key == 1) && !strings.Contains(l, `"lean"`) {
			dump = append(dump, l)
		}
	}
	return c.folded(t, fmt.Sprintf("CREATE TABLE dump (%s) WITH ('connector' = 'filesystem', 'path' = '%s', 'format' = 'json');\nSELECT %s FROM dump",
		strings.Join(ddl, ", "), write(t, dump), strings.Join(exprs, ", ")))
}

// write makes a file of lines.
func write(t *testing.T, lines []string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "lines")
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// table folds the changes of a query by key: where columns come and go, a row is no
// longer told as it was inserted once there was an ALTER TABLE. A table that was never
// altered tells its rows exactly.
type table struct {
	*capture
	*testing.T
	rows map[string]string
}

func (x *table) Query(ctx context.Context, q *engine.Query) error {
	for {
		b, err := q.Next(ctx)
		if err != nil || b == nil {
			return err
		}
		for i := range b.Len() {
			x.change(b, b.Row(i))
		}
	}
}

func (x *table) change(b *vec.Batch, r int) {
	var cells []string
	for _, c := range b.Cols {
		cells = append(cells, fmt.Sprint(c.Value(r)))
	}
	key, row := strings.Join(cells[:x.key], "|"), strings.Join(cells, "\x00")
	old, there := x.rows[key]
	switch kind := b.Kind(r); {
	case kind == vec.Insert || kind == vec.UpdateAfter:
		if there {
			x.Errorf("the row %s comes and is there already", key)
		}
		x.rows[key] = row
	case !there, !x.altered && old != row:
		x.Errorf("the row %s goes and was not there so: %.200q, %.200q", key, row, old)
	default:
		delete(x.rows, key)
	}
}

// folded runs a query and gives its rows by key.
func (c *capture) folded(t *testing.T, script string) []string {
	t.Helper()
	s := engine.New(engine.Config{Options: map[string]string{"parallelism.default": "1", "table.local-time-zone": "UTC"}}).NewSession()
	defer s.Close()
	p, err := s.Prepare(script)
	x := &table{capture: c, T: t, rows: map[string]string{}}
	if err == nil {
		err = s.Run(t.Context(), p, quiet{x})
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, script)
	}
	var out []string
	for _, k := range slices.Sorted(maps.Keys(x.rows)) {
		out = append(out, x.rows[k])
	}
	return out
}

// quiet drops what is told beside the rows.
type quiet struct{ *table }

func (quiet) Info(string)                     {}
func (quiet) Warn(string)                     {}
func (quiet) Rows([]string, [][]string) error { return nil }
func (quiet) Started(*engine.Job)             {}

// compare folds a stream and compares the table with the server's.
func (c *capture) compare(t *testing.T, with string) {
	t.Helper()
	got, want := c.folded(t, c.query(with)), c.expected(t)
	if len(got) != len(want) {
		t.Fatalf("%d rows, want %d:\n%.3000q", len(got), len(want), got)
	}
	for i := range got {
		g, w := strings.Split(got[i], "\x00"), strings.Split(want[i], "\x00")
		for j := range w {
			if g[j] != w[j] {
				t.Errorf("row %v: %s is %.200q, want %.200q", w[:c.key], c.columns[j].name, g[j], w[j])
			}
		}
	}
}

// TestFiles folds captures as files: a message a line.
func TestFiles(t *testing.T) {
	for _, c := range captures() {
		if c.format == avroFormat {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			c.compare(t, fmt.Sprintf("'connector' = 'filesystem', 'path' = '%s', 'format' = %s", c.path(t), c.format))
		})
	}
}

// TestTopics folds captures as topics, with keys and tombstones: in one partition, and
// in several by the hash of keys, where a changed key moves.
func TestTopics(t *testing.T) {
	cs, reg := captures(), registry(t)
	var opts []kfake.Opt
	for i := range cs {
		opts = append(opts, kfake.SeedTopics(1, fmt.Sprintf("one%d", i)), kfake.SeedTopics(3, fmt.Sprintf("three%d", i)))
	}
	cluster, err := kfake.NewCluster(append(opts, kfake.NumBrokers(1))...)
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	cl, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	for i, c := range cs {
		for _, topic := range []string{"one", "three"} {
			if topic == "three" && !strings.HasSuffix(c.file, ".tsv") {
				continue // these have no keys
			}
			t.Run(c.name+", "+topic, func(t *testing.T) {
				topic = fmt.Sprint(topic, i)
				var rs []*kgo.Record
				for _, r := range c.records(t) {
					rs = append(rs, &kgo.Record{Topic: topic, Key: r.key, Value: r.value})
				}
				if err := cl.ProduceSync(t.Context(), rs...).FirstErr(); err != nil {
					t.Fatal(err)
				}
				c.compare(t, fmt.Sprintf("'connector' = 'kafka', 'topic' = '%s', 'properties.bootstrap.servers' = '%s', 'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = 'latest-offset', 'format' = %s",
					topic, cluster.ListenAddrs()[0], strings.ReplaceAll(c.format, "$REGISTRY", reg)))
			})
		}
	}
}

// TestNoBefore reads changes of a table in Postgres whose REPLICA IDENTITY is its key:
// what a row was before an update is not told, and of a deleted one only the key is.
// Flink refuses the one and reads the other, too.
func TestNoBefore(t *testing.T) {
	c := &capture{file: "debezium-postgres.tsv", table: "capture.public.bare", altered: true, key: 1, columns: parse("id BIGINT\nv STRING"), format: "'debezium-json', 'debezium-json.schema-include' = 'true'"}
	var deleted, inserted []string
	for _, r := range c.records(t) {
		switch text := string(r.value); {
		case strings.Contains(text, `"op":"u"`), strings.Contains(text, `"op":"t"`):
			got := refused(t, c.query(fmt.Sprintf("'connector' = 'filesystem', 'path' = '%s', 'format' = %s", write(t, []string{text}), c.format)))
			if !strings.Contains(got, "REPLICA IDENTITY FULL") && !strings.Contains(got, "skipped.operations") {
				t.Error(got)
			}
		case strings.Contains(text, `"op":"d"`):
			deleted = append(deleted, text)
		default:
			inserted = append(inserted, text)
		}
	}
	got := c.folded(t, c.query(fmt.Sprintf("'connector' = 'filesystem', 'path' = '%s', 'format' = %s", write(t, append(inserted, deleted...)), c.format)))
	if s := strings.Join(got, " "); s != "2\x00b 3\x00c 4\x00d" {
		t.Errorf("%q", s)
	}
}

// TestPartialRows reads changes of MySQL with binlog_row_image = MINIMAL: an update that
// does not tell the whole row is refused, and not read as a row of NULLs.
func TestPartialRows(t *testing.T) {
	for _, c := range []*capture{
		{file: "canal-json.jsonl", table: "lean", format: "'canal-json', 'canal-json.table.include' = 'lean'"},
		{file: "maxwell-json.jsonl", table: "lean", format: "'maxwell-json'"},
	} {
		c.columns = parse("id INT\na INT\nb STRING")
		if got := refused(t, c.query(fmt.Sprintf("'connector' = 'filesystem', 'path' = '%s', 'format' = %s", c.path(t), c.format))); !strings.Contains(got, "binlog_row_image = 'FULL'") {
			t.Error(c.format, got)
		}
	}
}

// refused gives the error of a query.
func refused(t *testing.T, script string) string {
	t.Helper()
	s := engine.New(engine.Config{}).NewSession()
	defer s.Close()
	p, err := s.Prepare(script)
	if err == nil {
		err = s.Run(t.Context(), p, quiet{&table{capture: &capture{}, T: t, rows: map[string]string{}}})
	}
	return fmt.Sprint(err)
}
