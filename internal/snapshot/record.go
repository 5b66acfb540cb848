package snapshot

import "encoding/binary"

// A record is a header of fixed size, a front that the header's checksum does
// not cover but whose own it holds, and the bytes of the blocks, whose checksums
// are in the front. So all of it is covered, and a log can be walked by reading
// headers and fronts.
//
//	0  magic    4      24 bytes after the header   8
//	4  kind     1      32 bytes of the front       4
//	5  flags    1      36 checksum of the front    4
//	6  zero     2      40 zero                     4
//	8  salt     8      44 checksum of bytes 0..43  4
//	16 epoch    8
//
// Records begin at multiples of 8. The salt is the file's own, so that neither
// the blocks' bytes nor what the disk held before can be taken for a record.
const (
	headerSize  = 48
	recordMagic = 0x43455257 // "WREC"
	recordAlign = 8

	kindManifest = 1
	kindFrame    = 2
	kindCarried  = 3 // a frame within a manifest
)

type header struct {
	kind     byte
	flags    byte
	salt     uint64
	epoch    uint64
	length   uint64
	front    uint32
	frontSum uint32
}

const flagFinal = 1

// put writes the header over the first bytes of b.
func (h *header) put(b []byte) {
	_ = b[headerSize-1]
	clear(b[:headerSize])
	binary.LittleEndian.PutUint32(b, recordMagic)
	b[4], b[5] = h.kind, h.flags
	binary.LittleEndian.PutUint64(b[8:], h.salt)
	binary.LittleEndian.PutUint64(b[16:], h.epoch)
	binary.LittleEndian.PutUint64(b[24:], h.length)
	binary.LittleEndian.PutUint32(b[32:], h.front)
	binary.LittleEndian.PutUint32(b[36:], h.frontSum)
	binary.LittleEndian.PutUint32(b[44:], checksum(b[:44]))
}

// parse reads a header; false if these bytes are none.
func (h *header) parse(b []byte) bool {
	if len(b) < headerSize || binary.LittleEndian.Uint32(b) != recordMagic ||
		binary.LittleEndian.Uint32(b[44:]) != checksum(b[:44]) {
		return false
	}
	*h = header{
		kind: b[4], flags: b[5],
		salt:     binary.LittleEndian.Uint64(b[8:]),
		epoch:    binary.LittleEndian.Uint64(b[16:]),
		length:   binary.LittleEndian.Uint64(b[24:]),
		front:    binary.LittleEndian.Uint32(b[32:]),
		frontSum: binary.LittleEndian.Uint32(b[36:]),
	}
	return h.length <= 1<<48 && uint64(h.front) <= h.length
}

// end gives where a record that begins at off ends.
func (h *header) end(off int64) int64 { return off + headerSize + int64(h.length) }

// aligned gives where the record after one that ends at off begins.
func aligned(off int64) int64 { return (off + recordAlign - 1) &^ (recordAlign - 1) }
