package sim

import (
	"fmt"
	"strings"
)

// columns are those of every sink.
const columns = "a BIGINT, b BIGINT, c BIGINT, d BIGINT"

// pipeline is queries over n and m, each with its sink; changes where a query
// takes rows back.
type pipeline struct {
	name    string
	queries []string
	changes []bool
}

var pipelines = []pipeline{
	{"filter", []string{"SELECT id, k, v, id FROM n WHERE v < 500"}, []bool{false}},
	{"aggregate", []string{"SELECT k, COUNT(*), SUM(v), MAX(id) FROM n GROUP BY k"}, []bool{true}},
	{"distinct", []string{"SELECT k, COUNT(DISTINCT v), MIN(v), COUNT(*) FROM n GROUP BY k"}, []bool{true}},
	{"join", []string{"SELECT l.id, l.k, r.v, r.id FROM n l JOIN m r ON l.k = r.k AND l.id > r.id"}, []bool{false}},
	{"outer join", []string{"SELECT l.id, l.k, r.v, r.id FROM n l LEFT JOIN m r ON l.id = r.id * 3"}, []bool{true}},
	{"interval join", []string{"SELECT l.id, l.k, r.v, r.id FROM n l, m r WHERE l.k = r.k AND l.ts BETWEEN r.ts - INTERVAL '1' SECOND AND r.ts + INTERVAL '1' SECOND"}, []bool{false}},
	{"window", []string{"SELECT k, COUNT(*), SUM(v), MAX(id) FROM TABLE(TUMBLE(TABLE n, DESCRIPTOR(ts), INTERVAL '2' SECOND)) GROUP BY k, window_start, window_end"}, []bool{false}},
	{"session", []string{"SELECT k, COUNT(*), SUM(v), MAX(id) FROM TABLE(SESSION(TABLE n PARTITION BY k, DESCRIPTOR(ts), INTERVAL '1' SECOND)) GROUP BY k, window_start, window_end"}, []bool{false}},
	{"deduplication", []string{"SELECT k, id, v, id FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts DESC) AS rn FROM n) WHERE rn = 1"}, []bool{true}},
	{"top-n", []string{"SELECT k, id, v, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY v DESC, id) AS rn FROM n) WHERE rn <= 3"}, []bool{true}},
	{"over", []string{"SELECT id, k, SUM(v) OVER (PARTITION BY k ORDER BY ts), v FROM n"}, []bool{false}},
	{"statement set", []string{"SELECT id, k, v, id FROM n WHERE v < 300", "SELECT k, COUNT(*), SUM(v), MIN(id) FROM n GROUP BY k"}, []bool{false, true}},
}

// direct reports whether a sink is given changes as they are.
func (r *run) direct(sink int) bool {
	return r.p.changes[sink] && r.strain != nil && r.strain.direct
}

// script writes the queries over so many rows, as a job or as a batch. Settings are
// those of the life at hand.
func (r *run) script(dir string, batch bool) string {
	var b strings.Builder
	p, query, sinks, value, further := r.p, func(i int) string { return r.p.queries[i] }, columns, "v", ""
	if t := r.text; t != nil {
		query, sinks = t.query, columns+", version BIGINT"
		if t.renamed {
			value = "value_of"
		}
		if t.further {
			further = "further AS id + 1, "
		}
	}
	for i, name := range []string{"n", "m"} {
		n := r.rows / (i + 1)
		fmt.Fprintf(&b, "CREATE TABLE %s (id BIGINT, k AS MOD(id * 7919, %d), %s AS MOD(id * 31, 1000), ts AS TO_TIMESTAMP_LTZ(id * 100, 3), %sWATERMARK FOR ts AS ts - INTERVAL '1' SECOND) WITH ('connector' = 'datagen', 'number-of-rows' = '%d', 'rows-per-second' = '0', 'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '%d');\n", name, r.keys, value, further, n, n)
	}
	b.WriteString(r.latest(value))
	if r.text != nil {
		b.WriteString(r.text.views())
	}
	var inserts strings.Builder
	for i := range p.queries {
		op, format, q := "", "csv", query(i)
		if r.direct(i) && !batch {
			format = "maxwell-json"
		} else if p.changes[i] && !batch {
			op, q = "op STRING, ", "SELECT * FROM TO_CHANGELOG(input => TABLE ("+q+"))"
		}
		fmt.Fprintf(&b, "CREATE TABLE s%d (%s%s) WITH ('connector' = 'filesystem', 'path' = '%s/s%d', 'format' = '%s');\n", i, op, sinks, dir, i, format)
		fmt.Fprintf(&inserts, "INSERT INTO s%d %s;\n", i, q)
	}
	if batch {
		return b.String() + inserts.String()
	}
	return b.String() + "EXECUTE STATEMENT SET BEGIN\n" + inserts.String() + "END;\n"
}
