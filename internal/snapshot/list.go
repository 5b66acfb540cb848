package snapshot

import (
	"errors"
	"io"
	"io/fs"
	"path/filepath"

	"github.com/weir-stream/weir/internal/vfs"
)

// store is a state directory in a file system.
type store struct {
	fs  vfs.FS
	dir string
}

func (s store) path(k kind, n Name) string { return filepath.Join(s.dir, k.file(n)) }

// names lists the files of a kind, in order of their names. A folder that is not
// there is empty.
func (s store) names(k kind) ([]Name, error) {
	dir := filepath.Join(s.dir, k.dir)
	list, err := s.fs.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, failing("listing", dir, err)
	}
	var out []Name
	for _, e := range list {
		if n, ok := k.parse(e.Name()); ok {
			out = append(out, n)
		}
	}
	return out, nil
}

// list finds out what recovery is decided by. Files of generations from except
// on are left out: they are the caller's own.
func (s store) list(domain string, except uint64, headOnly bool) (Listing, error) {
	l := Listing{Domain: domain}
	logs, err := s.names(logFiles)
	if err != nil {
		return l, err
	}
	seen := map[Name]bool{}
	for _, n := range logs {
		if n.Generation < except {
			seen[n] = true
			f, err := s.logFile(n, headOnly)
			if err != nil {
				return l, err
			}
			l.Files = append(l.Files, f)
		}
	}
	acks, err := s.names(ackFiles)
	if err != nil {
		return l, err
	}
	for _, n := range acks { // of a log file that is gone
		if n.Generation < except && !seen[n] {
			a, err := s.ack(n)
			if err != nil {
				return l, err
			}
			l.Files = append(l.Files, &LogFile{Name: n, Path: s.path(logFiles, n), Ack: a})
		}
	}
	l.Indexes, err = s.indexes(headOnly)
	return l, err
}

func (s store) logFile(n Name, headOnly bool) (*LogFile, error) {
	f := &LogFile{Name: n, Path: s.path(logFiles, n)}
	var err error
	if f.Ack, err = s.ack(n); err != nil { // first: the file may grow meanwhile
		return nil, err
	}
	r, err := s.fs.Open(f.Path)
	if err != nil {
		return nil, failing("opening", f.Path, err)
	}
	defer r.Close()
	st, err := r.Stat()
	if err != nil {
		return nil, failing("reading", f.Path, err)
	}
	f.Size = st.Size()
	if err := scanLog(r, f, headOnly); err != nil {
		return nil, failing("reading", f.Path, err)
	}
	return f, nil
}

func (s store) ack(n Name) (*Ack, error) {
	b, err := s.read(s.path(ackFiles, n))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return parseAck(b, n), err
}

// read gives all of a small file.
func (s store) read(path string) ([]byte, error) {
	f, err := s.fs.Open(path)
	if err != nil {
		return nil, failing("opening", path, err)
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil {
		return nil, failing("reading", path, err)
	}
	return b, nil
}

func (s store) indexes(headOnly bool) ([]IndexFile, error) {
	names, err := s.names(indexFiles)
	if err != nil {
		return nil, err
	}
	var out []IndexFile
	for _, n := range names {
		x := IndexFile{Name: n, Path: s.path(indexFiles, n)}
		b, err := s.read(x.Path)
		if err != nil {
			return nil, err
		}
		x.Size, x.Sum, x.Version = int64(len(b)), checksum(b), preamble(b, magicIndex)
		if _, err := parseIndex(b); err == nil {
			x.Whole = true
		}
		out = append(out, x)
	}
	return out, nil
}
