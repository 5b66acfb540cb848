package types

import "strings"

// The fields that parsing gathers, as indexes of parsedTime.
const (
	fYear = iota // proleptic, or of the era
	fEra
	fMonth
	fDay
	fDayOfYear
	fHour
	fHourOfHalf
	fHalf
	fMinute
	fSecond
	fNano
	fNanoOfDay
	fOffset
	fIgnored // weekdays, quarters, weeks: checked for form only
	fieldCount
)

// parsedTime is what a text said.
type parsedTime struct {
	set   uint32
	value [fieldCount]int64
}

// put stores a field; a field that is given twice must agree.
func (t *parsedTime) put(f int, v int64) bool {
	if f == fIgnored {
		return true
	}
	if t.set>>f&1 != 0 && t.value[f] != v {
		return false
	}
	t.set |= 1 << f
	t.value[f] = v
	return true
}

func (t *parsedTime) get(f int, absent int64) int64 {
	if t.set>>f&1 != 0 {
		return t.value[f]
	}
	return absent
}

// Parse reads a local time: milliseconds and the nanoseconds within. What the
// pattern lacks is that of 1970-01-01 00:00:00; an offset in the text is read
// and dropped. A DateTimeFormatter pattern must match the whole text, a
// SimpleDateFormat pattern its beginning.
func (p *Pattern) Parse(s string) (localMs int64, ns int32, ok bool) {
	localMs, ns, _, _, ok = p.ParseOffset(s)
	return localMs, ns, ok
}

// ParseOffset is Parse that also gives the offset of the text in milliseconds,
// if it has one.
func (p *Pattern) ParseOffset(s string) (localMs int64, ns, offsetMs int32, hasOffset, ok bool) {
	var t parsedTime
	sc := timeScanner{s: s}
	if p.simple {
		ok = p.parseSimple(&sc, &t)
	} else {
		ok = p.parseItems(&sc, &t, 0, len(p.items)) && sc.done()
	}
	if !ok {
		return 0, 0, 0, false, false
	}
	if p.simple {
		localMs, ns = t.resolveLenient()
	} else {
		localMs, ns, ok = t.resolve()
	}
	return localMs, ns, int32(t.value[fOffset]), t.set>>fOffset&1 != 0, ok
}

// ParseTimestamp is TO_TIMESTAMP(s, pattern): a text that does not fit the
// pattern may still be a plain date or timestamp. Precision is milliseconds.
func (p *Pattern) ParseTimestamp(s string) (localMs int64, ok bool) {
	if localMs, _, ok = p.Parse(s); ok {
		return localMs, true
	}
	localMs, _, ok = ParseTimestamp(trimJava(s), 3)
	return localMs, ok
}

// parseItems matches items[from:to] strictly.
func (p *Pattern) parseItems(sc *timeScanner, t *parsedTime, from, to int) bool {
	for i := from; i < to; i++ {
		it := &p.items[i]
		switch it.letter {
		case literal:
			if !strings.HasPrefix(sc.s[sc.i:], it.text) {
				return false
			}
			sc.i += len(it.text)
		case '[':
			at, saved := sc.i, *t
			if !p.parseItems(sc, t, i+1, it.skip) {
				sc.i, *t = at, saved
			}
			i = it.skip
		case ']':
		default:
			if !it.parse(sc, t) {
				return false
			}
		}
	}
	return true
}

// parse matches one field strictly, by the rules of DateTimeFormatter.
func (it *patternItem) parse(sc *timeScanner, t *parsedTime) bool {
	if it.most == 0 {
		return it.parseText(sc, t)
	}
	start := sc.i
	neg := false
	if it.letter == 'S' {
		v := sc.fraction(it.most)
		return sc.i-start == it.most && t.put(fNano, int64(v))
	}
	signed := it.least != it.most && it.reserve == 0
	plus := false
	if signed && it.letter != 'D' {
		neg = sc.eat('-')
		// Years of four letters and more need a plus when they are longer.
		plus = !neg && isYear(it.letter) && it.n >= 4 && sc.eat('+')
	}
	begin := sc.i
	most := it.most
	if it.reserve > 0 {
		end := begin
		for end < len(sc.s) && sc.s[end]-'0' <= 9 {
			end++
		}
		most = max(it.least, min(it.most, end-begin-it.reserve))
	}
	v, ok := sc.digits(it.least, min(most, 18))
	n := sc.i - begin
	if !ok || isYear(it.letter) && it.n >= 4 && !neg && plus != (n > it.n) {
		return false
	}
	if neg {
		v = -v
	}
	return it.store(t, int64(v), n)
}

func isYear(c byte) bool { return c == 'y' || c == 'u' || c == 'Y' }

// store puts a number where its letter belongs.
func (it *patternItem) store(t *parsedTime, v int64, digits int) bool {
	switch it.letter {
	case 'y', 'u':
		if it.n == 2 && digits == 2 {
			v += 2000
		}
		return t.put(fYear, v)
	case 'M', 'L':
		return t.put(fMonth, v)
	case 'd':
		return t.put(fDay, v)
	case 'D':
		return t.put(fDayOfYear, v)
	case 'H':
		return t.put(fHour, v)
	case 'k':
		if v == 24 {
			v = 0
		} else if v == 0 {
			return false
		}
		return t.put(fHour, v)
	case 'h':
		if v < 1 || v > 12 {
			return false
		}
		return t.put(fHourOfHalf, v%12)
	case 'K':
		return v <= 11 && t.put(fHourOfHalf, v)
	case 'm':
		return t.put(fMinute, v)
	case 's':
		return t.put(fSecond, v)
	case 'n':
		return v < 1e9 && t.put(fNano, v)
	case 'A':
		return v < MsPerDay && t.put(fNanoOfDay, v*1e6)
	case 'N':
		return v < MsPerDay*1e6 && t.put(fNanoOfDay, v)
	}
	return t.put(fIgnored, v)
}

// parseText matches a field of letters or an offset.
func (it *patternItem) parseText(sc *timeScanner, t *parsedTime) bool {
	short := it.n == 3
	switch it.letter {
	case 'M', 'L':
		i := sc.name(monthNames[:], short, false)
		return i >= 0 && t.put(fMonth, int64(i+1))
	case 'E', 'e', 'c':
		return sc.name(dayNames[:], it.n <= 3, false) >= 0
	case 'a':
		i := sc.name(halves[:], false, false)
		return i >= 0 && t.put(fHalf, int64(i))
	case 'G':
		names := eras[:]
		if it.n == 4 {
			names = longEras[:]
		}
		i := sc.name(names, false, false)
		return i >= 0 && t.put(fEra, int64(i))
	case 'Q', 'q':
		if short {
			return sc.eat('Q') && sc.i < len(sc.s) && sc.s[sc.i] >= '1' && sc.s[sc.i] <= '4' && sc.eat(sc.s[sc.i])
		}
		return sc.name(quarters[:], false, false) >= 0
	case 'X', 'x', 'Z', 'O', 'z', 'V':
		off, ok := sc.offset()
		return ok && t.put(fOffset, int64(off))
	}
	return false
}

// name matches one of the names, or their first three letters, and gives its
// index or -1.
func (t *timeScanner) name(names []string, short, fold bool) int {
	rest := t.s[t.i:]
	for i, n := range names {
		if short {
			n = n[:3]
		}
		if len(rest) >= len(n) && (rest[:len(n)] == n || fold && strings.EqualFold(rest[:len(n)], n)) {
			t.i += len(n)
			return i
		}
	}
	return -1
}

// offset matches Z, UTC, GMT, an offset, or one after UTC or GMT.
func (t *timeScanner) offset() (int32, bool) {
	if t.eat('Z') {
		return 0, true
	}
	rest := t.s[t.i:]
	named := strings.HasPrefix(rest, "UTC") || strings.HasPrefix(rest, "GMT")
	if named {
		t.i += 3
	}
	end := t.i
	if end < len(t.s) && (t.s[end] == '+' || t.s[end] == '-') {
		for end++; end < len(t.s) && end-t.i < 9 && (t.s[end]-'0' <= 9 || t.s[end] == ':'); end++ {
		}
		off, ok := parseOffset(t.s[t.i:end])
		t.i = end
		return off, ok
	}
	return 0, named
}

// resolve puts the fields together as DateTimeFormatter's smart style does: a
// whole date's day may run past the month's end up to 31 and is then the last,
// 24:00 is the next midnight, other fields must be in range.
func (t *parsedTime) resolve() (ms int64, ns int32, ok bool) {
	y := t.get(fYear, 1970)
	if t.set>>fEra&1 != 0 && t.value[fEra] == 0 {
		y = 1 - y
	}
	if y < -9999 || y > 9999 || t.set>>fYear&1 != 0 && y == 0 {
		return 0, 0, false
	}
	m, d := t.get(fMonth, 1), t.get(fDay, 1)
	if m < 1 || m > 12 || d < 1 || d > 31 {
		return 0, 0, false
	}
	last := int64(DaysInMonth(int(y), int(m)))
	if d > last {
		if t.set>>fYear&1 == 0 {
			return 0, 0, false
		}
		d = last
	}
	days := DaysFromCivil(int(y), int(m), int(d))
	if t.set>>fDayOfYear&1 != 0 && t.set>>fYear&1 != 0 {
		doy := t.value[fDayOfYear]
		if doy < 1 || doy > 337+int64(DaysInMonth(int(y), 2)) {
			return 0, 0, false
		}
		days = DaysFromCivil(int(y), 1, int(doy))
	}
	return t.resolveTime(days)
}

func (t *parsedTime) resolveTime(days int32) (ms int64, ns int32, ok bool) {
	h, m, s, nano := t.get(fHour, 0), t.get(fMinute, 0), t.get(fSecond, 0), t.get(fNano, 0)
	if t.set>>fHour&1 == 0 && t.set>>fHalf&1 != 0 {
		h = t.value[fHalf]*12 + t.get(fHourOfHalf, 0)
	}
	if h < 0 || h > 24 || m < 0 || m > 59 || s < 0 || s > 59 || nano < 0 || h == 24 && m+s+nano != 0 {
		return 0, 0, false
	}
	if t.set>>fNanoOfDay&1 != 0 {
		n := t.value[fNanoOfDay]
		return MsOfDate(days) + n/1e6, int32(n % 1e6), true
	}
	ms = MsOfDate(days) + h*MsPerHour + m*MsPerMinute + s*MsPerSecond + nano/1e6
	return ms, int32(nano % 1e6), true
}
