package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// choices is a stream of small decisions that can be replayed: a failing query
// is made smaller by replaying its decisions with some dropped or set to 0, so 0
// is the simplest choice everywhere.
type choices struct {
	rnd   *rand.Rand // nil when replaying
	taken []int
	at    int
}

func (c *choices) pick(n int) int {
	x := 0
	if c.rnd != nil {
		x = c.rnd.IntN(n)
		c.taken = append(c.taken, x)
	} else if c.at < len(c.taken) {
		x = c.taken[c.at] % n
	}
	c.at++
	return x
}

// rcol is a column that a generated query may read: its spelling and its kind (i
// integer, s string, d decimal, b boolean, f double, e date, t timestamp, z instant,
// y bytes; x is none of them).
type rcol struct {
	text string
	kind byte
}

// generator writes one query. Everything it writes has one right answer: no
// order without all columns, no division, no sums that overflow.
type generator struct {
	choices
	names int
	ctes  []rtable
	outer [][]rcol // scopes of the enclosing queries
	// tags are what the query has: join, aggregation, subquery, window.
	tags map[string]bool
	// samples are calls of functions over literals, one for each example.
	samples []string
	// plain: without what other systems lack (window functions over time, UNNEST).
	plain bool
}

type rtable struct {
	name string
	cols []rcol // by bare name
}

var baseTables = []rtable{
	{"t1", []rcol{{"id", 'i'}, {"a", 'i'}, {"b", 'i'}, {"s", 's'}, {"d", 'd'}}},
	{"t2", []rcol{{"id", 'i'}, {"a", 'i'}, {"c", 'i'}, {"s", 's'}}},
	{"t3", []rcol{{"a", 'i'}, {"x", 'i'}, {"s", 's'}, {"f", 'b'}}},
	{"nn", []rcol{{"a", 'i'}, {"x", 'i'}, {"s", 's'}}},
	{"u", []rcol{{"id", 'i'}, {"a", 'i'}, {"s", 's'}}},
	{"uk", []rcol{{"id", 'i'}, {"a", 'i'}, {"s", 's'}}},
	{"w", []rcol{{"id", 'i'}, {"a", 'i'}, {"s", 's'}}},
}

// typedTable is one more where no other system is asked.
var typedTable = rtable{"ty", []rcol{{"a", 'i'}, {"n", 'i'}, {"f", 'f'}, {"e", 'e'}, {"q", 't'}, {"z", 'z'}, {"y", 'y'}, {"s", 's'}}}

// table gives a table.
func (g *generator) table() rtable {
	n := len(baseTables)
	if g.plain {
		return baseTables[g.pick(n)]
	}
	if k := g.pick(n + 1); k < n {
		return baseTables[k]
	}
	return typedTable
}

// tag notes what the query has.
func (g *generator) tag(name string) {
	if g.tags != nil {
		g.tags[name] = true
	}
}

func (g *generator) name() string {
	g.names++
	return fmt.Sprintf("q%d", g.names)
}

// chance is true once in n times.
func (g *generator) chance(n int) bool { return g.pick(n) == n-1 }

// query gives a whole query with its CTEs, order and limit, or an INSERT.
func (g *generator) query() string {
	if !g.plain && g.chance(7) {
		return g.insert()
	}
	var with []string
	for range g.pick(3) {
		if g.chance(2) {
			sql, cols := g.block(2, nil)
			t := rtable{name: "c" + fmt.Sprint(len(g.ctes)), cols: cols}
			with = append(with, fmt.Sprintf("%s AS (%s)", t.name, sql))
			g.ctes = append(g.ctes, t)
		}
	}
	var sql string
	var cols []rcol
	if g.plain || len(g.samples) == 0 || !g.chance(8) {
		sql, cols = g.union(3, nil)
	} else {
		sql, cols = g.sampled()
	}
	if !g.plain && g.chance(40) {
		g.tag("window")
		sql, cols = fmt.Sprintf("SELECT k, v, s FROM ev WHERE %s ORDER BY ts, k, v, s%s", g.compare([]rcol{{"k", 'i'}, {"v", 'i'}, {"s", 's'}}, 1), g.pickOf("", " LIMIT 3")), nil
	}
	if len(with) > 0 {
		sql = "WITH " + strings.Join(with, ", ") + " " + sql
	}
	if len(cols) == 0 {
		return sql
	}
	switch g.pick(10) {
	case 5, 6:
		if len(sortable(cols)) == len(cols) {
			sql = fmt.Sprintf("%s ORDER BY %s LIMIT %d", sql, orderAll(g, bare(cols)), 1+g.pick(6))
		}
	case 7:
		if c := sortable(cols); len(c) > 0 {
			sql = fmt.Sprintf("%s ORDER BY %s", sql, orderAll(g, bare(c)))
		}
	case 8:
		sql += " LIMIT 100000" // all of them
	}
	return sql
}

// sortable leaves out columns whose values have no order.
func sortable(cols []rcol) []rcol {
	var out []rcol
	for _, c := range cols {
		if c.kind != 'x' {
			out = append(out, c)
		}
	}
	return out
}

// sampled gives a block with calls of functions that are evaluated for some rows.
func (g *generator) sampled() (string, []rcol) {
	from, cols := g.from(1)
	var items []string
	var out []rcol
	for i := range 1 + g.pick(3) {
		n := fmt.Sprintf("e%d", i)
		call := g.samples[g.pick(len(g.samples))]
		if g.chance(2) {
			call = fmt.Sprintf("CASE WHEN %s THEN %s END", g.compare(cols, 0), call)
		}
		items, out = append(items, call+" AS "+n), append(out, rcol{n, 'x'})
	}
	items, out = append(items, g.expr('i', cols, 1)+" AS o"), append(out, rcol{"o", 'i'})
	return fmt.Sprintf("SELECT %s FROM %s", strings.Join(items, ", "), from), out
}

func bare(cols []rcol) []string {
	var out []string
	for _, c := range cols {
		out = append(out, c.text)
	}
	return out
}

func orderAll(g *generator, cols []string) string {
	var keys []string
	first := g.pick(len(cols))
	for i := range cols {
		keys = append(keys, cols[(first+i)%len(cols)]+[]string{"", " DESC"}[g.pick(2)])
	}
	return strings.Join(keys, ", ")
}

// union gives blocks joined by set operations.
func (g *generator) union(depth int, kinds []byte) (string, []rcol) {
	sql, cols := g.block(depth, kinds)
	if depth < 2 || !g.chance(5) {
		return sql, cols
	}
	if kinds == nil {
		for _, c := range cols {
			kinds = append(kinds, c.kind)
		}
	}
	op := []string{"UNION ALL", "UNION", "INTERSECT", "EXCEPT", "INTERSECT ALL", "EXCEPT ALL"}[g.pick(6)]
	right, _ := g.block(depth-1, kinds)
	return fmt.Sprintf("SELECT * FROM (%s) %s SELECT * FROM (%s)", sql, op, right), cols
}

// block gives SELECT ... FROM ... with columns of the given kinds, or of any.
func (g *generator) block(depth int, kinds []byte) (string, []rcol) {
	from, cols := g.from(depth)
	where := ""
	if g.chance(2) {
		where = " WHERE " + g.cond(cols, depth)
	}
	if kinds == nil {
		for range 1 + g.pick(3) {
			kinds = append(kinds, "iisdb"[g.pick(5)])
		}
		if rare := rareKinds(cols); len(rare) > 0 && g.chance(2) {
			kinds = append(kinds, rare[g.pick(len(rare))])
		}
	}
	if g.chance(3) {
		return g.grouped(from+where, cols, depth, kinds)
	}
	var items []string
	var out []rcol
	for i, k := range kinds {
		n := fmt.Sprintf("o%d", i)
		items = append(items, g.expr(k, cols, depth)+" AS "+n)
		out = append(out, rcol{n, k})
	}
	distinct := ""
	if g.chance(6) {
		distinct = "DISTINCT "
	}
	return fmt.Sprintf("SELECT %s%s FROM %s%s", distinct, strings.Join(items, ", "), from, where), out
}

// rareKinds are those of columns that not every table has.
func rareKinds(cols []rcol) []byte {
	var out []byte
	for _, c := range cols {
		if strings.IndexByte("fetzy", c.kind) >= 0 {
			out = append(out, c.kind)
		}
	}
	return out
}

// grouped gives an aggregating block.
func (g *generator) grouped(from string, cols []rcol, depth int, kinds []byte) (string, []rcol) {
	var keys []rcol
	for _, c := range cols {
		if len(keys) < 3 && c.kind != 'x' && g.chance(3) {
			keys = append(keys, c)
		}
	}
	var items []string
	var out []rcol
	for i, k := range kinds {
		n := fmt.Sprintf("o%d", i)
		items = append(items, g.aggOrKey(k, keys, cols, depth)+" AS "+n)
		out = append(out, rcol{n, k})
	}
	sql := fmt.Sprintf("SELECT %s FROM %s", strings.Join(items, ", "), from)
	if len(keys) > 0 {
		by := strings.Join(bare(keys), ", ")
		sets := len(keys) > 1 && g.chance(3)
		if sets && g.plain { // a total over nothing is a row elsewhere, not in Flink
			by = fmt.Sprintf("GROUPING SETS ((%s), (%s))", keys[0].text, by)
		} else if sets {
			by = []string{"ROLLUP (" + by + ")", "CUBE (" + by + ")",
				fmt.Sprintf("GROUPING SETS ((%s), (%s))", keys[0].text, keys[1].text)}[g.pick(3)]
			if len(keys) > 2 {
				by = fmt.Sprintf("GROUPING SETS ((%s), (%s, %s), ())", keys[2].text, keys[0].text, keys[1].text)
			}
		}
		sql += " GROUP BY " + by
	}
	if g.chance(4) {
		sql += fmt.Sprintf(" HAVING %s %s %s", g.agg('i', cols, depth), g.op(), g.pickOf("1", "2", "0", "5"))
	}
	return sql, out
}

func (g *generator) aggOrKey(kind byte, keys, cols []rcol, depth int) string {
	if !g.chance(3) {
		for _, k := range keys {
			if k.kind == kind {
				return k.text
			}
		}
	}
	if kind == 'b' {
		return fmt.Sprintf("%s %s %s", g.agg('i', cols, depth), g.op(), g.agg('i', cols, depth))
	}
	a := g.agg(kind, cols, depth)
	if kind == 'i' && g.chance(5) {
		a = "COALESCE(" + a + ", -1) + 1"
	}
	return a
}

func (g *generator) agg(kind byte, cols []rcol, depth int) string {
	g.tag("aggregation")
	filter := ""
	if g.chance(6) {
		filter = fmt.Sprintf(" FILTER (WHERE %s)", g.compare(cols, 0))
	}
	switch kind {
	case 's':
		return fmt.Sprintf("%s(%s)", g.pickOf("MAX", "MIN"), g.expr('s', cols, 0)) + filter
	case 'd':
		f := g.pickOf("SUM", "MIN", "MAX", "AVG")
		if g.plain && f == "AVG" { // a double elsewhere
			f = "SUM"
		}
		return fmt.Sprintf("%s(%s)", f, g.expr('d', cols, 0)) + filter
	case 'f':
		return fmt.Sprintf("%s(%s)", g.pickOf("SUM", "MIN", "MAX", "AVG"), g.expr('f', cols, 0)) + filter
	case 'e', 't', 'z':
		return fmt.Sprintf("%s(%s)", g.pickOf("MIN", "MAX"), g.expr(kind, cols, 0)) + filter
	case 'y':
		return fmt.Sprintf("CAST(%s(%s)%s AS BYTES)", g.pickOf("MIN", "MAX"), g.expr('s', cols, 0), filter)
	}
	if !g.plain && g.chance(12) {
		form := moreAggs[g.pick(len(moreAggs))]
		return strings.Replace(g.fill(form, cols, 0), "?", filter, 1)
	}
	switch g.pick(5) {
	case 0:
		return "COUNT(*)" + filter
	case 1:
		return fmt.Sprintf("COUNT(%s)", g.expr('s', cols, 0)) + filter
	case 2:
		return fmt.Sprintf("COUNT(DISTINCT %s)", g.expr('i', cols, 0)) + filter
	case 3:
		if !g.plain && g.chance(3) {
			return fmt.Sprintf("AVG(%s)", g.expr('i', cols, 0)) + filter
		}
	}
	distinct := ""
	if g.chance(4) {
		distinct = "DISTINCT "
	}
	return fmt.Sprintf("%s(%s%s)", g.pickOf("SUM", "MIN", "MAX"), distinct, g.expr('i', cols, 0)) + filter
}

// moreAggs are calls whose result does not depend on the order of rows; a filter
// goes to the ?.
var moreAggs = []string{"CARDINALITY(COLLECT($i)?)", "CARDINALITY(ARRAY_AGG($i)?)", "CARDINALITY(ARRAY_AGG(DISTINCT $i)?)", "CHAR_LENGTH(LISTAGG($s)?)",
	"CAST(ROUND(VAR_POP($i)?, 10) * 1000 AS BIGINT)", "CAST(ROUND(STDDEV_POP($i)?, 10) * 1000 AS BIGINT)", "CAST(ROUND(VAR_SAMP($i)?, 10) * 1000 AS BIGINT)",
	"ARG_MAX($c, $c)?", "COUNT_IF($b)?", "CAST(MEDIAN($i)? * 2 AS BIGINT)", "APPROX_COUNT_DISTINCT($i)?", "CARDINALITY(HISTOGRAM($i)?)",
	"(CASE WHEN BOOL_OR($b)? THEN 1 ELSE 0 END)", "(CASE WHEN BOOL_AND($b)? THEN 1 ELSE 0 END)", "CAST(PERCENTILE($i, 0.5)? * 2 AS BIGINT)"}

func (g *generator) pickOf(of ...string) string { return of[g.pick(len(of))] }

func (g *generator) op() string { return g.pickOf("=", "<>", "<", "<=", ">", ">=") }
