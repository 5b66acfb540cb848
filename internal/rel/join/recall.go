package join

import (
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/vec"
)

var (
	_ op.Recaller = (*regular)(nil)
	_ op.Recaller = (*multi)(nil)
)

// Recallable: a join is, if it keeps all rows that it gives. Rows with a null key match
// nothing and are not kept, though outer and anti joins give them; of a semi join of
// inputs that take nothing back a row is forgotten once it is given.
func (j *regular) Recallable() string {
	in := &j.spec.in
	if in[0].ttlMs > 0 || in[1].ttlMs > 0 {
		return expires
	}
	lo, ro := j.spec.typ.Outer()
	switch {
	case j.spec.typ == Semi && !in[0].retracts && !in[1].retracts:
		return "it does not keep rows that it has given"
	case (lo || j.spec.typ == Anti) && in[0].dropsNulls(), ro && in[1].dropsNulls():
		return nullKeys
	}
	return ""
}

// Why a join cannot give its table.
const (
	expires  = "its state expires"
	nullKeys = "it does not keep rows whose key is null"
)

// dropsNulls reports whether rows may come that are not kept.
func (in *input) dropsNulls() bool {
	for _, k := range in.strict {
		if in.types[k].Nullable {
			return true
		}
	}
	return false
}

// recallRole is what the rows of input in do when they are joined again: as what had
// come last, but for counts of matches, which are there. ok is false if they give
// nothing that those of the other input do not.
func recallRole(t Type, in int) (r role, ok bool) {
	lo, ro := t.Outer()
	switch {
	case t == Semi || t == Anti:
		return role{semi: t == Semi, anti: t == Anti}, in == 0
	case in == 0:
		return role{pairs: true, pad: lo}, true
	}
	return role{pad: true}, ro
}

// recall joins the rows of one side with the other again.
type recall struct {
	in      int // the side whose rows these are
	at      state.ListCursor
	entries []state.Entry
	next    int   // of entries
	left    int64 // of the copies of the last one
	rows    [][]byte
	b       *vec.Batch
	walking bool
}

// recallEntries is how many entries are taken at a time.
const recallEntries = 1024

// Recall joins all rows again: those of the left side with the right one, then those
// of the right side that have no match, where they are given.
func (j *regular) Recall() (op.Status, error) {
	j.recalls = newRecall(0, j.sides[0])
	return j.recall()
}

func newRecall(in int, s *side) *recall { return &recall{in: in, b: vec.NewBatch(s.types)} }

func (j *regular) recall() (op.Status, error) {
	for {
		r := j.recalls
		if j.ctx.Out.Full() {
			return op.More, nil
		}
		if r.walking {
			done, err := j.walk.step(j.ctx.Fn, j.ctx.Out)
			if err != nil {
				return op.Done, err
			}
			r.walking = !done
			continue
		}
		own := j.sides[r.in]
		role, ok := recallRole(j.spec.typ, r.in)
		switch {
		case ok && r.fill(own):
			own.encode(&j.walk.keys, own.list.KeyCodec(), r.b)
			j.walk.begin(role, r.in, r.b, j.sides[1-r.in])
			r.walking = true
		case r.in == 0:
			j.recalls = newRecall(1, j.sides[1])
		default:
			j.recalls = nil
			return op.Done, nil
		}
	}
}

// fill makes a batch of further rows of a side; false if there are none.
func (r *recall) fill(s *side) bool {
	r.rows = r.rows[:0]
	for len(r.rows) < op.BatchRows {
		if r.next == len(r.entries) {
			r.entries, r.next = s.list.Scan(&r.at, recallEntries, r.entries), 0
			if len(r.entries) == 0 {
				break
			}
		}
		e := r.entries[r.next]
		if r.left == 0 {
			r.left = 1
			if s.multi {
				r.left = max(s.list.Mult(e), 0)
			}
		}
		for ; r.left > 0 && len(r.rows) < op.BatchRows; r.left-- {
			r.rows = append(r.rows, s.list.Row(e))
		}
		if r.left == 0 {
			r.next++
		}
	}
	r.b.Reset()
	s.list.RowCodec().Decode(r.rows, r.b.Cols)
	r.b.N = len(r.rows)
	return r.b.N > 0
}

// Recallable: the rows of the first input lead to all that is given.
func (j *multi) Recallable() string {
	for i := range j.spec.in {
		if j.spec.in[i].ttlMs > 0 {
			return expires
		}
	}
	if j.spec.outer && j.spec.in[0].dropsNulls() {
		return nullKeys
	}
	return ""
}

// Recall joins the rows of the first input again.
func (j *multi) Recall() (op.Status, error) {
	j.recalls = newRecall(0, j.sides[0])
	return j.recall()
}

func (j *multi) recall() (op.Status, error) {
	j.own = 0
	for {
		if j.ctx.Out.Full() {
			return op.More, nil
		}
		if r := j.recalls; !r.walking {
			if !r.fill(j.sides[0]) {
				j.recalls = nil
				return op.Done, nil
			}
			j.begin(r.b)
			r.walking = true
		}
		done, err := j.step()
		if err != nil {
			return op.Done, err
		}
		j.recalls.walking = !done
	}
}
