package types

// kindSet is a set of kinds.
type kindSet uint32

func kinds(ks ...Kind) (s kindSet) {
	for _, k := range ks {
		s |= 1 << k
	}
	return s
}

func (s kindSet) has(k Kind) bool { return s>>k&1 != 0 }

var (
	stringKinds  = kinds(Char, Varchar)
	binaryKinds  = kinds(Binary, Varbinary)
	integerKinds = kinds(TinyInt, SmallInt, Int, BigInt)
	numericKinds = integerKinds | kinds(Decimal, Float, Double)
	timeKinds    = kinds(Timestamp, TimestampLTZ)
	// printable are the kinds that CAST to a string knows; constructed types
	// print their children.
	printable = kinds(Boolean, Char, Varchar, Binary, Varbinary, Decimal, TinyInt, SmallInt, Int, BigInt, Float, Double,
		Date, Time, Timestamp, TimestampLTZ, IntervalYM, IntervalDT, Array, Multiset, Map, Row, Variant, Bitmap)
)

// castRule says from which kinds a kind can be reached, without asking
// (implicit) and by CAST besides (explicit).
type castRule struct{ implicit, explicit kindSet }

// castRules is Flink 2.3's table, less the pairs that its table lists but its
// planner refuses: numbers from and to timestamps, strings to intervals, binary
// to temporal.
var castRules = [...]castRule{
	Boolean:      {implicit: kinds(Boolean), explicit: stringKinds | numericKinds | kinds(Variant)},
	TinyInt:      {implicit: kinds(TinyInt), explicit: numericKinds | stringKinds | kinds(Boolean, Variant)},
	SmallInt:     {implicit: kinds(TinyInt, SmallInt), explicit: numericKinds | stringKinds | kinds(Boolean, Variant)},
	Int:          {implicit: kinds(TinyInt, SmallInt, Int), explicit: numericKinds | stringKinds | kinds(Boolean, Variant)},
	BigInt:       {implicit: integerKinds, explicit: numericKinds | stringKinds | kinds(Boolean, Variant)},
	Decimal:      {implicit: numericKinds, explicit: stringKinds | kinds(Boolean, Variant)},
	Float:        {implicit: integerKinds | kinds(Float, Decimal), explicit: numericKinds | stringKinds | kinds(Boolean, Variant)},
	Double:       {implicit: numericKinds, explicit: stringKinds | kinds(Boolean, Variant)},
	Char:         {implicit: kinds(Char), explicit: printable},
	Varchar:      {implicit: stringKinds, explicit: printable},
	Binary:       {implicit: kinds(Binary), explicit: stringKinds | kinds(Varbinary, Variant)},
	Varbinary:    {implicit: binaryKinds, explicit: stringKinds | kinds(Variant)},
	Date:         {implicit: kinds(Date, Timestamp), explicit: timeKinds | stringKinds | kinds(Variant)},
	Time:         {implicit: kinds(Time, Timestamp), explicit: timeKinds | stringKinds},
	Timestamp:    {implicit: timeKinds, explicit: kinds(Date, Time) | stringKinds | kinds(Variant)},
	TimestampLTZ: {implicit: timeKinds, explicit: kinds(Date, Time) | stringKinds | kinds(Variant)},
	IntervalYM:   {implicit: kinds(IntervalYM)},
	IntervalDT:   {implicit: kinds(IntervalDT)},
	Variant:      {implicit: kinds(Variant), explicit: numericKinds | stringKinds | kinds(Boolean)},
	Bitmap:       {implicit: kinds(Bitmap)},
	Symbol:       {implicit: kinds(Symbol)},
	Descriptor:   {implicit: kinds(Descriptor)},
}

// ImplicitCastable reports whether a value of from may stand where to is
// expected, without a CAST: same kinds, widening numbers, CHAR to VARCHAR, the
// timestamps among each other. A nullable type does not stand for a NOT NULL
// one.
func ImplicitCastable(from, to Type) bool { return castable(from, to, false) }

// Castable reports whether CAST(from AS to) exists. It ignores nullability,
// since a CAST may state what is known of the data.
func Castable(from, to Type) bool { return castable(from, to, true) }

// CastHint gives what to write instead of a CAST that users expect and that
// does not exist; it may be empty.
func CastHint(from, to Type) string {
	switch {
	case to.Kind == Variant:
		return "a VARIANT holds what JSON has: numbers, texts, BOOLEAN, arrays, maps from text and rows of these; CAST others to STRING first"
	case from.Kind == Timestamp && to.IsNumeric():
		return "The cast from TIMESTAMP type to NUMERIC type is not allowed. It's recommended to use UNIX_TIMESTAMP(CAST(timestamp_col AS STRING)) instead."
	case from.Kind == TimestampLTZ && to.IsNumeric():
		return "The cast from TIMESTAMP_LTZ type to NUMERIC type is not allowed."
	case from.IsNumeric() && to.Kind == Timestamp:
		return "The cast from NUMERIC type to TIMESTAMP type is not allowed. It's recommended to use TO_TIMESTAMP(FROM_UNIXTIME(numeric_col)) instead, note the numeric is in seconds."
	case from.IsNumeric() && to.Kind == TimestampLTZ:
		return "The cast from NUMERIC type to TIMESTAMP_LTZ type is not allowed. It's recommended to use TO_TIMESTAMP_LTZ(numeric_col, precision) instead."
	}
	return ""
}

func castable(from, to Type, explicit bool) bool {
	if from.Nullable && !to.Nullable && !explicit {
		return false
	}
	if from.Kind == Null || from.EqualKind(to) {
		return true
	}
	if to.Kind == Null {
		return false
	}
	if explicit && from.Kind == Variant && to.IsNested() {
		return readsVariant(to)
	}
	if explicit && to.Kind == Variant && from.IsNested() {
		return makesVariant(from)
	}
	if to.IsNested() {
		return from.Kind == to.Kind && childrenCastable(from, to, explicit)
	}
	if from.Kind == Bitmap && to.Kind == Varbinary {
		return explicit && to.Prec == MaxLen // cut bytes would be no bitmap any more
	}
	rule := castRules[to.Kind]
	return rule.implicit.has(from.Kind) || explicit && rule.explicit.has(from.Kind)
}

// readsVariant reports whether a VARIANT may hold values of a type: arrays,
// objects, and what JSON has in them.
func readsVariant(to Type) bool {
	switch to.Kind {
	case Array:
		return readsVariant(*to.Elem)
	case Map:
		return stringKinds.has(to.Key.Kind) && readsVariant(*to.Elem)
	case Row:
		for _, f := range to.Fields {
			if !readsVariant(f.Type) {
				return false
			}
		}
		return true
	}
	return !to.IsNested() && castable(Of(Variant), to.AsNullable(), true)
}

// makesVariant is readsVariant for a cast to VARIANT.
func makesVariant(from Type) bool {
	switch from.Kind {
	case Array:
		return makesVariant(*from.Elem)
	case Map:
		return stringKinds.has(from.Key.Kind) && makesVariant(*from.Elem)
	case Row:
		for _, f := range from.Fields {
			if !makesVariant(f.Type) {
				return false
			}
		}
		return true
	}
	return !from.IsNested() && castable(from.AsNullable(), Of(Variant), true)
}

func childrenCastable(from, to Type, explicit bool) bool {
	if from.Kind == Row {
		if len(from.Fields) != len(to.Fields) {
			return false
		}
		for i, f := range from.Fields {
			if !castable(f.Type, to.Fields[i].Type, explicit) {
				return false
			}
		}
		return true
	}
	return (from.Key == nil || castable(*from.Key, *to.Key, explicit)) && castable(*from.Elem, *to.Elem, explicit)
}
