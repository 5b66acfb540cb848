package normalize

import (
	"bytes"
	"slices"
	"time"
	"unsafe"

	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/vec"
)

type spec struct {
	keys   []int
	cond   expr.Expr // which rows count; nil = all
	before bool      // -U rows are wanted
	// versions: each change is emitted, in batch too.
	versions bool
	ttl      time.Duration
}

// entry is what is kept of each key: references to the row as it is now and,
// while a change is pending, as it was last emitted; 0 is no row.
type entry struct {
	now, sent uint64
	pending   uint64 // 1: sent is meaningful
}

// operator keeps the last row of each key. Changes are held back until the
// operator is flushed, so that a key that changes often gives one update; row
// by row each change goes out at once, as Flink's do.
type operator struct {
	spec  spec
	where *expr.Filter
	sel   []int32
	pass  []bool // of the counting rows of the batch; nil = all
	ctx   *op.Context
	codec *vec.Codec // of whole rows
	table *state.Table
	keys  state.Keys
	one   state.Keys
	rows  vec.Rows
	refs  []state.Ref
	ptrs  []unsafe.Pointer
	ended bool
	whole bool // only the end of the input counts

	b    *vec.Batch // the row-by-row event being handled
	next int
	left []byte // the key whose row went by the -U before, row by row
	kept bool   // left is meaningful
	half vec.Kind

	due  []state.Ref
	pos  int
	done []state.Ref // handled in the batch being emitted
	emit [][]byte
	kind []vec.Kind
	out  *vec.Batch

	recalls *state.Cursor // of a recall that is under way

	holds bool          // changes may wait for room
	late  bool          // some do
	saved *state.Single // whether some did at the last marker
}

// pendingMax is how many changed keys may wait for a flush, heldMost how many for room.
const (
	pendingMax = 1 << 16
	heldMost   = 1 << 22
)

func newOperator(s spec) *operator { return &operator{spec: s} }

func (o *operator) Open(c *op.Context) error {
	o.ctx, o.whole = c, c.Batch && !o.spec.versions
	ts := c.Inputs[0]
	o.codec = vec.NewCodec(ts)
	s := state.TableSpec{Name: "rows", Lazy: true, Fixed: int(unsafe.Sizeof(entry{})), HeapRefs: []int{0, 8}, TTL: o.spec.ttl}
	for _, k := range o.spec.keys {
		s.Key = append(s.Key, ts[k])
	}
	row := state.Field{Kind: state.FieldRow, Size: 8, Row: state.Columns(ts), From: state.Origin{Input: 1}}
	s.From = state.Origin{Input: 1, Key: o.spec.keys}
	s.Fields = []state.Field{row, row, {Kind: state.FieldWord, At: 16, Size: 8}}
	s.Fields[0].Name, s.Fields[1].At = "row", 8
	o.table = c.State.Table(s)
	o.out = vec.NewBatch(ts)
	if o.holds = c.State.Tracks() && c.MiniBatch && !c.Batch && !o.spec.versions; o.holds {
		o.saved = c.State.Single("held")
	}
	if o.spec.cond == nil {
		return nil
	}
	var err error
	o.where, err = expr.CompileFilter(o.spec.cond, ts, c.Fn.Zone)
	return err
}

// check finds the rows that fulfil the condition.
func (o *operator) check(b *vec.Batch) error {
	if o.where == nil {
		return nil
	}
	sel, err := o.where.Select(o.ctx.Fn, b, o.sel[:0])
	if err != nil {
		return err
	}
	o.sel = sel
	o.pass = slices.Grow(o.pass[:0], b.Len())[:b.Len()]
	at := 0
	for i := range o.pass {
		if o.pass[i] = at < len(sel) && int(sel[at]) == b.Row(i); o.pass[i] {
			at++
		}
	}
	return nil
}

func (o *operator) Push(_ int, b *vec.Batch) (op.Status, error) {
	if err := o.check(b); err != nil {
		return op.Done, err
	}
	o.keys.Encode(o.table.Codec(), b, o.spec.keys)
	o.codec.Encode(&o.rows, b, nil)
	if o.spec.versions || !o.ctx.MiniBatch && !o.ctx.Batch {
		o.b, o.next = b, 0
		return o.Resume()
	}
	o.apply(&o.keys, b, 0)
	if o.late {
		return o.wait(), nil
	}
	if !o.whole && o.table.Touched() >= o.ctx.State.Pending(pendingMax) {
		return o.Resume()
	}
	return op.Done, nil
}

// apply records the rows of k, the first of which is counting row from of b.
func (o *operator) apply(k *state.Keys, b *vec.Batch, from int) {
	n := k.Len()
	if cap(o.refs) < n {
		o.refs = make([]state.Ref, n)
	}
	refs := o.refs[:n]
	o.table.Upsert(k, refs, nil)
	o.ptrs = o.table.Ptrs(refs, o.ptrs)
	h := o.table.Heap()
	for i, p := range o.ptrs {
		e := (*entry)(p)
		old := e.now
		if e.pending == 0 {
			e.sent, e.pending, e.now = e.now, 1, 0
			old = 0 // what was sent stays until it is replaced
		}
		if b.Kind(b.Row(from+i)).Adds() && (o.pass == nil || o.pass[from+i]) {
			e.now = h.Put(old, o.rows.Row(from+i))
			continue
		}
		if old != 0 {
			h.Free(old)
		}
		e.now = 0
	}
	o.table.Mark(refs)
	o.table.Touch(refs)
}

// Resume emits pending changes and, row by row, goes on with the batch.
func (o *operator) Resume() (op.Status, error) {
	if o.recalls != nil {
		return o.recall()
	}
	if o.holds && o.ctx.Out.Full() {
		return o.wait(), nil
	}
	for {
		more, err := o.emitPending()
		if err != nil {
			return op.Done, err
		}
		if o.ctx.Out.Full() {
			return o.wait(), nil
		}
		if more {
			continue
		}
		if o.late = false; o.b == nil || o.next == o.keys.Len() {
			o.b, o.half = nil, vec.Insert
			return op.Done, nil
		}
		if o.replaced(o.next) {
			o.next++
			continue
		}
		o.halve(o.next)
		o.one.Reset()
		o.one.AppendRaw(o.keys.Hash(o.next), o.keys.Bytes(o.next))
		o.apply(&o.one, o.b, o.next)
		o.next++
	}
}

// replaced reports whether counting row i is a -U that its +U follows: that one
// says all there is to say, and what was before is known.
func (o *operator) replaced(i int) bool {
	return i+1 < o.keys.Len() && o.b.Kind(o.b.Row(i)) == vec.UpdateBefore && o.b.Kind(o.b.Row(i+1)) == vec.UpdateAfter &&
		bytes.Equal(o.keys.Bytes(i), o.keys.Bytes(i+1))
}

// halve finds out whether row i is half of an update whose other half comes or came
// in another batch: then it leaves as that half, not as a deletion or insertion.
func (o *operator) halve(i int) {
	o.half = vec.Insert
	k := o.b.Kind(o.b.Row(i))
	if k == vec.UpdateBefore && o.spec.before || k == vec.UpdateAfter && o.kept && bytes.Equal(o.left, o.keys.Bytes(i)) {
		o.half = k
	}
	if o.kept = k == vec.UpdateBefore; o.kept {
		o.left = append(o.left[:0], o.keys.Bytes(i)...)
	}
}

// Flush emits what has changed; in batch mode only the end counts.
func (o *operator) Flush() (op.Status, error) {
	if o.whole && !o.ended {
		return op.Done, nil
	}
	return o.Resume()
}

// Watermark notes the end of event time: what follows may not come after it, so
// the flush before it is passed on emits all.
func (o *operator) Watermark(wm int64) (op.Status, error) {
	o.ended = o.ended || wm == op.MaxWatermark
	return op.Done, nil
}

// EndInput emits what is left.
func (o *operator) EndInput(int) (op.Status, error) {
	o.ended = true
	return o.Resume()
}

// emitPending emits at most one batch of pending changes and tells whether
// there may be more.
func (o *operator) emitPending() (more bool, err error) {
	if o.pos == len(o.due) {
		o.due, o.pos = o.table.TakeTouched(op.Room(o.ctx.Out), o.due), 0
		if len(o.due) == 0 {
			return false, nil
		}
	}
	o.emit, o.kind = o.emit[:0], o.kind[:0]
	start := o.pos
	for ; o.pos < len(o.due) && len(o.emit) < op.BatchRows; o.pos++ {
		o.collect((*entry)(o.table.Ptr(o.due[o.pos])))
	}
	o.out.Reset()
	o.codec.Decode(o.emit, o.out.Cols)
	o.settle(o.due[start:o.pos])
	if o.out.N = len(o.emit); o.out.N == 0 {
		return true, nil
	}
	o.out.Kinds = o.kind
	err = o.ctx.Out.Emit(o.out)
	o.out.Kinds = nil
	return true, err
}

// collect adds the change of one key to the output.
func (o *operator) collect(e *entry) {
	h := o.table.Heap()
	switch {
	case e.pending == 0 || e.sent == 0 && e.now == 0:
	case e.sent == 0:
		o.put(o.kindOr(vec.Insert, vec.UpdateAfter), h.Get(e.now))
	case e.now == 0:
		o.put(o.kindOr(vec.Delete, vec.UpdateBefore), h.Get(e.sent))
	case o.spec.ttl > 0 || !bytes.Equal(h.Get(e.sent), h.Get(e.now)): // others, too, forget what they do not hear of
		if o.spec.before {
			o.put(vec.UpdateBefore, h.Get(e.sent))
		}
		o.put(vec.UpdateAfter, h.Get(e.now))
	}
}

// kindOr is half if the row at hand is that, else whole.
func (o *operator) kindOr(whole, half vec.Kind) vec.Kind {
	if o.half == half {
		return half
	}
	return whole
}

func (o *operator) put(k vec.Kind, row []byte) {
	o.emit, o.kind = append(o.emit, row), append(o.kind, k)
}

// settle makes what was emitted the state, and drops keys without a row.
func (o *operator) settle(refs []state.Ref) {
	h := o.table.Heap()
	o.done = o.done[:0]
	for _, r := range refs {
		e := (*entry)(o.table.Ptr(r))
		if e.sent != 0 {
			h.Free(e.sent)
		}
		e.sent, e.pending = 0, 0
		if e.now == 0 {
			o.done = append(o.done, r)
		}
	}
	o.table.Mark(refs)
	for _, r := range o.done {
		o.table.Delete(r)
	}
}

func (o *operator) Close() error { return nil }
