package join

import (
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/optest"
)

// table is the last row of each key of a changelog that is told by key.
type table map[any][]any

// draw makes a change: of deleted rows only the key is known.
func (tb table) draw(t *rapid.T, value *rapid.Generator[any]) optest.Row {
	k := int64(rapid.IntRange(1, 4).Draw(t, "k"))
	if rapid.IntRange(0, 3).Draw(t, "kind") == 0 {
		delete(tb, k)
		return optest.R("-D", k, nil)
	}
	tb[k] = []any{k, value.Draw(t, "value")}
	return optest.R(rapid.SampledFrom([]string{"+I", "+U"}).Draw(t, "adds"), tb[k]...)
}

func (tb table) rows() (out [][]any) {
	for _, r := range tb {
		out = append(out, r)
	}
	return out
}

func TestJoinOfSidesThatAreToldByKey(t *testing.T) {
	texts := rapid.SampledFrom([]any{"a", "b", "a longer text than before", nil})
	numbers := rapid.SampledFrom([]any{int64(1), int64(2), int64(3), nil})
	for _, typ := range []Type{Inner, Left, Right, Full, Semi, Anti} {
		t.Run(typ.String(), func(tt *testing.T) {
			rapid.Check(tt, func(t *rapid.T) {
				s := setup{typ: typ, rest: rapid.Bool().Draw(t, "rest")}
				spec := regularSpec{typ: typ, in: s.inputs([2]bool{true, true}), rest: s.expr()}
				for i := range spec.in {
					spec.in[i].counted, spec.in[i].upserts = roleOf(typ, 1-i).counts(), true
				}
				spec.in[1].keyOnly = (typ == Semi || typ == Anti) && !s.rest
				tabs, values := [2]table{{}, {}}, [2]*rapid.Generator[any]{texts, numbers}
				var evs []optest.Event
				for range rapid.IntRange(1, 6).Draw(t, "batches") {
					in := rapid.IntRange(0, 1).Draw(t, "side")
					var rows []optest.Row
					for range rapid.IntRange(1, 6).Draw(t, "rows") {
						rows = append(rows, tabs[in].draw(t, values[in]))
					}
					evs = append(evs, optest.Rows(in, rows...))
				}
				sp := optest.Spec{New: func() op.Operator { return newRegular(spec) }, In: s.regular([2]bool{}).In, Out: s.out(), RowByRow: rapid.Bool().Draw(t, "row by row")}
				check(tt, t, sp, evs, s.join(tabs[0].rows(), tabs[1].rows()))
			})
		})
	}
}

// Without mini-batches each change of a key is told, with them the last.
func TestChangesOfAKeyInOneBatch(t *testing.T) {
	r := optest.R
	spec := regularSpec{typ: Inner, in: setup{}.inputs([2]bool{false, true})}
	spec.in[1].upserts = true
	evs := []optest.Event{optest.Rows(0, r("+I", 1, "a")), optest.Rows(1, r("+U", 1, 7), r("+U", 1, 7), r("+U", 1, 8), r("-D", 1, nil), r("-D", 1, nil), r("+U", 1, 9))}
	for _, c := range []struct {
		rowByRow bool
		want     []string
	}{
		{true, []string{"+I[1, a, 1, 7]", "-U[1, a, 1, 7]", "+U[1, a, 1, 8]", "-D[1, a, 1, 8]", "+I[1, a, 1, 9]"}},
		{false, []string{"+I[1, a, 1, 9]"}},
	} {
		s := optest.Spec{New: func() op.Operator { return newRegular(spec) }, In: setup{}.regular([2]bool{}).In, Out: setup{}.out(), RowByRow: c.rowByRow}
		if got := optest.Lines(optest.RunIn(t, optest.World{}, s, evs...)); !reflect.DeepEqual(got, c.want) {
			t.Errorf("row by row %v: got %q, want %q", c.rowByRow, got, c.want)
		}
	}
}
