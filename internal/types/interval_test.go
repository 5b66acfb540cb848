package types

import (
	"math/big"
	"math/rand"
	"testing"
)

func TestParseInterval(t *testing.T) {
	for _, c := range []struct {
		s        string
		from, to Unit
		want     string
	}{
		{"5", Day, NoUnit, "+5 00:00:00.000"},
		{"-5", Hour, NoUnit, "-0 05:00:00.000"},
		{"1-2", Year, Month, "+1-02"},
		{"-10", Year, NoUnit, "-10-00"},
		{"30", Month, NoUnit, "+2-06"},
		{"2", Quarter, NoUnit, "+0-06"},
		{"2", Week, NoUnit, "+14 00:00:00.000"},
		{"1 02:03:04.567", Day, Second, "+1 02:03:04.567"},
		{"1 2", Day, Hour, "+1 02:00:00.000"},
		{"90:30", Minute, Second, "+0 01:30:30.000"},
		{"100.1234567", Second, NoUnit, "+0 00:01:40.123"},
		{"1-12", Year, Month, ""},
		{"1 24:00", Day, Minute, ""},
		{"1", Year, Month, ""},
		{"1 2", Day, NoUnit, ""},
		{"", Day, NoUnit, ""},
		{"x", Day, NoUnit, ""},
		{"999999999999", Day, NoUnit, ""},
		{"1", Epoch, NoUnit, ""},
	} {
		v, ok := ParseInterval(c.s, c.from, c.to)
		got := ""
		if ok && IntervalKind(c.from) == IntervalYM {
			got = string(AppendIntervalYM(nil, v))
		} else if ok {
			got = string(AppendIntervalDT(nil, v))
		}
		if got != c.want {
			t.Errorf("INTERVAL '%s' %s TO %s = %q, want %q", c.s, c.from, c.to, got, c.want)
		}
	}
	if ms, ns := TruncateTimestamp(-1, 999999, 1); ms != -100 || ns != 0 {
		t.Errorf("TruncateTimestamp = %d %d", ms, ns)
	}
	if ms, ns := TruncateTimestamp(5, 123456, 4); ms != 5 || ns != 100000 {
		t.Errorf("TruncateTimestamp = %d %d", ms, ns)
	}
	if us := TruncateMicros(1234567, 3); us != 1234000 {
		t.Errorf("TruncateMicros = %d", us)
	}
}

func TestCompareAndFloorDecimals(t *testing.T) {
	r := rand.New(rand.NewSource(6))
	for i := 0; i < 20000; i++ {
		a, b, sa, sb := randDecimal(r, 38), randDecimal(r, 38), r.Intn(39), r.Intn(39)
		if i%4 == 0 {
			b, _ = CastDecimal(a, sa, 38, sb)
		}
		x := new(big.Rat).SetFrac(toBig(a), bigPow(sa))
		y := new(big.Rat).SetFrac(toBig(b), bigPow(sb))
		if got := CmpDecimal(a, sa, b, sb); got != x.Cmp(y) {
			t.Fatalf("CmpDecimal(%v, %d, %v, %d) = %d", toBig(a), sa, toBig(b), sb, got)
		}
		floor := new(big.Int).Div(toBig(a), bigPow(sa)) // Euclidean: floors for a positive divisor
		if got := toBig(FloorDecimal(a, sa)); got.Cmp(floor) != 0 {
			t.Fatalf("FloorDecimal(%v, %d) = %v", toBig(a), sa, got)
		}
		if x.IsInt() == false {
			floor.Add(floor, big.NewInt(1))
		}
		if got := toBig(CeilDecimal(a, sa)); got.Cmp(floor) != 0 {
			t.Fatalf("CeilDecimal(%v, %d) = %v", toBig(a), sa, got)
		}
	}
	if string(AppendChar(nil, "fü", 4)) != "fü  " || TruncateChars("füx", 2) != "fü" || string(AppendBinary(nil, "o", 2)) != "o\x00" {
		t.Error("fixed-length text")
	}
}
