package topn

import (
	"bytes"
	"unsafe"

	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/vec"
)

// best is the state of a partition in first.
type best struct {
	word uint64 // of the order
	mark uint32 // 1 + place in touched, within a step
	has  uint32
	ref  uint64 // what is kept, see kept
}

// first keeps one row of each partition of an input that only adds rows:
// deduplication and Top-1. Where nobody wants old rows it keeps their order
// only, a few bytes a partition.
type first struct {
	Spec
	feed
	finder
	kept
	bare bool // rows are not kept

	words   []uint64
	touched []touch
	winners []int32
	rows    vec.Rows
	keyA    []byte
	keyB    []byte
	marks   []state.Ref
	cursor  state.Cursor
}

// touch is a partition that changed in this step.
type touch struct {
	p   *best
	row int32 // the physical row that it has now
	at  int32 // place of that row in the step
	had bool
}

func newFirst(s Spec) *first { return &first{Spec: s} }

// Open declares the state.
func (f *first) Open(c *op.Context) error {
	f.bare = !f.Spec.Batch && !f.Before
	f.feed.c = c
	f.feed.take = f.add
	f.out.open(&f.Spec)
	f.kept.ord, f.kept.codec = NewOrder(f.In, f.Order), f.out.codec
	f.finder.cols, f.finder.ttl = f.Partition, f.TTL > 0
	f.table = c.State.Table(state.TableSpec{Name: "first", Lazy: true, Key: f.keyTypes(), Fixed: int(unsafe.Sizeof(best{})),
		HeapRefs: []int{int(unsafe.Offsetof(best{}.ref))}, TTL: f.TTL, Route: c.Route(0, f.Partition, 0), From: f.origin(), Fields: f.fields()})
	return nil
}

// add takes rows sel of b.
func (f *first) add(b *vec.Batch, sel []int32) {
	f.find(b, sel)
	f.words = f.ord.Words(b, sel, f.words)
	f.touched = f.touched[:0]
	for i, ptr := range f.ptrs {
		p, w := (*best)(ptr), f.words[i]
		if p.has != 0 && (w > p.word || w == p.word && !f.wins(b, p, rowAt(sel, i))) {
			continue
		}
		p.word = w
		if p.mark != 0 {
			t := &f.touched[p.mark-1]
			t.row, t.at = rowAt(sel, i), int32(i)
			continue
		}
		f.touched = append(f.touched, touch{p, rowAt(sel, i), int32(i), p.has != 0})
		p.mark, p.has = uint32(len(f.touched)), 1
	}
	f.settle(b)
}

// wins reports whether row r replaces a row with the same word.
func (f *first) wins(b *vec.Batch, p *best, r int32) bool {
	if !f.ord.Ties(p.word) {
		return f.KeepLast
	}
	f.keyA = f.ord.AppendKey(f.keyA[:0], b, int(r))
	var old []byte
	if p.mark != 0 {
		f.keyB = f.ord.AppendKey(f.keyB[:0], b, int(f.touched[p.mark-1].row))
		old = f.keyB
	} else {
		old = f.key(f.keyB[:0], f.table.Heap().Get(p.ref), f.bare)
	}
	c := bytes.Compare(f.keyA, old)
	return c < 0 || c == 0 && f.KeepLast
}

// settle stores the winners of a step and notes the changes.
func (f *first) settle(b *vec.Batch) {
	if len(f.touched) == 0 {
		return
	}
	if !f.bare {
		f.winners = f.winners[:0]
		for i := range f.touched {
			f.winners = append(f.winners, f.touched[i].row)
		}
		f.kept.codec.EncodeVectors(&f.rows, b.Cols, f.winners, b.N)
	}
	h := f.table.Heap()
	f.marks = f.marks[:0]
	for i := range f.touched {
		t := &f.touched[i]
		t.p.mark = 0
		f.marks = append(f.marks, f.refs[t.at])
		var row []byte
		if !f.bare {
			row = f.rows.Row(i)
		}
		f.change(t, row)
		if !f.bare || f.ord.Ties(t.p.word) {
			t.p.ref = h.Put(t.p.ref, f.entry(b, int(t.row), row))
		}
	}
	f.table.Mark(f.marks)
	f.table.Settle(f.marks)
}

// change notes what is emitted for a partition, before its row is stored.
func (f *first) change(t *touch, row []byte) {
	switch {
	case f.Spec.Batch:
	case !t.had:
		f.out.row(vec.Insert, t.row, 1)
	case f.Before:
		old := f.row(f.table.Heap().Get(t.p.ref))
		if f.TTL == 0 && f.feed.c.MiniBatch && bytes.Equal(old, row) {
			return
		}
		f.out.bytes(vec.UpdateBefore, old, 1)
		f.out.row(vec.UpdateAfter, t.row, 1)
	default:
		f.out.row(vec.UpdateAfter, t.row, 1)
	}
}

// EndInput emits the kept rows of batch mode.
func (f *first) EndInput(int) (op.Status, error) {
	if !f.Spec.Batch {
		return op.Done, nil
	}
	f.cursor = state.Cursor{}
	f.ending = f.rest
	return f.Resume()
}

// rest collects more of the kept rows and tells whether there were any.
func (f *first) rest() bool {
	f.refs = f.table.Scan(&f.cursor, op.BatchRows, f.refs)
	for _, r := range f.refs {
		p := (*best)(f.table.Ptr(r))
		f.out.bytes(vec.Insert, f.row(f.table.Heap().Get(p.ref)), 1)
	}
	return len(f.refs) > 0
}

// Close has nothing to free.
func (f *first) Close() error { return nil }
