package engine_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// of declares t with other columns than a story's has.
func (s *story) of(columns, script string) string {
	return strings.Replace(script, "t (k INT, v INT, id INT)", "t ("+columns+")", 1)
}

// twice gives the rows of an append-only table that were written more than once.
func (s *story) twice(table string) []string {
	var out []string
	rows := s.shelf.lines(table)
	for i := 1; i < len(rows); i++ {
		if rows[i] == rows[i-1] {
			out = append(out, rows[i])
		}
	}
	return out
}

const (
	shelfA = "CREATE TABLE a (k INT, s INT, n BIGINT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector'='shelf','mode'='upsert');\n"
	shelfB = "CREATE TABLE b (k INT) WITH ('connector'='shelf','mode'='append');\n"
	shelfC = "CREATE TABLE c (k INT, m INT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector'='shelf','mode'='upsert');\n"
)

// wide declares the shelves for wider numbers.
func wide(sinks string) string { return strings.ReplaceAll(sinks, " INT", " BIGINT") }

// TestColumnsOfWhatStands renames and widens columns of INSERTs that stand on the state
// of others since an earlier edit: they go on as they stand, and no row comes twice.
func TestColumnsOfWhatStands(t *testing.T) {
	sums, keys := "INSERT INTO a SELECT k, s, n FROM "+aggregated, "INSERT INTO b SELECT k FROM (SELECT DISTINCT k FROM t)"
	bySums, byKeys := "INSERT INTO a SELECT k, s * 10, n FROM "+aggregated+" WHERE s > 90", "INSERT INTO b SELECT k + 100 FROM (SELECT DISTINCT k FROM t)"
	largest := "INSERT INTO c SELECT k, CAST(s + n AS INT) FROM " + aggregated // on the state of a
	for _, c := range []struct {
		name       string
		first      []string // INSERTs, and after an edit
		then       []string
		last       []string // those that columns change under
		columns    string
		more, less string // what the difference has and lacks
	}{
		{name: "renamed", first: []string{sums, keys}, then: []string{bySums, byKeys}, columns: "k INT, w INT, id INT", more: "column v is named w", less: "rebuilt"},
		{name: "widened", first: []string{sums, keys}, then: []string{bySums, byKeys}, columns: "k BIGINT, v BIGINT, id INT", more: "column k widened from INT to BIGINT", less: "rebuilt"},
		{name: "beside what it stands on", first: []string{sums, keys}, then: []string{sums, byKeys, largest}, columns: "k BIGINT, w INT, id INT", more: "column k widened from INT to BIGINT", less: "rebuilt"},
		{name: "what it stands on has gone", first: []string{sums, keys}, then: []string{sums, byKeys, largest}, last: []string{largest, byKeys}, columns: "k BIGINT, w INT, id INT", more: "column v is named w", less: "rebuilt"},
		{name: "what it stands on is another", first: []string{sums, keys}, then: []string{sums, byKeys, largest}, last: []string{"INSERT INTO a SELECT k, MAX(v), COUNT(*) FROM t GROUP BY k", largest, byKeys},
			columns: "k BIGINT, w INT, id INT", more: "kept           GroupAggregate(SUM(w)"},
	} {
		if !thorough && c.name == "renamed" {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			s := newStory(t)
			s.grow(60)
			sinks := shelfA + shelfB + shelfC
			if c.last == nil {
				sinks = strings.Replace(sinks, "upsert", "all", 1)
			}
			s.run(s.script(sinks, c.first...), nil)
			s.grow(20)
			if said := s.run(s.script(sinks, c.then...), nil); !strings.Contains(said, "from the state of") {
				t.Fatalf("nothing stands on state: %s", said)
			}
			s.grow(20)
			last := c.last
			if last == nil {
				last = c.then
			}
			var named []string
			for _, q := range last {
				if strings.Contains(c.columns, "w INT") {
					q = strings.NewReplacer("SUM(v)", "SUM(w)", "MAX(v)", "MAX(w)").Replace(q)
				}
				named = append(named, q)
			}
			if strings.Contains(c.columns, "BIGINT") {
				sinks = wide(sinks)
			}
			edited := s.of(c.columns, s.script(sinks, named...))
			said := s.killed(edited, 30, map[string]string{"parallelism.default": "1"})
			s.run(edited, nil)
			if !strings.Contains(said, c.more) || c.less != "" && strings.Contains(said, c.less) {
				t.Errorf("the difference is\n%s", said)
			}
			s.grow(20)
			if said := s.run(edited, map[string]string{"parallelism.default": "3"}); strings.Contains(said, "has changed") {
				t.Errorf("an edit again: %s", said)
			}
			for _, q := range last {
				if table := strings.Fields(q)[2]; table != "b" {
					s.same(edited, table)
				}
			}
			if rows := s.twice("b"); len(rows) > 0 {
				t.Errorf("rows came twice: %v", rows)
			}
			if got := s.shelf.lines("b"); !slices.ContainsFunc(got, func(r string) bool { return len(r) == 3 }) {
				t.Errorf("b has %v", got)
			}
			again := s.of(c.columns, s.script(sinks, "INSERT INTO a SELECT k, s, n + 1 FROM "+strings.Replace(aggregated, "v", map[bool]string{true: "w", false: "v"}[strings.Contains(c.columns, "w INT")], 1)))
			s.killed(again, 60, nil)
			s.grow(20)
			s.run(again, nil)
			s.same(again, "a")
		})
	}
}

// TestColumnsBesideAnEdit changes columns of a statement set while an INSERT of it goes,
// comes or reads further columns, so that the source which they share reads others.
func TestColumnsBesideAnEdit(t *testing.T) {
	sums, keys := "INSERT INTO a SELECT k, SUM(v), COUNT(*) FROM t GROUP BY k", "INSERT INTO b SELECT DISTINCT v FROM t"
	ids := "INSERT INTO c SELECT k, MAX(id) FROM t GROUP BY k"
	idAndValue := "INSERT INTO c SELECT k, MAX(id + v) FROM t GROUP BY k"
	for i, c := range []struct {
		name         string
		first, after []string
	}{
		{"one goes", []string{sums, keys, ids}, []string{sums, keys}},
		{"one comes", []string{sums, keys}, []string{sums, keys, ids}},
		{"one reads less", []string{sums, keys, idAndValue}, []string{sums, keys, "INSERT INTO c SELECT k, MAX(v) FROM t GROUP BY k"}},
		{"one reads more", []string{sums, keys, ids}, []string{sums, keys, idAndValue}},
		{"one is another", []string{sums, keys, ids}, []string{sums, keys, "INSERT INTO c SELECT k, MAX(id) + 1 FROM t GROUP BY k"}},
		{"two are others", []string{sums, keys, ids}, []string{"INSERT INTO a SELECT k, SUM(v) * 2, COUNT(*) FROM t GROUP BY k", keys, "INSERT INTO c SELECT k, CAST(SUM(v) + COUNT(*) AS INT) FROM t GROUP BY k"}},
		{"all but one go", []string{sums, keys, ids}, []string{sums}},
	} {
		if !thorough && i%2 == 0 {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			s := newStory(t)
			s.grow(60)
			sinks := shelfA + shelfB + shelfC
			s.run(s.script(sinks, c.first...), nil)
			edited := s.of("k BIGINT, v INT, id INT", s.script(strings.Replace(strings.Replace(sinks, "a (k INT", "a (k BIGINT", 1), "c (k INT", "c (k BIGINT", 1), c.after...))
			said := s.killed(edited, 30, nil)
			s.run(edited, nil)
			kept := strings.Count(said, "column k widened from INT to BIGINT")
			if !strings.Contains(said, "kept           Sink(default_catalog.default_database.b)") && !strings.Contains(said, "kept           Sink(default_catalog.default_database.a)") || kept == 0 {
				t.Errorf("the difference is\n%s", said)
			}
			if strings.HasSuffix(c.name, "others") && (strings.Contains(said, "read from its beginning") || strings.Count(said, "from the state of") < 4) {
				t.Errorf("the difference is\n%s", said)
			}
			if len(c.after) > 1 && !strings.Contains(said, "kept           Sink(default_catalog.default_database.b)") {
				t.Errorf("the difference is\n%s", said)
			}
			for i := range 30 {
				s.file("t", fmt.Sprintf("%d,%d,%d\n", i%17, i, 5000+i))
			}
			s.run(edited, nil)
			for _, q := range c.after {
				s.same(edited, strings.Fields(q)[2])
			}
		})
	}
}

// TestOthersKeepTheirState edits one INSERT of a set in every way that changes what the
// shared source reads: the state of the others stays as it is, byte for byte.
func TestOthersKeepTheirState(t *testing.T) {
	sums, keys := "INSERT INTO a SELECT k, s, n FROM "+aggregated, "INSERT INTO b SELECT DISTINCT v FROM t"
	for i, edit := range []struct {
		first, after []string
		stands       string
	}{
		{[]string{sums, keys, "INSERT INTO c SELECT k, MAX(id) FROM t GROUP BY k"}, []string{sums, keys}, ""},
		{[]string{sums, keys}, []string{sums, keys, "INSERT INTO c SELECT k, MAX(id) FROM t GROUP BY k"}, ""},
		{[]string{sums, keys}, []string{keys, "INSERT INTO c SELECT k, MAX(id) FROM t GROUP BY k", sums}, ""},
		{[]string{sums, keys, "INSERT INTO c SELECT k, MAX(id) FROM t GROUP BY k"}, []string{sums, keys, "INSERT INTO c SELECT k, MAX(id + v) FROM t GROUP BY k"}, ""},
		// What is new stands on state below which the source reads more than it would alone.
		{[]string{sums, keys, "INSERT INTO c SELECT k, MAX(id) FROM t GROUP BY k"}, []string{sums, keys, "INSERT INTO c SELECT k, 2 * MAX(id) FROM t GROUP BY k"}, "c"},
		{[]string{sums, keys, "INSERT INTO c SELECT k, MAX(id) FROM t GROUP BY k"}, []string{keys, "INSERT INTO c SELECT k, s FROM " + aggregated + " WHERE n > 2"}, "c"},
	} {
		if !thorough && i%2 == 0 {
			continue
		}
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			s := newStory(t)
			s.grow(60)
			sinks := shelfA + shelfB + shelfC
			s.run(s.script(sinks, edit.first...), nil)
			saved := (&edits{t: t, dir: s.dir}).blocks()
			edited := s.script(sinks, edit.after...)
			said := s.killed(edited, 40, nil)
			s.run(edited, nil)
			now := (&edits{t: t, dir: s.dir}).blocks() // there were no new rows for what went on
			kept := 0
			for k, b := range saved {
				if _, goes := now[k]; goes {
					if kept++; !bytes.Equal(now[k], b) {
						t.Errorf("the state of %s is not what it was", k)
					}
				}
			}
			if kept < 3 || strings.Contains(said, "rebuilt") && strings.Contains(said, "from the state of") != (edit.stands != "") {
				t.Errorf("%d tables were kept\n%s", kept, said)
			}
			s.grow(20)
			s.run(edited, nil)
			for _, q := range edit.after {
				s.same(edited, strings.Fields(q)[2])
			}
		})
	}
}
