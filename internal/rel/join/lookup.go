package join

import (
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/vec"
)

// lookup joins each left row with the rows that the bounded right side has: that
// side is read to its end first, and kept.
type lookup struct {
	spec  regularSpec
	ctx   *op.Context
	table *side
	walk  *walker
	ready bool
	busy  bool
	left  side // the left side's keys, never kept
}

func newLookup(s regularSpec) *lookup { return &lookup{spec: s} }

func (j *lookup) Open(c *op.Context) error {
	j.ctx = c
	s := &j.spec
	cond, err := newCondition(s.rest, s.in[0].types, s.in[1].types, s.zone)
	if err != nil {
		return err
	}
	j.left = side{input: s.in[0], sel: []int32{}}
	j.left.keys = append([]int{}, s.in[0].keys...)
	j.table = newSide(c, "lookup table", 1, s.in[1])
	j.walk = newWalker(cond, newChanges(outTypes(s.typ, s.in)), c.MiniBatch)
	j.walk.carry = true
	return nil
}

// WantInput asks for the right side until it has ended.
func (j *lookup) WantInput() int {
	if j.ready {
		return 0
	}
	return 1
}

func (j *lookup) Push(in int, b *vec.Batch) (op.Status, error) {
	if in == 1 {
		if b = j.table.keyed(b); b.Len() > 0 {
			j.table.encode(&j.table.enc, j.table.list.KeyCodec(), b)
			j.table.keep(b, &j.table.enc, nil)
		}
		return op.Done, nil
	}
	if j.spec.typ == Inner {
		b = j.left.keyed(b)
	}
	if b.Len() == 0 {
		return op.Done, nil
	}
	j.left.encode(&j.walk.keys, j.table.list.KeyCodec(), b)
	j.walk.begin(roleOf(j.spec.typ, 0), 0, b, j.table)
	j.busy = true
	return j.Resume()
}

func (j *lookup) Resume() (op.Status, error) {
	if j.busy {
		done, err := j.walk.step(j.ctx.Fn, j.ctx.Out)
		if err != nil || !done {
			return op.More, err
		}
		j.busy = false
	}
	if j.ctx.Out.Full() {
		return op.More, nil
	}
	return op.Done, nil
}

// EndInput lets the left side in once the right one has ended.
func (j *lookup) EndInput(in int) (op.Status, error) {
	if in == 1 {
		j.ready = true
	}
	return op.Done, nil
}

func (j *lookup) Close() error { return nil }
