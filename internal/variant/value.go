package variant

import (
	"math"

	"github.com/weir-stream/weir/internal/types"
)

// Value is a value that is read. Bytes that did not come from a Maker may be
// anything: what they do not hold is Other, or not there.
type Value struct {
	meta string // names
	s    string // of this value, and what follows it
}

// Open gives the value of the bytes of a column.
func Open(s string) Value {
	if len(s) == 0 {
		return Value{}
	}
	w := int(s[0]>>6) + 1
	n := uintAt(s, 1, w)
	end := 1 + w + (n+1)*w
	end += uintAt(s, end-w, w)
	if end > len(s) || end < 0 {
		return Value{}
	}
	return Value{s[:end], s[end:]}
}

// uintAt reads a number of w bytes, 0 past the end.
func uintAt(s string, at, w int) int {
	n := 0
	if at < 0 || at+w > len(s) {
		return 0
	}
	for i := w - 1; i >= 0; i-- {
		n = n<<8 | int(s[at+i])
	}
	return n
}

func sub(s string, from, to int) string {
	if from < 0 || from > to || to > len(s) {
		return ""
	}
	return s[from:to]
}

// Kind tells what the value is.
func (v Value) Kind() Kind {
	if v.s == "" {
		return Other
	}
	switch v.s[0] & 3 {
	case shortString:
		return String
	case objectType:
		return Object
	case arrayType:
		return Array
	}
	switch h := v.s[0]; {
	case h == nullHeader:
		return Null
	case h == trueHeader || h == falseHeader:
		return Bool
	case h >= int8Header && h <= int64Header:
		return Int
	case h == doubleHeader:
		return Double
	case h >= decimal4Header && h <= decimal16Header:
		return Decimal
	case h == stringHeader:
		return String
	}
	return Other
}

// Bool gives a Bool.
func (v Value) Bool() bool { return v.s[0] == trueHeader }

// Int gives an Int.
func (v Value) Int() int64 {
	w := 1 << (v.s[0]>>2 - int8Header>>2)
	return int64(uintAt(v.s, 1, w)) << (64 - 8*w) >> (64 - 8*w)
}

// Double gives a Double.
func (v Value) Double() float64 { return math.Float64frombits(uint64(uintAt(v.s, 1, 8))) }

// Decimal gives a Decimal and its scale.
func (v Value) Decimal() (types.Int128, int) {
	scale := uintAt(v.s, 1, 1)
	switch v.s[0] {
	case decimal4Header:
		return types.I128(int64(int32(uintAt(v.s, 2, 4)))), scale
	case decimal8Header:
		return types.I128(int64(uintAt(v.s, 2, 8))), scale
	}
	return types.Int128{Lo: uint64(uintAt(v.s, 2, 8)), Hi: int64(uintAt(v.s, 10, 8))}, scale
}

// Text gives a String.
func (v Value) Text() string {
	if v.s[0]&3 == shortString {
		return sub(v.s, 1, 1+int(v.s[0]>>2))
	}
	return sub(v.s, 5, 5+uintAt(v.s, 1, 4))
}

// nested is the layout of an object or array.
type nested struct {
	n, ids, offs, width, data int // count, places of ids (width idWidth), offsets, data
	idWidth                   int
}

func (v Value) nested() (l nested) {
	if k := v.Kind(); k != Object && k != Array {
		return l
	}
	h := v.s[0] >> 2
	l.width = int(h&3) + 1
	large := h >> 2 & 1
	if v.s[0]&3 == objectType {
		l.idWidth = int(h>>2&3) + 1
		large = h >> 4 & 1
	}
	c := 1 + 3*int(large)
	l.n = uintAt(v.s, 1, c)
	l.ids = 1 + c
	l.offs = l.ids + l.n*l.idWidth
	l.data = l.offs + (l.n+1)*l.width
	if l.data > len(v.s) {
		return nested{}
	}
	return l
}

// Len is the number of elements or fields.
func (v Value) Len() int { return v.nested().n }

func (v Value) at(l nested, i int) Value {
	return Value{v.meta, sub(v.s, l.data+uintAt(v.s, l.offs+i*l.width, l.width), len(v.s))}
}

func (v Value) key(l nested, i int) string {
	id := uintAt(v.s, l.ids+i*l.idWidth, l.idWidth)
	w := int(v.meta[0]>>6) + 1
	n := uintAt(v.meta, 1, w)
	if id >= n {
		return ""
	}
	text := 1 + w + (n+1)*w
	return sub(v.meta, text+uintAt(v.meta, 1+w+id*w, w), text+uintAt(v.meta, 1+w+(id+1)*w, w))
}

// Element gives element i, from 0, of an Array.
func (v Value) Element(i int) (Value, bool) {
	l := v.nested()
	if i < 0 || i >= l.n {
		return Value{}, false
	}
	return v.at(l, i), true
}

// Entry gives field i, from 0 and below Len, of an Object.
func (v Value) Entry(i int) (name string, val Value) {
	l := v.nested()
	return v.key(l, i), v.at(l, i)
}

// Field gives a field of an Object by a search, since names are sorted.
func (v Value) Field(key string) (Value, bool) {
	l := v.nested()
	from, to := 0, l.n
	for from < to {
		mid := (from + to) / 2
		switch k := v.key(l, mid); {
		case k == key:
			return v.at(l, mid), true
		case k < key:
			from = mid + 1
		default:
			to = mid
		}
	}
	return Value{}, false
}

// Copy appends a value by itself, as a column holds it.
func (m *Maker) Copy(dst []byte, v Value) []byte {
	switch v.Kind() {
	case Object, Array:
		m.start()
		m.copy(v)
		dst, _ = m.finish(dst) // a part is not larger than the whole
		return dst
	}
	return append(append(dst, empty...), v.s[:v.size()]...)
}

// size is the bytes of a scalar.
func (v Value) size() int {
	if v.s == "" {
		return 0
	}
	n := 1
	switch v.Kind() {
	case Int:
		n += 1 << (v.s[0]>>2 - int8Header>>2)
	case Double:
		n += 8
	case Decimal:
		n += 1 + 4<<(v.s[0]>>2-decimal4Header>>2)
	case String:
		if n += len(v.Text()); v.s[0]&3 != shortString {
			n += 4
		}
	}
	return min(n, len(v.s))
}

func (m *Maker) copy(v Value) int32 {
	n := node{kind: v.Kind()}
	switch n.kind {
	case Bool:
		if v.Bool() {
			n.n = 1
		}
	case Int:
		n.n = v.Int()
	case Double:
		n.f = v.Double()
	case Decimal:
		d, scale := v.Decimal()
		n.d, n.n = d, int64(scale)
	case String:
		n.s = v.Text()
	case Object, Array:
		return m.copyNested(v, n)
	}
	return m.add(n)
}

func (m *Maker) copyNested(v Value, n node) int32 {
	at := m.add(n)
	from := len(m.order)
	l := v.nested()
	for i := range l.n {
		k := m.copy(v.at(l, i))
		if n.kind == Object {
			m.nodes[k].key = v.key(l, i)
		}
		m.order = append(m.order, k)
	}
	m.link(at, m.order[from:])
	m.order = m.order[:from]
	return at
}

// AppendJSON appends the value as JSON, without blanks.
func (v Value) AppendJSON(dst []byte) []byte {
	switch v.Kind() {
	case Bool:
		if v.Bool() {
			return append(dst, "true"...)
		}
		return append(dst, "false"...)
	case String:
		return AppendQuoted(dst, v.Text(), false)
	case Object, Array:
		return v.appendNested(dst)
	case Null, Other:
		return append(dst, "null"...)
	}
	return v.AppendText(dst)
}

func (v Value) appendNested(dst []byte) []byte {
	l := v.nested()
	object := v.Kind() == Object
	open, end := byte('['), byte(']')
	if object {
		open, end = '{', '}'
	}
	dst = append(dst, open)
	for i := range l.n {
		if i > 0 {
			dst = append(dst, ',')
		}
		if object {
			dst = append(AppendQuoted(dst, v.key(l, i), false), ':')
		}
		dst = v.at(l, i).AppendJSON(dst)
	}
	return append(dst, end)
}

// AppendText appends a scalar as CAST(.. AS STRING) prints it; objects and
// arrays as JSON.
func (v Value) AppendText(dst []byte) []byte {
	switch v.Kind() {
	case Bool:
		return types.AppendBool(dst, v.Bool())
	case Int:
		return types.AppendDecimal64(dst, v.Int(), 0)
	case Double:
		return types.AppendDouble(dst, v.Double())
	case Decimal:
		d, scale := v.Decimal()
		return types.AppendDecimal(dst, d, scale)
	case String:
		return append(dst, v.Text()...)
	}
	return v.AppendJSON(dst)
}
