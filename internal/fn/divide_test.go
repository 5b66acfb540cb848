package fn

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestDivideByConstant(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	xs := []int64{0, 1, -1, 2, -2, 122, 123, 124, math.MaxInt64, math.MaxInt64 - 1, math.MinInt64, math.MinInt64 + 1, math.MaxInt32, math.MinInt32}
	ds := []int64{1, -1, 2, -2, 3, -3, 5, 7, 10, 123, -123, 641, 1000, 1 << 32, 1<<32 + 1, 1<<62 + 1, math.MaxInt64, math.MinInt64, math.MinInt64 + 1}
	for range 300 {
		xs = append(xs, int64(r.Uint64())>>r.IntN(64))
		if d := int64(r.Uint64()) >> r.IntN(64); d != 0 {
			ds = append(ds, d)
		}
	}
	for _, d := range ds {
		for _, x := range xs {
			// The multiples of the divisor and their neighbours are where a
			// quotient that is off by one shows.
			checkDivision(t, []int64{x, x / d * d, x/d*d - 1, x/d*d + 1}, d)
			checkDivision(t, []int32{int32(x), math.MinInt32, math.MaxInt32}, int32(d))
			checkDivision(t, []int8{int8(x), math.MinInt8}, int8(d))
		}
	}
}

func checkDivision[T integer](t *testing.T, xs []T, d T) {
	if d == 0 {
		return
	}
	q, m := make([]T, len(xs)), make([]T, len(xs))
	divConst(q, xs, d)
	modConst(m, xs, d)
	for i, x := range xs {
		if q[i] != x/d || m[i] != x%d {
			t.Fatalf("%d by %d: %d remainder %d, want %d remainder %d", x, d, q[i], m[i], x/d, x%d)
		}
	}
}

func BenchmarkModByConstant(b *testing.B) {
	a, out := make([]int64, 4096), make([]int64, 4096)
	for i := range a {
		a[i] = int64(i) * 7919
	}
	b.SetBytes(int64(len(a)))
	for b.Loop() {
		modConst(out, a, 123)
	}
}
