package flow

import (
	"encoding/binary"
	"time"

	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/state"
)

// Epoch is all that a checkpoint saves: what every subtask of every vertex adds
// to what earlier epochs hold.
type Epoch struct {
	Number uint64
	// Final: all inputs have ended; nothing comes after it.
	Final bool
	// Committed is the last epoch of which all sinks have committed what they
	// prepared.
	Committed uint64
	Parts     []*Part
	// Begun is when its markers were sent, Aligned when they had passed all tasks.
	Begun, Aligned time.Time
	aligned        bool // its markers never overtake
}

// Part is what one subtask of a vertex saves.
type Part struct {
	Vertex      string // its address
	Subtask     int
	Parallelism int
	// Watermark is the event time that the operator was told, ms.
	Watermark int64
	// Ended: the subtask has ended and this stands for all later epochs too.
	Ended bool
	// CaughtUp: a source has once read all there was.
	CaughtUp bool
	// Rows is what a source has given so far, also in the runs before.
	Rows     int64
	Position []byte // of a source, op.Source.Position
	Handle   []byte // of a sink, to be committed
	Deltas   []Delta
	// InFlight is a block of InFlightTable: what the marker overtook on its way to the
	// subtask.
	InFlight []byte
	// Parked: some of what it had emitted is saved with it.
	Parked bool
}

// Overtook reports whether the marker has overtaken rows at the subtask, so that a job
// goes on from there with as many subtasks as it had.
func (p *Part) Overtook() bool { return p.InFlight != nil || p.Parked }

// Delta is what changed in one table.
type Delta struct {
	Table       string
	Lazy        bool // see state.Lazy
	state.Delta      // as Block.Data
}

// Restore is what a job goes on from.
type Restore struct {
	// Epoch is the last durable one.
	Epoch uint64
	// Parts are those of that epoch, without deltas.
	Parts []*Part
	// Handles are what sinks had prepared in it or before and may not have
	// committed, in order of epochs.
	Handles []*Part
	// Saved is what operators had declared then; nil: it is not known.
	Saved []Schema
	// Became tells by address of operators of that job that go on as others.
	Became map[string][]Became
	// Images are what Blocks begins from; nil if those are among the blocks.
	Images *Images
	// From is the run before, whose state is taken over as it lies in memory: Saved,
	// Images and Blocks are not needed then.
	From *Job
	// Blocks gives the saved state, deltas in the order in which they were written.
	Blocks func(f func(b Block) error) error
	// Done, if set, is told what was taken over.
	Done func(Restored)
}

// Restored is what a job took over of what was saved, and how long that took.
type Restored struct {
	Images  int64 // bytes
	Load    time.Duration
	Replay  ReplayWork // of deltas
	Replays time.Duration
}

// Block is a piece of the state of one table of one subtask of a vertex, of which
// there were Parallelism.
type Block struct {
	Vertex, Table        string
	Subtask, Parallelism int
	// Data is the number of subtasks (uvarint) and what state.AppendDelta gives.
	Data []byte
}

// blockHead begins the data of a block.
func blockHead(dst []byte, parallelism int) []byte {
	return binary.AppendUvarint(dst, uint64(parallelism))
}

// CutBlock parts the data of a block into the number of subtasks and the delta.
func CutBlock(data []byte) (parallelism int, delta []byte, ok bool) {
	of, n := binary.Uvarint(data)
	if n <= 0 || of == 0 || of > 1<<20 {
		return 0, nil, false
	}
	return int(of), data[n:], true
}

// BlockOf takes apart the data of a block.
func BlockOf(vertex, table string, subtask int, data []byte) (Block, error) {
	of, _, ok := CutBlock(data)
	if !ok {
		return Block{}, sqlerr.New(sqlerr.Data, sqlerr.Pos{}, "the saved state of %s is damaged", table)
	}
	return Block{vertex, table, subtask, of, data}, nil
}

// Delta is the part of the data that state.AppendDelta gave.
func (b *Block) Delta() []byte {
	_, n := binary.Uvarint(b.Data)
	return b.Data[n:]
}

// capture saves a node at the marker of an epoch, or at its end.
func (t *task) capture(n *node, epoch int64, ended bool) (*Part, error) {
	p := &Part{Vertex: n.v.Address, Subtask: t.subtask, Parallelism: n.v.Parallelism, Watermark: n.wmStat.Load(), Ended: ended, CaughtUp: n.caught && n.src != nil, Rows: n.rowsRead()}
	p.Position = position(n)
	if _, ok := n.src.(op.Reported); ok {
		n.positions = append(n.positions, prepared{uint64(epoch), p.Position})
	}
	if n.holder != nil && t.job.cfg.Durable != nil {
		if err := n.holder.Hold(); err != nil {
			return p, err
		}
	}
	if e, ok := n.op.(op.Epocher); ok {
		if err := t.leave(n); err != nil {
			return p, err
		}
		var err error
		if p.Handle, err = e.Prepare(uint64(epoch)); err != nil {
			return p, err
		}
		if p.Handle != nil {
			n.prepared = append(n.prepared, prepared{uint64(epoch), p.Handle})
			t.job.coord.owe(epoch)
		}
	}
	if t.job.cfg.Durable != nil {
		t.captureState(n, p)
	}
	return p, nil
}

// leave has a sink hand on what it has queued if the epoch is the last of the run.
func (t *task) leave(n *node) error {
	if n.queued == nil {
		return nil
	}
	if _, stops := t.job.coord.current(); !stops {
		return nil
	}
	return n.queued.Leave()
}

func (t *task) captureState(n *node, p *Part) {
	p.Parked = n.saveParked()
	if n.relog {
		t.relog(n, p)
		return
	}
	var head [binary.MaxVarintLen64]byte
	for _, o := range n.store.Tables() {
		if d := state.TakeDelta(o, blockHead(head[:0], p.Parallelism)); d.Data != nil {
			p.Deltas = append(p.Deltas, Delta{Table: o.Info().Name, Lazy: state.Lazy(o), Delta: d})
		}
	}
}

// release gives the buffers of an epoch back.
func (e *Epoch) release(to *state.Pieces) {
	for _, p := range e.Parts {
		for i := range p.Deltas {
			to.Release(&p.Deltas[i].Delta)
		}
		p.Deltas, p.InFlight = nil, nil
	}
}

// prepared is a handle, or the position of a source, that waits for its epoch.
type prepared struct {
	epoch  uint64
	handle []byte
}

// standing is the part without what only counts once.
func (p *Part) standing() *Part {
	s := *p
	s.Handle, s.Deltas, s.InFlight, s.Parked = nil, nil, nil, false
	return &s
}

// restore puts saved state into the operators of a job that has not started.
func (j *Job) restore(r *Restore) error {
	x := newRestoring(j, r)
	if err := x.state(); err != nil {
		return err
	}
	if err := x.convert(); err != nil {
		return err
	}
	j.caught = map[string]bool{}
	marks, positions := &eventTimes{map[partKey]int64{}, map[string]int64{}, map[string]int{}}, map[string][][]byte{}
	for _, p := range r.Parts {
		hs, err := x.of(p.Vertex)
		if err != nil {
			return err
		}
		for _, h := range hs {
			marks.add(h.Vertex, p)
			positions[h.Vertex] = append(positions[h.Vertex], p.Position)
			if behind, ok := j.caught[h.Vertex]; !ok || behind {
				j.caught[h.Vertex] = p.CaughtUp
			}
			h.nodes[p.Subtask%len(h.nodes)].rowsBefore += p.Rows
		}
	}
	for _, p := range r.Handles {
		hs, err := x.of(p.Vertex)
		if err != nil {
			return err
		}
		if len(hs) == 0 {
			continue
		}
		ns := hs[0].nodes
		if e, ok := ns[p.Subtask%len(ns)].op.(op.Epocher); ok {
			if err := e.Commit(p.Handle); err != nil {
				return err
			}
		}
	}
	for _, t := range j.tasks {
		if err := t.restore(marks, positions); err != nil {
			return err
		}
	}
	return nil
}

// eventTimes are the watermarks at a checkpoint.
type eventTimes struct {
	own         map[partKey]int64
	least       map[string]int64 // of a vertex
	parallelism map[string]int   // of a vertex
}

// add notes that of a part, for the vertex that goes on with it.
func (e *eventTimes) add(vertex string, p *Part) {
	e.own[partKey{vertex, p.Subtask}] = p.Watermark
	e.parallelism[vertex] = p.Parallelism
	if wm, ok := e.least[vertex]; !ok || p.Watermark < wm {
		e.least[vertex] = p.Watermark
	}
}

// at gives what a node begins with: its own, or the least where there were more or
// fewer subtasks.
func (e *eventTimes) at(n *node) (int64, bool) {
	if wm, ok := e.own[partKey{n.v.Address, n.task.subtask}]; ok && e.parallelism[n.v.Address] == n.v.Parallelism {
		return wm, true
	}
	wm, ok := e.least[n.v.Address]
	return wm, ok
}

// restoreBlock gives a block to the subtasks that own its keys now. State that
// has no key goes to the subtask it was of, or to all if their number differs.
func (x *restoring) restoreBlock(ns []*node, b Block, data *replayed) {
	same := len(ns) == b.Parallelism
	for i, n := range ns {
		if same && i != b.Subtask {
			continue
		}
		o := n.tableFor(&b, same)
		if o == nil {
			continue
		}
		r := replay{table: o, data: data, waits: x.loaded}
		if !same && o.Info().Kind != "single" {
			from, to := groupRange(i, len(ns), x.j.cfg.Groups)
			r.keep = func(g int) bool { return from <= g && g < to }
		}
		x.replays.give(n.store, r)
	}
}

// restore tells the task's operators of their restored state and event time.
func (t *task) restore(marks *eventTimes, positions map[string][][]byte) error {
	for i, n := range t.nodes {
		n.restoreParked()
		if r, ok := n.op.(op.Restorer); ok {
			if err := r.Restored(); err != nil {
				return err
			}
		}
		if n.holder != nil {
			t.dirty = 1 // it may hold changes
		}
		if n.store.Waits() {
			t.wary()
		}
		if n.v.Backfills {
			t.begin(n, marks)
		}
		if ps, ok := positions[n.v.Address]; ok && n.src != nil {
			if r, ok := n.src.(op.Replayer); ok {
				if err := r.Restore(ps); err != nil {
					return err
				}
			}
		}
		wm, ok := marks.at(n)
		if !ok || wm == minWatermark || n.src != nil {
			continue
		}
		if i == 0 {
			t.wmHead = wm
			for _, c := range t.chans {
				if !c.refilled {
					c.wm = wm
				}
			}
		}
		n.fn.Watermark = wm
		n.wmStat.Store(wm)
		if _, ok := n.op.(op.Watermarker); ok {
			t.do(action{actTellWatermark, n, wm})
		}
	}
	if head := t.nodes[0]; head.src != nil && t.job.caught[head.v.Address] {
		t.sourceCaughtUp()
	}
	return nil
}

// Checkpoint is what is known of a durable epoch.
type Checkpoint struct {
	Epoch uint64
	// Begun is when its markers were sent. Align is the time until they had passed
	// all tasks, Sync until it was durable, both from Begun.
	Begun       time.Time
	Align, Sync time.Duration
	// Bytes is the size of the deltas, InFlight that of what markers overtook.
	Bytes, InFlight int64
}

// keptCheckpoints is how many Checkpoints remembers.
const keptCheckpoints = 4096
