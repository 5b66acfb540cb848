package types

import (
	"math/big"
	"math/rand"
	"strings"
	"testing"
)

func toBig(v Int128) *big.Int {
	b := new(big.Int).Lsh(big.NewInt(v.Hi), 64)
	return b.Add(b, new(big.Int).SetUint64(v.Lo))
}

func bigPow(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

// bigRound gives num/den rounded half away from zero.
func bigRound(num, den *big.Int) *big.Int {
	q, r := new(big.Int).QuoRem(num, den, new(big.Int))
	r.Abs(r).Lsh(r, 1)
	if r.CmpAbs(den) >= 0 {
		if num.Sign()*den.Sign() < 0 {
			q.Sub(q, big.NewInt(1))
		} else {
			q.Add(q, big.NewInt(1))
		}
	}
	return q
}

// bigScaled gives num/den * 10^k rounded.
func bigScaled(num, den *big.Int, k int) *big.Int {
	if k >= 0 {
		return bigRound(new(big.Int).Mul(num, bigPow(k)), den)
	}
	return bigRound(num, new(big.Int).Mul(den, bigPow(-k)))
}

// randDecimal gives a value with a random number of digits, biased to edges.
func randDecimal(r *rand.Rand, maxDigits int) Int128 {
	p := bigPow(r.Intn(maxDigits + 1))
	b := new(big.Int).Rand(r, p)
	switch r.Intn(8) {
	case 0:
		b.Sub(p, big.NewInt(1))
	case 1:
		b.Div(p, big.NewInt(2))
	}
	if b.CmpAbs(bigPow(maxDigits)) >= 0 {
		b.SetInt64(1)
	}
	if r.Intn(2) == 0 {
		b.Neg(b)
	}
	return fromBig(b)
}

func fromBig(b *big.Int) Int128 {
	m := new(big.Int).Abs(b)
	lo := new(big.Int).And(m, new(big.Int).SetUint64(1<<64-1)).Uint64()
	v := Int128{lo, int64(m.Rsh(m, 64).Uint64())}
	if b.Sign() < 0 {
		return v.Neg()
	}
	return v
}

func TestDecimalArithmeticAgainstBig(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	one := big.NewInt(1)
	for i := 0; i < 60000; i++ {
		digits := 38
		if i%2 == 0 {
			digits = 18
		}
		a, b := randDecimal(r, digits), randDecimal(r, digits)
		if b.IsZero() {
			continue
		}
		sa, sb := r.Intn(digits+1), r.Intn(digits+1)
		p := 1 + r.Intn(digits)
		s := r.Intn(p + 1)
		A, B := toBig(a), toBig(b)
		fine := max(sa, sb)
		fa := new(big.Int).Mul(A, bigPow(fine-sa))
		fb := new(big.Int).Mul(B, bigPow(fine-sb))
		cases := []struct {
			name string
			want *big.Int
			f    func(Int128, int, Int128, int, int, int) (Int128, bool)
			f64  func(int64, int, int64, int, int, int) (int64, bool)
		}{
			{"add", bigScaled(new(big.Int).Add(fa, fb), one, s-fine), AddDecimal, nil},
			{"sub", bigScaled(new(big.Int).Sub(fa, fb), one, s-fine), SubDecimal, nil},
			{"mul", bigScaled(new(big.Int).Mul(A, B), one, s-sa-sb), MulDecimal, MulDecimal64},
			{"div", bigScaled(A, B, s+sb-sa), DivDecimal, DivDecimal64},
			{"mod", bigScaled(new(big.Int).Rem(fa, fb), one, s-fine), ModDecimal, ModDecimal64},
		}
		if s >= fine {
			cases[0].f64, cases[1].f64 = AddDecimal64, SubDecimal64
		}
		for _, c := range cases {
			fits := c.want.CmpAbs(bigPow(p)) < 0
			got, ok := c.f(a, sa, b, sb, p, s)
			if ok != fits || ok && toBig(got).Cmp(c.want) != 0 {
				t.Fatalf("%s(%v scale %d, %v scale %d) as (%d,%d) = %v %v, want %v %v", c.name, A, sa, B, sb, p, s, toBig(got), ok, c.want, fits)
			}
			if digits == 18 && c.f64 != nil {
				got, ok := c.f64(a.Int64(), sa, b.Int64(), sb, p, s)
				if ok != fits && c.name != "add" && c.name != "sub" || ok && big.NewInt(got).Cmp(c.want) != 0 {
					t.Fatalf("%s64(%v scale %d, %v scale %d) as (%d,%d) = %v %v, want %v %v", c.name, A, sa, B, sb, p, s, got, ok, c.want, fits)
				}
			}
		}
		q, m := a.QuoRem(b)
		wq, wm := new(big.Int).QuoRem(A, B, new(big.Int))
		if toBig(q).Cmp(wq) != 0 || toBig(m).Cmp(wm) != 0 {
			t.Fatalf("QuoRem(%v, %v) = %v %v", A, B, toBig(q), toBig(m))
		}
		prod, ok := a.MulOK(b)
		want := new(big.Int).Mul(A, B)
		if fits := want.BitLen() < 128; ok != fits || ok && toBig(prod).Cmp(want) != 0 {
			t.Fatalf("MulOK(%v, %v) = %v %v", A, B, toBig(prod), ok)
		}
	}
}

func TestRescaleAgainstBig(t *testing.T) {
	r := rand.New(rand.NewSource(2))
	for i := 0; i < 20000; i++ {
		v := randDecimal(r, 38)
		from, p := r.Intn(39), 1+r.Intn(38)
		s := r.Intn(p + 1)
		want := bigScaled(toBig(v), big.NewInt(1), s-from)
		fits := want.CmpAbs(bigPow(p)) < 0
		got, ok := CastDecimal(v, from, p, s)
		if ok != fits || ok && toBig(got).Cmp(want) != 0 {
			t.Fatalf("CastDecimal(%v, %d, %d, %d) = %v %v, want %v", toBig(v), from, p, s, toBig(got), ok, want)
		}
		if w, ok := NarrowDecimal(v, 18); ok && p <= 18 {
			got, ok := CastDecimal64(w, from, p, s)
			if ok != fits || ok && big.NewInt(got).Cmp(want) != 0 {
				t.Fatalf("CastDecimal64(%v, %d, %d, %d) = %v %v, want %v", w, from, p, s, got, ok, want)
			}
		}
		n := r.Intn(80) - 40
		if from > n {
			if got, ok := RoundDecimal(v, from, n, 38, max(n, 0)); ok {
				want := bigScaled(toBig(v), big.NewInt(1), n-from)
				want.Mul(want, bigPow(max(n, 0)-n))
				if toBig(got).Cmp(want) != 0 {
					t.Fatalf("RoundDecimal(%v, %d, %d) = %v, want %v", toBig(v), from, n, toBig(got), want)
				}
			}
		}
		text := string(AppendDecimal(nil, v, from))
		back, err := ParseDecimal(text, 38, from)
		if err != nil || back != v {
			t.Fatalf("%q (%v scale %d) reads back as %v, %v", text, toBig(v), from, toBig(back), err)
		}
		rat, _ := new(big.Rat).SetString(text)
		if f, _ := rat.Float64(); DecimalToFloat64(v, from) != f {
			t.Fatalf("DecimalToFloat64(%s) = %v, want %v", text, DecimalToFloat64(v, from), f)
		}
		if f, _ := rat.Float32(); DecimalToFloat32(v, from) != f {
			t.Fatalf("DecimalToFloat32(%s) = %v, want %v", text, DecimalToFloat32(v, from), f)
		}
	}
}

func TestParseDecimal(t *testing.T) {
	nines := strings.Repeat("9", 38)
	for _, c := range []struct {
		in   string
		p, s int
		want string // as printed, or the error
	}{
		{"0", 1, 0, "0"},
		{" 12.345 ", 5, 2, "12.35"},
		{"-12.345", 5, 2, "-12.35"},
		{"+.5", 2, 0, "1"},
		{"5.", 2, 1, "5.0"},
		{"1.5e3", 6, 1, "1500.0"},
		{"15E-1", 6, 3, "1.500"},
		{"1e-400", 6, 3, "0.000"},
		{"0e999999999999", 6, 3, "0.000"},
		{"1e400", 6, 3, "number out of range"},
		{"-" + nines, 38, 0, "-" + nines},
		{nines + "9", 38, 0, "number out of range"},
		{"0." + nines + "9", 38, 38, "number out of range"},
		{"0." + strings.Repeat("3", 60), 38, 38, "0." + strings.Repeat("3", 38)},
		{strings.Repeat("0", 60) + "1.25", 4, 1, "1.3"},
		{strings.Repeat("1", 45) + "e-40", 10, 4, "11111.1111"},
		{strings.Repeat("1", 45) + "e-50", 10, 4, "0.0000"},
		{strings.Repeat("9", 45) + "e-45", 10, 4, "1.0000"},
		{"", 4, 1, "not a number"},
		{"-", 4, 1, "not a number"},
		{".", 4, 1, "not a number"},
		{"1e", 4, 1, "not a number"},
		{"1.2.3", 4, 1, "not a number"},
		{"1 2", 4, 1, "not a number"},
		{"foo", 4, 1, "not a number"},
	} {
		v, err := ParseDecimal(c.in, c.p, c.s)
		got := string(AppendDecimal(nil, v, c.s))
		if err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("ParseDecimal(%q, %d, %d) = %s, want %s", c.in, c.p, c.s, got, c.want)
		}
	}
}

func TestDecimalEdges(t *testing.T) {
	for _, c := range []struct {
		f    float64
		p, s int
		want string
	}{
		{3.123456, 8, 4, "3.1235"}, {12345.678912, 8, 4, ""}, {1e-300, 8, 4, "0.0000"}, {1.7976931348623157e308, 38, 32, ""},
	} {
		v, ok := DecimalFromFloat64(c.f, c.p, c.s)
		if got := string(AppendDecimal(nil, v, c.s)); ok != (c.want != "") || ok && got != c.want {
			t.Errorf("DecimalFromFloat64(%v) = %s %v", c.f, got, ok)
		}
	}
	if got := DecimalToInt64(I128(-912387), 2); got != -9123 {
		t.Errorf("DecimalToInt64 = %d", got)
	}
	if got := TruncateDecimal(I128(-12987), 3, 1); got != I128(-12900) {
		t.Errorf("TruncateDecimal = %v", got)
	}
	n := testing.AllocsPerRun(100, func() {
		v, _ := ParseDecimal("123456789012345678901234.5678", 38, 4)
		v, _ = MulDecimal(v, 4, I128(3), 0, 38, 4)
		v, _ = DivDecimal(v, 4, I128(7), 0, 38, 10)
		var buf [64]byte
		_ = AppendDecimal(buf[:0], v, 10)
		_ = DecimalToFloat64(v, 10)
	})
	if n != 0 {
		t.Errorf("decimal work allocates %v times", n)
	}
}

func BenchmarkMulDecimal64(b *testing.B) {
	var s int64
	for i := 0; b.Loop(); i++ {
		v, _ := MulDecimal64(int64(i)&0xffff, 2, 908, 3, 18, 5)
		s += v
	}
	_ = s
}
