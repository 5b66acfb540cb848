package types

// InjectiveCast reports whether CAST(from AS to) gives different values for
// different values, so that a unique key stays one: wider numbers, longer text,
// finer timestamps, and whole numbers, dates and booleans as text that has room.
func InjectiveCast(from, to Type) bool {
	switch {
	case from.Kind == to.Kind && from.EqualKind(to):
		return true
	case from.Kind.integer():
		return injectiveInteger(from, to)
	case from.Kind == Float:
		return to.Kind == Double
	case from.Kind == Decimal:
		return to.Kind == Decimal && to.Scale >= from.Scale && to.Prec-to.Scale >= from.Prec-from.Scale
	case from.Kind == Char || from.Kind == Varchar:
		return to.Kind == Varchar && to.Prec >= from.Prec
	case from.Kind == Binary || from.Kind == Varbinary:
		return to.Kind == Varbinary && to.Prec >= from.Prec
	case from.Kind == Timestamp || from.Kind == TimestampLTZ:
		return to.Kind == from.Kind && to.Prec >= from.Prec
	case from.Kind == Date:
		return to.Kind == Timestamp || to.Kind == Varchar && to.Prec >= 13
	case from.Kind == Boolean:
		return to.Kind == Varchar && to.Prec >= 5
	}
	return false
}

func (k Kind) integer() bool { return k == TinyInt || k == SmallInt || k == Int || k == BigInt }

// injectiveInteger: digits is how many decimal digits a value may have, bits how
// many a floating-point number must keep.
func injectiveInteger(from, to Type) bool {
	shape := map[Kind]struct{ rank, digits, bits int }{TinyInt: {1, 3, 7}, SmallInt: {2, 5, 15}, Int: {3, 10, 31}, BigInt: {4, 19, 63}}
	f := shape[from.Kind]
	switch to.Kind {
	case TinyInt, SmallInt, Int, BigInt:
		return shape[to.Kind].rank >= f.rank
	case Decimal:
		return to.Prec-to.Scale >= f.digits
	case Float:
		return f.bits <= 24
	case Double:
		return f.bits <= 53
	case Varchar:
		return to.Prec > f.digits
	}
	return false
}
