package json

import (
	"bytes"
	"strconv"

	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// value appends the value at p to v and gives the position behind it. There is
// a byte at p and it is no blank.
func (d *decoder) value(src []byte, p int, f *field, v *vec.Vector) int {
	c := src[p]
	if c == 'n' {
		return d.null(src, p, v)
	}
	switch f.kind {
	case readLong:
		if n, q := shortInt(src, p); q > 0 {
			v.I64 = append(v.I64, n)
			v.Extend(1)
			return q
		}
		return d.integer(src, p, f, v)
	case readInt:
		return d.integer(src, p, f, v)
	case readText:
		if c == '"' {
			s, q := d.text(src, p+1)
			if q < 0 {
				return q
			}
			v.S = append(v.S, d.arena.Copy(s))
			v.Extend(1)
			return q
		}
		return d.rawText(src, p, v)
	case readVariant:
		return d.variant(src, p, f, v)
	case readArray:
		return d.array(src, p, f, v)
	case readMap:
		return d.mapping(src, p, f, v)
	case readRow:
		if c != '{' {
			return d.wrong(src, p, f)
		}
		q := d.object(src, p+1, f.row, v.Kids, v.N)
		if q < 0 {
			for _, k := range v.Kids {
				k.Truncate(v.N)
			}
			return q
		}
		v.Extend(1)
		return q
	}
	s, q := d.scalar(src, p)
	if q < 0 {
		if q == unfit {
			return d.wrong(src, p, f)
		}
		return q
	}
	if f.parse(v, s) != nil {
		return d.mismatch(p, s, f.typ)
	}
	return q
}

// wrong is a value of another kind than the column's.
func (d *decoder) wrong(src []byte, p int, f *field) int {
	q := d.skip(src, p)
	if q < 0 {
		return q
	}
	return d.mismatch(p, src[p:q], f.typ)
}

// null reads the literal.
func (d *decoder) null(src []byte, p int, v *vec.Vector) int {
	q := d.literal(src, p)
	if q > 0 {
		v.AppendNulls(1)
	}
	return q
}

// literal reads null, true or false.
func (d *decoder) literal(src []byte, p int) int {
	word := "null"
	switch src[p] {
	case 't':
		word = "true"
	case 'f':
		word = "false"
	}
	if len(src)-p < len(word) {
		if bytes.HasPrefix([]byte(word), src[p:]) {
			return cut
		}
	} else if string(src[p:p+len(word)]) == word {
		return p + len(word)
	}
	q := p + 1
	for q < len(src) && src[q] > ' ' && bytes.IndexByte([]byte(",:]}"), src[q]) < 0 {
		q++
	}
	return d.bad(p, "a value must stand here, not "+format.Quote(src[p:q]))
}

// shortInt reads an integer of up to 18 digits that ends at a delimiter; q is 0
// if it is anything else.
func shortInt(src []byte, p int) (n int64, q int) {
	neg := src[p] == '-'
	if neg {
		p++
	}
	start := p
	for p < len(src) {
		x := src[p] - '0'
		if x > 9 {
			break
		}
		n = n*10 + int64(x)
		p++
	}
	if p == start || p-start > 18 || p == len(src) || src[start] == '0' && p-start > 1 {
		return 0, 0
	}
	if c := src[p]; c != ',' && c != '}' && c != ']' && c > ' ' {
		return 0, 0
	}
	if neg {
		n = -n
	}
	return n, p
}

// integer reads every number, or a number in a text, into a column of integers.
// Fractions are cut off, as Flink does.
func (d *decoder) integer(src []byte, p int, f *field, v *vec.Vector) int {
	s, q := d.scalar(src, p)
	if q < 0 {
		if q == unfit {
			return d.wrong(src, p, f)
		}
		return q
	}
	n, ok := format.ParseInt(s)
	if !ok && src[p] != '"' {
		n, ok = floatToInt(s)
	}
	switch f.typ.Kind {
	case types.TinyInt:
		ok = ok && n == int64(int8(n))
		v.I8 = append(v.I8, int8(n))
	case types.SmallInt:
		ok = ok && n == int64(int16(n))
		v.I16 = append(v.I16, int16(n))
	case types.Int:
		ok = ok && n == int64(int32(n))
		v.I32 = append(v.I32, int32(n))
	default:
		v.I64 = append(v.I64, n)
	}
	v.Extend(1)
	if !ok {
		v.Truncate(v.N - 1)
		return d.mismatch(p, s, f.typ)
	}
	return q
}

// floatToInt cuts the fraction off a number such as 1.5e3.
func floatToInt(s []byte) (int64, bool) {
	x, err := types.ParseDecimal(format.View(s), types.MaxPrecision, 18)
	if err != nil {
		f, err := strconv.ParseFloat(format.View(s), 64)
		const limit = 1 << 63
		if err != nil || f >= limit || f < -limit {
			return 0, false
		}
		return int64(f), true
	}
	q, _ := x.QuoRem(types.Pow10(18))
	return q.Int64(), q.IsInt64()
}

// rawText puts a number, literal, array or object into a text column as it
// stands, without blanks.
func (d *decoder) rawText(src []byte, p int, v *vec.Vector) int {
	q := d.skip(src, p)
	if q < 0 {
		return q
	}
	s := src[p:q]
	if src[p] == '{' || src[p] == '[' {
		d.scratch = compact(d.scratch[:0], s)
		s = d.scratch
	}
	v.S = append(v.S, d.arena.Copy(s))
	v.Extend(1)
	return q
}

// variant reads any value into a VARIANT column.
func (d *decoder) variant(src []byte, p int, f *field, v *vec.Vector) int {
	q := d.skip(src, p)
	if q < 0 {
		return q
	}
	out, err := d.maker.Parse(d.scratch[:0], format.View(src[p:q]), false)
	if err != nil {
		return d.mismatch(p, src[p:q], f.typ)
	}
	d.scratch = out
	v.S = append(v.S, d.arena.Copy(out))
	v.Extend(1)
	return q
}

// compact drops the blanks outside of texts.
func compact(dst, s []byte) []byte {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			j := i + 1
			for s[j] != '"' {
				if s[j] == '\\' {
					j++
				}
				j++
			}
			dst = append(dst, s[i:j+1]...)
			i = j
		case c > ' ':
			dst = append(dst, c)
		}
	}
	return dst
}

// scalar gives the text of a string (unescaped), number or literal; unfit for
// arrays and objects.
func (d *decoder) scalar(src []byte, p int) ([]byte, int) {
	switch c := src[p]; {
	case c == '"':
		return d.text(src, p+1)
	case c == '{' || c == '[':
		return nil, unfit
	case c == 't' || c == 'f' || c == 'n':
		q := d.literal(src, p)
		if q < 0 {
			return nil, q
		}
		return src[p:q], q
	}
	q := d.number(src, p)
	if q < 0 {
		return nil, q
	}
	return src[p:q], q
}

// number checks the form of a number and finds its end.
func (d *decoder) number(src []byte, p int) int {
	start := p
	digits := func() bool {
		from := p
		for p < len(src) && src[p]-'0' <= 9 {
			p++
		}
		return p > from
	}
	if src[p] == '-' {
		p++
	}
	zero := p < len(src) && src[p] == '0'
	from := p
	ok := digits() && !(zero && p-from > 1)
	if ok && p < len(src) && src[p] == '.' {
		p++
		ok = digits()
	}
	if ok && p < len(src) && src[p]|0x20 == 'e' {
		if p++; p < len(src) && (src[p] == '+' || src[p] == '-') {
			p++
		}
		ok = digits()
	}
	switch {
	case p == len(src):
		return cut
	case !ok:
		return d.bad(start, "a value must stand here, not "+format.Quote(src[start:min(p+1, len(src))]))
	}
	return p
}

// array reads a list.
func (d *decoder) array(src []byte, p int, f *field, v *vec.Vector) int {
	if src[p] != '[' {
		return d.wrong(src, p, f)
	}
	kid := v.Kids[0]
	n := kid.N
	p = d.blanks(src, p+1)
	if p < len(src) && src[p] == ']' {
		v.Off = append(v.Off, int32(kid.N))
		v.Extend(1)
		return p + 1
	}
	for {
		if p == len(src) {
			kid.Truncate(n)
			return cut
		}
		q := d.value(src, p, f.elem, kid)
		if q < 0 {
			kid.Truncate(n)
			return q
		}
		if p = d.blanks(src, q); p == len(src) {
			continue
		}
		switch src[p] {
		case ',':
			p = d.blanks(src, p+1)
		case ']':
			v.Off = append(v.Off, int32(kid.N))
			v.Extend(1)
			return p + 1
		default:
			kid.Truncate(n)
			return d.bad(p, "',' or ']' must follow here, not "+format.Quote(src[p:p+1]))
		}
	}
}

// mapping reads an object into a MAP, or a MULTISET of texts with counts.
func (d *decoder) mapping(src []byte, p int, f *field, v *vec.Vector) int {
	if src[p] != '{' {
		return d.wrong(src, p, f)
	}
	kid := v.Kids[0]
	n := kid.N
	q := d.entries(src, p+1, f, kid)
	if q < 0 {
		kid.Kids[0].Truncate(n)
		kid.Kids[1].Truncate(n)
		kid.Truncate(n)
		return q
	}
	lastOfEach(kid, n)
	v.Off = append(v.Off, int32(kid.N))
	v.Extend(1)
	return q
}

// entries appends the members of an object to the rows of a map.
func (d *decoder) entries(src []byte, p int, f *field, kid *vec.Vector) int {
	p = d.blanks(src, p)
	if p < len(src) && src[p] == '}' {
		return p + 1
	}
	for {
		if p == len(src) {
			return cut
		}
		if src[p] != '"' {
			return d.bad(p, "a key in quotes must stand here, not "+format.Quote(src[p:p+1]))
		}
		key, q := d.text(src, p+1)
		if q < 0 {
			return q
		}
		kid.Kids[0].S = append(kid.Kids[0].S, d.arena.Copy(key))
		kid.Kids[0].Extend(1)
		if p = d.blanks(src, q); p == len(src) {
			return cut
		}
		if src[p] != ':' {
			return d.bad(p, "':' must follow the key, not "+format.Quote(src[p:p+1]))
		}
		if p = d.blanks(src, p+1); p == len(src) {
			return cut
		}
		if q = d.value(src, p, f.elem, kid.Kids[1]); q < 0 {
			return q
		}
		kid.Extend(1)
		if p = d.blanks(src, q); p == len(src) {
			return cut
		}
		switch src[p] {
		case ',':
			p = d.blanks(src, p+1)
		case '}':
			return p + 1
		default:
			return d.bad(p, "',' or '}' must follow here, not "+format.Quote(src[p:p+1]))
		}
	}
}

// lastOfEach keeps the last of the entries from n on that have the same key.
func lastOfEach(kid *vec.Vector, n int) {
	keys := kid.Kids[0].S[n:kid.N]
	const few = 16
	double := false
	if len(keys) <= few {
		for i := range keys {
			for _, k := range keys[:i] {
				double = double || k == keys[i]
			}
		}
	} else {
		seen := make(map[string]bool, len(keys))
		for _, k := range keys {
			double = double || seen[k]
			seen[k] = true
		}
	}
	if !double {
		return
	}
	var rows []any
	place := map[string]int{}
	for i, k := range keys {
		row := kid.Value(n + i)
		if at, ok := place[k]; ok {
			rows[at] = row
			continue
		}
		place[k] = len(rows)
		rows = append(rows, row)
	}
	kid.Truncate(n)
	for _, r := range rows {
		kid.AppendValue(r)
	}
}
