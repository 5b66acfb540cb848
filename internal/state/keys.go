package state

import (
	"github.com/weir-stream/weir/internal/vec"
	"github.com/zeebo/xxh3"
)

// Keys are the encoded keys of one batch and their hashes; buffers are reused.
// The zero value is ready.
type Keys struct {
	rows   vec.Rows
	hashes []uint64
}

// Encode replaces k by the keys of b's counting rows: columns cols (nil: all),
// whose types are codec's. Without columns (a global aggregate) every row has
// the same empty key.
func (k *Keys) Encode(codec *vec.Codec, b *vec.Batch, cols []int) {
	codec.Encode(&k.rows, b, cols)
	k.hashes = vec.HashRows(&k.rows, k.hashes)
}

// EncodeVectors replaces k by the keys of rows sel (nil: all n) of vs.
func (k *Keys) EncodeVectors(codec *vec.Codec, vs []*vec.Vector, sel []int32, n int) {
	codec.EncodeVectors(&k.rows, vs, sel, n)
	k.hashes = vec.HashRows(&k.rows, k.hashes)
}

// Reset empties k.
func (k *Keys) Reset() {
	k.rows.Data = k.rows.Data[:0]
	k.rows.Off = append(k.rows.Off[:0], 0)
	k.hashes = k.hashes[:0]
}

// AppendRaw adds an encoded key with its hash (xxh3 of its bytes).
func (k *Keys) AppendRaw(hash uint64, key []byte) {
	if len(k.rows.Off) == 0 {
		k.Reset()
	}
	k.rows.Data = append(k.rows.Data, key...)
	k.rows.Off = append(k.rows.Off, int32(len(k.rows.Data)))
	k.hashes = append(k.hashes, hash)
}

// Append adds an encoded key.
func (k *Keys) Append(key []byte) { k.AppendRaw(xxh3.Hash(key), key) }

// Len is the number of keys.
func (k *Keys) Len() int { return len(k.hashes) }

// Hash gives the hash of key i.
func (k *Keys) Hash(i int) uint64 { return k.hashes[i] }

// Hashes gives all hashes; they are k's.
func (k *Keys) Hashes() []uint64 { return k.hashes }

// Bytes gives the canonical bytes of key i, valid until k changes.
func (k *Keys) Bytes(i int) []byte { return k.rows.Row(i) }
