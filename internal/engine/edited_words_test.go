package engine_test

import (
	"strings"
	"testing"
)

// TestOtherWords says queries in other words: they go on as if nothing had been edited,
// and what is edited above them stands on their state.
func TestOtherWords(t *testing.T) {
	s := newStory(t)
	s.grow(60)
	sinks := shelfA + shelfB + shelfC
	s.run(s.script(sinks,
		"INSERT INTO a SELECT k, SUM(v), COUNT(*) FROM t WHERE v > 2 AND k < 12 GROUP BY k",
		"INSERT INTO b SELECT DISTINCT k FROM t WHERE v IN (1, 2, 3) OR k = id",
		"INSERT INTO c SELECT t.k, MAX(v) FROM t JOIN u ON t.k = u.k AND CHAR_LENGTH(u.name) > t.v GROUP BY t.k"), nil)
	s.grow(20)
	words := s.script(sinks,
		"INSERT INTO c SELECT x.k, MAX(v) FROM t AS x, u WHERE v < CHAR_LENGTH(name) AND u.k = x.k GROUP BY x.k",
		"INSERT INTO a SELECT k, SUM(v), COUNT(1) FROM t WHERE 12 > k AND v > 2 GROUP BY k",
		"INSERT INTO b SELECT DISTINCT k FROM t WHERE id = k OR v = 3 OR v IN (2, 1)")
	if said := s.killed(words, 40, nil); strings.Contains(said, "has changed") {
		t.Errorf("an edit: %s", said)
	}
	s.run(words, nil)
	for _, table := range []string{"a", "b", "c"} {
		s.same(words, table)
	}
	back := s.run(s.script(sinks, // and rows begin to expire at once
		"INSERT INTO a SELECT k, SUM(v), COUNT(*) FROM t WHERE v > 2 AND k < 12 GROUP BY k",
		"INSERT INTO b SELECT DISTINCT k FROM t WHERE v IN (1, 2, 3) OR k = id",
		"INSERT INTO c SELECT t.k, MAX(v) FROM t JOIN u ON t.k = u.k AND CHAR_LENGTH(u.name) > t.v GROUP BY t.k"), map[string]string{"table.exec.state.ttl": "9 d"})
	if strings.Contains(back, "rebuilt") || !strings.Contains(back, "its rows expire from now on") {
		t.Errorf("the difference is\n%s", back)
	}
	s.grow(20)
	s.run(words, nil)
	above := s.script(sinks, "INSERT INTO a SELECT k, CAST(n * 2 AS INT), n FROM (SELECT k, COUNT(id) FILTER (WHERE TRUE) AS m, COUNT('x') AS n FROM t WHERE v > 2 AND NOT k >= 12 GROUP BY k)")
	if said := s.run(above, nil); !strings.Contains(said, "from the state of") || strings.Contains(said, "read from its beginning") {
		t.Errorf("the difference is\n%s", said)
	}
	s.same(above, "a")
}

// TestRandomParts takes one of two INSERTs away whose random parts are written alike, and
// changes their order: the other goes on with what is its own.
func TestRandomParts(t *testing.T) {
	query := " SELECT k, SUM(CAST(RAND() * 1000000 AS INT)) FROM t GROUP BY k"
	sinks := ""
	for _, table := range []string{"a", "b", "c"} {
		sinks += "CREATE TABLE " + table + " (k INT, s INT) WITH ('connector'='shelf','mode'='all');\n"
	}
	for _, then := range [][]string{{"b", "c"}, {"c"}, {"b", "a", "c"}, {"c", "b", "a"}} {
		s := newStory(t)
		s.grow(60)
		of := func(tables []string) string {
			var inserts []string
			for _, table := range tables {
				inserts = append(inserts, "INSERT INTO "+table+query)
			}
			return s.script(sinks, inserts...)
		}
		s.run(of([]string{"a", "b", "c"}), nil)
		s.grow(20)
		s.killed(of(then), 60, nil)
		s.run(of(then), map[string]string{"table.exec.sink.not-null-enforcer": "DROP"}) // planned anew
		s.grow(20)
		said := s.run(of(then), map[string]string{"table.exec.sink.not-null-enforcer": "DROP"})
		for _, table := range then {
			if wrong := s.shelf.tables["default_catalog.default_database."+table].wrong; len(wrong) > 0 {
				t.Errorf("%v: %s takes back what it has not: %v\n%s", then, table, wrong, said)
			}
		}
	}
}
