package filesystem

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/sqlerr"
)

var (
	_ connector.Checker = (*source)(nil)
	_ connector.Checker = (*sink)(nil)
)

// mostFiles is how many files a check names.
const mostFiles = 20

// Check looks at the files; see connector.Checker.
func (s *source) Check(ctx context.Context, r *connector.Report) {
	if s.stdin {
		r.Note("the table is standard input, which is not touched")
		return
	}
	files, err := s.loc.list()
	if err != nil {
		r.Unreachable = true
		r.Fail(err)
		return
	}
	f := r.Table("files", "file", "bytes", "changed", "compression")
	var bytes, empty int64
	for i, x := range files {
		if ctx.Err() != nil {
			return
		}
		if bytes += x.size; x.size == 0 {
			empty++
		}
		name := "-"
		if c, _ := codecOf(x.path); c != nil {
			name = filepath.Ext(x.path)[1:]
		}
		if i < mostFiles {
			f.Row(x.path, x.size, time.UnixMilli(x.mod).UTC().Format(time.RFC3339), name)
		}
		s.checkFile(r, x)
	}
	switch {
	case len(files) == 0 && s.DiscoverEveryMs() == 0:
		r.Problem("names that begin with '_' or '.' are hidden; look at 'path' and 'source.path.regex-pattern'", "there is no file in '%s'", s.loc.path)
	case len(files) == 0:
		r.Note("there is no file in '%s' yet", s.loc.path)
	case len(files) > mostFiles:
		r.Note("there are %d more files", len(files)-mostFiles)
	}
	r.Table("all files", "files", "empty", "bytes").Row(len(files), empty, bytes)
}

// checkFile reads the first byte.
func (s *source) checkFile(r *connector.Report, x file) {
	in, err := s.loc.fs.Open(x.path)
	if err == nil {
		if _, err = in.Read(make([]byte, 1)); errors.Is(err, io.EOF) {
			err = nil
		}
		err = errors.Join(err, in.Close())
	}
	if err == nil && s.spec.Parts != nil && x.size > 0 {
		_, err = s.parts(x)
		if err != nil {
			err = &sqlerr.Error{Code: sqlerr.Data, Msg: x.path, Err: err, Hint: "is it complete, and is the format right?"}
		}
	}
	switch {
	case errors.Is(err, fs.ErrPermission):
		r.Problem("give the user who runs weir the right to read it (chmod, chown)", "%s may not be read", x.path)
	default:
		r.Fail(err)
	}
}

// Check finds out whether files can be made; see connector.Checker.
func (s *sink) Check(_ context.Context, r *connector.Report) {
	if s.stdout {
		r.Note("the table is standard output")
		return
	}
	dir := s.dir
	_, err := s.t.Env.FS.Stat(dir)
	for ; errors.Is(err, fs.ErrNotExist) && dir != filepath.Dir(dir); _, err = s.t.Env.FS.Stat(dir) {
		dir = filepath.Dir(filepath.Clean(dir))
	}
	r.Table("folder", "path", "there is").Row(s.dir, dir)
	if err != nil {
		r.Fail(&sqlerr.Error{Code: sqlerr.Runtime, Msg: "cannot look at " + dir, Err: err})
		return
	}
	probe := filepath.Join(dir, ".weir-check-"+s.uid)
	out, err := s.t.Env.FS.CreateExclusive(probe)
	if err == nil {
		err = errors.Join(out.Close(), s.t.Env.FS.Remove(probe))
	}
	if err != nil {
		r.Problem("give the user who runs weir the right to write there, or choose another 'path'", "no file can be made in %s: %v", dir, err)
	}
}
