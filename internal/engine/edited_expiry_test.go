package engine_test

import (
	"strings"
	"testing"
	"time"
)

// TestExpirySwitched lets rows of state expire that did not, and the other way round: the
// state of every kind of operator goes on.
func TestExpirySwitched(t *testing.T) {
	inserts := map[string]string{
		"a": "INSERT INTO a SELECT k, SUM(v), COUNT(DISTINCT id) FROM t GROUP BY k",
		"b": "INSERT INTO b SELECT k FROM (SELECT DISTINCT k FROM t)",
		"c": "INSERT INTO c SELECT g.k, MAX(g.s) FROM (SELECT k, SUM(v) AS s FROM t GROUP BY k) AS g JOIN u ON g.k = u.k GROUP BY g.k",
		"d": "INSERT INTO d SELECT k, v FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY v DESC, id) AS n FROM t) WHERE n <= 2",
	}
	sinks := shelfA + shelfB + shelfC + "CREATE TABLE d (k INT, m INT) WITH ('connector'='shelf','mode'='all');\n"
	expires := map[string]string{"table.exec.state.ttl": "1 h"}
	for _, first := range []map[string]string{nil, expires} {
		s := newStory(t)
		s.grow(60)
		script := s.script(sinks, inserts["a"], inserts["b"], inserts["c"], inserts["d"])
		then, says := expires, "its rows expire from now on"
		if first != nil {
			then, says = nil, "its rows expire no longer"
		}
		s.run(script, first)
		s.grow(20)
		said := s.killed(script, 60, then)
		if strings.Count(said, says) < 6 || strings.Contains(said, "rebuilt") {
			t.Errorf("the difference is\n%s", said)
		}
		s.run(script, then)
		s.grow(20)
		if said := s.run(script, then); said != "" && strings.Contains(said, "has changed") {
			t.Errorf("an edit again: %s", said)
		}
		for table := range inserts {
			s.same(script, table)
		}
		if first == nil { // what was there before lives for an hour
			continue
		}
		said = s.run(script, expires)
		s.at = s.at.Add(2 * time.Hour) // all has expired
		s.run(script, nil)
		s.file("t", "3,1000,900001\n3,1,900002\n")
		s.run(script, nil)
		if got := s.shelf.lines("a"); !strings.Contains(strings.Join(got, "\n"), "3,1001,2") {
			t.Errorf("a has %v", got)
		}
	}
}
