package setop

import (
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/state"
)

var _ op.Recaller = (*counting)(nil)

// recall is how far a recall has come.
type recall struct {
	at   state.Cursor
	refs []state.Ref
	next int
	left int64 // of the copies of refs[next]; 0: none is out yet
}

// Recallable: rows whose state has expired are still in the result.
func (c *counting) Recallable() string {
	if c.spec.ttl > 0 {
		return "its state expires"
	}
	return ""
}

// Recall emits each row as often as the result has it.
func (c *counting) Recall() (op.Status, error) {
	c.recalls = &recall{}
	return c.recall()
}

func (c *counting) recall() (op.Status, error) {
	for {
		if c.ctx.Out.Full() {
			return op.More, nil
		}
		c.take()
		if len(c.emit) == 0 {
			c.recalls = nil
			return op.Done, nil
		}
		c.out.Reset()
		c.table.DecodeKeys(c.emit, c.out.Cols)
		c.out.N = len(c.emit)
		if err := c.ctx.Out.Emit(c.out); err != nil {
			return op.Done, err
		}
	}
}

// take collects a batch of further rows.
func (c *counting) take() {
	r := c.recalls
	c.emit = c.emit[:0]
	for len(c.emit) < op.BatchRows {
		if r.next == len(r.refs) {
			if r.refs, r.next = c.table.Scan(&r.at, op.BatchRows, r.refs), 0; len(r.refs) == 0 {
				return
			}
		}
		ref := r.refs[r.next]
		if r.left == 0 {
			r.left = max((*counts)(c.table.Ptr(ref)).emitted, 0)
		}
		n := min(r.left, int64(op.BatchRows-len(c.emit)))
		for range n {
			c.emit = append(c.emit, ref)
		}
		if r.left -= n; r.left == 0 {
			r.next++
		}
	}
}
