package window

import (
	"math/rand/v2"
	"sort"
	"strings"
	"testing"

	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/optest"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/types"
)

func sessionSpec(s spec) optest.Spec {
	return optest.Spec{New: func() op.Operator { return newSessions(s) }, In: [][]types.Type{in}, Out: s.out, Hash: optest.By(s.keys)}
}

func TestSessions(t *testing.T) {
	w := plan.Window{Kind: plan.Session, TimeCol: 2, SizeMs: 10}
	s := specOf(in, []int{0}, w, call(t, in, "COUNT", false), call(t, in, "SUM", false, 1), call(t, in, "MAX", false, 0))
	got := optest.Run(t, sessionSpec(s),
		optest.Rows(0, optest.R("+I", "a", 1, 3), optest.R("+I", "a", 1, 8), optest.R("+I", "b", 5, 4), optest.R("+I", "a", 2, 40), optest.R("+I", "a", 1, 60)),
		optest.Rows(0, optest.R("+I", "a", 1, 20), optest.R("+I", "b", 1, 2)), // between, before
		optest.Watermark(13),
		optest.Rows(0, optest.R("+I", "b", 9, 2), optest.R("+I", "a", 1, 30)), // late; joins 20-30 and 40-50
		optest.Watermark(40),
		optest.Rows(0, optest.R("+I", "a", 7, 5)),  // late
		optest.Rows(0, optest.R("+I", "a", 7, 50)), // joins 20-50 and 60-70
		optest.End(0))
	check(t, got, "+I[b, 2, 6, b, 2, 14]", "+I[a, 2, 2, a, 3, 18]", "+I[a, 5, 12, a, 20, 70]")
}

func TestSessionsRetract(t *testing.T) {
	w := plan.Window{Kind: plan.Session, TimeCol: 2, SizeMs: 10}
	s := specOf(in, []int{0}, w, call(t, in, "COUNT", true, 1), call(t, in, "MIN", false, 1))
	s.retract = true
	check(t, optest.Run(t, sessionSpec(s),
		optest.Rows(0, optest.R("+I", "a", 1, 3), optest.R("+I", "a", 2, 8), optest.R("+I", "b", 5, 4), optest.R("+I", "a", 1, 30), optest.R("+I", "a", 3, 19)),
		optest.Rows(0, optest.R("-U", "a", 1, 3), optest.R("+U", "a", 9, 3), optest.R("-D", "b", 5, 4)),
		optest.End(0)),
		"+I[a, 2, 2, 3, 18]", "+I[a, 1, 3, 19, 29]", "+I[a, 1, 1, 30, 40]")
}

// Sessions of rows in random order are those of the rows in order.
func TestSessionsAnyOrder(t *testing.T) {
	w := plan.Window{Kind: plan.Session, TimeCol: 2, SizeMs: 10}
	for _, keys := range [][]int{{0}, nil} {
		s := specOf(in, keys, w, call(t, in, "COUNT", false), call(t, in, "SUM", true, 1), call(t, in, "COLLECT", false, 0))
		s.calls, s.out = s.calls[:2], append(append([]types.Type(nil), s.out[:len(keys)+2]...), s.out[len(keys)+3:]...)
		rnd := rand.New(rand.NewPCG(7, 7))
		var rows []optest.Row
		for i := range 400 {
			rows = append(rows, optest.R("+I", string(rune('a'+rnd.IntN(3))), i%17, rnd.IntN(6000)))
		}
		sorted := append([]optest.Row(nil), rows...)
		sort.SliceStable(sorted, func(i, j int) bool { return sorted[i].Values[2].(int64) < sorted[j].Values[2].(int64) })
		want := optest.Fold(t, optest.RunIn(t, optest.Worlds[0], sessionSpec(s), optest.Rows(0, sorted...), optest.End(0)))
		got := optest.Fold(t, optest.Run(t, sessionSpec(s), optest.Rows(0, rows...), optest.End(0)))
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("keys %v: got\n%s\nwant\n%s", keys, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		if len(got) < 50 {
			t.Errorf("only %d sessions", len(got))
		}
	}
}

func TestSessionsLeaveNothing(t *testing.T) {
	w := plan.Window{Kind: plan.Session, TimeCol: 2, SizeMs: 10}
	s := specOf(in, []int{0}, w, call(t, in, "COUNT", true, 1))
	d := optest.Drive(t, optest.Worlds[0], sessionSpec(s))
	defer d.Close()
	d.Do(optest.Rows(0, optest.R("+I", "a", 1, 3), optest.R("+I", "a", 1, 30), optest.R("+I", "a", 1, 50), optest.R("+I", "b", 1, 50), optest.R("+I", "a", 1, 41)))
	d.Do(optest.Watermark(1000))
	d.Do(optest.Rows(0, optest.R("+I", "late", 1, 3)))
	for _, tab := range d.Store().Tables() {
		if n := tab.Len(); n > 0 && tab.Info().Kind != "single" {
			t.Errorf("%s holds %d", tab.Info().Name, n)
		}
	}
}

func TestAssign(t *testing.T) {
	out := append(append([]types.Type(nil), in...), types.TimestampOf(3).NotNull(), types.TimestampOf(3).NotNull(), ts)
	rows := []optest.Event{optest.Rows(0, optest.R("+I", "a", 1, 3), optest.R("+I", "a", 2, 30), optest.R("+I", "b", 3, 13), optest.R("+I", "a", 4, 13), optest.R("+I", "a", 5, nil)),
		optest.Watermark(20), optest.Rows(0, optest.R("+I", "a", 6, 15)), optest.End(0)}
	for _, c := range []struct {
		w    plan.Window
		mk   func(assignSpec) op.Operator
		want []string
	}{
		{plan.Window{Kind: plan.Tumble, TimeCol: 2, SizeMs: 10}, func(s assignSpec) op.Operator { return newAssign(s) },
			[]string{"+I[a, 1, 3, 0, 10, 9]", "+I[a, 2, 30, 30, 40, 39]", "+I[b, 3, 13, 10, 20, 19]", "+I[a, 4, 13, 10, 20, 19]", "+I[a, 6, 15, 10, 20, 19]"}},
		{plan.Window{Kind: plan.Hop, TimeCol: 2, SizeMs: 10, SlideMs: 5}, func(s assignSpec) op.Operator { return newAssign(s) },
			[]string{"+I[a, 1, 3, -5, 5, 4]", "+I[a, 1, 3, 0, 10, 9]", "+I[a, 2, 30, 25, 35, 34]", "+I[a, 2, 30, 30, 40, 39]", "+I[b, 3, 13, 5, 15, 14]", "+I[b, 3, 13, 10, 20, 19]",
				"+I[a, 4, 13, 5, 15, 14]", "+I[a, 4, 13, 10, 20, 19]", "+I[a, 6, 15, 10, 20, 19]", "+I[a, 6, 15, 15, 25, 24]"}},
		{plan.Window{Kind: plan.Session, TimeCol: 2, SizeMs: 10, PartitionBy: []int{0}}, func(s assignSpec) op.Operator { return newAssignSessions(s) },
			[]string{"+I[b, 3, 13, 13, 23, 22]", "+I[a, 1, 3, 3, 40, 39]", "+I[a, 2, 30, 3, 40, 39]", "+I[a, 4, 13, 3, 40, 39]", "+I[a, 6, 15, 3, 40, 39]"}},
	} {
		if c.w.Kind == plan.Session {
			rows[2] = optest.Rows(0, optest.R("+I", "a", 6, 15), optest.R("+I", "a", 7, 20))
			c.want = []string{"+I[b, 3, 13, 13, 23, 22]", "+I[a, 1, 3, 3, 40, 39]", "+I[a, 2, 30, 3, 40, 39]", "+I[a, 4, 13, 3, 40, 39]", "+I[a, 6, 15, 3, 40, 39]", "+I[a, 7, 20, 3, 40, 39]"}
		}
		s := assignSpec{window: c.w, out: out}
		check(t, optest.Run(t, optest.Spec{New: func() op.Operator { return c.mk(s) }, In: [][]types.Type{in}, Out: out, Hash: optest.By(s.window.PartitionBy)}, rows...), c.want...)
	}
}

func TestSessionRowsThatAreTakenBack(t *testing.T) {
	w := plan.Window{Kind: plan.Session, TimeCol: 2, SizeMs: 10, PartitionBy: []int{0}}
	ts := types.TimestampOf(3)
	s := assignSpec{window: w, out: append(append([]types.Type(nil), in...), ts, ts, ts)}
	got := optest.Run(t, optest.Spec{New: func() op.Operator { return newAssignSessions(s) }, In: [][]types.Type{in}, Out: s.out, Hash: optest.By(s.window.PartitionBy)},
		optest.Rows(0, optest.R("+I", "a", 1, 3), optest.R("+I", "a", 2, 8), optest.R("+I", "a", 3, 16), optest.R("+I", "b", 1, 4), optest.R("+I", "c", 1, 5), optest.R("+I", "c", 2, 5)),
		optest.Watermark(12), // past the end that 3 alone gives
		optest.Rows(0, optest.R("-U", "a", 2, 8), optest.R("+U", "a", 2, 40), optest.R("-D", "c", 1, 5)),
		optest.Watermark(30),
		optest.Rows(0, optest.R("-D", "a", 3, 16)), // late
		optest.End(0))
	check(t, got, "+I[a, 1, 3, 3, 13, 12]", "+I[b, 1, 4, 4, 14, 13]", "+I[c, 2, 5, 5, 15, 14]", "+I[a, 3, 16, 16, 26, 25]", "+I[a, 2, 40, 40, 50, 49]")
}
