package sqltest

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/weir-stream/weir/internal/builtin"
	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/connector/filesystem"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vfs"
)

// pipelines is what a test says about the scripts under test: their tables are
// not those of Kafka or a database but rows that the test feeds and reads.
type pipelines struct {
	on      bool              // a script under test is being run
	keep    []string          // tables that stay what they are
	files   map[string]string // tables whose rows come from a file
	changes map[string]string // kinds of the rows of tables
}

// source takes "table=file".
func (p *pipelines) source(arg string, path func(string) string) error {
	table, file, ok := strings.Cut(arg, "=")
	if !ok {
		return fmt.Errorf("a source is table=file, not %q", arg)
	}
	return p.setFile(strings.TrimSpace(table), path(strings.TrimSpace(file)))
}

func (p *pipelines) setFile(table, path string) error {
	if p.files == nil {
		p.files = map[string]string{}
	}
	p.files[table] = path
	return nil
}

func (p *pipelines) setChanges(table, kinds string) error {
	if _, err := changes(kinds); err != nil {
		return err
	}
	if p.changes == nil {
		p.changes = map[string]string{}
	}
	p.changes[table] = kinds
	return nil
}

// Source makes the table of a pipeline read a CSV, JSON or other file, as the
// directive source does.
func (r *Runner) Source(table, path string) error { return r.under.setFile(table, path) }

func (r *Runner) context() context.Context { return context.Background() }

// substitute gives a table of the script under test rows of the test. The
// declaration's columns stay; metadata are columns like others.
func (r *Runner) substitute(st *sql.CreateTable) (*sql.CreateTable, error) {
	name := st.Name.Last().Name
	if !r.under.on || slices.Contains(r.under.keep, name) {
		return st, nil
	}
	c := *st
	c.Columns = slices.Clone(st.Columns)
	for i := range c.Columns {
		if c.Columns[i].Kind == sql.MetadataColumn {
			c.Columns[i].Kind, c.Columns[i].MetadataKey, c.Columns[i].Virtual = sql.PhysicalColumn, nil, false
		}
	}
	if file, ok := r.under.files[name]; ok {
		opts, err := fileOptions(file)
		c.Options = stringOptions(st, opts)
		return &c, err
	}
	r.Store.begin(name)
	if c.Options = nil; st.Like == nil { // a LIKE has the options of its table
		c.Options = stringOptions(st, r.valuesOptions(name, st))
	}
	return &c, nil
}

// valuesOptions declares a table whose rows the test has, with the kinds of rows
// that its own connector and format would give.
func (r *Runner) valuesOptions(name string, st *sql.CreateTable) map[string]string {
	given := map[string]string{}
	for _, o := range st.Options {
		given[o.Key.Value] = o.Value.Value
	}
	opts := map[string]string{"connector": "values"}
	f := given["format"] + given["value.format"]
	switch {
	case r.under.changes[name] != "":
		opts["changelog-mode"] = r.under.changes[name]
	case strings.HasPrefix(given["connector"], "upsert-"):
		opts["changelog-mode"] = "I,UA,D"
	case strings.HasSuffix(given["connector"], "-cdc"):
		opts["changelog-mode"] = "I,UA,UB,D"
	case strings.HasPrefix(f, "debezium"), strings.HasPrefix(f, "canal"), strings.HasPrefix(f, "maxwell"), strings.HasPrefix(f, "ogg"):
		opts["changelog-mode"] = "I,UA,UB,D"
	case given["connector"] == "values":
		return given
	}
	if given["connector"] != "filesystem" && r.session.Option("execution.runtime-mode") != "batch" {
		opts["bounded"] = "false"
	}
	return opts
}

// fileOptions declares a table over a file, whose suffix tells its format.
func fileOptions(path string) (map[string]string, error) {
	env := &connector.Env{FS: vfs.OS{}, Zone: types.UTC, Formats: builtin.Formats()}
	_, opts, err := filesystem.Infer(context.Background(), env, path)
	if err != nil {
		return nil, err
	}
	opts["connector"], opts["path"] = "filesystem", path
	return opts, nil
}

// stringOptions writes options at the place of the table's own.
func stringOptions(st *sql.CreateTable, opts map[string]string) []sql.Option {
	at := st.At
	var out []sql.Option
	for _, k := range sortedKeys(opts) {
		out = append(out, sql.Option{Key: &sql.StringLit{At: at, Value: k}, Value: &sql.StringLit{At: at, Value: opts[k]}})
	}
	return out
}

func sortedKeys(m map[string]string) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
