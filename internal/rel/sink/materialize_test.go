package sink

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/optest"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// What is below the row that a key shows is kept in the order in which it came, also
// in another run.
func TestRowsOfAKeyAreKeptInOrder(t *testing.T) {
	cols := []types.Type{types.Of(types.BigInt), types.String()}
	for _, ttl := range []time.Duration{0, 60 * time.Millisecond} {
		n := &Node{Key: []int{0}}
		rnd := rand.New(rand.NewPCG(1, 2))
		var live []optest.Row
		var evs []optest.Event
		for now := int64(1); now < 1500; now += int64(rnd.IntN(20)) {
			if i := len(live); ttl == 0 && i > 0 && rnd.IntN(2) == 0 {
				i = rnd.IntN(i)
				evs = append(evs, optest.Rows(0, optest.Row{Kind: vec.Delete, Values: live[i].Values}))
				live = append(live[:i:i], live[i+1:]...)
				continue
			}
			r := optest.R("+I", rnd.IntN(3), string(rune('a'+rnd.IntN(5))))
			live = append(live, r)
			evs = append(evs, optest.ProcTime(now), optest.Rows(0, r))
		}
		if out := optest.Run(t, optest.Spec{New: func() op.Operator { return newMaterializer(n, ttl) }, In: [][]types.Type{cols}, Out: cols, Hash: optest.By(n.Key)}, evs...); len(out) < 50 {
			t.Errorf("%d changes", len(out))
		}
	}
}
