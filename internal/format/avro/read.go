package avro

import (
	"encoding/binary"
	"math"

	"github.com/twmb/avro"

	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// input is a message that is being read: p is the next byte. fault is what is wrong;
// the first one counts.
type input struct {
	src   []byte
	p     int
	fault string
	arena format.Arena
}

func (in *input) fail(what string) {
	if in.fault == "" {
		in.fault = what
	}
	in.p = len(in.src)
}

// long reads a number, zig-zag encoded.
func (in *input) long() int64 {
	if in.p < len(in.src) && in.src[in.p] < 0x80 {
		u := uint64(in.src[in.p])
		in.p++
		return int64(u>>1) ^ -int64(u&1)
	}
	u, n := binary.Uvarint(in.src[in.p:])
	if n <= 0 {
		in.fail("the message ends inside of a value")
		return 0
	}
	in.p += n
	return int64(u>>1) ^ -int64(u&1)
}

// bytes reads n bytes, which stay part of the message.
func (in *input) bytes(n int64) []byte {
	if n < 0 || n > int64(len(in.src)-in.p) {
		in.fail("the message ends inside of a value")
		return nil
	}
	b := in.src[in.p : in.p+int(n)]
	in.p += int(n)
	return b
}

// read appends a value to a vector.
type read func(in *input, v *vec.Vector)

// skip passes over a value.
type skip func(in *input)

// compiler makes readers of a writer's schema.
type compiler struct {
	*schema
	whole bool // records follow each other, so all of each is read
	skips map[*avro.SchemaNode]*skip
}

func newCompiler(s *schema) *compiler {
	return &compiler{schema: s, skips: map[*avro.SchemaNode]*skip{}}
}

// mismatch is the error of a column that the schema's type cannot fill.
func mismatch(column string, n *avro.SchemaNode, t types.Type) error {
	what := n.Type
	if n.LogicalType != "" {
		what += " (" + n.LogicalType + ")"
	}
	return sqlerr.New(sqlerr.Data, sqlerr.Pos{}, "the column %s is %s, but the field in the Avro schema is %s", column, t.AsNullable(), what)
}

// reader makes the way from a type of the schema to a column's type.
func (c *compiler) reader(n *avro.SchemaNode, t types.Type, column string) (read, error) {
	n = c.resolve(n)
	switch n.Type {
	case "union":
		return c.union(n, t, column)
	case "null":
		return func(_ *input, v *vec.Vector) { v.AppendNulls(1) }, nil
	}
	var r read
	var err error
	switch t.Kind {
	case types.Boolean:
		if n.Type == "boolean" {
			r = func(in *input, v *vec.Vector) {
				b := in.bytes(1)
				v.B = append(v.B, len(b) > 0 && b[0] != 0)
				v.Extend(1)
			}
		}
	case types.TinyInt, types.SmallInt, types.Int, types.BigInt:
		r = integers(n, t)
	case types.Float, types.Double:
		r = floats(n, t)
	case types.Char, types.Varchar, types.Binary, types.Varbinary:
		r = texts(n)
	case types.Date:
		if n.Type == "int" {
			r = func(in *input, v *vec.Vector) { v.I32 = append(v.I32, int32(in.long())); v.Extend(1) }
		}
	case types.Time:
		r = times(n)
	case types.Timestamp, types.TimestampLTZ:
		r = timestamps(n)
	case types.Decimal:
		r = decimals(n, t)
	case types.Array:
		r, err = c.array(n, t, column)
	case types.Map, types.Multiset:
		r, err = c.mapping(n, t, column)
	case types.Row:
		r, err = c.row(n, t, column)
	}
	if err == nil && r == nil {
		err = mismatch(column, n, t)
	}
	return r, err
}

// union reads the branch that a value has.
func (c *compiler) union(n *avro.SchemaNode, t types.Type, column string) (read, error) {
	branches := make([]read, len(n.Branches))
	for i := range n.Branches {
		var err error
		if branches[i], err = c.reader(&n.Branches[i], t, column); err != nil {
			return nil, err
		}
		if c.resolve(&n.Branches[i]).Type == "null" && !t.Nullable {
			branches[i] = func(in *input, v *vec.Vector) {
				in.fail("the column " + column + " is NOT NULL, and the message has null")
				v.AppendNulls(1)
			}
		}
	}
	return func(in *input, v *vec.Vector) {
		b := in.long()
		if b < 0 || b >= int64(len(branches)) {
			in.fail("a union has no such branch: the message was not written with this schema")
			v.AppendNulls(1)
			return
		}
		branches[b](in, v)
	}, nil
}

func integers(n *avro.SchemaNode, t types.Type) read {
	if n.Type != "int" && n.Type != "long" {
		return nil
	}
	lo, hi := int64(math.MinInt64), int64(math.MaxInt64)
	switch t.Kind {
	case types.TinyInt:
		lo, hi = math.MinInt8, math.MaxInt8
	case types.SmallInt:
		lo, hi = math.MinInt16, math.MaxInt16
	case types.Int:
		lo, hi = math.MinInt32, math.MaxInt32
	case types.BigInt:
		return func(in *input, v *vec.Vector) { v.I64 = append(v.I64, in.long()); v.Extend(1) }
	}
	return func(in *input, v *vec.Vector) {
		x := in.long()
		if x < lo || x > hi {
			in.fail("a number is out of the range of " + t.AsNullable().String())
		}
		switch t.Kind {
		case types.TinyInt:
			v.I8 = append(v.I8, int8(x))
		case types.SmallInt:
			v.I16 = append(v.I16, int16(x))
		default:
			v.I32 = append(v.I32, int32(x))
		}
		v.Extend(1)
	}
}

func floats(n *avro.SchemaNode, t types.Type) read {
	var get func(in *input) float64
	switch n.Type {
	case "int", "long":
		get = func(in *input) float64 { return float64(in.long()) }
	case "float":
		get = func(in *input) float64 {
			if b := in.bytes(4); b != nil {
				return float64(math.Float32frombits(binary.LittleEndian.Uint32(b)))
			}
			return 0
		}
	case "double":
		get = func(in *input) float64 {
			if b := in.bytes(8); b != nil {
				return math.Float64frombits(binary.LittleEndian.Uint64(b))
			}
			return 0
		}
	default:
		return nil
	}
	if t.Kind == types.Float {
		return func(in *input, v *vec.Vector) { v.F32 = append(v.F32, float32(get(in))); v.Extend(1) }
	}
	return func(in *input, v *vec.Vector) { v.F64 = append(v.F64, get(in)); v.Extend(1) }
}

// texts reads strings, bytes, fixeds and the symbols of enums.
func texts(n *avro.SchemaNode) read {
	switch n.Type {
	case "string", "bytes":
		return func(in *input, v *vec.Vector) { v.S = append(v.S, in.arena.Copy(in.bytes(in.long()))); v.Extend(1) }
	case "fixed":
		size := int64(n.Size)
		return func(in *input, v *vec.Vector) { v.S = append(v.S, in.arena.Copy(in.bytes(size))); v.Extend(1) }
	case "enum":
		symbols := n.Symbols
		return func(in *input, v *vec.Vector) {
			i, s := in.long(), ""
			if i < 0 || i >= int64(len(symbols)) {
				in.fail("an enum has no such symbol: the message was not written with this schema")
			} else {
				s = symbols[i]
			}
			v.S = append(v.S, s)
			v.Extend(1)
		}
	}
	return nil
}

func times(n *avro.SchemaNode) read {
	div := int64(1)
	switch {
	case n.Type == "int":
	case n.Type == "long" && n.LogicalType == "time-micros":
		div = 1000
	default:
		return nil
	}
	return func(in *input, v *vec.Vector) { v.I32 = append(v.I32, int32(in.long()/div)); v.Extend(1) }
}

// timestamps reads times of the units of logical types; a plain long is ms.
func timestamps(n *avro.SchemaNode) read {
	if n.Type != "long" {
		return nil
	}
	perMs := int64(1)
	switch n.LogicalType {
	case "timestamp-micros", "local-timestamp-micros":
		perMs = 1000
	case "timestamp-nanos", "local-timestamp-nanos":
		perMs = 1_000_000
	}
	return func(in *input, v *vec.Vector) {
		x := in.long()
		ms, rest := x/perMs, x%perMs
		if rest < 0 {
			ms, rest = ms-1, rest+perMs
		}
		format.AppendTimestamp(v, ms, int32(rest*(1_000_000/perMs)))
	}
}
