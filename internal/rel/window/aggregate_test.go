package window

import (
	"strings"
	"testing"
	"time"

	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/fold"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/optest"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/types"
)

var aggs = fn.NewAggTable(fn.Aggs())

var (
	text = types.String()
	big  = types.Of(types.BigInt)
	ts   = types.TimestampOf(3).WithAttr(types.Rowtime)
	ltz  = types.TimestampLTZOf(3).WithAttr(types.Rowtime)
	in   = []types.Type{text, big, ts}
)

func call(t testing.TB, in []types.Type, name string, distinct bool, args ...int) fold.Call {
	t.Helper()
	as := make([]fn.Arg, len(args))
	for i, a := range args {
		as[i].Type = in[a]
	}
	a, _, ret, err := aggs.Resolve(name, as, true)
	if err != nil {
		t.Fatal(err)
	}
	return fold.Call{Agg: a, Args: args, Distinct: distinct, Filter: -1, Type: ret}
}

func specOf(in []types.Type, keys []int, w plan.Window, calls ...fold.Call) spec {
	s := spec{keys: keys, calls: calls, window: w}
	for _, k := range keys {
		s.out = append(s.out, in[k])
	}
	for _, c := range calls {
		s.out = append(s.out, c.Type)
	}
	stamp := types.TimestampOf(3).NotNull()
	s.props = []PropCol{{Start, "window_start", stamp}, {End, "window_end", stamp}}
	s.out = append(s.out, stamp, stamp)
	return s
}

func testSpec(in []types.Type, s spec) optest.Spec {
	return optest.Spec{New: func() op.Operator { return newAggregate(s) }, In: [][]types.Type{in}, Out: s.out, Hash: optest.By(s.keys)}
}

func check(t *testing.T, got []optest.Row, want ...string) {
	t.Helper()
	if g, w := strings.Join(optest.Lines(got), "\n"), strings.Join(want, "\n"); g != w {
		t.Errorf("got\n%s\nwant\n%s", g, w)
	}
}

var events = []optest.Event{
	optest.Rows(0, optest.R("+I", "a", 1, 3), optest.R("+I", "b", 5, 4), optest.R("+I", "a", 2, 12)),
	optest.Watermark(8),
	optest.Rows(0, optest.R("+I", "a", 7, 9), optest.R("+I", nil, nil, 2)),
	optest.Watermark(9),
	optest.Rows(0, optest.R("+I", "late", 1, 9), optest.R("+I", "a", 1, 19), optest.R("+I", "c", 1, 35)),
	optest.End(0),
}

func TestTumble(t *testing.T) {
	s := specOf(in, []int{0}, plan.Window{Kind: plan.Tumble, TimeCol: 2, SizeMs: 10}, call(t, in, "COUNT", false), call(t, in, "SUM", false, 1))
	check(t, optest.Run(t, testSpec(in, s), events...),
		"+I[a, 2, 8, 0, 10]", "+I[b, 1, 5, 0, 10]", "+I[null, 1, null, 0, 10]", "+I[a, 2, 3, 10, 20]", "+I[c, 1, 1, 30, 40]")
	d := optest.Drive(t, optest.Worlds[0], testSpec(in, s))
	defer d.Close()
	for _, e := range events {
		d.Do(e)
	}
	d.Op().(op.Reporter).Report(func(name string, n int64) {
		if name == op.Late && n != 1 {
			t.Errorf("%d late rows, want 1", n)
		}
	})
	if n := d.Op().(*aggregate).table.Len() + len(d.Op().(*aggregate).slices); n != 0 {
		t.Errorf("%d rows and slices are left", n)
	}
}

func TestHop(t *testing.T) {
	for _, distinct := range []bool{false, true} { // with it rows go into each window
		s := specOf(in, []int{0}, plan.Window{Kind: plan.Hop, TimeCol: 2, SizeMs: 10, SlideMs: 5}, call(t, in, "COUNT", distinct, 1), call(t, in, "MAX", false, 0))
		check(t, optest.Run(t, testSpec(in, s), events...),
			"+I[a, 1, a, -5, 5]", "+I[b, 1, b, -5, 5]",
			"+I[a, 2, a, 0, 10]", "+I[b, 1, b, 0, 10]", "+I[null, 0, null, 0, 10]",
			"+I[a, 2, a, 5, 15]", "+I[late, 1, late, 5, 15]",
			"+I[a, 2, a, 10, 20]", "+I[a, 1, a, 15, 25]", "+I[c, 1, c, 30, 40]", "+I[c, 1, c, 35, 45]")
	}
}

func TestCumulate(t *testing.T) {
	s := specOf(in, []int{0}, plan.Window{Kind: plan.Cumulate, TimeCol: 2, SizeMs: 20, SlideMs: 10}, call(t, in, "COUNT", false), call(t, in, "FIRST_VALUE", false, 1))
	check(t, optest.Run(t, testSpec(in, s), events...),
		"+I[a, 2, 1, 0, 10]", "+I[b, 1, 5, 0, 10]", "+I[null, 1, null, 0, 10]",
		"+I[a, 4, 1, 0, 20]", "+I[b, 1, 5, 0, 20]", "+I[null, 1, null, 0, 20]", "+I[late, 1, 1, 0, 20]", "+I[c, 1, 1, 20, 40]")
}

func TestGlobalWindow(t *testing.T) {
	s := specOf(in, nil, plan.Window{Kind: plan.Tumble, TimeCol: 2, SizeMs: 10}, call(t, in, "MAX", false, 1))
	check(t, optest.Run(t, testSpec(in, s), events...), "+I[7, 0, 10]", "+I[2, 10, 20]", "+I[1, 30, 40]")
}

func TestRetractingInput(t *testing.T) {
	for _, w := range []plan.Window{{Kind: plan.Tumble, TimeCol: 2, SizeMs: 10}, {Kind: plan.Hop, TimeCol: 2, SizeMs: 10, SlideMs: 10}} {
		s := specOf(in, []int{0}, w, call(t, in, "COUNT", false), call(t, in, "MAX", false, 1), call(t, in, "COUNT", true, 1))
		s.retract = true
		check(t, optest.Run(t, testSpec(in, s),
			optest.Rows(0, optest.R("+I", "a", 1, 1), optest.R("+I", "a", 9, 2), optest.R("+I", "b", 1, 3)),
			optest.Rows(0, optest.R("-U", "a", 9, 2), optest.R("+U", "a", 4, 2), optest.R("-D", "b", 1, 3)), optest.End(0)),
			"+I[a, 2, 4, 2, 0, 10]")
	}
}

// TestNullTimes: a row without a time is in no window, be it alone in its batch.
func TestNullTimes(t *testing.T) {
	events := []optest.Event{optest.Rows(0, optest.R("+I", "a", 1, 1), optest.R("+I", "a", 2, nil)), optest.Rows(0, optest.R("+I", "b", 3, nil)), optest.End(0)}
	for _, w := range []plan.Window{{Kind: plan.Tumble, SizeMs: 10}, {Kind: plan.Hop, SizeMs: 10, SlideMs: 10}} {
		w.TimeCol = 2
		check(t, optest.Run(t, testSpec(in, specOf(in, nil, w, call(t, in, "COUNT", false))), events...), "+I[1, 0, 10]")
	}
}

func TestZone(t *testing.T) {
	in := []types.Type{text, big, ltz}
	z := types.FixedZone("+08:00", 8*3_600_000)
	const hour = int64(time.Hour / time.Millisecond)
	s := specOf(in, nil, plan.Window{Kind: plan.Tumble, TimeCol: 2, SizeMs: 24 * hour}, call(t, in, "COUNT", false))
	s.local = true
	s.props = append(s.props, PropCol{Time, "window_time", ltz})
	s.out = append(s.out, ltz)
	o := testSpec(in, s)
	o.Zone = z
	// 15:59 UTC is 23:59 of the same day there, 16:01 is the next day.
	d := 24 * hour
	check(t, optest.Run(t, o, optest.Rows(0, optest.R("+I", "a", 1, 16*hour-1), optest.R("+I", "a", 1, 16*hour)), optest.Watermark(16*hour-2), optest.End(0)),
		optest.R("+I", 1, 0, d, 16*hour-1).String(), optest.R("+I", 1, d, 2*d, 40*hour-1).String())
}

func TestProcessingTime(t *testing.T) {
	in := []types.Type{text, big, types.TimestampLTZOf(3).WithAttr(types.Proctime)}
	s := specOf(in, []int{0}, plan.Window{Kind: plan.Tumble, TimeCol: 2, SizeMs: 10, Proctime: true}, call(t, in, "COUNT", false))
	check(t, optest.Run(t, testSpec(in, s), optest.ProcTime(101), optest.Rows(0, optest.R("+I", "a", 1, nil), optest.R("+I", "b", 1, nil)),
		optest.Watermark(1000), optest.ProcTime(105), optest.Rows(0, optest.R("+I", "a", 1, nil)), optest.ProcTime(109),
		optest.Rows(0, optest.R("+I", "a", 1, nil)), optest.ProcTime(112), optest.Rows(0, optest.R("+I", "c", 1, nil)), optest.End(0)),
		"+I[a, 2, 100, 110]", "+I[b, 1, 100, 110]", "+I[a, 1, 100, 110]", "+I[c, 1, 110, 120]")
}

func TestOverlappingWindowsByProcessingTime(t *testing.T) {
	in := []types.Type{text, big, types.TimestampLTZOf(3).WithAttr(types.Proctime)}
	for _, w := range []plan.Window{{Kind: plan.Hop, SizeMs: 30, SlideMs: 10}, {Kind: plan.Cumulate, SizeMs: 30, SlideMs: 10}, {Kind: plan.Session, SizeMs: 30}} {
		w.TimeCol, w.Proctime = 2, true
		for _, distinct := range []bool{false, true} {
			s := specOf(in, []int{0}, w, call(t, in, "COUNT", distinct, 1))
			o := testSpec(in, s)
			o.New = newOf(s)
			var events []optest.Event
			for ms := int64(101); ms < 220; ms += 7 {
				events = append(events, optest.ProcTime(ms), optest.Rows(0, optest.R("+I", "a", ms%3, nil), optest.R("+I", "b", 1, nil)), optest.ProcTime(ms+ms%4))
			}
			optest.Run(t, o, append(events, optest.End(0))...)
		}
	}
}

func TestAttached(t *testing.T) {
	stamp := types.TimestampOf(3).NotNull()
	in := []types.Type{big, stamp, stamp}
	s := specOf(in, nil, plan.Window{}, call(t, in, "MAX", false, 0))
	s.attached = &plan.WinCols{Start: 1, End: 2, Time: -1}
	check(t, optest.Run(t, testSpec(in, s), optest.Rows(0, optest.R("+I", 5, 0, 10), optest.R("+I", 6, 5, 15), optest.R("+I", 7, 0, 10), optest.R("+I", 1, 0, 15)),
		optest.Watermark(9), optest.Rows(0, optest.R("+I", 100, 0, 10)), optest.End(0)),
		"+I[7, 0, 10]", "+I[1, 0, 15]", "+I[6, 5, 15]")
}

func TestNothingIsLateInBatch(t *testing.T) {
	w := plan.Window{Kind: plan.Tumble, TimeCol: 2, SizeMs: 10}
	for _, kind := range []plan.WindowKind{plan.Tumble, plan.Session} {
		w.Kind = kind
		s := specOf(in, nil, w, call(t, in, "COUNT", false))
		o := optest.Spec{New: func() op.Operator {
			if kind == plan.Session {
				return newSessions(s)
			}
			return newAggregate(s)
		}, In: [][]types.Type{in}, Out: s.out, Batch: true}
		n := int64(0)
		for _, r := range optest.Run(t, o, events...) {
			n += r.Values[0].(int64)
		}
		if n != 8 {
			t.Errorf("%s: %d rows counted, want 8", kind, n)
		}
	}
}
