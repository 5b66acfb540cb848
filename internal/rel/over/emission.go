package over

import (
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/vec"
)

// emission is the changes of a step.
type emission struct {
	batch *vec.Batch
	plain int // columns of the input
	gone  []change
	come  []change
	rows  [][]byte
	res   [][]byte
	kinds []vec.Kind
}

type change struct {
	kind     vec.Kind
	row, res extent
}

// add notes a change. Deletions go first: a row that has moved is deleted where it
// was and inserted where it is.
func (e *emission) add(k vec.Kind, r *kept) {
	if k == vec.Delete {
		e.gone = append(e.gone, change{k, r.row, r.res})
	} else {
		e.come = append(e.come, change{k, r.row, r.res})
	}
}

func (e *emission) emit(to op.Emitter, rowc, resc *vec.Codec, data []byte) error {
	e.rows, e.res, e.kinds = e.rows[:0], e.res[:0], e.kinds[:0]
	inserts := true
	for _, list := range [][]change{e.gone, e.come} {
		for _, c := range list {
			e.rows = append(e.rows, data[c.row.from:c.row.to])
			e.res = append(e.res, data[c.res.from:c.res.to])
			e.kinds = append(e.kinds, c.kind)
			inserts = inserts && c.kind == vec.Insert
		}
	}
	e.gone, e.come = e.gone[:0], e.come[:0]
	if len(e.rows) == 0 {
		return nil
	}
	b := e.batch
	b.Reset()
	rowc.Decode(e.rows, b.Cols[:e.plain])
	resc.Decode(e.res, b.Cols[e.plain:])
	b.N = len(e.rows)
	b.Kinds = nil
	if !inserts {
		b.Kinds = e.kinds
	}
	return to.Emit(b)
}
