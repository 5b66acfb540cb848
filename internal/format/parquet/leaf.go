package parquet

import (
	"errors"
	"io"
	"unsafe"

	"github.com/parquet-go/parquet-go"

	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// leaf reads one physical column, a page at a time.
type leaf struct {
	col    *parquet.Column
	typ    types.Type
	conv   conv
	maxDef byte
	maxRep byte

	pages   parquet.Pages
	page    parquet.Page
	values  run     // the values of the page, or
	indices []int32 // their places in dict
	dictOf  parquet.Dictionary
	dict    *vec.Vector // the dictionary's values, converted
	def     []byte
	rep     []byte
	levels  int // values and nulls of the page
	at, val int // next level, next value

	keep bool   // save the definition levels of each read
	kept []byte // for the ROW that the leaf is in
	text bool   // strings point into the page's buffer
}

func newLeaf(c *parquet.Column, t types.Type, zone *zoneRule) (*leaf, error) {
	cv, err := converter(c.Type(), t, zone)
	if err != nil {
		return nil, err
	}
	k := c.Type().Kind()
	return &leaf{col: c, typ: t, conv: cv, maxDef: byte(c.MaxDefinitionLevel()), maxRep: byte(c.MaxRepetitionLevel()),
		text: (t.IsString() || t.IsBinary()) && (k == parquet.ByteArray || k == parquet.FixedLenByteArray)}, nil
}

// start begins a row group.
func (l *leaf) start(g parquet.RowGroup) {
	l.stop()
	l.pages = g.ColumnChunks()[l.col.Index()].Pages()
}

// stop gives the pages back.
func (l *leaf) stop() {
	l.drop()
	if l.pages != nil {
		l.pages.Close()
		l.pages = nil
	}
	l.dictOf = nil
}

// drop lets the current page go. Where strings point into it, its bytes are
// left to the collector.
func (l *leaf) drop() {
	if l.page == nil {
		return
	}
	d, ok := l.page.(interface{ ReleaseAndDetachValues() })
	if ok && l.text && l.indices == nil {
		d.ReleaseAndDetachValues()
	} else {
		parquet.Release(l.page)
	}
	l.page, l.at, l.levels = nil, 0, 0
}

// next loads the page after the current one.
func (l *leaf) next() error {
	for {
		l.drop()
		p, err := l.pages.ReadPage()
		if err != nil {
			if errors.Is(err, io.EOF) {
				return io.ErrUnexpectedEOF
			}
			return err
		}
		l.page = p
		l.levels, l.at, l.val = int(p.NumValues()), 0, 0
		if l.levels > 0 {
			break
		}
	}
	l.def, l.rep = l.page.DefinitionLevels(), l.page.RepetitionLevels()
	if l.maxDef > 0 && len(l.def) < l.levels || l.maxRep > 0 && len(l.rep) < l.levels {
		return errors.New("a page lacks levels")
	}
	l.indices = nil
	if d := l.page.Dictionary(); d != nil {
		data := l.page.Data()
		l.indices = data.Int32()
		if d != l.dictOf {
			return l.loadDict(d)
		}
		return nil
	}
	l.values.load(l.page.Type(), l.page.Data())
	return nil
}

// loadDict converts a dictionary to the column's type once.
func (l *leaf) loadDict(d parquet.Dictionary) error {
	var r run
	r.load(l.col.Type(), d.Page().Data())
	n := d.Len()
	l.dict = vec.New(l.typ, 0)
	l.dict.Grow(n)
	l.dictOf = d
	return l.conv(l.dict, 0, &r, 0, n)
}

// read appends n rows of a column without repetition.
func (l *leaf) read(v *vec.Vector, n int) error {
	l.kept = l.kept[:0]
	for n > 0 {
		if l.at == l.levels {
			if err := l.next(); err != nil {
				return err
			}
		}
		k := min(n, l.levels-l.at)
		if err := l.fill(v, k); err != nil {
			return err
		}
		n -= k
	}
	return nil
}

// fill appends k rows of the current page.
func (l *leaf) fill(v *vec.Vector, k int) error {
	at := v.N
	v.Grow(k)
	var def []byte
	full := k
	if l.maxDef > 0 {
		def = l.def[l.at : l.at+k]
		if l.keep {
			l.kept = append(l.kept, def...)
		}
		full = countEq(def, l.maxDef)
	}
	if err := l.put(v, at, full); err != nil {
		return err
	}
	l.at += k
	if full < k {
		spread(v, at, def, l.maxDef, full)
	}
	return nil
}

// put writes the next n values of the page to slots at and up.
func (l *leaf) put(v *vec.Vector, at, n int) error {
	from := l.val
	l.val += n
	if l.indices != nil {
		gather(v, at, l.dict, l.indices[from:from+n])
		return nil
	}
	return l.conv(v, at, &l.values, from, n)
}

// skip passes over n rows of a column without repetition.
func (l *leaf) skip(n int) error {
	for n > 0 {
		if l.at == l.levels {
			if err := l.next(); err != nil {
				return err
			}
		}
		k := min(n, l.levels-l.at)
		if l.maxDef > 0 {
			l.val += countEq(l.def[l.at:l.at+k], l.maxDef)
		} else {
			l.val += k
		}
		l.at += k
		n -= k
	}
	return nil
}

// countEq counts the bytes of b that are x, eight at a time.
func countEq(b []byte, x byte) int {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	pat := ones * uint64(x)
	n, i := 0, 0
	for ; i+8 <= len(b); i += 8 {
		w := *(*uint64)(unsafe.Pointer(&b[i]))
		if w == pat {
			n += 8
			continue
		}
		for _, c := range b[i : i+8] {
			if c == x {
				n++
			}
		}
	}
	for ; i < len(b); i++ {
		if b[i] == x {
			n++
		}
	}
	return n
}

// gather looks indices up in a dictionary.
func gather(v *vec.Vector, at int, dict *vec.Vector, idx []int32) {
	switch v.Type.Phys() {
	case types.PBool:
		pick(v.B[at:], dict.B, idx)
	case types.PI8:
		pick(v.I8[at:], dict.I8, idx)
	case types.PI16:
		pick(v.I16[at:], dict.I16, idx)
	case types.PI32:
		pick(v.I32[at:], dict.I32, idx)
	case types.PI64:
		pick(v.I64[at:], dict.I64, idx)
	case types.PF32:
		pick(v.F32[at:], dict.F32, idx)
	case types.PF64:
		pick(v.F64[at:], dict.F64, idx)
	case types.PI128:
		pick(v.D[at:], dict.D, idx)
	case types.PTime:
		pick(v.TS[at:], dict.TS, idx)
	case types.PStr:
		pick(v.S[at:], dict.S, idx)
	}
}

func pick[T any](dst, dict []T, idx []int32) {
	dst = dst[:len(idx)]
	for i, x := range idx {
		dst[i] = dict[x]
	}
}

// spread moves the full values that lie densely at slots at and up to the rows
// whose level is max, and makes the other rows null.
func spread(v *vec.Vector, at int, def []byte, max byte, full int) {
	switch v.Type.Phys() {
	case types.PBool:
		part(v.B[at:], def, max, full)
	case types.PI8:
		part(v.I8[at:], def, max, full)
	case types.PI16:
		part(v.I16[at:], def, max, full)
	case types.PI32:
		part(v.I32[at:], def, max, full)
	case types.PI64:
		part(v.I64[at:], def, max, full)
	case types.PF32:
		part(v.F32[at:], def, max, full)
	case types.PF64:
		part(v.F64[at:], def, max, full)
	case types.PI128:
		part(v.D[at:], def, max, full)
	case types.PTime:
		part(v.TS[at:], def, max, full)
	case types.PStr:
		part(v.S[at:], def, max, full)
	}
	bits := v.Bits()
	for i, d := range def {
		if d != max {
			bits.Clear(at + i)
		}
	}
}

func part[T any](dst []T, def []byte, max byte, full int) {
	var zero T
	j := full
	for i := len(def) - 1; j <= i; i-- {
		if def[i] == max {
			j--
			dst[i] = dst[j]
		} else {
			dst[i] = zero
		}
	}
}
