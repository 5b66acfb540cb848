package state

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// shownRows gives the rows of a table by its view.
func shownRows(t *testing.T, s *Store, o Owner, c Schema, of *Schema) []string {
	t.Helper()
	r, err := s.Read(ViewOf(c, of), o, func(*FieldCall) (Result, error) { return nil, nil })
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for {
		b, err := r.Next(2)
		if err != nil {
			t.Fatal(err)
		}
		if b == nil {
			slices.Sort(out)
			return out
		}
		for i := range b.N {
			var vs []string
			for _, c := range b.Cols[1:] { // not the key group
				vs = append(vs, fmt.Sprint(c.Value(i)))
			}
			out = append(out, strings.Join(vs, " "))
		}
	}
}

// batchOf gives rows of values.
func batchOf(ts []types.Type, rows ...[]any) *vec.Batch {
	b := vec.NewBatch(ts)
	for _, r := range rows {
		for i, x := range r {
			b.Cols[i].AppendValue(x)
		}
		b.N++
	}
	return b
}

var (
	intType = types.Of(types.Int)
	bigType = types.Of(types.BigInt)

	doubleType = types.Of(types.Double)
	shortText  = types.VarcharOf(3)
)

// rowsBefore are k INT, v INT, w DECIMAL(4, 1), s VARCHAR(3).
var (
	typesBefore = []types.Type{intType, intType, types.DecimalOf(4, 1), shortText}
	rowsBefore  = [][]any{{int64(1), int64(-5), int64(15), "a"}, {int64(1), int64(3), nil, "bcd"}, {int64(-2), nil, int64(-7), nil}}
	// typesAfter has them wider, and a new column before the last.
	typesAfter = []types.Type{bigType, bigType, types.DecimalOf(20, 3), doubleType, types.String()}
	mapAfter   = ColumnMap{{0, 1, 2, -1, 3}}
	want       = []string{"-2 <nil> {18446744073709550916 -1} <nil> <nil>", "1 -5 {1500 0} <nil> a", "1 3 <nil> <nil> bcd"}
)

// filled makes a table of a kind and fills it.
func filled(t *testing.T, s *Store, kind string, ts []types.Type, rows [][]any) Owner {
	t.Helper()
	key := ts[:1]
	from := Origin{Input: 1, Key: []int{0}}
	var keys Keys
	var enc vec.Rows
	b := batchOf(ts, rows...)
	keys.EncodeVectors(vec.NewCodec(key), b.Cols[:1], nil, b.N)
	vec.NewCodec(ts).Encode(&enc, b, nil)
	refs := make([]Ref, b.N)
	order := []SortCol{{Col: 1, NullsFirst: true}, {Col: 2, Desc: true}}
	switch kind {
	case "list":
		l := s.List(ListSpec{Name: kind, Key: key, Row: ts, Aux: 8, From: from})
		if len(rows) > 0 {
			l.Append(&keys, &enc, nil)
		}
		return l
	case "sorted":
		so := s.Sorted(SortedSpec{Name: kind, Key: key, Row: ts, Aux: 8, From: from, Order: order})
		so.Upsert(&keys, refs, nil)
		for i, g := range refs {
			var sort []byte
			for _, o := range order {
				sort = AppendSortKey(sort, b.Cols[o.Col], i, o.Desc, o.NullsFirst)
			}
			so.Insert(g, sort, enc.Row(i))
		}
		return so
	}
	row := Field{Name: "row", Kind: FieldRow, At: 8, Size: 8, Row: Columns(ts), From: Origin{Input: 1}}
	spec := TableSpec{Name: kind, Key: key, Fixed: 16, HeapRefs: []int{8}, From: from, Fields: []Field{{Kind: FieldWord, Size: 8}, row}}
	if kind == "value with keys" {
		spec.Fields[1].Keyed, spec.Fields[1].Order = true, order
	}
	tab := s.Table(spec)
	tab.Upsert(&keys, refs, nil)
	for i, r := range refs {
		p := tab.Ptrs([]Ref{r}, nil)[0]
		*(*int64)(p) = 77
		value := slices.Clone(enc.Row(i))
		if kind == "value with keys" {
			value = append([]byte{1, 0, 0, 0, 9}, value...)
		}
		ref := (*uint64)(unsafe.Add(p, 8))
		*ref = tab.Heap().Put(*ref, value)
	}
	return tab
}

// TestConvert saves tables of all kinds, reads them by their schema alone, and makes
// them those of an operator whose columns are wider and more.
func TestConvert(t *testing.T) {
	for _, kind := range []string{"list", "sorted", "value", "value with keys"} {
		rows, wanted := rowsBefore, want
		if strings.HasPrefix(kind, "value") { // one row a key
			rows, wanted = rowsBefore[1:], []string{want[0], want[2]}
		}
		was := filled(t, NewStore(Config{}), kind, typesBefore, rows)
		text, err := json.Marshal(SchemaOf(was))
		if err != nil {
			t.Fatal(err)
		}
		var saved Schema
		if err := json.Unmarshal(text, &saved); err != nil || !saved.Same(&saved) {
			t.Fatal(err)
		}
		scratch := NewStore(Config{})
		read, err := scratch.Declare(&saved)
		if err != nil {
			t.Fatal(err)
		}
		Dump(was, func(c Change) { err = errors.Join(err, read.Apply(c)) })
		now := NewStore(Config{})
		to := filled(t, now, kind, typesAfter, nil)
		is := SchemaOf(to)
		if saved.Same(&is) {
			t.Errorf("%s: the schemas are the same", kind)
		}
		c, cerr := NewConverter(&saved, &is, mapAfter, nil, nil)
		if cerr != nil {
			t.Fatal(kind, cerr)
		}
		Dump(read, func(x Change) {
			x, _, cerr := c.Change(x)
			err = errors.Join(err, cerr, to.Apply(x))
		})
		if err != nil {
			t.Fatal(kind, err)
		}
		got := shownRows(t, now, to, is, nil)
		for i := range got { // position or multiplicity
			got[i] = strings.Join(strings.Fields(got[i])[:len(strings.Fields(wanted[i]))], " ")
		}
		if !reflect.DeepEqual(got, wanted) {
			t.Errorf("%s: %q\nwant %q", kind, got, wanted)
		}
		if so, ok := to.(*Sorted); ok { // sort keys are those of the new types
			var keys Keys
			keys.EncodeVectors(so.KeyCodec(), batchOf(typesAfter[:1], []any{int64(1)}).Cols, nil, 1)
			refs := make([]Ref, 1)
			so.Find(&keys, refs)
			bound := AppendSortKey(nil, batchOf([]types.Type{bigType}, []any{int64(0)}).Cols[0], 0, false, true)
			if n := so.Rank(refs[0], bound); n != 1 {
				t.Errorf("%d rows come before 0", n)
			}
		}
	}
}

// TestConvertExpiry gives rows a time-to-live, which begins now, and takes it away again:
// those that have outlived it are gone.
func TestConvertExpiry(t *testing.T) {
	for _, kind := range []string{"list", "sorted", "value"} {
		forever := SchemaOf(filled(t, NewStore(Config{}), kind, typesBefore, nil))
		mortal := forever
		mortal.TTL = time.Second
		for _, later := range []int64{999, 1000} {
			own := NewStore(Config{})
			was := filled(t, own, kind, typesBefore, rowsBefore)
			moved := func(from Owner, a, b *Schema, now int64) (Owner, *Store) {
				s := NewStore(Config{Now: func() int64 { return now }})
				to, err := s.Declare(b)
				c, cerr := NewConverter(a, b, nil, nil, nil)
				if err = errors.Join(err, cerr); err != nil {
					t.Fatal(err)
				}
				c.Now = now
				Dump(from, func(x Change) {
					if x, lives, cerr := c.Change(x); cerr != nil {
						err = cerr
					} else if lives {
						err = errors.Join(err, to.Apply(x))
					}
				})
				if err != nil {
					t.Fatal(err)
				}
				return to, s
			}
			lives, _ := moved(was, &forever, &mortal, 5000)
			ends, s := moved(lives, &mortal, &forever, 5000+later)
			all := shownRows(t, own, was, forever, nil)
			if later == 1000 {
				all = nil
			}
			if got := shownRows(t, s, ends, forever, nil); !reflect.DeepEqual(got, all) {
				t.Errorf("%s after %d ms: %q\nwant %q", kind, later, got, all)
			}
		}
	}
}

// TestConvertTimers converts the keys of timers with those of their table.
func TestConvertTimers(t *testing.T) {
	s := NewStore(Config{})
	was := filled(t, s, "sorted", typesBefore, rowsBefore)
	timers := s.TimersOf(was, "due")
	var keys Keys
	keys.EncodeVectors(vec.NewCodec(typesBefore[:1]), batchOf(typesBefore[:1], []any{int64(-2)}).Cols, nil, 1)
	timers.Register(keys.Bytes(0), 50)
	now := NewStore(Config{})
	to := filled(t, now, "sorted", typesAfter, nil)
	due := now.TimersOf(to, "due")
	a, b, x, y := SchemaOf(was), SchemaOf(to), SchemaOf(timers), SchemaOf(due)
	of, err := NewConverter(&a, &b, mapAfter, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := NewConverter(&x, &y, nil, nil, of)
	if err != nil {
		t.Fatal(err)
	}
	Dump(timers, func(ch Change) {
		ch, _, cerr := c.Change(ch)
		err = errors.Join(cerr, due.Apply(ch))
	})
	if got := shownRows(t, now, due, y, &b); err != nil || !reflect.DeepEqual(got, []string{"50 -2"}) {
		t.Errorf("%v, %v", got, err)
	}
}

// TestConvertRefuses names what cannot be converted.
func TestConvertRefuses(t *testing.T) {
	col := func(name string, t types.Type) Column { return Column{name, t} }
	key := []Column{col("k", intType)}
	list := func(cs ...Column) Schema { return Schema{Name: "left", Kind: "list", Key: key, Row: cs} }
	value := func(fs ...Field) Schema {
		return Schema{Name: "groups", Kind: "value", Key: key, Fixed: 8 * len(fs), Fields: fs}
	}
	call := func(name string, t types.Type) Field {
		return Field{Name: "x", Kind: FieldAgg, Size: 8, Agg: &FieldCall{Name: name, Args: []types.Type{t}}}
	}
	sorted := func(t types.Type) Schema {
		return Schema{Name: "over", Kind: "sorted", Key: key, Row: []Column{col("v", t)}}
	}
	for _, c := range []struct {
		was, is Schema
		why     string
	}{
		{list(col("v", bigType)), list(col("v", intType)), "column v of table left was saved as BIGINT and is INT now"},
		{list(col("v", intType)), list(col("v", types.String())), "column v of table left was saved as INT and is STRING now"},
		{list(col("v", types.DecimalOf(6, 2))), list(col("v", types.DecimalOf(7, 4))), "DECIMAL(6, 2) and is DECIMAL(7, 4)"},
		{list(col("v", intType), col("w", intType)), list(col("v", intType)), "2 columns"},
		{list(col("v", intType)), sorted(intType), "the kind list"},
		{sorted(intType), sorted(bigType), "an order that may depend on them"},
		{value(call("SUM", intType)), value(call("MAX", intType)), "column x of table groups was saved as SUM[INT] and is MAX[INT] now"},
		{value(call("COLLECT", intType)), value(call("COLLECT", bigType)), "COLLECT[INT] and is COLLECT[BIGINT]"},
	} {
		_, err := NewConverter(&c.was, &c.is, nil, func(a, b *FieldCall) (func(dst, src unsafe.Pointer), bool) { return nil, false }, nil)
		var m *Mismatch
		if !errors.As(err, &m) || !strings.Contains(err.Error(), c.why) {
			t.Errorf("%v\nwant %s", err, c.why)
		}
		if c.was.Same(&c.is) || Difference(&c.was, &c.is).Was == "" {
			t.Errorf("%s: they are the same", c.why)
		}
	}
}
