package sink

import (
	"bytes"
	"math"
	"time"

	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// settler decides ON CONFLICT DO ERROR and DO NOTHING. Between two watermarks rows
// of one primary key may come and go in any order, from several subtasks; only what
// is left when the watermark passes is a conflict. Kept are the row that the table
// shows and the changes since; rows that lose to another are forgotten (see Flink's
// FLIP-558).
type settler struct {
	node *Node
	ttl  time.Duration
	ctx  *op.Context

	// rows are, by primary key: the row shown, then changes by stamp. Of one stamp
	// rows that are added come before rows that are taken back, so that both find
	// each other in any order.
	rows   *state.Sorted
	timers *state.Timers // the stamps, by primary key
	upTo   int64         // what is decided: stamps below it

	keys  state.Keys
	refs  []state.Ref
	enc   vec.Rows
	sort  []byte
	due   []state.Timer
	at    int // the next of due
	iter  state.Iter
	shown []byte   // the row shown before
	left  [][]byte // what is left of a key
	owed  [][]byte // rows that are taken back before they come
	next  []byte
	out   *vec.Batch
}

var (
	_ op.Operator    = (*settler)(nil)
	_ op.Watermarker = (*settler)(nil)
	_ op.Ender       = (*settler)(nil)
)

// What an entry is, the last byte of its sort key.
const (
	entryShown byte = iota
	entryAdded
	entryTaken
)

func newSettler(n *Node, ttl time.Duration) *settler {
	return &settler{node: n, ttl: ttl, upTo: op.MinWatermark, refs: make([]state.Ref, 1)}
}

func (s *settler) Open(c *op.Context) error {
	s.ctx = c
	ts := c.Inputs[0][:len(c.Inputs[0])-1]
	kts := make([]types.Type, len(s.node.Key))
	for i, k := range s.node.Key {
		kts[i] = ts[k]
	}
	s.rows = c.State.Sorted(state.SortedSpec{Name: "changes", Key: kts, Row: ts, TTL: s.ttl, Route: c.Route(0, s.node.Key, 0),
		From: state.Origin{Input: 1, Key: s.node.Key}, Order: []state.SortCol{}})
	s.timers = c.State.TimersOf(s.rows, "stamps")
	s.out = vec.NewBatch(ts)
	return nil
}

// Push keeps changes until the watermark passes their stamps.
func (s *settler) Push(_ int, b *vec.Batch) (op.Status, error) {
	stamps := b.Cols[len(b.Cols)-1]
	own := *b
	own.Cols = b.Cols[:len(b.Cols)-1]
	s.keys.Encode(s.rows.KeyCodec(), &own, s.node.Key)
	s.rows.RowCodec().Encode(&s.enc, &own, nil)
	n := b.Len()
	for len(s.refs) < n {
		s.refs = append(s.refs, state.NoRef)
	}
	s.rows.Upsert(&s.keys, s.refs[:n], nil)
	for i := range n {
		r := b.Row(i)
		ts := min(stamps.I64[stamps.Idx(r)], math.MaxInt64-1)
		what := entryTaken
		if b.Kind(r).Adds() {
			what = entryAdded
		}
		s.sort = append(state.AppendSortInt(s.sort[:0], ts), what)
		s.rows.Insert(s.refs[i], s.sort, s.enc.Row(i))
		s.timers.Register(s.keys.Bytes(i), ts+1)
	}
	return op.Done, nil
}

// Watermark decides what it has passed.
func (s *settler) Watermark(wm int64) (op.Status, error) {
	s.upTo = wm
	return s.Resume()
}

// EndInput decides the rest.
func (s *settler) EndInput(int) (op.Status, error) { return s.Watermark(math.MaxInt64) }

func (s *settler) Resume() (op.Status, error) {
	for {
		if s.at == len(s.due) {
			s.due, s.at = s.timers.PopDue(s.upTo, op.BatchRows/2, s.due), 0
			if len(s.due) == 0 {
				break
			}
		}
		for ; s.at < len(s.due) && s.out.N < op.BatchRows; s.at++ {
			if err := s.settle(&s.due[s.at]); err != nil {
				return op.Done, err
			}
		}
		if err := s.flush(); err != nil {
			return op.Done, err
		}
		if s.ctx.Out.Full() {
			return op.More, nil
		}
	}
	return op.Done, nil
}

func (s *settler) flush() error {
	if s.out.N == 0 {
		return nil
	}
	err := s.ctx.Out.Emit(s.out)
	s.out.Reset()
	return err
}

// settle decides a primary key up to the watermark.
func (s *settler) settle(t *state.Timer) error {
	s.keys.Reset()
	s.keys.Append(t.Key)
	s.rows.Find(&s.keys, s.refs[:1])
	g := s.refs[0]
	if g == state.NoRef {
		return nil
	}
	s.sort = state.AppendSortInt(s.sort[:0], s.upTo)
	s.collect(g, s.sort)
	if len(s.left) > 1 && s.node.Conflict == ConflictError {
		return sqlerr.New(sqlerr.Data, s.node.Pos, "two rows for one primary key of table %s: %s", s.node.Table.Name, s.node.keyText(s.rows.KeyCodec(), t.Key)).
			WithHint("ON CONFLICT DO ERROR is set; DO NOTHING keeps the first row, DO DEDUPLICATE the last")
	}
	s.next = s.next[:0]
	there := len(s.left) > 0
	if there {
		s.next = append(s.next, s.left[0]...)
	}
	s.tell(there)
	s.rows.DropBelow(g, s.sort)
	switch {
	case there:
		s.sort = append(state.AppendSortInt(s.sort[:0], math.MinInt64), entryShown)
		s.rows.Insert(g, s.sort, s.next)
	case s.rows.Count(g) == 0:
		s.rows.DeleteKey(g)
	}
	return nil
}

// collect leaves in left what the changes below a bound make of the row shown, in
// order of arrival. The rows are the state's.
func (s *settler) collect(g state.Ref, bound []byte) {
	s.shown, s.left, s.owed = nil, s.left[:0], s.owed[:0]
	for s.rows.Iter(&s.iter, g, 0); s.iter.Valid(); s.iter.Next() {
		k := s.iter.SortKey()
		if bytes.Compare(k, bound) >= 0 {
			return
		}
		row := s.iter.Row()
		switch k[len(k)-1] {
		case entryShown:
			s.shown = row
			s.left = append(s.left, row)
		case entryAdded:
			if !without(&s.owed, row) {
				s.left = append(s.left, row)
			}
		case entryTaken:
			if !without(&s.left, row) {
				s.owed = append(s.owed, row)
			}
		}
	}
}

// without takes the first of rows that is equal to row out.
func without(rows *[][]byte, row []byte) bool {
	for i, r := range *rows {
		if bytes.Equal(r, row) {
			*rows = append((*rows)[:i], (*rows)[i+1:]...)
			return true
		}
	}
	return false
}

// tell emits the change from the row shown to next.
func (s *settler) tell(there bool) {
	switch {
	case s.shown == nil && there:
		s.emit(vec.Insert, s.next)
	case s.shown != nil && !there:
		s.emit(vec.Delete, s.shown)
	case s.shown != nil && !bytes.Equal(s.shown, s.next):
		s.emit(vec.UpdateBefore, s.shown)
		s.emit(vec.UpdateAfter, s.next)
	}
}

func (s *settler) emit(k vec.Kind, row []byte) {
	s.out.AppendKind(k)
	s.rows.RowCodec().Decode([][]byte{row}, s.out.Cols)
	s.out.N++
}

func (s *settler) Close() error { return nil }
