package main

import (
	"fmt"
	"strings"
)

// abc are the columns of most derived tables here.
var abc = []rcol{{"a", 'i'}, {"b", 'i'}, {"s", 's'}}

// shaped gives three columns of a source: two integers and a text.
func (g *generator) shaped(depth int) string {
	src, cols := g.source(depth - 1)
	return fmt.Sprintf("SELECT %s AS a, %s AS b, %s AS s FROM %s", g.column('i', cols), g.column('i', cols), g.column('s', cols), src)
}

// reshaped gives what turns rows into columns, changes into rows, and the like.
func (g *generator) reshaped(depth int) (string, []rcol) {
	a := g.name()
	sql, cols := "", abc
	switch g.pick(13) {
	default:
		sql, cols = g.pivoted(depth)
	case 2:
		sql = fmt.Sprintf("SELECT s, c AS t, v AS a FROM (%s) UNPIVOT %s(v FOR c IN (a, b AS 'bb')) AS p", g.shaped(depth), g.pickOf("", "INCLUDE NULLS ", "EXCLUDE NULLS "))
		cols = []rcol{{"s", 's'}, {"t", 's'}, {"a", 'i'}}
	case 3, 4:
		g.tag("join")
		typ, cmp := g.pickOf("ASOF JOIN", "LEFT ASOF JOIN"), g.pickOf(">=", ">", "<=", "<")
		sql = fmt.Sprintf("SELECT l.a, r.b, l.s FROM (%s) AS l %s (%s) AS r MATCH_CONDITION (l.b %s r.b) ON l.a = r.a", g.shaped(depth), typ, g.shaped(depth), cmp)
	case 5:
		sql, cols = "SELECT * FROM FROM_CHANGELOG(input => TABLE fd)", []rcol{{"id", 'i'}, {"s", 's'}}
	case 6, 11, 12: // of a table that is only added to, or there and back
		sql, cols = "SELECT s, a FROM TO_CHANGELOG(input => TABLE t1)", []rcol{{"s", 's'}, {"a", 'i'}}
		if g.chance(2) {
			sql = fmt.Sprintf("SELECT s, a FROM FROM_CHANGELOG(input => TABLE (SELECT * FROM TO_CHANGELOG(input => TABLE %s)))", g.pickOf("u", "uk"))
		}
	case 7, 8:
		sql, cols = g.recursive()
	case 9, 10:
		return g.matched(a)
	}
	return fmt.Sprintf("(%s) AS %s", sql, a), qualify(a, cols)
}

// pivoted turns the values of a column into columns.
func (g *generator) pivoted(depth int) (string, []rcol) {
	g.tag("aggregation")
	in := g.shaped(depth)
	switch g.pick(3) {
	case 1:
		return fmt.Sprintf("SELECT * FROM (%s) PIVOT (%s(b) AS v, COUNT(*) AS n FOR s IN ('a' AS x, 'b' AS y, NULL AS z)) AS p", in, g.pickOf("SUM", "MAX", "MIN", "COUNT")),
			[]rcol{{"a", 'i'}, {"x_v", 'i'}, {"x_n", 'i'}, {"y_v", 'i'}, {"y_n", 'i'}, {"z_v", 'i'}, {"z_n", 'i'}}
	case 2:
		return fmt.Sprintf("SELECT * FROM (%s) PIVOT (COUNT(*) FOR (a, s) IN ((1, 'a') AS x, (2, NULL) AS y)) AS p", in), []rcol{{"b", 'i'}, {"x", 'i'}, {"y", 'i'}}
	}
	return fmt.Sprintf("SELECT * FROM (%s) PIVOT (SUM(b) FOR a IN (0 AS x, 1 AS y, 2 AS z)) AS p", in), []rcol{{"s", 's'}, {"x", 'i'}, {"y", 'i'}, {"z", 'i'}}
}

// recursive gives a query that reads its own rows, which batch mode alone has.
func (g *generator) recursive() (string, []rcol) {
	all := g.pickOf("UNION ALL", "UNION")
	t := g.table()
	seed := fmt.Sprintf("SELECT %s, 0, %s FROM %s WHERE %s", g.column('i', t.cols), g.column('s', t.cols), t.name, g.compare(t.cols, 0))
	step := "SELECT a + 1, b + 1, s FROM r"
	switch g.pick(4) {
	case 1, 2:
		g.tag("join")
		l := "lk"
		step = fmt.Sprintf("SELECT r.a + 1, r.b + 1, %s.s FROM r %s %s ON r.a = %s.id", l, g.pickOf("JOIN", "LEFT JOIN"), l, l)
	case 3:
		step = "SELECT DISTINCT r.a, r.b + 1, COALESCE(r.s, 'n') FROM r"
	}
	sql := fmt.Sprintf("WITH RECURSIVE r (a, b, s) AS (%s %s %s WHERE r.b < %s) SELECT a, b, s FROM r", seed, all, step, g.pickOf("1", "2", "3"))
	return sql, abc
}

// unnested gives the elements of collections.
func (g *generator) unnested() (string, []rcol) {
	a := g.name()
	ki := []rcol{{"k", 'i'}, {"x", 'i'}, {"a", 'i'}}
	switch g.pick(6) {
	case 1:
		return fmt.Sprintf("(SELECT k, x, a FROM arr LEFT JOIN UNNEST(xs) AS e (x) ON TRUE) AS %s", a), qualify(a, ki)
	case 2:
		return fmt.Sprintf("(SELECT k, x, o AS a FROM arr CROSS JOIN UNNEST(xs) WITH ORDINALITY AS e (x, o)) AS %s", a), qualify(a, ki)
	case 3:
		return fmt.Sprintf("(SELECT k, y, x FROM arr CROSS JOIN UNNEST(m) AS e (y, x)) AS %s", a), qualify(a, []rcol{{"k", 'i'}, {"y", 's'}, {"x", 'i'}})
	case 4:
		return fmt.Sprintf("(SELECT k, r.p AS x, r.q AS y FROM arr WHERE %s) AS %s", g.compare([]rcol{{"k", 'i'}, {"r.p", 'i'}, {"r.q", 's'}}, 0), a), qualify(a, []rcol{{"k", 'i'}, {"x", 'i'}, {"y", 's'}})
	case 5:
		src, cols := g.source(0)
		return fmt.Sprintf("(SELECT g AS k, x, COUNT(*) AS a FROM (SELECT %s AS g, COLLECT(%s) AS m FROM %s GROUP BY %s) AS h CROSS JOIN UNNEST(m) AS e (x) GROUP BY g, x) AS %s",
			cols[0].text, g.column('i', cols), src, cols[0].text, a), qualify(a, append([]rcol{{"k", cols[0].kind}}, ki[1:]...))
	}
	return fmt.Sprintf("(SELECT k, x, a FROM arr CROSS JOIN UNNEST(xs) AS e (x)) AS %s", a), qualify(a, ki)
}

// matched gives the matches of a row pattern; the order has all columns, so that
// rows that tie are the same.
func (g *generator) matched(a string) (string, []rcol) {
	t := g.pickOf("ev", "eo")
	part := g.pickOf("", "PARTITION BY s ", "PARTITION BY k ")
	order := "ORDER BY ts, k, v, s "
	skip := g.pickOf("", "AFTER MATCH SKIP PAST LAST ROW ", "AFTER MATCH SKIP TO NEXT ROW ")
	pattern := g.pickOf("A B", "A B+ C", "A B* C", "A B? C", "A B*? C", "A{2} B?", "A (B | C)", "A+ B", "A B{1,2}")
	within := ""
	if g.chance(4) {
		within = "WITHIN INTERVAL '9' SECOND "
	}
	conds := []string{"A AS A.v > 0", "B AS B.v >= LAST(A.v)", "B AS B.v <> 1 OR B.s = 'a'", "B AS B.v >= LAST(B.v, 1) OR LAST(B.v, 1) IS NULL", "C AS C.k IS NOT NULL"}
	var define []string
	has := func(v string) bool { return strings.Contains(pattern, v) }
	for _, v := range []string{"A", "B", "C"} {
		if has(v) && (v == "B" || g.chance(2)) {
			from := map[string][]string{"A": conds[:1], "B": conds[1:4], "C": conds[4:]}[v]
			define = append(define, from[g.pick(len(from))])
		}
	}
	measures := "FIRST(A.v) AS a, LAST(B.v) AS b, LAST(A.s) AS s"
	if g.chance(3) {
		measures = "COUNT(B.v) AS a, SUM(A.v) AS b, MAX(B.s) AS s"
	}
	sql := fmt.Sprintf("SELECT a, b, m.s FROM %s MATCH_RECOGNIZE (%s%sMEASURES %s ONE ROW PER MATCH %sPATTERN (%s) %sDEFINE %s) AS m",
		t, part, order, measures, skip, pattern, within, strings.Join(define, ", "))
	if strings.Contains(part, "BY s") {
		sql = strings.Replace(strings.Replace(sql, ", m.s FROM", ", m.t AS s FROM", 1), " AS s ONE", " AS t ONE", 1)
	}
	return fmt.Sprintf("(%s) AS %s", sql, a), qualify(a, abc)
}
