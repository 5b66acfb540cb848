// Package arrow turns batches into Arrow records, for programs that embed the
// engine and for `--output arrow`, which is Arrow's IPC stream.
//
// The loops go over one column at a time through Arrow's builders: this is an
// edge that results cross once, not a path that rows live on.
package arrow

import (
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// Spec describes the format. It is written only.
func Spec() *format.Spec {
	return &format.Spec{Name: "arrow", Example: example, Doc: "Arrow's IPC stream of record batches.", Extensions: []string{".arrows"},
		NewEncoder: func(s format.Schema, _ format.Options) (format.Encoder, error) {
			return &encoder{schema: Schema(s.Columns)}, nil
		},
		Check: check}
}

func check(cols []format.Column) error {
	for _, c := range cols {
		switch c.Type.Kind {
		case types.Symbol, types.Descriptor:
			return sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "Arrow has no type for column `%s`, %s", c.Name, c.Type)
		}
	}
	return nil
}

type encoder struct {
	schema *arrow.Schema
	w      *ipc.Writer
}

func (e *encoder) Begin(w io.Writer) error {
	e.w = ipc.NewWriter(w, ipc.WithSchema(e.schema))
	return nil
}

func (e *encoder) Encode(b *vec.Batch) error {
	r, err := Record(e.schema, b)
	if err != nil {
		return err
	}
	defer r.Release()
	return e.w.Write(r)
}

func (e *encoder) End() error      { return e.w.Close() }
func (e *encoder) Buffered() int64 { return 0 }

// Schema gives the Arrow schema of columns.
func Schema(cols []format.Column) *arrow.Schema {
	fields := make([]arrow.Field, len(cols))
	for i, c := range cols {
		fields[i] = arrow.Field{Name: c.Name, Type: Type(c.Type), Nullable: c.Type.Nullable}
	}
	return arrow.NewSchema(fields, nil)
}

// plainTypes are the types that need no parameters.
var plainTypes = map[types.Kind]arrow.DataType{
	types.Null: arrow.Null, types.Boolean: arrow.FixedWidthTypes.Boolean, types.TinyInt: arrow.PrimitiveTypes.Int8,
	types.SmallInt: arrow.PrimitiveTypes.Int16, types.Int: arrow.PrimitiveTypes.Int32, types.BigInt: arrow.PrimitiveTypes.Int64,
	types.Float: arrow.PrimitiveTypes.Float32, types.Double: arrow.PrimitiveTypes.Float64,
	types.Char: arrow.BinaryTypes.String, types.Variant: arrow.BinaryTypes.String, types.Varchar: arrow.BinaryTypes.String,
	types.Binary: arrow.BinaryTypes.Binary, types.Varbinary: arrow.BinaryTypes.Binary,
	types.Date: arrow.FixedWidthTypes.Date32, types.Time: arrow.FixedWidthTypes.Time32ms,
	types.IntervalYM: arrow.FixedWidthTypes.MonthInterval, types.IntervalDT: arrow.FixedWidthTypes.Duration_ms,
}

// Type gives the Arrow type of a column: timestamps in milliseconds,
// microseconds or nanoseconds by their precision, instants in UTC; a MULTISET is
// a map from elements to counts, a VARIANT its JSON text, a BITMAP its bytes in
// the portable Roaring format.
func Type(t types.Type) arrow.DataType {
	if p, ok := plainTypes[t.Kind]; ok {
		return p
	}
	switch t.Kind {
	case types.Decimal:
		return &arrow.Decimal128Type{Precision: int32(t.Prec), Scale: int32(t.Scale)}
	case types.Timestamp, types.TimestampLTZ:
		ts := &arrow.TimestampType{Unit: unit(t)}
		if t.Kind == types.TimestampLTZ {
			ts.TimeZone = "UTC"
		}
		return ts
	case types.Array:
		return arrow.ListOfField(arrow.Field{Name: "item", Type: Type(*t.Elem), Nullable: t.Elem.Nullable})
	case types.Map, types.Multiset:
		kv := t.ListElem().Fields
		m := arrow.MapOf(Type(kv[0].Type), Type(kv[1].Type))
		m.SetItemNullable(kv[1].Type.Nullable)
		return m
	case types.Row:
		fields := make([]arrow.Field, len(t.Fields))
		for i, f := range t.Fields {
			fields[i] = arrow.Field{Name: f.Name, Type: Type(f.Type), Nullable: f.Type.Nullable}
		}
		return arrow.StructOf(fields...)
	}
	return arrow.BinaryTypes.Binary
}

func unit(t types.Type) arrow.TimeUnit {
	switch {
	case t.Prec <= 3:
		return arrow.Millisecond
	case t.Prec <= 6:
		return arrow.Microsecond
	}
	return arrow.Nanosecond
}

// Record copies the counting rows of a batch into a record of the schema that
// Schema gave for its columns. The caller releases it.
func Record(schema *arrow.Schema, b *vec.Batch) (arrow.RecordBatch, error) {
	cols := make([]arrow.Array, len(b.Cols))
	defer func() {
		for _, c := range cols {
			if c != nil {
				c.Release()
			}
		}
	}()
	for i, v := range b.Cols {
		a := array.NewBuilder(memory.DefaultAllocator, schema.Field(i).Type)
		a.Reserve(b.Len())
		for r := range b.Len() {
			if err := appendValue(a, v, b.Row(r)); err != nil {
				a.Release()
				return nil, err
			}
		}
		cols[i] = a.NewArray()
		a.Release()
	}
	return array.NewRecordBatch(schema, cols, int64(b.Len())), nil
}
