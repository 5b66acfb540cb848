package render

import (
	"strings"
	"testing"

	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

func textBatch(rows ...[]any) *vec.Batch {
	b := vec.NewBatch([]types.Type{types.String(), types.Of(types.Int)})
	for _, r := range rows {
		b.Cols[0].AppendValue(r[0])
		b.Cols[1].AppendValue(r[1])
		b.N++
	}
	return b
}

var textColumns = []plan.Field{{Name: "s", Type: types.String()}, {Name: "n", Type: types.Of(types.Int)}}

func TestWideValuesAreCutOnATerminal(t *testing.T) {
	long := strings.Repeat("長い", 30)
	for _, c := range []struct {
		width int
		want  string
	}{
		{0, "│ " + long + " │ 1 │"},
		{20, "│ 長い長い長…  │ 1 │"},
	} {
		var out strings.Builder
		w := Table(Config{Out: &out, Columns: textColumns, Width: c.width})
		if err := w.Write(textBatch([]any{long, int64(1)})); err != nil {
			t.Fatal(err)
		}
		if err := w.End(); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(out.String(), "\n")
		if lines[3] != c.want {
			t.Errorf("width %d: %q, want %q", c.width, lines[3], c.want)
		}
		if c.width > 0 {
			for _, l := range lines {
				if Width(l) > c.width {
					t.Errorf("%q is %d wide", l, Width(l))
				}
			}
		}
	}
}

func TestControlCharactersAreEscaped(t *testing.T) {
	for in, want := range map[string]string{"a\nb": `a\nb`, "\x1b[2J": `\x1b[2J`, "tab\there": `tab\there`, "日本": "日本"} {
		if got := Plain(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

// TestValues writes a value of each kind as text and as JSON.
func TestValues(t *testing.T) {
	berlin, err := types.LoadZone("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		typ        types.Type
		value      any
		text, json string
	}{
		{types.Of(types.Boolean), true, "TRUE", "true"},
		{types.Of(types.Double), 1e10, "1.0E10", "1.0E10"},
		{types.DecimalOf(10, 2), int64(-150), "-1.50", "-1.50"},
		{types.String(), "q\"\n", "q\"\n", `"q\"\n"`},
		{types.Bytes(), "\x01\xff", "x'01ff'", `"Af8="`},
		{types.Of(types.Date), int64(1), "1970-01-02", `"1970-01-02"`},
		{types.TimestampOf(3), int64(1500), "1970-01-01 00:00:01.500", `"1970-01-01 00:00:01.5"`},
		{types.TimestampLTZOf(0), int64(0), "1970-01-01 01:00:00", `"1970-01-01 00:00:00Z"`},
		{types.Of(types.IntervalDT), int64(1000), "+0 00:00:01.000", `"+0 00:00:01.000"`},
		{types.ArrayOf(types.Of(types.Int)), []any{int64(1), nil}, "[1, NULL]", "[1,null]"},
		{types.MapOf(types.Of(types.Int), types.String()), [][2]any{{int64(1), "a"}}, "{1=a}", `{"1":"a"}`},
		{types.RowOf(types.Field{Name: "x", Type: types.Of(types.Int)}), []any{int64(7)}, "(7)", `{"x":7}`},
		{types.String(), nil, "NULL", "null"},
	} {
		v := vec.New(c.typ, 0)
		v.AppendValue(c.value)
		if got := string(AppendText(nil, v, 0, berlin)); got != c.text {
			t.Errorf("%s as text: %s, want %s", c.typ, got, c.text)
		}
		if got := string(AppendJSON(nil, v, 0)); got != c.json {
			t.Errorf("%s as JSON: %s, want %s", c.typ, got, c.json)
		}
	}
}
