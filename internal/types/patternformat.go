package types

import "strconv"

// moment is a time cut into the fields that patterns print.
type moment struct {
	days, of int32
	nano     int32 // of the second
	y, m, d  int
	offset   int32 // milliseconds
	zone     string
}

// Append appends a local time: milliseconds and the nanoseconds within. Zone
// fields print as UTC.
func (p *Pattern) Append(dst []byte, localMs int64, ns int32) []byte {
	return p.AppendZoned(dst, localMs, ns, 0, "UTC")
}

// AppendIn appends an instant in a zone.
func (p *Pattern) AppendIn(dst []byte, utcMs int64, ns int32, z *Zone) []byte {
	off := z.OffsetMs(utcMs)
	return p.AppendZoned(dst, utcMs+off, ns, int32(off), z.name)
}

// AppendZoned appends a local time with the offset and the name that zone
// fields print.
func (p *Pattern) AppendZoned(dst []byte, localMs int64, ns, offsetMs int32, zone string) []byte {
	t := moment{offset: offsetMs, zone: zone}
	t.days, t.of = SplitMs(localMs)
	t.nano = t.of%1000*1e6 + ns
	t.y, t.m, t.d = CivilFromDays(t.days)
	for i := range p.items {
		it := &p.items[i]
		switch it.letter {
		case literal:
			dst = append(dst, it.text...)
		case '[', ']':
		default:
			dst = t.append(dst, it, p.simple)
		}
	}
	return dst
}

func (t *moment) append(dst []byte, it *patternItem, simple bool) []byte {
	n := it.n
	switch it.letter {
	case 'G':
		return appendEra(dst, t.y > 0, n, simple)
	case 'y', 'u', 'Y':
		return t.appendYear(dst, it, simple)
	case 'M', 'L':
		return appendName(dst, monthNames[t.m-1], t.m, n, 3)
	case 'Q', 'q':
		return appendQuarter(dst, (t.m+2)/3, n)
	case 'E':
		return appendName(dst, dayNames[isoDayOfWeek(t.days)-1], 0, max(n, 3), 3)
	case 'e', 'c':
		return appendName(dst, dayNames[isoDayOfWeek(t.days)-1], int(ExtractDate(DayOfWeek, t.days)), n, 3)
	case 'a':
		return append(dst, halves[t.of/(12*MsPerHour)]...)
	case 'S':
		if simple {
			return appendPadded(dst, int64(t.nano/1e6), n)
		}
		for d := int32(1e8); n > 0; n, d = n-1, d/10 {
			dst = append(dst, byte('0'+t.nano/d%10))
		}
		return dst
	case 'z', 'V', 'O', 'X', 'x', 'Z':
		return t.appendZone(dst, it.letter, n, simple)
	}
	return appendPadded(dst, t.number(it.letter), n)
}

// number gives the value of a plain numeric field.
func (t *moment) number(letter byte) int64 {
	hour := int64(t.of / MsPerHour)
	switch letter {
	case 'd':
		return int64(t.d)
	case 'D':
		return ExtractDate(DayOfYear, t.days)
	case 'F':
		return int64(t.d-1)/7 + 1
	case 'w':
		_, w := usWeek(t.days)
		return int64(w)
	case 'W':
		return int64(t.d+int(floorMod(DaysFromCivil(t.y, t.m, 1)+4, 7))-1)/7 + 1
	case 'h':
		return (hour+11)%12 + 1
	case 'K':
		return hour % 12
	case 'k':
		return (hour+23)%24 + 1
	case 'H':
		return hour
	case 'm':
		return ExtractTime(Minute, t.of)
	case 's':
		return ExtractTime(Second, t.of)
	case 'n':
		return int64(t.nano)
	case 'A':
		return int64(t.of)
	case 'N':
		return int64(t.of/1000)*1e9 + int64(t.nano)
	}
	return 0
}

// usWeek gives the week-based year and week of the United States.
func usWeek(days int32) (year, week int) {
	saturday := days + 6 - floorMod(days+4, 7) // the week is that of its last day
	y, _, _ := CivilFromDays(saturday)
	return y, int(saturday-DaysFromCivil(y, 1, 1))/7 + 1
}

func (t *moment) appendYear(dst []byte, it *patternItem, simple bool) []byte {
	y := t.y
	switch {
	case it.letter == 'Y':
		y, _ = usWeek(t.days)
	case it.letter == 'u' && simple:
		return appendPadded(dst, int64(isoDayOfWeek(t.days)), it.n)
	}
	if it.letter != 'u' && y <= 0 {
		y = 1 - y
	}
	switch {
	case it.n == 2:
		return append2(dst, floorMod(y, 100))
	case it.n >= 4 && !simple && y > 9999 && it.n == 4:
		dst = append(dst, '+')
	}
	return appendPadded(dst, int64(y), it.n)
}

// appendPadded appends v with at least n digits.
func appendPadded(dst []byte, v int64, n int) []byte {
	switch { // the shapes of nearly all fields
	case n == 2 && uint64(v) < 100:
		return append2(dst, int(v))
	case n == 4 && uint64(v) < 10000:
		return append4(dst, int(v))
	}
	if v < 0 {
		dst = append(dst, '-')
		v = -v
	}
	for n--; n > 0 && n < len(pow10i64) && v < pow10i64[n]; n-- {
		dst = append(dst, '0')
	}
	return strconv.AppendInt(dst, v, 10)
}

// appendName appends a month or weekday: a number, its first letters, the whole
// name, or one letter.
func appendName(dst []byte, name string, number, n, short int) []byte {
	switch n {
	case 1, 2:
		return appendPadded(dst, int64(number), n)
	case 3:
		return append(dst, name[:short]...)
	case 5:
		return append(dst, name[0])
	}
	return append(dst, name...)
}

func appendQuarter(dst []byte, q, n int) []byte {
	switch n {
	case 3:
		return append(dst, 'Q', byte('0'+q))
	case 4:
		return append(dst, quarters[q-1]...)
	case 5:
		n = 1
	}
	return appendPadded(dst, int64(q), n)
}

func appendEra(dst []byte, ad bool, n int, simple bool) []byte {
	switch {
	case n == 4 && !simple:
		return append(dst, longEras[btoi(ad)]...)
	case n == 5 && !simple:
		return append(dst, eras[btoi(ad)][0])
	}
	return append(dst, eras[btoi(ad)]...)
}

// appendZone appends an offset or a zone name.
func (t *moment) appendZone(dst []byte, letter byte, n int, simple bool) []byte {
	switch {
	case letter == 'z' || letter == 'V':
		return append(dst, t.zone...)
	case letter == 'O' || letter == 'Z' && n == 4 && !simple:
		dst = append(dst, "GMT"...)
		if t.offset == 0 {
			return dst
		}
		return appendOffset(dst, t.offset, true, letter == 'O' && n == 1)
	case letter == 'X' && t.offset == 0 || letter == 'Z' && n == 5 && t.offset == 0 && !simple:
		return append(dst, 'Z')
	case letter == 'Z':
		return appendOffset(dst, t.offset, n == 5 && !simple, false)
	}
	return appendOffset(dst, t.offset, n == 3 || n == 5, n == 1)
}

// appendOffset appends +08:00, +0800, or +08 where the minutes are 0 and may
// be left out.
func appendOffset(dst []byte, offsetMs int32, colon, short bool) []byte {
	sign := byte('+')
	if offsetMs < 0 {
		sign, offsetMs = '-', -offsetMs
	}
	h, m := int(offsetMs/MsPerHour), int(offsetMs/MsPerMinute%60)
	dst = append2(append(dst, sign), h)
	if short && m == 0 {
		return dst
	}
	if colon {
		dst = append(dst, ':')
	}
	return append2(dst, m)
}
