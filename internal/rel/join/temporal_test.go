package join

import (
	"reflect"
	"sort"
	"testing"

	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/optest"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/types"
)

func (s setup) temporal() optest.Spec {
	spec := temporalSpec{typ: s.typ, in: [2]input{{types: timedLeft, keys: []int{0}, strict: []int{0}}, {types: timedRight, keys: []int{0}, strict: []int{0}}}, times: [2]int{2, 2}}
	if s.rest {
		spec.rest = restOn(4)
	}
	return optest.Spec{New: func() op.Operator { return newTemporalJoin(spec) }, In: [][]types.Type{timedLeft, timedRight}, Out: append(append([]types.Type{}, timedLeft...), timedRight...),
		Hash: optest.By([]int{0}, []int{0})}
}

func TestTemporalJoinFindsTheVersionOfTheTime(t *testing.T) {
	r := optest.R
	rates := []optest.Row{r("+I", 1, 10, 10_000), r("-U", 1, 10, 10_000), r("+U", 1, 20, 20_000), r("-D", 1, 20, 30_000), r("+I", 2, 1, 5_000)}
	orders := []optest.Row{r("+I", 1, "early", 9), r("+I", 1, "a", 10), r("+I", 1, "b", 19), r("+I", 1, "c", 20), r("+I", 1, "gone", 35), r("+I", 2, "d", 40), r("+I", nil, "n", 40)}
	joined := []string{"[1, a, 10, 1, 10, 10000]", "[1, b, 19, 1, 10, 10000]", "[1, c, 20, 1, 20, 20000]"}
	two := "[2, d, 40, 2, 1, 5000]"
	tests := []struct {
		s    setup
		want []string
	}{
		{setup{typ: Inner}, append([]string{two}, joined...)},
		{setup{typ: Inner, rest: true}, joined},
		{setup{typ: Left}, append([]string{two, "[1, early, 9, null, null, null]", "[1, gone, 35, null, null, null]", "[null, n, 40, null, null, null]"}, joined...)},
		{setup{typ: Left, rest: true}, append([]string{"[2, d, 40, null, null, null]", "[1, early, 9, null, null, null]", "[1, gone, 35, null, null, null]", "[null, n, 40, null, null, null]"}, joined...)},
	}
	for _, tt := range tests {
		for _, steps := range [][]int64{nil, {15}, {9, 10, 19, 20, 30, 36}} {
			evs := []optest.Event{}
			at := 0
			rt := 0
			for _, wm := range append(append([]int64{}, steps...), 1000) {
				var rs, os []optest.Row
				for ; rt < len(rates) && rates[rt].Values[2].(int64)/1000 <= wm+100; rt++ {
					rs = append(rs, rates[rt])
				}
				for ; at < len(orders) && orders[at].Values[2].(int64) <= wm; at++ {
					os = append(os, orders[at])
				}
				if len(os) > 0 {
					evs = append(evs, optest.Rows(0, os...))
				}
				if len(rs) > 0 {
					evs = append(evs, optest.Rows(1, rs...))
				}
				evs = append(evs, optest.Watermark(wm))
			}
			want := append([]string{}, tt.want...)
			sort.Strings(want)
			out := optest.Run(t, tt.s.temporal(), append(evs, optest.End(0), optest.End(1))...)
			if got := optest.Fold(t, out); !reflect.DeepEqual(got, want) {
				t.Errorf("%v by %v:\ngot  %q\nwant %q", tt.s, steps, got, want)
			}
		}
	}
}

func TestTemporalJoinKeepsOneVersion(t *testing.T) {
	r := optest.R
	d := optest.Drive(t, optest.World{}, setup{typ: Inner}.temporal())
	defer d.Close()
	for i := range 50 {
		d.Do(optest.Rows(1, r("+U", 1, i, i*1000)))
		d.Do(optest.Watermark(int64(i)))
	}
	if n := d.Store().Lookup("versions").(*state.Sorted).Items(); n != 1 {
		t.Errorf("%d versions are kept, want 1", n)
	}
	d.Do(optest.Rows(0, r("+I", 1, "x", 49)))
	d.Do(optest.Watermark(60))
	if got := optest.Lines(d.Out()); !reflect.DeepEqual(got, []string{"+I[1, x, 49, 1, 49, 49000]"}) {
		t.Errorf("%q", got)
	}
}
