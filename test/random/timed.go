package main

import (
	"fmt"
	"strings"
)

// kvs are the columns of rows with a time.
var kvs = []rcol{{"k", 'i'}, {"v", 'i'}, {"s", 's'}}

// windows calls a window table function: over rows in order, out of order, or, if
// they may be, changed.
func (g *generator) windows(changed bool) string {
	t := g.pickOf("ev", "ev", "eo")
	if changed {
		t = g.pickOf("ev", "ev", "eo", "cw")
	}
	return fmt.Sprintf(g.pickOf("TUMBLE(TABLE %s, DESCRIPTOR(ts), INTERVAL '10' SECOND)", "HOP(TABLE %s, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '15' SECOND)",
		"CUMULATE(TABLE %s, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '20' SECOND)", "HOP(TABLE %s, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '10' SECOND)",
		"SESSION(TABLE %s, DESCRIPTOR(ts), INTERVAL '4' SECOND)", "SESSION(TABLE %s PARTITION BY k, DESCRIPTOR(ts), INTERVAL '6' SECOND)"), t)
}

// timed gives an aggregate over windows of time.
func (g *generator) timed() (string, []rcol) {
	if g.plain {
		return g.using()
	}
	g.tag("window")
	a := g.name()
	cols := kvs
	switch g.pick(10) {
	case 3, 4:
		return g.timedRows(a)
	case 5, 6, 7, 8, 9:
		return g.timedGroups(a, cols)
	}
	win := g.windows(true)
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
	sql, cols := "", kvs
	t := g.pickOf("ev", "ev", "eo")
	each := g.pickOf("ev", "eo", "cw")
	switch g.pick(16) {
	case 0, 11, 12:
		g.tag("join")
		sql = fmt.Sprintf("SELECT l.k, r.v, l.s FROM %s AS l %s %s AS r ON l.k = r.k AND l.ts BETWEEN r.ts - INTERVAL '%s' SECOND AND r.ts + INTERVAL '7' SECOND",
			t, g.pickOf("JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"), t, g.pickOf("0", "4", "11"))
		if g.chance(3) {
			sql += " AND l.v <> r.v"
		}
	case 1:
		frame := g.pickOf("", " RANGE BETWEEN INTERVAL '9' SECOND PRECEDING AND CURRENT ROW")
		sql = fmt.Sprintf("SELECT k, %s(v) OVER (PARTITION BY s ORDER BY ts%s) AS v, s FROM %s", g.pickOf("SUM", "COUNT", "MAX"), frame, each)
	case 2, 8, 15:
		sql = fmt.Sprintf("SELECT k, v, s FROM (SELECT k, v, s, %s() OVER (PARTITION BY window_start, window_end%s ORDER BY v, k DESC, s) AS rn FROM TABLE(%s)) WHERE rn <= %s",
			g.pickOf("ROW_NUMBER", "ROW_NUMBER", "RANK"), g.pickOf("", ", s"), g.windows(true), g.pickOf("1", "2"))
	case 3, 13:
		return g.windowJoin(a)
	case 5, 9, 14:
		win := g.windows(false)
		part := g.pickOf("", ", s")
		if strings.Contains(win, "PARTITION BY k") { // sessions of one time tie
			part += ", k"
		}
		sql = fmt.Sprintf("SELECT k, v, s FROM (SELECT k, v, s, ROW_NUMBER() OVER (PARTITION BY window_start, window_end%s ORDER BY ts%s) AS rn FROM TABLE(%s)) WHERE rn = 1",
			part, g.pickOf("", " DESC"), win)
	case 6:
		sql = fmt.Sprintf("SELECT k, v, s FROM (SELECT k, v, s, ROW_NUMBER() OVER (PARTITION BY %s ORDER BY ts%s) AS rn FROM %s) WHERE rn = 1",
			g.pickOf("k", "s", "k, s"), g.pickOf("", " DESC"), t)
	case 7:
		sql = fmt.Sprintf("SELECT k, v, s FROM %s ORDER BY ts, k, v, s%s", t, g.pickOf("", " LIMIT 3"))
	case 10:
		g.tag("join")
		g.tag("subquery")
		sql = fmt.Sprintf("SELECT k, v, s FROM %s AS l WHERE %sEXISTS (SELECT 1 FROM %s AS r WHERE l.k = r.k AND l.ts BETWEEN r.ts - INTERVAL '4' SECOND AND r.ts + INTERVAL '%s' SECOND AND %s)",
			t, g.pickOf("", "NOT "), t, g.pickOf("0", "7"), g.compare(qualify("r", kvs), 0))
	default:
		part := g.pickOf("", " PARTITION BY s")
		sql = fmt.Sprintf("SELECT COUNT(*) AS k, SUM(v) AS v, MIN(s) AS s, window_start AS ws FROM TABLE(SESSION(TABLE %s%s, DESCRIPTOR(ts), INTERVAL '4' SECOND)) GROUP BY window_start, window_end", each, part)
		if part != "" {
			sql += ", s"
		}
		cols = append(kvs[:len(kvs):len(kvs)], rcol{"ws", 't'})
	}
	return fmt.Sprintf("(%s) AS %s", sql, a), qualify(a, cols)
}

// windowJoin joins the rows of windows, or asks whether there are any.
func (g *generator) windowJoin(a string) (string, []rcol) {
	g.tag("join")
	win := g.windows(true)
	on := "l.window_start = r.window_start AND l.window_end = r.window_end AND l.k = r." + g.pickOf("v", "k")
	if g.chance(3) {
		g.tag("subquery")
		return fmt.Sprintf("(SELECT k, v, s FROM TABLE(%s) AS l WHERE %sEXISTS (SELECT 1 FROM TABLE(%s) AS r WHERE %s AND %s)) AS %s",
			win, g.pickOf("", "NOT "), win, on, g.compare(qualify("r", kvs), 0), a), qualify(a, kvs)
	}
	return fmt.Sprintf("(SELECT l.k, r.v, r.s FROM TABLE(%s) AS l %s (SELECT * FROM TABLE(%s) WHERE %s) AS r ON %s) AS %s",
		win, g.pickOf("JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"), win, g.compare(kvs, 0), on, a), qualify(a, kvs)
}

// timedGroups gives an aggregate over the windows that GROUP BY names, or over
// grouping sets of windows.
func (g *generator) timedGroups(a string, cols []rcol) (string, []rcol) {
	out := []rcol{{"m", 'i'}, {"n", 'i'}, {"s", 's'}}
	if !g.chance(3) {
		m, n := g.agg('i', cols, 0), g.agg('i', cols, 0)
		win := g.pickOf("TUMBLE(ts, INTERVAL '10' SECOND)", "HOP(ts, INTERVAL '5' SECOND, INTERVAL '10' SECOND)", "SESSION(ts, INTERVAL '4' SECOND)")
		if g.chance(2) { // what can be folded in two phases
			m, n = g.fill(g.pickOf("COUNT(*)", "SUM($i)", "MAX($i)"), cols, 0), g.fill("COUNT($s)", cols, 0)
			win = g.pickOf("TUMBLE(ts, INTERVAL '10' SECOND)", "HOP(ts, INTERVAL '5' SECOND, INTERVAL '10' SECOND)")
		}
		sql := fmt.Sprintf("SELECT %s AS m, %s AS n, s FROM %s GROUP BY s, %s", m, n, g.pickOf("ev", "eo", "cw"), win)
		return fmt.Sprintf("(%s) AS %s", sql, a), qualify(a, out)
	}
	sql := fmt.Sprintf("SELECT %s AS m, k AS n, s FROM TABLE(%s) GROUP BY window_start, window_end, %s",
		g.agg('i', cols, 0), g.windows(true), g.pickOf("GROUPING SETS ((k), (s))", "ROLLUP (k, s)", "CUBE (k, s)"))
	return fmt.Sprintf("(%s) AS %s", sql, a), qualify(a, out)
}
