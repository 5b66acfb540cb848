package types

// CommonType gives the least type that all the types convert to implicitly: the
// type of CASE, COALESCE, set operations, comparisons, IN, ARRAY[..] and VALUES.
// It is nullable if any of them is. False if there is none, or if all are NULL.
//
// Numbers go to the wider exact type, to DECIMAL where one is decimal, to an
// approximate type where one is (DOUBLE if a DECIMAL meets it). CHARs of unequal
// length become VARCHAR, so that nothing is padded. TIMESTAMP and TIMESTAMP_LTZ
// give TIMESTAMP_LTZ, DATE with either gives that. Constructed types merge their
// children; field names are the first type's.
func CommonType(ts ...Type) (Type, bool) {
	var out Type
	found, nullable := false, false
	for _, t := range ts {
		nullable = nullable || t.Nullable || t.Kind == Null
		if t.Kind == Null {
			continue
		}
		if !found {
			out, found = t, true
			continue
		}
		m, ok := mergeTwo(out, t)
		if !ok {
			return Type{}, false
		}
		if out.Attr != t.Attr {
			m.Attr = NoAttr
		}
		out = m
	}
	return out.WithNull(nullable), found
}

// ComparisonType is the type that both sides of a comparison are converted to:
// the common type, or the temporal side's where the other is a string. A number
// does not compare with a string, as in Flink.
func ComparisonType(a, b Type) (Type, bool) {
	null := a.Nullable || b.Nullable
	switch {
	case a.IsTemporal() && b.IsString():
		return a.WithAttr(NoAttr).WithNull(null), true
	case a.IsString() && b.IsTemporal():
		return b.WithAttr(NoAttr).WithNull(null), true
	}
	return CommonType(a, b)
}

func mergeTwo(a, b Type) (Type, bool) {
	switch {
	case a.EqualKind(b):
		return a, true
	case a.IsString() && b.IsString():
		return mergeLength(a, b, Varchar), true
	case a.IsBinary() && b.IsBinary():
		return mergeLength(a, b, Varbinary), true
	case a.IsNumeric() && b.IsNumeric():
		return mergeNumeric(a, b), true
	case a.IsTemporal() && b.IsTemporal():
		return mergeTemporal(a, b)
	case a.Kind == b.Kind && a.IsNested():
		return mergeNested(a, b)
	}
	return Type{}, false
}

// mergeLength keeps a fixed length only where both have the same.
func mergeLength(a, b Type, varying Kind) Type {
	if a.Kind != b.Kind || a.Prec != b.Prec {
		a.Kind = varying
	}
	a.Prec = max(a.Prec, b.Prec)
	return a
}

func mergeNumeric(a, b Type) Type {
	switch {
	case a.IsApprox() || b.IsApprox():
		if a.Kind == Double || b.Kind == Double || a.Kind == Decimal || b.Kind == Decimal {
			return Of(Double)
		}
		return Of(Float)
	case a.Kind != Decimal && b.Kind != Decimal:
		return Of(max(a.Kind, b.Kind))
	}
	p1, s1 := asDecimal(a)
	p2, s2 := asDecimal(b)
	whole := min(max(p1-s1, p2-s2), MaxPrecision)
	s := min(max(s1, s2), MaxPrecision-whole)
	return DecimalOf(whole+s, s)
}

func mergeTemporal(a, b Type) (Type, bool) {
	switch {
	case a.Kind == Time || b.Kind == Time:
		if a.Kind != b.Kind {
			return Type{}, false
		}
	case a.Kind == Date:
		return b, true
	case b.Kind == Date:
		return a, true
	}
	// TimestampLTZ is the greater kind.
	a.Kind = max(a.Kind, b.Kind)
	a.Prec = max(a.Prec, b.Prec)
	return a, true
}

func mergeNested(a, b Type) (Type, bool) {
	switch a.Kind {
	case Row:
		return mergeRows(a, b)
	case Map:
		k, ok := CommonType(*a.Key, *b.Key)
		if !ok {
			return Type{}, false
		}
		a.Key = &k
	}
	e, ok := mergeElement(*a.Elem, *b.Elem)
	a.Elem = &e
	return a, ok
}

// mergeElement is CommonType, except that two untyped NULLs stay one: an empty
// or all-NULL ARRAY still merges with another.
func mergeElement(a, b Type) (Type, bool) {
	if a.Kind == Null && b.Kind == Null {
		return a, true
	}
	return CommonType(a, b)
}

func mergeRows(a, b Type) (Type, bool) {
	if len(a.Fields) != len(b.Fields) {
		return Type{}, false
	}
	fields := make([]Field, len(a.Fields))
	for i, f := range a.Fields {
		t, ok := mergeElement(f.Type, b.Fields[i].Type)
		if !ok {
			return Type{}, false
		}
		fields[i] = Field{Name: f.Name, Type: t}
	}
	a.Fields = fields
	return a, true
}
