package sqltest

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/connector/print"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// conformanceDir is the folder of vectors that were taken from Flink's tests.
func conformanceDir(t *testing.T) string {
	dir := os.Getenv("WEIR_CONFORMANCE_DIR")
	if dir == "" {
		t.Skip("WEIR_CONFORMANCE_DIR is not set: Flink's vectors are not run")
	}
	return dir
}

// known reads a list of cases that are known to fail, with why: "id: reason". A
// case that passes must leave the list, one that fails and is not on it fails
// the test; a reason that starts with "either way" lets it do both.
func known(t *testing.T, path string) map[string]string {
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	out := map[string]string{}
	sc := bufio.NewScanner(f)
	for sc.Scan() {
		line := strings.TrimSpace(sc.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		id, reason, ok := strings.Cut(line, " -- ")
		if !ok {
			t.Fatalf("%s: %q has no reason", path, line)
		}
		out[id] = reason
	}
	return out
}

// jsonLines calls f with every object of a file.
func jsonLines[T any](t *testing.T, path string, f func(T)) {
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	dec := json.NewDecoder(file)
	dec.UseNumber()
	for dec.More() {
		var x T
		if err := dec.Decode(&x); err != nil {
			t.Fatal(err)
		}
		f(x)
	}
}

// verdicts compares what failed with the list and counts.
type verdicts struct {
	pass, refused, fail int
	known               map[string]string
	seen                map[string]bool
}

func (v *verdicts) add(t *testing.T, id string, refused bool, err error) {
	if v.seen == nil {
		v.seen = map[string]bool{}
	}
	v.seen[id] = true
	reason, listed := v.known[id]
	switch {
	case err == nil && strings.HasPrefix(reason, "either way"):
		v.pass++
	case err == nil && listed:
		t.Errorf("%s passes: take it off the list", id)
		v.pass++
	case err == nil:
		v.pass++
	case refused:
		v.refused++
		if !listed {
			t.Errorf("%s is refused, which the list does not say: %v", id, err)
		}
	case listed:
		v.fail++
		t.Logf("%s (%s): %v", id, reason, err)
	default:
		v.fail++
		t.Errorf("%s: %v", id, err)
	}
}

func (v *verdicts) done(t *testing.T) {
	t.Logf("%d pass, %d are refused by name, %d fail", v.pass, v.refused, v.fail)
	for id := range v.known {
		if !v.seen[id] {
			t.Errorf("%s is on the list but not among the cases", id)
		}
	}
}

// program is a line of programs.jsonl.
type program struct {
	ID, Group string
	Config    map[string]any
	Sources   []tableStep
	Sinks     []tableStep
	Setup     []any
	Models    []any
	Run       []string
}

type tableStep struct {
	Name         string
	Schema       []string
	PartitionBy  []string `json:"partitioned_by"`
	Distribution *string
	Options      map[string]string
	Before       []any  `json:"rows_before_restore"`
	After        []any  `json:"rows_after_restore"`
	Compare      string `json:"compare"`
	WantBefore   []any  `json:"expect_before_restore"`
	WantAfter    []any  `json:"expect_after_restore"`
	Materialized []any  `json:"expect_materialized"`
	DedupFields  []int  `json:"deduplicate_fields"`
}

// TestConformancePrograms feeds all rows of each program, ends the input and
// compares what the sinks have.
func TestConformancePrograms(t *testing.T) {
	dir := conformanceDir(t)
	v := &verdicts{known: known(t, "testdata/programs.known")}
	groups := map[string][2]int{}
	jsonLines(t, filepath.Join(dir, "programs.jsonl"), func(p program) {
		if only := os.Getenv("WEIR_CONFORMANCE"); only != "" && !strings.Contains(p.ID, only) {
			v.seen = nil
			delete(v.known, p.ID)
			return
		}
		refused, err := runProgram(&p)
		v.add(t, p.ID, refused, err)
		g := groups[p.Group]
		if g[1]++; err == nil {
			g[0]++
		}
		groups[p.Group] = g
	})
	v.done(t)
	var names []string
	for g := range groups {
		names = append(names, g)
	}
	sort.Strings(names)
	for _, g := range names {
		t.Logf("%-28s %d of %d", g, groups[g][0], groups[g][1])
	}
}

var conformanceWorld = &World{Name: "conformance", Drive: true, Settings: [][2]string{{"parallelism.default", "1"}}}

func runProgram(p *program) (refused bool, err error) {
	var metadata []connector.MetadataColumn
	for _, s := range append(append([]tableStep(nil), p.Sources...), p.Sinks...) {
		metadata = append(metadata, metadataOf(s)...)
	}
	r, err := NewRunner(conformanceWorld, metadata...)
	if err != nil {
		return false, err
	}
	defer r.Close()
	if err := configure(r, p.Config); err != nil {
		return false, err
	}
	for _, s := range p.Sources {
		rows, err := stepRows(s)
		if err != nil {
			return false, err
		}
		r.Store.Put(s.Name, rows)
		s.Options = withKinds(s.Options, rows)
		if _, err := r.Exec(createTable(s)); err != nil {
			return isUnsupported(err), fmt.Errorf("source: %w", err)
		}
	}
	for _, s := range p.Sinks {
		if _, err := r.Exec(createTable(s)); err != nil {
			return isUnsupported(err), fmt.Errorf("sink: %w", err)
		}
	}
	for _, s := range p.Setup {
		text, ok := s.(string)
		if !ok {
			return true, errors.New("the set-up is not SQL")
		}
		if _, err := r.Exec(text); err != nil {
			return isUnsupported(err), err
		}
	}
	for _, src := range p.Run {
		if _, err := r.Exec(src); err != nil {
			return isUnsupported(err), err
		}
	}
	for _, s := range p.Sinks {
		// With mini-batches what is emitted on the way depends on the clock.
		if fmt.Sprint(p.Config["table.exec.mini-batch.enabled"]) == "true" {
			s.Compare = "table"
		}
		if err := compareSink(r, s); err != nil {
			return false, err
		}
	}
	return false, nil
}

// withKinds declares the kinds of rows of a source that has others than +I and
// does not say so.
func withKinds(opts map[string]string, rows []Row) map[string]string {
	for _, r := range rows {
		if r.Kind != vec.Insert && opts["changelog-mode"] == "" {
			out := maps.Clone(opts)
			if out == nil {
				out = map[string]string{}
			}
			out["changelog-mode"] = "I,UA,UB,D"
			return out
		}
	}
	return opts
}

func isUnsupported(err error) bool {
	var l sqlerr.List
	var e *sqlerr.Error
	if errors.As(err, &l) {
		for _, e := range l {
			if e.Code == sqlerr.Unsupported {
				return true
			}
		}
		return false
	}
	return errors.As(err, &e) && e.Code == sqlerr.Unsupported
}

// configure sets the options of a program; changes are emitted row by row, as
// Flink does, unless the program asks for mini-batches.
func configure(r *Runner, config map[string]any) error {
	opts := map[string]string{"table.exec.mini-batch.enabled": "false", "pipeline.auto-watermark-interval": "0"}
	for k, v := range config {
		opts[k] = strings.ToLower(fmt.Sprint(v))
		if s, ok := v.(string); ok {
			opts[k] = s
		}
	}
	for k, v := range opts {
		if _, err := r.session.SetOption(k, v); err != nil {
			return err
		}
	}
	return nil
}

// metadataOf declares the metadata of a test table: "c:STRING,d:BIGINT".
func metadataOf(s tableStep) []connector.MetadataColumn {
	var out []connector.MetadataColumn
	for _, key := range []string{"readable-metadata", "writable-metadata"} {
		for _, item := range strings.Split(s.Options[key], ",") {
			name, typ, ok := strings.Cut(item, ":")
			if !ok {
				continue
			}
			out = append(out, connector.MetadataColumn{Key: name, Type: parseType(typ), Writable: key == "writable-metadata"})
		}
	}
	return out
}

func createTable(s tableStep) string {
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
	b.WriteString(")")
	return b.String()
}

// stepRows reads rows: the kind first, or an object of column to value after it.
func stepRows(s tableStep) ([]Row, error) {
	names := columnNames(s.Schema)
	var out []Row
	for _, x := range append(append([]any(nil), s.Before...), s.After...) {
		list, ok := x.([]any)
		if !ok || len(list) == 0 {
			return nil, fmt.Errorf("the row %v is not a list", x)
		}
		kind, ok := vec.ParseKind(fmt.Sprint(list[0]))
		if !ok {
			return nil, fmt.Errorf("the row %v has no kind", x)
		}
		r := Row{Kind: kind, Values: list[1:]}
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
func wantTexts(w *Written, rows []any) ([]string, error) {
	conv := &converter{zone: types.UTC}
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
			if err := conv.append(v, list[i+1]); err != nil {
				return nil, err
			}
			b.Cols = append(b.Cols, v)
		}
		out = append(out, flinkTexts(b, true)...)
	}
	return out, nil
}

func compareSink(r *Runner, s tableStep) error {
	w, ok := r.Store.Written("default_catalog.default_database." + s.Name)
	if !ok {
		return fmt.Errorf("nothing was written to %s", s.Name)
	}
	want, err := wantTexts(w, append(append([]any(nil), s.WantBefore...), s.WantAfter...))
	if err != nil {
		return err
	}
	var got []string
	if s.Compare == "table" {
		for _, line := range FoldRows(w, func(b *vec.Batch) []string { return flinkTexts(b, false) }) {
			got = append(got, "+I"+line)
		}
		if len(s.Materialized) > 0 {
			if want, err = wantTexts(w, s.Materialized); err != nil {
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
	sort.Strings(got)
	sort.Strings(want)
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		return fmt.Errorf("sink %s (%s):\n got  %s\n want %s", s.Name, s.Compare, strings.Join(got, " "), strings.Join(want, " "))
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
