package normalize

import (
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/state"
)

var _ op.Recaller = (*operator)(nil)

// Recallable: rows whose state has expired are still in the result.
func (o *operator) Recallable() string {
	if o.spec.ttl > 0 {
		return "its state expires"
	}
	return ""
}

// Recall emits the row of every key, of those whose change waits the one before it.
func (o *operator) Recall() (op.Status, error) {
	o.recalls = &state.Cursor{}
	return o.recall()
}

func (o *operator) recall() (op.Status, error) {
	for !o.recalls.Done() {
		if o.ctx.Out.Full() {
			return op.More, nil
		}
		o.refs = o.table.Scan(o.recalls, op.BatchRows, o.refs)
		o.emit = o.emit[:0]
		for _, r := range o.refs {
			e := (*entry)(o.table.Ptr(r))
			row := e.now
			if e.pending != 0 {
				row = e.sent
			}
			if row != 0 {
				o.emit = append(o.emit, o.table.Heap().Get(row))
			}
		}
		if len(o.emit) == 0 {
			continue
		}
		o.out.Reset()
		o.codec.Decode(o.emit, o.out.Cols)
		o.out.N = len(o.emit)
		if err := o.ctx.Out.Emit(o.out); err != nil {
			return op.Done, err
		}
	}
	if o.ctx.Out.Full() {
		return op.More, nil
	}
	o.recalls = nil
	return op.Done, nil
}
