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
//	0  "weirseg1"   8      24 bytes of the name   2
//	8  writer       8      26 name
//	16 offset       8         checksum of all before it, CRC32C   4
//
// The data follows, which has checksums of its own. An object without bytes is
// what is left of the first segment of a file that was removed.
type segment struct {
	number uint64
	file   string
	offset int64 // of data in the file
	size   int64 // of data
	head   int64 // bytes before it
	data   []byte
}

const (
	segmentMagic = "weirseg1"
	segmentFixed = 26
	headKey      = "head"
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

// encodeSegment gives an object's bytes.
func encodeSegment(writer uint64, file string, offset int64, data []byte) []byte {
	b := make([]byte, 0, segmentFixed+len(file)+4+len(data))
	b = append(b, segmentMagic...)
	b = binary.LittleEndian.AppendUint64(b, writer)
	b = binary.LittleEndian.AppendUint64(b, uint64(offset))
	b = binary.LittleEndian.AppendUint16(b, uint16(len(file)))
	b = append(b, file...)
	b = binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
	return append(b, data...)
}

// decodeSegment reads the beginning of an object of size bytes. Data is set if all
// of it is in b.
func decodeSegment(number uint64, b []byte, size int64) (*segment, error) {
	bad := fmt.Errorf("%s is no part of a log, or damaged", segmentName(number))
	if len(b) < segmentFixed || string(b[:8]) != segmentMagic {
		return nil, bad
	}
	n := segmentFixed + int(binary.LittleEndian.Uint16(b[24:]))
	if len(b) < n+4 || binary.LittleEndian.Uint32(b[n:]) != crc32.Checksum(b[:n], castagnoli) {
		return nil, bad
	}
	s := &segment{number: number, file: string(b[segmentFixed:n]), offset: int64(binary.LittleEndian.Uint64(b[16:])), head: int64(n + 4), size: size - int64(n+4)}
	if s.offset < 0 || s.size < 0 {
		return nil, bad
	}
	if int64(len(b)) == size {
		s.data = b[n+4:]
	}
	return s, nil
}
