package topn

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/weir-stream/weir/internal/optest"
	"github.com/weir-stream/weir/internal/plan"
)

// Partitions that expire do so after a restart as well, and what they held does not
// come back with them.
func TestRestoredPartitionsExpire(t *testing.T) {
	for _, s := range []Spec{{To: 1}, {To: 1, KeepLast: true}, {To: 3}, {To: 3, Number: true}, {To: 40}, {To: 2, Func: Rank, Number: true}} {
		s.From, s.Partition, s.Order, s.TTL, s.Before = 1, []int{0}, []plan.SortKey{{Col: 1}}, 50*time.Millisecond, true
		rnd := rand.New(rand.NewPCG(5, 6))
		var evs []optest.Event
		for now := int64(1); now < 2500; now += int64(rnd.IntN(40)) {
			evs = append(evs, optest.ProcTime(now), optest.Rows(0, optest.R("+I", rnd.IntN(3), rnd.IntN(9), "x", "y")), optest.Flush())
		}
		optest.Run(t, testSpec(s), evs...)
	}
}
