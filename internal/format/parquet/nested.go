package parquet

import (
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"

	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// node reads one column or field, which may be made of several leaves. A node
// without leaf and kids stands for a column that the file lacks.
type node struct {
	leaf *leaf
	kids []*node
	list bool // ARRAY or MAP: one kid
	def  byte // level from which on the value is there
	full byte // list: level from which on it has an element
	rep  byte // list: repetition level of its elements
	deep bool // holds a list
	opt  bool // may be null

	levels *leaf // the leaf whose levels tell about this node
	rows   *levels
}

// build makes the reader of column c as type t.
func build(c *parquet.Column, t types.Type, zone *zoneRule) (*node, error) {
	if c.Repeated() { // a list of two levels, or an element read through one
		return buildList(c, c, t, zone)
	}
	return buildValue(c, t, zone)
}

// buildValue is build without looking at c's own repetition.
func buildValue(c *parquet.Column, t types.Type, zone *zoneRule) (*node, error) {
	n := &node{def: byte(c.MaxDefinitionLevel()), opt: c.MaxDefinitionLevel() > 0}
	if c.Leaf() {
		l, err := newLeaf(c, t, zone)
		if err != nil {
			return nil, err
		}
		n.leaf, n.levels = l, l
		n.deep = l.maxRep > 0
		return n, nil
	}
	switch {
	case shapeOf(c) == shapeList && t.Kind == types.Array:
		e, err := elementOf(c)
		if err != nil {
			return nil, err
		}
		l, err := buildList(c.Columns()[0], e, t, zone)
		if err == nil {
			l.def, l.opt = n.def, n.opt
		}
		return l, err
	case shapeOf(c) == shapeMap && t.Kind == types.Map:
		l, err := buildMap(c.Columns()[0], t, zone)
		if err == nil {
			l.def, l.opt = n.def, n.opt
		}
		return l, err
	case t.Kind == types.Row:
		return n, n.buildRow(c, t.Fields, zone)
	}
	have, err := baseType(c)
	if err != nil {
		return nil, err
	}
	return nil, fmt.Errorf("declared %s, but the file has %s", t.AsNullable(), have)
}

func (n *node) buildRow(c *parquet.Column, fields []types.Field, zone *zoneRule) error {
	for _, f := range fields {
		fc := find(c, f.Name)
		if fc == nil {
			n.kids = append(n.kids, &node{})
			continue
		}
		k, err := build(fc, f.Type, zone)
		if err != nil {
			return fmt.Errorf("field %s: %w", f.Name, err)
		}
		n.kids = append(n.kids, k)
		n.deep = n.deep || k.deep
		if n.levels == nil {
			n.levels = k.levels
		}
	}
	return nil
}

// buildList reads the repeated column rep, whose element is e.
func buildList(rep, e *parquet.Column, t types.Type, zone *zoneRule) (*node, error) {
	if t.Kind != types.Array {
		return nil, fmt.Errorf("declared %s, but the file has a list", t.AsNullable())
	}
	k, err := buildValue(e, *t.Elem, zone)
	if err != nil {
		return nil, fmt.Errorf("element: %w", err)
	}
	full := byte(rep.MaxDefinitionLevel())
	return &node{list: true, deep: true, kids: []*node{k}, levels: k.levels, def: full - 1, full: full, rep: byte(rep.MaxRepetitionLevel())}, nil
}

func buildMap(rep *parquet.Column, t types.Type, zone *zoneRule) (*node, error) {
	entry := &node{deep: true, def: byte(rep.MaxDefinitionLevel())}
	for i, kt := range []types.Type{*t.Key, *t.Elem} {
		k, err := build(rep.Columns()[i], kt, zone)
		if err != nil {
			return nil, err
		}
		entry.kids = append(entry.kids, k)
	}
	entry.levels = entry.kids[0].levels
	full := byte(rep.MaxDefinitionLevel())
	return &node{list: true, deep: true, kids: []*node{entry}, levels: entry.levels, full: full, rep: byte(rep.MaxRepetitionLevel())}, nil
}

// leaves calls f for each leaf.
func (n *node) leaves(f func(*leaf)) {
	if n.leaf != nil {
		f(n.leaf)
	}
	for _, k := range n.kids {
		k.leaves(f)
	}
}

// read appends the next rows of the column to v.
func (n *node) read(v *vec.Vector, rows int) error {
	switch {
	case n.levels == nil:
		v.AppendNulls(rows)
		return nil
	case n.deep:
		return n.readDeep(v, rows)
	case n.leaf != nil:
		return n.leaf.read(v, rows)
	}
	n.levels.keep = n.opt
	at := v.N
	for i, k := range n.kids {
		if err := k.read(v.Kids[i], rows); err != nil {
			return err
		}
	}
	v.Extend(rows)
	if n.opt && len(n.levels.kept) == rows {
		nullBelow(v, at, n.levels.kept, n.def)
	}
	return nil
}

// nullBelow makes rows whose level is below def null.
func nullBelow(v *vec.Vector, at int, levels []byte, def byte) {
	var bits vec.Bitmap
	for i, d := range levels {
		if d < def {
			if bits == nil {
				bits = v.Bits()
			}
			bits.Clear(at + i)
		}
	}
}

// skip passes over rows.
func (n *node) skip(rows int) error {
	var err error
	n.leaves(func(l *leaf) {
		if err != nil {
			return
		}
		if l.maxRep > 0 {
			err = l.collect(rows, nil)
		} else {
			err = l.skip(rows)
		}
	})
	return err
}

// levels are the levels and values of some rows of a leaf, for assembly.
type levels struct {
	def, rep []byte
	dense    *vec.Vector
	at, val  int
}

// collect gathers the levels and values of the next rows of a leaf into c, or
// drops them if c is nil. Leaves without repetition have a level a row.
func (l *leaf) collect(rows int, c *levels) error {
	for done := 0; ; {
		if l.at == l.levels {
			if done == rows && l.maxRep == 0 {
				return nil
			}
			if err := l.next(); err != nil {
				if done == rows && errors.Is(err, io.ErrUnexpectedEOF) {
					return nil // the row group's last row ends with its pages
				}
				return err
			}
		}
		k, rowsIn, whole := l.rowsEnd(rows - done)
		if c != nil {
			if err := l.take(k, c); err != nil {
				return err
			}
		} else {
			l.drain(k)
		}
		done += rowsIn
		if whole {
			return nil
		}
	}
}

// rowsEnd finds how many levels of the page belong to the next want rows, how
// many rows begin in them, and whether the end of the last one was seen.
func (l *leaf) rowsEnd(want int) (k, begun int, whole bool) {
	if l.maxRep == 0 {
		k = min(want, l.levels-l.at)
		return k, k, k == want
	}
	for i, r := range l.rep[l.at:l.levels] {
		if r == 0 {
			if begun == want {
				return i, begun, true
			}
			begun++
		}
	}
	return l.levels - l.at, begun, false
}

// take moves k levels and their values into c.
func (l *leaf) take(k int, c *levels) error {
	full := k
	if l.maxDef > 0 {
		d := l.def[l.at : l.at+k]
		c.def = append(c.def, d...)
		full = countEq(d, l.maxDef)
	} else {
		for range k {
			c.def = append(c.def, 0)
		}
	}
	if l.maxRep > 0 {
		c.rep = append(c.rep, l.rep[l.at:l.at+k]...)
	} else {
		for range k {
			c.rep = append(c.rep, 0)
		}
	}
	at := c.dense.N
	c.dense.Grow(full)
	l.at += k
	return l.put(c.dense, at, full)
}

func (l *leaf) drain(k int) {
	if l.maxDef > 0 {
		l.val += countEq(l.def[l.at:l.at+k], l.maxDef)
	} else {
		l.val += k
	}
	l.at += k
}

// readDeep assembles rows from levels.
func (n *node) readDeep(v *vec.Vector, rows int) error {
	if err := n.prepare(rows); err != nil {
		return err
	}
	for range rows {
		n.assemble(v)
	}
	return nil
}

func (n *node) prepare(rows int) error {
	if n.leaf != nil {
		if n.rows == nil {
			n.rows = &levels{dense: vec.New(n.leaf.typ, 0)}
		}
		c := n.rows
		c.def, c.rep, c.at, c.val = c.def[:0], c.rep[:0], 0, 0
		c.dense.Resize(0)
		return n.leaf.collect(rows, c)
	}
	for _, k := range n.kids {
		if err := k.prepare(rows); err != nil {
			return err
		}
	}
	return nil
}

// first is the levels of the node's first leaf.
func (n *node) first() *levels {
	if n.leaf != nil {
		return n.rows
	}
	for _, k := range n.kids {
		if k.levels != nil {
			return k.first()
		}
	}
	return nil
}

// assemble appends one value of the node.
func (n *node) assemble(v *vec.Vector) {
	if n.levels == nil {
		v.AppendNulls(1)
		return
	}
	if n.leaf != nil {
		c := n.rows
		if c.def[c.at] == n.leaf.maxDef {
			v.AppendRange(c.dense, c.val, c.val+1)
			c.val++
		} else {
			v.AppendNulls(1)
		}
		c.at++
		return
	}
	c := n.first()
	d := c.def[c.at]
	switch {
	case n.opt && d < n.def:
		v.AppendNulls(1)
		n.pass()
	case n.list:
		n.assembleList(v, c, d)
	default:
		for i, k := range n.kids {
			k.assemble(v.Kids[i])
		}
		v.Extend(1)
	}
}

func (n *node) assembleList(v *vec.Vector, c *levels, d byte) {
	kid := v.Kids[0]
	if d < n.full {
		n.pass()
	} else {
		n.kids[0].assemble(kid)
		for c.at < len(c.rep) && c.rep[c.at] >= n.rep {
			n.kids[0].assemble(kid)
		}
	}
	v.Off = append(v.Off, int32(kid.N))
	v.Extend(1)
}

// pass skips the one level that stands for an absent value in every leaf.
func (n *node) pass() {
	if n.leaf != nil {
		n.rows.at++
	}
	for _, k := range n.kids {
		k.pass()
	}
}
