package objectfs

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"strconv"
	"strings"
)

// A segment is an object of a log: a part of one of its files behind a header.
//
//	0  "weirseg1"   8      32 checksum of data, CRC32C            4
//	8  writer       8      36 kind                                1
//	16 offset       8      37 bytes of the name                   1
//	24 bytes        8      38 name
//	                          checksum of all before it, CRC32C   4
//
// The data follows. It is whole, or damaged: stores do not tear.
type segment struct {
	number uint64
	kind   byte
	file   string
	offset int64 // of data in the file
	size   int64 // of data
	head   int64 // bytes before it
	sum    uint32
	data   []byte
}

const (
	segmentMagic = "weirseg1"
	segmentFixed = 38
	headKey      = "head"
)

// The kinds of segments: a writer's first is a fence, whose number stays taken for
// ever; gone is a fence whose file was removed.
const (
	kindData byte = iota
	kindFence
	kindGone
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func segmentName(n uint64) string { return fmt.Sprintf("%020d.seg", n) }

func isSegment(name string) bool { return segmentNumber(name) > 0 }

// segmentNumber is 0 for what is no segment's name: they count from 1.
func segmentNumber(name string) uint64 {
	digits, ok := strings.CutSuffix(name, ".seg")
	if !ok || len(digits) != 20 {
		return 0
	}
	n, err := strconv.ParseUint(digits, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// encode gives an object's bytes, and sets what depends on them.
func (g *segment) encode(writer uint64, data []byte) []byte {
	g.size, g.sum = int64(len(data)), crc32.Checksum(data, castagnoli)
	b := make([]byte, 0, segmentFixed+len(g.file)+4+len(data))
	b = append(b, segmentMagic...)
	b = binary.LittleEndian.AppendUint64(b, writer)
	b = binary.LittleEndian.AppendUint64(b, uint64(g.offset))
	b = binary.LittleEndian.AppendUint64(b, uint64(g.size))
	b = binary.LittleEndian.AppendUint32(b, g.sum)
	b = append(b, g.kind, byte(len(g.file)))
	b = append(b, g.file...)
	b = binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
	g.head = int64(len(b))
	return append(b, data...)
}

// damaged says which object cannot be read.
func damaged(number uint64) error {
	return fmt.Errorf("%s is damaged, or no part of a log", segmentName(number))
}

// decodeSegment reads the beginning of an object of size bytes. If all of it is in
// b, data is set and checked.
func decodeSegment(number uint64, b []byte, size int64) (*segment, error) {
	if len(b) < segmentFixed || string(b[:8]) != segmentMagic {
		return nil, damaged(number)
	}
	n := segmentFixed + int(b[37])
	if len(b) < n+4 || binary.LittleEndian.Uint32(b[n:]) != crc32.Checksum(b[:n], castagnoli) {
		return nil, damaged(number)
	}
	s := &segment{number: number, kind: b[36], file: string(b[segmentFixed:n]), offset: int64(binary.LittleEndian.Uint64(b[16:])),
		size: int64(binary.LittleEndian.Uint64(b[24:])), sum: binary.LittleEndian.Uint32(b[32:]), head: int64(n + 4)}
	if s.offset < 0 || s.kind > kindGone || s.head+s.size != size {
		return nil, damaged(number)
	}
	if int64(len(b)) == size {
		s.data = b[n+4:]
		if crc32.Checksum(s.data, castagnoli) != s.sum {
			return nil, damaged(number)
		}
	}
	return s, nil
}
