package engine_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
)

// drawn is a statement set that is drawn, and edited at random.
type drawn struct {
	rnd     *rand.Rand
	value   string // the name of column v
	types   [2]string
	ttl     string   // so long that nothing expires
	words   bool     // others for the same
	queries []string // of tables a, b and c; "" is none
}

func (d *drawn) pick(of ...string) string { return of[d.rnd.IntN(len(of))] }

// grouped draws an aggregate over t or u, of the columns k, x and y.
func (d *drawn) grouped() string {
	calls := []string{"SUM($v)", "COUNT(*)", "MAX($v)", "MIN($v)", "COUNT(DISTINCT $v)", "MAX(id)"}
	table, where := "t", d.pick("", "", "", " WHERE $v > 3", " WHERE k < 9")
	if d.rnd.IntN(3) == 0 {
		table, where, calls = "u", "", []string{"MAX(CHAR_LENGTH(name))", "COUNT(*)", "COUNT(name)"}
	}
	key := d.pick("COALESCE(k, 1)", "COALESCE(k, 1)", "k", "MOD(k, 5)")
	return fmt.Sprintf("(SELECT %s AS k, %s AS x, %s AS y FROM %s%s GROUP BY %s)", key, d.pick(calls...), d.pick(calls...), table, where, key)
}

// table draws what a query reads, of the columns k, x and y.
func (d *drawn) table() string {
	switch d.rnd.IntN(9) {
	case 0:
		return fmt.Sprintf("(SELECT l.k AS k, l.x AS x, r.y AS y FROM %s AS l %s JOIN %s AS r ON l.k = r.k)", d.grouped(), d.pick("", "LEFT", "FULL", "RIGHT"), d.grouped())
	case 1:
		return fmt.Sprintf("(SELECT * FROM %s AS l WHERE k %s (SELECT k FROM %s AS r WHERE r.y > 2))", d.grouped(), d.pick("IN", "NOT IN"), d.grouped())
	case 2:
		return fmt.Sprintf("(SELECT * FROM %s AS l WHERE %s (SELECT 1 FROM %s AS r WHERE r.k = l.k AND r.y > 2))", d.grouped(), d.pick("EXISTS", "NOT EXISTS"), d.grouped())
	case 3:
		return fmt.Sprintf("(SELECT k, x, y FROM (SELECT *, ROW_NUMBER() OVER (ORDER BY x DESC, k, y) AS n FROM %s) WHERE n <= 4)", d.grouped())
	case 4:
		return fmt.Sprintf("(SELECT k, x, y FROM %s %s SELECT k, x, y FROM %s)", d.grouped(), d.pick("INTERSECT", "EXCEPT", "UNION"), d.grouped())
	case 5:
		return fmt.Sprintf("(SELECT MOD(k, 3) AS k, MAX(x) AS x, SUM(y) AS y FROM %s GROUP BY MOD(k, 3))", d.grouped())
	case 6:
		return "(SELECT k, $v AS x, id AS y FROM t)"
	}
	return d.grouped()
}

// above draws what is done with it.
func (d *drawn) above(table string) string {
	return fmt.Sprintf("SELECT CAST(k AS BIGINT), CAST(x %s AS BIGINT), CAST(%s AS BIGINT) FROM %s%s", d.pick("", "", "* 10", "+ 1"), d.pick("y", "y", "1", "x + y"), table, d.pick("", "", " WHERE x > 4", " WHERE k <> 2"))
}

// edit changes queries, and columns of t.
func (d *drawn) edit() {
	for i, q := range d.queries {
		at := strings.Index(q, "FROM (")
		switch n := d.rnd.IntN(12); {
		case n == 0 && i > 0:
			d.queries[i] = ""
		case n < 4 && q != "" && at > 0:
			table := q[at+5:]
			if end := strings.LastIndex(table, " WHERE "); end > strings.LastIndex(table, ")") {
				table = table[:end]
			}
			d.queries[i] = d.above(table)
		case n < 6 || q == "" && n < 9:
			d.queries[i] = d.above(d.table())
		}
	}
	if d.rnd.IntN(3) == 0 {
		d.value = d.pick("v", "w")
	}
	d.words = d.rnd.IntN(2) == 0
	if d.rnd.IntN(3) == 0 {
		d.ttl = d.pick("0 s", "900 d")
	}
	for i := range d.types {
		if d.rnd.IntN(4) == 0 {
			d.types[i] = "BIGINT"
		}
	}
}

// otherWords says the same of what is drawn.
var otherWords = strings.NewReplacer("COUNT(*)", "COUNT(1)", "x > 4", "4 < x", "k <> 2", "NOT (2 = k)", "$v > 3", "NOT $v <= 3", "k < 9", "9 > k AND TRUE",
	"r.y > 2", "2 < r.y", "r.k = l.k", "l.k = r.k", "x + y", "y + x", "* 10", "* (10)")

// options adds how long state lives.
func (d *drawn) options(o map[string]string) map[string]string {
	if o = maps.Clone(o); o == nil {
		o = map[string]string{}
	}
	if d.ttl != "" {
		o["table.exec.state.ttl"] = d.ttl
	}
	return o
}

func (d *drawn) script(s *story) string {
	var sinks strings.Builder
	var inserts []string
	for i, q := range d.queries {
		name := string(rune('a' + i))
		fmt.Fprintf(&sinks, "CREATE TABLE %s (k BIGINT, x BIGINT, y BIGINT) WITH ('connector'='shelf','mode'='all');\n", name)
		if d.words {
			q = otherWords.Replace(q)
		}
		if q != "" {
			inserts = append(inserts, "INSERT INTO "+name+" "+strings.ReplaceAll(q, "$v", d.value))
		}
	}
	return s.of(fmt.Sprintf("k %s, %s %s, id INT", d.types[0], d.value, d.types[1]), s.script(sinks.String(), inserts...))
}

// TestRandomEdits edits statement sets at random, and kills them at times: tables of
// which nothing is said to stay are as if the last script had always run. WEIR_EDITS is
// how many, WEIR_EDITS_FROM the first seed.
func TestRandomEdits(t *testing.T) {
	number := func(name string, def uint64) uint64 {
		if n, err := strconv.ParseUint(os.Getenv(name), 10, 64); err == nil {
			return n
		}
		return def
	}
	if os.Getenv("WEIR_EDITS") == "" { // 104: INSERTs that began with one state, of which one goes
		t.Run("104", func(t *testing.T) { randomEdits(t, 104) })
	}
	from := number("WEIR_EDITS_FROM", 0)
	for seed := from; seed < from+number("WEIR_EDITS", 2); seed++ {
		if !t.Run(fmt.Sprint(seed), func(t *testing.T) { randomEdits(t, seed) }) {
			break
		}
	}
}

func randomEdits(t *testing.T, seed uint64) {
	s := newStory(t)
	s.seed = seed
	d := &drawn{rnd: rand.New(rand.NewPCG(seed, 3)), value: "v", types: [2]string{"INT", "INT"}}
	for range 3 {
		d.queries = append(d.queries, d.above(d.table()))
	}
	s.grow(50)
	d.ttl = d.pick("", "", "900 d")
	stale := map[string]bool{}
	var told []string
	note := func(said string) {
		if said != "" {
			told = append(told, said)
		}
		for line := range strings.Lines(said) {
			if _, table, ok := strings.Cut(line, "wrote to default_catalog.default_database."); ok && strings.Contains(line, "not corrected") {
				stale[table[:1]] = true
			}
		}
	}
	told = append(told, d.script(s))
	defer func() {
		if t.Failed() {
			t.Log(strings.Join(told, "\n"))
		}
	}()
	s.run(d.script(s), d.options(nil))
	for range 4 {
		d.edit()
		script := d.script(s)
		told = append(told, script)
		s.grow(10)
		if d.rnd.IntN(2) == 0 {
			note(s.killed(script, 5+d.rnd.IntN(200), d.options(map[string]string{"parallelism.default": fmt.Sprint(1 + d.rnd.IntN(3)),
				"execution.checkpointing.unaligned.enabled": d.pick("true", "false"), "execution.checkpointing.aligned-checkpoint-timeout": "0 ms"})))
		}
		note(s.run(script, d.options(map[string]string{"parallelism.default": fmt.Sprint(1 + d.rnd.IntN(3))})))
		s.grow(10)
		note(s.run(script, d.options(nil)))
		for i, q := range d.queries {
			if name := string(rune('a' + i)); q != "" && !stale[name] {
				s.same(script, name)
			}
		}
		if t.Failed() {
			return
		}
	}
}
