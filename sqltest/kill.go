package sqltest

import (
	"math/rand/v2"
	"time"

	"github.com/weir-stream/weir/internal/clock"
	"github.com/weir-stream/weir/internal/engine"
	"github.com/weir-stream/weir/internal/job"
	"github.com/weir-stream/weir/internal/vfs"
)

// firstLife is how many steps a job is left alone at first, a task; it lives a
// little longer each time, so that it ends.
const firstLife = 12

// dense is for how many steps of a job its checkpoints are as close together as its
// options say; each has a base, so that those of a job that goes on and on come further
// and further apart.
const dense = 2000

// chokeEvery is about how many steps it takes until operators have no room any more for
// what they emit, and chokeFor until they have again.
const chokeEvery, chokeFor = 50, 15

// kills makes an engine whose jobs keep checkpoints on a disk in memory and are
// killed again and again. The clock moves with every step. At times operators find no
// room: changes are held back, and checkpoints overtake what is left to emit.
func (r *Runner) kills(cfg *engine.Config) {
	clk := clock.NewFake(StartTime)
	cfg.Clock = clk
	cfg.StateFS = vfs.NewMem(vfs.MemConfig{}).Process()
	cfg.ExactResults, r.Store.Exact = true, true
	choked, choke := false, rand.New(rand.NewPCG(r.World.Seed, 6))
	cfg.Tune = func(c *job.Config) { c.Flow.Choked = func() bool { return choked } }
	cfg.Drive = func(*job.Job) func(n int) int {
		rnd := rand.New(rand.NewPCG(r.World.Seed, 2))
		left, life, age := -1, 0.0, 0
		return func(n int) int {
			age++
			step := time.Duration(rnd.IntN(400)) * time.Microsecond
			if age > dense {
				step = time.Duration(float64(step) * dense * dense / (float64(age) * float64(age)))
			}
			clk.Advance(step)
			every := chokeEvery
			if choked {
				every = chokeFor
			}
			if choke.IntN(every) == 0 {
				choked = !choked
			}
			if left < 0 {
				life = max(life*1.3, float64(firstLife*n))
				left = rnd.IntN(int(life))
			}
			if left--; left < 0 {
				return -1
			}
			return rnd.IntN(n)
		}
	}
	rnd := rand.New(rand.NewPCG(r.World.Seed, 4))
	cfg.Killed = func(parallelism int, restored uint64) int {
		if restored > 0 {
			r.World.Resumed.Add(1)
		}
		if r.World.Rescale {
			return 1 + rnd.IntN(4)
		}
		return parallelism
	}
}
