package types

import "testing"

// FuzzTexts feeds every reader of texts: none may panic, and what a decimal or
// timestamp prints must read back.
func FuzzTexts(f *testing.F) {
	for _, s := range []string{"2021-03-04 15:06:07.089", "12.5e3", "-0x1p3", "+08:00", "1 02:03:04.5", "yyyy-MM-dd['T'HH:mm:ss.SSSXXX]", "'", "EEE d MMM"} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, s, pattern string) {
		ParseDate(s)
		ParseTime(s)
		parseOffset(s)
		_, _ = ParseInt64(s)
		_, _ = ParseFloat(s, 64)
		ParseInterval(s, Day, Second)
		if v, err := ParseDecimal(s, 38, 10); err == nil {
			text := string(AppendDecimal(nil, v, 10))
			if back, err := ParseDecimal(text, 38, 10); err != nil || back != v {
				t.Fatalf("%q is %s, which is %v, %v", s, text, back, err)
			}
		}
		if ms, ns, ok := ParseTimestamp(s, 9); ok {
			text := string(AppendTimestamp(nil, ms, ns, 9))
			if ms2, ns2, ok := ParseTimestamp(text, 9); !ok || ms2 != ms || ns2 != ns {
				t.Fatalf("%q is %s, which is %d %d %v", s, text, ms2, ns2, ok)
			}
		}
		for _, compile := range []func(string) (*Pattern, error){CompilePattern, CompileSimplePattern} {
			if p, err := compile(pattern); err == nil {
				p.Append(nil, 1614870367089, 123456)
				p.Parse(s)
				p.Parse(string(p.Append(nil, 1614870367089, 123456)))
			}
		}
	})
}
