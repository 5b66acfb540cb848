package variant

import (
	"encoding/hex"
	"strings"
	"testing"
)

// TestEncoding holds bytes after Parquet's specification of the encoding.
func TestEncoding(t *testing.T) {
	for text, want := range map[string]string{
		"null":              "110000" + "00",
		"true":              "110000" + "04",
		"-1":                "110000" + "0cff",
		"1000":              "110000" + "10e803",
		"3.14":              "110000" + "20023a010000",
		"1e2":               "110000" + "1c0000000000005940",
		`"ab"`:              "110000" + "096162",
		"[1, null]":         "110000" + "0302000203" + "0c01" + "00",
		`{"b": 1, "a": []}`: "1102000102" + "6162" + "0202" + "0001" + "000305" + "030000" + "0c01",
	} {
		var m Maker
		got, err := m.Parse(nil, text, false)
		if err != nil || hex.EncodeToString(got) != want {
			t.Errorf("%s: %x, want %s (%v)", text, got, want, err)
		}
	}
}

// TestRoundTrip parses, prints, takes apart and puts together.
func TestRoundTrip(t *testing.T) {
	long := strings.Repeat("x", 300)
	for _, text := range []string{"null", "true", "false", "0", "-128", "128", "-32769", "2147483648", "9223372036854775807",
		"9223372036854775808", "1.50", "-0.000001", "123456789012345.678901", "12345678901234567890123456789012345678",
		"1.0E10", `""`, `"é\n\"\\"`, `"` + long + `"`, "[]", "{}", `[[[]],{}]`, `{"":1,"a":{"b":[1,2,{"c":null}]},"é":"x"}`,
		"[" + strings.Repeat("1,", 400) + "2]", `{"` + long + `":["` + long + `",1]}`} {
		var m Maker
		b, err := m.Parse(nil, text, false)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		v := Open(string(b))
		if got := string(v.AppendJSON(nil)); got != text {
			t.Errorf("%s is read back as %s", text, got)
		}
		if again := string(m.Copy(nil, v)); again != string(b) {
			t.Errorf("%s: a copy differs: %x and %x", text, again, b)
		}
	}
}

func TestCanonical(t *testing.T) {
	var m Maker
	a, _ := m.Parse(nil, `{"x": {"k": 1, "j": 2}, "y": [true]}`, false)
	b, _ := m.Parse(nil, `{"y":[true],"x":{"j":2,"k":1}}`, false)
	if string(a) != string(b) {
		t.Error("the order of fields shows")
	}
	x, ok := Open(string(a)).Field("x")
	inner, _ := m.Parse(nil, `{"j": 2, "k": 1}`, false)
	if got := string(m.Copy(nil, x)); !ok || got != string(inner) {
		t.Errorf("a field is %x by itself, want %x", got, inner)
	}
	twice, err := m.Parse(nil, `{"a": {"gone": 1}, "a": 2}`, true)
	once, _ := m.Parse(nil, `{"a": 2}`, false)
	if err != nil || string(twice) != string(once) {
		t.Errorf("duplicates: %x, %v", twice, err)
	}
}

func TestErrors(t *testing.T) {
	for _, text := range []string{"", " ", "{", "[1", `{"a"}`, "nul", "1 2", "NaN", "1e400", `{"a":1,"a":2}`, "'a'", `"\x"`, "01"} {
		var m Maker
		if b, err := m.Parse(nil, text, false); err == nil {
			t.Errorf("%s is read as %x", text, b)
		}
	}
}

// FuzzOpen reads bytes that are no variant: anything but a panic.
func FuzzOpen(f *testing.F) {
	var m Maker
	b, _ := m.Parse(nil, `{"a": [1, 2.5, "x"], "b": {"c": null}}`, false)
	f.Add(string(b), "a")
	f.Fuzz(func(t *testing.T, s, key string) {
		if len(s) > 200 {
			return
		}
		v := Open(s)
		v.Field(key)
		v.Element(1)
		if v.Kind() == String {
			v.Text()
		}
	})
}
