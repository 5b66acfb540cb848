package topn

import (
	"unsafe"

	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/vec"
)

// finder finds the state row of each input row's partition.
type finder struct {
	table *state.Table
	cols  []int
	ttl   bool

	keys    state.Keys
	missing state.Keys
	vs      []*vec.Vector
	refs    []state.Ref
	born    []state.Ref
	ptrs    []unsafe.Pointer
}

// find leaves references and pointers, made if need be, for rows sel of b; they
// hold until the next call. With a time to live only writing renews it, as in
// Flink, so rows that exist are not upserted.
func (f *finder) find(b *vec.Batch, sel []int32) {
	f.encode(b, sel)
	n := f.keys.Len()
	f.refs = sized(f.refs, n)
	if !f.ttl {
		f.table.Upsert(&f.keys, f.refs, nil)
	} else {
		f.findLive()
	}
	f.ptrs = f.table.Ptrs(f.refs, f.ptrs)
}

func (f *finder) encode(b *vec.Batch, sel []int32) {
	f.vs = f.vs[:0]
	for _, c := range f.cols {
		f.vs = append(f.vs, b.Cols[c])
	}
	f.keys.EncodeVectors(f.table.Codec(), f.vs, sel, b.N)
}

func (f *finder) findLive() {
	f.table.Find(&f.keys, f.refs)
	f.missing.Reset()
	for i, r := range f.refs {
		if r == state.NoRef {
			f.missing.AppendRaw(f.keys.Hash(i), f.keys.Bytes(i))
		}
	}
	if n := f.missing.Len(); n > 0 {
		f.born = sized(f.born, n)
		f.table.Upsert(&f.missing, f.born, nil)
		f.table.Find(&f.keys, f.refs)
	}
}

// kept reads what is stored of a row: its encoding, before it the length and
// bytes of its sort key where words do not decide.
type kept struct {
	ord   Order
	codec *vec.Codec
	buf   []byte
	one   [][]byte
	batch *vec.Batch
}

// entry assembles what is stored; it is valid until the next call. row may be
// nil where only the order is kept.
func (k *kept) entry(b *vec.Batch, r int, row []byte) []byte {
	if k.ord.Exact && row != nil {
		return row
	}
	k.buf = append(k.buf[:0], 0, 0, 0, 0)
	k.buf = k.ord.AppendKey(k.buf, b, r)
	n := len(k.buf) - 4
	k.buf[0], k.buf[1], k.buf[2], k.buf[3] = byte(n), byte(n>>8), byte(n>>16), byte(n>>24)
	k.buf = append(k.buf, row...)
	return k.buf
}

// row is the encoded row of an entry that has one.
func (k *kept) row(entry []byte) []byte {
	if k.ord.Exact {
		return entry
	}
	return entry[4+keyLen(entry):]
}

func keyLen(e []byte) int {
	return int(e[0]) | int(e[1])<<8 | int(e[2])<<16 | int(e[3])<<24
}

// key is the sort key of an entry; bare entries are keys without a row. dst is
// used where the key is not stored.
func (k *kept) key(dst, entry []byte, bare bool) []byte {
	if !k.ord.Exact || bare {
		return entry[4 : 4+keyLen(entry)]
	}
	if k.batch == nil {
		k.batch, k.one = vec.NewBatch(k.codec.Types), make([][]byte, 1)
	}
	k.batch.Reset()
	k.one[0] = entry
	k.codec.Decode(k.one, k.batch.Cols)
	return k.ord.AppendKey(dst, k.batch, 0)
}
