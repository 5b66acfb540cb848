package agg

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/weir-stream/weir/internal/optest"
	"github.com/weir-stream/weir/internal/types"
)

// Groups that expire do so after a restart as well, with what is kept beside them.
func TestRestoredGroupsExpire(t *testing.T) {
	in := []types.Type{text, big, big}
	for _, retract := range []bool{false, true} {
		s := specOf(in, []int{0}, call(t, in, "COUNT", -1, false), call(t, in, "COUNT", -1, true, 1), call(t, in, "MAX", -1, false, 2))
		s.before, s.retract, s.ttl = true, retract, 50*time.Millisecond
		rnd := rand.New(rand.NewPCG(5, 6))
		var evs []optest.Event
		for now := int64(1); now < 2500; now += int64(rnd.IntN(40)) {
			evs = append(evs, optest.ProcTime(now), optest.Rows(0, optest.R("+I", string(rune('a'+rnd.IntN(3))), rnd.IntN(4), rnd.IntN(100))), optest.Flush())
		}
		x := testSpec(in, s)
		x.Expires = true
		optest.Run(t, x, evs...)
	}
}
