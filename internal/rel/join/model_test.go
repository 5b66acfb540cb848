package join

import (
	"fmt"
	"sort"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/optest"
	"github.com/weir-stream/weir/internal/types"
)

// The tables of the tests: left (k INT, v STRING), right (k INT, w BIGINT).
var (
	leftTypes  = []types.Type{types.Of(types.Int), types.String()}
	rightTypes = []types.Type{types.Of(types.Int), types.Of(types.BigInt)}
)

// setup is one way of joining the test tables.
type setup struct {
	typ      Type
	nullSafe bool
	noKeys   bool
	rest     bool // w > 1
}

func (s setup) String() string {
	return fmt.Sprintf("%s nullSafe=%v noKeys=%v rest=%v", s.typ, s.nullSafe, s.noKeys, s.rest)
}

func (s setup) expr() expr.Expr {
	if !s.rest {
		return nil
	}
	return restOn(3)
}

// restOn is w > 1 where w is column i.
func restOn(i int) expr.Expr {
	return expr.Compare(fn.GT, &expr.Col{Index: i, Name: "w", T: rightTypes[1]}, &expr.Lit{Value: int64(1), T: types.Of(types.BigInt).NotNull()})
}

func (s setup) inputs(retracts [2]bool) [2]input {
	in := [2]input{{types: leftTypes, retracts: retracts[0]}, {types: rightTypes, retracts: retracts[1]}}
	for i := range in {
		if !s.noKeys {
			in[i].keys = []int{0}
			if !s.nullSafe {
				in[i].strict = []int{0}
			}
		}
	}
	return in
}

func (s setup) out() []types.Type {
	if s.typ == Semi || s.typ == Anti {
		return leftTypes
	}
	return append(append([]types.Type(nil), leftTypes...), rightTypes...)
}

func (s setup) match(l, r []any) bool {
	if !s.noKeys && (l[0] != r[0] || l[0] == nil && !s.nullSafe) {
		return false
	}
	return !s.rest || r[1] != nil && r[1].(int64) > 1
}

// join is the definition: every left row against every right one.
func (s setup) join(ls, rs [][]any) []string {
	var out []string
	used := make([]bool, len(rs))
	lo, ro := s.typ.Outer()
	emit := func(l, r []any) {
		out = append(out, line(append(append([]any(nil), l...), r...)))
	}
	nulls := []any{nil, nil}
	for _, l := range ls {
		n := 0
		for i, r := range rs {
			if s.match(l, r) {
				n++
				used[i] = true
				if s.typ != Semi && s.typ != Anti {
					emit(l, r)
				}
			}
		}
		switch {
		case s.typ == Semi && n > 0, s.typ == Anti && n == 0:
			emit(l, nil)
		case lo && n == 0:
			emit(l, nulls)
		}
	}
	for i, r := range rs {
		if ro && !used[i] {
			emit(nulls, r)
		}
	}
	sort.Strings(out)
	return out
}

func line(vs []any) string {
	parts := make([]string, len(vs))
	for i, v := range vs {
		parts[i] = fmt.Sprint(v)
		if v == nil {
			parts[i] = "null"
		}
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// source draws the changelog of one table and keeps what it amounts to.
type source struct {
	rows [][]any
	draw func(t *rapid.T) []any
}

var drawLeft = func(t *rapid.T) []any {
	return []any{drawKey(t), rapid.SampledFrom([]any{"a", "b", nil}).Draw(t, "v")}
}

var drawRight = func(t *rapid.T) []any {
	return []any{drawKey(t), rapid.SampledFrom([]any{int64(1), int64(2), int64(3), nil}).Draw(t, "w")}
}

func drawKey(t *rapid.T) any {
	return rapid.SampledFrom([]any{int64(1), int64(1), int64(2), int64(3), nil}).Draw(t, "k")
}

// change appends one change to rows.
func (s *source) change(t *rapid.T, retracts bool, rows []optest.Row) []optest.Row {
	what := 0
	if retracts && len(s.rows) > 0 {
		what = rapid.IntRange(0, 3).Draw(t, "change")
	}
	if what < 2 {
		r := s.draw(t)
		s.rows = append(s.rows, r)
		return append(rows, optest.R("+I", r...))
	}
	i := rapid.IntRange(0, len(s.rows)-1).Draw(t, "row")
	old := s.rows[i]
	if what == 2 {
		s.rows = append(s.rows[:i:i], s.rows[i+1:]...)
		return append(rows, optest.R("-D", old...))
	}
	s.rows = append([][]any(nil), s.rows...)
	s.rows[i] = s.draw(t)
	return append(rows, optest.R("-U", old...), optest.R("+U", s.rows[i]...))
}

// events draws a script over both tables.
func events(t *rapid.T, src [2]*source, retracts [2]bool) []optest.Event {
	var out []optest.Event
	for range rapid.IntRange(1, 6).Draw(t, "batches") {
		in := rapid.IntRange(0, 1).Draw(t, "in")
		var rows []optest.Row
		for range rapid.IntRange(1, 6).Draw(t, "rows") {
			rows = src[in].change(t, retracts[in], rows)
		}
		out = append(out, optest.Rows(in, rows...))
	}
	return out
}

func fold(t *rapid.T, rows []optest.Row) []string {
	count := map[string]int{}
	for i, r := range rows {
		k := line(r.Values)
		count[k] += int(r.Kind.Sign())
		if count[k] < 0 {
			t.Fatalf("change %d removes %s, which is not there:\n%s", i, k, strings.Join(optest.Lines(rows), "\n"))
		}
	}
	var out []string
	for k, n := range count {
		for range n {
			out = append(out, k)
		}
	}
	sort.Strings(out)
	return out
}

func drawSetup(t *rapid.T, typ Type) setup {
	s := setup{typ: typ, rest: rapid.Bool().Draw(t, "rest")}
	switch rapid.IntRange(0, 3).Draw(t, "keys") {
	case 0:
		s.noKeys = true
	case 1:
		s.nullSafe = true
	}
	return s
}

// check runs events in every world and compares what they leave with want.
func check(tt *testing.T, t *rapid.T, spec optest.Spec, evs []optest.Event, want []string) {
	for _, w := range optest.Worlds {
		out := optest.RunIn(tt, w, spec, evs...)
		if got := fold(t, out); strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Fatalf("%s:\ngot  %v\nwant %v\nchanges:\n%s", w.Name, got, want, strings.Join(optest.Lines(out), "\n"))
		}
	}
}
