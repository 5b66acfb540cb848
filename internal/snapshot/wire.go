package snapshot

import (
	"encoding/binary"
	"hash/crc32"
)

// castagnoli is CRC32C, which processors compute.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checksum(b []byte) uint32 { return crc32.Checksum(b, castagnoli) }

// Version is the format that this program writes and the newest that it reads.
const Version = 3

// preambleSize is what every file begins with, in every version: 8 bytes of
// magic, the version, and the checksum of both.
const preambleSize = 16

// The kinds of files. All have 8 bytes.
const (
	magicLog       = "WEIRLOG\n"
	magicImage     = "WEIRIMG\n"
	magicIndex     = "WEIRIDX\n"
	magicSavepoint = "WEIRSAV\n"
)

func appendPreamble(dst []byte, magic string) []byte {
	at := len(dst)
	dst = append(dst, magic...)
	dst = binary.LittleEndian.AppendUint32(dst, Version)
	return binary.LittleEndian.AppendUint32(dst, checksum(dst[at:]))
}

// preamble gives the version that a file says it has, 0 if it does not begin as
// a file of this kind does.
func preamble(b []byte, magic string) uint32 {
	if len(b) < preambleSize || string(b[:8]) != magic || binary.LittleEndian.Uint32(b[12:]) != checksum(b[:12]) {
		return 0
	}
	return binary.LittleEndian.Uint32(b[8:])
}

// encoder appends numbers and strings.
type encoder struct{ b []byte }

func (e *encoder) uint(v uint64)  { e.b = binary.AppendUvarint(e.b, v) }
func (e *encoder) int(v int64)    { e.b = binary.AppendVarint(e.b, v) }
func (e *encoder) word(v uint32)  { e.b = binary.LittleEndian.AppendUint32(e.b, v) }
func (e *encoder) str(s string)   { e.uint(uint64(len(s))); e.b = append(e.b, s...) }
func (e *encoder) bytes(s []byte) { e.uint(uint64(len(s))); e.b = append(e.b, s...) }
func (e *encoder) flag(v bool)    { e.b = append(e.b, bit(v)) }
func (e *encoder) octet(v byte)   { e.b = append(e.b, v) }
func (e *encoder) sealed() []byte { return binary.LittleEndian.AppendUint32(e.b, checksum(e.b)) }
func bit(v bool) (b byte) {
	if v {
		b = 1
	}
	return b
}

// decoder reads what an encoder wrote. After anything that does not fit it is
// bad and gives zeros, so that only the end needs to ask.
type decoder struct {
	b   []byte
	bad bool
}

func (d *decoder) uint() uint64 {
	v, n := binary.Uvarint(d.b)
	if n <= 0 {
		d.fail()
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *decoder) int() int64 {
	v, n := binary.Varint(d.b)
	if n <= 0 {
		d.fail()
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *decoder) word() uint32 {
	if len(d.b) < 4 {
		d.fail()
		return 0
	}
	v := binary.LittleEndian.Uint32(d.b)
	d.b = d.b[4:]
	return v
}

func (d *decoder) octet() byte {
	if len(d.b) < 1 {
		d.fail()
		return 0
	}
	v := d.b[0]
	d.b = d.b[1:]
	return v
}

func (d *decoder) flag() bool { return d.octet() == 1 }

// bytes gives a part of the decoder's own bytes.
func (d *decoder) bytes() []byte {
	n := d.uint()
	if n > uint64(len(d.b)) {
		d.fail()
		return nil
	}
	v := d.b[:n:n]
	d.b = d.b[n:]
	return v
}

func (d *decoder) str() string { return string(d.bytes()) }

// count gives a number of things that take at least one byte each.
func (d *decoder) count() int {
	n := d.uint()
	if n > uint64(len(d.b)) {
		d.fail()
		return 0
	}
	return int(n)
}

func (d *decoder) fail() { d.bad, d.b = true, nil }

// unsealed gives the bytes before a checksum at their end, false if it is not
// theirs.
func unsealed(b []byte) ([]byte, bool) {
	n := len(b) - 4
	if n < 0 || binary.LittleEndian.Uint32(b[n:]) != checksum(b[:n]) {
		return nil, false
	}
	return b[:n], true
}

// update goes on with a checksum.
func update(sum uint32, b []byte) uint32 { return crc32.Update(sum, castagnoli, b) }
