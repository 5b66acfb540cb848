package unnest

import (
	"reflect"
	"testing"

	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/optest"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/types"
)

func specOf(t types.Type, ordinality, outer bool) optest.Spec {
	in := []types.Type{types.Of(types.Int), t}
	elems := plan.Types(Columns(t, ordinality, outer))
	s := spec{x: &expr.Col{Index: 1, Name: "c", T: t}, elems: elems, ordinality: ordinality, outer: outer}
	return optest.Spec{New: func() op.Operator { return newOperator(s) }, In: [][]types.Type{in}, Out: append(append([]types.Type(nil), in...), elems...)}
}

func TestUnnest(t *testing.T) {
	ints := types.ArrayOf(types.Of(types.Int))
	rows := types.ArrayOf(types.RowOf(types.Field{Name: "a", Type: types.Of(types.Int)}, types.Field{Name: "b", Type: types.String()}))
	dict := types.MapOf(types.String(), types.Of(types.Int))
	bag := types.MultisetOf(types.String())
	list := func(vs ...any) any { return vs }
	pairs := func(vs ...[2]any) any { return vs }
	i := func(n int) any { return int64(n) }
	tests := []struct {
		name              string
		typ               types.Type
		ordinality, outer bool
		values            []any
		want              []string // element columns only
	}{
		{"array", ints, false, false, []any{list(i(1), nil), list(), nil, list(i(3))}, []string{"[1]", "[null]", "[3]"}},
		{"array with ordinality", ints, true, false, []any{list(i(7), i(8)), list(i(9))}, []string{"[7, 1]", "[8, 2]", "[9, 1]"}},
		{"outer array", ints, true, true, []any{list(), nil, list(i(9))}, []string{"[null, null]", "[null, null]", "[9, 1]"}},
		{"only empty arrays, outer", ints, false, true, []any{list(), nil}, []string{"[null]", "[null]"}},
		{"array of rows", rows, false, false, []any{list(list(i(1), "x"), nil), list(list(nil, "y"))}, []string{"[1, x]", "[null, null]", "[null, y]"}},
		{"map", dict, false, false, []any{pairs([2]any{"k", i(1)}, [2]any{"l", nil})}, []string{"[k, 1]", "[l, null]"}},
		{"multiset", bag, true, false, []any{pairs([2]any{"p", i(2)}, [2]any{"q", i(1)})}, []string{"[p, 1]", "[p, 2]", "[q, 3]"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var in []optest.Row
			for n, v := range tt.values {
				in = append(in, optest.R("+U", n, v))
			}
			var got []string
			for _, r := range optest.Run(t, specOf(tt.typ, tt.ordinality, tt.outer), optest.Rows(0, in...)) {
				if r.Kind.String() != "+U" {
					t.Errorf("kind %s", r.Kind)
				}
				got = append(got, optest.R("+I", r.Values[2:]...).String()[2:])
			}
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestLongCollectionsGoOutInBatches(t *testing.T) {
	var long []any
	for i := range 3*op.BatchRows + 7 {
		long = append(long, int64(i))
	}
	ints := types.ArrayOf(types.Of(types.Int))
	x := &expr.Col{Index: 1, Name: "c", T: ints}
	elems := plan.Types(Columns(ints, true, false))
	s := optest.Spec{New: func() op.Operator { return newOperator(spec{x: x, elems: elems, ordinality: true, keep: []int{0}}) },
		In: [][]types.Type{{types.Of(types.Int), ints}}, Out: append([]types.Type{types.Of(types.Int)}, elems...)}
	out := optest.RunIn(t, optest.World{Full: true}, s, optest.Rows(0, optest.R("+I", 1, long), optest.R("+I", 2, []any{int64(5)})))
	if len(out) != len(long)+1 {
		t.Fatalf("%d rows", len(out))
	}
	for i, r := range out[:len(long)] {
		if r.Values[1] != int64(i) || r.Values[2] != int64(i+1) {
			t.Fatalf("row %d: %v", i, r.Values)
		}
	}
}
