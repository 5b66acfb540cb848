package types

import "strings"

// Milliseconds of the fixed units.
const (
	MsPerSecond = 1000
	MsPerMinute = 60 * MsPerSecond
	MsPerHour   = 60 * MsPerMinute
	MsPerDay    = 24 * MsPerHour
)

// The range of timestamps: 0001-01-01 00:00:00 to 9999-12-31 23:59:59.999.
const (
	MinTimestampMs = -62135596800000
	MaxTimestampMs = 253402300799999
)

// Unit is a unit of time as EXTRACT, FLOOR, CEIL, TIMESTAMPADD and
// TIMESTAMPDIFF name it.
type Unit uint8

// The units.
const (
	NoUnit Unit = iota
	Year
	Quarter
	Month
	Week // ISO week for EXTRACT; a week from Sunday for FLOOR and CEIL
	Day
	Hour
	Minute
	Second
	Millisecond
	Microsecond
	Nanosecond
	Decade
	Century
	Millennium
	DayOfYear
	DayOfWeek    // 1 is Sunday
	ISODayOfWeek // 1 is Monday
	ISOYear
	Epoch // seconds
)

var unitNames = [...]string{NoUnit: "", Year: "YEAR", Quarter: "QUARTER", Month: "MONTH", Week: "WEEK", Day: "DAY", Hour: "HOUR",
	Minute: "MINUTE", Second: "SECOND", Millisecond: "MILLISECOND", Microsecond: "MICROSECOND", Nanosecond: "NANOSECOND",
	Decade: "DECADE", Century: "CENTURY", Millennium: "MILLENNIUM", DayOfYear: "DOY", DayOfWeek: "DOW", ISODayOfWeek: "ISODOW",
	ISOYear: "ISOYEAR", Epoch: "EPOCH"}

// String gives the unit's SQL name.
func (u Unit) String() string { return unitNames[u] }

// ParseUnit gives the unit of a SQL name, in any case, with the aliases that
// Flink accepts: SQL_TSI_DAY, DAYS, FRAC_SECOND and their like.
func ParseUnit(s string) (Unit, bool) {
	s = strings.TrimPrefix(strings.ToUpper(s), "SQL_TSI_")
	for u, n := range unitNames {
		if n != "" && (s == n || Unit(u) <= Nanosecond && s == n+"S") {
			return Unit(u), true
		}
	}
	switch s {
	case "FRAC_SECOND":
		return Microsecond, true
	case "CENTURIES":
		return Century, true
	case "MILLENNIUMS":
		return Millennium, true
	case "DECADES":
		return Decade, true
	}
	return NoUnit, false
}

// DaysFromCivil gives the days since 1970-01-01 of a proleptic Gregorian date.
// Months outside 1 to 12 carry into the year, days into the month. The algorithm
// is Howard Hinnant's days_from_civil.
func DaysFromCivil(y, m, d int) int32 {
	if m < 1 || m > 12 {
		y += floorDiv(m-1, 12)
		m = floorMod(m-1, 12) + 1
	}
	if m <= 2 {
		y--
		m += 12
	}
	era := floorDiv(y, 400)
	yoe := y - era*400
	doy := (153*(m-3)+2)/5 + d - 1
	return int32(era*146097 + yoe*365 + yoe/4 - yoe/100 + doy - 719468)
}

// CivilFromDays is the inverse of DaysFromCivil (Hinnant's civil_from_days).
func CivilFromDays(days int32) (y, m, d int) {
	z := int(days) + 719468
	era := floorDiv(z, 146097)
	doe := z - era*146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	d = doy - (153*mp+2)/5 + 1
	m = mp + 3
	y = yoe + era*400
	if m > 12 {
		m -= 12
		y++
	}
	return y, m, d
}

// DaysInMonth gives the length of a month of 1 to 12.
func DaysInMonth(y, m int) int {
	switch m {
	case 2:
		if y%4 == 0 && (y%100 != 0 || y%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// SplitMs cuts a timestamp into days since the epoch and milliseconds of the
// day.
func SplitMs(ms int64) (days, ofDay int32) {
	d := floorDiv(ms, MsPerDay)
	return int32(d), int32(ms - d*MsPerDay)
}

// MsOfDate gives the timestamp of a date's midnight.
func MsOfDate(days int32) int64 { return int64(days) * MsPerDay }

// SplitMicros cuts microseconds since the epoch into milliseconds and the
// nanoseconds within.
func SplitMicros(us int64) (ms int64, ns int32) {
	ms = floorDiv(us, 1000)
	return ms, int32(us-ms*1000) * 1000
}

// MicrosOf is the inverse of SplitMicros; nanoseconds below a microsecond are
// dropped.
func MicrosOf(ms int64, ns int32) int64 { return ms*1000 + int64(ns)/1000 }

// AddMonths adds months to a date; a day past the end of the month becomes its
// last.
func AddMonths(days int32, n int) int32 {
	y, m, d := CivilFromDays(days)
	m += n
	y, m = y+floorDiv(m-1, 12), floorMod(m-1, 12)+1
	return DaysFromCivil(y, m, min(d, DaysInMonth(y, m)))
}

// AddMonthsMs adds months to a timestamp.
func AddMonthsMs(ms int64, n int) int64 {
	days, of := SplitMs(ms)
	return MsOfDate(AddMonths(days, n)) + int64(of)
}

// MonthsBetween counts the whole months from one date to another; negative if
// to is earlier. A month is whole once AddMonths(from, n) reaches to.
func MonthsBetween(from, to int32) int {
	if to < from {
		return -MonthsBetween(to, from)
	}
	y0, m0, _ := CivilFromDays(from)
	y1, m1, _ := CivilFromDays(to)
	n := (y1-y0)*12 + m1 - m0
	if AddMonths(from, n) > to {
		n--
	}
	return n
}

// MonthsBetweenMs counts the months from one timestamp to another as Flink's
// TIMESTAMPDIFF: by date, and one less where the dates are whole months apart
// and the time of day of to is the earlier one, even if to is before from.
func MonthsBetweenMs(from, to int64) int {
	d0, of0 := SplitMs(from)
	d1, of1 := SplitMs(to)
	n := MonthsBetween(d0, d1)
	if of1 < of0 && AddMonths(d0, n) == d1 {
		n--
	}
	return n
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// unitMonths is the months in a unit of whole months.
var unitMonths = [...]int{Year: 12, Quarter: 3, Month: 1, Decade: 120, Century: 1200, Millennium: 12000, ISOYear: 12, Epoch: 0}

// unitMs is the milliseconds in a unit of fixed length.
var unitMs = [...]int64{Week: 7 * MsPerDay, Day: MsPerDay, Hour: MsPerHour, Minute: MsPerMinute, Second: MsPerSecond, Millisecond: 1, Epoch: 0}

// TimestampAdd adds n units to a timestamp (milliseconds and the nanoseconds
// within).
func TimestampAdd(u Unit, n int64, ms int64, ns int32) (int64, int32) {
	if k := unitMonths[u]; k != 0 {
		return AddMonthsMs(ms, int(n)*k), ns
	}
	switch u {
	case Microsecond:
		n *= 1000
	case Nanosecond:
	default:
		return ms + n*unitMs[u], ns
	}
	total := int64(ns) + n%1e6
	carry := floorDiv(total, 1e6)
	return ms + n/1e6 + carry, int32(total - carry*1e6)
}

// TimestampDiff counts the whole units from one timestamp to another.
func TimestampDiff(u Unit, from, to int64) int64 {
	if k := unitMonths[u]; k != 0 {
		return int64(MonthsBetweenMs(from, to) / k)
	}
	switch u {
	case Microsecond:
		return (to - from) * 1000
	case Nanosecond:
		return (to - from) * 1000000
	}
	if unitMs[u] == 0 {
		return 0
	}
	return (to - from) / unitMs[u]
}

// floorDiv divides towards negative infinity; d is positive.
func floorDiv[T int | int32 | int64](a, d T) T {
	q := a / d
	if a%d < 0 {
		q--
	}
	return q
}

// floorMod is the remainder of floorDiv, never negative.
func floorMod[T int | int32 | int64](a, d T) T {
	r := a % d
	if r < 0 {
		r += d
	}
	return r
}
