package types

import (
	"errors"
	"strconv"
)

// ErrTimeSyntax is the error of texts that are no date, time or timestamp.
var ErrTimeSyntax = errors.New("not a date or time")

// append2 appends two digits.
func append2(dst []byte, n int) []byte { return append(dst, byte('0'+n/10%10), byte('0'+n%10)) }

func append4(dst []byte, n int) []byte { return append2(append2(dst, n/100), n%100) }

// AppendDate appends a date as CAST to STRING prints it: 2021-09-24.
func AppendDate(dst []byte, days int32) []byte {
	y, m, d := CivilFromDays(days)
	dst = append(append4(dst, y), '-')
	dst = append(append2(dst, m), '-')
	return append2(dst, d)
}

func appendClock(dst []byte, ofDay int) []byte {
	dst = append(append2(dst, ofDay/MsPerHour), ':')
	dst = append(append2(dst, ofDay/MsPerMinute%60), ':')
	return append2(dst, ofDay/MsPerSecond%60)
}

// AppendTime appends a TIME(p), milliseconds of the day, as CAST to STRING
// prints it: up to p digits of fraction, without trailing zeros but at least one
// if p > 0. Flink prints 12:00:00.0 for a TIME(3).
func AppendTime(dst []byte, ofDay int32, p int) []byte {
	t := int(floorMod(ofDay, MsPerDay))
	dst = appendClock(dst, t)
	if p <= 0 {
		return dst
	}
	dst = append(dst, '.')
	for ms := t % 1000; p > 0; p-- {
		dst = append(dst, byte('0'+ms/100))
		if ms = ms % 100 * 10; ms == 0 {
			break
		}
	}
	return dst
}

// AppendTimestamp appends a TIMESTAMP(p) (local milliseconds and the
// nanoseconds within) as CAST to STRING prints it: at least p digits of
// fraction, more if the value has more.
func AppendTimestamp(dst []byte, ms int64, ns int32, p int) []byte {
	days, of := SplitMs(ms)
	dst = append(AppendDate(dst, days), ' ')
	return appendFraction(appendClock(dst, int(of)), of%1000*1e6+ns, p)
}

// AppendTimestampISO appends a timestamp as java.time's LocalDateTime prints:
// 2021-09-24T12:34:56.123, seconds left out when they and the fraction are 0,
// the fraction in groups of three digits.
func AppendTimestampISO(dst []byte, ms int64, ns int32) []byte {
	days, of := SplitMs(ms)
	dst = append(AppendDate(dst, days), 'T')
	return AppendTimeISO(dst, of, ns)
}

// AppendTimeISO appends a time of day as java.time's LocalTime prints.
func AppendTimeISO(dst []byte, ofDay, ns int32) []byte {
	nano := ofDay%1000*1e6 + ns
	dst = appendClock(dst, int(ofDay))
	switch {
	case nano == 0:
		if ofDay/MsPerSecond%60 == 0 {
			return dst[:len(dst)-3]
		}
		return dst
	case nano%1e6 == 0:
		return appendFraction(dst, nano, 3)
	case nano%1e3 == 0:
		return appendFraction(dst, nano, 6)
	}
	return appendFraction(dst, nano, 9)
}

// appendFraction appends ".ddd" with the digits of nano up to the last that is
// not 0, but at least p.
func appendFraction(dst []byte, nano int32, p int) []byte {
	n := 9
	for ; n > p && nano%10 == 0; n-- {
		nano /= 10
	}
	if n == 0 {
		return dst
	}
	dst = append(dst, '.')
	for d := pow10i64[n-1]; d > 0; d /= 10 {
		dst = append(dst, byte('0'+int64(nano)/d%10))
	}
	return dst
}

// AppendIntervalYM appends an interval in months: +1-02.
func AppendIntervalYM(dst []byte, months int64) []byte {
	dst, m := appendSign(dst, months)
	dst = append(strconv.AppendUint(dst, m/12, 10), '-')
	return append2(dst, int(m%12))
}

// AppendIntervalDT appends an interval in milliseconds: +1 02:03:04.567.
func AppendIntervalDT(dst []byte, ms int64) []byte {
	dst, v := appendSign(dst, ms)
	dst = append(strconv.AppendUint(dst, v/MsPerDay, 10), ' ')
	dst = append(appendClock(dst, int(v%MsPerDay)), '.')
	f := int(v % 1000)
	return append2(append(dst, byte('0'+f/100)), f%100)
}

func appendSign(dst []byte, v int64) ([]byte, uint64) {
	if v < 0 {
		return append(dst, '-'), -uint64(v)
	}
	return append(dst, '+'), uint64(v)
}

// timeScanner reads a text from the left.
type timeScanner struct {
	s string
	i int
}

// digits reads min to max digits.
func (t *timeScanner) digits(least, most int) (int, bool) {
	n, start := 0, t.i
	for t.i < len(t.s) && t.i-start < most && t.s[t.i]-'0' <= 9 {
		n = n*10 + int(t.s[t.i]-'0')
		t.i++
	}
	return n, t.i-start >= least
}

func (t *timeScanner) eat(c byte) bool {
	if t.i < len(t.s) && t.s[t.i] == c {
		t.i++
		return true
	}
	return false
}

func (t *timeScanner) done() bool { return t.i == len(t.s) }

// fraction reads up to most digits as a fraction of a second in nanoseconds.
func (t *timeScanner) fraction(most int) int32 {
	start := t.i
	n, _ := t.digits(0, min(most, 9))
	return int32(n) * int32(pow10i64[9-(t.i-start)])
}

// skipDigits passes over digits that no precision keeps.
func (t *timeScanner) skipDigits() {
	for t.i < len(t.s) && t.s[t.i]-'0' <= 9 {
		t.i++
	}
}

// validDate reports whether the fields are a date of the years 0 to 9999.
func validDate(y, m, d int) bool {
	return y >= 0 && y <= 9999 && m >= 1 && m <= 12 && d >= 1 && d <= DaysInMonth(y, m)
}

// ParseDate reads a date as CAST(STRING AS DATE): yyyy[-[M]M[-[d]d]], blanks
// around the fields; what follows a blank after the first character is dropped.
func ParseDate(s string) (days int32, ok bool) {
	for i := 1; i < len(s); i++ {
		if s[i] == ' ' {
			s = s[:i]
			break
		}
	}
	y, rest, ok := dateField(s)
	if !ok {
		return 0, false
	}
	m, d := 1, 1
	if rest != "" {
		if m, rest, ok = dateField(rest[1:]); !ok {
			return 0, false
		}
		if rest != "" {
			if d, rest, ok = dateField(rest[1:]); !ok || rest != "" {
				return 0, false
			}
		}
	}
	if !validDate(y, m, d) {
		return 0, false
	}
	return DaysFromCivil(y, m, d), true
}

// dateField reads digits up to the next hyphen, which it leaves in rest.
func dateField(s string) (n int, rest string, ok bool) {
	end := 0
	for end < len(s) && s[end] != '-' {
		end++
	}
	rest = s[end:]
	s = trimJava(s[:end])
	if s == "" || len(s) > 6 {
		return 0, "", false
	}
	for i := 0; i < len(s); i++ {
		if s[i]-'0' > 9 {
			return 0, "", false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, rest, true
}

// ParseTime reads a time of day as CAST(STRING AS TIME): H[H][:m[m][:s[s][.f]]],
// in milliseconds; the fraction is rounded at the third digit.
func ParseTime(s string) (ofDay int32, ok bool) {
	t := timeScanner{s: trimJava(s)}
	var f [3]int
	for i := range f {
		if f[i], ok = t.digits(1, 2); !ok {
			return 0, false
		}
		if i == 2 || !t.eat(':') {
			break
		}
	}
	ms := int32(f[0]*MsPerHour + f[1]*MsPerMinute + f[2]*MsPerSecond)
	if t.eat('.') {
		nano := t.fraction(9)
		t.skipDigits()
		ms += (nano/1e5 + 5) / 10
	}
	if !t.done() || f[0] > 23 || f[1] > 59 || f[2] > 59 {
		return 0, false
	}
	return min(ms, MsPerDay-1), true
}

// ParseTimestamp reads a timestamp as CAST(STRING AS TIMESTAMP(p)):
// yyyy-[M]M-[d]d[ [H]H:[m]m:[s]s[.f]] with up to 9 digits of fraction, cut (not
// rounded) to p. A 'T' may stand for the blank. As in Java's smart resolution, a
// day up to 31 past the end of its month is its last day.
func ParseTimestamp(s string, p int) (ms int64, ns int32, ok bool) {
	t := timeScanner{s: s}
	days, ok := t.date()
	if !ok {
		return 0, 0, false
	}
	ms = MsOfDate(days)
	if t.done() {
		return ms, 0, true
	}
	if !t.eat(' ') && !t.eat('T') {
		return 0, 0, false
	}
	of, nano, ok := t.clock()
	if !ok || !t.done() {
		return 0, 0, false
	}
	nano -= nano % int32(pow10i64[9-min(max(p, 0), 9)])
	return ms + int64(of) + int64(nano/1e6), nano % 1e6, true
}

// date reads yyyy-[M]M-[d]d.
func (t *timeScanner) date() (int32, bool) {
	y, ok := t.digits(4, 4)
	if !ok || !t.eat('-') {
		return 0, false
	}
	m, ok := t.digits(1, 2)
	if !ok || m < 1 || m > 12 || !t.eat('-') {
		return 0, false
	}
	d, ok := t.digits(1, 2)
	if !ok || d < 1 || d > 31 || y == 0 {
		return 0, false
	}
	return DaysFromCivil(y, m, min(d, DaysInMonth(y, m))), true
}

// clock reads [H]H:[m]m:[s]s[.f] as milliseconds of the day to the second, and
// nanoseconds of the second.
func (t *timeScanner) clock() (of, nano int32, ok bool) {
	h, ok := t.digits(1, 2)
	if !ok || h > 23 || !t.eat(':') {
		return 0, 0, false
	}
	m, ok := t.digits(1, 2)
	if !ok || m > 59 || !t.eat(':') {
		return 0, 0, false
	}
	s, ok := t.digits(1, 2)
	if !ok || s > 59 {
		return 0, 0, false
	}
	if t.eat('.') {
		nano = t.fraction(9)
	}
	return int32(h*MsPerHour + m*MsPerMinute + s*MsPerSecond), nano, true
}

// ParseTimestampLTZ reads a timestamp as CAST(STRING AS TIMESTAMP_LTZ(p)): the
// forms of ParseTimestamp, local to the zone, or with Z or an offset at the end.
func ParseTimestampLTZ(s string, p int, z *Zone) (ms int64, ns int32, ok bool) {
	body, offset, fixed := cutOffset(s)
	ms, ns, ok = ParseTimestamp(body, p)
	if !ok {
		return 0, 0, false
	}
	if fixed {
		return ms - int64(offset), ns, true
	}
	return z.LocalToUTC(ms), ns, true
}

// cutOffset takes "Z" or "+08:00" off the end of a timestamp's text.
func cutOffset(s string) (body string, offsetMs int32, ok bool) {
	if len(s) < 12 {
		return s, 0, false
	}
	if s[len(s)-1] == 'Z' {
		return s[:len(s)-1], 0, true
	}
	for i := len(s) - 1; i > 10 && i >= len(s)-9; i-- {
		if s[i] == '+' || s[i] == '-' {
			off, ok := parseOffset(s[i:])
			return s[:i], off, ok
		}
	}
	return s, 0, false
}

// AppendTimestampLTZ appends a TIMESTAMP_LTZ(p) in a zone as CAST to STRING
// prints it.
func AppendTimestampLTZ(dst []byte, ms int64, ns int32, p int, z *Zone) []byte {
	return AppendTimestamp(dst, z.UTCToLocal(ms), ns, p)
}
