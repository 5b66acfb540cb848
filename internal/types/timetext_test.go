package types

import "testing"

func TestTemporalText(t *testing.T) {
	const ms = 1632486896123 // 2021-09-24 12:34:56.123
	zone, _ := LoadZone("Asia/Shanghai")
	for _, c := range []struct{ got, want string }{
		{string(AppendDate(nil, DaysFromCivil(123, 1, 1))), "0123-01-01"},
		{string(AppendTime(nil, 45296123, 5)), "12:34:56.123"},
		{string(AppendTime(nil, 45296120, 3)), "12:34:56.12"},
		{string(AppendTime(nil, 45296000, 3)), "12:34:56.0"},
		{string(AppendTime(nil, 45296123, 0)), "12:34:56"},
		{string(AppendTime(nil, -1000, 0)), "23:59:59"},
		{string(AppendTimestamp(nil, ms, 456700, 9)), "2021-09-24 12:34:56.123456700"},
		{string(AppendTimestamp(nil, ms, 456000, 6)), "2021-09-24 12:34:56.123456"},
		{string(AppendTimestamp(nil, ms-23, 0, 3)), "2021-09-24 12:34:56.100"},
		{string(AppendTimestamp(nil, ms-123, 0, 0)), "2021-09-24 12:34:56"},
		{string(AppendTimestamp(nil, ms-23, 0, 0)), "2021-09-24 12:34:56.1"},
		{string(AppendTimestamp(nil, -1, 0, 3)), "1969-12-31 23:59:59.999"},
		{string(AppendTimestampLTZ(nil, ms, 450000, 5, zone)), "2021-09-24 20:34:56.12345"},
		{string(AppendTimestampISO(nil, ms, 0)), "2021-09-24T12:34:56.123"},
		{string(AppendTimestampISO(nil, ms, 456000)), "2021-09-24T12:34:56.123456"},
		{string(AppendTimestampISO(nil, 0, 0)), "1970-01-01T00:00"},
		{string(AppendIntervalYM(nil, 84)), "+7-00"},
		{string(AppendIntervalYM(nil, 12334)), "+1027-10"},
		{string(AppendIntervalYM(nil, -14)), "-1-02"},
		{string(AppendIntervalDT(nil, 123456789)), "+1 10:17:36.789"},
		{string(AppendIntervalDT(nil, 10)), "+0 00:00:00.010"},
		{string(AppendIntervalDT(nil, -129600000)), "-1 12:00:00.000"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestParseDateAndTime(t *testing.T) {
	for in, want := range map[string]string{
		"123": "0123-01-01", "2021-09-27": "2021-09-27", "2021-9-7": "2021-09-07", "2021-09": "2021-09-01",
		"2021-09-27 12:34:56.123456789": "2021-09-27", "2021- 9 ": "",
		"foo": "", "2021/09/27": "", "": "", "2021-13-01": "", "2021-02-29": "", "2020-02-29": "2020-02-29", "2021-01-01x": "", "-1-1-1": "",
		"2021-09-27-1": "",
	} {
		got := ""
		if d, ok := ParseDate(in); ok {
			got = string(AppendDate(nil, d))
		}
		if got != want {
			t.Errorf("ParseDate(%q) = %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{
		"23": "23:00:00.0", "23:45": "23:45:00.0", "12:34:56.123456789": "12:34:56.123", "1:2:3": "01:02:03.0", "12:34:56.1235": "12:34:56.124",
		"123": "", "123:45": "", "2021-09-27": "", "2021-09-27 12:34:56": "", "24:00": "", "12:60": "", "foo": "", "": "",
	} {
		got := ""
		if v, ok := ParseTime(in); ok {
			got = string(AppendTime(nil, v, 3))
		}
		if got != want {
			t.Errorf("ParseTime(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestParseTimestamp(t *testing.T) {
	for _, c := range []struct {
		in   string
		p    int
		want string
	}{
		{"2020-1-2", 3, "2020-01-02 00:00:00"},
		{"2020-01-02 3:4:5", 3, "2020-01-02 03:04:05"},
		{"2020-01-02T03:04:05.5", 3, "2020-01-02 03:04:05.5"},
		{"2020-01-02 03:04:05.123456789", 9, "2020-01-02 03:04:05.123456789"},
		{"2020-01-02 03:04:05.123456789", 6, "2020-01-02 03:04:05.123456"},
		{"2020-01-02 03:04:05.199", 1, "2020-01-02 03:04:05.1"},
		{"2020-01-02 03:04:05.999", 0, "2020-01-02 03:04:05"},
		{"2023-02-31", 3, "2023-02-28 00:00:00"},
		{"2020-01-02 03:04", 3, ""},
		{"2020-01-02 03:04:05.1234567890", 9, ""},
		{"2020-01-02 24:00:00", 3, ""},
		{"20-01-02", 3, ""},
		{"0000-01-02", 3, ""},
		{"2020-01", 3, ""},
		{"2020-01-32", 3, ""},
		{"foo", 3, ""},
		{"", 3, ""},
	} {
		got := ""
		if ms, ns, ok := ParseTimestamp(c.in, c.p); ok {
			got = show(ms, ns)
		}
		if got != c.want {
			t.Errorf("ParseTimestamp(%q, %d) = %q, want %q", c.in, c.p, got, c.want)
		}
	}
	zone, _ := LoadZone("+08:00")
	for in, want := range map[string]string{
		"2020-01-02 08:00:00": "2020-01-02 00:00:00", "2020-01-02T08:00:00Z": "2020-01-02 08:00:00",
		"2020-01-02 08:00:00-02:00": "2020-01-02 10:00:00", "2020-01-02": "2020-01-01 16:00:00", "2020-01-02x": "",
	} {
		got := ""
		if ms, ns, ok := ParseTimestampLTZ(in, 3, zone); ok {
			got = show(ms, ns)
		}
		if got != want {
			t.Errorf("ParseTimestampLTZ(%q) = %q, want %q", in, got, want)
		}
	}
}

func BenchmarkAppendTimestamp(b *testing.B) {
	var buf [64]byte
	for i := int64(0); b.Loop(); i++ {
		AppendTimestamp(buf[:0], 1600000000000+i, 0, 3)
	}
}

func BenchmarkParseTimestamp(b *testing.B) {
	for b.Loop() {
		ParseTimestamp("2021-03-04 15:06:07.089", 3)
	}
}

func BenchmarkAppendDouble(b *testing.B) {
	var buf [64]byte
	for i := 0; b.Loop(); i++ {
		AppendDouble(buf[:0], float64(i)*1.1)
	}
}

func BenchmarkParseDecimal(b *testing.B) {
	for b.Loop() {
		_, _ = ParseDecimal("12345.678", 18, 3)
	}
}

func BenchmarkDivDecimal(b *testing.B) {
	x, y := Int128{12345678901234567, 5}, Int128{999, 7}
	for b.Loop() {
		_, _ = DivDecimal(x, 4, y, 4, 38, 10)
	}
}
