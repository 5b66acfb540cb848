package topn

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"sort"
	"strings"
	"testing"

	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/optest"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/types"
)

// The columns of the tests: partition, two to order by, payload.
var cols = []types.Type{types.Of(types.BigInt), types.Of(types.BigInt), types.String(), types.String()}

func testSpec(s Spec) optest.Spec {
	s.In = cols
	return optest.Spec{New: func() op.Operator { return New(s) }, In: [][]types.Type{cols}, Out: s.outTypes(), Batch: s.Batch, Hash: optest.By(s.Partition)}
}

// compare orders rows by the keys as SQL says.
func compare(keys []plan.SortKey, a, b []any) int {
	for _, k := range keys {
		x, y := a[k.Col], b[k.Col]
		c := 0
		switch {
		case x == nil && y == nil:
			continue
		case x == nil || y == nil:
			if (x == nil) == k.NullsFirst {
				return -1
			}
			return 1
		}
		if s, ok := x.(string); ok {
			c = strings.Compare(s, y.(string))
		} else {
			c = cmp.Compare(x.(int64), y.(int64))
		}
		if k.Desc {
			c = -c
		}
		if c != 0 {
			return c
		}
	}
	return 0
}

// model is the definition over the rows that are left, in order of arrival.
func model(s Spec, rows [][]any) []string {
	parts := map[string][][]any{}
	for _, r := range rows {
		k := ""
		for _, c := range s.Partition {
			k += fmt.Sprint(r[c], "|")
		}
		parts[k] = append(parts[k], r)
	}
	var out []string
	for _, p := range parts {
		if s.KeepLast {
			for i, j := 0, len(p)-1; i < j; i, j = i+1, j-1 {
				p[i], p[j] = p[j], p[i]
			}
		}
		sort.SliceStable(p, func(i, j int) bool { return compare(s.Order, p[i], p[j]) < 0 })
		rank, dense := int64(0), int64(0)
		for i, r := range p {
			if i == 0 || compare(s.Order, p[i-1], r) != 0 {
				rank, dense = int64(i)+1, dense+1
			}
			n := [...]int64{int64(i) + 1, rank, dense}[s.Func]
			if n < s.From || n > s.To {
				continue
			}
			if s.Number {
				r = append(r[:len(r):len(r)], n)
			}
			out = append(out, text(r))
		}
	}
	sort.Strings(out)
	return out
}

func text(r []any) string {
	parts := make([]string, len(r))
	for i, v := range r {
		parts[i] = fmt.Sprint(v)
		if v == nil {
			parts[i] = "null"
		}
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// randomRows makes a changelog and the rows that it leaves.
func randomRows(r *rand.Rand, n int, retract bool) (changes []optest.Row, left [][]any) {
	pick := func(vs ...any) any { return vs[r.IntN(len(vs))] }
	for i := range n {
		if retract && len(left) > 0 && r.IntN(3) == 0 {
			at := r.IntN(len(left))
			row := left[at]
			for j := range left { // the earliest equal row goes
				if text(left[j]) == text(row) {
					at = j
					break
				}
			}
			left = append(left[:at:at], left[at+1:]...)
			changes = append(changes, optest.R(pick("-D", "-U").(string), row...))
			continue
		}
		row := []any{pick(int64(1), int64(2), int64(3), nil), pick(int64(-1<<63), int64(5), int64(6), int64(7), int64(1<<62), nil),
			pick("a", "b", "longer than eight", "longer than nine", nil), fmt.Sprint("p", i)}
		if retract && r.IntN(4) == 0 {
			row[3] = "same"
		}
		left = append(left, row)
		changes = append(changes, optest.R(pick("+I", "+I", "+U").(string), row...))
	}
	return changes, left
}

func randomSpec(r *rand.Rand, retract bool) Spec {
	s := Spec{Partition: []int{0}, Func: RowNumber, From: 1, Retract: retract, Before: r.IntN(2) == 0, Number: r.IntN(2) == 0}
	if r.IntN(4) == 0 {
		s.Partition = nil
	}
	s.To = []int64{1, 1, 2, 3, 5, 16, 17, 40}[r.IntN(8)]
	if r.IntN(4) == 0 {
		s.From = 1 + int64(r.IntN(int(s.To)))
	}
	key := func(c int) plan.SortKey {
		return plan.SortKey{Col: c, Desc: r.IntN(2) == 0, NullsFirst: r.IntN(2) == 0}
	}
	s.Order = [][]plan.SortKey{{key(1)}, {key(1)}, {key(2)}, {key(1), key(2)}, {key(2), key(1)}, nil}[r.IntN(6)]
	if r.IntN(5) == 0 {
		s.Func = Func(r.IntN(3))
	}
	if s.To == 1 && !retract && s.Func == RowNumber {
		s.KeepLast = r.IntN(2) == 0
	}
	s.Batch = !retract && r.IntN(5) == 0
	return s
}

func TestFirstRowsAreThoseOfTheDefinition(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 7))
		s := randomSpec(r, seed%2 == 0)
		changes, left := randomRows(r, 10+r.IntN(60), s.Retract)
		var evs []optest.Event
		for i := 0; i < len(changes); i += 20 {
			evs = append(evs, optest.Rows(0, changes[i:min(i+20, len(changes))]...))
		}
		o := testSpec(s)
		o.RowByRow = r.IntN(3) == 0
		if !s.Before && !s.Batch { // an upsert stream: fold it by key instead
			checkUpserts(t, seed, s, o, append(evs, optest.End(0)), model(s, left))
			continue
		}
		got := optest.Fold(t, optest.Run(t, o, append(evs, optest.End(0))...))
		if want := model(s, left); strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Fatalf("seed %d: %+v\ngot\n%s\nwant\n%s", seed, s, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		if t.Failed() {
			t.Fatalf("seed %d: %+v", seed, s)
		}
	}
}

// checkUpserts folds a changelog without -U: a +U replaces the row of its key,
// which is the partition and the rank.
func checkUpserts(t *testing.T, seed uint64, s Spec, o optest.Spec, evs []optest.Event, want []string) {
	t.Helper()
	for _, w := range optest.Worlds {
		count := map[string]int{}
		byKey := map[string]string{}
		for _, r := range optest.RunIn(t, w, o, evs...) {
			line, key := text(r.Values), ""
			for _, c := range s.Partition {
				key += fmt.Sprint(r.Values[c], "|")
			}
			if s.Number {
				key += fmt.Sprint(r.Values[len(cols)])
			}
			switch r.Kind.String() {
			case "+U":
				count[byKey[key]]--
				count[line]++
			case "-U":
				t.Fatalf("seed %d: -U although nobody wants it", seed)
			default:
				count[line] += int(r.Kind.Sign())
			}
			byKey[key] = line
		}
		var got []string
		for l, n := range count {
			if n < 0 {
				t.Fatalf("seed %d: %s is removed %d times too often", seed, l, -n)
			}
			for range n {
				got = append(got, l)
			}
		}
		sort.Strings(got)
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Fatalf("seed %d world %q: %+v\ngot\n%s\nwant\n%s", seed, w.Name, s, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}
