package join

import (
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/optest"
	"github.com/weir-stream/weir/internal/types"
)

func (s setup) regular(retracts [2]bool) optest.Spec {
	spec := regularSpec{typ: s.typ, in: s.inputs(retracts), rest: s.expr()}
	for i := range spec.in {
		spec.in[i].counted = roleOf(s.typ, 1-i).counts()
	}
	spec.in[1].keyOnly = (s.typ == Semi || s.typ == Anti) && !s.rest
	return optest.Spec{New: func() op.Operator { return newRegular(spec) }, In: [][]types.Type{leftTypes, rightTypes}, Out: s.out(), Hash: optest.By(spec.in[0].keys, spec.in[1].keys)}
}

func TestRegularJoinFoldsToJoinOfFoldedInputs(t *testing.T) {
	for _, typ := range []Type{Inner, Left, Right, Full, Semi, Anti} {
		t.Run(typ.String(), func(tt *testing.T) {
			rapid.Check(tt, func(t *rapid.T) {
				s := drawSetup(t, typ)
				retracts := [2]bool{rapid.Bool().Draw(t, "left retracts"), rapid.Bool().Draw(t, "right retracts")}
				src := [2]*source{{draw: drawLeft}, {draw: drawRight}}
				evs := events(t, src, retracts)
				check(tt, t, s.regular(retracts), evs, s.join(src[0].rows, src[1].rows))
			})
		})
	}
}

// The changes that Flink's operators emit, in their order, for rows one by one.
func TestRegularJoinChangelog(t *testing.T) {
	r := optest.R
	l, l2 := []any{1, "a"}, []any{1, "b"}
	tests := []struct {
		typ    Type
		events []optest.Event
		want   []string
	}{
		{Inner, []optest.Event{optest.Rows(0, r("+I", l...)), optest.Rows(1, r("+I", 1, 7), r("-U", 1, 7), r("+U", 1, 8))},
			[]string{"+I[1, a, 1, 7]", "-U[1, a, 1, 7]", "+U[1, a, 1, 8]"}},
		{Left, []optest.Event{optest.Rows(0, r("+I", l...)), optest.Rows(1, r("+I", 1, 7), r("+I", 1, 8)), optest.Rows(1, r("-D", 1, 7)), optest.Rows(1, r("-D", 1, 8))},
			[]string{"+I[1, a, null, null]", "-D[1, a, null, null]", "+I[1, a, 1, 7]", "+I[1, a, 1, 8]", "-D[1, a, 1, 7]", "-D[1, a, 1, 8]", "+I[1, a, null, null]"}},
		{Left, []optest.Event{optest.Rows(0, r("+I", l...)), optest.Rows(1, r("+I", 1, 7)), optest.Rows(0, r("-U", l...), r("+U", l2...))},
			[]string{"+I[1, a, null, null]", "-D[1, a, null, null]", "+I[1, a, 1, 7]", "-D[1, a, 1, 7]", "+I[1, b, 1, 7]"}},
		{Left, []optest.Event{optest.Rows(0, r("+I", nil, "n"))}, []string{"+I[null, n, null, null]"}},
		{Semi, []optest.Event{optest.Rows(0, r("+I", l...)), optest.Rows(1, r("+I", 1, 7), r("+I", 1, 7)), optest.Rows(1, r("-D", 1, 7)), optest.Rows(1, r("-D", 1, 7))},
			[]string{"+I[1, a]", "-D[1, a]"}},
		{Anti, []optest.Event{optest.Rows(0, r("+I", l...)), optest.Rows(1, r("+I", 1, 7)), optest.Rows(1, r("-D", 1, 7)), optest.Rows(0, r("-D", l...))},
			[]string{"+I[1, a]", "-D[1, a]", "+I[1, a]", "-D[1, a]"}},
		{Full, []optest.Event{optest.Rows(1, r("+I", 1, 7)), optest.Rows(0, r("+I", l...)), optest.Rows(0, r("-D", l...))},
			[]string{"+I[null, null, 1, 7]", "-D[null, null, 1, 7]", "+I[1, a, 1, 7]", "-D[1, a, 1, 7]", "+I[null, null, 1, 7]"}},
	}
	for _, tt := range tests {
		s := setup{typ: tt.typ}.regular([2]bool{true, true})
		got := optest.Lines(optest.RunIn(t, optest.World{Split: 1}, s, tt.events...))
		if !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.typ, got, tt.want)
		}
	}
}

// An update of the only match comes as one removal and one addition: the
// null-padded row between them is left out.
func TestUpdateOfOnlyMatchIsCompact(t *testing.T) {
	r := optest.R
	s := setup{typ: Left}.regular([2]bool{true, true})
	evs := []optest.Event{optest.Rows(0, r("+I", 1, "a")), optest.Rows(1, r("+I", 1, 7)), optest.Rows(1, r("-U", 1, 7), r("+U", 1, 8))}
	got := optest.Lines(optest.RunIn(t, optest.World{}, s, evs...))
	want := []string{"+I[1, a, null, null]", "-D[1, a, null, null]", "+I[1, a, 1, 7]", "-U[1, a, 1, 7]", "+I[1, a, 1, 8]"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	s.RowByRow = true
	if got := optest.RunIn(t, optest.World{}, s, evs...); len(got) != 7 {
		t.Errorf("row by row: %d changes, want 7: %v", len(got), got)
	}
}

// A fan-out far beyond a batch goes out in batches, resumed wherever the
// receiver is full.
func TestFanOutIsResumable(t *testing.T) {
	s := setup{typ: Full}.regular([2]bool{false, true})
	var ls, rs []optest.Row
	for i := range 150 {
		ls = append(ls, optest.R("+I", 1, string(rune('a'+i%26))))
		rs = append(rs, optest.R("+I", 1, i/3))
	}
	out := optest.Run(t, s, optest.Rows(0, ls...), optest.Rows(1, rs...))
	if n := len(optest.Fold(t, out)); n != 150*150 {
		t.Fatalf("%d rows, want %d", n, 150*150)
	}
}

// With time-to-live a removal may come for a row that is gone; it must not eat
// a later addition.
func TestRemovalOfUnknownRowIsIgnored(t *testing.T) {
	r := optest.R
	s := setup{typ: Inner}.regular([2]bool{true, true})
	for _, w := range optest.Worlds {
		out := optest.RunIn(t, w, s, optest.Rows(0, r("-U", 1, "a"), r("+U", 1, "b"), r("-U", 1, "b"), r("+U", 1, "a")), optest.Rows(1, r("+I", 1, 5)))
		if got := optest.Lines(out); !reflect.DeepEqual(got, []string{"+I[1, a, 1, 5]"}) {
			t.Errorf("%s: %q", w.Name, got)
		}
	}
}
