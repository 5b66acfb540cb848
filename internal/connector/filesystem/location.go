package filesystem

import (
	"errors"
	"io/fs"
	"net/url"
	"path/filepath"
	"regexp"
	"sort"
	"strings"

	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/vfs"
)

// file is a file that was found.
type file struct {
	path string
	rel  string // path below the location's folder, for partitions
	size int64
	mod  int64 // ms
}

// location is what 'path' names.
type location struct {
	fs   vfs.FS
	path string
	only *regexp.Regexp
	// given, if not nil, are the only files that are listed, in order of path.
	given []string
}

// cleanPath takes the scheme off a file URL and refuses others.
func cleanPath(p string) (string, error) {
	rest, ok := strings.CutPrefix(p, "file:")
	if !ok {
		if scheme, _, found := strings.Cut(p, "://"); found {
			return "", sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "the option 'path' names a %s:// location; only local files are supported", scheme)
		}
		return p, nil
	}
	if after, ok := strings.CutPrefix(rest, "//"); ok {
		host, path, _ := strings.Cut(after, "/")
		if host != "" && host != "localhost" {
			return "", sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "the option 'path' names a file on the host '%s'", host).
				WithHint("write file:///%s for a local file", after)
		}
		rest = "/" + path
	}
	if u, err := url.PathUnescape(rest); err == nil {
		rest = u
	}
	return rest, nil
}

func hasMeta(p string) bool { return strings.ContainsAny(p, "*?[") }

// hidden is Flink's rule: names of work in progress begin so.
func hidden(name string) bool { return strings.HasPrefix(name, "_") || strings.HasPrefix(name, ".") }

// check finds out whether there is something, without listing all of it.
func (l *location) check() error {
	_, err := l.fs.Stat(l.path)
	if err == nil {
		return nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return &sqlerr.Error{Code: sqlerr.Option, Msg: "cannot read '" + l.path + "'", Err: err}
	}
	if hasMeta(l.path) {
		m, err := l.fs.Glob(l.path)
		if err != nil {
			return sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "'%s' is not a valid glob", l.path)
		}
		if len(m) == 0 {
			return sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "no file matches '%s'", l.path)
		}
		return nil
	}
	return l.missing()
}

// missing names the nearest thing that exists.
func (l *location) missing() error {
	e := sqlerr.New(sqlerr.Missing, sqlerr.Pos{}, "there is no file or folder '%s'", l.path)
	dir, base := filepath.Split(filepath.Clean(l.path))
	entries, err := l.fs.ReadDir(filepath.Clean(dir + "."))
	if err != nil {
		return e.WithHint("the folder '%s' does not exist either", filepath.Clean(dir+"."))
	}
	var names []string
	for _, x := range entries {
		names = append(names, x.Name())
	}
	if n, ok := sqlerr.Nearest(base, names); ok {
		return e.WithHint("did you mean '%s'?", dir+n)
	}
	return e
}

// list gives all files in order of path.
func (l *location) list() ([]file, error) {
	if l.given != nil {
		return l.listGiven()
	}
	roots := []string{l.path}
	if _, err := l.fs.Stat(l.path); err != nil {
		if !hasMeta(l.path) {
			return nil, l.missing()
		}
		if roots, err = l.fs.Glob(l.path); err != nil {
			return nil, err
		}
	}
	var out []file
	for _, r := range roots {
		st, err := l.fs.Stat(r)
		if err != nil {
			return nil, err
		}
		if st.IsDir() {
			if err := l.walk(r, "", &out); err != nil {
				return nil, err
			}
		} else if !hidden(filepath.Base(r)) || len(roots) == 1 {
			l.add(file{path: r, rel: partitionTail(r), size: st.Size(), mod: st.ModTime().UnixMilli()}, &out)
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].path < out[j].path })
	return out, nil
}

// listGiven looks at the files that are given.
func (l *location) listGiven() ([]file, error) {
	var out []file
	for _, p := range l.given {
		st, err := l.fs.Stat(p)
		if err != nil {
			return nil, err
		}
		out = append(out, file{path: p, rel: partitionTail(p), size: st.Size(), mod: st.ModTime().UnixMilli()})
	}
	return out, nil
}

// partitionTail keeps the k=v folders above a file that was named directly.
func partitionTail(p string) string {
	parts := strings.Split(filepath.ToSlash(p), "/")
	i := len(parts) - 1
	for i > 0 && strings.Contains(parts[i-1], "=") {
		i--
	}
	return strings.Join(parts[i:], "/")
}

func (l *location) walk(dir, rel string, out *[]file) error {
	entries, err := l.fs.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if hidden(e.Name()) {
			continue
		}
		path, below := filepath.Join(dir, e.Name()), e.Name()
		if rel != "" {
			below = rel + "/" + e.Name()
		}
		st, err := l.fs.Stat(path) // follows links
		if errors.Is(err, fs.ErrNotExist) {
			continue // went away meanwhile
		}
		if err != nil {
			return err
		}
		if st.IsDir() {
			if err := l.walk(path, below, out); err != nil {
				return err
			}
			continue
		}
		l.add(file{path: path, rel: below, size: st.Size(), mod: st.ModTime().UnixMilli()}, out)
	}
	return nil
}

func (l *location) add(f file, out *[]file) {
	if l.only == nil || l.only.MatchString(f.path) {
		*out = append(*out, f)
	}
}
