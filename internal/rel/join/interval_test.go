package join

import (
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/optest"
	"github.com/weir-stream/weir/internal/types"
)

// The timed tables are those of the model with a time behind.
var (
	timedLeft  = append(append([]types.Type{}, leftTypes...), types.TimestampOf(3))
	timedRight = append(append([]types.Type{}, rightTypes...), types.TimestampOf(6)) // microseconds
)

func (s setup) interval(b Bounds) optest.Spec {
	b.LeftTime, b.RightTime = 2, 2
	spec := intervalSpec{typ: s.typ, in: [2]input{{types: timedLeft}, {types: timedRight}}, bounds: b}
	for i := range spec.in {
		if !s.noKeys {
			spec.in[i].keys = []int{0}
			if !s.nullSafe {
				spec.in[i].strict = []int{0}
			}
		}
	}
	if s.rest {
		spec.rest = restOn(4)
	}
	out := append(append([]types.Type(nil), timedLeft...), timedRight...)
	return optest.Spec{New: func() op.Operator { return newIntervalJoin(spec) }, In: [][]types.Type{timedLeft, timedRight}, Out: out, Hash: optest.By(spec.in[0].keys, spec.in[1].keys)}
}

func TestIntervalJoinJoinsRowsWithinBounds(t *testing.T) {
	for _, typ := range []Type{Inner, Left, Right, Full} {
		t.Run(typ.String(), func(tt *testing.T) {
			rapid.Check(tt, func(t *rapid.T) {
				s := drawSetup(t, typ)
				b := Bounds{LowerMs: int64(rapid.IntRange(-4, 3).Draw(t, "lower"))}
				b.UpperMs = b.LowerMs + int64(rapid.IntRange(-1, 6).Draw(t, "span"))
				var tables [2][][]any
				var evs []optest.Event
				wm := int64(0)
				for range rapid.IntRange(1, 8).Draw(t, "events") {
					if rapid.IntRange(0, 2).Draw(t, "what") == 0 {
						wm += int64(rapid.IntRange(0, 5).Draw(t, "advance"))
						evs = append(evs, optest.Watermark(wm))
						continue
					}
					in := rapid.IntRange(0, 1).Draw(t, "in")
					var rows []optest.Row
					for range rapid.IntRange(1, 5).Draw(t, "rows") {
						row := []func(*rapid.T) []any{drawLeft, drawRight}[in](t)
						at := wm + 1 + int64(rapid.IntRange(0, 8).Draw(t, "time"))
						row = append(row, at*[]int64{1, 1000}[in])
						if rapid.IntRange(0, 15).Draw(t, "no time") == 0 {
							row[2] = nil
						}
						rows = append(rows, optest.R("+I", row...))
						tables[in] = append(tables[in], row)
					}
					evs = append(evs, optest.Rows(in, rows...))
				}
				evs = append(evs, optest.End(0), optest.End(1))
				want := joinWhere(typ, tables[0], tables[1], func(l, r []any) bool {
					if l[2] == nil || r[2] == nil || !s.match(l, r) {
						return false
					}
					d := l[2].(int64) - r[2].(int64)/1000
					return b.LowerMs <= d && d <= b.UpperMs
				})
				check(tt, t, s.interval(b), evs, want)
			})
		})
	}
}

func TestIntervalJoinForgets(t *testing.T) {
	r := optest.R
	s := setup{typ: Left}.interval(Bounds{LowerMs: -10, UpperMs: 5})
	d := optest.Drive(t, optest.World{}, s)
	defer d.Close()
	d.Do(optest.Rows(0, r("+I", 1, "a", 100), r("+I", 1, "b", 200)))
	d.Do(optest.Watermark(109))
	if len(d.Out()) != 0 {
		t.Fatal("padded although a match may still come")
	}
	d.Do(optest.Watermark(110))
	d.Do(optest.Rows(1, r("+I", 1, 7, 100_000))) // done with, and its match is gone: late
	d.Do(optest.Rows(1, r("+I", 1, 8, 205_000)))
	d.Do(optest.Rows(0, r("+I", 1, "late", 90)))
	want := []string{"+I[1, a, 100, null, null, null]", "+I[1, b, 200, 1, 8, 205000]", "+I[1, late, 90, null, null, null]"}
	if got := optest.Lines(d.Out()); !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	late := int64(0)
	d.Op().(op.Reporter).Report(func(_ string, n int64) { late += n })
	if late != 1 {
		t.Errorf("%d late rows, want 1", late)
	}
	if got := d.Op().(op.WatermarkMapper).MapWatermark(1000); got != 990 {
		t.Errorf("watermark 1000 goes on as %d, want 990", got)
	}
	d.Do(optest.Watermark(1000))
	for _, table := range d.Store().Tables() {
		if table.Len() != 0 {
			t.Errorf("%s holds %d keys", table.Info().Name, table.Len())
		}
	}
}

func TestIntervalJoinByProcessingTime(t *testing.T) {
	r := optest.R
	s := setup{typ: Full}.interval(Bounds{LowerMs: -10, UpperMs: 10, Proctime: true})
	got := optest.Lines(optest.Run(t, s, optest.ProcTime(100), optest.Rows(0, r("+I", 1, "a", nil)), optest.ProcTime(110), optest.Rows(1, r("+I", 1, 5, nil)),
		optest.ProcTime(130), optest.Rows(1, r("+I", 1, 6, nil)), optest.ProcTime(150)))
	want := []string{"+I[1, a, null, 1, 5, null]", "+I[null, null, null, 1, 6, null]"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
