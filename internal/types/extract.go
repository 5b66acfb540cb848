package types

// ExtractDate gives a field of a date. Units below a day are 0.
func ExtractDate(u Unit, days int32) int64 {
	switch u {
	case DayOfWeek:
		return int64(floorMod(days+4, 7)) + 1 // 1970-01-01 was a Thursday
	case ISODayOfWeek:
		return int64(isoDayOfWeek(days))
	case Week, ISOYear:
		y, w := isoWeek(days)
		if u == Week {
			return int64(w)
		}
		return int64(y)
	case Epoch:
		return int64(days) * 86400
	}
	y, m, d := CivilFromDays(days)
	switch u {
	case Year:
		return int64(y)
	case Quarter:
		return int64(m+2) / 3
	case Month:
		return int64(m)
	case Day:
		return int64(d)
	case DayOfYear:
		return int64(days-DaysFromCivil(y, 1, 1)) + 1
	case Decade:
		return int64(y / 10)
	case Century:
		return int64(centuryOf(y, 100))
	case Millennium:
		return int64(centuryOf(y, 1000))
	}
	return 0
}

// centuryOf numbers spans of n years so that the first is 1 and there is no
// 0th.
func centuryOf(y, n int) int {
	if y > 0 {
		return (y + n - 1) / n
	}
	return (y - n + 1) / n
}

// isoDayOfWeek is 1 for Monday to 7 for Sunday.
func isoDayOfWeek(days int32) int32 { return floorMod(days+3, 7) + 1 }

// isoWeek gives the ISO 8601 week and the year it belongs to: the year of the
// week's Thursday.
func isoWeek(days int32) (year, week int) {
	thursday := days - isoDayOfWeek(days) + 4
	y, _, _ := CivilFromDays(thursday)
	return y, int(thursday-DaysFromCivil(y, 1, 1))/7 + 1
}

// ExtractTime gives a field of a time of day in milliseconds. MILLISECOND,
// MICROSECOND and NANOSECOND are those within the second, as in Flink.
func ExtractTime(u Unit, ofDay int32) int64 {
	t := int64(ofDay)
	switch u {
	case Hour:
		return t / MsPerHour
	case Minute:
		return t / MsPerMinute % 60
	case Second:
		return t / MsPerSecond % 60
	case Millisecond:
		return t % 1000
	case Microsecond:
		return t % 1000 * 1000
	case Nanosecond:
		return t % 1000 * 1000000
	case Epoch:
		return t / 1000
	}
	return 0
}

// ExtractTimestamp gives a field of a timestamp: local milliseconds and the
// nanoseconds within the millisecond.
func ExtractTimestamp(u Unit, ms int64, ns int32) int64 {
	days, of := SplitMs(ms)
	switch u {
	case Hour, Minute, Second, Millisecond:
		return ExtractTime(u, of)
	case Microsecond:
		return ExtractTime(u, of) + int64(ns)/1000
	case Nanosecond:
		return ExtractTime(u, of) + int64(ns)
	case Epoch:
		return floorDiv(ms, 1000)
	}
	return ExtractDate(u, days)
}

// ExtractIntervalYM gives a field of an interval in months.
func ExtractIntervalYM(u Unit, months int64) int64 {
	switch u {
	case Quarter:
		return months%12/3 + 1
	case Month:
		return months % 12
	}
	if k := unitMonths[u]; k != 0 {
		return months / int64(k)
	}
	return 0
}

// ExtractIntervalDT gives a field of an interval in milliseconds.
func ExtractIntervalDT(u Unit, ms int64) int64 {
	switch u {
	case Day:
		return ms / MsPerDay
	case Week:
		return ms / (7 * MsPerDay)
	case Epoch:
		return ms / 1000
	}
	return ExtractTime(u, int32(ms%MsPerDay))
}

// FloorDate is FLOOR(date TO unit). A week starts on Sunday.
func FloorDate(u Unit, days int32) int32 {
	y, m, _ := CivilFromDays(days)
	switch u {
	case Millennium:
		return DaysFromCivil(1000*((y+999)/1000)-999, 1, 1)
	case Century:
		return DaysFromCivil(100*((y+99)/100)-99, 1, 1)
	case Decade:
		return DaysFromCivil(y/10*10, 1, 1)
	case Year, ISOYear:
		return DaysFromCivil(y, 1, 1)
	case Quarter:
		return DaysFromCivil(y, (m-1)/3*3+1, 1)
	case Month:
		return DaysFromCivil(y, m, 1)
	case Week:
		return days - floorMod(days+4, 7)
	}
	return days
}

// CeilDate is CEIL(date TO unit) with the oddities of Flink's: a date that is
// the start of a decade, century or millennium goes on to the next, so does a
// quarter unless it is the first of January, and CEIL TO DAY is the next day.
func CeilDate(u Unit, days int32) int32 {
	y, m, d := CivilFromDays(days)
	switch u {
	case Millennium:
		return DaysFromCivil(1000*((y+999)/1000)+1, 1, 1)
	case Century:
		return DaysFromCivil(100*((y+99)/100)+1, 1, 1)
	case Decade:
		return DaysFromCivil(10*(1+y/10), 1, 1)
	case Year, ISOYear:
		return DaysFromCivil(y+btoi(m > 1 || d > 1), 1, 1)
	case Quarter:
		return DaysFromCivil(y, ((m+2)/3+btoi(m > 1 || d > 1))*3-2, 1)
	case Month:
		return DaysFromCivil(y, m+btoi(d > 1), 1)
	case Week:
		return days + floorMod(-(days+4), 7)
	case Day:
		return days + 1
	}
	return days
}

// FloorTimestamp is FLOOR(timestamp TO unit): local milliseconds and the
// nanoseconds within.
func FloorTimestamp(u Unit, ms int64, ns int32) (int64, int32) {
	switch u {
	case Day, Hour, Minute, Second, Millisecond:
		return floorDiv(ms, unitMs[u]) * unitMs[u], 0
	case Microsecond:
		return ms, ns / 1000 * 1000
	case Nanosecond:
		return ms, ns
	}
	days, _ := SplitMs(ms)
	return MsOfDate(FloorDate(u, days)), 0
}

// CeilTimestamp is CEIL(timestamp TO unit). Units of a week and more look at the
// date only.
func CeilTimestamp(u Unit, ms int64, ns int32) (int64, int32) {
	switch u {
	case Day, Hour, Minute, Second, Millisecond:
		if ns > 0 {
			ms++
		}
		return -floorDiv(-ms, unitMs[u]) * unitMs[u], 0
	case Microsecond:
		ns = (ns + 999) / 1000 * 1000
		return ms + int64(ns/1e6), ns % 1e6
	case Nanosecond:
		return ms, ns
	}
	days, _ := SplitMs(ms)
	return MsOfDate(CeilDate(u, days)), 0
}

// FloorTime is FLOOR(time TO unit) on milliseconds of the day.
func FloorTime(u Unit, ofDay int32) int32 {
	ms, _ := FloorTimestamp(max(u, Day), int64(ofDay), 0)
	return int32(ms)
}

// CeilTime is CEIL(time TO unit) on milliseconds of the day; it may give 24:00,
// which prints as 00:00.
func CeilTime(u Unit, ofDay int32) int32 {
	ms, _ := CeilTimestamp(max(u, Day), int64(ofDay), 0)
	return int32(ms)
}
