package kafka

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"time"
	"unsafe"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// The header of a record batch, as of Kafka 0.11 (magic 2): where its fields lie.
const (
	atLength      = 8
	atEpoch       = 12
	atMagic       = 16
	atChecksum    = 17
	atAttributes  = 21 // from here on the checksum covers it
	atLastOffset  = 23 // less the first
	atFirstTime   = 27
	atMaxTime     = 35
	atProducer    = 43
	atProducerGen = 51
	atCount       = 57
	headerSize    = 61
)

// Attributes of a batch.
const (
	codecBits     = 0b111
	appendTime    = 1 << 3
	transactional = 1 << 4
	control       = 1 << 5
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// errDamaged is of batches that are not what they say.
var errDamaged = errors.New("a record batch is damaged")

// batches are record batches of a partition as brokers keep them. Records are read out
// of them in place: none has an object of its own.
type batches struct {
	rest    []byte // those that were not begun, whole
	aborted aborted

	in    []byte // records of the one that was begun
	left  int    // how many are in it
	room  []byte // what it was unpacked into
	first int64  // offset
	time  int64  // ms, of the first record; of all if they have that of the broker
	fixed bool   // they have
	upTo  int64  // the offset behind all batches that were read or passed over
	last  int64  // that behind the one that was begun
}

// unpacker unpacks batches into memory that is used again.
type unpacker struct {
	kgo.Decompressor
	pools *pools
}

func newUnpacker() *unpacker {
	p := newPools()
	return &unpacker{kgo.DefaultDecompressor(p), p}
}

// next reads the next record at or behind an offset into rec, which is valid until the
// call after it. It reports false at the end.
func (c *batches) next(rec *kgo.Record, from int64, u *unpacker) (bool, error) {
	for {
		for c.left > 0 {
			if err := c.record(rec); err != nil {
				return false, err
			}
			if rec.Offset >= from {
				return true, nil
			}
		}
		c.upTo = max(c.upTo, c.last)
		c.free(u)
		if len(c.rest) == 0 {
			return false, nil
		}
		if err := c.begin(rec, from, u); err != nil {
			return false, err
		}
	}
}

// free gives the memory of the batch that was begun back.
func (c *batches) free(u *unpacker) {
	if c.room != nil {
		u.pools.PutDecompressBytes(c.room)
	}
	c.room, c.in = nil, nil
}

// begin opens the next batch. One that was aborted, or marks the end of a transaction,
// has no records for us.
func (c *batches) begin(rec *kgo.Record, from int64, u *unpacker) error {
	b := c.rest[:batchSize(c.rest)]
	c.rest = c.rest[len(b):]
	if crc32.Checksum(b[atAttributes:], castagnoli) != binary.BigEndian.Uint32(b[atChecksum:]) {
		return fmt.Errorf("%w: its checksum is another", errDamaged)
	}
	c.first = int64(binary.BigEndian.Uint64(b))
	c.last = c.first + int64(binary.BigEndian.Uint32(b[atLastOffset:])) + 1
	attributes := binary.BigEndian.Uint16(b[atAttributes:])
	if c.aborted.covers(b, attributes) || attributes&control != 0 || c.last <= from { // covers has to see all
		return nil
	}
	c.in = b[headerSize:]
	if codec := kgo.CompressionCodecType(attributes & codecBits); codec != kgo.CodecNone {
		var err error
		if c.in, err = u.Decompress(c.in, codec); err != nil {
			return fmt.Errorf("%w: %w", errDamaged, err)
		}
		c.room = c.in
	}
	c.left = int(int32(binary.BigEndian.Uint32(b[atCount:])))
	if c.left < 0 || c.left > 0 && len(c.in) == 0 {
		return errDamaged
	}
	c.time, c.fixed = int64(binary.BigEndian.Uint64(b[atFirstTime:])), attributes&appendTime != 0
	if c.fixed {
		c.time = int64(binary.BigEndian.Uint64(b[atMaxTime:]))
	}
	rec.LeaderEpoch = int32(binary.BigEndian.Uint32(b[atEpoch:]))
	rec.ProducerID, rec.ProducerEpoch = int64(binary.BigEndian.Uint64(b[atProducer:])), int16(binary.BigEndian.Uint16(b[atProducerGen:]))
	opts := kgo.RecordAttrsOpts{Codec: kgo.CompressionCodecType(attributes & codecBits), Transactional: attributes&transactional != 0}
	if c.fixed {
		opts.TimestampType = 1
	}
	rec.Attrs = kgo.NewRecordAttrs(opts)
	return nil
}

// record reads the next record of the batch that was begun. Its length and all numbers
// in it are zigzag varints.
func (c *batches) record(rec *kgo.Record) error {
	n, p := varint(c.in, 0)
	if p < 0 || n < 0 || n > int64(len(c.in)-p) {
		return errDamaged
	}
	b := c.in[p : p+int(n)]
	c.in = c.in[p+int(n):]
	c.left--
	time1, p := varint(b, 1) // behind attributes, of which there are none
	offset, p := varint(b, p)
	if rec.Key, p = cut(b, p); p < 0 {
		return errDamaged
	}
	if rec.Value, p = cut(b, p); p < 0 {
		return errDamaged
	}
	rec.Offset = c.first + offset
	if c.fixed {
		time1 = 0
	}
	rec.Timestamp = time.UnixMilli(c.time + time1)
	headers, p := varint(b, p)
	if p < 0 || headers < 0 || headers > int64(len(b)) {
		return errDamaged
	}
	rec.Headers = rec.Headers[:0]
	for range headers {
		var key, value []byte
		if key, p = cut(b, p); p >= 0 {
			value, p = cut(b, p)
		}
		if p < 0 {
			return errDamaged
		}
		rec.Headers = append(rec.Headers, kgo.RecordHeader{Key: unsafe.String(unsafe.SliceData(key), len(key)), Value: value})
	}
	return nil
}

// run is records in a row of which only the values are needed.
type run struct {
	values  [][]byte
	offsets []int64
	begins  []int  // where the records begin in
	in      []byte // the batch
}

// values reads up to most records at or behind an offset and before another. It stops
// with the batch, and at a record of which next has to say what is wrong.
func (c *batches) values(to *run, from, end int64, most int) {
	to.values, to.offsets, to.begins, to.in = to.values[:0], to.offsets[:0], to.begins[:0], c.in
	at := 0
	for c.left > 0 && len(to.values) < most {
		n, p := varint(c.in, at)
		if p < 0 || n < 0 || n > int64(len(c.in)-p) {
			break
		}
		b := c.in[p : p+int(n)]
		offset, q := varint(b, pass(b, 1)) // behind attributes and time
		if offset += c.first; end != noEnd && offset >= end {
			break
		}
		_, q = cut(b, q)
		value, q := cut(b, q)
		if q < 0 {
			break
		}
		if offset >= from {
			to.values, to.offsets, to.begins = append(to.values, value), append(to.offsets, offset), append(to.begins, at)
		}
		at = p + int(n)
		c.left--
	}
	c.in = c.in[at:]
}

// back goes back to record i of a run.
func (c *batches) back(to *run, i int) {
	c.in = to.in[to.begins[i]:]
	c.left += len(to.values) - i
}

// pass gives the position behind the varint at p.
func pass(b []byte, p int) int {
	for p < len(b) && b[p] >= 0x80 {
		p++
	}
	return p + 1
}

// varint reads a zigzag varint at p and gives the position behind it, which is
// negative if there is none, or was none before.
func varint(b []byte, p int) (int64, int) {
	if p >= 0 && p+1 < len(b) {
		x := uint64(b[p])
		if x < 0x80 {
			return int64(x>>1) ^ -int64(x&1), p + 1
		}
		if y := uint64(b[p+1]); y < 0x80 {
			x = x&0x7f | y<<7
			return int64(x>>1) ^ -int64(x&1), p + 2
		}
	}
	return longVarint(b, p)
}

func longVarint(b []byte, p int) (int64, int) {
	if p < 0 || p > len(b) {
		return 0, -1
	}
	v, n := binary.Varint(b[p:])
	if n <= 0 {
		return 0, -1
	}
	return v, p + n
}

// cut reads bytes with their length before them, which is negative for null.
func cut(b []byte, p int) ([]byte, int) {
	n, p := varint(b, p)
	switch {
	case p < 0 || n > int64(len(b)-p):
		return nil, -1
	case n < 0:
		return nil, p
	}
	return b[p : p+int(n) : p+int(n)], p + int(n)
}

// batchSize is the size of the batch that b begins with; b may end before it does.
func batchSize(b []byte) int {
	return int(int32(binary.BigEndian.Uint32(b[atLength:]))) + atEpoch
}

// whole parts the batches that b has whole from what a broker added of the next one.
// largest is of the batches, the last included. ok is false where b has other than
// record batches: sets of messages, as they were before Kafka 0.11.
func whole(b []byte) (_ []byte, largest int, ok bool) {
	at := 0
	for len(b)-at > atMagic {
		if b[at+atMagic] != 2 {
			return nil, 0, false
		}
		n := batchSize(b[at:])
		if n < headerSize {
			return nil, 0, false
		}
		largest = max(largest, n)
		if n > len(b)-at {
			break
		}
		at += n
	}
	return b[:at], largest, true
}

// ends gives the offset behind the last of whole batches, and its leader's epoch.
func ends(b []byte) (next int64, epoch int32) {
	for len(b) > 0 {
		n := batchSize(b)
		next = int64(binary.BigEndian.Uint64(b)) + int64(binary.BigEndian.Uint32(b[atLastOffset:])) + 1
		epoch = int32(binary.BigEndian.Uint32(b[atEpoch:]))
		b = b[n:]
	}
	return next, epoch
}

// aborted are the transactions of a fetch that were aborted: their first offsets by
// their producer, ascending.
type aborted map[int64][]int64

func newAborted(list []kmsg.FetchResponseTopicPartitionAbortedTransaction) aborted {
	if len(list) == 0 {
		return nil
	}
	a := aborted{}
	for _, t := range list {
		a[t.ProducerID] = append(a[t.ProducerID], t.FirstOffset)
	}
	for _, offsets := range a {
		slices.Sort(offsets) // which brokers of Kafka have done, others not
	}
	return a
}

// covers reports whether a batch is of an aborted transaction, whose end is a control
// batch of its producer.
func (a aborted) covers(b []byte, attributes uint16) bool {
	if len(a) == 0 || attributes&transactional == 0 {
		return false
	}
	producer := int64(binary.BigEndian.Uint64(b[atProducer:]))
	offsets := a[producer]
	if len(offsets) == 0 || int64(binary.BigEndian.Uint64(b)) < offsets[0] {
		return false
	}
	if attributes&control != 0 && marksAbort(b[headerSize:]) {
		a[producer] = offsets[1:]
	}
	return true
}

// marksAbort reads the record of a control batch: its key is a version and a type, 0
// for an abort and 1 for a commit.
func marksAbort(b []byte) bool {
	_, p := varint(b, 0)
	_, p = varint(b, p+1)
	_, p = varint(b, p)
	key, p := cut(b, p)
	return p >= 0 && len(key) >= 4 && key[2] == 0 && key[3] == 0
}
