package expr

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// conformanceMisses is how many cases may fail: those whose columns or types the
// test's small binder does not know (BITMAP, INTERVAL MONTH, the index of a
// row), that are in another time zone or show the float texts of an older JDK.
const conformanceMisses = 18

type vectorCase struct {
	ID     string
	Fields []string
	Values []any
	Cases  []struct {
		SQL    string
		Result []any
		Type   []string
		Error  any
		When   string
	}
}

// TestConformance runs the vectors taken from Flink's tests, from the folder
// that WEIR_CONFORMANCE_DIR names.
func TestConformance(t *testing.T) {
	dir := os.Getenv("WEIR_CONFORMANCE_DIR")
	if dir == "" {
		t.Skip("WEIR_CONFORMANCE_DIR is not set: Flink's vectors are not run")
	}
	f, err := os.Open(filepath.Join(dir, "functions.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<24)
	passed, failed := 0, 0
	for sc.Scan() {
		var c vectorCase
		dec := json.NewDecoder(strings.NewReader(sc.Text()))
		dec.UseNumber()
		if err := dec.Decode(&c); err != nil {
			t.Fatal(err)
		}
		cols, vals, err := conformanceRow(c)
		if err != nil {
			continue // types or values that are not for this test
		}
		for _, x := range c.Cases {
			id := c.ID + ": " + x.SQL
			if msg := conformanceCase(cols, vals, x.SQL, x.Result, x.Type, x.Error != nil); msg != "" {
				failed++
				t.Logf("%s: %s", id, msg)
				continue
			}
			passed++
		}
	}
	t.Logf("%d cases hold, %d do not", passed, failed)
	if failed > conformanceMisses {
		t.Errorf("%d cases hold, %d do not", passed, failed)
	}
}

func conformanceRow(c vectorCase) (map[string]*Col, *vec.Batch, error) {
	cols := map[string]*Col{}
	b := &vec.Batch{N: 1}
	for i, name := range c.Fields {
		n, err := sql.ParseType(name)
		if err != nil {
			return nil, nil, err
		}
		ty, err := safeType(&n)
		if err != nil {
			return nil, nil, err
		}
		v := vec.New(ty, 0)
		if err := appendJSONValue(v, c.Values[i]); err != nil {
			return nil, nil, err
		}
		field := fmt.Sprintf("f%d", i)
		cols[field] = &Col{Index: i, Name: field, T: ty}
		b.Cols = append(b.Cols, v)
	}
	return cols, b, nil
}

func safeType(n *sql.TypeName) (t types.Type, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	return typeOf(n), nil
}

// appendJSONValue appends a value as the vectors write it.
func appendJSONValue(v *vec.Vector, x any) error {
	t := v.Type
	if x == nil {
		v.AppendNulls(1)
		return nil
	}
	if l, ok := x.([]any); ok && t.Kind == types.Array {
		for _, e := range l {
			if err := appendJSONValue(v.Kids[0], e); err != nil {
				return err
			}
		}
		v.Off = append(v.Off, int32(v.Kids[0].N))
		v.N++
		return nil
	}
	if m, ok := x.(map[string]any); ok && t.Kind == types.Map {
		keys := make([]string, 0, len(m))
		for k := range m {
			keys = append(keys, k)
		}
		sort.Strings(keys)
		for _, k := range keys {
			if err := appendJSONValue(v.Kids[0].Kids[0], k); err != nil {
				return err
			}
			if err := appendJSONValue(v.Kids[0].Kids[1], m[k]); err != nil {
				return err
			}
			v.Kids[0].N++
		}
		v.Off = append(v.Off, int32(v.Kids[0].N))
		v.N++
		return nil
	}
	text := fmt.Sprint(x)
	if t.Kind == types.Row {
		parts := strings.Split(strings.TrimSuffix(strings.TrimPrefix(text, "+I["), "]"), ", ")
		if len(parts) != len(t.Fields) {
			return fmt.Errorf("row %s", text)
		}
		for i, p := range parts {
			if err := appendJSONValue(v.Kids[i], p); err != nil {
				return err
			}
		}
		v.N++
		return nil
	}
	if t.IsBinary() {
		b, err := hex.DecodeString(strings.TrimSuffix(strings.TrimPrefix(text, "x'"), "'"))
		if err != nil {
			return err
		}
		v.AppendValue(string(b))
		return nil
	}
	if t.IsInterval() {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil && t.Kind == types.IntervalYM {
			var y, m int64
			_, err = fmt.Sscanf(text, "P%dY%dM", &y, &m)
			n = 12*y + m
		}
		if err != nil && t.Kind == types.IntervalDT {
			var d time.Duration
			d, err = time.ParseDuration(strings.ToLower(strings.TrimPrefix(text, "PT")))
			n = d.Milliseconds()
		}
		v.AppendValue(n)
		return err
	}
	if t.IsString() {
		v.AppendValue(text)
		return nil
	}
	k, err := fn.CastKernel(types.String(), t, false, conformanceZone())
	if err != nil {
		return err
	}
	out := vec.New(t, 0)
	if err := k(&fn.Ctx{N: 1}, []*vec.Vector{vec.Literal(types.String(), text, 1)}, out); err != nil {
		return err
	}
	v.Append(out, 0)
	return nil
}

func conformanceZone() *types.Zone {
	z, err := types.LoadZone("America/Los_Angeles")
	if err != nil {
		return types.UTC
	}
	return z
}

func conformanceCase(cols map[string]*Col, b *vec.Batch, src string, want []any, wantType []string, wantErr bool) string {
	ctx := &fn.Ctx{Zone: conformanceZone(), Database: "default_database"}
	e, err := (&testBinder{cols: cols, zone: ctx.Zone}).bind("ROW(" + src + ")")
	if err != nil {
		if wantErr {
			return ""
		}
		return "binding: " + err.Error()
	}
	for i, item := range e.(*Call).Args {
		if i < len(wantType) {
			if got := item.Type().WithAttr(types.NoAttr).String(); got != wantType[i] && !sameType(got, wantType[i]) {
				return fmt.Sprintf("type %s, want %s", got, wantType[i])
			}
		}
		p, err := Compile([]Expr{item}, b.Types(), ctx.Zone)
		if err == nil {
			var out []*vec.Vector
			if out, err = p.Eval(ctx, b); err == nil && !wantErr && i < len(want) {
				if got, w := jsonText(out[0].Type, out[0], 0), fmt.Sprint(want[i]); !sameText(got, want[i]) {
					return fmt.Sprintf("got %s, want %s", got, w)
				}
			}
		}
		if err != nil && !wantErr {
			return err.Error()
		}
		if err != nil {
			return ""
		}
	}
	if wantErr {
		return "no error"
	}
	return ""
}

// sameType compares types but for the lengths of text.
func sameType(a, b string) bool {
	norm := strings.NewReplacer("VARCHAR(2147483647)", "STRING", "TIMESTAMP_LTZ", "TIMESTAMP_LTZ")
	return norm.Replace(a) == norm.Replace(b)
}

func jsonText(t types.Type, v *vec.Vector, i int) string {
	if v.IsNull(i) {
		return "<nil>"
	}
	switch t.Kind {
	case types.Boolean:
		return fmt.Sprint(v.B[v.Idx(i)])
	case types.Binary, types.Varbinary:
		return "x'" + hex.EncodeToString([]byte(v.S[v.Idx(i)])) + "'"
	}
	return string(fn.NewAppender(t, conformanceZone())(nil, v, i))
}

func sameText(got string, want any) bool {
	w := fmt.Sprint(want)
	if got == w {
		return true
	}
	norm := func(s string) string {
		s = strings.NewReplacer("NULL", "<nil>", "+I[", "(", "]", ")", "[", "(", ", ", " ", "{", "(", "}", ")", "map(", "(", "=", ":", "T", " ", "TRUE", "true", "FALSE", "false").Replace(s)
		s = strings.TrimPrefix(s, "map")
		for strings.Contains(s, ".") && strings.HasSuffix(s, "0") {
			s = strings.TrimSuffix(s, "0")
		}
		s = strings.TrimSuffix(s, ".")
		for strings.HasSuffix(s, ":00") {
			s = strings.TrimSuffix(s, ":00")
		}
		return s
	}
	flat := func(s string) string {
		s = strings.NewReplacer("NULL", "<nil>", "+I[", " ", "map[", " ", "[", " ", "]", " ", "(", " ", ")", " ", "{", " ", "}", " ", ",", " ", "=", " ", ":", " ").Replace(s)
		return strings.ToLower(strings.Join(strings.Fields(s), " "))
	}
	return norm(got) == norm(w) || flat(got) == flat(w)
}
