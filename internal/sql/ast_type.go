package sql

// TypeName is a type as written. Name is its canonical upper-case word: INT for
// INTEGER, DECIMAL for DEC and NUMERIC, DOUBLE for DOUBLE PRECISION,
// TIMESTAMP_LTZ for TIMESTAMP WITH LOCAL TIME ZONE, ARRAY for `T ARRAY`; for a
// name that is not built in it is empty and User is set.
type TypeName struct {
	At
	Name   string
	User   ObjectName
	Params []int // length; or precision and scale
	Key    *TypeName
	Elem   *TypeName
	Fields []FieldDef
	Unit   *IntervalUnit
	Raw    []string // RAW('class', 'serializer'), STRUCTURED<'class', ..>
	Null   Nullness
}

// Nullness says which of NULL and NOT NULL was written after a type.
type Nullness uint8

// Nothing written means nullable.
const (
	NullUnsaid Nullness = iota
	NullAllowed
	NullForbidden
)

// FieldDef is a field of a ROW type.
type FieldDef struct {
	At
	Name    Ident
	Type    TypeName
	Comment *StringLit
}
