package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
	"github.com/weir-stream/weir/sqltest"
)

// functions is a line of functions.jsonl: expressions over one row.
type functions struct {
	ID     string
	Fields []string
	Values []any
	Cases  []expression
}

// expression is one case: a result, or an error and when it comes.
type expression struct {
	SQL    string
	Result []any
	Type   []string
	Error  any
	When   string
}

// fields gives the types of the row's columns.
func (c *functions) fields() []string {
	if len(c.Fields) > 0 {
		return c.Fields
	}
	var out []string
	for _, v := range c.Values { // the types are those of the values
		out = append(out, typeOfValue(v))
	}
	return out
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

// zone is the session's time zone in the test that a case is from.
func (c *functions) zone() string {
	if strings.HasPrefix(c.ID, "CastFunction-") {
		return "Asia/Shanghai"
	}
	return "America/Los_Angeles"
}

// variant is a way of running the cases of a line.
type variant struct {
	mode string
	// folded: literals stand in the place of columns, so that the optimiser
	// evaluates the expression; without columns it is the other way round.
	folded bool
}

func (v variant) String() string {
	if v.folded {
		return v.mode + ", folded"
	}
	return v.mode
}

var variants = []variant{{"streaming", false}, {"streaming", true}, {"batch", false}, {"batch", true}}

// bench is the runner of a line in one variant.
type bench struct {
	*sqltest.Runner
	variant
	of   *functions
	from string
}

// bench makes the table of a line's row.
func (c *functions) bench(v variant) (*bench, error) {
	r, err := sqltest.NewRunner(world(v.mode))
	if err != nil {
		return nil, err
	}
	b := &bench{Runner: r, variant: v, of: c}
	if err := r.Set("table.local-time-zone", c.zone()); err != nil {
		return b, err
	}
	fields := c.fields()
	if len(fields) == 0 { // literals only
		return b, r.Set("weir.optimizer.enabled", strconv.FormatBool(v.folded))
	}
	if v.folded {
		return b, nil
	}
	var cols []string
	for i, f := range fields {
		cols = append(cols, fmt.Sprintf("f%d %s", i, f))
	}
	r.Store.Put("t", []sqltest.Row{{Values: c.Values}})
	b.from = " FROM t"
	_, err = r.Exec("CREATE TABLE t (" + strings.Join(cols, ", ") + ") WITH ('connector' = 'values')")
	return b, err
}

var fieldName = regexp.MustCompile(`\bf[0-9]+\b`)

// query is the SELECT of an expression; ok is false where a column's value
// cannot be written as a literal.
func (b *bench) query(src string) (q string, ok bool) {
	fields := b.of.fields()
	if !b.folded || len(fields) == 0 {
		return "SELECT " + src + b.from, true
	}
	var items []string
	seen := map[string]bool{}
	for _, f := range fieldName.FindAllString(src, -1) {
		i, _ := strconv.Atoi(f[1:])
		if seen[f] || i >= len(fields) {
			continue
		}
		seen[f] = true
		lit, ok := literalOf(fields[i], b.of.Values[i], b.Zone())
		if !ok {
			return "", false
		}
		items = append(items, lit+" AS "+f)
	}
	if len(items) == 0 {
		return "SELECT " + src, true
	}
	return "SELECT " + src + " FROM (SELECT " + strings.Join(items, ", ") + ")", true
}

// run checks one case.
func (b *bench) run(x *expression) error {
	q, ok := b.query(x.SQL)
	if !ok {
		return nil
	}
	if x.Error != nil {
		return b.failing(q, x)
	}
	out, err := b.Exec(q)
	if err != nil {
		return err
	}
	return b.compare(out, x)
}

// failing checks that a query fails when it should, with a code that the
// message of Flink stands for.
func (b *bench) failing(q string, x *expression) error {
	message := fmt.Sprint(x.Error)
	want := codesFor(message, x.SQL)
	err, when := b.Check(q), "validation"
	if err == nil {
		when = "runtime"
		_, err = b.Exec(q)
	}
	switch {
	case err == nil:
		return fmt.Errorf("no error, but should fail with %q", message)
	case x.When != "" && when != x.When:
		return fmt.Errorf("the error comes at %s, not at %s: %w", when, x.When, err)
	case len(want) == 0:
		return fmt.Errorf("no code is known for %q: %w", message, err)
	}
	for _, c := range codesOf(err) {
		if slices.Contains(want, c) {
			return nil
		}
	}
	return fmt.Errorf("the error is of code %v, not %v: %w", codesOf(err), want, err)
}

// compare compares the one row that a query gave.
func (b *bench) compare(out *sqltest.Output, x *expression) error {
	for i, w := range x.Type {
		if i < len(out.Types) {
			if got := out.Types[i].WithAttr(types.NoAttr).String(); !sameType(got, w, b.folded) {
				return fmt.Errorf("column %d is %s, not %s", i, got, w)
			}
		}
	}
	if len(out.Batches) != 1 || out.Batches[0].Len() != 1 {
		return fmt.Errorf("not one row")
	}
	row := out.Batches[0]
	for i, w := range x.Result {
		if i >= len(row.Cols) {
			return fmt.Errorf("%d columns, not %d", len(row.Cols), len(x.Result))
		}
		v := row.Cols[i].Flat()
		if !sameValue(v, row.Row(0), w, b.Zone()) {
			return fmt.Errorf("column %d is %s, not %v", i, jsonText(v, row.Row(0), b.Zone()), w)
		}
	}
	return nil
}

var parsed = map[string]string{}

// sameType compares types but for how they are spelled; a literal is never null
// where a column may be.
func sameType(a, b string, folded bool) bool {
	norm := func(s string) string {
		if _, ok := parsed[s]; !ok {
			parsed[s] = strings.NewReplacer("VARCHAR(2147483647)", "STRING", "VARBINARY(2147483647)", "BYTES").Replace(s)
			if t, ok := sqltest.ParseType(s); ok {
				parsed[s] = t.String()
			}
		}
		if folded {
			return strings.ReplaceAll(parsed[s], " NOT NULL", "")
		}
		return parsed[s]
	}
	return norm(a) == norm(b)
}

// sameValue reads the wanted value as the column's type and compares; where it
// cannot be read so, the texts.
func sameValue(v *vec.Vector, row int, want any, zone *types.Zone) bool {
	if want == nil || v.IsNull(row) {
		return want == nil && v.IsNull(row)
	}
	w := vec.New(v.Type, 0)
	if !v.Type.IsString() {
		if err := sqltest.Append(w, want, zone); err == nil {
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
