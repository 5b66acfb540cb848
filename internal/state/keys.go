package state

import (
	"math/bits"
	"unsafe"

	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
	"github.com/zeebo/xxh3"
)

// Keys are the encoded keys of one batch and their hashes; buffers are reused.
// The zero value is ready.
type Keys struct {
	rows   vec.Rows // Off is empty where stride > 0
	stride int      // all keys have so many bytes (0: see rows.Off)
	hashes []uint64
	cols   []*vec.Vector
}

// Encode replaces k by the keys of b's counting rows: columns cols (nil: all),
// whose types are codec's. Without columns (a global aggregate) every row has
// the same empty key.
func (k *Keys) Encode(codec *vec.Codec, b *vec.Batch, cols []int) {
	k.cols = k.cols[:0]
	switch {
	case len(codec.Types) == 0:
	case cols == nil:
		k.cols = append(k.cols, b.Cols...)
	default:
		for _, c := range cols {
			k.cols = append(k.cols, b.Cols[c])
		}
	}
	k.EncodeVectors(codec, k.cols, b.Sel, b.N)
}

// EncodeVectors replaces k by the keys of rows sel (nil: all n) of vs.
func (k *Keys) EncodeVectors(codec *vec.Codec, vs []*vec.Vector, sel []int32, n int) {
	if len(vs) == 1 && codec.FixedLen() == 9 && codec.Types[0].Phys() == types.PI64 && !vs[0].Const {
		k.encodeWords(vs[0], sel, n)
		return
	}
	k.stride = 0
	codec.EncodeVectors(&k.rows, vs, sel, n)
	k.hashes = vec.HashRows(&k.rows, k.hashes)
}

// encodeWords is EncodeVectors for one column of int64: the bytes that the codec
// gives (value, null byte) and their hash in one pass.
func (k *Keys) encodeWords(v *vec.Vector, sel []int32, n int) {
	if sel != nil {
		n = len(sel)
	}
	k.stride = 9
	k.rows.Off = k.rows.Off[:0]
	if cap(k.hashes) < n {
		k.hashes = make([]uint64, n, n+n/4)
	}
	k.hashes = k.hashes[:n]
	if cap(k.rows.Data) < 9*n {
		k.rows.Data = make([]byte, 9*n, 9*(n+n/4))
	}
	k.rows.Data = k.rows.Data[:9*n]
	p, hashes := unsafe.Pointer(unsafe.SliceData(k.rows.Data)), k.hashes
	if sel == nil && v.Valid == nil {
		for i, x := range v.I64[:n] {
			*(*uint64)(unsafe.Add(p, i*9)) = uint64(x)
			*(*byte)(unsafe.Add(p, i*9+8)) = 0
			hashes[i] = hashWord(uint64(x), 0)
		}
		return
	}
	for i := range hashes {
		r := i
		if sel != nil {
			r = int(sel[i])
		}
		x, null := uint64(v.I64[r]), byte(0)
		if v.IsNull(r) {
			x, null = 0, 1
		}
		*(*uint64)(unsafe.Add(p, i*9)) = x
		*(*byte)(unsafe.Add(p, i*9+8)) = null
		hashes[i] = hashWord(x, null)
	}
}

// hashWord is xxh3 (seed 0) of the 9 bytes of x (little-endian) and b: the
// algorithm's branch for 9 to 16 bytes (github.com/Cyan4973/xxHash,
// doc/xxhash_spec.md), inlined.
func hashWord(x uint64, b byte) uint64 {
	const (
		secretLo = 0x1f67b3b7a4a44072 ^ 0x78e5c0cc4ee679cb
		secretHi = 0x2172ffcc7dd05a82 ^ 0x8e2443f7744608b8
	)
	lo := x ^ secretLo
	hi := (x>>8 | uint64(b)<<56) ^ secretHi
	mh, ml := bits.Mul64(lo, hi)
	h := 9 + bits.ReverseBytes64(lo) + hi + (mh ^ ml)
	h ^= h >> 37
	h *= 0x165667919E3779F9
	return h ^ h>>32
}

// Reset empties k.
func (k *Keys) Reset() {
	k.rows.Data = k.rows.Data[:0]
	k.rows.Off = append(k.rows.Off[:0], 0)
	k.hashes, k.stride = k.hashes[:0], 0
}

// AppendRaw adds an encoded key with its hash (xxh3 of its bytes).
func (k *Keys) AppendRaw(hash uint64, key []byte) {
	if len(k.rows.Off) == 0 { // never used, or encoded without offsets
		k.offsets()
	}
	k.rows.Data = append(k.rows.Data, key...)
	k.rows.Off = append(k.rows.Off, int32(len(k.rows.Data)))
	k.hashes = append(k.hashes, hash)
}

// Append adds an encoded key.
func (k *Keys) Append(key []byte) { k.AppendRaw(hashOf(key), key) }

// Len is the number of keys.
func (k *Keys) Len() int { return len(k.hashes) }

// Hash gives the hash of key i.
func (k *Keys) Hash(i int) uint64 { return k.hashes[i] }

// Hashes gives all hashes; they are k's.
func (k *Keys) Hashes() []uint64 { return k.hashes }

// Bytes gives the canonical bytes of key i, valid until k changes.
func (k *Keys) Bytes(i int) []byte {
	if k.stride > 0 {
		return k.rows.Data[i*k.stride : (i+1)*k.stride]
	}
	return k.rows.Row(i)
}

// offsets makes room for keys of any length behind those of one length.
func (k *Keys) offsets() {
	for i := range len(k.hashes) + 1 {
		k.rows.Off = append(k.rows.Off, int32(i*k.stride))
	}
	k.stride = 0
}

// hashOf is the hash of a key, that of vec.HashRows.
func hashOf(key []byte) uint64 { return xxh3.Hash(key) }
