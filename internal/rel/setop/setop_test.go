package setop

import (
	"fmt"
	"sort"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/optest"
	"github.com/weir-stream/weir/internal/types"
)

var cols = []types.Type{types.Of(types.Int), types.String()}

func spec(o Op, all, batch, rowByRow bool) optest.Spec {
	mk := func() op.Operator { return newCounting(countSpec{op: o, all: all}) }
	if o == UnionAll {
		mk = func() op.Operator { return &union{} }
	}
	return optest.Spec{New: mk, In: [][]types.Type{cols, cols}, Out: cols, Batch: batch, RowByRow: rowByRow, Hash: optest.By([]int{0, 1}, []int{0, 1})}
}

// want is the definition of the operations over multisets.
func want(o Op, all bool, l, r map[string]int) []string {
	var out []string
	keys := map[string]bool{}
	for k := range l {
		keys[k] = true
	}
	for k := range r {
		keys[k] = true
	}
	for k := range keys {
		var n int
		switch {
		case o == UnionAll:
			n = l[k] + r[k]
		case o == Intersect && all:
			n = min(l[k], r[k])
		case o == Intersect && l[k] > 0 && r[k] > 0:
			n = 1
		case o == Except && all:
			n = max(l[k]-r[k], 0)
		case o == Except && l[k] > 0 && r[k] == 0:
			n = 1
		}
		for range n {
			out = append(out, k)
		}
	}
	sort.Strings(out)
	return out
}

func TestSetOperationsAreThoseOfMultisets(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		o := rapid.SampledFrom([]Op{UnionAll, Intersect, Except}).Draw(rt, "op")
		all, batch, byRow := rapid.Bool().Draw(rt, "all"), rapid.Bool().Draw(rt, "batch"), rapid.Bool().Draw(rt, "row by row")
		held := [2]map[string]int{{}, {}}
		live := [2][][]any{}
		var evs []optest.Event
		for range rapid.IntRange(1, 6).Draw(rt, "batches") {
			in := rapid.IntRange(0, 1).Draw(rt, "in")
			var rows []optest.Row
			for range rapid.IntRange(1, 6).Draw(rt, "rows") {
				kind, row := "+I", []any{rapid.SampledFrom([]any{int64(1), int64(2), nil}).Draw(rt, "a"), rapid.SampledFrom([]any{"x", nil}).Draw(rt, "b")}
				if !batch && len(live[in]) > 0 && rapid.Bool().Draw(rt, "remove") {
					i := rapid.IntRange(0, len(live[in])-1).Draw(rt, "row")
					kind, row = "-D", live[in][i]
					live[in] = append(live[in][:i:i], live[in][i+1:]...)
					held[in][line(row)]--
				} else {
					live[in] = append(live[in], row)
					held[in][line(row)]++
				}
				rows = append(rows, optest.R(kind, row...))
			}
			evs = append(evs, optest.Rows(in, rows...), optest.Flush())
		}
		evs = append(evs, optest.End(0), optest.End(1))
		out := optest.Run(t, spec(o, all, batch, byRow), evs...)
		if got, w := optest.Fold(t, out), want(o, all, held[0], held[1]); strings.Join(got, "|") != strings.Join(w, "|") {
			rt.Fatalf("got %v, want %v from %v", got, w, optest.Lines(out))
		}
		if batch && o != UnionAll {
			for _, r := range out {
				if !r.Kind.Adds() {
					rt.Fatalf("batch mode removed a row: %v", r)
				}
			}
		}
	})
}

func line(vs []any) string {
	return strings.ReplaceAll(fmt.Sprintf("[%v, %v]", vs[0], vs[1]), "<nil>", "null")
}

func TestExceptAllFansOutInBatches(t *testing.T) {
	var rows []optest.Row
	for range 3 * op.BatchRows {
		rows = append(rows, optest.R("+I", 1, "x"))
	}
	out := optest.RunIn(t, optest.World{Full: true}, spec(Except, true, false, false), optest.Rows(0, rows...), optest.Rows(1, rows[:5]...), optest.Flush())
	if len(out) != 3*op.BatchRows-5 {
		t.Fatalf("%d rows", len(out))
	}
}
