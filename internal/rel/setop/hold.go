package setop

import (
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/state"
)

var (
	_ op.Holder   = (*counting)(nil)
	_ op.Restorer = (*counting)(nil)
)

// Holds implements op.Holder: a row of the state tells what is to be emitted.
func (c *counting) Holds() bool { return c.holds }

// wait answers an event after which there is no room. References that were taken out
// of the pending set are good only until there are more rows.
func (c *counting) wait() op.Status {
	switch {
	case !c.holds || c.pos < len(c.due):
		return op.More
	case c.table.Touched() == 0:
		c.late = false
		return op.Done
	}
	if c.late = true; c.table.Touched() >= c.ctx.State.Pending(heldMost) {
		return op.Sated
	}
	return op.Held
}

// Hold saves whether changes wait.
func (c *counting) Hold() error {
	if some := c.table.Touched() > 0; some != (c.saved.Len() > 0) {
		c.saved.Clear()
		if some {
			c.saved.Set([]byte{1})
		}
	}
	return nil
}

// Restored finds the rows whose changes wait.
func (c *counting) Restored() error {
	if !c.holds {
		return nil
	}
	some := false
	c.saved.Saved(func([]byte) { some = true }) // of any subtask
	if !some {
		return nil
	}
	var at state.Cursor
	for {
		c.refs = c.table.Scan(&at, op.BatchRows, c.refs)
		if len(c.refs) == 0 {
			return nil
		}
		for i, r := range c.refs {
			if row := (*counts)(c.table.Ptr(r)); row.emitted != c.spec.wanted(row.in) || *row == (counts{}) {
				c.table.Touch(c.refs[i : i+1])
			}
		}
	}
}
