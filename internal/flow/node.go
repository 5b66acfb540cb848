package flow

import (
	"fmt"
	"sync/atomic"

	"github.com/weir-stream/weir/internal/dag"
	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

const (
	minWatermark = op.MinWatermark
	maxWatermark = op.MaxWatermark
)

// node is one operator (or source) of a task and its output.
type node struct {
	v       *dag.Vertex
	task    *task
	op      op.Operator // nil for sources
	src     op.Source
	fn      *fn.Ctx
	store   *state.Store
	pending bool      // the last event answered More
	held    bool      // changes wait for room: it answered Held or Sated
	sated   bool      // it answered Sated
	whole   bool      // held is as pending, until all has been emitted
	holder  op.Holder // nil: it is none
	queued  op.Queued // nil: it is none
	park    *park     // nil: nothing was ever parked
	pace    sinkPace
	// prepared are the handles that wait to be committed.
	prepared []prepared
	// positions wait for their epoch, of a source that is op.Reported.
	positions []prepared

	kids  []*node // chained receivers
	edges []*outEdge
	wm    int64
	idle  bool

	rowsIn, rowsOut atomic.Int64
	wmStat          atomic.Int64
	stateBytes      atomic.Int64
	lateRows        atomic.Int64
	deadLetters     atomic.Int64
	checked         bool
	relog           bool // all of its state is saved with the next epoch

	fresh      bool  // it has to be given the table of the operator before it
	rowsBefore int64 // that a source gave in earlier runs
	caught     bool  // it has told that it has caught up
	recalling  bool  // what is emitted is for receivers that are fresh only
}

var (
	_ op.Emitter   = (*node)(nil)
	_ op.SourceOut = (*node)(nil)
)

// Emit hands a batch to the chained receivers and copies it to the edges.
func (n *node) Emit(b *vec.Batch) error {
	rows := b.Len()
	if rows == 0 {
		return nil
	}
	n.rowsOut.Add(int64(rows))
	if n.checked {
		if err := n.check(b); err != nil {
			return err
		}
	}
	if n.recalling {
		return n.backfill(b)
	}
	if n.parked() || n.parks() && n.blocked() || n.slices(rows) {
		n.parking().put(b)
		return nil
	}
	return n.send(b)
}

// send gives a batch to the receivers.
func (n *node) send(b *vec.Batch) error {
	for _, e := range n.edges {
		if e.side == dag.Output {
			e.emit(b)
		}
	}
	for _, k := range n.kids {
		if err := k.push(0, b); err != nil {
			return err
		}
	}
	return nil
}

// DeadLetters is a source telling of records that it cannot read: they go to who wants
// them, and are counted if anyone does.
func (n *node) DeadLetters(b *vec.Batch) {
	for _, e := range n.edges {
		if e.side == dag.DeadLetters {
			n.deadLetters.Add(int64(b.Len()))
			e.emit(b)
		}
	}
}

// Full reports that a receiver has no room or has not finished, or that the queue of a
// sink is full, unless what there is no room for is parked.
func (n *node) Full() bool {
	if n.recalling {
		return n.backfillFull()
	}
	return !n.parks() && (n.parked() || n.blocked())
}

// blocked reports that there is no room for a batch.
func (n *node) blocked() bool {
	if n.task.job.choked() && len(n.kids)+len(n.edges) > 0 {
		return true
	}
	for _, e := range n.edges {
		if e.full() {
			return true
		}
	}
	for _, k := range n.kids {
		if k.pending || k.shut() {
			return true
		}
	}
	return n.queued != nil && n.queued.QueueFull()
}

// shut reports that n wants no input for now. Who can hold changes back takes some as
// long as nobody reads what it emitted last.
func (n *node) shut() bool {
	if n.holder == nil || n.whole {
		return n.Full()
	}
	return n.sated || n.read()
}

// read reports that a receiver has not finished with what n emitted last.
func (n *node) read() bool {
	for _, k := range n.kids {
		if k.pending || k.parked() && !n.task.hurry || k.holder == nil && k.read() {
			return true
		}
	}
	return false
}

// Room is the number of rows that n should emit at most at a time.
func (n *node) Room() int {
	rows := int64(op.BatchRows)
	if n.task.hurry && n.parks() {
		return int(rows)
	}
	for _, e := range n.edges {
		rows = min(rows, e.left())
	}
	for _, k := range n.kids {
		rows = min(rows, int64(k.Room()))
	}
	if n.queued != nil {
		rows = min(rows, queuedRows)
	}
	rows = max(rows, minQueueRows)
	for _, k := range n.kids {
		if k.slow() {
			rows = min(rows, max(int64(float64(slowWait)/k.pace.row), 1))
		}
	}
	return int(rows)
}

// queuedRows is how many rows a sink that queues is given at a time.
const queuedRows = 256

// satisfied reports that no further input of n can matter: it says so itself, or
// whoever it sends to does.
func (n *node) satisfied() bool {
	if f, ok := n.op.(op.Finisher); ok && f.Finished() {
		return true
	}
	receivers := len(n.kids)
	for _, e := range n.edges {
		if e.side != dag.Output {
			continue
		}
		if receivers++; !e.closed() {
			return false
		}
	}
	if receivers == 0 {
		return false
	}
	for _, k := range n.kids {
		if !k.satisfied() {
			return false
		}
	}
	return true
}

func (n *node) push(in int, b *vec.Batch) error {
	n.rowsIn.Add(int64(b.Len()))
	if !n.pace.on {
		return n.status(n.op.Push(in, b))
	}
	clock, rows := n.task.job.cfg.Clock, b.Len()
	begun := clock.Now()
	s, err := n.op.Push(in, b)
	n.pace.took(clock.Now().Sub(begun), rows)
	return n.status(s, err)
}

// status records an answer.
func (n *node) status(s op.Status, err error) error {
	n.sated = s == op.Sated
	n.held = s == op.Held || n.sated
	n.pending = s == op.More || n.whole && n.held
	n.whole = n.whole && n.pending
	return err
}

// Watermark is a source telling event time: it travels to the receivers.
func (n *node) Watermark(wm int64) error {
	if wm <= n.wm {
		return nil
	}
	n.task.do(action{kind: actForwardWatermark, n: n, val: wm})
	return n.task.drain()
}

// Idle is a source telling that it rests.
func (n *node) Idle(idle bool) error {
	if idle == n.idle {
		return nil
	}
	n.task.do(action{kind: actIdle, n: n, val: b2i(idle)})
	return n.task.drain()
}

func b2i(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// check verifies a batch against the vertex's schema.
func (n *node) check(b *vec.Batch) error {
	if len(b.Cols) != len(n.v.Out) {
		return fmt.Errorf("%s emitted %d columns, its schema has %d", n.v.Name, len(b.Cols), len(n.v.Out))
	}
	for i, c := range b.Cols {
		want := n.v.Out[i]
		if c.Type.Phys() != want.Phys() {
			return fmt.Errorf("%s emitted column %d as %s, its schema says %s", n.v.Name, i, c.Type, want)
		}
		if c.N < b.N {
			return fmt.Errorf("%s emitted column %d with %d rows of %d", n.v.Name, i, c.N, b.N)
		}
		// A decimal that overflows is null whatever its type says, as in Flink, and of
		// deleted rows only the key may be known.
		if want.Nullable || c.Valid == nil || want.Kind == types.Decimal {
			continue
		}
		for r := range b.Len() {
			if at := b.Row(r); c.IsNull(at) && b.Kind(at) != vec.Delete {
				return fmt.Errorf("%s emitted null in column %d of type %s", n.v.Name, i, want)
			}
		}
	}
	if b.Kinds != nil && len(b.Kinds) < b.N {
		return fmt.Errorf("%s emitted %d row kinds for %d rows", n.v.Name, len(b.Kinds), b.N)
	}
	return nil
}
