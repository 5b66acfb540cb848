package optest

import (
	"sort"
	"strings"

	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/vec"
)

// recall checks, of operators that can give their result from their state
// (op.Recaller), that what they have just been restored to gives what their changes so
// far amount to. Changes that are told by key alone do not say what that is.
func (d *Driver) recall() {
	d.t.Helper()
	want, ok := amount(d.sink.rows)
	if !ok || d.s.Batch {
		return
	}
	before := len(d.sink.rows)
	for _, s := range d.subs {
		r, can := s.op.(op.Recaller)
		if !can || r.Recallable() != "" {
			return
		}
		d.sink.full = false
		d.finish(s)(r.Recall())
	}
	if before == len(d.sink.rows) && len(want) == 0 {
		return
	}
	got, _ := amount(d.sink.rows[before:])
	d.sink.rows, d.sink.full = d.sink.rows[:before], false
	if a, b := strings.Join(want, "\n  "), strings.Join(got, "\n  "); a != b {
		d.t.Fatalf("world %q: the changes amount to\n  %s\nbut the state gives\n  %s", d.w.Name, a, b)
	}
}

// amount is Fold of changes that need not tell of old rows; ok is false if they do not.
func amount(rows []Row) (out []string, ok bool) {
	count := map[string]int{}
	updates := 0
	for _, r := range rows {
		switch r.Kind {
		case vec.UpdateBefore:
			updates--
		case vec.UpdateAfter:
			updates++
		}
		count[text(r.Values)] += int(r.Kind.Sign())
	}
	if updates > 0 {
		return nil, false
	}
	for k, n := range count {
		if n < 0 {
			return nil, false
		}
		for range n {
			out = append(out, k)
		}
	}
	sort.Strings(out)
	return out, true
}
