package topn

import (
	"bytes"
	"unsafe"

	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/vec"
)

// fewMost is the most rows of a partition that few keeps.
const fewMost = 16

// group is the state of a partition in few; after it come the words of the kept
// rows in order, then the references to their entries. Within a step a
// reference may be fresh: a row of the input that is not stored yet.
type group struct {
	n     uint32
	mark  uint32 // 1 + place in touched, within a step
	shown uint64 // bit i: row i was emitted (without rank numbers)
	bar   uint64 // the last word, once the group is full
}

const (
	groupBytes = unsafe.Sizeof(group{})
	fresh      = 1 << 63
)

// few keeps the first rows, at most fewMost, of each partition of an input that
// only adds rows. Most rows of a busy partition are worse than its last one; that
// is decided by words, before a row's bytes are looked at.
type few struct {
	Spec
	feed
	finder
	kept
	n uint32 // rows kept

	words   []uint64
	touched []groupTouch
	olds    []uint64 // references before the step, with numbers
	dropped []uint64 // entries to be freed
	winners []int32
	rows    vec.Rows
	keyA    []byte
	keyB    []byte
	marks   []state.Ref
	cursor  state.Cursor
}

// groupTouch is a partition that changed in this step.
type groupTouch struct {
	p         *group
	at        int32 // place of a row of it in the step
	old, oldN int32 // in olds
}

func newFew(s Spec) *few { return &few{Spec: s, n: uint32(s.To)} }

// Open declares the state.
func (f *few) Open(c *op.Context) error {
	f.feed.c = c
	f.feed.take = f.add
	f.out.open(&f.Spec)
	f.kept.ord, f.kept.codec = NewOrder(f.In, f.Order), f.out.codec
	f.finder.cols, f.finder.ttl = f.Partition, f.TTL > 0
	spec := state.TableSpec{Name: "few", Lazy: true, Key: f.keyTypes(), Fixed: int(groupBytes) + 16*int(f.n), TTL: f.TTL, Route: c.Route(0, f.Partition, 0),
		From: f.origin(), Fields: f.fields()}
	for i := range int(f.n) {
		spec.HeapRefs = append(spec.HeapRefs, int(groupBytes)+8*int(f.n)+8*i)
	}
	f.table = c.State.Table(spec)
	return nil
}

func (f *few) wordsOf(p *group) []uint64 {
	return unsafe.Slice((*uint64)(unsafe.Add(unsafe.Pointer(p), groupBytes)), f.n)
}

func (f *few) refsOf(p *group) []uint64 {
	return unsafe.Slice((*uint64)(unsafe.Add(unsafe.Pointer(p), groupBytes+8*uintptr(f.n))), f.n)
}

// add takes rows sel of b.
func (f *few) add(b *vec.Batch, sel []int32) {
	f.find(b, sel)
	f.words = f.ord.Words(b, sel, f.words)
	f.touched, f.olds, f.dropped = f.touched[:0], f.olds[:0], f.dropped[:0]
	n := f.n
	for i, ptr := range f.ptrs {
		p, w := (*group)(ptr), f.words[i]
		if p.n == n && (w > p.bar || w == p.bar && !f.ord.Ties(w)) {
			continue
		}
		f.insert(b, p, w, rowAt(sel, i), i)
	}
	f.settle(b)
}

// insert puts a row behind those that are as good.
func (f *few) insert(b *vec.Batch, p *group, w uint64, r int32, at int) {
	ws, rs := f.wordsOf(p), f.refsOf(p)
	i := p.n
	for i > 0 && (ws[i-1] > w || ws[i-1] == w && f.before(b, r, w, rs[i-1])) {
		i--
	}
	if i == f.n {
		return
	}
	if p.mark == 0 {
		f.touch(p, rs, at)
	}
	if p.n == f.n {
		f.drop(p, rs[p.n-1])
		p.n--
	}
	copy(ws[i+1:p.n+1], ws[i:p.n])
	copy(rs[i+1:p.n+1], rs[i:p.n])
	ws[i], rs[i] = w, fresh|uint64(r)
	low := uint64(1)<<i - 1
	p.shown = p.shown&low | (p.shown&^low)<<1
	p.n++
	if p.n == f.n {
		p.bar = ws[p.n-1]
	}
}

// before reports whether row r comes before a kept row with the same word.
func (f *few) before(b *vec.Batch, r int32, w, ref uint64) bool {
	if !f.ord.Ties(w) {
		return false
	}
	f.keyA = f.ord.AppendKey(f.keyA[:0], b, int(r))
	var old []byte
	if ref&fresh != 0 {
		f.keyB = f.ord.AppendKey(f.keyB[:0], b, int(uint32(ref)))
		old = f.keyB
	} else {
		old = f.key(f.keyB[:0], f.table.Heap().Get(ref), false)
	}
	return bytes.Compare(f.keyA, old) < 0
}

func (f *few) touch(p *group, rs []uint64, at int) {
	t := groupTouch{p: p, at: int32(at), old: int32(len(f.olds))}
	if f.Number && !f.Spec.Batch {
		f.olds = append(f.olds, rs[:p.n]...)
		t.oldN = int32(p.n)
	}
	f.touched = append(f.touched, t)
	p.mark = uint32(len(f.touched))
}

// drop takes the last row, which is no longer among the first, out.
func (f *few) drop(p *group, ref uint64) {
	if ref&fresh != 0 {
		return
	}
	if p.shown>>(f.n-1)&1 != 0 {
		f.out.bytes(vec.Delete, f.row(f.table.Heap().Get(ref)), 0)
	}
	p.shown &^= 1 << (f.n - 1)
	f.dropped = append(f.dropped, ref)
}

// settle notes the changes of a step and stores what is new.
func (f *few) settle(b *vec.Batch) {
	if len(f.touched) == 0 {
		return
	}
	f.winners, f.marks = f.winners[:0], f.marks[:0]
	for i := range f.touched {
		t := &f.touched[i]
		t.p.mark = 0
		f.marks = append(f.marks, f.refs[t.at])
		switch {
		case f.Spec.Batch:
		case f.Number:
			f.renumber(t)
		default:
			f.show(t.p)
		}
		for _, r := range f.refsOf(t.p)[:t.p.n] {
			if r&fresh != 0 {
				f.winners = append(f.winners, int32(r))
			}
		}
	}
	f.store(b)
	f.table.Mark(f.marks)
}

// store replaces fresh references by stored entries.
func (f *few) store(b *vec.Batch) {
	h := f.table.Heap()
	for _, r := range f.dropped {
		h.Free(r)
	}
	if len(f.winners) > 0 {
		f.kept.codec.EncodeVectors(&f.rows, b.Cols, f.winners, b.N)
	}
	k := 0
	for i := range f.touched {
		p := f.touched[i].p
		rs := f.refsOf(p)
		for j, r := range rs[:p.n] {
			if r&fresh != 0 {
				rs[j] = h.Put(0, f.entry(b, int(uint32(r)), f.rows.Row(k)))
				k++
			}
		}
		clear(rs[p.n:])
	}
}

// show emits the rows that have come into the range, without numbers.
func (f *few) show(p *group) {
	rs := f.refsOf(p)
	for i := uint32(f.From - 1); i < p.n; i++ {
		if p.shown>>i&1 == 0 {
			p.shown |= 1 << i
			f.put(vec.Insert, rs[i], 0)
		}
	}
}

// renumber emits the ranks that other rows have now.
func (f *few) renumber(t *groupTouch) {
	rs, olds := f.refsOf(t.p), f.olds[t.old:t.old+t.oldN]
	for i := int(f.From - 1); i < int(t.p.n); i++ {
		switch {
		case i >= len(olds):
			f.put(vec.Insert, rs[i], int64(i)+1)
		case olds[i] != rs[i]:
			if f.Before {
				f.put(vec.UpdateBefore, olds[i], int64(i)+1)
			}
			f.put(vec.UpdateAfter, rs[i], int64(i)+1)
		}
	}
}

func (f *few) put(k vec.Kind, ref uint64, rank int64) {
	if ref&fresh != 0 {
		f.out.row(k, int32(uint32(ref)), rank)
		return
	}
	f.out.bytes(k, f.row(f.table.Heap().Get(ref)), rank)
}

// EndInput emits the kept rows of batch mode.
func (f *few) EndInput(int) (op.Status, error) {
	if !f.Spec.Batch {
		return op.Done, nil
	}
	f.cursor = state.Cursor{}
	f.ending = f.rest
	return f.Resume()
}

// rest collects the rows of more partitions and tells whether there were any.
func (f *few) rest() bool {
	f.refs = f.table.Scan(&f.cursor, op.BatchRows/max(int(f.n), 1), f.refs)
	for _, r := range f.refs {
		p := (*group)(f.table.Ptr(r))
		rs := f.refsOf(p)
		for i := int(f.From - 1); i < int(p.n); i++ {
			f.put(vec.Insert, rs[i], int64(i)+1)
		}
	}
	return len(f.refs) > 0
}

// Close has nothing to free.
func (f *few) Close() error { return nil }
