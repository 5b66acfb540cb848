package main

import (
	"fmt"
	"strings"
)

// insert gives a statement that writes the sinks: one without a key, or one with,
// where rows that share a key are equal, so that it does not matter which stays.
func (g *generator) insert() string {
	switch g.pick(12) {
	case 1:
		from, cols := g.from(1)
		k := g.column('i', cols)
		return fmt.Sprintf("INSERT INTO o2 SELECT CAST(%s AS INT), %s, %s FROM %s WHERE %s IS NOT NULL GROUP BY CAST(%s AS INT)", k, g.agg('i', cols, 0), g.agg('s', cols, 0), from, k, k)
	case 2:
		from, cols := g.from(1)
		k, s := g.column('i', cols), g.column('s', cols)
		return fmt.Sprintf("INSERT INTO o3 (s, k, n) SELECT %s, CAST(%s AS INT), %s FROM %s WHERE %s IS NOT NULL AND %s IS NOT NULL GROUP BY CAST(%s AS INT), %s",
			s, k, g.agg('i', cols, 0), from, k, s, k, s)
	case 3, 4, 9, 11: // the upsert key is not the sink's
		from, cols := g.from(1)
		k := g.column('i', cols)
		return fmt.Sprintf("INSERT INTO o2 SELECT k, k * 2, CAST(k AS STRING) FROM (SELECT CAST(%s AS INT) AS k FROM %s) AS x WHERE k IS NOT NULL ON CONFLICT DO DEDUPLICATE", k, from)
	case 5, 10:
		return fmt.Sprintf("EXECUTE STATEMENT SET BEGIN %s; %s; END", g.unkeyed("o1"), fmt.Sprintf("INSERT INTO o2 SELECT a, COUNT(*), MAX(s) FROM %s WHERE a IS NOT NULL GROUP BY a", g.pickOf("t1", "u", "w")))
	case 6, 7, 8: // both sides have an index on the key
		g.tag("join")
		sides := []rcol{{"i1.a", 'i'}, {"i2.b", 'i'}, {"i1.s", 's'}}
		where := ""
		if g.chance(2) {
			where = " AND " + g.compare(sides, 0)
		}
		return fmt.Sprintf("INSERT INTO o3 SELECT i1.id, i1.id, i2.s FROM i1 JOIN i2 ON i1.id = i2.id%s WHERE i2.s IS NOT NULL", where)
	}
	return g.unkeyed("o1")
}

// unkeyed inserts the rows of any query.
func (g *generator) unkeyed(table string) string {
	sql, cols := g.union(2, []byte("iis"))
	return fmt.Sprintf("INSERT INTO %s SELECT CAST(%s AS INT), %s, %s FROM (%s) AS x", table, cols[0].text, cols[1].text, cols[2].text, sql)
}

// writes reports whether a statement writes tables.
func writes(sql string) bool {
	return strings.HasPrefix(sql, "INSERT") || strings.HasPrefix(sql, "EXECUTE")
}
