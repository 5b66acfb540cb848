package parquet

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/parquet-go/parquet-go"
	pf "github.com/parquet-go/parquet-go/format"

	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// readBuffer is what is read from a file at a time for each column. Pages are
// about a megabyte, so headers and small pages come from the buffer and big
// ones straight from the file.
const readBuffer = 64 << 10

// open reads the footer. Damaged footers can make the library panic, which
// becomes an error here.
func open(r io.ReaderAt, size int64) (f *parquet.File, err error) {
	defer recoverTo(&err)
	if size < 12 {
		return nil, errors.New("the file is too short to be Parquet")
	}
	f, err = parquet.OpenFile(r, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true), parquet.ReadBufferSize(readBuffer))
	if err != nil {
		return nil, fmt.Errorf("not a readable Parquet file: %w", err)
	}
	return f, nil
}

// recoverTo turns a panic of the decoder, which damaged input can cause, into
// an error.
func recoverTo(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("damaged Parquet data: %v", p)
	}
}

func dataErr(file string, err error) error {
	var e *sqlerr.Error
	if errors.As(err, &e) {
		return err
	}
	return &sqlerr.Error{Code: sqlerr.Data, Msg: file, Err: err}
}

// parts gives one part a row group.
func parts(r io.ReaderAt, size int64) ([]format.Part, error) {
	f, err := open(r, size)
	if err != nil {
		return nil, err
	}
	var out []format.Part
	for i, g := range f.Metadata().RowGroups {
		b := g.TotalCompressedSize
		if b == 0 {
			b = g.TotalByteSize
		}
		out = append(out, format.Part{From: i, To: i + 1, Rows: g.NumRows, Bytes: b})
	}
	return out, nil
}

// infer gives the columns of a file.
func infer(_ []byte, r io.ReaderAt, size int64, _ format.Options) ([]format.Column, error) {
	f, err := open(r, size)
	if err != nil {
		return nil, err
	}
	var cols []format.Column
	for _, c := range f.Root().Columns() {
		t, err := typeOf(c)
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", c.Name(), err)
		}
		cols = append(cols, format.Column{Name: c.Name(), Type: t})
	}
	return cols, nil
}

// typeOf gives the SQL type of a column of a file.
func typeOf(c *parquet.Column) (types.Type, error) {
	t, err := baseType(c)
	if err != nil {
		return t, err
	}
	if c.Repeated() && !c.Leaf() || c.Repeated() {
		return types.ArrayOf(t.NotNull()).NotNull(), nil
	}
	return t.WithNull(c.Optional()), nil
}

// baseType is typeOf without repetition and nullability.
func baseType(c *parquet.Column) (types.Type, error) {
	if c.Leaf() {
		return leafType(c.Type())
	}
	switch shapeOf(c) {
	case shapeList:
		e, err := elementOf(c)
		if err != nil {
			return types.Type{}, err
		}
		t, err := baseType(e)
		if err != nil {
			return t, err
		}
		return types.ArrayOf(t.WithNull(e.Optional())), nil
	case shapeMap:
		kv := c.Columns()[0].Columns()
		k, err := typeOf(kv[0])
		if err != nil {
			return k, err
		}
		v, err := typeOf(kv[1])
		return types.MapOf(k, v), err
	}
	var fields []types.Field
	for _, k := range c.Columns() {
		t, err := typeOf(k)
		if err != nil {
			return t, fmt.Errorf("field %s: %w", k.Name(), err)
		}
		fields = append(fields, types.Field{Name: k.Name(), Type: t})
	}
	return types.RowOf(fields...), nil
}

// leafType maps physical and logical types; the logical type wins.
func leafType(t parquet.Type) (types.Type, error) {
	if lt := t.LogicalType(); lt != nil {
		switch l := lt.Value.(type) {
		case *pf.StringType, *pf.EnumType, *pf.JsonType:
			return types.String(), nil
		case *pf.DecimalType:
			return types.DecimalOf(int(l.Precision), int(l.Scale)), nil
		case *pf.DateType:
			return types.Of(types.Date), nil
		case *pf.TimeType:
			return types.TimeOf(min(unitDigits(l.Unit), 3)), nil
		case *pf.TimestampType:
			if l.IsAdjustedToUTC {
				return types.TimestampLTZOf(unitDigits(l.Unit)), nil
			}
			return types.TimestampOf(unitDigits(l.Unit)), nil
		case *pf.IntType:
			return intType(l), nil
		}
	}
	switch t.Kind() {
	case parquet.Boolean:
		return types.Of(types.Boolean), nil
	case parquet.Int32:
		return types.Of(types.Int), nil
	case parquet.Int64:
		return types.Of(types.BigInt), nil
	case parquet.Int96:
		return types.TimestampOf(9), nil
	case parquet.Float:
		return types.Of(types.Float), nil
	case parquet.Double:
		return types.Of(types.Double), nil
	case parquet.ByteArray:
		return types.Bytes(), nil
	case parquet.FixedLenByteArray:
		return types.Type{Kind: types.Binary, Nullable: true, Prec: t.Length()}, nil
	}
	return types.Type{}, fmt.Errorf("the Parquet type %s is not supported", t)
}

// intType widens unsigned integers to the next signed type.
func intType(l *pf.IntType) types.Type {
	signed := map[int8]types.Kind{8: types.TinyInt, 16: types.SmallInt, 32: types.Int, 64: types.BigInt}
	unsigned := map[int8]types.Kind{8: types.SmallInt, 16: types.Int, 32: types.BigInt}
	if l.IsSigned {
		return types.Of(signed[l.BitWidth])
	}
	if k, ok := unsigned[l.BitWidth]; ok {
		return types.Of(k)
	}
	return types.DecimalOf(20, 0)
}

// unitDigits is the number of decimal places of a second in a time unit.
func unitDigits(u pf.TimeUnit) int {
	switch u.Value.(type) {
	case *pf.MilliSeconds:
		return 3
	case *pf.MicroSeconds:
		return 6
	}
	return 9
}

// shape tells the groups that stand for collections from plain ROWs.
type shape uint8

const (
	shapeRow shape = iota
	shapeList
	shapeMap
)

func shapeOf(c *parquet.Column) shape {
	kids := c.Columns()
	if len(kids) != 1 || !kids[0].Repeated() {
		return shapeRow
	}
	if lt := c.Type().LogicalType(); lt != nil {
		switch lt.Value.(type) {
		case *pf.ListType:
			return shapeList
		case *pf.MapType:
			if !kids[0].Leaf() && len(kids[0].Columns()) == 2 {
				return shapeMap
			}
		}
	}
	switch kids[0].Name() { // groups of old writers carry no annotation
	case "list", "bag", "array":
		return shapeList
	case "key_value", "map":
		if !kids[0].Leaf() && len(kids[0].Columns()) == 2 {
			return shapeMap
		}
	}
	return shapeRow
}

// elementOf finds the element of a LIST group, by the rules for two-level lists
// of the Parquet specification (LogicalTypes, backward compatibility).
func elementOf(list *parquet.Column) (*parquet.Column, error) {
	rep := list.Columns()[0]
	if rep.Leaf() || len(rep.Columns()) > 1 || rep.Name() == "array" || rep.Name() == list.Name()+"_tuple" {
		return rep, nil
	}
	if len(rep.Columns()) == 0 {
		return nil, errors.New("an empty group is not supported")
	}
	return rep.Columns()[0], nil
}

// find gives the child of a group by name, else by name without case.
func find(c *parquet.Column, name string) *parquet.Column {
	if k := c.Column(name); k != nil {
		return k
	}
	for _, k := range c.Columns() {
		if strings.EqualFold(k.Name(), name) {
			return k
		}
	}
	return nil
}
