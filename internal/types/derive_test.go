package types

import "testing"

func TestArithmeticTypes(t *testing.T) {
	d := DecimalOf
	for _, c := range []struct {
		op   string
		f    func(a, b Type) (Type, bool)
		a, b Type
		want string
	}{
		{"+", AddType, Of(Int), Of(Int), "INT"},
		{"+", AddType, Of(TinyInt), Of(BigInt).NotNull(), "BIGINT"},
		{"+", AddType, Of(Int).NotNull(), Of(Float).NotNull(), "FLOAT NOT NULL"},
		{"+", AddType, d(5, 2), Of(Float), "DOUBLE"},
		{"+", AddType, d(19, 0).NotNull(), Of(Int).NotNull(), "DECIMAL(20, 0) NOT NULL"},
		{"+", AddType, d(38, 8), d(32, 8), "DECIMAL(38, 7)"},
		{"+", AddType, d(5, 2), d(7, 4), "DECIMAL(8, 4)"},
		{"-", SubType, Of(Date), Of(IntervalDT), "DATE"},
		{"+", AddType, Of(IntervalYM), TimestampOf(3).WithAttr(Rowtime), "TIMESTAMP(3)"},
		{"-", SubType, Of(IntervalDT), TimestampOf(3), ""},
		{"+", AddType, String(), Of(Int), ""},
		{"*", MulType, Of(Int), Of(IntervalDT), "INTERVAL DAY TO SECOND"},
		{"*", MulType, d(10, 2), d(5, 3), "DECIMAL(16, 5)"},
		{"*", MulType, Of(BigInt), d(3, 3), "DECIMAL(23, 3)"},
		{"*", MulType, d(38, 10), d(38, 10), "DECIMAL(38, 6)"},
		{"/", DivType, Of(Int), Of(Int), "INT"},
		{"/", DivType, d(19, 0), Of(Int), "DECIMAL(30, 11)"},
		{"/", DivType, d(19, 0), d(19, 0), "DECIMAL(38, 19)"},
		{"/", DivType, d(38, 18), d(38, 18), "DECIMAL(38, 6)"},
		{"%", ModType, d(19, 0), Of(Int), "INT"},
		{"%", ModType, Of(BigInt), Of(Int), "INT"},
		{"%", ModType, d(10, 2), Of(Int), "DECIMAL(10, 2)"},
		{"%", ModType, Of(Int), Of(Null), "INT"},
	} {
		got, ok := c.f(c.a, c.b)
		if ok != (c.want != "") || ok && got.String() != c.want {
			t.Errorf("%s %s %s = %s %v, want %s", c.a, c.op, c.b, got, ok, c.want)
		}
	}
	for _, c := range []struct{ got, want Type }{
		{SumType(Of(TinyInt)), Of(TinyInt)},
		{SumType(d(10, 3)), d(38, 3)},
		{AvgType(Of(Int)), Of(Int)},
		{AvgType(d(10, 2)), d(38, 6)},
		{AvgType(d(10, 9).NotNull()), d(38, 9).NotNull()},
		{RoundType(d(10, 5), 2), d(8, 2)},
		{RoundType(d(10, 5), 5), d(10, 5)},
		{RoundType(d(10, 5), -2), d(6, 0)},
		{RoundType(d(38, 1), 0), d(38, 0)},
		{RoundType(Of(Double), 1), Of(Double)},
	} {
		if !c.got.Equal(c.want) {
			t.Errorf("got %s, want %s", c.got, c.want)
		}
	}
}

func TestCommonType(t *testing.T) {
	row := func(n1, n2 string, a, b Type) Type { return RowOf(Field{n1, a}, Field{n2, b}) }
	for _, c := range []struct {
		in   []Type
		want string
	}{
		{[]Type{Of(Int), Of(BigInt), DecimalOf(2, 2)}, "DECIMAL(21, 2)"},
		{[]Type{Of(SmallInt).NotNull(), Of(TinyInt).NotNull()}, "SMALLINT NOT NULL"},
		{[]Type{Of(SmallInt).NotNull(), Of(Null)}, "SMALLINT"},
		{[]Type{Of(Null), Of(Null)}, ""},
		{[]Type{DecimalOf(38, 0), DecimalOf(10, 10)}, "DECIMAL(38, 0)"},
		{[]Type{Of(BigInt), Of(Float)}, "FLOAT"},
		{[]Type{DecimalOf(5, 1), Of(Float)}, "DOUBLE"},
		{[]Type{CharOf(3), CharOf(3)}, "CHAR(3)"},
		{[]Type{CharOf(3).NotNull(), CharOf(5).NotNull()}, "VARCHAR(5) NOT NULL"},
		{[]Type{CharOf(9), VarcharOf(5)}, "VARCHAR(9)"},
		{[]Type{String(), CharOf(5)}, "STRING"},
		{[]Type{Bytes(), {Kind: Binary, Prec: 4}}, "BYTES"},
		{[]Type{String(), Of(Int)}, ""},
		{[]Type{TimestampOf(3), TimestampOf(6)}, "TIMESTAMP(6)"},
		{[]Type{TimestampOf(6), TimestampLTZOf(3)}, "TIMESTAMP_LTZ(6)"},
		{[]Type{Of(Date), TimestampOf(3)}, "TIMESTAMP(3)"},
		{[]Type{TimeOf(0), TimeOf(3)}, "TIME(3)"},
		{[]Type{TimeOf(0), Of(Date)}, ""},
		{[]Type{TimestampOf(3).WithAttr(Rowtime), TimestampOf(3).WithAttr(Rowtime)}, "TIMESTAMP(3) *ROWTIME*"},
		{[]Type{TimestampOf(3).WithAttr(Rowtime), TimestampOf(3)}, "TIMESTAMP(3)"},
		{[]Type{ArrayOf(Of(Int).NotNull()), ArrayOf(Of(BigInt))}, "ARRAY<BIGINT>"},
		{[]Type{MapOf(CharOf(1), Of(Int)), MapOf(CharOf(2), Of(Null))}, "MAP<VARCHAR(2), INT>"},
		{[]Type{row("a", "b", Of(Int), String()), row("x", "y", Of(Double), CharOf(2))}, "ROW<`a` DOUBLE, `b` STRING>"},
		{[]Type{RowOf(Field{"a", Of(Int)}), row("x", "y", Of(Double), CharOf(2))}, ""},
		{[]Type{ArrayOf(Of(Int)), Of(Int)}, ""},
	} {
		got, ok := CommonType(c.in...)
		if ok != (c.want != "") || ok && got.String() != c.want {
			t.Errorf("CommonType(%v) = %s %v, want %s", c.in, got, ok, c.want)
		}
	}
}

func TestComparisonType(t *testing.T) {
	for _, c := range []struct {
		a, b Type
		want string
	}{
		{TimestampOf(6), String(), "TIMESTAMP(6)"},
		{CharOf(10).NotNull(), Of(Date).NotNull(), "DATE NOT NULL"},
		{String(), Of(Int), ""},
		{Of(SmallInt), DecimalOf(1, 0), "DECIMAL(5, 0)"},
		{Of(Boolean), Of(Boolean), "BOOLEAN"},
	} {
		if got, ok := ComparisonType(c.a, c.b); ok != (c.want != "") || ok && got.String() != c.want {
			t.Errorf("ComparisonType(%s, %s) = %s %v, want %s", c.a, c.b, got, ok, c.want)
		}
	}
}

func TestCastRules(t *testing.T) {
	for _, c := range []struct {
		from, to           Type
		implicit, explicit bool
	}{
		{Of(Int), Of(BigInt), true, true},
		{Of(BigInt), Of(Int), false, true},
		{Of(Int), Of(Int).NotNull(), false, true},
		{Of(Int), String(), false, true},
		{CharOf(3), String(), true, true},
		{String(), CharOf(3), false, true},
		{Of(Double), DecimalOf(5, 2), true, true},
		{Of(Boolean), Of(TinyInt), false, true},
		{Of(Boolean), Of(Date), false, false},
		{Bytes(), Of(Boolean), false, false},
		{Bytes(), String(), false, true},
		{String(), Type{Kind: Binary, Prec: 2}, false, true},
		{Of(Int), Bytes(), false, false},
		{TimestampOf(6), Of(Date), true, true},
		{Of(Date), TimestampOf(6), false, true},
		{TimestampLTZOf(3), TimestampOf(3), true, true},
		{TimestampOf(6), Of(BigInt), false, false},
		{Of(BigInt), TimestampOf(3), false, false},
		{Of(Date), TimeOf(0), false, false},
		{String(), Of(IntervalYM), false, false},
		{Of(IntervalYM), String(), false, true},
		{Of(Null), ArrayOf(Of(Int)), true, true},
		{ArrayOf(Of(Int)), String(), false, true},
		{String(), ArrayOf(Of(Int)), false, false},
		{ArrayOf(Of(Int)), ArrayOf(Of(BigInt)), true, true},
		{ArrayOf(String()), ArrayOf(Of(BigInt)), false, true},
		{MapOf(Of(Int), Of(Int)), MapOf(String(), Of(Boolean)), false, true},
		{RowOf(Field{"a", Of(Int)}), RowOf(Field{"b", String()}), false, true},
		{RowOf(Field{"a", Of(Int)}), RowOf(), false, false},
		{Of(Variant), Of(Int), false, true},
	} {
		if got := ImplicitCastable(c.from, c.to); got != c.implicit {
			t.Errorf("ImplicitCastable(%s, %s) = %v", c.from, c.to, got)
		}
		if got := Castable(c.from, c.to); got != c.explicit {
			t.Errorf("Castable(%s, %s) = %v", c.from, c.to, got)
		}
	}
	if CastHint(TimestampOf(3), Of(Int)) == "" || CastHint(Of(Int), Of(BigInt)) != "" {
		t.Error("CastHint")
	}
}
