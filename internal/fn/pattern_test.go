package fn

import (
	"regexp"
	"slices"
	"testing"
)

func TestLike(t *testing.T) {
	for _, c := range []struct {
		pattern string
		escape  rune
		yes, no []string
	}{
		{"abc", 0, []string{"abc"}, []string{"", "ab", "abcd"}},
		{"", 0, []string{""}, []string{"a"}},
		{"%", 0, []string{"", "a", "a\nb"}, nil},
		{"a%", 0, []string{"a", "abc"}, []string{"", "ba"}},
		{"%c", 0, []string{"c", "abc"}, []string{"", "cb"}},
		{"%b%", 0, []string{"b", "abc"}, []string{"", "ac"}},
		{"a%b%c", 0, []string{"abc", "aXbYc", "abbc"}, []string{"ac", "acb", "abcd"}},
		{"a%a", 0, []string{"aa", "aba"}, []string{"a"}},
		{"_", 0, []string{"a", "ü", "😀"}, []string{"", "ab"}},
		{"a_c%e_", 0, []string{"abcef", "aücXeeü"}, []string{"ac", "abce"}},
		{"%_b_%", 0, []string{"abc", "xxabcyy"}, []string{"ab", "bc"}},
		{"%a_", 0, []string{"ab", "aab", "xaü"}, []string{"a", "abc"}},
		{"10!%", '!', []string{"10%"}, []string{"10", "10x"}},
		{"a!_!!%", '!', []string{"a_!", "a_!x"}, []string{"ab!"}},
		{`a\%`, 0, []string{`a\`, `a\b`}, []string{"a%"}},
	} {
		m, err := CompileLike(c.pattern, c.escape)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range c.yes {
			if !m(s) {
				t.Errorf("%q is not LIKE %q", s, c.pattern)
			}
		}
		for _, s := range c.no {
			if m(s) {
				t.Errorf("%q is LIKE %q", s, c.pattern)
			}
		}
	}
	for _, p := range []string{"a!", "a!b"} {
		if _, err := CompileLike(p, '!'); err == nil {
			t.Errorf("%q was taken with escape !", p)
		}
	}
}

// TestJavaRegex compares what each way of matching finds.
func TestJavaRegex(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		want          []int
		how           string
	}{
		{`(&|^)channel_id=([^&]*)`, "x?q=1&channel_id=77&z", []int{5, 19, 5, 6, 17, 19}, "scan"},
		{`(&|^)channel_id=([^&]*)`, "channel_id=7", []int{0, 12, 0, 0, 11, 12}, "scan"},
		{`(&|^)channel_id=([^&]*)`, "xchannel_id=7", nil, "scan"},
		{`item/(\d+)$`, "a/item/12x/item/34", []int{11, 18, 16, 18}, "scan"},
		{`id=(\w+);`, "id=;id=ü;id=ab;", []int{10, 16, 13, 15}, "scan"},
		{`foo(.*?)(bar)`, "foothebar", []int{0, 9, 3, 6, 6, 9}, "std"},
		{`\p{Alpha}+`, "12ab", []int{2, 4}, "std"},
		{`[\p{Upper}_]+`, "abC_D", []int{2, 5}, "std"},
		{`a(?=b)`, "aab", []int{1, 2}, "alt"},
		{`(a)\1`, "baa", []int{1, 3, 1, 2}, "alt"},
		{`ü(?!x)`, "äüxü", []int{5, 7}, "alt"},
		{`a++b`, "aab", []int{0, 3}, "alt"},
		{`\Qa.b\E`, "axb a.b", []int{4, 7}, "scan"},
		{`\u00e4+`, "aää", []int{1, 5}, "std"},
	} {
		re, err := compileJavaRegex(c.pattern)
		if err != nil {
			t.Errorf("%s: %v", c.pattern, err)
			continue
		}
		how := "alt"
		if re.scan != nil {
			how = "scan"
		} else if re.std != nil {
			how = "std"
		}
		if how != c.how {
			t.Errorf("%s is matched by %s", c.pattern, how)
		}
		loc, ok, err := re.find(c.text)
		if !ok {
			loc = nil
		}
		if err != nil || !slices.Equal(loc, c.want) {
			t.Errorf("%s in %q: %v (%v), want %v", c.pattern, c.text, loc, err, c.want)
		}
		if re.scan != nil {
			p, _ := translateRegex(c.pattern)
			if want := regexp.MustCompile(p).FindStringSubmatchIndex(c.text); ok != (want != nil) || ok && !slices.Equal(loc, want) {
				t.Errorf("%s in %q: the scan finds %v, regexp %v", c.pattern, c.text, loc, want)
			}
		}
	}
	if _, err := compileJavaRegex("("); err == nil {
		t.Error("( was compiled")
	}
}

// FuzzRegexScan holds the scan to what the standard matcher finds.
func FuzzRegexScan(f *testing.F) {
	f.Add(`(&|^)id=([^&]*)`, "a&id=3&")
	f.Add(`ab(c*)d+`, "xabccdd")
	f.Fuzz(func(t *testing.T, pattern, text string) {
		p, ok := translateRegex(pattern)
		if !ok {
			return
		}
		re, err := regexp.Compile(p)
		if err != nil {
			return
		}
		scan := newRegexScan(p)
		if scan == nil {
			return
		}
		loc := make([]int, 2+2*re.NumSubexp())
		want := re.FindStringSubmatchIndex(text)
		if got := scan.find(text, loc); got != (want != nil) || got && !slices.Equal(loc, want) {
			t.Fatalf("%q in %q: %v %v, want %v", p, text, got, loc, want)
		}
	})
}

func TestSplitIndex(t *testing.T) {
	for _, c := range []struct {
		s, sep string
		i      int
		want   string
		ok     bool
	}{
		{"a/b/c", "/", 0, "a", true}, {"a/b/c", "/", 2, "c", true}, {"a/b/c", "/", 3, "", false}, {"a//c", "/", 1, "", true},
		{"", "/", 0, "", false}, {"a--b", "--", 1, "b", true}, {"a b", "", 1, "b", true}, {"a/b", "/", -1, "", false},
	} {
		if got, ok := splitIndex(c.s, c.sep, c.i); got != c.want || ok != c.ok {
			t.Errorf("SPLIT_INDEX(%q, %q, %d): %q %v", c.s, c.sep, c.i, got, ok)
		}
	}
}
