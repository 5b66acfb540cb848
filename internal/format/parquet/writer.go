package parquet

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"unsafe"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"

	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/variant"
	"github.com/weir-stream/weir/internal/vec"
)

// encoder shreds batches into columns of values with levels (Dremel's way) and
// hands them to parquet-go column by column; rows are never built.
type encoder struct {
	schema   *parquet.Schema
	codec    compress.Codec
	rowGroup int64
	nodes    []*outNode
	leaves   []*outLeaf
	writer   *parquet.Writer
	columns  []*parquet.ColumnWriter
	pending  int64 // bytes of the row group so far
	fixed    []byte
}

// outNode is a column or a part of one.
type outNode struct {
	name  string
	typ   types.Type
	leaf  *outLeaf
	kids  []*outNode
	first int // leaves[first:last] are below
	last  int
	rep   int // collections: level of their elements
}

// outLeaf gathers the values of a physical column.
type outLeaf struct {
	index  int
	unit   int // digits of a timestamp's unit
	values []parquet.Value
}

// codecs by the name of the option.
var codecs = map[string]compress.Codec{"UNCOMPRESSED": &parquet.Uncompressed, "SNAPPY": &parquet.Snappy, "GZIP": &parquet.Gzip, "ZSTD": &parquet.Zstd,
	"LZ4_RAW": &parquet.Lz4Raw, "BROTLI": &parquet.Brotli}

func newEncoder(s format.Schema, o format.Options) (format.Encoder, error) {
	if err := check(s.Columns); err != nil {
		return nil, err
	}
	if !o.Bool("write.int64.timestamp") {
		return nil, sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "INT96 timestamps are not written: 'parquet.write.int64.timestamp' must be true")
	}
	e := &encoder{codec: codecs[o.String("compression")], rowGroup: o.Bytes("block.size")}
	unit := 0
	if o.IsSet("timestamp.time.unit") {
		unit = map[string]int{"millis": 3, "micros": 6, "nanos": 9}[o.String("timestamp.time.unit")]
	}
	root := &group{Group: parquet.Group{}}
	for _, c := range s.Columns {
		n, p := e.build(c.Name, c.Type, 0, unit)
		e.nodes = append(e.nodes, n)
		root.add(c.Name, p)
	}
	e.schema = parquet.NewSchema("weir", root)
	return e, nil
}

// group is a parquet.Group whose fields keep their order.
type group struct {
	parquet.Group
	order []string
}

func (g *group) add(name string, n parquet.Node) {
	g.Group[name] = n
	g.order = append(g.order, name)
}

// Fields gives the fields as they were added; parquet.Group sorts them.
func (g *group) Fields() []parquet.Field {
	byName := map[string]parquet.Field{}
	for _, f := range g.Group.Fields() {
		byName[f.Name()] = f
	}
	out := make([]parquet.Field, len(g.order))
	for i, n := range g.order {
		out[i] = byName[n]
	}
	return out
}

// build lays out a type below rep repeated levels.
func (e *encoder) build(name string, t types.Type, rep, unit int) (*outNode, parquet.Node) {
	n := &outNode{name: name, typ: t, first: len(e.leaves)}
	var p parquet.Node
	switch t.Kind {
	case types.Row:
		g := &group{Group: parquet.Group{}}
		for _, f := range t.Fields {
			k, kp := e.build(name+"."+f.Name, f.Type, rep, unit)
			n.kids = append(n.kids, k)
			g.add(f.Name, kp)
		}
		p = g
	case types.Array:
		n.rep = rep + 1
		k, kp := e.build(name+".element", *t.Elem, rep+1, unit)
		n.kids, p = []*outNode{k}, parquet.List(kp)
	case types.Map, types.Multiset:
		n.rep = rep + 1
		row := t.ListElem()
		k, kp := e.build(name+".key", row.Fields[0].Type.NotNull(), rep+1, unit)
		v, vp := e.build(name+".value", row.Fields[1].Type, rep+1, unit)
		n.kids, p = []*outNode{k, v}, parquet.Map(kp, vp)
	default:
		n.leaf = &outLeaf{index: len(e.leaves), unit: unit}
		if t.IsTimestamp() && unit == 0 {
			n.leaf.unit = storedDigits(t)
		}
		e.leaves = append(e.leaves, n.leaf)
		p = leafNode(t, n.leaf.unit)
	}
	n.last = len(e.leaves)
	if t.Nullable {
		p = parquet.Optional(p)
	}
	return n, p
}

// leafNode gives the physical and logical type of a scalar.
func leafNode(t types.Type, unit int) parquet.Node {
	switch t.Kind {
	case types.Boolean:
		return parquet.Leaf(parquet.BooleanType)
	case types.TinyInt:
		return parquet.Int(8)
	case types.SmallInt:
		return parquet.Int(16)
	case types.Int:
		return parquet.Leaf(parquet.Int32Type)
	case types.Float:
		return parquet.Leaf(parquet.FloatType)
	case types.Double:
		return parquet.Leaf(parquet.DoubleType)
	case types.Decimal:
		switch {
		case t.Prec <= 9:
			return parquet.Decimal(t.Scale, t.Prec, parquet.Int32Type)
		case t.Prec <= 18:
			return parquet.Decimal(t.Scale, t.Prec, parquet.Int64Type)
		}
		return parquet.Decimal(t.Scale, t.Prec, parquet.FixedLenByteArrayType(16))
	case types.Date:
		return parquet.Date()
	case types.Time:
		return parquet.TimeAdjusted(parquet.Millisecond, false)
	case types.Timestamp, types.TimestampLTZ:
		u := map[int]parquet.TimeUnit{3: parquet.Millisecond, 6: parquet.Microsecond, 9: parquet.Nanosecond}[unit]
		return parquet.TimestampAdjusted(u, t.Kind == types.TimestampLTZ)
	case types.Char, types.Varchar:
		return parquet.Encoded(parquet.String(), &parquet.RLEDictionary)
	case types.Variant:
		return parquet.JSON()
	case types.Binary, types.Varbinary, types.Bitmap:
		return parquet.Leaf(parquet.ByteArrayType)
	}
	return parquet.Leaf(parquet.Int64Type)
}

// check refuses types that have no place in Parquet.
func check(cols []format.Column) error {
	for _, c := range cols {
		if err := checkType(c.Name, c.Type); err != nil {
			return err
		}
	}
	return nil
}

func checkType(name string, t types.Type) error {
	switch t.Kind {
	case types.Null, types.IntervalYM, types.IntervalDT, types.Symbol, types.Descriptor:
		return sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "the format parquet cannot hold the column %s of type %s", name, t)
	case types.Row:
		if len(t.Fields) == 0 {
			return sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "the format parquet cannot hold the column %s: its ROW has no fields", name)
		}
		for _, f := range t.Fields {
			if err := checkType(name+"."+f.Name, f.Type); err != nil {
				return err
			}
		}
	}
	if t.Key != nil {
		if err := checkType(name+".key", *t.Key); err != nil {
			return err
		}
	}
	if t.Elem != nil {
		return checkType(name+".element", *t.Elem)
	}
	return nil
}

// Begin starts a file.
func (e *encoder) Begin(w io.Writer) error {
	const dictionary = 1 << 20 // past it a column goes on without one, as other writers do
	e.writer = parquet.NewWriter(w, e.schema, parquet.Compression(e.codec), parquet.DictionaryMaxBytes(dictionary), parquet.PageBufferSize(1<<20),
		parquet.CreatedBy("weir", "", ""))
	e.columns = e.writer.ColumnWriters()
	e.pending = 0
	return nil
}

// Encode adds a batch to the row group.
func (e *encoder) Encode(b *vec.Batch) (err error) {
	for c, n := range e.nodes {
		for i := range b.Len() {
			if err := e.shred(n, b.Cols[c], b.Row(i), 0, 0); err != nil {
				return err
			}
		}
		for _, l := range e.leaves[n.first:n.last] {
			if _, err := e.columns[l.index].WriteRowValues(l.values); err != nil {
				return err
			}
			l.values = l.values[:0]
		}
		e.fixed = e.fixed[:0]
	}
	if e.pending += int64(b.Bytes()); e.pending >= e.rowGroup {
		e.pending = 0
		return e.writer.Flush()
	}
	return nil
}

// End writes the footer.
func (e *encoder) End() error { return e.writer.Close() }

// Buffered is about the size of the row group in memory.
func (e *encoder) Buffered() int64 { return e.pending }

// shred appends the value in row i of v, with its levels, to the leaves below n.
func (e *encoder) shred(n *outNode, v *vec.Vector, i, rep, def int) error {
	null := v.IsNull(i)
	if n.typ.Nullable {
		if null {
			e.absent(n, rep, def)
			return nil
		}
		def++
	} else if null {
		return sqlerr.New(sqlerr.Data, sqlerr.Pos{}, "the column %s is NOT NULL, but a value is NULL", n.name)
	}
	i = v.Idx(i)
	switch {
	case n.leaf != nil:
		x, err := e.scalar(n, v, i)
		n.leaf.values = append(n.leaf.values, x.Level(rep, def, n.leaf.index))
		return err
	case n.typ.Kind == types.Row:
		for k, kid := range n.kids {
			if err := e.shred(kid, v.Kids[k], i, rep, def); err != nil {
				return err
			}
		}
		return nil
	}
	from, to := int(v.Off[i]), int(v.Off[i+1])
	if from == to {
		e.absent(n, rep, def)
		return nil
	}
	parts := v.Kids
	if n.typ.Kind != types.Array {
		parts = v.Kids[0].Kids
	}
	for j := from; j < to; j++ {
		for k, kid := range n.kids {
			if err := e.shred(kid, parts[k], j, rep, def+1); err != nil {
				return err
			}
		}
		rep = n.rep
	}
	return nil
}

// absent marks that nothing is there from some level on.
func (e *encoder) absent(n *outNode, rep, def int) {
	for _, l := range e.leaves[n.first:n.last] {
		l.values = append(l.values, parquet.Value{}.Level(rep, def, l.index))
	}
}

func (e *encoder) scalar(n *outNode, v *vec.Vector, i int) (parquet.Value, error) {
	switch n.typ.Phys() {
	case types.PBool:
		return parquet.BooleanValue(v.B[i]), nil
	case types.PI8:
		return parquet.Int32Value(int32(v.I8[i])), nil
	case types.PI16:
		return parquet.Int32Value(int32(v.I16[i])), nil
	case types.PI32:
		return parquet.Int32Value(v.I32[i]), nil
	case types.PF32:
		return parquet.FloatValue(v.F32[i]), nil
	case types.PF64:
		return parquet.DoubleValue(v.F64[i]), nil
	case types.PI128:
		return parquet.FixedLenByteArrayValue(e.bigEndian(v.D[i])), nil
	case types.PStr:
		s := v.S[i]
		if n.typ.Kind == types.Variant {
			return parquet.ByteArrayValue(variant.Open(s).AppendJSON(nil)), nil
		}
		return parquet.ByteArrayValue(unsafe.Slice(unsafe.StringData(s), len(s))), nil
	}
	if n.typ.IsTimestamp() {
		x, err := scaleTimestamp(v, i, n.leaf.unit)
		if err != nil {
			err = fmt.Errorf("column %s: %w", n.name, err)
		}
		return parquet.Int64Value(x), err
	}
	if n.typ.Kind == types.Decimal && n.typ.Prec <= 9 {
		return parquet.Int32Value(int32(v.I64[i])), nil
	}
	return parquet.Int64Value(v.I64[i]), nil
}

// bigEndian writes a decimal into a buffer that lasts until the batch is
// written.
func (e *encoder) bigEndian(d types.Int128) []byte {
	at := len(e.fixed)
	e.fixed = binary.BigEndian.AppendUint64(e.fixed, uint64(d.Hi))
	e.fixed = binary.BigEndian.AppendUint64(e.fixed, d.Lo)
	return e.fixed[at : at+16 : at+16]
}

// scaleTimestamp gives a timestamp in a unit of so many digits.
func scaleTimestamp(v *vec.Vector, i, digits int) (int64, error) {
	ms, ns := format.TimestampAt(v, i)
	m := types.Pow10Int64(digits - 3)
	x, ok := mulOK(ms, m)
	rest := int64(ns) / types.Pow10Int64(9-digits)
	if !ok || x > math.MaxInt64-rest {
		return 0, fmt.Errorf("a timestamp is out of the range of its unit; 'parquet.timestamp.time.unit' = 'micros' reaches further")
	}
	return x + rest, nil
}
