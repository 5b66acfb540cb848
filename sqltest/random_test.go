package sqltest

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"

	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/vec"
)

// randomWorlds are ways of running a query that must give the same rows. The
// first is what the others are compared with.
var randomWorlds = []*World{
	{Name: "batch", Settings: [][2]string{{"execution.runtime-mode", "batch"}, {"parallelism.default", "1"}}},
	{Name: "stream", Settings: [][2]string{{"parallelism.default", "1"}}},
	{Name: "stream3", Settings: [][2]string{{"parallelism.default", "3"}, {"weir.batch-rows", "2"}}},
	{Name: "batch3noopt", Settings: [][2]string{{"execution.runtime-mode", "batch"}, {"parallelism.default", "3"}, {"weir.optimizer.enabled", "false"}}},
	{Name: "rowwise", Settings: [][2]string{{"parallelism.default", "1"}, {"table.exec.mini-batch.enabled", "false"}}},
	{Name: "noopt1", Settings: [][2]string{{"parallelism.default", "1"}, {"weir.batch-rows", "1"}, {"weir.optimizer.enabled", "false"}}},
}

const randomTables = `
CREATE TABLE t1 (id BIGINT, a INT, b INT, s STRING, d DECIMAL(10, 2)) WITH ('connector' = 'values');
CREATE TABLE t2 (id BIGINT, a INT, c INT, s STRING) WITH ('connector' = 'values');
CREATE TABLE t3 (a INT NOT NULL, x BIGINT, s STRING NOT NULL, f BOOLEAN) WITH ('connector' = 'values');
CREATE TABLE u (id INT, a INT, s STRING, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'values', 'changelog-mode' = 'I,UA,UB,D');
CREATE TABLE arr (k INT, a INT, xs ARRAY<INT>) WITH ('connector' = 'values');
CREATE TABLE ev (ts TIMESTAMP(3), k INT, v INT, s STRING, WATERMARK FOR ts AS ts) WITH ('connector' = 'values')`

// randomData makes small tables with nulls and equal rows.
func randomData(r *rand.Rand) map[string][]Row {
	pick := func(of string) string { return strings.Fields(of)[r.IntN(len(strings.Fields(of)))] }
	num := func() string { return pick("0 1 1 2 2 3 NULL") }
	str := func() string { return pick("a b ab A NULL '' a") }
	dec := func() string { return pick("1.50 0.25 2.00 NULL -1.00") }
	data := map[string][]Row{}
	fill := func(t string, most int, row func(i int) string) {
		data[t] = nil
		for i := range r.IntN(most + 1) {
			data[t] = append(data[t], parseRow(row(i)))
		}
	}
	fill("t1", 9, func(int) string { return strings.Join([]string{num(), num(), num(), str(), dec()}, " | ") })
	fill("t2", 7, func(int) string { return strings.Join([]string{num(), num(), num(), str()}, " | ") })
	fill("t3", 6, func(int) string {
		return strings.Join([]string{pick("0 1 2 3"), num(), pick("a b ab ''"), pick("TRUE FALSE NULL")}, " | ")
	})
	fill("arr", 4, func(int) string { return num() + " | " + num() + " | " + pick("[] [1] [1,2,2] [0,null] NULL") })
	at := 0
	fill("ev", 12, func(int) string {
		at += r.IntN(9)
		return fmt.Sprintf("2024-01-01 00:%02d:%02d | %s | %s | %s", at/60, at%60, num(), num(), pick("a b ab"))
	})
	data["u"] = randomChanges(r, num, str)
	return data
}

// randomChanges makes the changes of a table with a primary key.
func randomChanges(r *rand.Rand, num, str func() string) []Row {
	var out []Row
	now := map[int][]any{}
	for range r.IntN(10) {
		id := r.IntN(5)
		fresh := parseRow(fmt.Sprintf("%d | %s | %s", id, num(), str())).Values
		old, ok := now[id]
		switch {
		case !ok:
			out = append(out, Row{Kind: vec.Insert, Values: fresh})
		case r.IntN(3) == 0:
			out = append(out, Row{Kind: vec.Delete, Values: old})
			delete(now, id)
			continue
		default:
			out = append(out, Row{Kind: vec.UpdateBefore, Values: old}, Row{Kind: vec.UpdateAfter, Values: fresh})
		}
		now[id] = fresh
	}
	return out
}

// randomRun has one set of data in all worlds.
type randomRun struct {
	runners []*Runner
	refused int
}

func newRandomRun(t *testing.T, data map[string][]Row) *randomRun {
	t.Helper()
	run := &randomRun{}
	for _, w := range randomWorlds {
		r, err := NewRunner(w)
		if err != nil {
			t.Fatal(err)
		}
		for id, rows := range data {
			r.Store.Put(id, rows)
		}
		if _, err := r.Exec(randomTables); err != nil {
			t.Fatal(err)
		}
		run.runners = append(run.runners, r)
	}
	return run
}

func (run *randomRun) close() {
	for _, r := range run.runners {
		_ = r.Close()
	}
}

// differs runs a query in all worlds and tells what is wrong with it, or "". A
// world may refuse a query as unsupported; any other error is wrong.
func (run *randomRun) differs(query string) string {
	first, firstWorld := "", ""
	for i, w := range randomWorlds {
		lines, err := run.runners[i].query(&Block{Verb: "query", Body: query})
		if unsupported(err) {
			run.refused++
			continue
		}
		got := strings.Join(lines, "\n")
		if err != nil {
			return fmt.Sprintf("%s: %v", w.Name, err)
		}
		if firstWorld == "" {
			first, firstWorld = got, w.Name
		}
		if got != first {
			return fmt.Sprintf("--- %s\n%s\n--- %s\n%s", firstWorld, first, w.Name, got)
		}
	}
	return ""
}

func unsupported(err error) bool {
	var list sqlerr.List
	if errors.As(err, &list) {
		for _, e := range list {
			if e.Code != sqlerr.Unsupported {
				return false
			}
		}
		return len(list) > 0
	}
	var e *sqlerr.Error
	return errors.As(err, &e) && e.Code == sqlerr.Unsupported
}

// TestRandomQueries draws data and queries from seeds and compares the worlds.
// WEIR_WORLDS=all runs thousands; WEIR_SEED=n or n-m runs the data of those
// seeds. With WEIR_DUMP=file the queries are such that other systems take them
// too, and all is written there as JSON lines, for test/random_duckdb.py.
func TestRandomQueries(t *testing.T) {
	lo, hi, queries := uint64(1), uint64(15), 10
	if os.Getenv("WEIR_WORLDS") == "all" {
		hi, queries = 150, 20
	}
	if s := os.Getenv("WEIR_SEED"); s != "" {
		from, to, _ := strings.Cut(s, "-")
		lo, _ = strconv.ParseUint(from, 10, 64)
		if hi, _ = strconv.ParseUint(to, 10, 64); hi == 0 {
			hi = lo
		}
		queries = 20
	}
	var dump *json.Encoder
	if path := os.Getenv("WEIR_DUMP"); path != "" {
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		dump = json.NewEncoder(f)
	}
	refused := 0
	for seed := lo; seed <= hi; seed++ {
		r := rand.New(rand.NewPCG(seed, 1))
		data := randomData(r)
		run := newRandomRun(t, data)
		for range queries {
			g := &generator{choices: choices{rnd: r}, plain: dump != nil}
			sql := g.query()
			if dump != nil {
				run.dump(t, dump, data, sql)
				continue
			}
			if diff := run.differs(sql); diff != "" {
				sql, diff = shrink(run, g.taken, sql, diff)
				t.Errorf("seed %d\n%s\n%s\n%s", seed, dataText(data), sql, diff)
			}
		}
		refused += run.refused
		run.close()
	}
	t.Logf("%d runs of %d refused", refused, int(hi-lo+1)*queries*len(randomWorlds))
}

// dump writes the data, a query and its rows.
func (run *randomRun) dump(t *testing.T, to *json.Encoder, data map[string][]Row, query string) {
	lines, err := run.runners[0].query(&Block{Verb: "query", Body: query})
	if err != nil {
		t.Logf("%s: %v", query, err)
		return
	}
	rows := [][]any{}
	for _, l := range lines {
		rows = append(rows, parseRow(l).Values)
	}
	tables := map[string][][]any{}
	for name, changes := range data {
		tables[name] = [][]any{}
		for _, c := range folded(changes) {
			tables[name] = append(tables[name], c.Values)
		}
	}
	if err := to.Encode(map[string]any{"tables": tables, "sql": query, "rows": rows}); err != nil {
		t.Fatal(err)
	}
}

// folded gives the rows that are left of changes.
func folded(changes []Row) []Row {
	var left []Row
	for _, c := range changes {
		if c.Kind.Adds() {
			left = append(left, c)
			continue
		}
		for i, r := range left {
			if fmt.Sprint(r.Values) == fmt.Sprint(c.Values) {
				left = slices.Delete(left, i, i+1)
				break
			}
		}
	}
	return left
}

// shrink looks for a smaller query that fails as well.
func shrink(run *randomRun, taken []int, sql, diff string) (string, string) {
	kind := func(d string) bool { return strings.HasPrefix(d, "---") }
	tries := 0
	for step := len(taken) / 2; step > 0 && tries < 300; step /= 2 {
		for at := 0; at < len(taken) && tries < 300; {
			shorter := append(append([]int(nil), taken[:at]...), taken[min(at+step, len(taken)):]...)
			zeroed := append([]int(nil), taken...)
			clear(zeroed[at:min(at+step, len(taken))])
			moved := false
			for _, next := range [][]int{shorter, zeroed} {
				g := &generator{choices: choices{taken: next}}
				s := g.query()
				if len(s) >= len(sql) {
					continue
				}
				tries++
				if d := run.differs(s); d != "" && kind(d) == kind(diff) {
					taken, sql, diff, moved = next, s, d, true
					break
				}
			}
			if !moved {
				at += step
			}
		}
	}
	return sql, diff
}

// dataText prints data as a script has it.
func dataText(data map[string][]Row) string {
	var names []string
	for n := range data {
		names = append(names, n)
	}
	sort.Strings(names)
	var b strings.Builder
	for _, n := range names {
		fmt.Fprintf(&b, "rows %s\n", n)
		for _, r := range data[n] {
			var cells []string
			if r.Kind != vec.Insert {
				cells = append(cells, r.Kind.String())
			}
			for _, v := range r.Values {
				cells = append(cells, cellOf(v))
			}
			b.WriteString(strings.Join(cells, " | ") + "\n")
		}
	}
	return b.String()
}

func cellOf(v any) string {
	if v == nil {
		return "NULL"
	}
	return quoteCell(fmt.Sprint(v))
}
