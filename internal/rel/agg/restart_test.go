package agg

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/weir-stream/weir/internal/optest"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// What is kept beside the groups (DISTINCT, MIN and MAX over rows that come and go)
// goes with them, also where rows are spread by some of the keys only.
func TestStateBesideGroupsIsSaved(t *testing.T) {
	in := []types.Type{text, big, text, big, text}
	for _, keys := range [][]int{{0}, {0, 3}, {}} {
		joined := call(t, in, "LISTAGG", -1, false, 2)
		joined.Args = append(joined.Args, 4) // the column of a literal
		s := specOf(in, keys, call(t, in, "COUNT", -1, true, 1), call(t, in, "MAX", -1, false, 2), call(t, in, "MIN", -1, false, 1), joined)
		s.before, s.retract = true, true
		rnd := rand.New(rand.NewPCG(3, 9))
		var live []optest.Row
		var events []optest.Event
		for range 150 {
			if len(live) > 0 && rnd.IntN(3) == 0 {
				i := rnd.IntN(len(live))
				events = append(events, optest.Rows(0, optest.Row{Kind: vec.Delete, Values: live[i].Values}), optest.Flush())
				live = append(live[:i:i], live[i+1:]...)
				continue
			}
			r := optest.R("+I", string(rune('a'+rnd.IntN(3))), rnd.IntN(5), strings.Repeat(string(rune('a'+rnd.IntN(9))), 1+30*rnd.IntN(2)), rnd.IntN(2), " - ")
			events, live = append(events, optest.Rows(0, r), optest.Flush()), append(live, r)
		}
		spec := testSpec(in, s)
		if len(keys) > 1 {
			spec.Hash = optest.By(keys[1:])
		}
		if out := optest.Run(t, spec, append(events, optest.End(0))...); len(out) < 100 {
			t.Errorf("%d changes", len(out))
		}
	}
}
