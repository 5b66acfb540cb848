package join

import (
	"time"

	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// input is what an operator knows of one of its inputs.
type input struct {
	types []types.Type
	keys  []int // key columns, ordinals in the input
	// strict lists the key columns that never match when they are null.
	strict []int
	// retracts: the input may take rows back.
	retracts bool
	// upserts: the input is told by its key, which is the join's.
	upserts bool
	// keyOnly: of the rows only their number by key matters.
	keyOnly bool
	// counted: each kept row carries the number of its matches.
	counted bool
	ttlMs   int64 // 0 = never
	// route, if not nil, lists the columns that rows are spread by where they are
	// not those of keys.
	route []int
}

func pick(ts []types.Type, cols []int) []types.Type {
	out := make([]types.Type, len(cols))
	for i, c := range cols {
		out[i] = ts[c]
	}
	return out
}

// side keeps the rows of one input by key. Rows with a null in a strict key
// column are never kept: they match nothing, now or later.
type side struct {
	input
	list *state.List
	// multi: equal rows share an entry, which has a multiplicity.
	multi bool

	enc     state.Keys // keys of the rows being kept
	rows    vec.Rows
	delta   []int64
	mult    []int64
	entries []state.Entry
	sel     []int32
	batch   vec.Batch
	one     keyBatch
}

// keyBatch is a single key with its row, for corrections.
type keyBatch struct {
	key   state.Keys
	row   vec.Rows
	delta [1]int64
}

// matchBytes is the size of the match count beside a kept row.
const matchBytes = 8

func newSide(c *op.Context, name string, at int, in input) *side {
	in.keys = append([]int{}, in.keys...) // never nil, which would mean all columns
	s := &side{input: in, multi: in.retracts || in.keyOnly, sel: []int32{}}
	spec := state.ListSpec{Name: name, Key: pick(in.types, in.keys), Row: in.types, TTL: time.Duration(in.ttlMs) * time.Millisecond, RouteRow: in.route,
		From: state.Origin{Input: at + 1, Key: in.keys}}
	if in.keyOnly {
		spec.Row, spec.From.Row = nil, []int{}
	}
	if in.counted {
		spec.Aux = matchBytes
	}
	s.list = c.State.List(spec)
	return s
}

// encode replaces k by the keys of b's counting rows.
func (in *input) encode(k *state.Keys, codec *vec.Codec, b *vec.Batch) { k.Encode(codec, b, in.keys) }

// mayBeNull reports whether a strict key column of b has nulls.
func (in *input) mayBeNull(b *vec.Batch) bool {
	for _, c := range in.strict {
		if b.Cols[c].MayHaveNulls() {
			return true
		}
	}
	return false
}

// keyed gives b without the rows whose strict key columns hold a null; where
// there are none it is b itself.
func (s *side) keyed(b *vec.Batch) *vec.Batch {
	if !s.mayBeNull(b) {
		return b
	}
	s.sel = s.sel[:0]
	for i := range b.Len() {
		if r := b.Row(i); !s.nullKey(b, r) {
			s.sel = append(s.sel, int32(r))
		}
	}
	s.batch = vec.Batch{Cols: b.Cols, Sel: s.sel, Kinds: b.Kinds, N: b.N}
	return &s.batch
}

func (in *input) nullKey(b *vec.Batch, r int) bool {
	for _, c := range in.strict {
		if b.Cols[c].IsNull(r) {
			return true
		}
	}
	return false
}

// keep applies b's counting rows, none of which has a null key, to the list:
// rows that are added go in, rows that are removed come out. k holds their
// keys. counts, for a counted side, has the matches of each row.
func (s *side) keep(b *vec.Batch, k *state.Keys, counts []int64) {
	n := b.Len()
	if n == 0 {
		return
	}
	cols := []int(nil)
	if s.keyOnly {
		cols = []int{}
	}
	s.list.RowCodec().Encode(&s.rows, b, cols)
	if s.multi {
		s.add(b, k, n)
	} else {
		s.list.Append(k, &s.rows, s.entriesFor(n))
	}
	if s.counted {
		s.setCounts(k, counts, n)
	}
}

func (s *side) entriesFor(n int) []state.Entry {
	if !s.counted {
		return nil
	}
	s.entries = sized(s.entries, n)
	return s.entries
}

func (s *side) add(b *vec.Batch, k *state.Keys, n int) {
	s.delta, s.mult = sized(s.delta, n), sized(s.mult, n)
	removes := false
	for i := range n {
		s.delta[i] = int64(b.Kind(b.Row(i)).Sign())
		removes = removes || s.delta[i] < 0
	}
	s.list.Add(k, &s.rows, s.delta, s.mult)
	if removes {
		s.settle(k, n)
	}
}

// settle undoes removals of rows that were not there, as Flink ignores them:
// with time-to-live a row may be gone when its removal comes. A row that went
// down to -m within the batch is owed m.
func (s *side) settle(k *state.Keys, n int) {
	var lowest map[string]int64
	for i := range n {
		if s.mult[i] >= 0 {
			continue
		}
		if lowest == nil {
			lowest = map[string]int64{}
		}
		id := string(k.Bytes(i)) + string(s.rows.Row(i))
		low := lowest[id]
		if s.mult[i] >= low {
			continue
		}
		lowest[id] = s.mult[i]
		o := &s.one
		o.key.Reset()
		o.key.AppendRaw(k.Hash(i), k.Bytes(i))
		row := s.rows.Row(i)
		o.row.Data = append(o.row.Data[:0], row...)
		o.row.Off = append(o.row.Off[:0], 0, int32(len(row)))
		o.delta[0] = low - s.mult[i]
		s.list.Add(&o.key, &o.row, o.delta[:], nil)
	}
}

func (s *side) setCounts(k *state.Keys, counts []int64, n int) {
	if s.multi {
		s.entries = sized(s.entries, n)
		s.list.Equal(k, &s.rows, s.entries)
	}
	for i, e := range s.entries[:n] {
		if e == 0 || counts[i] == 0 && !s.multi {
			continue
		}
		*(*int64)(s.list.Aux(e)) = counts[i]
		s.list.MarkEntry(e)
	}
}

func sized[T any](s []T, n int) []T {
	if cap(s) >= n {
		return s[:n]
	}
	return make([]T, n, n+n/4)
}
