package main

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/connector/print"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
	"github.com/weir-stream/weir/sqltest"
)

// table is a source or sink of a program.
type table struct {
	Name         string
	Schema       []string
	PartitionBy  []string `json:"partitioned_by"`
	Distribution *string
	Options      map[string]string
	Indexes      [][]string
	Before       []any  `json:"rows_before_restore"`
	After        []any  `json:"rows_after_restore"`
	Compare      string `json:"compare"`
	WantBefore   []any  `json:"expect_before_restore"`
	WantAfter    []any  `json:"expect_after_restore"`
	Materialized []any  `json:"expect_materialized"`
	DedupFields  []int  `json:"deduplicate_fields"`
}

// lookedUp reports whether other tables' rows look rows up in this one.
func (s table) lookedUp() bool {
	return s.Options["disable-lookup"] == "false" || s.Options["enable-vector-search"] == "true"
}

// metadata declares the metadata of a test table: "c:STRING,d:BIGINT".
func (s table) metadata() []connector.MetadataColumn {
	var out []connector.MetadataColumn
	for _, key := range []string{"readable-metadata", "writable-metadata"} {
		for _, item := range strings.Split(s.Options[key], ",") {
			name, typ, ok := strings.Cut(item, ":")
			if !ok {
				continue
			}
			t, _ := sqltest.ParseType(typ)
			out = append(out, connector.MetadataColumn{Key: name, Type: t, Writable: key == "writable-metadata"})
		}
	}
	return out
}

// create gives the statement that makes the table.
func (s table) create() string {
	var b strings.Builder
	fmt.Fprintf(&b, "CREATE TABLE `%s` (%s)", s.Name, strings.Join(s.Schema, ", "))
	if s.Distribution != nil && *s.Distribution != "" {
		b.WriteString(" " + *s.Distribution)
	}
	if len(s.PartitionBy) > 0 {
		b.WriteString(" PARTITIONED BY (`" + strings.Join(s.PartitionBy, "`, `") + "`)")
	}
	b.WriteString(" WITH ('connector' = 'values'")
	keys := make([]string, 0, len(s.Options))
	for k := range s.Options {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		if k != "connector" {
			fmt.Fprintf(&b, ", '%s' = '%s'", k, s.Options[k])
		}
	}
	if len(s.Indexes) > 0 {
		list := make([]string, len(s.Indexes))
		for i, x := range s.Indexes {
			list[i] = strings.Join(x, ",")
		}
		fmt.Fprintf(&b, ", 'lookup.indexes' = '%s'", strings.Join(list, ";"))
	}
	b.WriteString(")")
	return b.String()
}

// rows reads rows: the kind first, or an object of column to value after it.
func (s table) rows(list []any) ([]sqltest.Row, error) {
	names := columnNames(s.Schema)
	var out []sqltest.Row
	for _, x := range list {
		list, ok := x.([]any)
		if !ok || len(list) == 0 {
			return nil, fmt.Errorf("the row %v is not a list", x)
		}
		kind, ok := vec.ParseKind(fmt.Sprint(list[0]))
		if !ok {
			return nil, fmt.Errorf("the row %v has no kind", x)
		}
		r := sqltest.Row{Kind: kind, Values: list[1:]}
		if len(list) == 2 {
			if m, ok := list[1].(map[string]any); ok && (len(names) > 1 || len(m) == 1 && m[names[0]] != nil) {
				r.Values = nil
				for _, n := range names {
					r.Values = append(r.Values, m[n])
				}
			}
		}
		out = append(out, r)
	}
	return out, nil
}

// columnNames lists the columns of a schema that rows have values for.
func columnNames(schema []string) []string {
	var out []string
	for _, line := range schema {
		words := strings.Fields(line)
		first := strings.ToUpper(words[0])
		if first == "WATERMARK" || first == "PRIMARY" || first == "CONSTRAINT" || len(words) > 1 && strings.EqualFold(words[1], "AS") {
			continue
		}
		out = append(out, strings.Trim(words[0], "`"))
	}
	return out
}

// flinkTexts prints rows as Flink's test sink does: +I[1, a].
func flinkTexts(b *vec.Batch, kinds bool) []string {
	var out []string
	for i := range b.Len() {
		r := b.Row(i)
		var line []byte
		if kinds {
			line = append(line, b.Kind(r).String()...)
		}
		line = append(line, '[')
		for c, v := range b.Cols {
			if c > 0 {
				line = append(line, ", "...)
			}
			line = print.AppendValue(line, v, r)
		}
		out = append(out, string(append(line, ']')))
	}
	return out
}

// wantTexts prints expected rows, which are printed already or lists of a kind
// and values.
func wantTexts(w *sqltest.Written, rows []any) ([]string, error) {
	var out []string
	for _, x := range rows {
		list, ok := x.([]any)
		if !ok {
			out = append(out, fmt.Sprint(x))
			continue
		}
		kind, _ := vec.ParseKind(fmt.Sprint(list[0]))
		b := &vec.Batch{N: 1, Kinds: []vec.Kind{kind}}
		for i, c := range w.Columns {
			v := vec.New(c.Type, 0)
			if i+1 >= len(list) {
				return nil, fmt.Errorf("the expected row %v is short", x)
			}
			if err := sqltest.Append(v, list[i+1], types.UTC); err != nil {
				return nil, err
			}
			b.Cols = append(b.Cols, v)
		}
		out = append(out, flinkTexts(b, true)...)
	}
	return out, nil
}

// compare compares what was written to a sink with what Flink wrote.
func (s table) compare(r *sqltest.Runner) error {
	return s.compareWith(r, append(append([]any(nil), s.WantBefore...), s.WantAfter...), s.Materialized)
}

// compareBefore compares what was written before the restore.
func (s table) compareBefore(r *sqltest.Runner) error {
	return s.compareWith(r, s.WantBefore, nil)
}

func (s table) compareWith(r *sqltest.Runner, rows, materialized []any) error {
	w, ok := r.Store.Written("default_catalog.default_database." + s.Name)
	if !ok {
		return fmt.Errorf("nothing was written to %s", s.Name)
	}
	want, err := wantTexts(w, rows)
	if err != nil {
		return err
	}
	var got []string
	if s.Compare == "table" {
		for _, line := range sqltest.FoldRows(w, func(b *vec.Batch) []string { return flinkTexts(b, false) }) {
			got = append(got, "+I"+line)
		}
		if len(materialized) > 0 {
			if want, err = wantTexts(w, materialized); err != nil {
				return err
			}
		}
		keys := s.DedupFields
		if len(keys) == 0 {
			keys = w.Key
		}
		want = lastOf(foldTexts(want), keys)
	} else {
		for _, b := range w.Batches() {
			got = append(got, flinkTexts(b, true)...)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		return fmt.Errorf("sink %s (%s) differs:\n%s", s.Name, s.Compare, sqltest.Diff(want, got))
	}
	return nil
}

// lastOf keeps the last row of each value of the given fields.
func lastOf(rows []string, fields []int) []string {
	if len(fields) == 0 {
		return rows
	}
	at := map[string]int{}
	var out []string
	for _, row := range rows {
		cells := strings.Split(strings.Trim(row[3:], "[]"), ", ")
		key := ""
		for _, f := range fields {
			key += cells[f] + "|"
		}
		if i, ok := at[key]; ok {
			out[i] = row
			continue
		}
		at[key] = len(out)
		out = append(out, row)
	}
	return out
}

// foldTexts folds printed changes whose deletions name whole rows.
func foldTexts(lines []string) []string {
	var rows []string
	for _, l := range lines {
		kind, _ := vec.ParseKind(l[:2])
		if kind.Adds() {
			rows = append(rows, "+I"+l[2:])
			continue
		}
		for i, r := range rows {
			if r[2:] == l[2:] {
				rows = append(rows[:i], rows[i+1:]...)
				break
			}
		}
	}
	return rows
}
