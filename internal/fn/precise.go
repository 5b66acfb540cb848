package fn

import "math"

// The functions below are those of package math with the last bit right, as in
// other systems: math's are one unit in the last place off for one value in six.
// They work in pairs of doubles (T. J. Dekker, A floating-point technique for
// extending the available precision, 1971) over a range in which that is safe,
// and leave the rest to math.

// pair is the sum of two doubles, the second below half a unit of the first.
type pair struct{ hi, lo float64 }

var (
	piHalf = pair{1.5707963267948966, 6.123233995736766e-17}
	ln2    = pair{0.6931471805599453, 2.3190468138462996e-17}
	ln10   = pair{2.302585092994046, -2.1707562233822494e-16}
	one    = pair{1, 0}
)

func sum2(a, b float64) pair {
	s := a + b
	t := s - a
	return pair{s, (a - (s - t)) + (b - t)}
}

func (a pair) add(b pair) pair {
	s := sum2(a.hi, b.hi)
	return sum2(s.hi, s.lo+(a.lo+b.lo))
}

func (a pair) neg() pair { return pair{-a.hi, -a.lo} }

func (a pair) mul(b pair) pair {
	p := a.hi * b.hi
	return sum2(p, math.FMA(a.hi, b.hi, -p)+(a.hi*b.lo+a.lo*b.hi))
}

func (a pair) div(b pair) pair {
	q := a.hi / b.hi
	r := a.add(b.mul(pair{q, 0}).neg())
	return sum2(q, r.hi/b.hi)
}

func (a pair) scale(k float64) pair { return pair{a.hi * k, a.lo * k} }

func (a pair) float() float64 { return a.hi + a.lo }

// series sums term*x/(k*(k+1)…) from the first term on, step factors at a time,
// until a term no longer matters; neg alternates signs.
func series(first, x pair, k, step int, neg bool) pair {
	out, term := first, first
	for ; k < 80; k += step {
		term = term.mul(x)
		for i := range step {
			term = term.div(pair{float64(k + i), 0})
		}
		if neg {
			term = term.neg()
		}
		out = out.add(term)
		if math.Abs(term.hi) <= math.Abs(out.hi)*0x1p-107 {
			break
		}
	}
	return out
}

func expPair(x pair) pair {
	k := math.Round(x.hi / ln2.hi)
	r := x.add(ln2.mul(pair{-k, 0}))
	return series(one, r, 1, 1, false).scale(math.Ldexp(1, int(k)))
}

// sinCos gives both for |x| below 1e5.
func sinCos(x pair) (sin, cos pair) {
	k := math.Round(x.hi / piHalf.hi)
	// k times pi/2 to the third double: what k takes away would else be lost.
	r := x.add(piHalf.mul(pair{-k, 0})).add(pair{-k * -1.4973849048591833e-33, 0})
	sq := r.mul(r)
	s, c := series(r, sq, 2, 2, true), series(one, sq, 1, 2, true)
	switch int64(k) & 3 {
	case 1:
		return c, s.neg()
	case 2:
		return s.neg(), c.neg()
	case 3:
		return c.neg(), s
	}
	return s, c
}

func logPair(x float64) pair {
	y := pair{math.Log(x), 0}
	// Newton: y + x/e^y - 1.
	return y.add(pair{x, 0}.mul(expPair(y.neg())).add(pair{-1, 0}))
}

// within reports whether x is a number whose size the pairs are good for.
func within(x, least, most float64) bool {
	a := math.Abs(x)
	return a >= least && a <= most
}

func exp(x float64) float64 {
	if !within(x, 0x1p-40, 600) {
		return math.Exp(x)
	}
	return expPair(pair{x, 0}).float()
}

func ln(x float64) float64 { return logTo(x, one, math.Log) }

func log10(x float64) float64 { return logTo(x, ln10, math.Log10) }

func logTo(x float64, base pair, rest func(float64) float64) float64 {
	if x == 1 || x < 0x1p-500 || !within(x, 0, 0x1p500) {
		return rest(x)
	}
	return logPair(x).div(base).float()
}

func sin(x float64) float64 {
	if !within(x, 0x1p-26, 1e5) {
		return math.Sin(x)
	}
	s, _ := sinCos(pair{x, 0})
	return s.float()
}

func cos(x float64) float64 {
	if !within(x, 0x1p-26, 1e5) {
		return math.Cos(x)
	}
	_, c := sinCos(pair{x, 0})
	return c.float()
}

func tan(x float64) float64 {
	if !within(x, 0x1p-26, 1e5) {
		return math.Tan(x)
	}
	s, c := sinCos(pair{x, 0})
	return s.div(c).float()
}

func sinh(x float64) float64 {
	if !within(x, 0x1p-10, 600) {
		return math.Sinh(x)
	}
	return expPair(pair{x, 0}).add(expPair(pair{-x, 0}).neg()).scale(0.5).float()
}

func cosh(x float64) float64 {
	if !within(x, 0x1p-26, 600) {
		return math.Cosh(x)
	}
	return expPair(pair{x, 0}).add(expPair(pair{-x, 0})).scale(0.5).float()
}

func tanh(x float64) float64 {
	if !within(x, 0x1p-10, 20) {
		return math.Tanh(x)
	}
	p, n := expPair(pair{x, 0}), expPair(pair{-x, 0})
	return p.add(n.neg()).div(p.add(n)).float()
}

func asin(x float64) float64 {
	if !within(x, 0x1p-26, 0.9999) {
		return math.Asin(x)
	}
	return arc(x).float()
}

func acos(x float64) float64 {
	if !within(x, 0x1p-26, 0.9999) {
		return math.Acos(x)
	}
	return piHalf.add(arc(x).neg()).float()
}

// arc is the arcsine: Newton from math's, y + (x - sin y) / cos y.
func arc(x float64) pair {
	y := pair{math.Asin(x), 0}
	s, c := sinCos(y)
	return y.add(pair{x, 0}.add(s.neg()).div(c))
}

func atan(x float64) float64 {
	if !within(x, 0x1p-26, 1e8) {
		return math.Atan(x)
	}
	// Newton: y + (x cos y - sin y) cos y, all but the last bits of 1 + x² being
	// 1 / cos² y.
	y := pair{math.Atan(x), 0}
	s, c := sinCos(y)
	return y.add(pair{x, 0}.mul(c).add(s.neg()).mul(c)).float()
}
