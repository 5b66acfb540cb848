package fn

import (
	"math"
	"testing"
)

// The last digit of each is that of the exact value; package math has others.
func TestPrecise(t *testing.T) {
	for _, c := range []struct {
		name      string
		f         func(float64) float64
		x, wanted float64
	}{
		{"tan", tan, 1, 1.5574077246549023}, {"tan", tan, -1, -1.5574077246549023}, {"tan", tan, 0.9, 1.2601582175503392},
		{"sin", sin, 0.8, 0.7173560908995228}, {"sin", sin, 1e300, math.Sin(1e300)}, {"sin", sin, 0, 0},
		{"cos", cos, 0.8, 0.6967067093471654}, {"cos", cos, 100000, -0.9993608074382124},
		{"exp", exp, 1, math.E}, {"exp", exp, 710, math.Inf(1)}, {"exp", exp, -800, 0},
		{"ln", ln, 10, math.Ln10}, {"ln", ln, 0, math.Inf(-1)}, {"ln", ln, 5e-324, math.Log(5e-324)},
		{"log10", log10, 1000, 3}, {"log10", log10, 2, 0.3010299956639812},
		{"acos", acos, 0.5, 1.0471975511965979}, {"acos", acos, 1, 0}, {"asin", asin, 0.5, 0.5235987755982989},
		{"atan", atan, 1, math.Pi / 4}, {"atan", atan, math.Inf(1), math.Pi / 2},
		{"sinh", sinh, 1, 1.1752011936438014}, {"cosh", cosh, 1, 1.5430806348152437}, {"tanh", tanh, 1, 0.7615941559557649},
	} {
		if got := c.f(c.x); got != c.wanted {
			t.Errorf("%s(%v) = %v, not %v", c.name, c.x, got, c.wanted)
		}
	}
	if !math.IsNaN(ln(-1)) || !math.IsNaN(asin(2)) || !math.IsNaN(sin(math.NaN())) || !math.Signbit(sin(math.Copysign(0, -1))) {
		t.Error("NaN or -0 was lost")
	}
}
