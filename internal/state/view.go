package state

import (
	"fmt"
	"slices"

	"github.com/weir-stream/weir/internal/types"
)

// View is a table as SQL sees it: the key group, the columns of the key, and what
// is kept by it, a row an entry.
type View struct {
	Columns []Column
	schema  Schema
	of      *Schema // of timers: the table whose keys they have
	parts   []viewPart
	shown   []int // fields that are rows: one of them a row
}

// viewPart is where a column of a view comes from.
type viewPart struct {
	from partKind
	at   int // ordinal in the key or the row, or the field
}

type partKind uint8

const (
	partGroup partKind = iota
	partKey
	partRow
	partField
	partNumber // multiplicity in lists, position in sorted maps and of rows in a value
	partTime
	partText // the name of a timer, a value without columns
)

// GroupColumn is the first column of every view but those of values without a key.
const GroupColumn = "key_group"

// ViewOf gives the view of a table. of is the one that timers are of, nil if none.
func ViewOf(s Schema, of *Schema) *View {
	v := &View{schema: s, of: of}
	if s.Kind == "single" {
		v.add("position", types.Of(types.Int).NotNull(), partNumber, 0)
		v.add("value", types.Bytes().NotNull(), partText, 0)
		return v
	}
	if !s.Shared {
		v.add(GroupColumn, types.Of(types.Int).NotNull(), partGroup, 0)
	}
	switch s.Kind {
	case "timers":
		v.timers()
		return v
	case "value":
		v.keys(s.inFields())
		v.fields()
	default:
		v.keys(ordinals(&s.From, len(s.Row)))
		v.row(s.Row)
		if s.Kind == "list" {
			v.add("multiplicity", types.Of(types.BigInt).NotNull(), partNumber, 0)
		} else {
			v.add("position", types.Of(types.BigInt).NotNull(), partNumber, 0)
		}
	}
	return v
}

// ordinals lists those of the input that a row of n columns has; nil: it is not known.
func ordinals(o *Origin, n int) []int {
	if o.Input == 0 || o.Row != nil {
		return o.Row
	}
	return identity(n)
}

// inFields lists the ordinals of the input that the rows in a value have.
func (s *Schema) inFields() []int {
	for i := range s.Fields {
		if f := &s.Fields[i]; f.Kind == FieldRow && f.Name != "" {
			return ordinals(&f.From, len(f.Row))
		}
	}
	return nil
}

// keys shows the columns of the key that are not among those of the row.
func (v *View) keys(row []int) {
	for i, c := range v.schema.Key {
		if at := v.schema.From.Key; i < len(at) && at[i] >= 0 && slices.Contains(row, at[i]) {
			continue
		}
		v.add(named(c.Name, "k", i), c.Type, partKey, i)
	}
}

func (v *View) row(cs []Column) {
	for i, c := range cs {
		v.add(named(c.Name, "v", i), c.Type, partRow, i)
	}
}

func (v *View) fields() {
	if len(v.schema.Fields) == 0 && v.schema.Fixed > 0 {
		v.add("value", types.Bytes().NotNull(), partText, 0)
		return
	}
	for i := range v.schema.Fields {
		f := &v.schema.Fields[i]
		switch {
		case f.Name == "":
		case f.Kind == FieldInt:
			v.add(f.Name, types.Of(types.BigInt).NotNull(), partField, i)
		case f.Kind == FieldAgg:
			v.add(f.Name, f.Agg.Ret, partField, i)
		case f.Kind == FieldRow:
			if v.shown = append(v.shown, i); len(v.shown) == 1 {
				v.row(f.Row)
			}
		}
	}
	if len(v.shown) > 1 {
		v.add("position", types.Of(types.BigInt).NotNull(), partNumber, 0)
	}
}

func (v *View) timers() {
	v.add("time", types.TimestampLTZOf(3).NotNull(), partTime, 0)
	if v.of == nil {
		v.add("key", types.Bytes().NotNull(), partText, 0)
		return
	}
	for i, c := range v.of.Key {
		v.add(named(c.Name, "k", i), c.Type, partKey, i)
	}
	if v.schema.Named {
		v.add("name", types.String().NotNull(), partText, 0)
	}
}

func named(name, prefix string, i int) string {
	if name == "" {
		return fmt.Sprint(prefix, i)
	}
	return name
}

// add appends a column; a name that is there already gets a number.
func (v *View) add(name string, t types.Type, from partKind, at int) {
	taken := func(s string) bool {
		return slices.ContainsFunc(v.Columns, func(c Column) bool { return c.Name == s })
	}
	unique := name
	for i := 0; taken(unique); i++ {
		unique = fmt.Sprint(name, i)
	}
	v.Columns = append(v.Columns, Column{unique, t.WithAttr(types.NoAttr)})
	v.parts = append(v.parts, viewPart{from, at})
}
