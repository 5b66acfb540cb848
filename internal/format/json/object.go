package json

import (
	"bytes"

	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// object reads the fields of a record or ROW.
type object struct {
	fields []field
	byName map[string]int
	order  []expected
}

// expected is a key in the order in which keys came: its bytes as they stood,
// with the colon, and the field that it means, -1 for none.
type expected struct {
	raw   string
	field int
}

// most keys that the order of an object remembers; objects used as maps would
// make it grow for ever.
const mostKeys = 512

// field is how a value is read.
type field struct {
	name  string
	typ   types.Type
	kind  reading
	parse format.Parser
	row   *object // ROW
	elem  *field  // ARRAY element, MAP value
}

// reading is the way into a column.
type reading uint8

const (
	readScalar reading = iota // by the field's parser
	readLong
	readInt
	readText
	readArray
	readMap
	readRow
	readVariant
)

func (d *decoder) newObject(fields []types.Field) object {
	o := object{byName: map[string]int{}}
	for i, f := range fields {
		x := d.newField(f.Name, f.Type)
		o.fields = append(o.fields, x)
		o.byName[f.Name] = i
	}
	return o
}

func (d *decoder) newField(name string, t types.Type) field {
	f := field{name: name, typ: t}
	switch t.Kind {
	case types.BigInt, types.IntervalYM, types.IntervalDT:
		f.kind = readLong
	case types.TinyInt, types.SmallInt, types.Int:
		f.kind = readInt
	case types.Char, types.Varchar:
		f.kind = readText
	case types.Variant:
		f.kind = readVariant
	case types.Array:
		e := d.newField(name, *t.Elem)
		f.kind, f.elem = readArray, &e
	case types.Map:
		e := d.newField(name, *t.Elem)
		f.kind, f.elem = readMap, &e
	case types.Multiset:
		e := d.newField(name, types.Of(types.Int))
		f.kind, f.elem = readMap, &e
	case types.Row:
		o := d.newObject(t.Fields)
		f.kind, f.row = readRow, &o
	default:
		f.parse = format.ParserOf(t, d.zone, &d.arena)
	}
	return f
}

// object reads the fields after an opening brace into row of the columns, and
// gives the position behind the closing one.
func (d *decoder) object(src []byte, p int, o *object, cols []*vec.Vector, row int) int {
	set, turn := 0, 0
	if p < len(src) && src[p] <= ' ' {
		p = d.blanks(src, p)
	}
	if p == len(src) {
		return cut
	}
	if src[p] == '}' {
		return d.fill(p+1, o, cols, row, 0)
	}
	for {
		f := -2
		if turn < len(o.order) {
			if e := &o.order[turn]; len(src)-p >= len(e.raw) && string(src[p:p+len(e.raw)]) == e.raw {
				f = e.field
				p += len(e.raw)
				turn++
			}
		}
		if f == -2 {
			if p, f, turn = d.key(src, p, o, turn); p < 0 {
				return p
			}
		}
		if p < len(src) && src[p] <= ' ' {
			p = d.blanks(src, p)
		}
		if p == len(src) {
			return cut
		}
		if f < 0 {
			p = d.skip(src, p)
		} else {
			if cols[f].N > row { // the key came before
				cols[f].Truncate(row)
				set--
			}
			p = d.member(src, p, &o.fields[f], cols[f])
			set++
		}
		if p < 0 {
			return p
		}
		if p < len(src) && src[p] <= ' ' {
			p = d.blanks(src, p)
		}
		if p == len(src) {
			return cut
		}
		switch src[p] {
		case ',':
			p++
			if p < len(src) && src[p] <= ' ' {
				p = d.blanks(src, p)
			}
		case '}':
			return d.fill(p+1, o, cols, row, set)
		default:
			return d.bad(p, "',' or '}' must follow here, not "+format.Quote(src[p:p+1]))
		}
	}
}

// member reads the value of a field; under ignore-parse-errors one that does
// not fit becomes NULL.
func (d *decoder) member(src []byte, p int, f *field, v *vec.Vector) int {
	n, line := v.N, d.line
	q := d.value(src, p, f, v)
	if q != unfit {
		return q
	}
	what := "column " + f.name + ": " + d.fault.what
	if !d.ignore {
		d.fault.what = what
		return unfit
	}
	v.Truncate(n)
	d.line = line
	if q = d.skip(src, p); q < 0 {
		return q
	}
	at := min(d.fault.at, len(src))
	d.note(format.Malformed(d.file, line, at-bytes.LastIndexByte(src[:at], '\n'), what))
	v.AppendNulls(1)
	return q
}

// fill gives fields that were missing a NULL.
func (d *decoder) fill(p int, o *object, cols []*vec.Vector, row, set int) int {
	if set == len(o.fields) {
		return p
	}
	for i, v := range cols {
		if v.N > row {
			continue
		}
		if d.strict {
			return d.bad(p-1, "the field '"+o.fields[i].name+"' is missing")
		}
		v.AppendNulls(1)
	}
	return p
}

// key reads a key that was not the expected one, with its colon, and learns.
func (d *decoder) key(src []byte, p int, o *object, turn int) (next, f, at int) {
	for i := turn + 1; i < len(o.order) && i < turn+4; i++ { // some were left out
		if e := &o.order[i]; bytes.HasPrefix(src[p:], []byte(e.raw)) {
			return p + len(e.raw), e.field, i + 1
		}
	}
	if p == len(src) {
		return cut, 0, 0
	}
	if src[p] != '"' {
		return d.bad(p, "a key in quotes must stand here, not "+format.Quote(src[p:p+1])), 0, 0
	}
	name, q := d.text(src, p+1)
	if q < 0 {
		return q, 0, 0
	}
	f, ok := o.byName[string(name)]
	if !ok {
		f = -1
	}
	colon := d.blanks(src, q)
	if colon == len(src) {
		return cut, 0, 0
	}
	if src[colon] != ':' {
		return d.bad(colon, "':' must follow the key, not "+format.Quote(src[colon:colon+1])), 0, 0
	}
	if colon == q && len(o.order) < mostKeys {
		o.learn(turn, expected{string(src[p : colon+1]), f})
	}
	return colon + 1, f, turn + 1
}

// learn puts a key at its place, and takes it from any other.
func (o *object) learn(turn int, e expected) {
	for i := range o.order {
		if o.order[i].raw == e.raw {
			o.order = append(o.order[:i], o.order[i+1:]...)
			break
		}
	}
	turn = min(turn, len(o.order))
	o.order = append(o.order, expected{})
	copy(o.order[turn+1:], o.order[turn:])
	o.order[turn] = e
}
