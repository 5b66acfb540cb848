package filesystem

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// rowLevel changes rows by writing files anew.
type rowLevel struct {
	*sink
	source *source // nil: there is no folder yet
}

func newRowLevel(t *connector.Table) (connector.RowLevel, error) {
	k, err := newSink(t)
	if err != nil {
		return nil, err
	}
	r := &rowLevel{sink: k.(*sink)}
	switch {
	case r.stdout:
		return nil, sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "rows of standard output cannot be changed")
	case r.spec.Changes:
		return nil, sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "files of the format '%s' hold changes, which cannot be changed", r.spec.Name).
			WithHint("insert the change")
	case t.Options.IsSet("source.monitor-interval"):
		return nil, sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "the rows of a table with 'source.monitor-interval' never end, so they cannot be changed")
	}
	src, err := newSource(t)
	var e *sqlerr.Error
	if errors.As(err, &e) && e.Code == sqlerr.Missing {
		return r, nil
	}
	if err != nil {
		return nil, err
	}
	r.source = src.(*source)
	return r, nil
}

// Snapshot lists the files of the partitions that are touched.
func (r *rowLevel) Snapshot(_ context.Context, touched func([]*string) bool) (*connector.Rewrite, error) {
	w := &connector.Rewrite{}
	if r.source == nil {
		return w, nil
	}
	files, err := r.source.loc.list()
	if err != nil {
		return nil, err
	}
	null := r.t.Options.String("partition.default-name")
	for _, f := range files {
		if len(r.keys) > 0 && touched != nil {
			texts, err := r.source.values(f)
			if err != nil {
				return nil, err
			}
			values := make([]*string, len(texts))
			for i := range texts {
				if texts[i] != null {
					values[i] = &texts[i]
				}
			}
			if !touched(values) {
				continue
			}
		}
		w.Parts = append(w.Parts, f.path)
	}
	return w, nil
}

// Truncate removes the files, and leaves the folders.
func (r *rowLevel) Truncate(ctx context.Context) error {
	w, err := r.Snapshot(ctx, nil)
	if err != nil {
		return err
	}
	return r.remove(w.Parts)
}

// remove removes files that may be gone already.
func (s *sink) remove(files []string) error {
	for _, f := range files {
		if err := s.t.Env.FS.Remove(f); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return &sqlerr.Error{Code: sqlerr.Runtime, Msg: "cannot remove " + f, Err: err}
		}
	}
	return nil
}

// publish gives the files of a rewrite their names. If one cannot have its own,
// none is to be seen.
func (w *writer) publish(h *handle) error {
	fsys := w.t.Env.FS
	var done []string
	for _, f := range h.Files {
		dir := filepath.Join(w.dir, f.Dir)
		final := filepath.Join(dir, f.Name)
		err := fsys.Rename(filepath.Join(dir, hiddenName(f.Name)), final)
		if errors.Is(err, fs.ErrNotExist) {
			_, err = fsys.Stat(final) // an earlier try got this far
		}
		if err != nil {
			return errors.Join(&sqlerr.Error{Code: sqlerr.Runtime, Msg: "cannot commit " + final, Err: err}, w.remove(done))
		}
		done = append(done, final)
	}
	return nil
}
