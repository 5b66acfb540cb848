package csv

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"

	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// column is how one field of a record is read.
type column struct {
	name  string
	out   int // column of the batch; -1 = not wanted
	text  bool
	parse format.Parser
	typ   types.Type
}

// decoder reads records. lead is the columns up to the last wanted one; behind
// it only delimiters are counted.
type decoder struct {
	dialect
	lead  []column
	all   []format.Column
	file  string
	line  int64 // of the next record
	skip  bool  // the header is still to come
	begun bool  // something was decoded
	arena format.Arena
	stats format.Stats
	bad   int // length of the record that Decode failed with

	fields  []span // slow path: the fields of a record
	scratch []byte // and their texts, unescaped
}

func newDecoder(s format.Schema, o format.Options, at format.Where) (format.Decoder, error) {
	di, err := dialectOf(o)
	if err != nil {
		return nil, err
	}
	d := &decoder{dialect: di, all: s.Columns, file: at.File, line: at.Line, skip: di.header && at.Line <= 1}
	wanted := map[int]int{}
	last := -1
	for i, w := range s.Want {
		wanted[w] = i
		last = w
	}
	for i, c := range s.Columns[:last+1] {
		out, ok := wanted[i]
		if !ok {
			out = -1
		}
		col := column{name: c.Name, out: out, typ: c.Type, text: c.Type.IsString() || c.Type.Kind == types.Array}
		if ok {
			col.parse = d.parser(c.Type, s.Zone)
		}
		d.lead = append(d.lead, col)
	}
	return d, nil
}

// parser gives the parser of a column, nested ones included.
func (d *decoder) parser(t types.Type, zone *types.Zone) format.Parser {
	switch t.Kind {
	case types.Array:
		elem := d.parser(*t.Elem, zone)
		return func(v *vec.Vector, s []byte) error { return d.parseArray(v, s, elem) }
	case types.Row:
		var fields []format.Parser
		for _, f := range t.Fields {
			fields = append(fields, d.parser(f.Type, zone))
		}
		return func(v *vec.Vector, s []byte) error { return d.parseRow(v, s, fields) }
	}
	return format.ParserOf(t, zone, &d.arena)
}

// Stats counts what was passed over.
func (d *decoder) Stats() format.Stats { return d.stats }

// Line is the line of the next record.
func (d *decoder) Line() int64 { return d.line }

// Failed is the length of the record that Decode failed with; see format.Extent.
func (d *decoder) Failed() int { return d.bad }

// Decode appends records; see format.Decoder.
func (d *decoder) Decode(src []byte, last bool, out *vec.Batch, max int) (int, error) {
	pos, rows := d.start(src, last), 0
	if pos < 0 {
		return 0, nil
	}
	// src[:scanned] holds no quote or escape but the one at quote, if that is
	// still ahead. Looking ahead by windows keeps small batches from searching
	// the rest of a large buffer again and again.
	quote, scanned := -1, pos
	for rows < max && pos < len(src) {
		end := bytes.IndexByte(src[pos:], '\n')
		next := 0
		if end < 0 {
			if !last {
				break
			}
			end = len(src)
			next = end
		} else {
			end += pos
			next = end + 1
		}
		if quote < pos && end > scanned {
			from := scanned
			if from < pos {
				from = pos
			}
			scanned = min(len(src), from+window)
			if scanned < end {
				scanned = end
			}
			if i := d.special(src[from:scanned]); i >= 0 {
				quote = from + i
				scanned = quote + 1
			}
		}
		var kept bool
		var err error
		switch {
		case d.passOver(src[pos:end]):
			d.line++
			pos = next
			continue
		case quote >= pos && quote < end:
			var n int
			var ok bool
			if n, kept, ok, err = d.slowRecord(src[pos:], last, out); !ok {
				return pos, nil // the record goes on beyond src
			}
			next = pos + n
		default:
			kept, err = d.record(src, pos, end, out)
			d.line++
		}
		if err != nil {
			d.bad = next - pos
			return pos, err
		}
		pos = next
		d.stats.Records++
		if kept {
			rows++
			out.N++
		}
	}
	return pos, nil
}

// window is how far ahead quotes are looked for.
const window = 16 << 10

// special finds the first quote or escape character, -1 if there is none.
func (d *decoder) special(s []byte) int {
	at := -1
	if d.quoted {
		if at = bytes.IndexByte(s, d.quote); at >= 0 {
			s = s[:at]
		}
	}
	if d.escaped {
		if i := bytes.IndexByte(s, d.escape); i >= 0 {
			at = i
		}
	}
	return at
}

// mark is the byte order mark of UTF-8.
var mark = []byte("\xef\xbb\xbf")

// start passes over a byte order mark at the beginning of a file; -1 if that
// needs more bytes.
func (d *decoder) start(src []byte, last bool) int {
	if d.begun || d.line > 1 {
		return 0
	}
	if len(src) < len(mark) && !last && bytes.HasPrefix(mark, src) {
		return -1
	}
	d.begun = true
	if bytes.HasPrefix(src, mark) {
		return len(mark)
	}
	return 0
}

// passOver reports whether a line is no record: the header, a comment, blank.
func (d *decoder) passOver(line []byte) bool {
	if d.skip {
		d.skip = false
		return true
	}
	if len(line) == 0 || len(line) == 1 && line[0] == '\r' {
		return len(d.all) > 1 || len(d.all) == 1 && !d.all[0].Type.IsString()
	}
	return d.comments && line[0] == '#'
}

// record reads a line without quotes: src[pos:end].
func (d *decoder) record(src []byte, pos, end int, out *vec.Batch) (kept bool, err error) {
	if end > pos && src[end-1] == '\r' {
		end--
	}
	start, n := pos, len(d.all)
	pat := uint64(d.delim) * 0x0101010101010101
	for i := range d.lead {
		c := &d.lead[i]
		to := indexByte(src, pos, end, pat)
		if to == end && i < n-1 {
			if err := d.field(c, src[pos:to], out, pos-start); err != nil {
				return d.undo(out, err)
			}
			return d.tooFew(i+1, end-start, out)
		}
		if c.out >= 0 {
			if err := d.field(c, src[pos:to], out, pos-start); err != nil {
				return d.undo(out, err)
			}
		}
		pos = to + 1
		if i == n-1 && to < end {
			return d.tooMany(n+1+bytes.Count(src[pos:end], []byte{d.delim}), pos-start, out)
		}
	}
	if left := n - len(d.lead); left > 0 {
		if have := 1 + bytes.Count(src[pos:end], []byte{d.delim}); have < left {
			return d.tooFew(len(d.lead)+have, end-start, out)
		} else if have > left {
			return d.tooMany(len(d.lead)+have, end-start, out)
		}
	}
	return true, nil
}

// indexByte finds the byte that pat repeats in src[pos:end], else end. Fields
// are short, so a call to the vectorised search would cost more than it saves.
func indexByte(src []byte, pos, end int, pat uint64) int {
	for ; pos+8 <= len(src); pos += 8 {
		x := binary.LittleEndian.Uint64(src[pos:]) ^ pat
		if z := (x - 0x0101010101010101) & ^x & 0x8080808080808080; z != 0 {
			return min(pos+bits.TrailingZeros64(z)>>3, end)
		}
		if pos+8 >= end {
			return end
		}
	}
	for ; pos < end; pos++ {
		if src[pos] == byte(pat) {
			return pos
		}
	}
	return end
}

// field appends the value of a wanted column.
func (d *decoder) field(c *column, s []byte, out *vec.Batch, at int) error {
	if c.out < 0 {
		return nil
	}
	v := out.Cols[c.out]
	if len(s) == 0 && !c.text || d.null != nil && bytes.Equal(s, d.null) {
		v.AppendNulls(1)
		return nil
	}
	if err := c.parse(v, s); err == nil {
		return nil
	}
	if d.ignore {
		d.note(at, c.name+": "+format.Quote(s)+" is not "+c.typ.AsNullable().String())
		v.AppendNulls(1)
		return nil
	}
	return format.Malformed(d.file, d.line, at+1, fmt.Sprintf("column %s: %s is not %s", c.name, format.Quote(s), c.typ.AsNullable()))
}

// note counts a parse error and keeps the first one's text.
func (d *decoder) note(at int, msg string) {
	d.stats.ParseErrors++
	if d.stats.FirstError == "" {
		d.stats.FirstError = format.Malformed(d.file, d.line, at+1, msg).Error()
	}
}

// undo takes back what a failed record has appended.
func (d *decoder) undo(out *vec.Batch, err error) (bool, error) {
	for _, v := range out.Cols {
		v.Truncate(out.N)
	}
	return false, err
}

func (d *decoder) tooFew(have, at int, out *vec.Batch) (bool, error) {
	if !d.ignore {
		return d.undo(out, d.count(have, at))
	}
	d.note(at, fmt.Sprintf("%d fields where the table has %d columns", have, len(d.all)))
	for _, v := range out.Cols {
		if v.N == out.N {
			v.AppendNulls(1)
		}
	}
	return true, nil
}

func (d *decoder) tooMany(have, at int, out *vec.Batch) (bool, error) {
	err := d.count(have, at)
	if !d.ignore {
		return d.undo(out, err)
	}
	d.note(at, fmt.Sprintf("%d fields where the table has %d columns", have, len(d.all)))
	return d.undo(out, nil)
}

func (d *decoder) count(have, at int) error {
	noun := "fields"
	if have == 1 {
		noun = "field"
	}
	return format.Malformed(d.file, d.line, at+1, fmt.Sprintf("%d %s where the table has %d columns", have, noun, len(d.all)))
}

// parseArray splits a field into elements.
func (d *decoder) parseArray(v *vec.Vector, s []byte, elem format.Parser) error {
	kid := v.Kids[0]
	n := kid.N
	for len(s) > 0 {
		e, rest, more := bytes.Cut(s, []byte{d.element})
		if err := d.part(kid, e, elem); err != nil {
			kid.Truncate(n)
			return err
		}
		if s = rest; more && len(rest) == 0 {
			if err := d.part(kid, nil, elem); err != nil {
				kid.Truncate(n)
				return err
			}
		}
	}
	v.Off = append(v.Off, int32(kid.N))
	v.Extend(1)
	return nil
}

// part appends an element, which may be null.
func (d *decoder) part(v *vec.Vector, s []byte, parse format.Parser) error {
	if len(s) == 0 && !v.Type.IsString() || d.null != nil && bytes.Equal(s, d.null) {
		v.AppendNulls(1)
		return nil
	}
	return parse(v, s)
}

// parseRow splits a field into the fields of a ROW.
func (d *decoder) parseRow(v *vec.Vector, s []byte, fields []format.Parser) error {
	for i, parse := range fields {
		e, rest, more := bytes.Cut(s, []byte{d.element})
		err := d.part(v.Kids[i], e, parse)
		if err == nil && more != (i < len(fields)-1) {
			err = format.ErrValue
		}
		if err != nil {
			for _, k := range v.Kids {
				k.Truncate(v.N)
			}
			return err
		}
		s = rest
	}
	v.Extend(1)
	return nil
}
