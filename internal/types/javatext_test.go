package types

import (
	"math"
	"math/rand"
	"strconv"
	"testing"
)

func TestAppendDouble(t *testing.T) {
	for _, c := range []struct {
		f    float64
		want string
	}{
		{0, "0.0"}, {math.Copysign(0, -1), "-0.0"}, {1, "1.0"}, {-1.5, "-1.5"}, {0.1, "0.1"}, {0.001, "0.001"}, {0.00123, "0.00123"},
		{0.0009, "9.0E-4"}, {1e7, "1.0E7"}, {9999999, "9999999.0"}, {1234567.125, "1234567.125"}, {1e10, "1.0E10"}, {123, "123.0"},
		{1200000, "1200000.0"}, {1.5e300, "1.5E300"}, {2e23, "2.0E23"}, {1e23, "1.0E23"}, {5e-324, "4.9E-324"}, {math.MaxFloat64, "1.7976931348623157E308"},
		{math.NaN(), "NaN"}, {math.Inf(1), "Infinity"}, {math.Inf(-1), "-Infinity"}, {-3276913443134, "-3.276913443134E12"}, {0.05, "0.05"}, {20, "20.0"},
	} {
		if got := string(AppendDouble(nil, c.f)); got != c.want {
			t.Errorf("AppendDouble(%g) = %s, want %s", c.f, got, c.want)
		}
	}
	for f, want := range map[float32]string{-3276913443134: "-3.27691351E12", 1.23456788e10: "1.23456788E10", 123.456: "123.456",
		math.SmallestNonzeroFloat32: "1.4E-45", 3.4028235e38: "3.4028235E38", 0.3: "0.3"} {
		// Float.toString drops digits that are not needed: 1.23456788E10 has 9.
		got := string(AppendFloat(nil, f))
		back, err := strconv.ParseFloat(got, 32)
		if err != nil || float32(back) != f || len(got) > len(want) {
			t.Errorf("AppendFloat(%g) = %s, want %s", f, got, want)
		}
	}
	r := rand.New(rand.NewSource(5))
	for i := 0; i < 20000; i++ {
		f := math.Float64frombits(r.Uint64())
		if i%2 == 0 {
			f = math.Round(r.Float64()*1e9) / 1e4
		}
		got := string(AppendDouble(nil, f))
		if back, err := ParseFloat(got, 64); err != nil || back != f && f == f {
			t.Fatalf("%g prints as %s", f, got)
		}
	}
	if n := testing.AllocsPerRun(100, func() { var b [32]byte; AppendDouble(b[:0], 1234.5e-9) }); n != 0 {
		t.Errorf("AppendDouble allocates %v times", n)
	}
}

func TestParseNumbers(t *testing.T) {
	for in, want := range map[string]string{
		"123": "123", " -5 ": "-5", "+7": "7", "1.234": "1", "1.": "1", "-9223372036854775808": "-9223372036854775808",
		"9223372036854775807": "9223372036854775807", "9223372036854775808": "number out of range", "99999999999999999999": "number out of range",
		"-9223372036854775809": "number out of range", "": "not a number", "-": "not a number", "foo": "not a number", "1.2x": "not a number", "1e3": "not a number",
	} {
		v, err := ParseInt64(in)
		got := strconv.FormatInt(v, 10)
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("ParseInt64(%q) = %s, want %s", in, got, want)
		}
	}
	if _, err := ParseInt("-130", math.MinInt8, math.MaxInt8); err != ErrNumberRange {
		t.Errorf("-130 as TINYINT: %v", err)
	}
	for in, want := range map[string]string{
		"1.234": "1.234", " 1e3 ": "1000.0", "NaN": "NaN", "-Infinity": "-Infinity", "1d": "1.0", "2.5F": "2.5", "1e400": "Infinity", "0x1p3": "8.0", ".5": "0.5",
		"inf": "", "nan": "", "1_000": "", "--1": "", "": "", "+": "", "foo": "", "0x10": "", "1e": "", "e5": "",
	} {
		f, err := ParseFloat(in, 64)
		got := string(AppendDouble(nil, f))
		if err != nil {
			got = ""
		}
		if got != want {
			t.Errorf("ParseFloat(%q) = %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{"true": "true", "FalsE": "false", "Y": "true", "no": "false", "1": "true", "": "error", "foo": "error", "10": "error"} {
		b, err := ParseBool(in)
		if got := strconv.FormatBool(b); err == nil && got != want || (err != nil) != (want == "error") {
			t.Errorf("ParseBool(%q) = %v, %v", in, b, err)
		}
	}
}

func TestRounding(t *testing.T) {
	for _, c := range []struct {
		f           float64
		n           int
		round, trun float64
	}{
		{2.5, 0, 3, 2}, {-2.5, 0, -3, -2}, {1.005, 2, 1.01, 1}, {123.456, -1, 120, 120}, {125, -1, 130, 120}, {5, -1, 10, 0}, {4, -1, 0, 0},
		{4, -2, 0, 0}, {0.1234567, 5, 0.12346, 0.12345}, {1e300, 2, 1e300, 1e300}, {1e-300, 2, 0, 0}, {999.99, 1, 1000, 999.9},
	} {
		if r, tr := RoundDouble(c.f, c.n), TruncateDouble(c.f, c.n); r != c.round || tr != c.trun {
			t.Errorf("ROUND, TRUNCATE(%v, %d) = %v, %v", c.f, c.n, r, tr)
		}
	}
	if got := RoundInt64(-1250, -2); got != -1300 {
		t.Errorf("RoundInt64 = %d", got)
	}
	if got := TruncateInt64(-1299, -2); got != -1200 {
		t.Errorf("TruncateInt64 = %d", got)
	}
	if DoubleToInt64(math.NaN()) != 0 || DoubleToInt64(1e30) != math.MaxInt64 || DoubleToInt32(-1e10) != math.MinInt32 || DoubleToInt64(-1.9) != -1 {
		t.Error("Java's casts")
	}
	if FloorModInt64(-7, 3) != 2 || FloorModInt64(7, -3) != -2 || FloorModInt64(-6, 3) != 0 {
		t.Error("FloorModInt64")
	}
}

func TestJavaStringsAndRandom(t *testing.T) {
	if CharLength("a😀é") != 3 || UTF16Length("a😀é") != 4 {
		t.Error("lengths")
	}
	if got := JavaHash("hello"); got != 99162322 {
		t.Errorf("hash of hello is %d", got)
	}
	if got := JavaHash("😀"); got != 1772899 {
		t.Errorf("hash of an emoji is %d", got)
	}
	r := NewJavaRandom(42) // the well-known first values of new Random(42)
	if a, b := r.NextInt32(), r.NextInt32(); a != -1170105035 || b != 234785527 {
		t.Errorf("ints %d %d", a, b)
	}
	r = NewJavaRandom(42)
	if a, b, c := r.NextInt(10), r.NextInt(10), r.NextInt(10); a != 0 || b != 3 || c != 8 {
		t.Errorf("bounded ints %d %d %d", a, b, c)
	}
	r = NewJavaRandom(10)
	if f := r.NextDouble(); f != 0.7304302967434272 {
		t.Errorf("double %v", f)
	}
	r = NewJavaRandom(5)
	if v := r.NextInt(10); v != 7 {
		t.Errorf("bounded int %d", v)
	}
}
