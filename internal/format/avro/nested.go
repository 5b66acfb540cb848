package avro

import (
	"github.com/twmb/avro"

	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// decimals reads the unscaled bytes of the logical type, big-endian, two's complement.
func decimals(n *avro.SchemaNode, t types.Type) read {
	if n.LogicalType != "decimal" || n.Type != "bytes" && n.Type != "fixed" {
		return nil
	}
	fixed, scale := int64(n.Size), n.Scale
	isFixed := n.Type == "fixed"
	return func(in *input, v *vec.Vector) {
		size := fixed
		if !isFixed {
			size = in.long()
		}
		x, ok := types.Unscaled(in.bytes(size))
		if ok {
			x, ok = types.CastDecimal(x, scale, t.Prec, t.Scale)
		}
		if !ok {
			in.fail("a number does not fit into " + t.AsNullable().String())
		}
		if t.Phys() == types.PI64 {
			v.I64 = append(v.I64, x.Int64())
		} else {
			v.D = append(v.D, x)
		}
		v.Extend(1)
	}
}

// blocks calls item for each element of an array or a map, which come in blocks.
func (in *input) blocks(item func()) {
	for in.fault == "" {
		n := in.long()
		if n == 0 {
			return
		}
		if n < 0 { // with the size of the block in bytes
			n = -n
			in.long()
		}
		for ; n > 0 && in.fault == ""; n-- {
			item()
		}
	}
}

func (c *compiler) array(n *avro.SchemaNode, t types.Type, column string) (read, error) {
	if n.Type != "array" {
		return nil, nil
	}
	elem, err := c.reader(n.Items, *t.Elem, column)
	if err != nil {
		return nil, err
	}
	return func(in *input, v *vec.Vector) {
		in.blocks(func() { elem(in, v.Kids[0]) })
		v.Off = append(v.Off, int32(v.Kids[0].N))
		v.Extend(1)
	}, nil
}

// mapping reads maps; a MULTISET is one with numbers.
func (c *compiler) mapping(n *avro.SchemaNode, t types.Type, column string) (read, error) {
	elem := t.Elem
	if t.Kind == types.Multiset {
		count := types.Of(types.Int).NotNull()
		elem = &count
	}
	if n.Type != "map" {
		return nil, nil
	}
	value, err := c.reader(n.Values, *elem, column)
	if err != nil {
		return nil, err
	}
	return func(in *input, v *vec.Vector) {
		entries := v.Kids[0]
		in.blocks(func() {
			keys := entries.Kids[0]
			keys.S = append(keys.S, in.arena.Copy(in.bytes(in.long())))
			keys.Extend(1)
			value(in, entries.Kids[1])
			entries.Extend(1)
		})
		v.Off = append(v.Off, int32(entries.N))
		v.Extend(1)
	}, nil
}

// step is a field of a record: it goes to a column, or is passed over.
type step struct {
	col  int // -1: nobody wants it
	read read
	skip skip
}

// record makes the steps of a record whose wanted fields are columns; missing lists
// those that it does not have, which are null.
func (c *compiler) record(n *avro.SchemaNode, want []types.Field, prefix string) (steps []step, missing []int, err error) {
	found := make([]bool, len(want))
	last := -1
	for i := range n.Fields {
		f := &n.Fields[i]
		s := step{col: -1}
		for w := range want {
			if want[w].Name != f.Name {
				continue
			}
			if s.read, err = c.reader(&f.Type, want[w].Type, prefix+f.Name); err != nil {
				return nil, nil, err
			}
			s.col, found[w], last = w, true, i
		}
		if s.col < 0 {
			s.skip = c.skipper(&f.Type)
		}
		steps = append(steps, s)
	}
	for w, ok := range found {
		if ok {
			continue
		}
		if !want[w].Type.Nullable {
			return nil, nil, sqlerr.New(sqlerr.Data, sqlerr.Pos{}, "the Avro schema has no field '%s', and the column is NOT NULL", prefix+want[w].Name)
		}
		missing = append(missing, w)
	}
	if prefix == "" && !c.whole {
		steps = steps[:last+1] // what follows in the message is not looked at
	}
	return steps, missing, nil
}

func (c *compiler) row(n *avro.SchemaNode, t types.Type, column string) (read, error) {
	if n.Type != "record" {
		return nil, nil
	}
	steps, missing, err := c.record(n, t.Fields, column+".")
	if err != nil {
		return nil, err
	}
	return func(in *input, v *vec.Vector) {
		run(in, steps, missing, v.Kids)
		v.Extend(1)
	}, nil
}

// run reads a record into columns.
func run(in *input, steps []step, missing []int, cols []*vec.Vector) {
	for i := range steps {
		if s := &steps[i]; s.col >= 0 {
			s.read(in, cols[s.col])
		} else {
			s.skip(in)
		}
	}
	for _, m := range missing {
		cols[m].AppendNulls(1)
	}
}

// skipper passes over a value. A record may hold itself, so what is under way is
// found by its node.
func (c *compiler) skipper(n *avro.SchemaNode) skip {
	n = c.resolve(n)
	if s, ok := c.skips[n]; ok {
		return func(in *input) { (*s)(in) }
	}
	s := new(skip)
	c.skips[n] = s
	*s = c.newSkipper(n)
	return *s
}

func (c *compiler) newSkipper(n *avro.SchemaNode) skip {
	switch n.Type {
	case "null":
		return func(*input) {}
	case "boolean":
		return func(in *input) { in.bytes(1) }
	case "int", "long", "enum":
		return func(in *input) { in.long() }
	case "float":
		return func(in *input) { in.bytes(4) }
	case "double":
		return func(in *input) { in.bytes(8) }
	case "fixed":
		size := int64(n.Size)
		return func(in *input) { in.bytes(size) }
	case "array":
		item := c.skipper(n.Items)
		return func(in *input) { in.blocks(func() { item(in) }) }
	case "map":
		value := c.skipper(n.Values)
		return func(in *input) { in.blocks(func() { in.bytes(in.long()); value(in) }) }
	case "union":
		branches := make([]skip, len(n.Branches))
		for i := range n.Branches {
			branches[i] = c.skipper(&n.Branches[i])
		}
		return func(in *input) {
			if b := in.long(); b >= 0 && b < int64(len(branches)) {
				branches[b](in)
			} else {
				in.fail("a union has no such branch: the message was not written with this schema")
			}
		}
	case "record", "error":
		fields := make([]skip, len(n.Fields))
		for i := range n.Fields {
			fields[i] = c.skipper(&n.Fields[i].Type)
		}
		return func(in *input) {
			for _, f := range fields {
				f(in)
			}
		}
	}
	return func(in *input) { in.bytes(in.long()) } // string, bytes
}
