// Package types holds Flink's logical types: their SQL spelling, the physical
// class that a column of each is stored in, the rules that derive a result
// type, and value-level conversions (decimal, temporal, text) that casts,
// formats and printers share.
package types

import (
	"fmt"
	"strings"
)

// Kind is the root of a logical type, Flink's LogicalTypeRoot.
type Kind uint8

// The roots. Null is the type of an untyped NULL literal.
const (
	Null Kind = iota
	Boolean
	TinyInt
	SmallInt
	Int
	BigInt
	Float
	Double
	Decimal
	Char
	Varchar
	Binary
	Varbinary
	Date
	Time
	Timestamp
	TimestampLTZ
	IntervalYM // INTERVAL YEAR TO MONTH, counted in months
	IntervalDT // INTERVAL DAY TO SECOND, counted in milliseconds
	Array
	Multiset
	Map
	Row
	Variant
	Bitmap     // a set of 32-bit integers
	Symbol     // a keyword argument such as the unit of EXTRACT
	Descriptor // DESCRIPTOR(col)
)

// MaxLen is the length of STRING and BYTES.
const MaxLen = 1<<31 - 1

// Attr marks a column as a time attribute. It travels with column references
// and is lost by any computation, as in Flink.
type Attr uint8

// The time attributes.
const (
	NoAttr Attr = iota
	Rowtime
	Proctime
)

// Type is a logical type. It is a value: copy it freely, never change Elem, Key
// or Fields in place.
type Type struct {
	Kind     Kind
	Nullable bool    `json:",omitempty"`
	Prec     int     `json:",omitempty"` // length of CHAR/VARCHAR/BINARY/VARBINARY; precision of DECIMAL, TIME, TIMESTAMP*
	Scale    int     `json:",omitempty"` // DECIMAL
	Attr     Attr    `json:",omitempty"`
	Elem     *Type   `json:",omitempty"` // ARRAY, MULTISET element; MAP value
	Key      *Type   `json:",omitempty"` // MAP key
	Fields   []Field `json:",omitempty"`
}

// Field is a field of a ROW.
type Field struct {
	Name string
	Type Type
}

// Constructors; all give nullable types. Use NotNull for the other.
func Of(k Kind) Type                { return Type{Kind: k, Nullable: true} }
func DecimalOf(p, s int) Type       { return Type{Kind: Decimal, Nullable: true, Prec: p, Scale: s} }
func CharOf(n int) Type             { return Type{Kind: Char, Nullable: true, Prec: n} }
func VarcharOf(n int) Type          { return Type{Kind: Varchar, Nullable: true, Prec: n} }
func String() Type                  { return VarcharOf(MaxLen) }
func Bytes() Type                   { return Type{Kind: Varbinary, Nullable: true, Prec: MaxLen} }
func TimeOf(p int) Type             { return Type{Kind: Time, Nullable: true, Prec: p} }
func TimestampOf(p int) Type        { return Type{Kind: Timestamp, Nullable: true, Prec: p} }
func TimestampLTZOf(p int) Type     { return Type{Kind: TimestampLTZ, Nullable: true, Prec: p} }
func ArrayOf(e Type) Type           { return Type{Kind: Array, Nullable: true, Elem: &e} }
func MultisetOf(e Type) Type        { return Type{Kind: Multiset, Nullable: true, Elem: &e} }
func MapOf(k, v Type) Type          { return Type{Kind: Map, Nullable: true, Key: &k, Elem: &v} }
func RowOf(fields ...Field) Type    { return Type{Kind: Row, Nullable: true, Fields: fields} }
func (t Type) NotNull() Type        { t.Nullable = false; return t }
func (t Type) AsNullable() Type     { t.Nullable = true; return t }
func (t Type) WithNull(n bool) Type { t.Nullable = n; return t }
func (t Type) WithAttr(a Attr) Type { t.Attr = a; return t }

// Phys is the physical class of a column: which slice of a vec.Vector holds it.
type Phys uint8

// The physical classes.
const (
	PNull Phys = iota // no values, all rows null
	PBool             // []bool
	PI8               // []int8
	PI16              // []int16
	PI32              // []int32: INT; DATE in days since 1970-01-01; TIME in milliseconds of the day
	PI64              // []int64: BIGINT; DECIMAL(p<=18) unscaled; TIMESTAMP*(p<=3) ms, (p<=6) µs; INTERVALs in months or ms
	PF32              // []float32
	PF64              // []float64
	PI128             // []Int128: DECIMAL(p>18) unscaled
	PTime             // []TimeNs: TIMESTAMP*(p>6)
	PStr              // []string: CHAR, VARCHAR, BINARY, VARBINARY, the encodings of VARIANT and BITMAP
	PList             // offsets and one child: ARRAY; MULTISET (child is ROW<elem, count INT>); MAP (child is ROW<key, value>)
	PRow              // one child a field
)

// TimeNs is a timestamp of precision 7 to 9: milliseconds since the epoch and
// the nanoseconds within that millisecond (0 to 999999).
type TimeNs struct {
	Ms int64
	Ns int32
}

// Phys gives the physical class of the type.
func (t Type) Phys() Phys {
	switch t.Kind {
	case Boolean:
		return PBool
	case TinyInt:
		return PI8
	case SmallInt:
		return PI16
	case Int, Date, Time:
		return PI32
	case BigInt, IntervalYM, IntervalDT:
		return PI64
	case Float:
		return PF32
	case Double:
		return PF64
	case Decimal:
		if t.Prec <= 18 {
			return PI64
		}
		return PI128
	case Char, Varchar, Binary, Varbinary, Variant, Bitmap, Symbol, Descriptor:
		return PStr
	case Timestamp, TimestampLTZ:
		if t.Prec <= 6 {
			return PI64
		}
		return PTime
	case Array, Multiset, Map:
		return PList
	case Row:
		return PRow
	}
	return PNull
}

// Width is the bytes that one value takes in its column's fixed-width buffer.
func (p Phys) Width() int {
	switch p {
	case PBool, PI8:
		return 1
	case PI16:
		return 2
	case PI32, PF32:
		return 4
	case PI64, PF64:
		return 8
	case PI128, PTime, PStr:
		return 16
	}
	return 0
}

// Predicates over kinds.
func (t Type) IsString() bool    { return t.Kind == Char || t.Kind == Varchar }
func (t Type) IsBinary() bool    { return t.Kind == Binary || t.Kind == Varbinary }
func (t Type) IsInteger() bool   { return t.Kind >= TinyInt && t.Kind <= BigInt }
func (t Type) IsExact() bool     { return t.IsInteger() || t.Kind == Decimal }
func (t Type) IsApprox() bool    { return t.Kind == Float || t.Kind == Double }
func (t Type) IsNumeric() bool   { return t.Kind >= TinyInt && t.Kind <= Decimal }
func (t Type) IsTimestamp() bool { return t.Kind == Timestamp || t.Kind == TimestampLTZ }
func (t Type) IsTemporal() bool  { return t.Kind >= Date && t.Kind <= TimestampLTZ }
func (t Type) IsInterval() bool  { return t.Kind == IntervalYM || t.Kind == IntervalDT }
func (t Type) IsNested() bool    { return t.Kind >= Array && t.Kind <= Row }

// MultisetRow is the element type of a MULTISET's physical list.
func (t Type) MultisetRow() Type {
	return RowOf(Field{"element", *t.Elem}, Field{"count", Of(Int).NotNull()}).NotNull()
}

// MapRow is the element type of a MAP's physical list.
func (t Type) MapRow() Type {
	return RowOf(Field{"key", *t.Key}, Field{"value", *t.Elem}).NotNull()
}

// ListElem is the type of the child vector of a PList type.
func (t Type) ListElem() Type {
	switch t.Kind {
	case Map:
		return t.MapRow()
	case Multiset:
		return t.MultisetRow()
	}
	return *t.Elem
}

// Equal compares types, nullability included, time attributes and nothing else
// left out.
func (t Type) Equal(o Type) bool { return t.Nullable == o.Nullable && t.EqualKind(o) }

// EqualKind compares types without the outermost nullability.
func (t Type) EqualKind(o Type) bool {
	if t.Kind != o.Kind || t.Prec != o.Prec || t.Scale != o.Scale || len(t.Fields) != len(o.Fields) {
		return false
	}
	if (t.Elem == nil) != (o.Elem == nil) || (t.Key == nil) != (o.Key == nil) {
		return false
	}
	if t.Elem != nil && !t.Elem.Equal(*o.Elem) || t.Key != nil && !t.Key.Equal(*o.Key) {
		return false
	}
	for i, f := range t.Fields {
		if f.Name != o.Fields[i].Name || !f.Type.Equal(o.Fields[i].Type) {
			return false
		}
	}
	return true
}

var kindNames = [...]string{Null: "NULL", Boolean: "BOOLEAN", TinyInt: "TINYINT", SmallInt: "SMALLINT", Int: "INT", BigInt: "BIGINT",
	Float: "FLOAT", Double: "DOUBLE", Decimal: "DECIMAL", Char: "CHAR", Varchar: "VARCHAR", Binary: "BINARY", Varbinary: "VARBINARY",
	Date: "DATE", Time: "TIME", Timestamp: "TIMESTAMP", TimestampLTZ: "TIMESTAMP_LTZ", IntervalYM: "INTERVAL YEAR TO MONTH",
	IntervalDT: "INTERVAL DAY TO SECOND", Array: "ARRAY", Multiset: "MULTISET", Map: "MAP", Row: "ROW", Variant: "VARIANT",
	Bitmap: "BITMAP", Symbol: "SYMBOL", Descriptor: "DESCRIPTOR"}

// String gives the kind's SQL name without parameters.
func (k Kind) String() string { return kindNames[k] }

// String gives the type as Flink prints it (asSummaryString), NOT NULL included.
func (t Type) String() string { return t.text(false) }

// Full spells the type without the short names STRING and BYTES.
func (t Type) Full() string { return t.text(true) }

func (t Type) text(full bool) string {
	s := t.base(full)
	if !t.Nullable && t.Kind != Null {
		s += " NOT NULL"
	}
	switch t.Attr {
	case Rowtime:
		s += " *ROWTIME*"
	case Proctime:
		s += " *PROCTIME*"
	}
	return s
}

func (t Type) base(full bool) string {
	switch t.Kind {
	case Decimal:
		return fmt.Sprintf("DECIMAL(%d, %d)", t.Prec, t.Scale)
	case Char, Binary:
		return fmt.Sprintf("%s(%d)", t.Kind, t.Prec)
	case Varchar:
		if t.Prec == MaxLen && !full {
			return "STRING"
		}
		return fmt.Sprintf("VARCHAR(%d)", t.Prec)
	case Varbinary:
		if t.Prec == MaxLen && !full {
			return "BYTES"
		}
		return fmt.Sprintf("VARBINARY(%d)", t.Prec)
	case Time, Timestamp, TimestampLTZ:
		return fmt.Sprintf("%s(%d)", t.Kind, t.Prec)
	case Array, Multiset:
		return fmt.Sprintf("%s<%s>", t.Kind, t.Elem.text(full))
	case Map:
		return fmt.Sprintf("MAP<%s, %s>", t.Key.text(full), t.Elem.text(full))
	case Row:
		var b strings.Builder
		b.WriteString("ROW<")
		for i, f := range t.Fields {
			if i > 0 {
				b.WriteString(", ")
			}
			fmt.Fprintf(&b, "`%s` %s", f.Name, f.Type.text(full))
		}
		b.WriteByte('>')
		return b.String()
	}
	return t.Kind.String()
}
