package join

import (
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// joined assembles the output of a hash join: rows gathered into a batch of its
// own, or a probe batch as it is with the build side's columns laid beside it.
type joined struct {
	probe, build [2]int // the output columns of each side, from and to
	table        *buildTable
	types        []types.Type

	acc     *vec.Batch // gathered rows
	sent    bool       // acc has been emitted: it is emptied before its next use
	beside  vec.Batch
	bufs    []*vec.Vector // build columns of beside
	buildOf []int32       // of each physical row of the probe batch: build row, or none
	to, at  []int32
	zero    []int32
	flat    bool // all build columns can be scattered
}

func newJoined(l, r []types.Type, build int, t *buildTable) *joined {
	ts := append(append([]types.Type(nil), l...), r...)
	j := &joined{table: t, types: ts, acc: vec.NewBatch(ts), flat: true, to: []int32{}}
	spans := [2][2]int{{0, len(l)}, {len(l), len(ts)}}
	j.build, j.probe = spans[build], spans[1-build]
	j.beside.Cols = make([]*vec.Vector, len(ts))
	j.bufs = make([]*vec.Vector, len(ts))
	for i := j.build[0]; i < j.build[1]; i++ {
		j.bufs[i] = vec.New(ts[i], 0)
		c := t.cols[i-j.build[0]]
		j.flat = j.flat && (c == nil || c.canScatter())
	}
	return j
}

// worthBeside is the share of a probe batch's rows, one in so many, that must
// match for the batch to go on as it is; fewer are gathered.
const worthBeside = 8

// canEmitBeside reports whether a batch with that many matches, at most one a
// row, may go on as it is.
func (j *joined) canEmitBeside(matches int, b *vec.Batch, pad bool) bool {
	return j.flat && (pad || matches*worthBeside >= b.N)
}

// reuse gives acc for appending.
func (j *joined) reuse() *vec.Batch {
	if j.sent {
		j.acc.Reset()
		j.sent = false
	}
	return j.acc
}

// pairs appends pairs of physical rows of b and build rows; none stands for a
// side of nulls.
func (j *joined) pairs(b *vec.Batch, probe, build []int32) {
	acc := j.reuse()
	for i := j.probe[0]; i < j.probe[1]; i++ {
		if b == nil {
			acc.Cols[i].AppendNulls(len(build))
		} else {
			acc.Cols[i].AppendSel(b.Cols[i-j.probe[0]], probe)
		}
	}
	n := len(build)
	if b != nil {
		n = len(probe)
	}
	for i := j.build[0]; i < j.build[1]; i++ {
		if build == nil {
			acc.Cols[i].AppendNulls(n)
		} else {
			j.table.cols[i-j.build[0]].appendTo(acc.Cols[i], build, false, &j.zero)
		}
	}
	acc.N += n
}

// emitFull emits the gathered rows if they make a batch.
func (j *joined) emitFull(to op.Emitter) error {
	if j.sent || j.acc.N < op.BatchRows {
		return nil
	}
	return j.flush(to)
}

// flush emits the gathered rows.
func (j *joined) flush(to op.Emitter) error {
	if j.sent || j.acc.N == 0 {
		return nil
	}
	j.sent = true
	return to.Emit(j.acc)
}

// emitBeside emits b with the build columns beside it: the matching rows, of
// which each has one pair, or with pad all rows.
func (j *joined) emitBeside(to op.Emitter, b *vec.Batch, probe, build []int32, pad bool) error {
	j.order(b, probe, build)
	if len(j.to) == 0 && !pad {
		return nil
	}
	out := &j.beside
	out.N, out.Kinds = b.N, nil
	switch {
	case pad:
		out.Sel = b.Sel
	case len(j.to) == b.N:
		out.Sel = nil
	default:
		out.Sel = j.to
	}
	for i := j.probe[0]; i < j.probe[1]; i++ {
		out.Cols[i] = b.Cols[i-j.probe[0]]
	}
	for i := j.build[0]; i < j.build[1]; i++ {
		j.table.cols[i-j.build[0]].scatter(j.bufs[i], b.N, j.to, j.at, pad)
		out.Cols[i] = j.bufs[i]
	}
	return to.Emit(out)
}

// order brings the pairs into the order of their probe rows, in to and at: the
// walk along the chains finds them in rounds.
func (j *joined) order(b *vec.Batch, probe, build []int32) {
	j.buildOf = sized(j.buildOf, b.N)
	for i := range j.buildOf {
		j.buildOf[i] = none
	}
	for i, r := range probe {
		j.buildOf[r] = build[i]
	}
	j.to, j.at = sized(j.to, len(probe)), sized(j.at, len(probe))
	k := 0
	for r, x := range j.buildOf {
		if x >= 0 {
			j.to[k], j.at[k] = int32(r), x
			k++
		}
	}
}
