package window

import (
	"strings"
	"testing"

	"github.com/weir-stream/weir/internal/fold"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/optest"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/types"
)

// Two phases give what one gives, late rows included.
func TestTwoPhases(t *testing.T) {
	for _, keys := range [][]int{{0}, nil} {
		for _, w := range []plan.Window{{Kind: plan.Tumble, TimeCol: 2, SizeMs: 10}, {Kind: plan.Hop, TimeCol: 2, SizeMs: 10, SlideMs: 5},
			{Kind: plan.Cumulate, TimeCol: 2, SizeMs: 20, SlideMs: 5}} {
			for _, retract := range []bool{false, true} {
				s := specOf(in, keys, w, call(t, in, "COUNT", false), call(t, in, "AVG", false, 1))
				s.retract = retract
				want := optest.Fold(t, optest.Run(t, testSpec(in, s), events...))
				words, ok := fold.Words(s.calls, in, retract)
				if !ok {
					t.Fatal("accumulators cannot be shipped")
				}
				mid := append(fold.LocalTypes(s.localKeys(in), words, retract), suspectType)
				g := s
				g.shipped, g.keys = in, nil
				for i := range keys {
					g.keys = append(g.keys, 1+i)
				}
				var script []optest.Event
				for _, e := range events[:len(events)-1] {
					local := optest.Run(t, optest.Spec{New: func() op.Operator { return &local{spec: s} }, In: [][]types.Type{in}, Out: mid}, e, optest.Flush())
					if len(local) == 0 {
						script = append(script, e)
						continue
					}
					script = append(script, optest.Rows(0, local...))
				}
				got := optest.Fold(t, optest.Run(t, optest.Spec{New: func() op.Operator { return newAggregate(g) }, In: [][]types.Type{mid}, Out: s.out, Hash: optest.By(g.keys)},
					append(script, optest.End(0))...))
				if strings.Join(got, "\n") != strings.Join(want, "\n") {
					t.Errorf("%s, keys %v, retract %v: got\n%s\nwant\n%s", w.Kind, keys, retract, strings.Join(got, "\n"), strings.Join(want, "\n"))
				}
			}
		}
	}
}
