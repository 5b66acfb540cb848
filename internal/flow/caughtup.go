package flow

import (
	"github.com/weir-stream/weir/internal/dag"
	"github.com/weir-stream/weir/internal/op"
)

// A part of a job that an edit has brought is behind until its sources have read what
// was there. They tell so when they rest for the first time; it travels with the rows,
// as event time does, to whoever wants to know. Who has caught up has for good: the
// sources of a job's first run have nothing to catch up with, and those that a
// checkpoint says have caught up tell so at once.

// wantCaughtUp finds the vertices that want to know, and those before them.
func wantCaughtUp(g *dag.Graph) map[*dag.Vertex]bool {
	want := map[*dag.Vertex]bool{}
	for i := len(g.Vertices) - 1; i >= 0; i-- {
		v := g.Vertices[i]
		if want[v] = want[v] || v.WantCaughtUp; want[v] {
			for _, e := range v.Inputs {
				want[e.From] = true
			}
		}
	}
	return want
}

// sourceCaughtUp notes that the source of the task has read all there was.
func (t *task) sourceCaughtUp() {
	head := t.nodes[0]
	if !t.job.catches[head.v] {
		head.caught = true
		return
	}
	t.do(action{kind: actForwardCaughtUp, n: head})
}

// rowsRead is the number of rows that a source has given.
func (n *node) rowsRead() int64 {
	if n.src == nil {
		return 0
	}
	return n.rowsBefore + n.rowsOut.Load()
}

// catchUp finds the inputs of the head of which all channels have caught up.
func (t *task) catchUp() {
	head := t.nodes[0]
	if !t.job.catches[head.v] || t.halted > 0 {
		return
	}
	for in := range head.v.Inputs {
		if t.behind(in) {
			continue
		}
		if t.caught == nil {
			t.caught = make([]bool, len(head.v.Inputs))
		}
		if !t.caught[in] {
			t.caught[in] = true
			t.do(action{actCaughtUp, head, int64(in)})
		}
	}
}

func (t *task) behind(in int) bool {
	for _, c := range t.chans {
		if c.input == in && !c.caught && !c.ended {
			return true
		}
	}
	return false
}

// inputCaughtUp lets what a node holds back leave, tells it, and passes it on after
// the last input.
func (t *task) inputCaughtUp(n *node, in int) {
	if n.caught {
		return
	}
	as := make([]action, 0, 3)
	if _, ok := n.op.(op.Flusher); ok {
		as = append(as, action{actFlush, n, 1})
	}
	if _, ok := n.op.(op.Catcher); ok {
		as = append(as, action{actTellCaughtUp, n, int64(in)})
	}
	all := true
	if n == t.nodes[0] {
		for _, c := range t.caught {
			all = all && c
		}
	}
	if all {
		as = append(as, action{kind: actForwardCaughtUp, n: n})
	}
	t.first(as...)
}

func (t *task) forwardCaughtUp(n *node) {
	if n.caught {
		return
	}
	n.caught = true
	if n.parked() {
		n.park.putAction(action{kind: actForwardCaughtUp, n: n})
		return
	}
	t.sendCaughtUp(n)
}

func (t *task) sendCaughtUp(n *node) {
	as := make([]action, 0, len(n.kids))
	for _, k := range n.kids {
		as = append(as, action{actCaughtUp, k, 0})
	}
	for _, e := range n.edges {
		e.control(msg{kind: msgCaughtUp})
	}
	t.first(as...)
}
