package join

import (
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/vec"
)

var _ op.Recaller = (*regular)(nil)

// Recallable: inner joins are, and those that pad one side, if that keeps all of its
// rows: those with a null key match nothing and are not kept.
func (j *regular) Recallable() string {
	for i := range j.spec.in {
		if j.spec.in[i].ttlMs > 0 {
			return "its state expires"
		}
	}
	switch j.spec.typ {
	case Inner:
		return ""
	case Left, Right:
		own := &j.spec.in[j.recalled()]
		for _, k := range own.strict {
			if own.types[k].Nullable {
				return "it does not keep rows whose key is null"
			}
		}
		return ""
	}
	return "it does not keep all rows that it gives"
}

// recalled is the input whose rows are joined again.
func (j *regular) recalled() int {
	if j.spec.typ == Right {
		return 1
	}
	return 0
}

// recall joins the rows of one side with the other again.
type recall struct {
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

// Recall joins all rows again.
func (j *regular) Recall() (op.Status, error) {
	j.recalls = &recall{b: vec.NewBatch(j.sides[j.recalled()].types)}
	return j.recall()
}

func (j *regular) recall() (op.Status, error) {
	r, in := j.recalls, j.recalled()
	own, other := j.sides[in], j.sides[1-in]
	for {
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
		if !r.fill(own) {
			j.recalls = nil
			return op.Done, nil
		}
		own.encode(&j.walk.keys, own.list.KeyCodec(), r.b)
		j.walk.begin(j.spec.typ, in, r.b, other)
		r.walking = true
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
