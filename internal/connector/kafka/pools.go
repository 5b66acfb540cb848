package kafka

import (
	"math/bits"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"
)

// pools keeps the memory of fetched records for the next ones, by size classes of
// powers of two.
type pools struct {
	bytes   [32]sync.Pool // of *[]byte
	records [24]sync.Pool // of *[]kgo.Record
}

func newPools() *pools { return &pools{} }

// class is the size class whose slices all hold n.
func class(n int) int { return bits.Len(uint(max(n, 1) - 1)) }

// GetDecompressBytes gives room for what is likely to come of compressed bytes.
func (p *pools) GetDecompressBytes(compressed []byte, _ kgo.CompressionCodecType) []byte {
	const ratio = 4
	c := class(ratio * len(compressed))
	if c >= len(p.bytes) {
		return nil
	}
	if b, ok := p.bytes[c].Get().(*[]byte); ok {
		return *b
	}
	return make([]byte, 0, 1<<c)
}

// PutDecompressBytes takes room back.
func (p *pools) PutDecompressBytes(b []byte) {
	if c := bits.Len(uint(cap(b))) - 1; c >= 0 && c < len(p.bytes) {
		b = b[:0]
		p.bytes[c].Put(&b)
	}
}

// GetRecords gives room for n records.
func (p *pools) GetRecords(n int) []kgo.Record {
	c := class(n)
	if c >= len(p.records) {
		return make([]kgo.Record, n)
	}
	if r, ok := p.records[c].Get().(*[]kgo.Record); ok {
		return *r
	}
	return make([]kgo.Record, 0, 1<<c)
}

// PutRecords takes room for records back.
func (p *pools) PutRecords(r []kgo.Record) {
	if c := bits.Len(uint(cap(r))) - 1; c >= 0 && c < len(p.records) {
		r = r[:0]
		p.records[c].Put(&r)
	}
}
