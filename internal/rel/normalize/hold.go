package normalize

import (
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/state"
)

var (
	_ op.Holder   = (*operator)(nil)
	_ op.Restorer = (*operator)(nil)
)

// Holds implements op.Holder: an entry of the state tells what is to be emitted.
func (o *operator) Holds() bool { return o.holds }

// wait answers an event after which there is no room. References that were taken out
// of the pending set are good only until there are more rows.
func (o *operator) wait() op.Status {
	switch {
	case !o.holds || o.pos < len(o.due):
		return op.More
	case o.table.Touched() == 0:
		o.late = false
		return op.Done
	}
	if o.late = true; o.table.Touched() >= o.ctx.State.Pending(heldMost) {
		return op.Sated
	}
	return op.Held
}

// Hold saves whether changes wait.
func (o *operator) Hold() error {
	if some := o.table.Touched() > 0; some != (o.saved.Len() > 0) {
		o.saved.Clear()
		if some {
			o.saved.Set([]byte{1})
		}
	}
	return nil
}

// Restored finds the keys whose changes wait.
func (o *operator) Restored() error {
	if !o.holds {
		return nil
	}
	some := false
	o.saved.Saved(func([]byte) { some = true }) // of any subtask
	if !some {
		return nil
	}
	var at state.Cursor
	for {
		o.refs = o.table.Scan(&at, op.BatchRows, o.refs)
		if len(o.refs) == 0 {
			return nil
		}
		for i, r := range o.refs {
			if (*entry)(o.table.Ptr(r)).pending != 0 {
				o.table.Touch(o.refs[i : i+1])
			}
		}
	}
}
