package sqltest

import (
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/weir-stream/weir/internal/engine"
)

// stateDir is where the jobs of a script keep checkpoints, on a disk in memory.
const stateDir = "/state"

// lives is what a runner whose jobs may be killed knows of them.
type lives struct {
	// killed is the line of the block that killed the jobs, 0 while they run.
	killed int
	// from is the tick from which on rows are given again: what was fed until then is
	// in a checkpoint of every job.
	from int
	// draw, if set, draws when jobs are killed that no block kills.
	draw *rand.Rand
}

// needsCheckpoints reports whether blocks have to do with checkpoints. Jobs of
// other cases keep none, which is faster.
func needsCheckpoints(blocks []*Block) bool {
	return slices.ContainsFunc(blocks, func(b *Block) bool {
		return b.Verb == "kill" || b.Verb == "restore" || b.Verb == "checkpoint" || b.Verb == "rescale"
	})
}

// survives makes an engine whose jobs can be killed: they keep checkpoints, and rows
// count as written once they are committed. A case that kills its jobs itself is
// killed nowhere else: what it reads meanwhile is what its own checkpoints left.
func (r *Runner) survives(cfg *engine.Config, c *Case) {
	r.lives = &lives{}
	cfg.ExactResults, r.Store.Exact, r.Store.Peek = true, true, true
	if r.World.Kill && !needsCheckpoints(c.Blocks) {
		h := fnv.New64a()
		h.Write([]byte(c.Name))
		r.lives.draw = rand.New(rand.NewPCG(r.World.Seed, h.Sum64()))
	}
}

// life runs the blocks that kill jobs and let them go on.
func (r *Runner) life(b *Block) error {
	switch b.Verb {
	case "kill":
		if err := r.alive("kill"); err != nil {
			return err
		}
		if err := r.kill(); err != nil {
			return err
		}
		r.lives.killed = b.Line
		return nil
	case "checkpoint":
		if err := r.alive("checkpoint"); err != nil {
			return err
		}
		return r.checkpoint()
	case "rescale":
		return r.rescale(b)
	default: // restore
		n, err := r.subtasks(b)
		if err != nil {
			return err
		}
		if r.lives.killed == 0 {
			return errors.New("nothing has been killed: restore comes after kill")
		}
		r.lives.killed = 0
		return r.after(r.revive(n))
	}
}

// rescale stops the jobs with a checkpoint and lets them go on with another number of
// subtasks. In batch mode there is none, so they begin again.
func (r *Runner) rescale(b *Block) error {
	n, err := r.subtasks(b)
	if err == nil && n == 0 {
		err = errors.New("rescale needs a number of subtasks, as in rescale 4")
	}
	if err == nil {
		err = r.alive("rescale")
	}
	if err != nil {
		return err
	}
	if err := r.session.Suspend(); err != nil {
		return r.after(err)
	}
	r.Store.lose() // nothing but what a job in batch mode has written
	return r.after(r.revive(n))
}

// alive checks that there is a running job for a block.
func (r *Runner) alive(verb string) error {
	if r.lives != nil && r.lives.killed > 0 {
		return fmt.Errorf("the jobs were killed in line %d: restore comes before %s", r.lives.killed, verb)
	}
	if len(r.session.Jobs()) == 0 {
		return fmt.Errorf("there is no running job to %s: none was started, or all have ended", verb)
	}
	return nil
}

// subtasks reads a parallelism: "4" or "parallelism 4"; 0 if there is none.
func (r *Runner) subtasks(b *Block) (int, error) {
	text := strings.TrimSpace(strings.TrimPrefix(b.Arg, "parallelism"))
	if text == "" && b.Arg == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	most, _ := strconv.Atoi(r.session.Option("pipeline.max-parallelism"))
	if err != nil || n < 1 || n > most {
		return 0, fmt.Errorf("%q is no number of subtasks: from 1 to pipeline.max-parallelism, %d, as in %s 4", b.Arg, most, b.Verb)
	}
	return n, nil
}

// kill ends the jobs as the end of their process would. Rows that were not committed
// are gone.
func (r *Runner) kill() error {
	if err := r.session.Kill(); err != nil {
		return err
	}
	r.Store.lose()
	return nil
}

// checkpoint makes a checkpoint of all jobs, with what they have worked through.
// Rows between two jobs pass once they are committed, so there may be more of them.
func (r *Runner) checkpoint() error {
	for passed := -1; passed != r.Store.passed(); {
		passed = r.Store.passed()
		if err := r.session.Checkpoint(); err != nil {
			return r.after(err)
		}
	}
	r.lives.from = r.Store.now()
	return r.after(nil)
}

// committed makes sure that nothing which a reader is now shown as given can be
// given again.
func (r *Runner) committed() error {
	if r.lives == nil || r.lives.killed > 0 || len(r.session.Jobs()) == 0 {
		return nil
	}
	return r.checkpoint()
}

// revive lets the jobs go on from their last checkpoints. What was fed since comes
// again in the steps in which it came, with the watermarks between, so that what is
// late, or first, is so again.
func (r *Runner) revive(parallelism int) error {
	r.World.Resumed.Add(1)
	defer r.Store.replay(-1)
	r.Store.replay(r.lives.from)
	if err := r.session.Restore(parallelism); err != nil {
		return err
	}
	for tick := r.lives.from + 1; tick <= r.Store.now(); tick++ {
		r.Store.replay(tick)
		if err := r.session.Settle(); err != nil {
			return err
		}
	}
	r.Store.replay(-1)
	return r.settled()
}

// settled lets all jobs run until they rest, also those that read what others write.
func (r *Runner) settled() error {
	err := r.session.Settle()
	if err == nil && r.lives != nil && r.lives.killed == 0 && r.Store.chained() {
		return r.checkpoint()
	}
	return err
}

// mostSteps bounds the steps that a job takes before it is killed.
const mostSteps = 24

// disturb kills the jobs at a drawn step, or makes a checkpoint, or does nothing.
func (r *Runner) disturb() error {
	if r.lives == nil || r.lives.draw == nil || r.lives.killed > 0 || len(r.session.Jobs()) == 0 {
		return nil
	}
	d := r.lives.draw
	switch d.IntN(4) {
	case 0, 1:
		if err := r.session.SettleSome(d.IntN(mostSteps)); err != nil {
			return err
		}
		if err := r.kill(); err != nil {
			return err
		}
		n := 0
		if r.World.Rescale {
			n = 1 + d.IntN(4)
		}
		return r.revive(n)
	case 2:
		return r.checkpoint()
	}
	return nil
}
