package sqltest

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// functionCases is a line of functions.jsonl: expressions over one row.
type functionCases struct {
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

// TestConformanceFunctions runs each expression over a table of one row.
func TestConformanceFunctions(t *testing.T) {
	dir := conformanceDir(t)
	v := &verdicts{known: known(t, "testdata/functions.known")}
	jsonLines(t, filepath.Join(dir, "functions.jsonl"), func(c functionCases) {
		r, from, err := functionTable(&c)
		if err != nil {
			for i := range c.Cases {
				v.add(t, fmt.Sprintf("%s.%d", c.ID, i), isUnsupported(err), err)
			}
			return
		}
		defer r.Close()
		for i, x := range c.Cases {
			refused, err := runFunction(r, from, x.SQL, x.Result, x.Type, x.Error != nil)
			v.add(t, fmt.Sprintf("%s.%d", c.ID, i), refused, err)
		}
	})
	v.done(t)
}

// functionTable makes the table of a line's row.
func functionTable(c *functionCases) (*Runner, string, error) {
	r, err := NewRunner(conformanceWorld)
	if err != nil {
		return nil, "", err
	}
	if _, err := r.session.SetOption("table.local-time-zone", zoneOf(c.ID)); err != nil {
		return nil, "", err
	}
	if len(c.Fields) == 0 && len(c.Values) == 0 {
		return r, "", nil
	}
	fields := c.Fields
	if len(fields) == 0 { // the types are those of the values
		for _, v := range c.Values {
			fields = append(fields, typeOfValue(v))
		}
	}
	var cols []string
	for i, f := range fields {
		cols = append(cols, fmt.Sprintf("f%d %s", i, f))
	}
	r.Store.Put("t", []Row{{Values: c.Values}})
	if _, err := r.Exec("CREATE TABLE t (" + strings.Join(cols, ", ") + ") WITH ('connector' = 'values')"); err != nil {
		r.Close()
		return nil, "", err
	}
	return r, " FROM t", nil
}

// zoneOf is the session's time zone in the test that a case is from.
func zoneOf(id string) string {
	if strings.HasPrefix(id, "CastFunction-") {
		return "Asia/Shanghai"
	}
	return "America/Los_Angeles"
}

func typeOfValue(v any) string {
	switch v := v.(type) {
	case json.Number:
		if strings.Contains(v.String(), ".") {
			return "DOUBLE NOT NULL"
		}
		return "INT NOT NULL"
	case bool:
		return "BOOLEAN NOT NULL"
	}
	return "STRING NOT NULL"
}

func runFunction(r *Runner, from, src string, want []any, wantType []string, wantErr bool) (refused bool, err error) {
	out, err := r.Exec("SELECT " + src + from)
	if wantErr {
		if err == nil {
			return false, fmt.Errorf("%s: no error", src)
		}
		return false, nil
	}
	if err != nil {
		return isUnsupported(err), fmt.Errorf("%s: %w", src, err)
	}
	return false, compareFunction(out, r.zone(), src, want, wantType)
}

func compareFunction(out *Output, zone *types.Zone, src string, want []any, wantType []string) error {
	for i, w := range wantType {
		if i < len(out.Types) {
			if got := out.Types[i].WithAttr(types.NoAttr).String(); !sameType(got, w) {
				return fmt.Errorf("%s: column %d is %s, not %s", src, i, got, w)
			}
		}
	}
	if len(out.Batches) != 1 || out.Batches[0].Len() != 1 {
		return fmt.Errorf("%s: not one row", src)
	}
	b := out.Batches[0]
	for i, w := range want {
		if i >= len(b.Cols) {
			return fmt.Errorf("%s: %d columns, not %d", src, len(b.Cols), len(want))
		}
		v := b.Cols[i].Flat()
		if !sameValue(v, b.Row(0), w, zone) {
			return fmt.Errorf("%s: column %d is %s, not %v", src, i, jsonText(v, b.Row(0), zone), w)
		}
	}
	return nil
}

// sameType compares types but for how they are spelled.
func sameType(a, b string) bool {
	norm := func(s string) string {
		if t, ok := tryType(s); ok {
			return t.String()
		}
		return strings.NewReplacer("VARCHAR(2147483647)", "STRING", "VARBINARY(2147483647)", "BYTES").Replace(s)
	}
	return norm(a) == norm(b)
}

// sameValue reads the wanted value as the column's type and compares; where it
// cannot be read so, the texts.
func sameValue(v *vec.Vector, row int, want any, zone *types.Zone) bool {
	if want == nil || v.IsNull(row) {
		return want == nil && v.IsNull(row)
	}
	c := &converter{zone: zone}
	w := vec.New(v.Type, 0)
	if !v.Type.IsString() {
		if err := c.append(w, want); err == nil {
			if string(castText(v, row, zone)) == string(castText(w, 0, zone)) {
				return true
			}
		}
	}
	got, text := looseText(jsonText(v, row, zone)), looseText(fmt.Sprint(want))
	if v.Type.Kind == types.Map || v.Type.Kind == types.Multiset { // in no order
		slices.Sort(got)
		slices.Sort(text)
	}
	return slices.Equal(got, text)
}

func castText(v *vec.Vector, row int, zone *types.Zone) []byte {
	return fn.NewAppender(v.Type, zone)(nil, v, row)
}

// jsonText prints a value as the vectors write it.
func jsonText(v *vec.Vector, i int, zone *types.Zone) string {
	if v.IsNull(i) {
		return "<nil>"
	}
	if v.Type.IsBinary() {
		return "x'" + hex.EncodeToString([]byte(v.S[v.Idx(i)])) + "'"
	}
	return string(fn.NewAppender(v.Type, zone)(nil, v, i))
}

// looseText leaves only what tells values apart.
func looseText(s string) []string {
	s = strings.NewReplacer("T", " ", "NULL", "<nil>", "null", "<nil>", "+I[", " ", "map[", " ", "[", " ", "]", " ", "(", " ", ")", " ", "{", " ", "}", " ", ",", " ", "=", " ", ":", " ").Replace(s)
	words := strings.Fields(strings.ToLower(s))
	for i, w := range words {
		if strings.Contains(w, ".") && !strings.ContainsAny(w, "e") {
			w = strings.TrimRight(w, "0")
		}
		words[i] = strings.TrimSuffix(w, ".")
	}
	return words
}
