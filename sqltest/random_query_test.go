package sqltest

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

// rcol is a column that a generated query may read: its spelling and its kind
// (i integer, s string, d decimal, b boolean, t timestamp).
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
	{"u", []rcol{{"id", 'i'}, {"a", 'i'}, {"s", 's'}}},
}

func (g *generator) name() string {
	g.names++
	return fmt.Sprintf("q%d", g.names)
}

// chance is true once in n times.
func (g *generator) chance(n int) bool { return g.pick(n) == n-1 }

// query gives a whole query with its CTEs, order and limit.
func (g *generator) query() string {
	var with []string
	for range g.pick(3) {
		if g.chance(2) {
			sql, cols := g.block(2, nil)
			t := rtable{name: "c" + fmt.Sprint(len(g.ctes)), cols: cols}
			with = append(with, fmt.Sprintf("%s AS (%s)", t.name, sql))
			g.ctes = append(g.ctes, t)
		}
	}
	sql, cols := g.union(3, nil)
	if len(with) > 0 {
		sql = "WITH " + strings.Join(with, ", ") + " " + sql
	}
	if g.chance(5) {
		sql = fmt.Sprintf("%s ORDER BY %s LIMIT %d", sql, orderAll(g, bare(cols)), 1+g.pick(6))
	}
	return sql
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

// grouped gives an aggregating block.
func (g *generator) grouped(from string, cols []rcol, depth int, kinds []byte) (string, []rcol) {
	var keys []rcol
	for _, c := range cols {
		if len(keys) < 3 && c.kind != 't' && g.chance(3) {
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
	filter := ""
	if g.chance(6) {
		filter = fmt.Sprintf(" FILTER (WHERE %s)", g.compare(cols, 0))
	}
	switch kind {
	case 's':
		return fmt.Sprintf("%s(%s)", g.pickOf("MAX", "MIN"), g.expr('s', cols, 0)) + filter
	case 'd':
		return fmt.Sprintf("%s(%s)", g.pickOf("SUM", "MIN", "MAX"), g.expr('d', cols, 0)) + filter
	}
	switch g.pick(5) {
	case 0:
		return "COUNT(*)" + filter
	case 1:
		return fmt.Sprintf("COUNT(%s)", g.expr('s', cols, 0)) + filter
	case 2:
		return fmt.Sprintf("COUNT(DISTINCT %s)", g.expr('i', cols, 0)) + filter
	}
	distinct := ""
	if g.chance(4) {
		distinct = "DISTINCT "
	}
	return fmt.Sprintf("%s(%s%s)", g.pickOf("SUM", "MIN", "MAX"), distinct, g.expr('i', cols, 0)) + filter
}

func (g *generator) pickOf(of ...string) string { return of[g.pick(len(of))] }

func (g *generator) op() string { return g.pickOf("=", "<>", "<", "<=", ">", ">=") }

// from gives a FROM clause and the columns that it makes visible.
func (g *generator) from(depth int) (string, []rcol) {
	n := 12
	if depth <= 0 {
		n = 2
	}
	switch g.pick(n) {
	case 2, 3, 4:
		return g.join(depth)
	case 5:
		return g.using()
	case 6:
		return g.topN(depth)
	case 7:
		return g.over(depth)
	case 8:
		return g.lateral(depth)
	case 9:
		return g.timed()
	case 10:
		if !g.plain {
			return "(SELECT k, x, a FROM arr CROSS JOIN UNNEST(xs) AS e (x)) AS un", qualify("un", []rcol{{"k", 'i'}, {"x", 'i'}, {"a", 'i'}})
		}
	}
	return g.source(depth)
}

func qualify(alias string, cols []rcol) []rcol {
	out := make([]rcol, len(cols))
	for i, c := range cols {
		out[i] = rcol{alias + "." + c.text, c.kind}
	}
	return out
}

// source gives a table, a CTE or a derived table.
func (g *generator) source(depth int) (string, []rcol) {
	alias := g.name()
	if k := g.pick(len(baseTables) + 3); k >= len(baseTables) {
		if k == len(baseTables) && depth > 0 {
			saved := g.outer
			g.outer = nil
			sql, cols := g.union(depth-1, nil)
			g.outer = saved
			if g.chance(5) {
				sql = fmt.Sprintf("SELECT * FROM (%s) AS l ORDER BY %s LIMIT %d OFFSET %d", sql, orderAll(g, bare(cols)), 1+g.pick(4), g.pick(2))
			}
			return fmt.Sprintf("(%s) AS %s", sql, alias), qualify(alias, cols)
		}
		if len(g.ctes) > 0 {
			t := g.ctes[g.pick(len(g.ctes))]
			return t.name + " AS " + alias, qualify(alias, t.cols)
		}
	}
	t := baseTables[g.pick(len(baseTables))]
	return t.name + " AS " + alias, qualify(alias, t.cols)
}

func (g *generator) join(depth int) (string, []rcol) {
	l, lc := g.source(depth - 1)
	for range 1 + g.pick(2) {
		r, rc := g.source(depth - 1)
		both := append(append([]rcol(nil), lc...), rc...)
		typ := g.pickOf("JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "CROSS JOIN")
		on := ""
		if typ != "CROSS JOIN" {
			on = " ON " + g.on(lc, rc, both)
		}
		l, lc = fmt.Sprintf("%s %s %s%s", l, typ, r, on), both
	}
	return l, lc
}

// on gives a join condition: mostly an equality, sometimes with more.
func (g *generator) on(lc, rc, both []rcol) string {
	cond := fmt.Sprintf("%s = %s", g.expr('i', lc, 0), g.expr('i', rc, 0))
	switch g.pick(5) {
	case 1:
		cond += " AND " + g.compare(both, 0)
	case 2:
		cond += fmt.Sprintf(" AND %s = %s", g.expr('s', lc, 0), g.expr('s', rc, 0))
	case 3:
		cond = fmt.Sprintf("%s IS NOT DISTINCT FROM %s", g.expr('i', lc, 0), g.expr('i', rc, 0))
	case 4:
		cond = fmt.Sprintf("(%s AND %s) OR (%s AND %s)", cond, g.compare(both, 0), cond, g.compare(both, 0))
	}
	return cond
}

func (g *generator) using() (string, []rcol) {
	a := g.name()
	typ := g.pickOf("JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN")
	if g.chance(2) {
		return fmt.Sprintf("(SELECT id, a, s, b, d, c FROM t1 NATURAL %s t2) AS %s", typ, a),
			qualify(a, []rcol{{"id", 'i'}, {"a", 'i'}, {"s", 's'}, {"b", 'i'}, {"d", 'd'}, {"c", 'i'}})
	}
	return fmt.Sprintf("(SELECT a, id, b, x, f FROM t1 %s t3 USING (a)) AS %s", typ, a),
		qualify(a, []rcol{{"a", 'i'}, {"id", 'i'}, {"b", 'i'}, {"x", 'i'}, {"f", 'b'}})
}

// topN numbers rows in an order of all columns and keeps the first.
func (g *generator) topN(depth int) (string, []rcol) {
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
	sql := fmt.Sprintf("(SELECT %s FROM (SELECT %s, %s() OVER (%sORDER BY %s) AS rn FROM %s) AS x WHERE %s) AS %s",
		strings.Join(bare(out), ", "), strings.Join(items, ", "), f, part, order, src, bound, a)
	return sql, qualify(a, out)
}

// over adds an aggregate over a partition, or over what is before in an order of
// all columns.
func (g *generator) over(depth int) (string, []rcol) {
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
	f := g.agg('i', cols, 0)
	if strings.Contains(f, "DISTINCT") || strings.Contains(f, "FILTER") {
		f = "COUNT(*)"
	}
	if g.chance(2) {
		part += " ORDER BY " + orderAll(g, names)
		switch g.pick(5) {
		case 1:
			f = fmt.Sprintf("LAG(%s)", g.expr('i', cols, 0))
		case 2:
			f = "ROW_NUMBER()"
		case 3:
			part += " ROWS BETWEEN 1 PRECEDING AND CURRENT ROW"
		case 4:
			f = "RANK()"
		}
	}
	sql := fmt.Sprintf("(SELECT %s, %s OVER (%s) AS w FROM %s) AS %s", strings.Join(items, ", "), f, part, src, a)
	return sql, qualify(a, append(out, rcol{"w", 'i'}))
}

func (g *generator) lateral(depth int) (string, []rcol) {
	l, lc := g.source(depth - 1)
	a := g.name()
	g.outer = append(g.outer, lc)
	sql, cols := g.correlated(0)
	g.outer = g.outer[:len(g.outer)-1]
	if g.chance(2) {
		return fmt.Sprintf("%s LEFT JOIN LATERAL (%s) AS %s ON TRUE", l, sql, a), append(lc, qualify(a, cols)...)
	}
	if g.chance(4) {
		return fmt.Sprintf("%s LEFT JOIN LATERAL (%s) AS %s ON %s.o0 = %s", l, sql, a, a, g.column('i', lc)), append(lc, qualify(a, cols)...)
	}
	return fmt.Sprintf("%s, LATERAL (%s) AS %s", l, sql, a), append(lc, qualify(a, cols)...)
}

// correlated gives a query that refers to the innermost enclosing one.
func (g *generator) correlated(depth int) (string, []rcol) {
	src, cols := g.source(depth)
	out := g.outer[len(g.outer)-1]
	conds := []string{fmt.Sprintf("%s = %s", g.expr('i', cols, 0), g.column('i', out))}
	if g.chance(2) {
		conds = append(conds, g.compare(cols, 0))
	}
	if g.chance(4) {
		conds = append(conds, fmt.Sprintf("%s %s %s", g.expr('i', cols, 0), g.op(), g.column('i', out)))
	}
	if g.chance(6) && len(g.outer) < 3 {
		g.outer = append(g.outer, append(append([]rcol(nil), cols...), out...))
		sql, _ := g.correlated(0)
		g.outer = g.outer[:len(g.outer)-1]
		conds = append(conds, fmt.Sprintf("%sEXISTS (%s)", g.pickOf("", "NOT "), sql))
	}
	where := strings.Join(conds, " AND ")
	result := []rcol{{"o0", 'i'}, {"o1", 's'}}
	if g.chance(2) {
		return fmt.Sprintf("SELECT %s AS o0, %s AS o1 FROM %s WHERE %s", g.agg('i', cols, 0), g.agg('s', cols, 0), src, where), result
	}
	switch k := g.column('s', cols); g.pick(8) {
	case 5:
		return fmt.Sprintf("SELECT %s AS o0, %s AS o1 FROM %s WHERE %s GROUP BY %s HAVING COUNT(*) > %s", g.agg('i', cols, 0), k, src, where, k, g.pickOf("0", "1")), result
	case 6:
		return fmt.Sprintf("SELECT DISTINCT %s AS o0, %s AS o1 FROM %s WHERE %s", g.expr('i', cols, 0), k, src, where), result
	case 7:
		return fmt.Sprintf("SELECT o0, o1 FROM (SELECT %s AS o0, %s AS o1 FROM %s WHERE %s) AS l ORDER BY o0, o1 DESC LIMIT 2", g.expr('i', cols, 0), k, src, where), result
	}
	return fmt.Sprintf("SELECT %s AS o0, %s AS o1 FROM %s WHERE %s", g.expr('i', cols, 0), g.expr('s', cols, 0), src, where), []rcol{{"o0", 'i'}, {"o1", 's'}}
}

// timed gives an aggregate over windows of time.
func (g *generator) timed() (string, []rcol) {
	if g.plain {
		return g.using()
	}
	a := g.name()
	cols := []rcol{{"k", 'i'}, {"v", 'i'}, {"s", 's'}}
	if g.chance(3) {
		return g.timedRows(a)
	}
	win := g.pickOf("TUMBLE(TABLE ev, DESCRIPTOR(ts), INTERVAL '10' SECOND)", "HOP(TABLE ev, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '15' SECOND)",
		"CUMULATE(TABLE ev, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '20' SECOND)")
	where := ""
	if g.chance(3) {
		where = " WHERE " + g.compare(cols, 0)
	}
	key, by := "", "window_start, window_end"
	out := []rcol{{"m", 'i'}, {"n", 'i'}, {"ws", 't'}, {"we", 't'}}
	if g.chance(2) {
		key, by, out = ", s", by+", s", append(out, rcol{"s", 's'})
	}
	sql := fmt.Sprintf("SELECT %s AS m, %s AS n, window_start AS ws, window_end AS we%s FROM TABLE(%s)%s GROUP BY %s",
		g.agg('i', cols, 0), g.agg('i', cols, 0), key, win, where, by)
	if g.chance(3) {
		sql += " HAVING COUNT(*) > 1"
	}
	if g.chance(4) {
		sql = fmt.Sprintf("SELECT l.m, r.n, l.ws, l.we%s FROM (%s) AS l JOIN (%s) AS r ON l.ws = r.ws AND l.we = r.we",
			strings.Replace(key, "s", "l.s", 1), sql, sql)
	}
	return fmt.Sprintf("(%s) AS %s", sql, a), qualify(a, out)
}

// timedRows gives rows that were joined, numbered or summed by time.
func (g *generator) timedRows(a string) (string, []rcol) {
	cols := []rcol{{"k", 'i'}, {"v", 'i'}, {"s", 's'}}
	win := g.pickOf("TUMBLE(TABLE ev, DESCRIPTOR(ts), INTERVAL '10' SECOND)", "HOP(TABLE ev, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '10' SECOND)")
	typ := g.pickOf("JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN")
	switch g.pick(5) {
	case 0:
		sql := fmt.Sprintf("SELECT l.k, r.v, l.s FROM ev AS l %s ev AS r ON l.k = r.k AND l.ts BETWEEN r.ts - INTERVAL '%s' SECOND AND r.ts + INTERVAL '7' SECOND", typ, g.pickOf("0", "4", "11"))
		if g.chance(3) {
			sql += " AND l.v <> r.v"
		}
		return fmt.Sprintf("(%s) AS %s", sql, a), qualify(a, cols)
	case 1:
		frame := g.pickOf("", " RANGE BETWEEN INTERVAL '9' SECOND PRECEDING AND CURRENT ROW")
		sql := fmt.Sprintf("SELECT k, %s(v) OVER (PARTITION BY s ORDER BY ts%s) AS v, s FROM ev", g.pickOf("SUM", "COUNT", "MAX"), frame)
		return fmt.Sprintf("(%s) AS %s", sql, a), qualify(a, cols)
	case 2:
		sql := fmt.Sprintf("SELECT k, v, s FROM (SELECT k, v, s, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY v, k DESC, s) AS rn FROM TABLE(%s)) WHERE rn <= %s", win, g.pickOf("1", "2"))
		return fmt.Sprintf("(%s) AS %s", sql, a), qualify(a, cols)
	case 3:
		sql := fmt.Sprintf("SELECT l.k, r.v, r.s FROM TABLE(%s) AS l %s (SELECT * FROM TABLE(%s) WHERE %s) AS r ON l.window_start = r.window_start AND l.window_end = r.window_end AND l.k = r.v", win, typ, win, g.compare(cols, 0))
		return fmt.Sprintf("(%s) AS %s", sql, a), qualify(a, cols)
	}
	part := g.pickOf("", " PARTITION BY s")
	sql := fmt.Sprintf("SELECT COUNT(*) AS k, SUM(v) AS v, MIN(s) AS s, window_start AS ws FROM TABLE(SESSION(TABLE ev%s, DESCRIPTOR(ts), INTERVAL '4' SECOND)) GROUP BY window_start, window_end", part)
	if part != "" {
		sql += ", s"
	}
	return fmt.Sprintf("(%s) AS %s", sql, a), qualify(a, append(cols, rcol{"ws", 't'}))
}

// column gives a column of a kind, or a literal where there is none.
func (g *generator) column(kind byte, cols []rcol) string {
	var fit []string
	for _, c := range cols {
		if c.kind == kind {
			fit = append(fit, c.text)
		}
	}
	if len(fit) == 0 {
		return g.literal(kind)
	}
	return fit[g.pick(len(fit))]
}

func (g *generator) literal(kind byte) string {
	switch kind {
	case 'i':
		return g.pickOf("1", "2", "0", "3", "-1", "CAST(NULL AS INT)")
	case 's':
		return g.pickOf("'a'", "'b'", "'ab'", "''", "CAST(NULL AS STRING)")
	case 'd':
		return g.pickOf("1.50", "0.25", "CAST(NULL AS DECIMAL(10, 2))")
	}
	return g.pickOf("TRUE", "FALSE")
}

// expr gives an expression of a kind.
func (g *generator) expr(kind byte, cols []rcol, depth int) string {
	if kind == 'b' {
		return "(" + g.cond(cols, depth) + ")"
	}
	sub := func() string { return g.expr(kind, cols, depth-1) }
	if depth <= 0 {
		if g.chance(8) {
			return g.literal(kind)
		}
		return g.column(kind, cols)
	}
	switch g.pick(10) {
	case 4:
		return fmt.Sprintf("CASE WHEN %s THEN %s ELSE %s END", g.cond(cols, depth-1), sub(), sub())
	case 5:
		return fmt.Sprintf("COALESCE(%s, %s)", sub(), sub())
	case 6:
		return fmt.Sprintf("NULLIF(%s, %s)", sub(), g.literalValue(kind))
	case 7:
		return g.arithmetic(kind, cols, depth)
	case 8:
		if kind != 'd' {
			return "(" + g.scalar(kind, cols, depth) + ")"
		}
	case 9:
		if n := len(g.outer); n > 0 {
			return g.column(kind, g.outer[n-1])
		}
	}
	return g.column(kind, cols)
}

func (g *generator) literalValue(kind byte) string {
	return map[byte]string{'i': "1", 's': "'a'", 'd': "1.50"}[kind]
}

func (g *generator) arithmetic(kind byte, cols []rcol, depth int) string {
	x, y := g.expr(kind, cols, depth-1), g.expr(kind, cols, depth-1)
	switch kind {
	case 's':
		switch g.pick(3) {
		case 0:
			return fmt.Sprintf("UPPER(%s)", x)
		case 1:
			return fmt.Sprintf("CAST(%s AS STRING)", g.expr('i', cols, depth-1))
		}
		return fmt.Sprintf("(%s || %s)", x, y)
	case 'd':
		return fmt.Sprintf("(%s %s %s)", g.column('d', cols), g.pickOf("+", "-"), g.column('d', cols))
	}
	switch g.pick(4) {
	case 0:
		return fmt.Sprintf("(%s %s %s)", x, g.pickOf("+", "-"), y)
	case 1:
		return fmt.Sprintf("ABS(%s)", x)
	case 2:
		return fmt.Sprintf("MOD(%s, 3)", x)
	}
	return fmt.Sprintf("CHAR_LENGTH(%s)", g.expr('s', cols, depth-1))
}

// scalar gives a query of one value.
func (g *generator) scalar(kind byte, cols []rcol, depth int) string {
	if g.chance(2) {
		saved := g.outer
		g.outer = nil
		src, in := g.source(0)
		g.outer = saved
		return fmt.Sprintf("SELECT %s FROM %s", g.agg(kind, in, 0), src)
	}
	src, in := g.source(0)
	where := fmt.Sprintf("%s = %s", g.expr('i', in, 0), g.column('i', cols))
	if g.chance(3) {
		where += " AND " + g.compare(in, 0)
	}
	if g.chance(5) {
		where += fmt.Sprintf(" AND %s %s %s", g.expr('i', in, 0), g.op(), g.column('i', cols))
	}
	a := g.agg(kind, in, 0)
	if kind == 'i' && g.chance(3) {
		a = fmt.Sprintf("COALESCE(%s, 7)", a)
	}
	return fmt.Sprintf("SELECT %s FROM %s WHERE %s", a, src, where)
}

// compare gives a condition without a subquery.
func (g *generator) compare(cols []rcol, depth int) string {
	switch g.pick(9) {
	case 1:
		return fmt.Sprintf("%s %s %s", g.expr('s', cols, depth), g.op(), g.expr('s', cols, depth))
	case 2:
		return fmt.Sprintf("%s IS %sNULL", g.expr("is"[g.pick(2)], cols, depth), g.pickOf("", "NOT "))
	case 3:
		return fmt.Sprintf("%s LIKE %s", g.expr('s', cols, depth), g.pickOf("'a%'", "'%b'", "'_'", "'%'"))
	case 4:
		return fmt.Sprintf("%s %sIN (%s)", g.expr('i', cols, depth), g.pickOf("", "NOT "), g.pickOf("1, 2", "0, 3, NULL", "2"))
	case 5:
		return fmt.Sprintf("%s BETWEEN %s AND %s", g.expr('i', cols, depth), g.expr('i', cols, depth), g.expr('i', cols, depth))
	case 6:
		return fmt.Sprintf("%s IS %sDISTINCT FROM %s", g.expr('i', cols, depth), g.pickOf("", "NOT "), g.expr('i', cols, depth))
	case 7:
		return fmt.Sprintf("%s %s %s", g.expr('d', cols, depth), g.op(), g.expr('d', cols, depth))
	}
	return fmt.Sprintf("%s %s %s", g.expr('i', cols, depth), g.op(), g.expr('i', cols, depth))
}

// cond gives any condition.
func (g *generator) cond(cols []rcol, depth int) string {
	if depth <= 0 {
		return g.compare(cols, 0)
	}
	switch g.pick(13) {
	case 12:
		src, in := g.source(0)
		return fmt.Sprintf("(%s, %s) %sIN (SELECT %s, %s FROM %s)", g.expr('i', cols, 0), g.expr('s', cols, 0), g.pickOf("", "NOT "), g.expr('i', in, 0), g.expr('s', in, 0), src)
	case 4:
		return fmt.Sprintf("%s AND %s", g.cond(cols, depth-1), g.cond(cols, depth-1))
	case 5:
		return fmt.Sprintf("(%s OR %s)", g.cond(cols, depth-1), g.cond(cols, depth-1))
	case 6:
		return fmt.Sprintf("NOT (%s)", g.cond(cols, depth-1))
	case 7, 8:
		g.outer = append(g.outer, cols)
		sql, _ := g.correlated(depth - 2)
		g.outer = g.outer[:len(g.outer)-1]
		return fmt.Sprintf("%sEXISTS (%s)", g.pickOf("", "NOT "), sql)
	case 9, 10:
		k := "is"[g.pick(2)]
		sql, _ := g.block(depth-2, []byte{k})
		if g.chance(2) {
			src, in := g.source(0)
			sql = fmt.Sprintf("SELECT %s FROM %s WHERE %s = %s", g.expr(k, in, 0), src, g.expr('i', in, 0), g.column('i', cols))
		}
		return fmt.Sprintf("%s %sIN (%s)", g.expr(k, cols, 0), g.pickOf("", "NOT "), sql)
	case 11:
		src, in := g.source(0)
		return fmt.Sprintf("%s %s %s (SELECT %s FROM %s)", g.expr('i', cols, 0), g.op(), g.pickOf("ANY", "ALL"), g.expr('i', in, 0), src)
	}
	return g.compare(cols, depth-1)
}
