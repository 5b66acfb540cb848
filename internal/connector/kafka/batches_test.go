package kafka

import (
	"encoding/binary"
	"hash/crc32"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
)

// FuzzBatches reads batches whose checksums are right, whatever is in them: nothing
// panics, and it ends.
func FuzzBatches(f *testing.F) {
	records := []byte{}
	for i := range byte(3) {
		records = append(records, 26, 0, 2*i, 2*i, 2, 'k', 4, 'v', 'w', 2, 2, 'h', 2, 'x')
	}
	b := make([]byte, headerSize, headerSize+len(records))
	b[atMagic] = 2
	binary.BigEndian.PutUint32(b[atLastOffset:], 2)
	binary.BigEndian.PutUint32(b[atCount:], 3)
	b = append(b, records...)
	binary.BigEndian.PutUint32(b[atLength:], uint32(len(b)-atEpoch))
	f.Add(b, int64(0))
	f.Fuzz(func(t *testing.T, b []byte, from int64) {
		b, _, ok := whole(b)
		if !ok || len(b) == 0 {
			return
		}
		for rest := b; len(rest) > 0; rest = rest[batchSize(rest):] {
			binary.BigEndian.PutUint32(rest[atChecksum:], crc32.Checksum(rest[atAttributes:batchSize(rest)], castagnoli))
		}
		u := newUnpacker()
		var rec kgo.Record
		c := batches{rest: b}
		var r run
		for ok, err := c.next(&rec, from, u); ok && err == nil; ok, err = c.next(&rec, from, u) {
			c.values(&r, from, noEnd, 3)
			if len(r.values) > 1 {
				c.back(&r, 1)
			}
		}
	})
}
