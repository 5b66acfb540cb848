package protobuf

import (
	"encoding/binary"

	"github.com/weir-stream/weir/internal/format"
)

// Wire types.
const (
	wireVarint = 0
	wire64     = 1
	wireBytes  = 2
	wireGroup  = 3
	wireEnd    = 4
	wire32     = 5
)

// deepest is how many groups may lie in each other where they are passed over.
const deepest = 100

// input is a message that is being read: p is the next byte, end the end of the
// (inner) message. fault is what is wrong at byte at; the first one counts.
type input struct {
	src     []byte
	p, end  int
	fault   string
	at      int
	arena   format.Arena
	dropped bool // a value of an enum that is closed and does not know it
}

func (in *input) fail(what string) {
	if in.fault == "" {
		in.fault, in.at = what, in.p
	}
	in.p = in.end
}

const cut = "the message ends inside of a value"

// uvarint reads a number of up to ten bytes.
func (in *input) uvarint() uint64 {
	if in.p < in.end && in.src[in.p] < 0x80 {
		u := uint64(in.src[in.p])
		in.p++
		return u
	}
	u, n := binary.Uvarint(in.src[in.p:in.end])
	switch {
	case n > 0:
		in.p += n
	case n < 0 || in.end-in.p >= binary.MaxVarintLen64:
		in.fail("a number has more than 64 bits")
		return 0
	default:
		in.fail(cut)
		return 0
	}
	return u
}

func zigzag(u uint64) int64 { return int64(u>>1) ^ -int64(u&1) }

func (in *input) fixed32() uint32 {
	if in.end-in.p < 4 {
		in.fail(cut)
		return 0
	}
	u := binary.LittleEndian.Uint32(in.src[in.p:])
	in.p += 4
	return u
}

func (in *input) fixed64() uint64 {
	if in.end-in.p < 8 {
		in.fail(cut)
		return 0
	}
	u := binary.LittleEndian.Uint64(in.src[in.p:])
	in.p += 8
	return u
}

// bytes reads a value with its length before it, which stays part of the message.
func (in *input) bytes() []byte {
	n := in.uvarint()
	if n > uint64(in.end-in.p) {
		in.fail(cut)
		return nil
	}
	b := in.src[in.p : in.p+int(n)]
	in.p += int(n)
	return b
}

// tag reads the number and the wire type of a field.
func (in *input) tag() (num uint32, wire byte) {
	at := in.p
	t := in.uvarint()
	if num := t >> 3; in.fault == "" && (num == 0 || num > 1<<29-1) {
		in.p = at
		in.fail("a field has a number that fields cannot have")
	}
	return uint32(t >> 3), byte(t & 7)
}

// skip passes over a value.
func (in *input) skip(num uint32, wire byte) {
	switch wire {
	case wireVarint:
		in.uvarint()
	case wire64:
		in.fixed64()
	case wire32:
		in.fixed32()
	case wireBytes:
		in.bytes()
	case wireGroup:
		in.skipGroup(num)
	case wireEnd:
		in.fail("a group ends that did not begin")
	default:
		in.fail("a field has a wire type that does not exist")
	}
}

// skipGroup passes over a group and those in it.
func (in *input) skipGroup(num uint32) {
	var open [deepest]uint32
	open[0] = num
	for depth := 1; depth > 0 && in.fault == ""; {
		if in.p >= in.end {
			in.fail("the message ends inside of a group")
			return
		}
		n, wire := in.tag()
		switch {
		case wire == wireEnd && n == open[depth-1]:
			depth--
		case wire == wireGroup && depth == deepest:
			in.fail("too many groups lie in each other")
		case wire == wireGroup:
			open[depth] = n
			depth++
		default:
			in.skip(n, wire)
		}
	}
}
