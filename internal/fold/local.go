package fold

import (
	"unsafe"

	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// Words gives the number of 8-byte words that the calls' accumulators take, and
// whether they are mere words, which can be folded locally, shipped as BIGINT
// columns and merged.
func Words(calls []Call, in []types.Type, retract bool) (int, bool) {
	f := &Fold{spec: Spec{In: in, Retract: retract}}
	f.base = f.variantOf(-1)
	for _, c := range calls {
		if err := f.bind(c); err != nil {
			return 0, false // told when the operator is opened
		}
	}
	return f.size / 8, f.Flat()
}

// LocalTypes are the columns that a local phase emits: the keys, the number of
// rows where they retract, the words.
func LocalTypes(keys []types.Type, words int, retract bool) []types.Type {
	out := append([]types.Type(nil), keys...)
	if retract {
		words++
	}
	for range words {
		out = append(out, types.Of(types.BigInt).NotNull())
	}
	return out
}

const (
	localGroups = 1 << 15 // groups that a local phase holds at most
	localTrial  = 1 << 16 // rows after which its worth is judged
	localRest   = 1 << 22 // rows after which it is tried again
)

// Local folds rows by key in a bounded table, before they are exchanged. It holds
// nothing across a flush, so it has no state to save. Where it does not make the
// rows fewer it lets them pass as groups of one.
type Local struct {
	fold    *Fold
	table   *state.Table
	retract bool
	base    uintptr
	words   int // with the count of rows

	rows, groups int  // since the last judgement
	pass         bool // rows pass
	out          *vec.Batch
	nkeys        int

	keys   state.Keys
	refs   []state.Ref
	ptrs   []unsafe.Pointer
	signs  []int8
	buf    []uint64
	cursor state.Cursor
	order  order
	empty  bool // the table is
}

// NewLocal gives a local phase over keys of the given types. The spec's Store is
// not used.
func NewLocal(s Spec, keys []types.Type) (*Local, error) {
	own := state.NewStore(state.Config{})
	s.Store = own
	f, err := New(s)
	if err != nil {
		return nil, err
	}
	l := &Local{fold: f, retract: s.Retract, words: f.Size() / 8, nkeys: len(keys), empty: true}
	out := LocalTypes(keys, l.words, s.Retract)
	if s.Retract {
		l.base = 8
		l.words++
	}
	l.table = own.Table(state.TableSpec{Name: "local", Key: keys, Fixed: 8 * l.words})
	f.Bind(l.table.Heap())
	l.out = vec.NewBatch(out)
	return l, nil
}

// Add folds rows sel of b (nil: all n), whose keys are the rows sel of keys. When
// rows pass, they are emitted at once; else Ripe tells when it is time to Emit.
func (l *Local) Add(b *vec.Batch, sel []int32, n int, keys []*vec.Vector, to op.Emitter) error {
	if n == 0 {
		return nil
	}
	l.rows += n
	if l.pass {
		if l.rows > localRest {
			l.pass, l.rows, l.groups = false, 0, 0
		}
		return l.through(b, sel, n, keys, to)
	}
	if cap(l.refs) < n {
		l.refs = make([]state.Ref, n, n+n/4)
	}
	l.refs = l.refs[:n]
	before := l.table.Len()
	if l.nkeys > 0 {
		l.keys.EncodeVectors(l.table.Codec(), keys, sel, n)
		l.table.Upsert(&l.keys, l.refs, nil)
	} else {
		l.keys.EncodeVectors(l.table.Codec(), nil, nil, 1)
		l.table.Upsert(&l.keys, l.refs[:1], nil)
		for i := range l.refs {
			l.refs[i] = l.refs[0]
		}
	}
	l.groups += l.table.Len() - before
	l.empty = false
	l.ptrs = l.table.Ptrs(l.refs, l.ptrs)
	return l.update(b, sel)
}

// update folds the rows into the rows at ptrs.
func (l *Local) update(b *vec.Batch, sel []int32) error {
	var signs []int8
	if l.retract {
		l.signs = l.signs[:0]
		for i, p := range l.ptrs {
			r := i
			if sel != nil {
				r = int(sel[i])
			}
			s := b.Kind(r).Sign()
			l.signs = append(l.signs, s)
			*(*int64)(p) += int64(s)
			l.ptrs[i] = unsafe.Add(p, l.base)
		}
		signs = l.signs
	}
	return l.fold.Update(b, sel, l.ptrs, signs)
}

// through emits each row as a group of its own.
func (l *Local) through(b *vec.Batch, sel []int32, n int, keys []*vec.Vector, to op.Emitter) error {
	if cap(l.buf) < n*l.words {
		l.buf = make([]uint64, n*l.words, (n+n/4)*l.words)
	}
	l.buf = l.buf[:n*l.words]
	clear(l.buf)
	l.ptrs = l.ptrs[:0]
	for i := range n {
		l.ptrs = append(l.ptrs, unsafe.Add(unsafe.Pointer(unsafe.SliceData(l.buf)), i*l.words*8))
	}
	l.out.Reset()
	for i, k := range keys {
		if sel != nil {
			l.out.Cols[i].AppendSel(k, sel)
		} else {
			l.out.Cols[i].AppendRange(k, 0, n)
		}
	}
	if err := l.update(b, sel); err != nil {
		return err
	}
	for i := range l.ptrs { // update has moved them past the count
		l.ptrs[i] = unsafe.Add(unsafe.Pointer(unsafe.SliceData(l.buf)), i*l.words*8)
	}
	l.putWords(l.ptrs)
	return to.Emit(l.out)
}

// putWords writes the words of rows to the batch's last columns.
func (l *Local) putWords(rows []unsafe.Pointer) {
	for w := range l.words {
		c := l.out.Cols[l.nkeys+w]
		c.Resize(len(rows))
		for i, p := range rows {
			c.I64[i] = *(*int64)(unsafe.Add(p, 8*w))
		}
	}
	l.out.N = len(rows)
}

// Pass makes rows pass, or not, until that is judged anew.
func (l *Local) Pass(on bool) { l.pass = on }

// Ripe reports that the table holds as much as it may.
func (l *Local) Ripe() bool { return l.table.Len() >= localGroups }

// Emit emits all groups, as far as there is room, and empties the table.
func (l *Local) Emit(to op.Emitter) (op.Status, error) {
	for !l.empty {
		if to.Full() {
			return op.More, nil
		}
		refs := l.next()
		if len(refs) == 0 {
			l.table.Clear()
			l.cursor, l.empty = state.Cursor{}, true
			l.judge()
			break
		}
		l.out.Reset()
		if l.nkeys > 0 {
			l.table.DecodeKeys(refs, l.out.Cols[:l.nkeys])
		}
		l.ptrs = l.table.Ptrs(refs, l.ptrs)
		l.putWords(l.ptrs)
		if err := to.Emit(l.out); err != nil {
			return op.Done, err
		}
	}
	if to.Full() {
		return op.More, nil
	}
	return op.Done, nil
}

// judge lets rows pass where folding saves less than a third of them.
func (l *Local) judge() {
	if l.rows < localTrial {
		return
	}
	l.pass = 3*l.groups > 2*l.rows
	l.rows, l.groups = 0, 0
}

// Shipped turns a batch of a local phase back into rows: pointers to the words of
// each, in buf, which is reused. keys is the number of key columns before them.
func Shipped(b *vec.Batch, keys int, buf []uint64, rows []unsafe.Pointer) ([]uint64, []unsafe.Pointer) {
	n, words := b.Len(), len(b.Cols)-keys
	if cap(buf) < n*words+1 {
		buf = make([]uint64, n*words+1, (n+n/4)*words+1)
	}
	buf = buf[:n*words+1]
	for w := range words {
		c := b.Cols[keys+w]
		for i := range n {
			buf[i*words+w] = uint64(c.I64[c.Idx(b.Row(i))])
		}
	}
	rows = rows[:0]
	for i := range n {
		rows = append(rows, unsafe.Pointer(&buf[i*words]))
	}
	return buf, rows
}
