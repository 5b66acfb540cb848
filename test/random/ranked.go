package main

import (
	"fmt"
	"strings"
)

// topN numbers rows in an order of all columns and keeps the first.
func (g *generator) topN(depth int) (string, []rcol) {
	g.tag("window")
	src, cols := g.source(depth - 1)
	a := g.name()
	var items, names []string
	var out []rcol
	for i, c := range cols {
		items = append(items, fmt.Sprintf("%s AS n%d", c.text, i))
		names = append(names, c.text)
		out = append(out, rcol{fmt.Sprintf("n%d", i), c.kind})
	}
	f, order := "ROW_NUMBER", orderAll(g, names)
	if k := g.pick(3); k > 0 {
		f, order = []string{"", "RANK", "DENSE_RANK"}[k], names[g.pick(len(names))]
	}
	part := ""
	if g.chance(2) {
		part = "PARTITION BY " + names[g.pick(len(names))] + " "
	}
	bound := g.pickOf("rn <= 2", "rn = 1", "rn < 4", "rn BETWEEN 2 AND 3", "rn = 2", "rn >= 2", "rn <= 3 AND rn <> 2")
	if g.chance(3) {
		bound += " AND " + g.compare(out, 0)
	}
	if g.chance(2) {
		out = append(out, rcol{"rn", 'i'})
	}
	if !g.plain && g.chance(4) { // an extension, and DuckDB's
		qualified := fmt.Sprintf("SELECT %s, %s() OVER (%sORDER BY %s) AS rn FROM %s QUALIFY %s", strings.Join(items, ", "), f, part, order, src, bound)
		return fmt.Sprintf("(SELECT %s FROM (%s) AS x) AS %s", strings.Join(bare(out), ", "), qualified, a), qualify(a, out)
	}
	sql := fmt.Sprintf("(SELECT %s FROM (SELECT %s, %s() OVER (%sORDER BY %s) AS rn FROM %s) AS x WHERE %s) AS %s",
		strings.Join(bare(out), ", "), strings.Join(items, ", "), f, part, order, src, bound, a)
	return sql, qualify(a, out)
}

// over adds an aggregate over a partition, or over what is before in an order of
// all columns.
func (g *generator) over(depth int) (string, []rcol) {
	g.tag("window")
	src, cols := g.source(depth - 1)
	a := g.name()
	var items, names []string
	var out []rcol
	for i, c := range cols {
		items = append(items, fmt.Sprintf("%s AS n%d", c.text, i))
		names = append(names, c.text)
		out = append(out, rcol{fmt.Sprintf("n%d", i), c.kind})
	}
	part := "PARTITION BY " + names[g.pick(len(names))]
	f := g.fill(g.pickOf("COUNT(*)", "SUM($i)", "COUNT($s)", "MAX($i)", "MIN($i)"), cols, 0)
	if g.chance(2) {
		part += " ORDER BY " + orderAll(g, names)
		f, part = g.ordered(f, part, cols)
	}
	if !strings.Contains(f, "?") {
		f += " OVER (?)"
	}
	sql := fmt.Sprintf("(SELECT %s, %s AS w FROM %s) AS %s", strings.Join(items, ", "), strings.Replace(f, "?", part, 1), src, a)
	return sql, qualify(a, append(out, rcol{"w", 'i'}))
}

// ordered gives a call over an ordered partition, which goes to the ?, or to OVER
// behind it.
func (g *generator) ordered(f, part string, cols []rcol) (string, string) {
	n := 5
	if !g.plain {
		n = 16
	}
	switch g.pick(n) {
	case 1:
		return g.fill("LAG($i)", cols, 0), part
	case 2:
		return "ROW_NUMBER()", part
	case 3:
		return f, part + " ROWS BETWEEN 1 PRECEDING AND CURRENT ROW"
	case 4:
		return "RANK()", part
	case 5:
		return g.fill("LEAD($i, 2)", cols, 0), part
	case 6:
		return g.fill("FIRST_VALUE($i)", cols, 0), part
	case 7:
		return g.fill("LAST_VALUE($i)", cols, 0), part + g.pickOf("", " ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING")
	case 8:
		return "NTILE(2)", part
	case 9:
		return "CAST(CUME_DIST() OVER (?) * 100 AS INT)", part
	case 10:
		return "CAST(PERCENT_RANK() OVER (?) * 100 AS INT)", part
	case 11:
		return "DENSE_RANK()", part
	case 12:
		return f, part + " ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING"
	case 13:
		return f, part + " ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING"
	case 14, 15:
		return f, " PARTITION BY " + g.column('s', cols) + " ORDER BY " + g.column('i', cols) + g.pickOf("", " RANGE BETWEEN 1 PRECEDING AND CURRENT ROW", " RANGE BETWEEN 1 PRECEDING AND 1 FOLLOWING", " DESC")
	}
	return f, part
}
