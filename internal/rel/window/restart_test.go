package window

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/optest"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/types"
)

// Windows of all kinds, some of whose rows are late, with what is kept beside their
// groups, also where rows are spread by some of the keys only.
func TestStateOfWindowsIsSaved(t *testing.T) {
	in := []types.Type{text, big, ts, big}
	rnd := rand.New(rand.NewPCG(1, 9))
	var events []optest.Event
	wm := int64(op.MinWatermark)
	for i := range 120 {
		r := optest.R("+I", string(rune('a'+rnd.IntN(3)))+strings.Repeat("x", 30*rnd.IntN(2)), rnd.IntN(5), i*2+rnd.IntN(30), rnd.IntN(2))
		wm = max(wm, r.Values[2].(int64)-20)
		events = append(events, optest.Rows(0, r), optest.Watermark(wm))
	}
	events = append(events, optest.End(0))
	for _, w := range []plan.Window{{Kind: plan.Tumble, TimeCol: 2, SizeMs: 20}, {Kind: plan.Hop, TimeCol: 2, SizeMs: 20, SlideMs: 10},
		{Kind: plan.Cumulate, TimeCol: 2, SizeMs: 40, SlideMs: 10}, {Kind: plan.Session, TimeCol: 2, SizeMs: 6}} {
		for i, keys := range [][]int{{0}, {0, 3}, {}} {
			for _, lateness := range []int64{0, 15} {
				s := specOf(in, keys, w, call(t, in, "COUNT", false), call(t, in, "SUM", i != 0, 1), call(t, in, "MAX", false, 0), call(t, in, "LISTAGG", false, 0))
				o := testSpec(in, s)
				if len(keys) > 1 {
					o.Hash = optest.By(keys[1:])
				}
				if w.Kind != plan.Session {
					s.lateness, s.before = lateness, lateness > 0
				}
				o.New = newOf(s)
				optest.Run(t, o, events...)
			}
		}
	}
	s := assignSpec{window: plan.Window{Kind: plan.Session, TimeCol: 2, SizeMs: 6, PartitionBy: []int{0, 3}}, out: append(append([]types.Type(nil), in...), ts, ts, ts)}
	optest.Run(t, optest.Spec{New: func() op.Operator { return newAssignSessions(s) }, In: [][]types.Type{in}, Out: s.out, Hash: optest.By([]int{3})}, events...)
}

func newOf(s spec) func() op.Operator {
	if s.window.Kind == plan.Session {
		return func() op.Operator { return newSessions(s) }
	}
	return func() op.Operator { return newAggregate(s) }
}
