package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sort"
	"strings"

	"github.com/weir-stream/weir/internal/vec"
	"github.com/weir-stream/weir/sqltest"
)

const tables = `
CREATE TABLE t1 (id BIGINT, a INT, b INT, s STRING, d DECIMAL(10, 2)) WITH ('connector' = 'values');
CREATE TABLE t2 (id BIGINT, a INT, c INT, s STRING) WITH ('connector' = 'values');
CREATE TABLE t3 (a INT NOT NULL, x BIGINT, s STRING NOT NULL, f BOOLEAN) WITH ('connector' = 'values');
CREATE TABLE u (id INT, a INT, s STRING, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'values', 'changelog-mode' = 'I,UA,UB,D');
CREATE TABLE w (id INT, a INT, s STRING, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'values', 'changelog-mode' = 'I,UA,D');
CREATE TABLE arr (k INT, a INT, xs ARRAY<INT>) WITH ('connector' = 'values');
CREATE TABLE ev (ts TIMESTAMP(3), k INT, v INT, s STRING, p AS PROCTIME(), WATERMARK FOR ts AS ts) WITH ('connector' = 'values');
CREATE TABLE rt (k INT, r INT, ts TIMESTAMP(3), PRIMARY KEY (k) NOT ENFORCED, WATERMARK FOR ts AS ts) WITH ('connector' = 'values', 'changelog-mode' = 'I,UA,D');
CREATE TABLE rd (k INT, r INT, ts TIMESTAMP(3), PRIMARY KEY (k) NOT ENFORCED, WATERMARK FOR ts AS ts) WITH ('connector' = 'values', 'changelog-mode' = 'I,UA,UB,D');
CREATE VIEW rv AS SELECT k, v AS r, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts DESC) AS rn FROM ev) WHERE rn = 1;
CREATE TABLE lk (id INT, a INT, s STRING, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'values')`

// data is the rows of each table.
type data map[string][]sqltest.Row

// randomData makes small tables with nulls and equal rows. Columns of a primary
// key, of time and those that are NOT NULL have no nulls, the others one in five
// to one in seven.
func randomData(r *rand.Rand) data {
	pick := func(of string) string { return strings.Fields(of)[r.IntN(len(strings.Fields(of)))] }
	num := func() string { return pick("0 1 1 2 2 3 NULL") }
	str := func() string { return pick("a b ab A NULL '' a") }
	d := data{}
	fill := func(t string, most int, row func(i int) string) {
		d[t] = nil
		for i := range r.IntN(most + 1) {
			d[t] = append(d[t], sqltest.ParseRow(row(i)))
		}
	}
	fill("t1", 9, func(int) string {
		return strings.Join([]string{num(), num(), num(), str(), pick("1.50 0.25 2.00 NULL -1.00")}, " | ")
	})
	fill("t2", 7, func(int) string { return strings.Join([]string{num(), num(), num(), str()}, " | ") })
	fill("t3", 6, func(int) string {
		return strings.Join([]string{pick("0 1 2 3"), num(), pick("a b ab ''"), pick("TRUE FALSE NULL")}, " | ")
	})
	fill("arr", 4, func(int) string { return num() + " | " + num() + " | " + pick("[] [1] [1,2,2] [0,null] NULL") })
	at := 0
	fill("ev", 12, func(int) string {
		at += r.IntN(9)
		return fmt.Sprintf("%s | %s | %s | %s", clockText(at), num(), num(), pick("a b ab a b NULL"))
	})
	at = 0
	fill("rt", 6, func(int) string {
		at += 1 + r.IntN(12)
		return fmt.Sprintf("+U | %s | %s | %s", pick("0 1 2 3"), num(), clockText(at))
	})
	d["rd"] = randomVersions(r)
	d["lk"] = nil
	for id := range r.IntN(4) {
		d["lk"] = append(d["lk"], sqltest.ParseRow(fmt.Sprintf("%d | %s | %s", id, num(), str())))
	}
	d["u"] = randomChanges(r, num, str, false)
	d["w"] = randomChanges(r, num, str, true)
	return d
}

// randomVersions makes the changes of a versioned table, each at a time of its own.
func randomVersions(r *rand.Rand) []sqltest.Row {
	var out []sqltest.Row
	now, at := map[int]string{}, 0
	add := func(kind, values string) { out = append(out, sqltest.ParseRow(kind+" | "+values)) }
	for range r.IntN(8) {
		at += 1 + r.IntN(12)
		k := r.IntN(3)
		old, ok := now[k]
		now[k] = fmt.Sprintf("%d | %d | %s", k, r.IntN(4), clockText(at))
		switch {
		case !ok:
			add("+I", now[k])
		case r.IntN(3) == 0:
			add("-D", now[k])
			delete(now, k)
		default:
			add("-U", old)
			add("+U", now[k])
		}
	}
	return out
}

func clockText(seconds int) string {
	return fmt.Sprintf("2024-01-01 00:%02d:%02d", seconds/60, seconds%60)
}

// randomChanges makes the changes of a table with a primary key, with or without
// the rows before an update.
func randomChanges(r *rand.Rand, num, str func() string, upsert bool) []sqltest.Row {
	var out []sqltest.Row
	now := map[int][]any{}
	add := func(kind vec.Kind, values []any) { out = append(out, sqltest.Row{Kind: kind, Values: values}) }
	for range r.IntN(10) {
		id := r.IntN(5)
		fresh := sqltest.ParseRow(fmt.Sprintf("%d | %s | %s", id, num(), str())).Values
		old, ok := now[id]
		switch {
		case !ok:
			add(vec.Insert, fresh)
		case r.IntN(3) == 0:
			add(vec.Delete, old)
			delete(now, id)
			continue
		case upsert:
			add(vec.UpdateAfter, fresh)
		default:
			add(vec.UpdateBefore, old)
			add(vec.UpdateAfter, fresh)
		}
		now[id] = fresh
	}
	return out
}

// folded gives the rows that are left of changes; the first column is the key of
// those without rows before an update.
func folded(changes []sqltest.Row) []sqltest.Row {
	var left []sqltest.Row
	for _, c := range changes {
		same := func(r sqltest.Row) bool { return fmt.Sprint(r.Values) == fmt.Sprint(c.Values) }
		if c.Kind == vec.UpdateAfter {
			same = func(r sqltest.Row) bool { return r.Values[0] == c.Values[0] }
		}
		if i := slices.IndexFunc(left, same); i >= 0 && c.Kind != vec.Insert {
			left = slices.Delete(left, i, i+1)
		}
		if c.Kind.Adds() {
			left = append(left, c)
		}
	}
	return left
}

// text prints data as a script has it.
func (d data) text() string {
	var names []string
	for n := range d {
		names = append(names, n)
	}
	sort.Strings(names)
	var b strings.Builder
	for _, n := range names {
		fmt.Fprintf(&b, "rows %s\n", n)
		for _, r := range d[n] {
			b.WriteString(r.String() + "\n")
		}
		b.WriteString("\n")
	}
	return b.String()
}
