package engine_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/weir-stream/weir/internal/engine"
)

// queried keeps the query of a script, which goes on.
type queried struct {
	told
	q *engine.Query
}

func (o *queried) Query(_ context.Context, q *engine.Query) error {
	o.q = q
	return engine.ErrDetached
}

// shows runs a script with one SELECT until it rests and stops it after a checkpoint. It
// gives what was said, and the table that the changes amount to which were given.
func (s *story) shows(script string) (said string, rows []string) {
	s.t.Helper()
	out := &queried{}
	s.rests(script, nil, out)
	count := map[string]int{}
	for b := out.q.TryNext(); b != nil; b = out.q.TryNext() {
		for i := range b.Len() {
			r := b.Row(i)
			var row []string
			for _, v := range b.Cols {
				row = append(row, fmt.Sprint(v.Value(r)))
			}
			count[strings.Join(row, ",")] += int(b.Kind(r).Sign())
		}
	}
	for row, k := range count {
		for range k {
			rows = append(rows, row)
		}
	}
	slices.Sort(rows)
	return strings.Join(out.said, "\n"), rows
}

// TestEditedQuery edits a script that shows a query: what the query says now is shown,
// all of it, from the state that there is. One that is not edited shows what changes.
func TestEditedQuery(t *testing.T) {
	s := newStory(t)
	s.grow(60)
	sums := s.script("", "")
	sums = sums[:strings.Index(sums, "EXECUTE")]
	first, edited := sums+"SELECT k, s, n FROM "+aggregated, sums+"SELECT k AS key, s * 10, n FROM "+aggregated+" WHERE s > 100"
	_, all := s.shows(first)
	if said, rows := s.shows(first); len(all) < 10 || len(rows) > 0 || said != "" {
		t.Errorf("it has not changed, and shows %v, %s", rows, said)
	}
	s.grow(20)
	for i, c := range []struct{ script, says string }{
		{edited, "from the state of GlobalGroupAggregate"},
		{sums + "SELECT k AS name, s * 10, n FROM " + aggregated + " WHERE s > 100", "kept           Sink(result)"},
		{sums + "SELECT k, MAX(v) FROM t GROUP BY k", "rebuilt        TableSourceScan(default_catalog.default_database.t): read from its beginning"},
		{first, "rebuilt"},
	} {
		said, rows := s.shows(c.script)
		if !strings.Contains(said, c.says) || strings.Contains(said, "corrected") {
			t.Errorf("%d: the difference is\n%s", i, said)
		}
		o := &story{t: t, dir: s.dir, at: s.at, shelf: s.shelf}
		o.dir = t.TempDir()
		_, want := o.shows(c.script)
		if i == 1 {
			want = nil // it has been shown under another name
		}
		if !slices.Equal(rows, want) {
			t.Errorf("%d: it shows %v\nwant %v", i, rows, want)
		}
	}
}

// TestInsertsThatStandAlone: each is a job, and with pipeline.name all have one name; in
// another order, and with another one in front, they go on from what they had.
func TestInsertsThatStandAlone(t *testing.T) {
	s := newStory(t)
	s.grow(40)
	sinks := sinkOf("k INT, s INT, n BIGINT, PRIMARY KEY (k) NOT ENFORCED", "upsert")
	sinks += strings.ReplaceAll(sinks, "TABLE a ", "TABLE b ") + strings.ReplaceAll(sinks, "TABLE a ", "TABLE c ")
	inserts := []string{"INSERT INTO a SELECT k, s, n FROM " + aggregated, "INSERT INTO b SELECT k, MAX(v), COUNT(*) FROM t GROUP BY k", "INSERT INTO c SELECT k, MIN(v), COUNT(*) FROM t GROUP BY k"}
	all := s.script(sinks)
	script := func(which ...int) string {
		text := all[:strings.Index(all, "EXECUTE")]
		for _, i := range which {
			text += inserts[i] + ";\n"
		}
		return text
	}
	s.run(script(0, 1), nil)
	for _, which := range [][]int{{1, 0}, {2, 1, 0}, {1}, {0, 2, 1}} {
		s.grow(10)
		edited := script(which...)
		if said := s.run(edited, nil); strings.Contains(said, "rebuilt") {
			t.Errorf("%v: %s", which, said)
		}
		for _, i := range which {
			s.same(edited, string(rune('a'+i)))
		}
	}
}
