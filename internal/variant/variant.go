// Package variant holds semi-structured values as bytes: what VARIANT columns
// hold. The bytes are Parquet's Variant Binary Encoding, metadata (the names of
// fields) and value one after the other, in a canonical form: names sorted,
// without ones that no field has, numbers in the smallest kind. So equal values
// are equal bytes, whatever the order of their fields was, and state, hashing,
// grouping and exchanges need to know nothing of them.
package variant

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"strings"

	"github.com/weir-stream/weir/internal/types"
)

// Kind is what a value is.
type Kind uint8

// The kinds. Other is one that JSON does not have and no function here makes.
const (
	Other Kind = iota
	Null
	Bool
	Int // of 8 to 64 bits
	Double
	Decimal
	String
	Object
	Array
)

var kindNames = [...]string{"value", "null", "BOOLEAN", "integer", "DOUBLE", "DECIMAL", "STRING", "object", "array"}

// String gives the kind as messages name it.
func (k Kind) String() string { return kindNames[k] }

// The headers of values: the basic type in the lower two bits, for primitives
// the type in the upper six.
const (
	primitive = iota
	shortString
	objectType
	arrayType
)

const (
	nullHeader = iota << 2
	trueHeader
	falseHeader
	int8Header
	int16Header
	int32Header
	int64Header
	doubleHeader
	decimal4Header
	decimal8Header
	decimal16Header

	stringHeader = 16 << 2
)

const (
	sortedVersion = 0x11    // version 1, names sorted
	mostShort     = 63      // the longest text with its length in the header
	mostBytes     = 1 << 24 // of metadata or value, as Flink and Spark bound them
)

// empty is the metadata without names.
const empty = "\x11\x00\x00"

// ErrSize is given for values of more than 16 MiB.
var ErrSize = errors.New("a VARIANT holds at most 16 MiB")

// node is a value being made; kids are chained by index, 0 is none.
type node struct {
	kind        Kind
	key         string // in an object
	n           int64  // Bool, Int; Decimal: the scale
	d           types.Int128
	f           float64
	s           string
	first, next int32
	count       int // of kids
	data, size  int // bytes of the kids, of the whole value
}

// Maker makes values. Its buffers serve all calls; it is not for several
// goroutines at once.
type Maker struct {
	nodes []node
	names []string
	at    map[string]int
	order []int32
}

func (m *Maker) start() {
	m.nodes = append(m.nodes[:0], node{})
	m.names, m.order = m.names[:0], m.order[:0]
	if m.at == nil {
		m.at = map[string]int{}
	}
	clear(m.at)
}

func (m *Maker) add(n node) int32 {
	m.nodes = append(m.nodes, n)
	return int32(len(m.nodes) - 1)
}

// link makes kids, in order, those of a value; in an object they are sorted by
// name, which must differ.
func (m *Maker) link(parent int32, kids []int32) {
	last := int32(0)
	for _, k := range kids {
		if last == 0 {
			m.nodes[parent].first = k
		} else {
			m.nodes[last].next = k
		}
		m.nodes[k].next, last = 0, k
	}
	m.nodes[parent].count = len(kids)
}

// collect finds the names in a value.
func (m *Maker) collect(at int32) {
	n := &m.nodes[at]
	for k := n.first; k != 0; k = m.nodes[k].next {
		if _, ok := m.at[m.nodes[k].key]; !ok && n.kind == Object {
			m.at[m.nodes[k].key] = 0
			m.names = append(m.names, m.nodes[k].key)
		}
		m.collect(k)
	}
}

// finish appends the value whose root is node 1.
func (m *Maker) finish(dst []byte) ([]byte, error) {
	m.collect(1)
	slices.Sort(m.names)
	text := 0
	for i, s := range m.names {
		m.at[s] = i
		text += len(s)
	}
	m.measure(1)
	if max(text, len(m.names)) >= mostBytes || m.nodes[1].size >= mostBytes {
		return dst, ErrSize
	}
	w := width(max(text, len(m.names)))
	dst = append(dst, byte(sortedVersion|(w-1)<<6))
	dst = appendUint(dst, len(m.names), w)
	at := 0
	for _, s := range m.names {
		dst = appendUint(dst, at, w)
		at += len(s)
	}
	dst = appendUint(dst, at, w)
	for _, s := range m.names {
		dst = append(dst, s...)
	}
	return m.append(dst, 1), nil
}

// width is the bytes of an unsigned number.
func width(n int) int {
	switch {
	case n < 1<<8:
		return 1
	case n < 1<<16:
		return 2
	case n < 1<<24:
		return 3
	}
	return 4
}

func appendUint(dst []byte, n, w int) []byte {
	for range w {
		dst = append(dst, byte(n))
		n >>= 8
	}
	return dst
}

// ids is the width of the ids of an object's fields, which ascend.
func (m *Maker) ids(n *node) int {
	id := 0
	for k := n.first; k != 0; k = m.nodes[k].next {
		id = max(id, m.at[m.nodes[k].key])
	}
	return width(id)
}

// measure sets the sizes of a value and all in it.
func (m *Maker) measure(at int32) int {
	n := &m.nodes[at]
	switch n.kind {
	case Int:
		n.size = 1 + intBytes(n.n)
	case Double:
		n.size = 9
	case Decimal:
		n.size = 2 + decimalBytes(n.d, int(n.n))
	case String:
		if n.size = 1 + len(n.s); len(n.s) > mostShort {
			n.size += 4
		}
	case Object, Array:
		n.data = 0
		for k := n.first; k != 0; k = m.nodes[k].next {
			n.data += m.measure(k)
		}
		n.size = 1 + countBytes(n.count) + (n.count+1)*width(n.data) + n.data
		if n.kind == Object {
			n.size += n.count * m.ids(n)
		}
	default:
		n.size = 1
	}
	return n.size
}

func countBytes(n int) int {
	if n > 255 {
		return 4
	}
	return 1
}

func intBytes(n int64) int {
	switch {
	case n == int64(int8(n)):
		return 1
	case n == int64(int16(n)):
		return 2
	case n == int64(int32(n)):
		return 4
	}
	return 8
}

// decimalBytes is the width of the unscaled value: by the digits of both.
func decimalBytes(d types.Int128, scale int) int {
	switch {
	case scale <= 9 && types.FitsPrecision(d, 9):
		return 4
	case scale <= 18 && types.FitsPrecision(d, 18):
		return 8
	}
	return 16
}

var intHeaders = map[int]byte{1: int8Header, 2: int16Header, 4: int32Header, 8: int64Header}
var decimalHeaders = map[int]byte{4: decimal4Header, 8: decimal8Header, 16: decimal16Header}

func (m *Maker) append(dst []byte, at int32) []byte {
	n := &m.nodes[at]
	le := binary.LittleEndian
	switch n.kind {
	case Bool:
		if n.n != 0 {
			return append(dst, trueHeader)
		}
		return append(dst, falseHeader)
	case Int:
		w := intBytes(n.n)
		return appendUint(append(dst, intHeaders[w]), int(n.n), w)
	case Double:
		return le.AppendUint64(append(dst, doubleHeader), math.Float64bits(n.f))
	case Decimal:
		w := decimalBytes(n.d, int(n.n))
		dst = appendUint(append(dst, decimalHeaders[w], byte(n.n)), int(n.d.Lo), min(w, 8))
		if w == 16 {
			dst = le.AppendUint64(dst, uint64(n.d.Hi))
		}
		return dst
	case String:
		if len(n.s) <= mostShort {
			return append(append(dst, byte(len(n.s)<<2|shortString)), n.s...)
		}
		return append(le.AppendUint32(append(dst, stringHeader), uint32(len(n.s))), n.s...)
	case Object, Array:
		return m.appendNested(dst, n)
	}
	return append(dst, nullHeader)
}

func (m *Maker) appendNested(dst []byte, n *node) []byte {
	w, c := width(n.data), countBytes(n.count)
	large := byte(c / 4)
	ids := 0
	if n.kind == Object {
		ids = m.ids(n)
		dst = append(dst, large<<6|byte(ids-1)<<4|byte(w-1)<<2|objectType)
	} else {
		dst = append(dst, large<<4|byte(w-1)<<2|arrayType)
	}
	dst = appendUint(dst, n.count, c)
	if ids > 0 {
		for k := n.first; k != 0; k = m.nodes[k].next {
			dst = appendUint(dst, m.at[m.nodes[k].key], ids)
		}
	}
	at := 0
	for k := n.first; k != 0; k = m.nodes[k].next {
		dst = appendUint(dst, at, w)
		at += m.nodes[k].size
	}
	dst = appendUint(dst, at, w)
	for k := n.first; k != 0; k = m.nodes[k].next {
		dst = m.append(dst, k)
	}
	return dst
}

// byName orders kids by name; of equal names the later comes first.
func (m *Maker) byName(a, b int32) int {
	if c := strings.Compare(m.nodes[a].key, m.nodes[b].key); c != 0 {
		return c
	}
	return int(b - a)
}
