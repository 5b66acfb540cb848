package sink

import (
	"unicode/utf8"

	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// Nested says how far into ROWs, ARRAYs and MAPs a table's constraints are
// enforced: table.exec.sink.nested-constraint-enforcer.
type Nested uint8

// The depths.
const (
	NestedIgnore Nested = iota
	NestedRows
	NestedAll
)

// Constraint is what the values of a column, or of a part of one, must hold to.
type Constraint struct {
	Column  int    // of the sink's input
	Name    string // as messages name it
	Type    types.Type
	NotNull bool
	Length  bool         // the length is checked
	Kids    []Constraint // of a ROW's fields, an ARRAY's element, a MAP's key and value
	NoCheck bool         // nothing to check here or below
}

// ConstraintOf gives the constraints of a column of a table. notNull tells
// whether its own nullability needs a check, length that lengths are checked
// (table.exec.sink.type-length-enforcer=ERROR).
func ConstraintOf(column string, t types.Type, notNull, length bool, nested Nested) Constraint {
	c := Constraint{Name: column, Type: t, NotNull: notNull,
		Length: length && (t.IsString() || t.IsBinary()) && t.Prec < types.MaxLen}
	switch {
	case t.Kind == types.Row && nested >= NestedRows:
		for _, f := range t.Fields {
			c.add(column+"."+f.Name, f.Type, length, nested)
		}
	case t.Kind == types.Array && nested == NestedAll:
		c.add(column+"[element]", *t.Elem, length, nested)
	case t.Kind == types.Map && nested == NestedAll:
		c.add(column+"[key]", *t.Key, length, nested)
		c.add(column+"[value]", *t.Elem, length, nested)
	}
	c.NoCheck = !c.NotNull && !c.Length
	for _, k := range c.Kids {
		c.NoCheck = c.NoCheck && k.NoCheck
	}
	return c
}

func (c *Constraint) add(column string, t types.Type, length bool, nested Nested) {
	c.Kids = append(c.Kids, ConstraintOf(column, t, !t.Nullable, length, nested))
}

// Free tells that nothing needs a check.
func (c *Constraint) Free() bool { return c.NoCheck }

// idle tells that no value of the vector can break the constraint.
func (c *Constraint) idle(v *vec.Vector) bool {
	if c.NoCheck {
		return true
	}
	return !c.Length && len(c.Kids) == 0 && !v.MayHaveNulls()
}

// fault finds what in row i of v breaks the constraint, nil if nothing does, and
// whether by a null.
func (c *Constraint) fault(v *vec.Vector, i int) (at *Constraint, null bool) {
	switch {
	case c.NoCheck:
		return nil, false
	case v.IsNull(i):
		if c.NotNull {
			return c, true
		}
		return nil, false
	}
	i = v.Idx(i)
	switch {
	case c.Length:
		if n := c.lengthOf(v.S[i]); n > c.Type.Prec || n < c.Type.Prec && (c.Type.Kind == types.Char || c.Type.Kind == types.Binary) {
			return c, false
		}
	case len(c.Kids) == 0:
	case c.Type.Kind == types.Row:
		return c.faultIn(v.Kids, i, i+1)
	case c.Type.Kind == types.Array:
		return c.faultIn(v.Kids, int(v.Off[i]), int(v.Off[i+1]))
	case c.Type.Kind == types.Map:
		return c.faultIn(v.Kids[0].Kids, int(v.Off[i]), int(v.Off[i+1]))
	}
	return nil, false
}

// faultIn looks at rows from to to-1 of the children.
func (c *Constraint) faultIn(vs []*vec.Vector, from, to int) (*Constraint, bool) {
	for i := from; i < to; i++ {
		for k := range c.Kids {
			if f, null := c.Kids[k].fault(vs[k], i); f != nil {
				return f, null
			}
		}
	}
	return nil, false
}

// lengthOf counts characters of text, bytes of binary.
func (c *Constraint) lengthOf(s string) int {
	if c.Type.IsBinary() || len(s) == 0 {
		return len(s)
	}
	return utf8.RuneCountInString(s)
}

// err tells what a row breaks.
func (c *Constraint) err(n *Node, null bool) error {
	if null {
		return sqlerr.New(sqlerr.NotNull, n.Pos, "column %s of table %s is NOT NULL, but the query gives a null", c.Name, n.Table.Name).
			WithHint("set 'table.exec.sink.not-null-enforcer' = 'DROP' to drop such rows")
	}
	return sqlerr.New(sqlerr.Value, n.Pos, "column %s of table %s is %s, but the query gives a value of another length", c.Name, n.Table.Name, c.Type.AsNullable()).
		WithHint("with 'table.exec.sink.type-length-enforcer' = 'TRIM_PAD' values are cut and padded")
}

// enforce checks the constraints of a batch: an error, or rows with nulls are
// left out and counted (table.exec.sink.not-null-enforcer=DROP).
func (o *operator) enforce(b *vec.Batch) (*vec.Batch, error) {
	for k := range o.node.Constraints {
		c := &o.node.Constraints[k]
		v := b.Cols[c.Column]
		if c.idle(v) {
			continue
		}
		sel, cut := o.sel[:0], false
		for i := range b.Len() {
			r := b.Row(i)
			var f *Constraint
			null := false
			if !o.keyDeletes || b.Kind(r) != vec.Delete { // of which only the key is known, and that was checked when it came
				f, null = c.fault(v, r)
			}
			if f == nil {
				sel = append(sel, int32(r))
				continue
			}
			if !null || !o.node.DropNulls {
				return nil, f.err(o.node, null)
			}
			o.dropped++
			cut = true
		}
		if cut {
			o.in = *b
			o.in.Sel = append(make([]int32, 0, len(sel)), sel...) // nil would mean all rows
			b = &o.in
		}
		o.sel = sel
	}
	return b, nil
}
