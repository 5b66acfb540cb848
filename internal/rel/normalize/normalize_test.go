package normalize

import (
	"fmt"
	"reflect"
	"sort"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/optest"
	"github.com/weir-stream/weir/internal/types"
)

var cols = []types.Type{types.Of(types.Int), types.String(), types.Of(types.BigInt)}

func specOf(before, rowByRow bool) optest.Spec {
	return optest.Spec{New: func() op.Operator { return newOperator(spec{keys: []int{0}, before: before}) }, In: [][]types.Type{cols}, Out: cols, RowByRow: rowByRow, Hash: optest.By([]int{0})}
}

func TestUpsertsBecomeAFullChangelog(t *testing.T) {
	r := optest.R
	evs := []optest.Event{optest.Rows(0, r("+I", 1, "a", 1), r("+I", 2, "b", 1)), optest.Flush(),
		optest.Rows(0, r("+U", 1, "a", 1), r("+U", 2, "c", 2), r("-D", 1, nil, nil), r("-D", 9, nil, nil)), optest.Flush(),
		optest.Rows(0, r("+I", 2, "d", 3), r("+U", 2, "e", 4)), optest.Flush()}
	tests := []struct {
		name             string
		before, rowByRow bool
		want             []string
	}{
		{"consolidated", true, false, []string{"+I[1, a, 1]", "+I[2, b, 1]", "-D[1, a, 1]", "-U[2, b, 1]", "+U[2, c, 2]", "-U[2, c, 2]", "+U[2, e, 4]"}},
		{"row by row", true, true, []string{"+I[1, a, 1]", "+I[2, b, 1]", "-U[2, b, 1]", "+U[2, c, 2]", "-D[1, a, 1]", "-U[2, c, 2]", "+U[2, d, 3]", "-U[2, d, 3]", "+U[2, e, 4]"}},
		{"without before", false, true, []string{"+I[1, a, 1]", "+I[2, b, 1]", "+U[2, c, 2]", "-D[1, a, 1]", "+U[2, d, 3]", "+U[2, e, 4]"}},
	}
	for _, tt := range tests {
		if got := optest.Lines(optest.RunIn(t, optest.World{}, specOf(tt.before, tt.rowByRow), evs...)); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s:\ngot  %q\nwant %q", tt.name, got, tt.want)
		}
	}
}

func TestUpdatesThatComeInHalvesLeaveAsUpdates(t *testing.T) {
	r := optest.R
	want := "+I[1, a, 1] -U[1, a, 1] +U[1, b, 2] -U[1, b, 2] +U[1, c, 3] -U[1, c, 3] +I[2, d, 4] +I[1, e, 5]"
	got := strings.Join(optest.Lines(optest.RunIn(t, optest.World{}, specOf(true, true),
		optest.Rows(0, r("+I", 1, "a", 1), r("-U", 1, "a", 1), r("+U", 1, "b", 2), r("-U", 1, "x", 9)),
		optest.Rows(0, r("+U", 1, "c", 3), r("-U", 1, "c", 3)),
		optest.Rows(0, r("+I", 2, "d", 4), r("+U", 1, "e", 5)))), " ")
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestNormalizeKeepsTheLastRowOfEachKey(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		last := map[any]string{}
		var evs []optest.Event
		for range rapid.IntRange(1, 5).Draw(rt, "batches") {
			var rows []optest.Row
			for range rapid.IntRange(1, 8).Draw(rt, "rows") {
				k := rapid.SampledFrom([]any{int64(1), int64(2), int64(3), nil}).Draw(rt, "k")
				kind := rapid.SampledFrom([]string{"+I", "+U", "-D"}).Draw(rt, "kind")
				row := []any{k, rapid.SampledFrom([]any{"x", "a longer text than before", nil}).Draw(rt, "s"), int64(1)}
				if kind == "-D" {
					row[1], row[2] = nil, nil
					delete(last, k)
				} else {
					last[k] = strings.ReplaceAll(fmt.Sprintf("[%v, %v, %v]", row[0], row[1], row[2]), "<nil>", "null")
				}
				rows = append(rows, optest.R(kind, row...))
			}
			evs = append(evs, optest.Rows(0, rows...))
			if rapid.Bool().Draw(rt, "flush") {
				evs = append(evs, optest.Flush())
			}
		}
		evs = append(evs, optest.End(0))
		want := []string{}
		for _, l := range last {
			want = append(want, l)
		}
		sort.Strings(want)
		out := optest.Run(t, specOf(true, rapid.Bool().Draw(rt, "row by row")), evs...)
		if got := optest.Fold(t, out); strings.Join(got, "|") != strings.Join(want, "|") {
			rt.Fatalf("got %v, want %v", got, want)
		}
	})
}
