package types

import "strings"

// parseSimple matches a text's beginning leniently, by the rules of
// SimpleDateFormat.
func (p *Pattern) parseSimple(sc *timeScanner, t *parsedTime) bool {
	for i := range p.items {
		it := &p.items[i]
		if it.letter == literal {
			if !strings.HasPrefix(sc.s[sc.i:], it.text) {
				return false
			}
			sc.i += len(it.text)
			continue
		}
		for sc.i < len(sc.s) && (sc.s[sc.i] == ' ' || sc.s[sc.i] == '\t') {
			sc.i++
		}
		if it.most == 0 {
			if !it.parseSimpleText(sc, t) {
				return false
			}
			continue
		}
		most := 18
		if it.adjacent {
			most = it.n
		}
		neg := !it.adjacent && sc.eat('-')
		start := sc.i
		v, ok := sc.digits(1, most)
		if !ok {
			return false
		}
		if neg {
			v = -v
		}
		it.storeLenient(t, int64(v), sc.i-start)
	}
	return true
}

func (it *patternItem) parseSimpleText(sc *timeScanner, t *parsedTime) bool {
	switch it.letter {
	case 'M', 'L', 'E':
		names, f := monthNames[:], fMonth
		if it.letter == 'E' {
			names, f = dayNames[:], fIgnored
		}
		i := sc.name(names, false, true) // long or short, whatever the count
		if i < 0 {
			i = sc.name(names, true, true)
		}
		return i >= 0 && t.put(f, int64(i+1))
	case 'a':
		i := sc.name(halves[:], false, true)
		return i >= 0 && t.put(fHalf, int64(i))
	case 'G':
		i := sc.name(eras[:], false, true)
		return i >= 0 && t.put(fEra, int64(i))
	case 'Z', 'X', 'z':
		off, ok := sc.offset()
		return ok && t.put(fOffset, int64(off))
	}
	return false
}

// storeLenient puts a number where its letter belongs; the last of a field
// wins.
func (it *patternItem) storeLenient(t *parsedTime, v int64, digits int) {
	f := fIgnored
	switch it.letter {
	case 'y':
		f = fYear
		if it.n <= 2 && digits == 2 && v >= 0 {
			// Java's window reaches from 80 years ago to 20 years ahead; a fixed
			// one keeps answers from changing with the clock.
			v += 1900
			if v < 1946 {
				v += 100
			}
		}
	case 'M', 'L':
		f = fMonth
	case 'd':
		f = fDay
	case 'D':
		f = fDayOfYear
	case 'H':
		f = fHour
	case 'k':
		f = fHour
		if v == 24 {
			v = 0
		}
	case 'h', 'K':
		f = fHourOfHalf
		if v == 12 && it.letter == 'h' {
			v = 0
		}
	case 'm':
		f = fMinute
	case 's':
		f = fSecond
	case 'S':
		f, v = fNano, v*1e6 // SimpleDateFormat's S is a number of milliseconds
	}
	if f != fIgnored {
		t.set |= 1 << f
		t.value[f] = v
	}
}

// resolveLenient adds the fields up as java.util.Calendar does: the 32nd of
// January is the first of February.
func (t *parsedTime) resolveLenient() (ms int64, ns int32) {
	y := t.get(fYear, 1970)
	if t.set>>fEra&1 != 0 && t.value[fEra] == 0 {
		y = 1 - y
	}
	y = min(max(y, -999999), 999999)
	clamp := func(f int, absent int64) int { return int(min(max(t.get(f, absent), -1e8), 1e8)) }
	days := DaysFromCivil(int(y), clamp(fMonth, 1), clamp(fDay, 1))
	if t.set>>fDayOfYear&1 != 0 && t.set>>fDay&1 == 0 {
		days = DaysFromCivil(int(y), 1, clamp(fDayOfYear, 1))
	}
	h := t.get(fHour, 0)
	if t.set>>fHour&1 == 0 {
		h = t.get(fHalf, 0)*12 + t.get(fHourOfHalf, 0)
	}
	ms = MsOfDate(days) + h*MsPerHour + t.get(fMinute, 0)*MsPerMinute + t.get(fSecond, 0)*MsPerSecond + t.get(fNano, 0)/1e6
	return ms, 0
}
