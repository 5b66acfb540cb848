package types

import "testing"

func TestPatternFormat(t *testing.T) {
	ms := at(t, "2021-03-04 15:06:07.089")
	for _, c := range []struct{ p, want string }{
		{"yyyy-MM-dd HH:mm:ss.SSS", "2021-03-04 15:06:07.089"},
		{"yyyyMMddHHmmssSSSSSSSSS", "20210304150607089123456"},
		{"y/M/d H:m:s", "2021/3/4 15:6:7"},
		{"yy uuuu LLL MMMM MMMMM", "21 2021 Mar March M"},
		{"E EEE EEEE EEEEE e c", "Thu Thu Thursday T 5 5"},
		{"hh:mm a K k", "03:06 PM 3 15"},
		{"D DDD w W F Y", "63 063 10 1 1 2021"},
		{"Q QQ QQQ QQQQ G GGGG", "1 01 Q1 1st quarter AD Anno Domini"},
		{"n N A", "89123456 54367089123456 54367089"},
		{"yyyy'T'HH'o''clock' ''", "2021T15o'clock '"},
		{"yyyy[-MM][ HH]", "2021-03 15"},
		{"X XX XXX x xxx Z ZZZZ O z", "Z Z Z +00 +00:00 +0000 GMT GMT UTC"},
		{"年 yyyy", "年 2021"},
	} {
		p, err := CompilePattern(c.p)
		if err != nil {
			t.Errorf("%s: %v", c.p, err)
			continue
		}
		if got := string(p.Append(nil, ms, 123456)); got != c.want {
			t.Errorf("%s gives %q, want %q", c.p, got, c.want)
		}
	}
	z, _ := LoadZone("Asia/Kathmandu")
	p, err := CompilePattern("X XXX xxxx Z ZZZZZ O OOOO VV")
	if err != nil {
		t.Fatal(err)
	}
	if got := string(p.AppendIn(nil, ms, 0, z)); got != "+0545 +05:45 +0545 +0545 +05:45 GMT+05:45 GMT+05:45 Asia/Kathmandu" {
		t.Errorf("zone fields: %s", got)
	}
	for _, bad := range []string{"b", "yyyy-ii", "'open", "ddd", "]", "{", "AAAAAAAAAAAAAAAAAAAAAAAA"} {
		if _, err := CompilePattern(bad); err == nil {
			t.Errorf("pattern %q compiles", bad)
		}
	}
	sp, err := CompileSimplePattern("yyyy-MM-dd'T'HH:mm:ss SSS u MMMMM Z")
	if err != nil {
		t.Fatal(err)
	}
	if got := string(sp.Append(nil, ms, 0)); got != "2021-03-04T15:06:07 089 4 March +0000" {
		t.Errorf("simple: %s", got)
	}
	if n := testing.AllocsPerRun(100, func() { var b [64]byte; sp.Append(b[:0], ms, 0) }); n != 0 {
		t.Errorf("Append allocates %v times", n)
	}
}

func TestPatternParse(t *testing.T) {
	for _, c := range []struct{ p, in, want string }{
		{"yyyy-MM-dd HH:mm:ss", "2021-03-04 15:06:07", "2021-03-04 15:06:07"},
		{"yyyy-MM-dd HH:mm:ss.SSS", "2021-03-04 15:06:07.089", "2021-03-04 15:06:07.089"},
		{"yyyyMMdd", "20210304", "2021-03-04 00:00:00"},
		{"yyyyMMddHHmmssSSS", "20210304150607089", "2021-03-04 15:06:07.089"},
		{"yyyy-MM-dd", "2021-3-4", ""},
		{"yyyy-M-d", "2021-3-14", "2021-03-14 00:00:00"},
		{"yyyy/M/d", "2021/12/4 ", ""},
		{"yyyy", "2021", "2021-01-01 00:00:00"},
		{"yyyy", "12021", ""},
		{"yy-MM", "21-05", "2021-05-01 00:00:00"},
		{"HH:mm", "15:06", "1970-01-01 15:06:00"},
		{"dd MMM yyyy", "04 Mar 2021", "2021-03-04 00:00:00"},
		{"dd MMMM yyyy", "04 march 2021", ""},
		{"EEE, d MMM yyyy hh:mm a", "Thu, 4 Mar 2021 12:06 AM", "2021-03-04 00:06:00"},
		{"hh:mm", "03:06", "1970-01-01 00:06:00"},
		{"yyyy-MM-dd", "2021-02-31", "2021-02-28 00:00:00"},
		{"yyyy-MM-dd", "2021-02-32", ""},
		{"yyyy-MM-dd HH", "2021-02-28 24", "2021-03-01 00:00:00"},
		{"yyyy-MM-dd kk", "2021-02-28 24", "2021-02-28 00:00:00"},
		{"yyyy-MM-dd HH:mm", "2021-02-28 24:01", ""},
		{"yyyy-DDD", "2021-063", "2021-03-04 00:00:00"},
		{"yyyy-MM-dd[ HH:mm]", "2021-03-04", "2021-03-04 00:00:00"},
		{"yyyy-MM-dd[ HH:mm]", "2021-03-04 15:06", "2021-03-04 15:06:00"},
		{"yyyy-MM-dd yyyy", "2021-03-04 2022", ""},
		{"yyyy-MM-dd'T'HH:mm:ssXXX", "2021-03-04T15:06:07+08:00", "2021-03-04 15:06:07"},
		{"ss.SSS", "07.08", ""},
	} {
		p, err := CompilePattern(c.p)
		if err != nil {
			t.Errorf("%s: %v", c.p, err)
			continue
		}
		got := ""
		if ms, ns, ok := p.Parse(c.in); ok {
			got = show(ms, ns)
		}
		if got != c.want {
			t.Errorf("%q as %s is %q, want %q", c.in, c.p, got, c.want)
		}
	}
	p, _ := CompilePattern("yyyy-MM-dd HH:mm:ssZ")
	if _, _, off, has, ok := p.ParseOffset("2021-03-04 15:06:07-0330"); !ok || !has || off != -210*MsPerMinute {
		t.Errorf("offset %d %v %v", off, has, ok)
	}
	if ms, ok := p.ParseTimestamp(" 2021-3-4 "); !ok || show(ms, 0) != "2021-03-04 00:00:00" {
		t.Errorf("a plain date is %d %v", ms, ok)
	}
	if n := testing.AllocsPerRun(100, func() { p.Parse("2021-03-04 15:06:07-0330") }); n != 0 {
		t.Errorf("Parse allocates %v times", n)
	}
}

func TestSimplePatternParse(t *testing.T) {
	for _, c := range []struct{ p, in, want string }{
		{"yyyy-MM-dd HH:mm:ss", "2021-3-4 5:6:7", "2021-03-04 05:06:07"},
		{"yyyy-MM-dd", "2021-01-32 and more", "2021-02-01 00:00:00"},
		{"yyyyMMdd", "20210304", "2021-03-04 00:00:00"},
		{"yyyy-MM-dd HH:mm:ss.SSS", "2021-03-04 05:06:07.5", "2021-03-04 05:06:07.005"},
		{"yy/MM/dd", "21/03/04", "2021-03-04 00:00:00"},
		{"yy/MM/dd", "99/03/04", "1999-03-04 00:00:00"},
		{"d MMM yyyy", "4 MARCH 2021", "2021-03-04 00:00:00"},
		{"hh:mm a", "12:30 pm", "1970-01-01 12:30:00"},
		{"yyyy-MM-dd", "foo", ""},
		{"yyyy-MM-dd", "2021-03", ""},
	} {
		p, err := CompileSimplePattern(c.p)
		if err != nil {
			t.Errorf("%s: %v", c.p, err)
			continue
		}
		got := ""
		if ms, ns, ok := p.Parse(c.in); ok {
			got = show(ms, ns)
		}
		if got != c.want {
			t.Errorf("%q as %s is %q, want %q", c.in, c.p, got, c.want)
		}
	}
}

func BenchmarkPatternAppend(b *testing.B) {
	p, _ := CompilePattern("yyyy-MM-dd HH:mm:ss")
	var buf [64]byte
	for i := int64(0); b.Loop(); i++ {
		p.Append(buf[:0], 1600000000000+i, 0)
	}
}
