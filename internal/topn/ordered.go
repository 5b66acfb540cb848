package topn

import (
	"bytes"

	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/vec"
)

// ordered keeps all rows of a partition that may come into the range, in order,
// and so can take rows back. Where nothing is taken back rows beyond the range
// are dropped.
type ordered struct {
	Spec
	feed
	ord    Order
	state  *state.Sorted
	codec  *vec.Codec
	keys   state.Keys
	refs   []state.Ref
	born   []bool
	rows   vec.Rows
	key    []byte
	vs     []*vec.Vector
	iter   state.Iter
	trims  bool
	last   *vec.Batch
	words  []uint64
	sel    []int32
	shows  bool // rows know whether they are shown: plain numbering without numbers
	step   uint32
	log    entryLog
	groups []changed
	at     map[state.Ref]int32

	cursor state.Cursor
	due    []state.Ref
	pos    int
	rank   ranker
}

// changed is a partition that changed in this step: what its range was.
type changed struct {
	g    state.Ref
	low  int // least position that changed
	was  []span
	base int // position of was[0]
}

// span is a row in the step's memory.
type span struct {
	from, to int
	rank     int64
}

func newOrdered(s Spec) *ordered { return &ordered{Spec: s} }

// Open declares the state.
func (o *ordered) Open(c *op.Context) error {
	o.feed.c = c
	o.feed.take = o.add
	o.feed.out.open(&o.Spec)
	o.ord, o.codec = NewOrder(o.In, o.Order), o.feed.out.codec
	o.trims = !o.Retract && o.Func != DenseRank
	// A single rank says nothing: row by row Flink leaves it out and deletes and
	// inserts.
	constant := o.From == o.To && !c.MiniBatch
	o.shows = o.Func == RowNumber && (!o.Number || constant) && !o.Spec.Batch
	spec := state.SortedSpec{Name: "ordered", Lazy: true, Key: o.keyTypes(), Row: o.In, TTL: o.TTL, Route: c.Route(0, o.Partition, 0),
		From: o.origin(), Order: SortCols(o.Order)}
	if o.shows {
		spec.Aux = 8
	}
	o.state = c.State.Sorted(spec)
	o.at = map[state.Ref]int32{}
	return nil
}

// add takes rows sel of b.
func (o *ordered) add(b *vec.Batch, sel []int32) {
	if len(o.Partition) == 0 && o.trims && o.Func == RowNumber && !o.KeepLast {
		full := false
		if sel, full = o.better(b, sel); full && len(sel) == 0 {
			return
		}
	}
	o.vs = o.vs[:0]
	for _, c := range o.Partition {
		o.vs = append(o.vs, b.Cols[c])
	}
	o.keys.EncodeVectors(o.state.KeyCodec(), o.vs, sel, b.N)
	n := o.keys.Len()
	o.refs = sized(o.refs, n)
	o.born = sized(o.born, n)
	o.state.Upsert(&o.keys, o.refs, o.born)
	o.codec.EncodeVectors(&o.rows, b.Cols, sel, b.N)
	o.step++
	o.log.reset()
	o.groups = o.groups[:0]
	clear(o.at)
	for i, g := range o.refs {
		r := int(rowAt(sel, i))
		o.key = o.ord.AppendKey(o.key[:0], b, r)
		if b.Kind(r).Adds() {
			o.insert(g, o.rows.Row(i))
		} else {
			o.remove(g, o.rows.Row(i))
		}
	}
	switch {
	case o.Spec.Batch:
	case o.shows:
		o.log.emit(&o.feed.out, o.From)
	default:
		for i := range o.groups {
			o.diff(&o.groups[i])
		}
	}
	for _, g := range o.refs {
		if g != state.NoRef && o.state.Count(g) == 0 {
			o.state.DeleteKey(g)
		}
	}
}

func (o *ordered) insert(g state.Ref, row []byte) {
	pos := -1
	if o.trims && o.Func == RowNumber && !o.KeepLast && o.state.Count(g) == int(o.To) {
		o.state.Iter(&o.iter, g, int(o.To)-1)
		if bytes.Compare(o.key, o.iter.SortKey()) >= 0 {
			return
		}
	}
	switch {
	case o.KeepLast:
		if o.state.Count(g) > 0 {
			if o.state.Iter(&o.iter, g, 0); bytes.Compare(o.key, o.iter.SortKey()) > 0 {
				return
			}
			o.state.DeleteAt(g, 0)
		}
		o.state.Insert(g, o.key, row)
	case o.Spec.Batch:
		o.state.Insert(g, o.key, row)
	case o.shows:
		pos = o.state.Insert(g, o.key, row)
		o.pushed(g, pos)
	default:
		o.note(g, o.afterEqual(g))
		o.state.Insert(g, o.key, row)
	}
	o.trim(g)
}

// better leaves out the rows that come after the last row of the only partition,
// once that is full: by words, before anything is encoded.
func (o *ordered) better(b *vec.Batch, sel []int32) (better []int32, full bool) {
	o.keys.EncodeVectors(o.state.KeyCodec(), nil, nil, 1)
	o.refs = sized(o.refs, 1)
	if o.state.Find(&o.keys, o.refs); o.refs[0] == state.NoRef || o.state.Count(o.refs[0]) < int(o.To) || o.To == 0 {
		return sel, false
	}
	if o.last == nil {
		o.last = vec.NewBatch(o.In)
	}
	o.state.Iter(&o.iter, o.refs[0], int(o.To)-1)
	o.last.Reset()
	o.codec.Decode([][]byte{o.iter.Row()}, o.last.Cols)
	o.last.N = 1
	o.words = o.ord.Words(o.last, nil, o.words)
	bar := o.words[0]
	o.words = o.ord.Words(b, sel, o.words)
	o.sel = o.sel[:0]
	for i, w := range o.words {
		if w <= bar {
			o.sel = append(o.sel, rowAt(sel, i))
		}
	}
	return o.sel, true
}

// afterEqual is the position that a row with the sort key at hand will have.
func (o *ordered) afterEqual(g state.Ref) int {
	o.key = append(o.key, 0) // the next possible key: none is another's prefix
	pos := o.state.Rank(g, o.key)
	o.key = o.key[:len(o.key)-1]
	return pos
}

func (o *ordered) remove(g state.Ref, row []byte) {
	if o.shows {
		o.pull(g, row)
		return
	}
	if !o.Spec.Batch {
		o.note(g, o.state.Rank(g, o.key))
	}
	o.state.DeleteEqual(g, o.key, row)
}

// trim drops rows that nothing can bring back.
func (o *ordered) trim(g state.Ref) {
	if !o.trims {
		return
	}
	if o.Func == RowNumber {
		for n := o.state.Count(g); n > int(o.To); n-- {
			o.state.DeleteAt(g, n-1)
		}
		return
	}
	for n := o.state.Count(g); n > int(o.To); n-- {
		o.state.Iter(&o.iter, g, n-1)
		if o.state.Rank(g, o.iter.SortKey()) < int(o.To) {
			return
		}
		o.state.DeleteAt(g, n-1)
	}
}

// Rows that know whether they are shown: what an insertion or a removal pushes
// over the ends of the range is noted at once, and notes that cancel out vanish.

// pushed notes an insertion at pos.
func (o *ordered) pushed(g state.Ref, pos int) {
	from, to := int(o.From-1), int(o.To)
	if pos >= to {
		return
	}
	if o.state.Count(g) > to {
		o.leave(g, to)
	}
	o.enter(g, max(pos, from))
}

// pull removes a row.
func (o *ordered) pull(g state.Ref, row []byte) {
	from, to := int(o.From-1), int(o.To)
	o.state.Seek(&o.iter, g, o.key)
	for ; ; o.iter.Next() {
		if !o.iter.Valid() || !bytes.Equal(o.iter.SortKey(), o.key) {
			return
		}
		if bytes.Equal(o.iter.Row(), row) {
			break
		}
	}
	pos := o.iter.Pos()
	if pos < to {
		if pos >= from {
			o.leave(g, pos)
		} else if o.state.Count(g) > from {
			o.leave(g, from)
		}
	}
	o.state.DeleteAt(g, pos)
	if pos < to && o.state.Count(g) >= to {
		o.enter(g, to-1)
	}
}

// enter shows the row at pos, if there is one.
func (o *ordered) enter(g state.Ref, pos int) {
	if pos >= o.state.Count(g) {
		return
	}
	o.state.Iter(&o.iter, g, pos)
	o.note1(vec.Insert)
}

func (o *ordered) leave(g state.Ref, pos int) {
	o.state.Iter(&o.iter, g, pos)
	o.note1(vec.Delete)
}

// note1 notes that the row at the iterator is shown or hidden from now on. The
// row's Aux tells where the step's last note about it is.
func (o *ordered) note1(k vec.Kind) {
	aux := (*uint64)(o.iter.Aux())
	row := o.iter.Row()
	if uint32(*aux>>32) == o.step && o.log.cancel(int(uint32(*aux)), k, row) {
		*aux = 0
		return
	}
	*aux = uint64(o.step)<<32 | uint64(o.log.add(k, row))
}

// entryLog is a step's notes.
type entryLog struct {
	kinds []vec.Kind
	dead  []bool
	ends  []int
	data  []byte
}

func (l *entryLog) reset() {
	l.kinds, l.dead, l.ends, l.data = l.kinds[:0], l.dead[:0], l.ends[:0], l.data[:0]
}

func (l *entryLog) add(k vec.Kind, row []byte) int {
	l.data = append(l.data, row...)
	l.kinds, l.dead, l.ends = append(l.kinds, k), append(l.dead, false), append(l.ends, len(l.data))
	return len(l.ends) - 1
}

func (l *entryLog) row(i int) []byte {
	if i == 0 {
		return l.data[:l.ends[0]]
	}
	return l.data[l.ends[i-1]:l.ends[i]]
}

// cancel strikes note i out if it is the opposite of k about the same row.
func (l *entryLog) cancel(i int, k vec.Kind, row []byte) bool {
	if i >= len(l.ends) || l.dead[i] || l.kinds[i] == k || !bytes.Equal(l.row(i), row) {
		return false
	}
	l.dead[i] = true
	return true
}

// emit moves what is left to out.
func (l *entryLog) emit(out *changes, rank int64) {
	for i, k := range l.kinds {
		if !l.dead[i] {
			out.bytes(k, l.row(i), rank)
		}
	}
}

// EndInput emits the kept rows of batch mode.
func (o *ordered) EndInput(int) (op.Status, error) {
	if !o.Spec.Batch {
		return op.Done, nil
	}
	o.cursor, o.due, o.pos = state.Cursor{}, nil, 0
	o.ending = o.rest
	return o.Resume()
}

// rest collects more of the kept rows and tells whether there may be others.
func (o *ordered) rest() bool {
	for o.feed.out.len() < op.BatchRows {
		if len(o.due) == 0 {
			if o.due = o.state.Scan(&o.cursor, 256, o.due); len(o.due) == 0 {
				return false
			}
			o.pos, o.rank = 0, ranker{fn: o.Func}
		}
		g := o.due[0]
		n := o.state.Count(g)
		for o.state.Iter(&o.iter, g, min(o.pos, n)); o.pos < n; o.iter.Next() {
			r := o.rank.next(o.iter.SortKey())
			if r > o.To {
				o.pos = n
				break
			}
			o.pos++
			if r >= o.From {
				o.feed.out.bytes(vec.Insert, o.iter.Row(), r)
			}
			if o.feed.out.len() >= op.BatchRows {
				break
			}
		}
		if o.pos >= n {
			o.due, o.pos, o.rank = o.due[1:], 0, ranker{fn: o.Func}
		}
	}
	return true
}

// Close has nothing to free.
func (o *ordered) Close() error { return nil }
