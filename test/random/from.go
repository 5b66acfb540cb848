package main

import (
	"fmt"
	"strings"
)

// from gives a FROM clause and the columns that it makes visible.
func (g *generator) from(depth int) (string, []rcol) {
	n := 21
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
	case 9, 11:
		return g.timed()
	case 18, 19, 20:
		if !g.plain {
			return g.reshaped(depth)
		}
	case 12:
		return g.manyJoined()
	case 13:
		if g.chance(2) {
			return g.manyJoined()
		}
		return g.join(depth)
	case 14:
		if !g.plain {
			return g.versioned()
		}
	case 16, 17:
		if !g.plain {
			g.tag("window")
			return g.timedRows(g.name())
		}
	case 15:
		if !g.plain {
			return g.over(depth)
		}
	case 10:
		if !g.plain {
			return g.unnested()
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
	if k := g.pick(len(baseTables) + 4); k >= len(baseTables) {
		if k == len(baseTables)+3 {
			return fmt.Sprintf("(VALUES (1, 'a'), (2, CAST(NULL AS STRING)), (CAST(NULL AS INT), 'b')) AS %s (v, s)", alias), qualify(alias, []rcol{{"v", 'i'}, {"s", 's'}})
		}
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
	t := g.table()
	return t.name + " AS " + alias, qualify(alias, t.cols)
}

func (g *generator) join(depth int) (string, []rcol) {
	g.tag("join")
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
	if rare := rareKinds(lc); len(rare) > 0 && g.chance(3) {
		k := rare[g.pick(len(rare))]
		cond = fmt.Sprintf("%s = %s", g.column(k, lc), g.column(k, rc))
	}
	return cond
}

// manyJoined joins three tables by one key.
func (g *generator) manyJoined() (string, []rcol) {
	g.tag("join")
	var names []string
	var cols []rcol
	text := ""
	typ := g.pickOf("JOIN", "LEFT JOIN")
	for i := range 3 {
		t := g.table()
		a := g.name()
		names = append(names, a)
		cols = append(cols, qualify(a, t.cols)...)
		if i == 0 {
			text = t.name + " AS " + a
			continue
		}
		text += fmt.Sprintf(" %s %s AS %s ON %s.a = %s.a", typ, t.name, a, names[0], a)
		if g.chance(3) {
			text += fmt.Sprintf(" AND %s.s = %s.s", names[0], a)
		}
	}
	return text, cols
}

// versioned joins events with the version of a table at their time, or with a
// bounded table as it is.
func (g *generator) versioned() (string, []rcol) {
	g.tag("join")
	a, typ := g.name(), g.pickOf("JOIN", "LEFT JOIN")
	more := ""
	if g.chance(3) {
		more = " AND l.v <> 1"
	}
	cols := []rcol{{"k", 'i'}, {"v", 'i'}, {"s", 's'}, {"r", 'i'}}
	if g.chance(2) {
		if g.chance(3) {
			more += " AND r.r <> 2"
		}
		return fmt.Sprintf("(SELECT l.k, l.v, l.s, r.r FROM ev AS l %s %s FOR SYSTEM_TIME AS OF l.ts AS r ON l.k = r.k%s) AS %s", typ, g.pickOf("rt", "rd", "rv"), more, a), qualify(a, cols)
	}
	return fmt.Sprintf("(SELECT l.k, l.v, l.s, r.a AS r FROM ev AS l %s lk FOR SYSTEM_TIME AS OF l.p AS r ON l.k = r.id%s) AS %s", typ, more, a), qualify(a, cols)
}

func (g *generator) using() (string, []rcol) {
	g.tag("join")
	a := g.name()
	typ := g.pickOf("JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN")
	if g.chance(2) {
		return fmt.Sprintf("(SELECT id, a, s, b, d, c FROM t1 NATURAL %s t2) AS %s", typ, a),
			qualify(a, []rcol{{"id", 'i'}, {"a", 'i'}, {"s", 's'}, {"b", 'i'}, {"d", 'd'}, {"c", 'i'}})
	}
	return fmt.Sprintf("(SELECT a, id, b, x, f FROM t1 %s t3 USING (a)) AS %s", typ, a),
		qualify(a, []rcol{{"a", 'i'}, {"id", 'i'}, {"b", 'i'}, {"x", 'i'}, {"f", 'b'}})
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
	g.tag("subquery")
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
