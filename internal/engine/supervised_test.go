package engine_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/weir-stream/weir/internal/clock"
	"github.com/weir-stream/weir/internal/dag"
	"github.com/weir-stream/weir/internal/engine"
	"github.com/weir-stream/weir/internal/job"
	"github.com/weir-stream/weir/internal/snapshot"
	"github.com/weir-stream/weir/internal/vfs"
)

// supervised is a job over 2,000 rows that is driven step by step on a disk in memory.
type supervised struct {
	t    *testing.T
	disk *vfs.Mem
	clk  *clock.Fake
	// waits, if set, is the clock that the job has.
	waits clock.Clock
	job   *job.Job
	// graph, if set, stands before the job's; at is called before every step.
	graph func(parallelism int) error
	at    func(step int)
	// damaged are the files of damage.
	damaged []string
	segment int // flow.Config.SegmentRows
}

const supervisedRows = 2000

func newSupervised(t *testing.T) *supervised {
	clk := clock.NewFake(time.UnixMilli(1_700_000_000_000))
	return &supervised{t: t, clk: clk, disk: vfs.NewMem(vfs.MemConfig{Clock: clk})}
}

// run runs the job to its end.
func (s *supervised) run(options ...string) error {
	rnd := rand.New(rand.NewPCG(1, 2))
	steps, rolling := 0, func(c *job.Config) {
		c.Snapshot.RollBytes, c.Flow.SegmentRows = 1<<20, s.segment
		lower := c.Graph
		between := func(lower func(int) (*dag.Graph, error)) func(int) (*dag.Graph, error) {
			return func(parallelism int) (*dag.Graph, error) {
				if s.graph != nil {
					if err := s.graph(parallelism); err != nil {
						return nil, err
					}
				}
				return lower(parallelism)
			}
		}
		c.Graph = between(lower)
		if adopt := c.Adopt; adopt != nil {
			c.Adopt = func(saved []byte, read job.Reading) (*job.Adopted, error) {
				a, err := adopt(saved, read)
				if err == nil {
					a.Graph = between(a.Graph)
				}
				return a, err
			}
		}
	}
	waits := s.waits
	if waits == nil {
		waits = s.clk
	}
	cfg := engine.Config{FS: s.disk.Process(), Clock: waits, Tune: rolling, Stdout: io.Discard, Stderr: io.Discard,
		Drive: func(j *job.Job) func(int) int {
			s.job = j
			return func(n int) int {
				s.clk.Advance(100 * time.Microsecond)
				if steps++; s.at != nil {
					s.at(steps)
				}
				return rnd.IntN(n)
			}
		}}
	n := engine.New(cfg).NewSession()
	defer n.Close()
	for _, kv := range append([]string{"execution.checkpointing.dir=/state", "execution.checkpointing.interval=2ms", "pipeline.name=job", "parallelism.default=2", "weir.batch-rows=10",
		"table.dml-sync=true", "restart-strategy.type=fixed-delay", "restart-strategy.fixed-delay.attempts=100", "restart-strategy.fixed-delay.delay=10ms"}, options...) {
		k, v, _ := strings.Cut(kv, "=")
		if _, err := n.SetOption(k, v); err != nil {
			s.t.Fatal(err)
		}
	}
	p, err := n.Prepare(fmt.Sprintf(`CREATE TABLE n (id BIGINT) WITH ('connector' = 'datagen', 'number-of-rows' = '%d', 'rows-per-second' = '0', 'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '%d');
		CREATE TABLE o (k BIGINT, s BIGINT) WITH ('connector' = 'filesystem', 'path' = '/out', 'format' = 'csv');
		INSERT INTO o SELECT DISTINCT id / 2, MOD(id / 2, 7) FROM n`, supervisedRows, supervisedRows))
	if err != nil {
		s.t.Fatal(err)
	}
	return n.Run(s.t.Context(), p, &told{})
}

// rows gives what the sink shows, and fails if a row is there twice.
func (s *supervised) rows() int {
	s.t.Helper()
	fs, seen := s.disk.Process(), map[string]bool{}
	entries, err := fs.ReadDir("/out")
	if err != nil && !strings.Contains(err.Error(), "not exist") {
		s.t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") || e.IsDir() {
			continue
		}
		f, err := fs.Open("/out/" + e.Name())
		if err != nil {
			s.t.Fatal(err)
		}
		text, err := io.ReadAll(f)
		if err = errors.Join(err, f.Close()); err != nil {
			s.t.Fatal(err)
		}
		for _, line := range strings.Fields(string(text)) {
			if seen[line] {
				s.t.Errorf("row %s is there twice", line)
			}
			seen[line] = true
		}
	}
	return len(seen)
}

// all is the number of rows in the end.
const all = supervisedRows/2 + 1

func (s *supervised) complete() {
	s.t.Helper()
	if n := s.rows(); n != all {
		s.t.Errorf("%d rows were written, want %d", n, all)
	}
}

// TestRescaleThatCannotBegin: a job that cannot begin with another number of subtasks
// says so to who asked, and goes on with as many as it had.
func TestRescaleThatCannotBegin(t *testing.T) {
	s := newSupervised(t)
	s.graph = func(parallelism int) error {
		if parallelism == 3 {
			return errors.New("no room for 3")
		}
		return nil
	}
	var done <-chan error
	var asked error
	with := 0
	s.at = func(step int) {
		switch {
		case step == 200:
			done, asked = s.job.RescaleSoon(3)
		case step > 200 && with == 0:
			select {
			case err := <-done:
				if err == nil || !strings.Contains(err.Error(), "no room for 3") {
					t.Errorf("who asked was told %v", err)
				}
				with = -1
			default:
			}
		case with == -1:
			with = s.job.Parallelism()
		}
	}
	if err := errors.Join(s.run(), asked); err != nil {
		t.Fatal(err)
	}
	if with != 2 || s.job.Restarts() > 0 {
		t.Errorf("it went on with %d subtasks, after %d restarts", with, s.job.Restarts())
	}
	s.complete()
}

// TestDamageIsFinal: a job that fails and finds its log damaged, or an image when it comes
// to need that, then ends with the file in its error, instead of starting again and again,
// and so does the next process. When the file is whole again the job goes on.
func TestDamageIsFinal(t *testing.T) {
	for files, bases := range map[string]string{"/state/job/log/*.wlog": "weir.state.replay-time=1 min", "/state/job/base/*.wimg": "weir.state.replay-time=0 ms"} {
		s := newSupervised(t)
		var damaged []string
		s.at = func(step int) {
			if step == 400 {
				s.disk.Inject(vfs.Fault{Op: vfs.OpSync, Path: "*.wlog", Err: syscall.EIO, Times: 1, Pause: func() { damaged = s.damage(files) }})
			}
		}
		said := func(err error) bool {
			return err != nil && strings.Contains(err.Error(), "is damaged at byte") &&
				slices.ContainsFunc(damaged, func(name string) bool { return strings.Contains(err.Error(), name) })
		}
		if err := s.run(bases); !said(err) {
			t.Fatalf("%s were damaged, and the job ended with %v", damaged, err)
		}
		if n := s.job.Restarts(); n != 1 {
			t.Errorf("%s: it was started again %d times", files, n)
		}
		before := s.rows()
		s.at = nil
		if err := s.run(bases); !said(err) {
			t.Errorf("%s: the next process was told %v", files, err)
		}
		if n := s.rows(); n != before || n == 0 || n == all {
			t.Errorf("%s: %d rows are shown, it were %d", files, n, before)
		}
		s.damage(files)
		if err := s.run(bases); err != nil {
			t.Fatal(err)
		}
		s.complete()
	}
}

// damage changes bytes in the middle of files, the first of a log or all images, back if
// it did so before, and gives their names.
func (s *supervised) damage(pattern string) (names []string) {
	fs := s.disk.Process()
	if s.damaged == nil {
		files, err := fs.Glob(pattern)
		if err != nil || len(files) == 0 {
			s.t.Fatal(files, err)
		}
		s.damaged = files
		switch {
		case strings.HasSuffix(pattern, ".wlog"):
			s.damaged = files[:1]
		case s.segment > 0: // one image of many
			s.damaged = files[1:2]
		}
	}
	for _, name := range s.damaged {
		f, err := fs.OpenUpdate(name)
		if err != nil {
			s.t.Fatal(err)
		}
		b := make([]byte, 3)
		info, err := fs.Stat(name)
		if err == nil && info.Size() < 64 { // it has just been begun
			b = nil
		} else if err == nil {
			_, err = f.ReadAt(b, info.Size()/2)
		}
		for i := range b {
			b[i] ^= 0xA5
		}
		if err == nil {
			_, err = f.WriteAt(b, info.Size()/2)
		}
		if err = errors.Join(err, f.Close()); err != nil {
			s.t.Fatal(err)
		}
		names = append(names, path.Base(name))
	}
	return names
}

// TestLogOnAFullDisk: a disk that is full ends the job after some tries, and it goes on
// from its last checkpoint when there is room again.
func TestLogOnAFullDisk(t *testing.T) {
	for _, short := range []bool{false, true} {
		s := newSupervised(t)
		s.at = func(step int) {
			if step == 400 {
				s.disk.Inject(vfs.Fault{Op: vfs.OpWrite, Err: syscall.ENOSPC, Short: short})
			}
		}
		if err := s.run(); !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("the job ended with %v", err)
		}
		if n := s.job.Restarts(); n != 2 {
			t.Errorf("it was started again %d times", n)
		}
		s.disk.Heal()
		before := s.rows()
		if s.at = nil; before == 0 || before == all {
			t.Errorf("%d rows were shown when the disk was full", before)
		}
		if err := s.run(); err != nil {
			t.Fatal(err)
		}
		if s.job.Totals().Resumed != 1 {
			t.Error("it did not go on from a checkpoint")
		}
		s.complete()
	}
}

// TestBatchBeginsAgain: a batch job has no checkpoints, which is said to who asks for a
// rescaling or a savepoint, and one that is stopped shows nothing and begins again.
func TestBatchBeginsAgain(t *testing.T) {
	const batch = "execution.runtime-mode=batch"
	s := newSupervised(t)
	s.at = func(step int) {
		if step == 20 {
			s.job.Stop()
		}
	}
	if err := s.run(batch); err != nil {
		t.Fatal(err)
	}
	if n := s.rows(); n != 0 {
		t.Errorf("a batch that was stopped shows %d rows", n)
	}
	var rescaled <-chan error
	s.at = func(step int) {
		if step == 20 {
			var err error
			if rescaled, err = s.job.RescaleSoon(3); err != nil {
				t.Error(err)
			}
			done, err := s.job.SavepointSoon(context.Background(), "/savepoint")()
			if !done || err == nil || !strings.Contains(err.Error(), "batch") {
				t.Errorf("a savepoint: %v, %v", done, err)
			}
		}
	}
	if err := s.run(batch); err != nil {
		t.Fatal(err)
	}
	if err := <-rescaled; err != nil {
		t.Error(err)
	}
	if s.job.Parallelism() != 3 || s.job.Totals().Resumed > 0 {
		t.Errorf("it ended with %d subtasks", s.job.Parallelism())
	}
	s.complete()
}

// TestAskedBetweenRuns: what a job is asked for while it starts again is not forgotten: to
// be rescaled, to stop, and to end as if its input did.
func TestAskedBetweenRuns(t *testing.T) {
	failing := func(ask func(s *supervised)) *supervised {
		s := newSupervised(t)
		starts := 0
		s.graph = func(int) error {
			if starts++; starts == 2 {
				ask(s)
			}
			return nil
		}
		s.at = func(step int) {
			if step == 400 {
				s.disk.Inject(vfs.Fault{Op: vfs.OpSync, Path: "*.wlog", Err: syscall.EIO, Times: 1})
			}
		}
		return s
	}
	var done <-chan error
	s := failing(func(s *supervised) { done, _ = s.job.RescaleSoon(3) })
	fails, with := s.at, 0
	s.at = func(step int) {
		fails(step)
		if with = s.job.Parallelism(); with == 3 {
			s.at = nil
		}
	}
	if err := s.run(); err != nil || with != 3 || <-done != nil {
		t.Errorf("it was to go on with 3 subtasks, and did with %d: %v", with, err)
	}
	s.complete()

	s = failing(func(s *supervised) { s.job.Stop() })
	if err := s.run(); err != nil || s.rows() == all {
		t.Errorf("it was to stop: %d rows, %v", s.rows(), err)
	}
	s.graph, s.at = nil, nil
	if err := s.run(); err != nil {
		t.Error(err)
	}
	s.complete()

	s = failing(func(s *supervised) { s.job.Drain() })
	if err := s.run(); err != nil {
		t.Error(err)
	}
	before := s.rows()
	s.graph, s.at = nil, nil
	if err := s.run(); err != nil || s.rows() != before || before == all {
		t.Errorf("it had ended with %d rows, and has %d: %v", before, s.rows(), err)
	}
}

// TestSavepointWhileRescaled: a savepoint that is asked for while the job is rescaled is
// written by the run that follows.
func TestSavepointWhileRescaled(t *testing.T) {
	s := newSupervised(t)
	var rescaled <-chan error
	var saved func() (bool, error)
	s.at = func(step int) {
		switch {
		case step == 400:
			var err error
			if rescaled, err = s.job.RescaleSoon(3); err != nil {
				t.Error(err)
			}
			saved = s.job.SavepointSoon(t.Context(), "saved")
		case saved != nil:
			if done, err := saved(); done || err != nil {
				if saved = nil; err != nil {
					t.Error(err)
				}
			}
		}
	}
	if err := s.run(); err != nil || saved != nil || <-rescaled != nil {
		t.Errorf("%v, and the savepoint is missing: %v", err, saved != nil)
	}
	s.complete()
	if _, err := snapshot.ReadSavepoint(s.disk.Process(), "saved"); err != nil {
		t.Error(err)
	}
}

// waiting is a clock on which somebody waits for an hour only if they are told so.
type waiting struct {
	*clock.Fake
	told func()
}

func (w waiting) After(d time.Duration) (<-chan time.Time, func()) {
	if d >= time.Hour {
		w.told()
	}
	return w.Fake.After(d)
}

// TestStopBeforeAnotherStart: a job that waits before it starts again need not be waited
// for.
func TestStopBeforeAnotherStart(t *testing.T) {
	s := newSupervised(t)
	s.waits = waiting{s.clk, func() { s.job.Stop() }}
	s.at = func(step int) {
		if step == 400 {
			s.disk.Inject(vfs.Fault{Op: vfs.OpSync, Path: "*.wlog", Err: syscall.EIO, Times: 1})
		}
	}
	if err := s.run("restart-strategy.fixed-delay.delay=1h"); err != nil {
		t.Error(err)
	}
	if s.job.Restarts() != 1 {
		t.Errorf("it was started again %d times", s.job.Restarts())
	}
	if s.at = nil; s.run() != nil {
		t.Error("it does not go on")
	}
	s.complete()
}
