package types

import "math"

// IntervalKind gives the kind of an interval whose leading unit is u.
func IntervalKind(u Unit) Kind {
	if unitMonths[u] != 0 {
		return IntervalYM
	}
	return IntervalDT
}

// intervalFields are the units an interval text walks through, with what
// separates each from the one before and the limit of its value when it does
// not lead.
var intervalFields = [...]struct {
	unit  Unit
	sep   byte
	limit int
}{{Year, 0, 0}, {Month, '-', 12}, {Day, 0, 0}, {Hour, ' ', 24}, {Minute, ':', 60}, {Second, ':', 60}}

// ParseInterval reads the text of INTERVAL '..' from TO to (to is NoUnit, or
// from, for a single unit): months for a year or month interval, else
// milliseconds. Units are YEAR to SECOND, alone also WEEK, QUARTER and the
// longer ones. The leading field takes any number of digits; fractions below a
// millisecond are dropped.
func ParseInterval(s string, from, to Unit) (int64, bool) {
	t := timeScanner{s: trimJava(s)}
	neg := t.eat('-')
	if !neg {
		t.eat('+')
	}
	if to == NoUnit {
		to = from
	}
	i := 0
	for i < len(intervalFields) && intervalFields[i].unit != from {
		i++
	}
	var total int64
	if i == len(intervalFields) {
		n, ok := t.digits(1, 18)
		if !ok || from != to || !t.done() || unitSize(from) == 0 || int64(n) > math.MaxInt64/unitSize(from) {
			return 0, false
		}
		total = int64(n) * unitSize(from)
	}
	for first := true; i < len(intervalFields); i, first = i+1, false {
		f := intervalFields[i]
		if !first && !t.eat(f.sep) {
			return 0, false
		}
		most := 2
		if first {
			most = 12 // digits; years of milliseconds stay far from overflow
		}
		n, ok := t.digits(1, most)
		if !ok || !first && n >= f.limit {
			return 0, false
		}
		if int64(n) > (math.MaxInt64-total)/unitSize(f.unit) {
			return 0, false
		}
		total += int64(n) * unitSize(f.unit)
		if f.unit == to {
			break
		}
	}
	if to == Second && t.eat('.') {
		total += int64(t.fraction(9) / 1e6)
	}
	if !t.done() {
		return 0, false
	}
	if neg {
		total = -total
	}
	return total, true
}

// unitSize is a unit in months or in milliseconds, 0 if it is no unit of an
// interval.
func unitSize(u Unit) int64 {
	if k := unitMonths[u]; k != 0 {
		return int64(k)
	}
	return unitMs[u]
}

// TruncateTimestamp drops the digits of a timestamp's fraction past precision p.
func TruncateTimestamp(ms int64, ns int32, p int) (int64, int32) {
	switch {
	case p >= 9:
		return ms, ns
	case p > 3:
		return ms, ns - ns%int32(pow10i64[9-p])
	}
	return ms - floorMod(ms, pow10i64[3-max(p, 0)]), 0
}

// TruncateMicros is TruncateTimestamp on microseconds since the epoch.
func TruncateMicros(us int64, p int) int64 {
	if p >= 6 {
		return us
	}
	return us - floorMod(us, pow10i64[6-max(p, 0)])
}
