package engine

import (
	"context"
	"fmt"
	"testing"
)

// firsts notes the first value of each query.
type firsts struct{ got []string }

func (*firsts) Info(string)                     {}
func (*firsts) Warn(string)                     {}
func (*firsts) Rows([]string, [][]string) error { return nil }
func (*firsts) Started(*Job)                    {}
func (f *firsts) Query(ctx context.Context, q *Query) error {
	for {
		b, err := q.Next(ctx)
		if err != nil || b == nil {
			return err
		}
		f.got = append(f.got, fmt.Sprint(b.Cols[0].Value(b.Row(0))))
	}
}

// TestPreparedPlansAreOfTheirCatalog runs a program twice, with what its plans
// rest on changed in between and before.
func TestPreparedPlansAreOfTheirCatalog(t *testing.T) {
	s := New(Config{}).NewSession()
	do := func(src string) *firsts {
		p, err := s.Prepare(src)
		f := &firsts{}
		if err == nil {
			err = s.Run(context.Background(), p, f)
		}
		if err != nil {
			t.Fatal(src, err)
		}
		return f
	}
	do("CREATE VIEW v AS SELECT 1 AS x")
	const src = "SELECT x FROM v; CREATE VIEW IF NOT EXISTS w AS SELECT 5 AS x; SELECT x FROM w; SET 'table.local-time-zone' = 'UTC'; SELECT x + 1 FROM v"
	p, err := s.Prepare(src)
	if err != nil {
		t.Fatal(err)
	}
	for i, change := range []string{"", "CREATE OR REPLACE VIEW v AS SELECT 7 AS x", "CREATE OR REPLACE VIEW w AS SELECT 8 AS x"} {
		if change != "" {
			do(change)
		}
		var f firsts
		if err := s.Run(context.Background(), p, &f); err != nil {
			t.Fatal(err)
		}
		want := []string{"[1 5 2]", "[7 5 8]", "[7 8 8]"}[i]
		if got := fmt.Sprint(f.got); got != want {
			t.Errorf("after %q: got %s, want %s", change, got, want)
		}
	}
	early, err := s.Prepare(src)
	if err != nil {
		t.Fatal(err)
	}
	do("CREATE OR REPLACE VIEW v AS SELECT 20 AS x")
	var f firsts
	if err := s.Run(context.Background(), early, &f); err != nil || fmt.Sprint(f.got) != "[20 8 21]" {
		t.Errorf("a program prepared before a change gave %v %v", f.got, err)
	}
}
