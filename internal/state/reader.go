package state

import (
	"encoding/binary"
	"fmt"
	"unsafe"

	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// Result appends the results of the accumulators of a field, one a pointer, to out;
// heap keeps what they refer to.
type Result func(heap *Heap, accs []unsafe.Pointer, out *vec.Vector) error

// Reader reads a table by its view.
type Reader struct {
	view    *View
	store   *Store
	table   Owner
	results map[int]Result // by field

	keys    Cursor
	entries ListCursor
	found   []Entry
	refs    []Ref
	maps    []Ref // sorted: maps that are left
	at      int   // place of the next item in maps[0]
	single  int

	rows []readRow
	out  *vec.Batch
}

// readRow is what a row of a view is made of.
type readRow struct {
	key, row, text []byte
	number         int64
	value          unsafe.Pointer
}

// Read reads what a table of the view's schema holds, of which nothing may change.
// result gives what shows an accumulator.
func (s *Store) Read(v *View, table Owner, result func(*FieldCall) (Result, error)) (*Reader, error) {
	r := &Reader{view: v, store: s, table: table, results: map[int]Result{}}
	for _, p := range v.parts {
		if p.from != partField || v.schema.Fields[p.at].Kind != FieldAgg {
			continue
		}
		var err error
		if r.results[p.at], err = result(v.schema.Fields[p.at].Agg); err != nil {
			return nil, err
		}
	}
	ts := make([]types.Type, len(v.Columns))
	for i, c := range v.Columns {
		ts[i] = c.Type
	}
	r.out = vec.NewBatch(ts)
	return r, nil
}

// Next gives further rows, about most of them, nil when there are no more. They are
// valid until the next call.
func (r *Reader) Next(most int) (*vec.Batch, error) {
	for {
		r.rows = r.rows[:0]
		more := r.fill(most)
		if len(r.rows) > 0 {
			r.out.Reset()
			for i, p := range r.view.parts {
				if err := r.column(p, r.out.Cols[i]); err != nil {
					return nil, err
				}
			}
			r.out.N = len(r.rows)
			return r.out, nil
		}
		if !more {
			return nil, nil
		}
	}
}

// fill finds further rows and tells whether there may be more.
func (r *Reader) fill(most int) bool {
	switch t := r.table.(type) {
	case *Table:
		r.refs = t.Scan(&r.keys, most, r.refs)
		for _, ref := range r.refs {
			r.values(t, t.rowOf(ref))
		}
		return len(r.refs) > 0
	case *List:
		r.found = t.Scan(&r.entries, most, r.found)
		for _, e := range r.found {
			r.rows = append(r.rows, readRow{key: t.Key(e), row: t.Row(e), number: t.Mult(e)})
		}
		return len(r.found) > 0
	case *Sorted:
		return r.items(t, most)
	case *Timers:
		r.found = t.list.Scan(&r.entries, most, r.found)
		for _, e := range r.found {
			x := readRow{key: t.list.Row(e), number: int64(binary.LittleEndian.Uint64(t.list.Key(e)))}
			if x.text = x.key; t.named {
				x.key, x.text = SplitNamed(x.key)
			}
			r.rows = append(r.rows, x)
		}
		return len(r.found) > 0
	case *Single:
		for ; r.single < t.Len() && len(r.rows) < most; r.single++ {
			r.rows = append(r.rows, readRow{number: int64(r.single + 1), text: t.At(r.single)})
		}
		return len(r.rows) > 0
	}
	return false
}

// values adds a value, or each of the rows that it refers to.
func (r *Reader) values(t *Table, p unsafe.Pointer) {
	x := readRow{key: t.keyOf(p), value: unsafe.Add(p, t.valAt)}
	fields := r.view.schema.Fields
	if len(fields) == 0 {
		x.text = unsafe.Slice((*byte)(x.value), t.spec.Fixed)
	}
	if len(r.view.shown) == 0 {
		r.rows = append(r.rows, x)
		return
	}
	for i, at := range r.view.shown {
		f := &fields[at]
		row := t.heap.Get(*(*uint64)(unsafe.Add(x.value, f.At)))
		if row == nil || f.Keyed && len(row) < 4 {
			continue
		}
		if f.Keyed {
			row = row[min(4+int(binary.LittleEndian.Uint32(row)), len(row)):]
		}
		x.row, x.number = row, int64(i+1)
		r.rows = append(r.rows, x)
	}
}

// items adds the items of further sorted maps.
func (r *Reader) items(t *Sorted, most int) bool {
	if len(r.maps) == 0 {
		r.maps = t.t.Scan(&r.keys, most, r.maps)
		r.at = 0
	}
	for len(r.maps) > 0 && len(r.rows) < most {
		var it Iter
		g := r.maps[0]
		for t.Iter(&it, g, r.at); it.Valid() && len(r.rows) < most; it.Next() {
			r.at++
			r.rows = append(r.rows, readRow{key: t.KeyBytes(g), row: it.Row(), number: int64(r.at)})
		}
		if !it.Valid() {
			r.maps, r.at = r.maps[1:], 0
		}
	}
	return len(r.maps) > 0 || !r.keys.Done()
}

// column fills a column from r.rows.
func (r *Reader) column(p viewPart, out *vec.Vector) error {
	s := &r.view.schema
	switch p.from {
	case partGroup:
		for i := range r.rows {
			out.AppendValue(int64(r.group(&r.rows[i])))
		}
	case partKey:
		cs := s.Key
		if s.Kind == "timers" {
			cs = r.view.of.Key
		}
		return r.decode(cs, p.at, out, func(x *readRow) []byte { return x.key })
	case partRow:
		cs := s.Row
		if s.Kind == "value" {
			cs = s.Fields[r.view.shown[0]].Row
		}
		return r.decode(cs, p.at, out, func(x *readRow) []byte { return x.row })
	case partField:
		return r.field(p.at, out)
	case partNumber, partTime:
		for i := range r.rows {
			out.AppendValue(r.rows[i].number)
		}
	case partText:
		for i := range r.rows {
			out.AppendValue(string(r.rows[i].text))
		}
	}
	return nil
}

// group is the key group of a row.
func (r *Reader) group(x *readRow) int {
	if l, ok := r.table.(*List); ok && l.byRow != nil {
		return l.byRow.group(0, x.row, r.store.cfg.Groups)
	}
	key := x.key
	if t, ok := r.table.(*Timers); ok && t.named {
		key = AppendNamed(nil, x.key, string(x.text))
	}
	return r.table.(routed).routes().group(hashOf(key), key, r.store.cfg.Groups)
}

func (r *Reader) decode(cs []Column, at int, out *vec.Vector, part func(*readRow) []byte) error {
	codec := vec.NewCodec(typesOf(cs))
	rows := make([][]byte, len(r.rows))
	for i := range rows {
		if rows[i] = part(&r.rows[i]); len(rows[i]) < codec.FixedLen() {
			return badChange(r.view.schema.Name)
		}
	}
	only := make([]*vec.Vector, len(cs))
	only[at] = out
	codec.Decode(rows, only)
	return nil
}

func (r *Reader) field(at int, out *vec.Vector) error {
	f := &r.view.schema.Fields[at]
	accs := make([]unsafe.Pointer, len(r.rows))
	for i := range accs {
		accs[i] = unsafe.Add(r.rows[i].value, f.At)
	}
	if f.Kind == FieldInt {
		for _, p := range accs {
			out.AppendValue(*(*int64)(p))
		}
		return nil
	}
	if err := r.results[at](&r.table.(*Table).heap, accs, out); err != nil {
		return fmt.Errorf("%s of %s: %w", f.Name, r.view.schema.Name, err)
	}
	return nil
}
