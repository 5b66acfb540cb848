package join

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/optest"
	"github.com/weir-stream/weir/internal/types"
)

func TestLookupJoinsTheLeftChangelogWithTheWholeTable(t *testing.T) {
	for _, typ := range []Type{Inner, Left} {
		t.Run(typ.String(), func(tt *testing.T) {
			rapid.Check(tt, func(t *rapid.T) {
				s := drawSetup(t, typ)
				src := [2]*source{{draw: drawLeft}, {draw: drawRight}}
				retracts := [2]bool{rapid.Bool().Draw(t, "left retracts"), rapid.Bool().Draw(t, "right retracts")}
				var evs []optest.Event
				for _, in := range []int{1, 0} {
					var rows []optest.Row
					for range rapid.IntRange(0, 9).Draw(t, "rows") {
						rows = src[in].change(t, retracts[in], rows)
					}
					evs = append(evs, optest.Rows(in, rows...), optest.End(in))
				}
				spec := regularSpec{typ: typ, in: s.inputs(retracts), rest: s.expr()}
				o := optest.Spec{New: func() op.Operator { return newLookup(spec) }, In: [][]types.Type{leftTypes, rightTypes}, Out: s.out(),
					Hash: optest.By(spec.in[0].keys, spec.in[1].keys)}
				check(tt, t, o, evs, s.join(src[0].rows, src[1].rows))
			})
		})
	}
}
