package types

// The result types of arithmetic and aggregates, by Flink's rules. For DECIMAL
// these are SQL Server's formulas (precision, scale and length of
// Transact-SQL) with Hive's adjustment: where the precision exceeds 38 the scale
// gives way, down to 6 places.

// minAdjustedScale is what the scale keeps when the precision is cut to 38.
const minAdjustedScale = 6

// asDecimal gives precision and scale of an exact numeric type.
func asDecimal(t Type) (p, s int) {
	switch t.Kind {
	case TinyInt:
		return 3, 0
	case SmallInt:
		return 5, 0
	case Int:
		return 10, 0
	case BigInt:
		return 19, 0
	}
	return t.Prec, t.Scale
}

// adjustedDecimal cuts a derived precision to 38; the whole digits go first.
func adjustedDecimal(p, s int) Type {
	if p <= MaxPrecision {
		return DecimalOf(p, s)
	}
	return DecimalOf(MaxPrecision, max(MaxPrecision-(p-s), min(s, minAdjustedScale)))
}

// arithType derives the type of a numeric operation: the formula where a DECIMAL
// meets an exact number, the common type for the rest.
func arithType(a, b Type, decimal func(p1, s1, p2, s2 int) Type) (Type, bool) {
	a, b = a.WithAttr(NoAttr), b.WithAttr(NoAttr)
	if a.Kind == Null && b.Kind != Null {
		a = b.AsNullable()
	} else if b.Kind == Null {
		b = a.AsNullable()
	}
	if !a.IsNumeric() || !b.IsNumeric() {
		return Type{}, false
	}
	if (a.Kind == Decimal || b.Kind == Decimal) && a.IsExact() && b.IsExact() {
		p1, s1 := asDecimal(a)
		p2, s2 := asDecimal(b)
		return decimal(p1, s1, p2, s2).WithNull(a.Nullable || b.Nullable), true
	}
	return CommonType(a, b)
}

// AddType is the type of a + b: numbers, a temporal value and an interval in
// either order, two intervals of one kind. False if there is none.
func AddType(a, b Type) (Type, bool) {
	null := a.Nullable || b.Nullable
	switch {
	case a.IsTemporal() && b.IsInterval():
		return a.WithAttr(NoAttr).WithNull(null), true
	case b.IsTemporal() && a.IsInterval():
		return b.WithAttr(NoAttr).WithNull(null), true
	case a.IsInterval() && a.Kind == b.Kind:
		return a.WithNull(null), true
	}
	return arithType(a, b, decimalAdd)
}

// SubType is the type of a - b: numbers, a temporal value less an interval, two
// intervals of one kind.
func SubType(a, b Type) (Type, bool) {
	if b.IsTemporal() {
		return Type{}, false
	}
	return AddType(a, b)
}

// MulType is the type of a * b: numbers, or an interval and a number.
func MulType(a, b Type) (Type, bool) {
	switch {
	case a.IsInterval() && b.IsNumeric():
		return a.WithNull(a.Nullable || b.Nullable), true
	case b.IsInterval() && a.IsNumeric():
		return b.WithNull(a.Nullable || b.Nullable), true
	}
	return arithType(a, b, decimalMul)
}

// DivType is the type of a / b: numbers (integers divide as integers), or an
// interval and a number.
func DivType(a, b Type) (Type, bool) {
	if a.IsInterval() && b.IsNumeric() {
		return a.WithNull(a.Nullable || b.Nullable), true
	}
	return arithType(a, b, decimalDiv)
}

// ModType is the type of MOD(a, b) and a % b. Without a fraction it is the type
// of the divisor.
func ModType(a, b Type) (Type, bool) {
	if a.IsExact() && b.IsExact() && a.Scale == 0 && b.Scale == 0 {
		return b.WithAttr(NoAttr).WithNull(a.Nullable || b.Nullable), true
	}
	return arithType(a, b, decimalMod)
}

func decimalAdd(p1, s1, p2, s2 int) Type {
	s := max(s1, s2)
	return adjustedDecimal(max(p1-s1, p2-s2)+s+1, s)
}

func decimalMul(p1, s1, p2, s2 int) Type { return adjustedDecimal(p1+p2+1, s1+s2) }

func decimalDiv(p1, s1, p2, s2 int) Type {
	s := max(6, s1+p2+1)
	return adjustedDecimal(p1-s1+s2+s, s)
}

func decimalMod(p1, s1, p2, s2 int) Type {
	s := max(s1, s2)
	return adjustedDecimal(min(p1-s1, p2-s2)+s, s)
}

// SumType is the type of SUM over t: DECIMAL(38, s) for decimals, else t. Its
// nullability is t's; the caller knows whether a group can be empty.
func SumType(t Type) Type {
	if t.Kind == Decimal {
		return DecimalOf(MaxPrecision, t.Scale).WithNull(t.Nullable)
	}
	return t.WithAttr(NoAttr)
}

// AvgType is the type of AVG over t: DECIMAL(38, max(6, s)) for decimals, else
// t, so that integers average to integers.
func AvgType(t Type) Type {
	if t.Kind == Decimal {
		// The sum is divided by the count, a DECIMAL(20, 0).
		return decimalDiv(MaxPrecision, t.Scale, 20, 0).WithNull(t.Nullable)
	}
	return t.WithAttr(NoAttr)
}

// RoundType is the type of ROUND(t, n) for a literal n (0 if there is none);
// with a computed n the type is t itself.
func RoundType(t Type, n int) Type {
	if t.Kind != Decimal || n >= t.Scale {
		return t.WithAttr(NoAttr)
	}
	whole := 1 + t.Prec - t.Scale // rounding may carry into a new digit
	if n < 0 {
		return DecimalOf(min(MaxPrecision, whole), 0).WithNull(t.Nullable)
	}
	return DecimalOf(min(MaxPrecision, whole+n), n).WithNull(t.Nullable)
}

// FloorType is the type of FLOOR(t) and CEIL(t): decimals lose their scale.
func FloorType(t Type) Type {
	if t.Kind == Decimal {
		return DecimalOf(t.Prec, 0).WithNull(t.Nullable)
	}
	return t.WithAttr(NoAttr)
}
