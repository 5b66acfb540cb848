// Package sim runs jobs, their recovery and their sinks in one goroutine on a fake
// clock and a disk in memory, all drawn from a seed: which task steps next, which
// calls of the disk fail and how, when the process dies or the power, and with how
// many subtasks the next process goes on. A ledger looks at the sinks after every
// life. It exists because what goes wrong between two calls goes wrong on real
// machines too seldom to be found there, and never twice the same way.
package sim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"syscall"
	"time"

	"github.com/weir-stream/weir/internal/clock"
	"github.com/weir-stream/weir/internal/engine"
	"github.com/weir-stream/weir/internal/flow"
	"github.com/weir-stream/weir/internal/job"
	"github.com/weir-stream/weir/internal/snapshot"
	"github.com/weir-stream/weir/internal/vfs"
	"github.com/weir-stream/weir/internal/vfs/objectfs"
	"github.com/weir-stream/weir/internal/vfs/vfstest"
)

// lastSteps bounds the steps of the last life, which nothing disturbs: a job that
// has not ended by then never will.
const lastSteps = 500_000

// errStuck is given for such a job.
var errStuck = errors.New("the job does not end although nothing goes wrong any more")

// run is one simulated machine.
type run struct {
	rnd    *rand.Rand
	clk    *clock.Fake
	disk   *vfs.Mem
	store  *vfs.MemObjects // where state is kept; nil: on the disk
	opened uint64          // file systems on the store
	trace  io.Writer       // nil: nobody traces it
	bug    *bug            // nil: none is planted
	strain *strain         // nil: Mode.Wide is not set
	p      *pipeline
	rows   int
	keys   int
	text   *text      // nil if it is not edited
	edits  *rand.Rand // that may be made of it
	ledger ledger
	// passing says when markers overtake rows (execution.checkpointing.*): never, at
	// once or after some ms.
	passing [2]string
	out     Outcome
	place   place
	// moved: the next life is the first that goes on from a savepoint; movesEdit: jobs that
	// are edited do so more often, and are edited then.
	moved, movesEdit bool
	expires          bool // see expiring
	// base, roll and image are the sizes from which on bases are made and files are
	// followed by others.
	base, roll, image int64
	segment           int  // flow.Config.SegmentRows
	cut               bool // the power went when the last life ended
	wrong             error
	paused            bool // a process stands still while another one goes on
	// choke draws when operators have no room for changes that they can hold back; nil:
	// they always have.
	choke  *rand.Rand
	choked bool
}

// place is where state is kept, and the savepoint that it began with.
type place struct {
	dir, from string
	claim     snapshot.Claim
}

// say tells who traces a seed what happens.
func (r *run) say(format string, args ...any) {
	if r.trace != nil {
		fmt.Fprintf(r.trace, format+"\n", args...)
	}
}

// bug is a mistake that is planted, to see that the ledger finds it.
type bug struct {
	files func(fs vfs.FS) vfs.FS // of a process
	epoch func() func(e *flow.Epoch)
	image func(i *flow.Image)
	adopt func(saved []byte, a *job.Adopted)
	told  func(fates map[job.Fate]bool)
}

// plant makes the mistakes in a process.
func (b *bug) plant(cfg *engine.Config) {
	if b == nil {
		return
	}
	if b.files != nil {
		cfg.FS = b.files(cfg.FS)
	}
	tune := cfg.Tune
	cfg.Tune = func(c *job.Config) {
		if tune(c); b.epoch != nil {
			c.Epoch = b.epoch()
		}
		c.Image = b.image
	}
}

// Mode is what a seed may draw.
type Mode struct {
	Store bool // in a quarter of the seeds state lies in an object store
	Wide  bool // pipelines are drawn from more, and they are put to more
	// Expires: the state of some expires, with Wide, and jobs that go on from a savepoint are
	// edited more often.
	Expires bool
	Edits   bool // in a quarter lives begin with edited scripts, and in half tables have many segments
	bug     *bug
}

// Run runs the simulation of a seed. Its error says what was wrong. Where trace is not
// nil it is told of all lives.
func Run(seed uint64, m Mode, trace io.Writer) (Outcome, error) {
	clk := clock.NewFake(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	r := &run{rnd: rand.New(rand.NewPCG(seed, 5)), clk: clk, disk: vfs.NewMem(vfs.MemConfig{Seed: seed, Clock: clk}), place: place{dir: "/state"}, trace: trace, bug: m.bug}
	r.p = &pipelines[seed%uint64(len(pipelines))]
	r.passing = [][2]string{{"false", "0 ms"}, {"true", "0 ms"}, {"true", "3 ms"}}[seed/uint64(len(pipelines))%3]
	r.out.Pipeline = r.p.name
	if seed/uint64(len(pipelines))%2 == 0 {
		r.choke = rand.New(rand.NewPCG(seed, 7))
	}
	if m.Wide {
		r.drawStrain(seed)
	}
	if m.Expires {
		r.drawExpiry(seed)
	}
	r.rows = 40 + r.rnd.IntN(300)
	r.base = []int64{1, 1, 2_000, 20_000}[r.rnd.IntN(4)]
	r.roll = []int64{1, 3_000, 0}[r.rnd.IntN(3)]
	r.image = []int64{1, 1_000, 0}[r.rnd.IntN(3)]
	if r.rnd.IntN(4) == 0 && m.Store {
		r.store = vfs.NewMemObjects(vfs.MemConfig{Seed: seed, Clock: clk})
		r.out.Stores++
	}
	r.keys = 13
	if m.Edits {
		r.drawEdits(seed)
	}
	want, err := r.batch()
	if err != nil {
		return r.out, fmt.Errorf("the batch: %w", err)
	}
	r.ledger = newLedger(want)
	for range 1 + r.rnd.IntN(8) {
		if err := r.edited(); err != nil {
			return r.out, err
		}
		r.disturb()
		_ = r.life(life{steps: 1 + r.rnd.IntN([]int{100, 500, 500, 3000}[r.rnd.IntN(4)]), acts: true})
		r.end()
		if r.wrong != nil {
			return r.out, r.wrong
		}
		if err := r.look(false); err != nil {
			return r.out, err
		}
	}
	if err := r.edited(); err != nil {
		return r.out, err
	}
	return r.out, r.finish()
}

// finish lets the job end undisturbed.
func (r *run) finish() error {
	r.heal()
	err := r.life(life{steps: lastSteps})
	r.out.Trace = r.disk.Trace()
	if r.store != nil {
		r.out.Trace ^= r.store.Trace()
	}
	if err != nil {
		return fmt.Errorf("the last life: %w", err)
	}
	if r.place.from != "" && r.place.claim == snapshot.NoClaim {
		if _, err := snapshot.OpenSavepoint(r.state(r.disk.Process(), nil), r.place.from); err != nil {
			return fmt.Errorf("a savepoint that was not claimed: %w", err)
		}
	}
	return r.look(true)
}

// look looks at the sinks and the state directory between two lives.
func (r *run) look(end bool) error {
	r.heal()
	info, err := snapshot.Inspect(r.state(r.disk.Process(), nil), r.place.dir+"/job")
	if err == nil && info.Epoch == 0 && r.place.from != "" {
		info, err = snapshot.Inspect(r.state(r.disk.Process(), nil), r.place.from)
	}
	if err != nil {
		return err
	}
	record, err := recorded(info.Meta)
	if err == nil {
		err = r.ledger.settle(record)
	}
	if err != nil {
		return err
	}
	r.out.inspect(info)
	return r.ledger.look(r, end)
}

// batch gives what the sinks must hold.
func (r *run) batch() ([]map[string]int, error) {
	fs := vfs.NewMem(vfs.MemConfig{}).Process()
	err := execute(engine.Config{FS: fs, Clock: clock.NewFake(r.clk.Now())}, [][2]string{{"execution.runtime-mode", "batch"}, {"parallelism.default", "1"}}, r.script("/out", true), quiet{})
	if err != nil {
		return nil, err
	}
	var out []map[string]int
	for i := range r.p.queries {
		rows := map[string]int{}
		if err := each(fs, folder(i), func(_, text string) error { return fold(rows, text, plainRows, r.commas()) }); err != nil {
			return nil, err
		}
		out = append(out, rows)
	}
	return out, nil
}

// disturb draws what goes wrong in the next life.
func (r *run) disturb() {
	r.heal()
	after := func() int { return r.rnd.IntN(300) }
	if r.store != nil {
		r.disturbStore()
	}
	for range r.rnd.IntN(3) {
		switch r.rnd.IntN(7) {
		case 0:
			r.disk.Inject(vfs.Fault{Op: vfs.OpSync, Err: syscall.EIO, After: after() / 4, Times: 1})
		case 1:
			r.disk.Inject(vfs.Fault{Op: vfs.OpWrite, Err: syscall.ENOSPC, Short: true, After: after(), Times: 1 + r.rnd.IntN(4)})
		case 2:
			r.disk.Inject(vfs.Fault{Op: vfs.OpRename, Err: syscall.EIO, After: r.rnd.IntN(20), Times: 1})
		case 3:
			r.disk.Inject(vfs.Fault{Chance: 0.05, Delay: time.Duration(r.rnd.IntN(200)) * time.Millisecond})
		case 4:
			r.disk.Inject(vfs.Fault{After: after(), Times: 1, Pause: r.overtake})
		default:
			r.disk.Inject(vfs.Fault{Halt: true, Applied: r.rnd.IntN(2) == 0, After: after(), Times: 1})
		}
	}
}

// disturbStore draws what goes wrong with the store in the next life.
func (r *run) disturbStore() {
	after := func() int { return r.rnd.IntN(150) }
	for range r.rnd.IntN(3) {
		switch r.rnd.IntN(4) {
		case 0:
			for _, f := range vfstest.Passing {
				r.store.Inject(f)
			}
		case 1:
			r.store.Inject(vfs.Fault{Op: vfs.OpPut, Chance: 0.05, Late: 1 + r.rnd.IntN(9)})
		case 2:
			r.store.Inject(vfs.Fault{After: after(), Times: 1, Pause: r.overtake})
		default:
			r.store.Inject(vfs.Fault{Halt: true, Applied: r.rnd.IntN(2) == 0, After: after(), Times: 1})
		}
	}
}

// heal takes all faults away.
func (r *run) heal() {
	r.disk.Heal()
	if r.store != nil {
		r.store.Heal()
	}
}

// state is the file system of state as a process sees it, by its connection to the
// store, nil for a new one.
func (r *run) state(p *vfs.Process, c *vfs.Client) vfs.FS {
	if r.store == nil {
		return p
	}
	if c == nil {
		c = r.store.Client()
	}
	r.opened++
	retry := vfs.NewRetry(c, vfs.RetryConfig{Clock: r.clk, Seed: r.opened, Attempts: 30})
	return objectfs.New(context.Background(), objectfs.Config{Store: retry, Writer: r.opened, Readers: 1})
}

// overtake lets another process take the directory over and go on, while one stands
// still before a call.
func (r *run) overtake() {
	if r.paused {
		return
	}
	r.paused = true
	r.out.Zombies++
	r.clk.Advance(time.Millisecond) // no two processes begin at the same time
	_ = r.life(life{steps: 1 + r.rnd.IntN(1500), takeOver: true})
	r.paused = false
}

// end ends a process: the power goes, or only the process.
func (r *run) end() {
	r.out.Faults, r.out.FailedSyncs = r.disk.Struck(vfs.AnyOp), r.disk.Struck(vfs.OpSync)
	if r.store != nil {
		r.out.StoreFaults = r.store.Struck(vfs.AnyOp)
	}
	r.out.FailedWrites, r.out.FailedRenames = r.disk.Struck(vfs.OpWrite), r.disk.Struck(vfs.OpRename)
	cut := r.rnd.IntN(4)
	switch cut {
	case 0:
		r.disk.Crash(vfs.LoseUnsynced)
	case 1:
		r.disk.Crash(vfs.TearUnsynced)
		r.out.Torn++
	case 2:
		r.disk.Crash(vfs.KeepUnsynced)
	}
	if r.cut = cut < 3; r.cut {
		r.out.PowerCuts++
	}
}
