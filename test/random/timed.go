package main

import (
	"fmt"
	"strings"
)

// timed gives an aggregate over windows of time.
func (g *generator) timed() (string, []rcol) {
	if g.plain {
		return g.using()
	}
	g.tag("window")
	a := g.name()
	cols := []rcol{{"k", 'i'}, {"v", 'i'}, {"s", 's'}}
	switch g.pick(6) {
	case 3, 4:
		return g.timedRows(a)
	case 5:
		return g.timedGroups(a, cols)
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
		g.tag("join")
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
	switch g.pick(8) {
	case 5:
		sql := fmt.Sprintf("SELECT k, v, s FROM (SELECT k, v, s, ROW_NUMBER() OVER (PARTITION BY window_start, window_end%s ORDER BY ts%s) AS rn FROM TABLE(%s)) WHERE rn = 1",
			g.pickOf("", ", s"), g.pickOf("", " DESC"), win)
		return fmt.Sprintf("(%s) AS %s", sql, a), qualify(a, cols)
	case 6:
		sql := fmt.Sprintf("SELECT k, v, s FROM (SELECT k, v, s, ROW_NUMBER() OVER (PARTITION BY %s ORDER BY ts%s) AS rn FROM ev) WHERE rn = 1",
			g.pickOf("k", "s", "k, s"), g.pickOf("", " DESC"))
		return fmt.Sprintf("(%s) AS %s", sql, a), qualify(a, cols)
	case 7:
		return fmt.Sprintf("(SELECT k, v, s FROM ev ORDER BY ts, k, v, s%s) AS %s", g.pickOf("", " LIMIT 3"), a), qualify(a, cols)
	case 0:
		g.tag("join")
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
		g.tag("join")
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

// timedGroups gives an aggregate over the windows that GROUP BY names, or over
// grouping sets of windows.
func (g *generator) timedGroups(a string, cols []rcol) (string, []rcol) {
	out := []rcol{{"m", 'i'}, {"n", 'i'}, {"s", 's'}}
	if g.chance(2) {
		win := g.pickOf("TUMBLE(ts, INTERVAL '10' SECOND)", "HOP(ts, INTERVAL '5' SECOND, INTERVAL '10' SECOND)", "SESSION(ts, INTERVAL '4' SECOND)")
		sql := fmt.Sprintf("SELECT %s AS m, %s AS n, s FROM ev GROUP BY s, %s", g.agg('i', cols, 0), g.agg('i', cols, 0), win)
		return fmt.Sprintf("(%s) AS %s", sql, a), qualify(a, out)
	}
	sql := fmt.Sprintf("SELECT %s AS m, k AS n, s FROM TABLE(TUMBLE(TABLE ev, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end, %s",
		g.agg('i', cols, 0), g.pickOf("GROUPING SETS ((k), (s))", "ROLLUP (k, s)", "CUBE (k, s)"))
	return fmt.Sprintf("(%s) AS %s", sql, a), qualify(a, out)
}
