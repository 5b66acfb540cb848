package types

import "testing"

func TestInjectiveCast(t *testing.T) {
	varchar := func(n int) Type { return Type{Kind: Varchar, Prec: n} }
	dec := func(p, s int) Type { return Type{Kind: Decimal, Prec: p, Scale: s} }
	for _, c := range []struct {
		from, to Type
		want     bool
	}{
		{Of(Int), Of(BigInt), true}, {Of(BigInt), Of(Int), false}, {Of(Int), Of(Double), true}, {Of(BigInt), Of(Double), false},
		{Of(Int), Of(Float), false}, {Of(Int), varchar(11), true}, {Of(Int), varchar(10), false}, {Of(BigInt), String(), true},
		{varchar(5), varchar(9), true}, {varchar(9), varchar(5), false}, {String(), Of(Int), false},
		{dec(10, 2), dec(12, 2), true}, {dec(10, 2), dec(12, 5), false}, {dec(10, 2), Of(Int), false}, {Of(Int), dec(12, 2), true}, {Of(Int), dec(11, 2), false},
		{Type{Kind: Timestamp, Prec: 3}, Type{Kind: Timestamp, Prec: 6}, true}, {Type{Kind: Timestamp, Prec: 6}, Type{Kind: Timestamp, Prec: 3}, false},
		{Of(Float), Of(Double), true}, {Of(Double), String(), false}, {Of(Boolean), String(), true},
	} {
		if got := InjectiveCast(c.from, c.to); got != c.want {
			t.Errorf("%s to %s: %v", c.from, c.to, got)
		}
	}
}
