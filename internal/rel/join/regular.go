package join

import (
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// regularSpec is what the regular join is made of.
type regularSpec struct {
	typ  Type
	in   [2]input
	rest expr.Expr
	zone *types.Zone
}

// regular is the join that keeps both inputs: each row is joined with what the
// other side holds, then kept. Sides whose rows can be padded with nulls, and
// the left side of semi and anti joins, keep the number of matches of each row,
// so that the first match to come and the last to go are known.
type regular struct {
	spec  regularSpec
	ctx   *op.Context
	sides [2]*side
	whole [2]*completer // of sides that are told by keys
	walk  *walker

	in    int
	b     *vec.Batch // the batch being joined; nil when there is none
	sub   state.Keys
	sel   []int32
	count []int64
	batch vec.Batch

	recalls *recall // nil: none is under way
}

func newRegular(s regularSpec) *regular { return &regular{spec: s, sel: []int32{}} }

func (j *regular) Open(c *op.Context) error {
	j.ctx = c
	s := &j.spec
	cond, err := newCondition(s.rest, s.in[0].types, s.in[1].types, s.zone)
	if err != nil {
		return err
	}
	for i, name := range []string{"left", "right"} {
		j.sides[i] = newSide(c, name, i, s.in[i])
		if s.in[i].upserts {
			j.whole[i] = newCompleter(j.sides[i], !c.MiniBatch)
		}
	}
	j.walk = newWalker(cond, newChanges(outTypes(s.typ, s.in)), c.MiniBatch)
	return nil
}

// outTypes gives the output columns by side.
func outTypes(t Type, in [2]input) (l, r []types.Type) {
	if t == Semi || t == Anti {
		return in[0].types, nil
	}
	return in[0].types, in[1].types
}

// join starts joining rows.
func (j *regular) join(b *vec.Batch) {
	own, other := j.sides[j.in], j.sides[1-j.in]
	if r := roleOf(j.spec.typ, j.in); !r.pad && !r.anti {
		b = own.keyed(b)
	}
	if b.Len() == 0 {
		return
	}
	j.b = b
	own.encode(&j.walk.keys, own.list.KeyCodec(), b)
	j.walk.begin(roleOf(j.spec.typ, j.in), j.in, b, other)
}

// keep stores the batch's rows once they are joined.
func (j *regular) keep() {
	own, w := j.sides[j.in], j.walk
	// A left row that has its match is settled for good where neither side
	// takes rows back.
	settled := (w.semi || w.anti) && !own.retracts && !j.sides[1-j.in].retracts
	if !settled && !(w.tracks() && own.mayBeNull(j.b)) {
		own.keep(j.b, &w.keys, w.matches)
		return
	}
	j.sel, j.count = j.sel[:0], j.count[:0]
	for i := range j.b.Len() {
		r := j.b.Row(i)
		if settled && w.matches[i] > 0 || own.nullKey(j.b, r) {
			continue
		}
		j.sel, j.count = append(j.sel, int32(r)), append(j.count, w.matches[i])
	}
	j.batch = vec.Batch{Cols: j.b.Cols, Sel: j.sel, Kinds: j.b.Kinds, N: j.b.N}
	own.encode(&j.sub, own.list.KeyCodec(), &j.batch)
	own.keep(&j.batch, &j.sub, j.count)
}

func (j *regular) Close() error { return nil }
