package join

import (
	"reflect"
	"sort"
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/optest"
	"github.com/weir-stream/weir/internal/types"
)

// The windowed tables are those of the model with window start and end behind.
var (
	stamp     = types.TimestampOf(3).NotNull()
	winLeft   = append(append([]types.Type{}, leftTypes...), stamp, stamp)
	winRight  = append(append([]types.Type{}, rightTypes...), stamp, stamp)
	windowOut = append(append([]types.Type{}, winLeft...), winRight...)
)

func (s setup) windowSpec(shift *types.Zone) windowSpec {
	spec := windowSpec{typ: s.typ, in: [2]input{{types: winLeft}, {types: winRight}}, shift: shift}
	for i := range spec.in {
		x := &spec.in[i]
		x.keys, x.strict = []int{2, 3}, []int{2, 3}
		if !s.noKeys {
			x.keys = append(x.keys, 0)
			if !s.nullSafe {
				x.strict = append(x.strict, 0)
			}
		}
	}
	if s.rest {
		spec.rest = restOn(5)
	}
	return spec
}

func (s setup) window() optest.Spec {
	out := windowOut
	if s.typ == Semi || s.typ == Anti {
		out = winLeft
	}
	spec := s.windowSpec(nil)
	return optest.Spec{New: func() op.Operator { return newWindowJoin(spec) }, In: [][]types.Type{winLeft, winRight}, Out: out,
		Hash: optest.By(spec.in[0].keys[2:], spec.in[1].keys[2:])}
}

// joinWhere is the join of two tables by any condition.
func joinWhere(typ Type, ls, rs [][]any, match func(l, r []any) bool) []string {
	var out []string
	width := 4
	if len(ls)+len(rs) > 0 {
		width = len(append(ls[:len(ls):len(ls)], rs...)[0])
	}
	emit := func(l, r []any) { out = append(out, line(append(append([]any(nil), l...), r...))) }
	lo, ro := typ.Outer()
	used := make([]bool, len(rs))
	for _, l := range ls {
		n := 0
		for i, r := range rs {
			if match(l, r) {
				n++
				used[i] = true
				if typ != Semi && typ != Anti {
					emit(l, r)
				}
			}
		}
		switch {
		case typ == Semi && n > 0, typ == Anti && n == 0:
			emit(l, nil)
		case lo && n == 0:
			emit(l, make([]any, width))
		}
	}
	for i, r := range rs {
		if ro && !used[i] {
			emit(make([]any, width), r)
		}
	}
	sort.Strings(out)
	return out
}

func TestWindowJoinJoinsRowsOfEqualWindows(t *testing.T) {
	for _, typ := range []Type{Inner, Left, Right, Full, Semi, Anti} {
		t.Run(typ.String(), func(tt *testing.T) {
			rapid.Check(tt, func(t *rapid.T) {
				s := drawSetup(t, typ)
				var tables [2][][]any
				var evs []optest.Event
				wm := int64(-1)
				for range rapid.IntRange(1, 6).Draw(t, "events") {
					if rapid.IntRange(0, 2).Draw(t, "what") == 0 {
						wm += int64(rapid.IntRange(0, 12).Draw(t, "advance"))
						evs = append(evs, optest.Watermark(wm))
						continue
					}
					in := rapid.IntRange(0, 1).Draw(t, "in")
					var rows []optest.Row
					for range rapid.IntRange(1, 5).Draw(t, "rows") {
						row := []func(*rapid.T) []any{drawLeft, drawRight}[in](t)
						start := int64(10 * rapid.IntRange(0, 3).Draw(t, "window"))
						row = append(row, start, start+10)
						rows = append(rows, optest.R("+I", row...))
						if start+9 > wm {
							tables[in] = append(tables[in], row)
						}
					}
					evs = append(evs, optest.Rows(in, rows...))
				}
				evs = append(evs, optest.End(0), optest.End(1))
				want := joinWhere(typ, tables[0], tables[1], func(l, r []any) bool { return l[3] == r[3] && s.match(l, r) })
				check(tt, t, s.window(), evs, want)
			})
		})
	}
}

func TestWindowJoinDropsLateRowsAndState(t *testing.T) {
	s := setup{typ: Full}
	d := optest.Drive(t, optest.World{}, s.window())
	defer d.Close()
	r := optest.R
	d.Do(optest.Rows(0, r("+I", 1, "a", 0, 10)))
	d.Do(optest.Rows(1, r("+I", 1, 5, 0, 10), r("+I", 2, 6, 10, 20)))
	d.Do(optest.Watermark(8))
	if n := len(d.Out()); n != 0 {
		t.Fatalf("%d rows before the window closed", n)
	}
	d.Do(optest.Watermark(9))
	d.Do(optest.Rows(0, r("+I", 1, "late", 0, 10)))
	d.Do(optest.Watermark(19))
	want := []string{"+I[1, a, 0, 10, 1, 5, 0, 10]", "+I[null, null, null, null, 2, 6, 10, 20]"}
	if got := optest.Lines(d.Out()); !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	late := int64(0)
	d.Op().(op.Reporter).Report(func(name string, n int64) { late += n })
	if late != 1 {
		t.Errorf("%d late rows, want 1", late)
	}
	for _, table := range d.Store().Tables() {
		if table.Len() != 0 {
			t.Errorf("%s holds %d keys", table.Info().Name, table.Len())
		}
	}
}

// Windows of a TIMESTAMP_LTZ attribute have local bounds.
func TestWindowJoinOfLocalWindows(t *testing.T) {
	zone, err := types.LoadZone("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	const h = 3_600_000
	spec := setup{typ: Inner}.windowSpec(zone)
	s := optest.Spec{New: func() op.Operator { return newWindowJoin(spec) }, In: [][]types.Type{winLeft, winRight}, Out: windowOut}
	d := optest.Drive(t, optest.World{}, s)
	defer d.Close()
	d.Do(optest.Rows(0, optest.R("+I", 1, "a", 8*h, 9*h)))
	d.Do(optest.Rows(1, optest.R("+I", 1, 5, 8*h, 9*h)))
	d.Do(optest.Watermark(h - 2))
	if len(d.Out()) != 0 {
		t.Fatal("closed an hour of Shanghai too early")
	}
	d.Do(optest.Watermark(h - 1))
	if len(d.Out()) != 1 {
		t.Fatalf("%d rows at the end of the hour", len(d.Out()))
	}
}
