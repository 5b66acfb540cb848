package state

import (
	"encoding/binary"
	"testing"

	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// TestKeysAreTheCodecs compares the short way for int64 keys with the codec.
func TestKeysAreTheCodecs(t *testing.T) {
	v := vec.New(types.Of(types.BigInt), 0)
	for _, x := range []any{int64(5), nil, int64(-1), int64(1) << 62, nil, int64(0)} {
		v.AppendValue(x)
	}
	codec := vec.NewCodec([]types.Type{v.Type})
	for _, sel := range [][]int32{nil, {1, 2, 5}, {}} {
		var k Keys
		var rows vec.Rows
		k.Encode(codec, &vec.Batch{Cols: []*vec.Vector{v}, N: v.N, Sel: sel}, []int{0})
		codec.EncodeVectors(&rows, []*vec.Vector{v}, sel, v.N)
		hashes := vec.HashRows(&rows, nil)
		check := func(n int) {
			t.Helper()
			if k.Len() != n {
				t.Fatalf("%d keys, want %d", k.Len(), n)
			}
			for i := range hashes {
				if string(k.Bytes(i)) != string(rows.Row(i)) || k.Hash(i) != hashes[i] {
					t.Errorf("sel %v: key %d differs", sel, i)
				}
			}
		}
		check(len(hashes))
		k.Append([]byte("longer than the others"))
		check(len(hashes) + 1)
		if i := len(hashes); string(k.Bytes(i)) != "longer than the others" || k.Hash(i) != hashOf(k.Bytes(i)) {
			t.Error("the added key differs")
		}
	}
}

func TestHashWord(t *testing.T) {
	for _, c := range []struct {
		x uint64
		b byte
	}{{0, 0}, {0, 1}, {1, 0}, {1 << 63, 1}, {0x123456789abcdef0, 0}} {
		var k Keys
		k.Append(append(binary.LittleEndian.AppendUint64(nil, c.x), c.b))
		if got := hashWord(c.x, c.b); got != k.Hash(0) {
			t.Errorf("hashWord(%x, %d) = %x, want %x", c.x, c.b, got, k.Hash(0))
		}
	}
}
