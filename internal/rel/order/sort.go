package order

import (
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/vec"
)

// atEnd sorts a bounded input when it has ended. Plain batch input goes to the
// sorter at once; rows that may be taken back, or that have to survive a
// restart, wait in state.
type atEnd struct {
	keys          []plan.SortKey
	offset, limit int64
	retract       bool

	c     *op.Context
	sort  *sorter
	list  *state.List
	key   state.Keys
	rows  vec.Rows
	delta []int64
	begun bool
}

func (a *atEnd) Open(c *op.Context) error {
	a.c = c
	ts := c.Inputs[0]
	a.sort = newSorter(c.State.Memory(), ts, a.keys, a.offset, a.limit)
	if !c.Batch || a.retract {
		a.list = c.State.List(state.ListSpec{Name: "rows", Row: ts, From: state.Origin{Input: 1}})
	}
	return nil
}

// Push takes rows in.
func (a *atEnd) Push(_ int, b *vec.Batch) (op.Status, error) {
	if a.list == nil {
		return op.Done, a.sort.add(b)
	}
	a.key.Encode(a.list.KeyCodec(), b, nil)
	a.list.RowCodec().Encode(&a.rows, b, nil)
	if !a.retract {
		a.list.Append(&a.key, &a.rows, nil)
		return op.Done, nil
	}
	a.delta = a.delta[:0]
	for i := range b.Len() {
		a.delta = append(a.delta, int64(b.Kind(b.Row(i)).Sign()))
	}
	a.list.Add(&a.key, &a.rows, a.delta, nil)
	return op.Done, nil
}

// EndInput sorts and emits. What has been emitted is dropped, so that an end which
// comes again after a restart finds nothing.
func (a *atEnd) EndInput(int) (op.Status, error) {
	if a.list != nil {
		if err := a.load(); err != nil {
			return op.Done, err
		}
	}
	a.begun = true
	return a.Resume()
}

// load hands the rows in state to the sorter.
func (a *atEnd) load() error {
	var p state.Probe
	a.key.EncodeVectors(a.list.KeyCodec(), nil, nil, 1)
	a.list.Probe(&p, &a.key)
	from, entries := make([]int32, op.BatchRows), make([]state.Entry, op.BatchRows)
	var rows [][]byte
	b := vec.NewBatch(a.c.Inputs[0])
	for {
		n := p.Next(from, entries)
		if n == 0 {
			return nil
		}
		rows = rows[:0]
		for _, e := range entries[:n] {
			for range a.list.Mult(e) {
				rows = append(rows, a.list.Row(e))
			}
		}
		b.Reset()
		a.list.RowCodec().Decode(rows, b.Cols)
		b.N = len(rows)
		if err := a.sort.add(b); err != nil {
			return err
		}
	}
}

// Resume goes on emitting.
func (a *atEnd) Resume() (op.Status, error) {
	if !a.begun {
		return op.Done, nil
	}
	s, err := a.sort.emit(a.c.Out)
	if s == op.Done && err == nil && a.list != nil {
		a.key.EncodeVectors(a.list.KeyCodec(), nil, nil, 1)
		a.list.RemoveKeys(&a.key)
	}
	return s, err
}

// Close gives the rows back.
func (a *atEnd) Close() error {
	if a.sort != nil {
		a.sort.all.Close()
	}
	return nil
}

var (
	_ op.Operator = (*atEnd)(nil)
	_ op.Ender    = (*atEnd)(nil)
)
