package flow

import (
	"github.com/weir-stream/weir/internal/op"
)

// actKind is a piece of control work on one node.
type actKind uint8

const (
	actFlushAll         actKind = iota // flush every node of the task, then the edges
	actFlush                           // let n emit what it holds back, of what can be held (op.Holder) only what there is room for, but with val 1 all
	actWatermark                       // tell n event time val, then forward it
	actTellWatermark                   // call n's Watermark
	actForwardWatermark                // n's output has reached event time val
	actIdle                            // n's output is idle (val 1) or not
	actEndInput                        // input val of n has ended, then forward if it was the last
	actForwardEnd                      // n's output has ended
	actEpoch                           // epoch val passes n
	actPrepare                         // n ends epoch val
	actForwardEpoch                    // n's output has reached epoch val
	actHalt                            // the job stops after the epoch that was sent
	actStop                            // the task has nothing left to do
	actFlushEdges
	actRecall   // n gives its table to the receivers that are new
	actRecalled // they have it
	actCaughtUp // input val of n has caught up
	actTellCaughtUp
	actForwardCaughtUp
)

// action is control work; actions run in order, each only when no node of the
// task is pending, so that rows before a control message leave before it.
type action struct {
	kind actKind
	n    *node
	val  int64
}

// do appends work.
func (t *task) do(a action) { t.todo = append(t.todo, a) }

// first puts work before what is left.
func (t *task) first(as ...action) {
	t.todo = append(as, t.todo...)
}

// drain runs actions until one stalls.
func (t *task) drain() error {
	for len(t.todo) > 0 && !t.pending() && !t.waits() {
		a := t.todo[0]
		t.todo = t.todo[1:]
		if err := t.act(a); err != nil {
			return err
		}
	}
	return nil
}

func (t *task) act(a action) error {
	switch a.kind {
	case actFlushAll:
		t.flushAll()
	case actFlush:
		if f, ok := a.n.op.(op.Flusher); ok {
			a.n.whole = a.n.whole || a.val == 1
			return a.n.status(f.Flush())
		}
	case actFlushEdges:
		for _, n := range t.nodes {
			for _, e := range n.edges {
				e.flush()
			}
		}
	case actWatermark:
		t.watermark(a.n, a.val)
	case actTellWatermark:
		return a.n.status(a.n.op.(op.Watermarker).Watermark(a.val))
	case actForwardWatermark:
		t.forwardWatermark(a.n, a.val)
	case actIdle:
		t.forwardIdle(a.n, a.val)
	case actEndInput:
		return t.endInput(a.n, int(a.val))
	case actForwardEnd:
		t.forwardEnd(a.n)
	case actEpoch:
		t.first(action{actFlush, a.n, 0}, action{actPrepare, a.n, a.val}, action{actForwardEpoch, a.n, a.val})
	case actPrepare:
		return t.prepare(a.n, a.val)
	case actForwardEpoch:
		t.forwardEpoch(a.n, a.val)
	case actHalt:
		for _, n := range t.nodes {
			for _, e := range n.edges {
				e.control(msg{kind: msgEnd, n: 1})
			}
		}
		return t.finish(true)
	case actStop:
		return t.finish(false)
	case actRecall:
		a.n.recalling = true
		t.first(action{kind: actRecalled, n: a.n})
		return a.n.status(a.n.op.(op.Recaller).Recall())
	case actRecalled:
		t.recalled(a.n)
	case actCaughtUp:
		t.inputCaughtUp(a.n, int(a.val))
	case actTellCaughtUp:
		return a.n.status(a.n.op.(op.Catcher).CaughtUp(int(a.val)))
	case actForwardCaughtUp:
		t.forwardCaughtUp(a.n)
	}
	return nil
}

// flushAll flushes the operators in the order of the chain, then the edges.
func (t *task) flushAll() {
	as := make([]action, 0, len(t.nodes)+1)
	for _, n := range t.nodes {
		if _, ok := n.op.(op.Flusher); ok {
			as = append(as, action{kind: actFlush, n: n})
		}
	}
	t.first(append(as, action{kind: actFlushEdges})...)
	t.dirty, t.lastFlush = 0, t.now
	t.report()
}

// report publishes figures that others read.
func (t *task) report() {
	for _, n := range t.nodes {
		n.stateBytes.Store(n.store.Bytes())
	}
}

// watermark tells a node event time, lets held-back changes leave if anyone
// downstream looks at event time, and passes it on.
func (t *task) watermark(n *node, wm int64) {
	if wm < n.wmStat.Load() { // it was parked, and a later one came first while a node waited
		return
	}
	n.fn.Watermark = wm
	n.wmStat.Store(wm)
	as := make([]action, 0, 3)
	if _, ok := n.op.(op.Watermarker); ok {
		as = append(as, action{actTellWatermark, n, wm})
	}
	if _, ok := n.op.(op.Flusher); ok && (t.wanted(n) || wm == maxWatermark) {
		as = append(as, action{actFlush, n, 1})
	}
	out := wm
	if m, ok := n.op.(op.WatermarkMapper); ok && wm != maxWatermark {
		out = m.MapWatermark(wm)
	}
	if wm == maxWatermark && t.job.cfg.Batch {
		// Operators that hold their rows until the input ends must not give them
		// after the end of event time, so it is passed on when they have ended.
		t.first(as...)
		return
	}
	t.first(append(as, action{actForwardWatermark, n, out})...)
}

// wanted reports whether a receiver of n looks at watermarks.
func (t *task) wanted(n *node) bool {
	return t.job.wanted[n.v]
}

func (t *task) forwardWatermark(n *node, wm int64) {
	if wm <= n.wm {
		return
	}
	n.wm = wm
	if n.src != nil {
		n.wmStat.Store(wm)
	}
	if n.parked() {
		n.park.putWatermark(wm)
		return
	}
	t.sendWatermark(n, wm)
}

func (t *task) sendWatermark(n *node, wm int64) {
	as := make([]action, 0, len(n.kids))
	for _, k := range n.kids {
		as = append(as, action{actWatermark, k, wm})
	}
	if len(n.edges) > 0 && (wm == maxWatermark || t.wanted(n)) {
		for _, e := range n.edges {
			e.control(msg{kind: msgWatermark, n: wm})
		}
	}
	t.first(as...)
}

func (t *task) forwardIdle(n *node, idle int64) {
	n.idle = idle == 1
	if n.parked() {
		n.park.putAction(action{actIdle, n, idle})
		return
	}
	t.sendIdle(n, idle)
}

func (t *task) sendIdle(n *node, idle int64) {
	as := make([]action, 0, len(n.kids))
	for _, k := range n.kids {
		as = append(as, action{actIdle, k, idle})
	}
	for _, e := range n.edges {
		e.control(msg{kind: msgIdle, n: idle})
	}
	t.first(as...)
}

// endInput ends one input of a node; after the last the node's output ends.
func (t *task) endInput(n *node, in int) error {
	last := true
	if n == t.nodes[0] && !t.isSource {
		t.ended++
		last = t.ended == len(n.v.Inputs)
	}
	if last {
		as := []action{{actFlush, n, 1}, {kind: actForwardEnd, n: n}}
		if t.job.cfg.Batch { // see watermark
			as = []action{as[0], {actForwardWatermark, n, maxWatermark}, as[1]}
		}
		t.first(as...)
	}
	if e, ok := n.op.(op.Ender); ok {
		return n.status(e.EndInput(in))
	}
	return nil
}

func (t *task) forwardEnd(n *node) {
	as := make([]action, 0, len(n.kids)+1)
	for _, k := range n.kids {
		as = append(as, action{kind: actEndInput, n: k})
	}
	for _, e := range n.edges {
		e.control(msg{kind: msgEnd})
	}
	if n == t.nodes[0] {
		t.do(action{kind: actStop, n: n})
	}
	t.first(as...)
}

// prepare saves a node with an epoch that commits.
func (t *task) prepare(n *node, epoch int64) error {
	if !t.job.coord.commits(epoch) {
		return nil
	}
	p, err := t.capture(n, epoch, false)
	t.parts = append(t.parts, p)
	return err
}

func (t *task) forwardEpoch(n *node, epoch int64) {
	as := make([]action, 0, len(n.kids))
	for _, k := range n.kids {
		as = append(as, action{actEpoch, k, epoch})
	}
	for _, e := range n.edges {
		e.control(msg{kind: msgEpoch, n: epoch})
	}
	t.first(as...)
	if t.epochNodes++; t.epochNodes == len(t.nodes) {
		t.epochNodes, t.dirty, t.lastFlush, t.epochDone = 0, 0, t.now, epoch
		t.report()
		parts := t.parts
		t.parts = nil
		if r := t.rec; r != nil && r.epoch == epoch {
			r.passed, r.parts = true, parts
			t.deliver()
		} else {
			t.job.coord.ack(epoch, parts)
		}
		if parts != nil { // the checkpoint does not wait for it
			t.drainState(t.job.cfg.CommitEvery / drainShare)
			t.image(uint64(epoch), max(t.job.cfg.CommitEvery/imageShare, imageLeast))
		}
	}
}

// finish ends the task. Where there are checkpoints what it has left goes with
// the next one, else with the job's end. A task that the job halted has saved all
// with its last epoch.
func (t *task) finish(halted bool) error {
	t.finished = true
	t.giveUp()
	t.report()
	var parts []*Part
	if t.job.cfg.Durable != nil && !t.job.cfg.Batch {
		for _, n := range t.nodes {
			if halted {
				t.job.coord.stand(&Part{Vertex: n.v.Address, Subtask: t.subtask, Parallelism: n.v.Parallelism, Watermark: n.wmStat.Load(), Position: position(n), CaughtUp: n.caught && n.src != nil, Rows: n.rowsRead()})
				continue
			}
			p, err := t.capture(n, t.epochSent+1, true)
			if err != nil {
				return err
			}
			parts = append(parts, p)
		}
	}
	t.job.coord.end(t.epochSent, parts)
	return nil
}

func position(n *node) []byte {
	if n.src == nil {
		return nil
	}
	return n.src.Position()
}
