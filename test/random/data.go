package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/weir-stream/weir/internal/vec"
	"github.com/weir-stream/weir/sqltest"
)

// tables declares what queries read. Those with a primary key or NOT NULL columns
// have a sister without, as most columns that users join and group by may be null.
const tables = `
CREATE TABLE t1 (id BIGINT, a INT, b INT, s STRING, d DECIMAL(10, 2)) WITH ('connector' = 'values');
CREATE TABLE t2 (id BIGINT, a INT, c INT, s STRING) WITH ('connector' = 'values');
CREATE TABLE t3 (a INT, x BIGINT, s STRING, f BOOLEAN) WITH ('connector' = 'values');
CREATE TABLE nn (a INT NOT NULL, x BIGINT, s STRING NOT NULL) WITH ('connector' = 'values');
CREATE TABLE ty (a INT, n SMALLINT, f DOUBLE, e DATE, q TIMESTAMP(6), z TIMESTAMP_LTZ(3), y BYTES, s VARCHAR(2)) WITH ('connector' = 'values');
CREATE TABLE u (id INT, a INT, s STRING) WITH ('connector' = 'values', 'changelog-mode' = 'I,UA,UB,D');
CREATE TABLE uk (id INT, a INT, s STRING, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'values', 'changelog-mode' = 'I,UA,UB,D');
CREATE TABLE w (id INT, a INT, s STRING, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'values', 'changelog-mode' = 'I,UA,D');
CREATE TABLE fd (id INT, op STRING NOT NULL, s STRING) WITH ('connector' = 'values');
CREATE TABLE arr (k INT, a INT, xs ARRAY<INT>, m MAP<STRING, INT>, r ROW<p INT, q STRING>) WITH ('connector' = 'values');
CREATE TABLE ev (ts TIMESTAMP(3), k INT, v INT, s STRING, p AS PROCTIME(), WATERMARK FOR ts AS ts) WITH ('connector' = 'values');
CREATE TABLE eo (ts TIMESTAMP_LTZ(3), k INT, v INT, s STRING, WATERMARK FOR ts AS ts - INTERVAL '20' SECOND) WITH ('connector' = 'values');
CREATE TABLE cw (ts TIMESTAMP(3), k INT, v INT, s STRING, WATERMARK FOR ts AS ts - INTERVAL '1' HOUR) WITH ('connector' = 'values', 'changelog-mode' = 'I,UA,UB,D');
CREATE TABLE rt (k INT, r INT, ts TIMESTAMP(3), PRIMARY KEY (k) NOT ENFORCED, WATERMARK FOR ts AS ts) WITH ('connector' = 'values', 'changelog-mode' = 'I,UA,D');
CREATE TABLE rd (k INT, r INT, ts TIMESTAMP(3), PRIMARY KEY (k) NOT ENFORCED, WATERMARK FOR ts AS ts) WITH ('connector' = 'values', 'changelog-mode' = 'I,UA,UB,D');
CREATE VIEW rv AS SELECT k, v AS r, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts DESC) AS rn FROM ev) WHERE rn = 1;
CREATE TABLE lk (id INT, a INT, s STRING) WITH ('connector' = 'values');
CREATE TABLE i1 (id INT, a INT, s STRING) WITH ('connector' = 'values', 'lookup.indexes' = 'id');
CREATE TABLE i2 (id INT, b INT, s STRING) WITH ('connector' = 'values', 'lookup.indexes' = 'id;s');
CREATE TABLE o1 (k INT, n BIGINT, s STRING) WITH ('connector' = 'values');
CREATE TABLE o2 (k INT, n BIGINT, s STRING, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'values');
CREATE TABLE o3 (k INT, n BIGINT, s STRING, PRIMARY KEY (k, s) NOT ENFORCED) WITH ('connector' = 'values')`

// sinks are the tables that queries write.
var sinks = []string{"o1", "o2", "o3"}

// data is the rows of each table.
type data map[string][]sqltest.Row

// drawer draws values.
type drawer struct{ *rand.Rand }

func (r drawer) of(values string) string {
	all := strings.Fields(values)
	return all[r.IntN(len(all))]
}

func (r drawer) num() string { return r.of("0 1 1 2 2 3 NULL") }
func (r drawer) str() string { return r.of("a b ab A NULL '' a") }

// at gives a time of day, or a null once in eight.
func (r drawer) at(seconds int) string {
	if r.IntN(8) == 0 {
		return "NULL"
	}
	return clockText(seconds)
}

// randomData makes small tables with nulls and equal rows: in each column that may
// be null one value in five to one in ten is.
func randomData(rnd *rand.Rand) data {
	r := drawer{rnd}
	d := data{}
	fill := func(t string, most int, row func() string) {
		d[t] = nil
		for range r.IntN(most + 1) {
			d[t] = append(d[t], sqltest.ParseRow(row()))
		}
	}
	cells := func(cells ...string) string { return strings.Join(cells, " | ") }
	fill("t1", 9, func() string { return cells(r.num(), r.num(), r.num(), r.str(), r.of("1.50 0.25 2.00 NULL -1.00")) })
	fill("t2", 7, func() string { return cells(r.num(), r.num(), r.num(), r.str()) })
	fill("t3", 6, func() string { return cells(r.num(), r.num(), r.str(), r.of("TRUE FALSE NULL")) })
	fill("nn", 6, func() string { return cells(r.of("0 1 2 3"), r.num(), r.of("a b ab ''")) })
	fill("ty", 6, func() string {
		return cells(r.num(), r.num(), r.of("0 0.5 -1.25 2 NULL"), r.of("2024-01-01 2024-02-29 1969-12-31 NULL"),
			r.at(r.IntN(3)), r.at(r.IntN(3)), r.of("a ab '' NULL"), r.of("a b ab NULL"))
	})
	fill("arr", 4, func() string {
		return cells(r.num(), r.num(), r.of("[] [1] [1,2,2] [0,null] NULL"), r.of(`{} {"a":1} {"a":2,"b":null} NULL`), r.of(`[1,"a"] [null,"b"] [2,null] NULL`))
	})
	at := 0
	fill("ev", 12, func() string {
		at += r.IntN(9)
		return cells(r.at(at), r.num(), r.num(), r.of("a b ab a b NULL"))
	})
	at = 20
	fill("eo", 10, func() string {
		at += r.IntN(9)
		return cells(r.at(at-r.IntN(18)), r.num(), r.num(), r.of("a b ab a b NULL"))
	})
	at = 0
	fill("rt", 6, func() string {
		at += 1 + r.IntN(12)
		return "+U | " + cells(r.of("0 1 2 3"), r.num(), r.at(at))
	})
	for _, t := range []string{"lk", "i1", "i2"} {
		fill(t, 4, func() string { return cells(r.num(), r.num(), r.str()) })
	}
	d["rd"] = randomVersions(r)
	threes := func(id int) string { return cells(strconv.Itoa(id), r.num(), r.str()) }
	d["uk"] = randomChanges(r, threes, false)
	d["w"] = randomChanges(r, threes, true)
	d["u"] = randomChanges(r, func(int) string { return cells(r.num(), r.num(), r.str()) }, false)
	d["cw"] = randomChanges(r, func(int) string { return cells(r.at(r.IntN(40)), r.num(), r.num(), r.of("a b NULL")) }, false)
	d["fd"] = changesAsRows(randomChanges(r, func(int) string { return cells(r.num(), r.str()) }, false))
	return d
}

// changesAsRows puts the kind of each change of two columns between them.
func changesAsRows(changes []sqltest.Row) []sqltest.Row {
	names := map[vec.Kind]string{vec.Insert: "INSERT", vec.UpdateBefore: "UPDATE_BEFORE", vec.UpdateAfter: "UPDATE_AFTER", vec.Delete: "DELETE"}
	var out []sqltest.Row
	for _, c := range changes {
		out = append(out, sqltest.Row{Values: []any{c.Values[0], names[c.Kind], c.Values[1]}})
	}
	return out
}

// randomVersions makes the changes of a versioned table, each at a time of its own.
func randomVersions(r drawer) []sqltest.Row {
	var out []sqltest.Row
	now, at := map[int]string{}, 0
	add := func(kind, values string) { out = append(out, sqltest.ParseRow(kind+" | "+values)) }
	for range r.IntN(8) {
		at += 1 + r.IntN(12)
		k := r.IntN(3)
		old, ok := now[k]
		now[k] = fmt.Sprintf("%d | %s | %s", k, r.num(), r.at(at))
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

// randomChanges makes the changes of a table, with or without the rows before an
// update. fresh gives a row of a key; what it gives for one key may differ.
func randomChanges(r drawer, fresh func(id int) string, upsert bool) []sqltest.Row {
	var out []sqltest.Row
	now := map[int][]any{}
	add := func(kind vec.Kind, values []any) { out = append(out, sqltest.Row{Kind: kind, Values: values}) }
	for range r.IntN(10) {
		id := r.IntN(5)
		next := sqltest.ParseRow(fresh(id)).Values
		old, ok := now[id]
		switch {
		case !ok:
			add(vec.Insert, next)
		case r.IntN(3) == 0:
			add(vec.Delete, old)
			delete(now, id)
			continue
		case upsert:
			add(vec.UpdateAfter, next)
		default:
			add(vec.UpdateBefore, old)
			add(vec.UpdateAfter, next)
		}
		now[id] = next
	}
	return out
}

// folded gives the rows that are left of changes; with upserts, which come without
// the rows before an update, the first column is the key.
func folded(changes []sqltest.Row, upserts bool) []sqltest.Row {
	var left []sqltest.Row
	for _, c := range changes {
		same := func(r sqltest.Row) bool { return fmt.Sprint(r.Values) == fmt.Sprint(c.Values) }
		if upserts {
			same = func(r sqltest.Row) bool { return r.Values[0] == c.Values[0] }
		}
		if i := slices.IndexFunc(left, same); i >= 0 && (upserts || !c.Kind.Adds()) {
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
