package state

import (
	"encoding/binary"
	"testing"
)

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
