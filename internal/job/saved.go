package job

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/weir-stream/weir/internal/flow"
	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/location"
	"github.com/weir-stream/weir/internal/snapshot"
	"github.com/weir-stream/weir/internal/spill"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/vec"
	"github.com/weir-stream/weir/internal/vfs"
)

// Find gives the directory of a job: dir itself, a savepoint, or the only one of a job
// below dir.
func Find(fsys vfs.FS, dir string) (string, error) {
	jobs, err := Dirs(fsys, dir)
	if err != nil {
		return "", err
	}
	if len(jobs) > 1 {
		return "", sqlerr.New(sqlerr.Name, sqlerr.Pos{}, "%s holds several jobs; name one: %s", dir, strings.Join(jobs, ", "))
	}
	return jobs[0], nil
}

// Dirs gives the directories of the jobs of a state directory, of which there is one at
// least; dir itself if it is that of a job, or a savepoint. Savepoints that lie beside jobs
// are none.
func Dirs(fsys vfs.FS, dir string) ([]string, error) {
	if _, err := fsys.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil, sqlerr.New(sqlerr.Missing, sqlerr.Pos{}, "there is no state directory %s", dir)
	} else if err != nil {
		return nil, &sqlerr.Error{Code: sqlerr.Runtime, Msg: "the state directory " + dir + " cannot be read", Err: err}
	}
	if isDir(fsys, dir) {
		return []string{dir}, nil
	}
	entries, err := fsys.ReadDir(dir)
	if err != nil {
		return nil, &sqlerr.Error{Code: sqlerr.Runtime, Msg: "the state directory " + dir + " cannot be read", Err: err}
	}
	var jobs, savepoints []string
	for _, e := range entries {
		switch d := location.Join(dir, e.Name()); {
		case !e.IsDir() || strings.HasPrefix(e.Name(), ".") || !isDir(fsys, d):
		case snapshot.IsSavepoint(fsys, d):
			savepoints = append(savepoints, d)
		default:
			jobs = append(jobs, d)
		}
	}
	switch {
	case len(jobs) > 0:
		return jobs, nil
	case len(savepoints) > 0:
		return nil, sqlerr.New(sqlerr.Name, sqlerr.Pos{}, "%s holds savepoints; name one: %s", dir, strings.Join(savepoints, ", "))
	}
	return nil, sqlerr.New(sqlerr.Missing, sqlerr.Pos{}, "%s holds no job: it is not the --state-dir of one that ran", dir)
}

func isDir(fsys vfs.FS, dir string) bool {
	_, err := fsys.Stat(location.Join(dir, "log"))
	return err == nil || snapshot.IsSavepoint(fsys, dir)
}

// Saved is what a job, which may be running, has made durable.
type Saved struct {
	Operators []flow.Schema
	Epoch     uint64

	dir    string
	rec    *snapshot.Recovered
	groups int
}

// ReadSaved opens the last durable state of a job's directory or a savepoint for
// reading.
func ReadSaved(fsys vfs.FS, dir string) (*Saved, error) {
	dir, err := Find(fsys, dir)
	if err != nil {
		return nil, err
	}
	r, err := snapshot.Read(fsys, dir)
	if err != nil {
		return nil, err
	}
	s := &Saved{dir: dir, rec: r, Epoch: r.Epoch}
	if err = s.schemas(); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return s, nil
}

func (s *Saved) schemas() error {
	if s.rec.Epoch == 0 {
		return sqlerr.New(sqlerr.Missing, sqlerr.Pos{}, "the job of %s has no checkpoint yet", s.dir)
	}
	m, err := parseMeta(s.rec.Meta)
	if err != nil {
		return err
	}
	s.groups = m.Groups
	ops, err := unpackSchemas(m.Schemas)
	if err == nil && ops == nil {
		err = sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "the checkpoint of %s was made by a release that did not say what its tables hold", s.dir).
			WithHint("let the job go on for a checkpoint with this release")
	}
	s.Operators = ops
	return err
}

// Close ends the reading.
func (s *Saved) Close() error { return s.rec.Close() }

// OperatorName is what a label begins with: the name of the operator.
func OperatorName(label string) string {
	name, _, _ := strings.Cut(label, "(")
	return name
}

// Operator finds an operator by its name, its label, its number in the plan, or what
// its address begins with.
func (s *Saved) Operator(name string) (*flow.Schema, error) {
	var found []*flow.Schema
	var names, lines []string
	for i := range s.Operators {
		o := &s.Operators[i]
		own := OperatorName(o.Label)
		names = append(names, own, strings.TrimPrefix(own, "Global"), o.Label)
		lines = append(lines, line(o))
		if o.Label == name || own == name || strings.TrimPrefix(own, "Global") == name || strconv.Itoa(o.ID) == name ||
			len(name) >= 6 && strings.HasPrefix(o.Vertex, name) {
			found = append(found, o)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		e := sqlerr.New(sqlerr.Name, sqlerr.Pos{}, "the job of %s has no operator '%s' with state", s.dir, name)
		if near, ok := sqlerr.Nearest(name, names); ok {
			return nil, e.WithHint("did you mean '%s'? The operators are %s", near, strings.Join(lines, ", "))
		}
		return nil, e.WithHint("the operators are %s", strings.Join(lines, ", "))
	}
	lines = lines[:0]
	for _, o := range found {
		lines = append(lines, line(o))
	}
	return nil, sqlerr.New(sqlerr.Name, sqlerr.Pos{}, "'%s' may be several operators of %s", name, s.dir).
		WithHint("name one by its number or by what its address begins with: %s", strings.Join(lines, ", "))
}

// Table finds a table of an operator; without a name the only one that holds what the
// query is about.
func (s *Saved) Table(o *flow.Schema, name string) (*state.Schema, error) {
	var names []string
	var main []*state.Schema
	for i := range o.Tables {
		t := &o.Tables[i]
		if t.Name == name && name != "" {
			return t, nil
		}
		names = append(names, t.Name)
		if t.Kind != "single" && t.Kind != "timers" && !t.Aside {
			main = append(main, t)
		}
	}
	list := "'" + strings.Join(names, "', '") + "'"
	switch {
	case name == "" && len(main) == 1:
		return main[0], nil
	case name == "" && len(names) == 1:
		return &o.Tables[0], nil
	case name == "":
		return nil, sqlerr.New(sqlerr.Name, sqlerr.Pos{}, "%s has several tables", OperatorName(o.Label)).
			WithHint("name one as third argument: %s", list)
	}
	e := sqlerr.New(sqlerr.Name, sqlerr.Pos{}, "%s has no table '%s'", OperatorName(o.Label), name)
	if near, ok := sqlerr.Nearest(name, names); ok {
		return nil, e.WithHint("did you mean '%s'?", near)
	}
	return nil, e.WithHint("it has %s", list)
}

// View is a table of an operator as SQL sees it.
func View(o *flow.Schema, t *state.Schema) *state.View {
	i := slices.IndexFunc(o.Tables, func(x state.Schema) bool { return x.Name == t.Of })
	if i < 0 || t.Of == "" {
		return state.ViewOf(*t, nil)
	}
	return state.ViewOf(*t, &o.Tables[i])
}

// Rows reads a table of an operator, in memory of the budget. aggs knows the
// aggregate functions.
func (s *Saved) Rows(ctx context.Context, o *flow.Schema, t *state.Schema, memory *spill.Budget, aggs *fn.AggTable, f *fn.Ctx) (*SavedRows, error) {
	store := state.NewStore(state.Config{Groups: s.groups, Now: func() int64 { return s.rec.TimeMs }, Memory: memory})
	table, err := declare(store, o, t)
	if err == nil {
		err = s.rec.Blocks(func(b snapshot.Block) error {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if b.Table != o.Vertex+"/"+t.Name {
				return nil
			}
			fb, err := blockOf(b)
			if err != nil {
				return err
			}
			return store.ApplyDelta(table, fb.Delta(), nil)
		})
	}
	rows := &SavedRows{store: store}
	if err == nil {
		err = store.Err()
	}
	if err == nil {
		rows.reader, err = store.Read(View(o, t), table, func(c *state.FieldCall) (state.Result, error) { return flow.ResultOf(aggs, c, f) })
	}
	if err != nil {
		store.Close()
		return nil, err
	}
	return rows, nil
}

// declare declares a table, and the one before it that it is about.
func declare(store *state.Store, o *flow.Schema, t *state.Schema) (state.Owner, error) {
	for i := range o.Tables {
		if x := &o.Tables[i]; x.Name == t.Of && t.Of != "" {
			if _, err := store.Declare(x); err != nil {
				return nil, err
			}
		}
	}
	return store.Declare(t)
}

// SavedRows are the rows of a saved table.
type SavedRows struct {
	store  *state.Store
	reader *state.Reader
}

// Next gives further rows, about most of them, nil when there are no more. They are
// valid until the next call.
func (r *SavedRows) Next(most int) (*vec.Batch, error) { return r.reader.Next(most) }

// Close gives the memory back.
func (r *SavedRows) Close() error {
	r.store.Close()
	return nil
}

// line names an operator for people.
func line(o *flow.Schema) string {
	return strconv.Itoa(o.ID) + ": " + o.Label + " [" + o.Vertex[:min(8, len(o.Vertex))] + "]"
}
