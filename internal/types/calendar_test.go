package types

import (
	"math/rand"
	"testing"
	"time"
)

func TestCivilAgainstTime(t *testing.T) {
	first, last := DaysFromCivil(1, 1, 1), DaysFromCivil(9999, 12, 31)
	if MsOfDate(first) != MinTimestampMs || MsOfDate(last)+MsPerDay-1 != MaxTimestampMs {
		t.Fatalf("range is %d to %d", MsOfDate(first), MsOfDate(last))
	}
	for d := first; d <= last; d += 13 {
		g := time.Unix(int64(d)*86400, 0).UTC()
		y, m, day := CivilFromDays(d)
		if y != g.Year() || m != int(g.Month()) || day != g.Day() || DaysFromCivil(y, m, day) != d {
			t.Fatalf("day %d is %d-%d-%d, want %v", d, y, m, day, g)
		}
		iy, iw := g.ISOWeek()
		if ExtractDate(ISOYear, d) != int64(iy) || ExtractDate(Week, d) != int64(iw) ||
			ExtractDate(DayOfYear, d) != int64(g.YearDay()) || ExtractDate(DayOfWeek, d) != int64(g.Weekday())+1 {
			t.Fatalf("fields of %v", g)
		}
	}
}

// at reads a timestamp of a test.
func at(t *testing.T, s string) int64 {
	t.Helper()
	ms, _, ok := ParseTimestamp(s, 3)
	if !ok {
		t.Fatalf("bad timestamp %q", s)
	}
	return ms
}

func show(ms int64, ns int32) string { return string(AppendTimestamp(nil, ms, ns, 0)) }

func TestExtract(t *testing.T) {
	ms := at(t, "2021-03-04 05:06:07.123")
	for u, want := range map[Unit]int64{
		Year: 2021, Quarter: 1, Month: 3, Week: 9, Day: 4, Hour: 5, Minute: 6, Second: 7, Millisecond: 123, Microsecond: 123456,
		Nanosecond: 123456789, Decade: 202, Century: 21, Millennium: 3, DayOfYear: 63, DayOfWeek: 5, ISODayOfWeek: 4, ISOYear: 2021,
		Epoch: ms / 1000,
	} {
		if got := ExtractTimestamp(u, ms, 456789); got != want {
			t.Errorf("%s = %d, want %d", u, got, want)
		}
		if back, ok := ParseUnit(u.String()); !ok || back != u {
			t.Errorf("ParseUnit(%s) = %v", u, back)
		}
	}
	if got := ExtractTimestamp(Hour, at(t, "1969-12-31 23:00:00"), 0); got != 23 {
		t.Errorf("hour before the epoch is %d", got)
	}
	if u, ok := ParseUnit("sql_tsi_hour"); !ok || u != Hour {
		t.Errorf("sql_tsi_hour is %v", u)
	}
	if _, ok := ParseUnit("FORTNIGHT"); ok {
		t.Error("FORTNIGHT is a unit")
	}
	if y, m := ExtractIntervalYM(Year, -30), ExtractIntervalYM(Month, -30); y != -2 || m != -6 {
		t.Errorf("interval of -30 months is %d %d", y, m)
	}
}

func TestFloorCeil(t *testing.T) {
	ms := at(t, "2020-02-29 01:56:59.987")
	for _, c := range []struct {
		u           Unit
		floor, ceil string
	}{
		{Millisecond, "2020-02-29 01:56:59.987", "2020-02-29 01:56:59.988"},
		{Second, "2020-02-29 01:56:59", "2020-02-29 01:57:00"},
		{Hour, "2020-02-29 01:00:00", "2020-02-29 02:00:00"},
		{Day, "2020-02-29 00:00:00", "2020-03-01 00:00:00"},
		{Week, "2020-02-23 00:00:00", "2020-03-01 00:00:00"},
		{Month, "2020-02-01 00:00:00", "2020-03-01 00:00:00"},
		{Quarter, "2020-01-01 00:00:00", "2020-04-01 00:00:00"},
		{Year, "2020-01-01 00:00:00", "2021-01-01 00:00:00"},
		{Decade, "2020-01-01 00:00:00", "2030-01-01 00:00:00"},
		{Century, "2001-01-01 00:00:00", "2101-01-01 00:00:00"},
		{Millennium, "2001-01-01 00:00:00", "3001-01-01 00:00:00"},
	} {
		if got := show(FloorTimestamp(c.u, ms, 654321)); got != c.floor {
			t.Errorf("FLOOR TO %s = %s, want %s", c.u, got, c.floor)
		}
		if got := show(CeilTimestamp(c.u, ms, 654321)); got != c.ceil {
			t.Errorf("CEIL TO %s = %s, want %s", c.u, got, c.ceil)
		}
	}
	d := DaysFromCivil(1990, 10, 14)
	for u, want := range map[Unit]string{Hour: "1990-10-14", Day: "1990-10-15", Week: "1990-10-14", Month: "1990-11-01",
		Quarter: "1991-01-01", Decade: "2000-01-01", Century: "2001-01-01"} {
		if got := string(AppendDate(nil, CeilDate(u, d))); got != want {
			t.Errorf("CEIL(date TO %s) = %s, want %s", u, got, want)
		}
	}
	if got := show(FloorTimestamp(Hour, at(t, "1969-12-31 23:30:00"), 0)); got != "1969-12-31 23:00:00" {
		t.Errorf("floor before the epoch is %s", got)
	}
	if f, c := FloorTime(Minute, 40953123), CeilTime(Minute, 40953123); f != 40920000 || c != 40980000 {
		t.Errorf("time to the minute: %d %d", f, c)
	}
}

func TestMonths(t *testing.T) {
	for _, c := range []struct {
		from string
		n    int
		want string
	}{
		{"2020-01-31 10:00:00", 1, "2020-02-29 10:00:00"},
		{"2020-03-31 10:00:00", -1, "2020-02-29 10:00:00"},
		{"2020-02-29 00:00:00", 12, "2021-02-28 00:00:00"},
		{"2020-12-15 00:00:00", 1, "2021-01-15 00:00:00"},
		{"2020-01-15 00:00:00", -13, "2018-12-15 00:00:00"},
	} {
		if got := show(AddMonthsMs(at(t, c.from), c.n), 0); got != c.want {
			t.Errorf("%s + %d months = %s", c.from, c.n, got)
		}
	}
	for _, c := range []struct {
		u        Unit
		from, to string
		want     int64
	}{
		{Month, "2020-01-31 00:00:00", "2020-02-29 00:00:00", 1},
		{Month, "2020-01-31 12:00:00", "2020-02-29 11:00:00", 0},
		{Month, "2020-02-29 00:00:00", "2020-01-31 00:00:00", -1},
		{Year, "2019-03-01 00:00:00", "2021-02-28 00:00:00", 1},
		{Quarter, "2020-01-01 00:00:00", "2020-12-31 00:00:00", 3},
		{Day, "2020-01-01 12:00:00", "2020-01-03 11:59:59", 1},
		{Week, "2020-01-15 00:00:00", "2020-01-01 00:00:00", -2},
		{Second, "2020-01-01 00:00:00", "2020-01-01 00:01:00.5", 60},
	} {
		if got := TimestampDiff(c.u, at(t, c.from), at(t, c.to)); got != c.want {
			t.Errorf("TIMESTAMPDIFF(%s, %s, %s) = %d, want %d", c.u, c.from, c.to, got, c.want)
		}
	}
	r := rand.New(rand.NewSource(3))
	for i := 0; i < 5000; i++ {
		from, n := int32(r.Intn(80000)-20000), r.Intn(2400)
		if got := MonthsBetween(from, AddMonths(from, n)); got != n {
			t.Fatalf("MonthsBetween(%d, +%d) = %d", from, n, got)
		}
	}
	if ms, ns := TimestampAdd(Nanosecond, -1, 5, 0); ms != 4 || ns != 999999 {
		t.Errorf("5 ms - 1 ns = %d %d", ms, ns)
	}
	if ms, ns := TimestampAdd(Week, 2, 0, 7); ms != 14*MsPerDay || ns != 7 {
		t.Errorf("2 weeks = %d %d", ms, ns)
	}
}

func BenchmarkCivil(b *testing.B) {
	s := 0
	for i := int32(0); b.Loop(); i++ {
		y, m, d := CivilFromDays(i & 0x7fff)
		s += y + m + d
	}
	_ = s
}
