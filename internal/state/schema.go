package state

import (
	"fmt"
	"time"

	"github.com/weir-stream/weir/internal/types"
)

// Column names and types one column of a table.
type Column struct {
	Name string
	Type types.Type
}

// Origin tells which columns of an operator's input the columns of a table are:
// what they are called, and which are new when the input has more columns.
type Origin struct {
	// Input is 1 + the number of the input; 0: it is not told.
	Input int `json:",omitempty"`
	// Key and Row are ordinals, -1 for what is no column of it. A nil Row stands for
	// all of the input.
	Key []int `json:",omitempty"`
	Row []int `json:",omitempty"`
}

// FieldKind says how a field of a value is written.
type FieldKind string

// The kinds of fields.
const (
	FieldWord FieldKind = "word" // 8 bytes that mean something to the owner only
	FieldInt  FieldKind = "int"  // an integer of 8 bytes
	FieldAgg  FieldKind = "agg"  // the accumulator of an aggregate call
	FieldRow  FieldKind = "row"  // a heap reference to an encoded row; 0 is none
	FieldKey  FieldKind = "key"  // a heap reference to a sort key, or a word of one, of columns Row
)

// Field is a part of a table's value.
type Field struct {
	Name string `json:",omitempty"`
	Kind FieldKind
	At   int // where it begins in the value
	Size int // bytes
	// Agg is the call of an accumulator.
	Agg *FieldCall `json:",omitempty"`
	// Row are the columns of a row, From which of those of the input they are.
	Row  []Column `json:",omitempty"`
	From Origin   `json:",omitzero"`
	// Keyed: the row follows 4 bytes of length and the sort key of Order; of a FieldKey,
	// that it is the whole key and not a word of it.
	Keyed bool      `json:",omitempty"`
	Order []SortCol `json:",omitempty"`
}

// FieldCall is an aggregate call, by the name of its function.
type FieldCall struct {
	Name    string
	Args    []types.Type `json:",omitempty"`
	Ret     types.Type
	Retract bool `json:",omitempty"`
}

// SortCol is a column of a sort key.
type SortCol struct {
	Col        int
	Desc       bool `json:",omitempty"`
	NullsFirst bool `json:",omitempty"`
}

// Schema is what was declared of a table: all that it takes to read what was saved
// of it without its owner.
type Schema struct {
	Name string
	Kind string   // Info.Kind
	Key  []Column `json:",omitempty"`
	Row  []Column `json:",omitempty"`

	From     Origin        `json:",omitzero"`
	Fixed    int           `json:",omitempty"`
	HeapRefs []int         `json:",omitempty"`
	Fields   []Field       `json:",omitempty"`
	Aux      int           `json:",omitempty"`
	TTL      time.Duration `json:",omitempty"`
	Routed   bool          `json:",omitempty"` // Route is not nil
	Route    []int         `json:",omitempty"`
	RouteRow []int         `json:",omitempty"`
	ByID     bool          `json:",omitempty"`
	Aside    bool          `json:",omitempty"`
	Ordered  bool          `json:",omitempty"` // Order is not nil
	Order    []SortCol     `json:",omitempty"`
	// Of is the table whose keys those of timers are (Named: are part of); "" with
	// Shared: they belong to nobody.
	Of     string `json:",omitempty"`
	Named  bool   `json:",omitempty"`
	Shared bool   `json:",omitempty"`
}

// SchemaOf describes a table, its columns without names where Name was not called.
func SchemaOf(o Owner) Schema {
	s := Schema{Name: o.Info().Name, Kind: o.Info().Kind, TTL: o.Info().TTL}
	s.Key, s.Row = Columns(o.Info().Key), Columns(o.Info().Row)
	switch t := o.(type) {
	case *Table:
		p := &t.spec
		s.From, s.Fixed, s.HeapRefs, s.Fields, s.ByID, s.Aside = p.From, p.Fixed, p.HeapRefs, p.Fields, p.ByID, p.Aside
		s.Routed, s.Route = p.Route != nil, p.Route
		for i, n := range p.KeyNames {
			s.Key[i].Name = n
		}
	case *List:
		p := &t.spec
		s.From, s.Aux, s.RouteRow = p.From, p.Aux, p.RouteRow
		s.Routed, s.Route = p.Route != nil, p.Route
	case *Sorted:
		p := &t.spec
		s.From, s.Fixed, s.HeapRefs, s.Aux, s.ByID = p.From, p.Fixed, p.HeapRefs, p.Aux, p.ByID
		s.Routed, s.Route = p.Route != nil, p.Route
		s.Ordered, s.Order = p.Order != nil, p.Order
	case *Timers:
		s.Of, s.Named, s.Shared = t.of, t.named, t.route != nil && t.route.any
	}
	return s
}

// Columns gives columns of types, without names.
func Columns(ts []types.Type) []Column {
	var out []Column
	for _, t := range ts {
		out = append(out, Column{Type: t})
	}
	return out
}

func typesOf(cs []Column) []types.Type {
	out := make([]types.Type, len(cs))
	for i := range cs {
		out[i] = cs[i].Type
	}
	return out
}

// NameColumns gives the columns the names of those of the operator's inputs.
func (s *Schema) NameColumns(inputs [][]string) {
	s.From.name(s.Key, s.From.Key, false, inputs)
	s.From.name(s.Row, s.From.Row, s.From.Row == nil, inputs)
	s.Fields = append([]Field(nil), s.Fields...)
	for i := range s.Fields {
		f := &s.Fields[i]
		f.Row = append([]Column(nil), f.Row...)
		f.From.name(f.Row, f.From.Row, f.From.Row == nil, inputs)
	}
}

func (o *Origin) name(cs []Column, at []int, all bool, inputs [][]string) {
	if o.Input == 0 || o.Input > len(inputs) {
		return
	}
	names := inputs[o.Input-1]
	for i := range cs {
		k := i
		if !all {
			if i >= len(at) {
				return
			}
			k = at[i]
		}
		if k >= 0 && k < len(names) {
			cs[i].Name = names[k]
		}
	}
}

// Declare declares a table as a schema says. What follows from its fields is known
// to its owner only.
func (s *Store) Declare(c *Schema) (Owner, error) {
	route := c.Route
	if c.Routed && route == nil {
		route = []int{}
	}
	key, row := typesOf(c.Key), typesOf(c.Row)
	switch c.Kind {
	case "value":
		return s.Table(TableSpec{Name: c.Name, Key: key, Fixed: c.Fixed, HeapRefs: c.HeapRefs, TTL: c.TTL, Route: route, ByID: c.ByID}), nil
	case "list":
		return s.List(ListSpec{Name: c.Name, Key: key, Row: row, Aux: c.Aux, TTL: c.TTL, Route: route, RouteRow: c.RouteRow}), nil
	case "sorted":
		return s.Sorted(SortedSpec{Name: c.Name, Key: key, Row: row, Fixed: c.Fixed, HeapRefs: c.HeapRefs, Aux: c.Aux, TTL: c.TTL, Route: route, ByID: c.ByID}), nil
	case "single":
		return s.Single(c.Name), nil
	case "timers":
		return s.declareTimers(c)
	}
	return nil, fmt.Errorf("there is no kind of table %q", c.Kind)
}

func (s *Store) declareTimers(c *Schema) (Owner, error) {
	if c.Shared {
		return s.SharedTimers(c.Name), nil
	}
	of, ok := s.Lookup(c.Of).(routed)
	switch {
	case c.Of == "":
		return s.Timers(c.Name), nil
	case !ok:
		return nil, fmt.Errorf("timers %s are of a table %s, which was not saved", c.Name, c.Of)
	case c.Named:
		return s.NamedTimersOf(of.(Owner), c.Name), nil
	}
	return s.TimersOf(of.(Owner), c.Name), nil
}
