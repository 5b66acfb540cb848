package flow

import (
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/vec"
)

// What an edit of a script has put behind an operator that goes on begins with that
// operator's table, which the operator emits from its state to the new receivers
// alone, before anything else happens in its task. No marker passes until it has, so
// the table and the changes after it are in one epoch or in none: a job that is
// killed meanwhile begins the edit anew.

// begin finds out whether node n, which takes the table of the operator before it, is
// new: the checkpoint, whose vertices are in marks, knows nothing of it. It is called
// after the operator before was restored.
func (t *task) begin(n *node, marks *eventTimes) {
	if _, saved := marks.least[n.v.Address]; saved {
		t.backfilled(n)
		return
	}
	n.fresh = true
	for _, from := range t.nodes {
		for _, k := range from.kids {
			if k == n && !t.recalls(from) {
				t.do(action{kind: actRecall, n: from})
			}
		}
	}
}

// recalls reports whether a node is to give its table already.
func (t *task) recalls(n *node) bool {
	for _, a := range t.todo {
		if a.kind == actRecall && a.n == n {
			return true
		}
	}
	return false
}

// recalled ends the recall of a node.
func (t *task) recalled(n *node) {
	n.recalling = false
	for _, k := range n.kids {
		if k.fresh {
			k.fresh = false
			t.backfilled(k)
		}
	}
	t.dirty++ // what the receivers hold back leaves when the task rests
}

func (t *task) backfilled(n *node) {
	if b, ok := n.op.(op.Backfiller); ok && b.Backfilled() {
		t.do(action{kind: actForwardCaughtUp, n: n})
	}
}

// backfill is Emit to new receivers.
func (n *node) backfill(b *vec.Batch) error {
	for _, k := range n.kids {
		if !k.fresh {
			continue
		}
		if err := k.push(0, b); err != nil {
			return err
		}
	}
	return nil
}

func (n *node) backfillFull() bool {
	for _, k := range n.kids {
		if k.fresh && (k.pending || k.shut()) {
			return true
		}
	}
	return false
}
