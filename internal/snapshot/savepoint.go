package snapshot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/vfs"
)

// SavepointInfo is what a savepoint says of itself.
type SavepointInfo struct {
	Dir     string
	Version uint32 // of the format
	ID      uint64
	Domain  string // the job
	Epoch   uint64
	TimeMs  int64 // when it was made
	Bytes   int64 // of images and frames
}

const savepointFile = "savepoint"

func (i *SavepointInfo) encode() []byte {
	e := encoder{b: appendPreamble(nil, magicSavepoint)}
	e.uint(i.ID)
	e.str(i.Domain)
	e.uint(i.Epoch)
	e.int(i.TimeMs)
	e.uint(uint64(i.Bytes))
	return e.sealed()
}

// ReadSavepoint reads what a savepoint says of itself.
func ReadSavepoint(fsys vfs.FS, dir string) (*SavepointInfo, error) {
	path := filepath.Join(dir, savepointFile)
	b, err := store{fsys, dir}.read(path)
	if errors.Is(err, fs.ErrNotExist) {
		e := sqlerr.New(sqlerr.Missing, sqlerr.Pos{}, "%s is not a savepoint", dir)
		if names, err := (store{fsys, dir}).names(logFiles); err == nil && len(names) > 0 {
			return nil, e.WithHint("it is the state directory of a job: make a savepoint of it first")
		}
		return nil, e.WithHint("a savepoint is a directory with a file named %q", savepointFile)
	}
	if err != nil {
		return nil, err
	}
	i := &SavepointInfo{Dir: dir, Version: preamble(b, magicSavepoint)}
	if i.Version > Version {
		return nil, newerVersion(path, i.Version)
	}
	body, ok := unsealed(b)
	if !ok || preamble(body, magicSavepoint) == 0 {
		return nil, damaged(path, 0, "its checksum is wrong")
	}
	d := decoder{b: body[preambleSize:]}
	i.ID, i.Domain, i.Epoch, i.TimeMs, i.Bytes = d.uint(), d.str(), d.uint(), d.int(), int64(d.uint())
	if d.bad {
		return nil, damaged(path, 0, "it is cut")
	}
	return i, nil
}

// OpenSavepoint opens a savepoint for reading. It is left as it is.
func OpenSavepoint(fsys vfs.FS, dir string) (*Recovered, error) { return openSavepoint(fsys, dir, 0) }

// openSavepoint opens the savepoint of an id, of any if that is 0.
func openSavepoint(fsys vfs.FS, dir string, id uint64) (*Recovered, error) {
	info, err := ReadSavepoint(fsys, dir)
	var e *sqlerr.Error
	if gone := errors.As(err, &e) && e.Code == sqlerr.Missing; id != 0 && (gone || err == nil && info.ID != id) {
		return nil, sqlerr.New(sqlerr.Data, sqlerr.Pos{}, "%s is not the savepoint any more that the job began with", dir).
			WithHint("the job has made no base of its own yet: put the savepoint back, or say where it is now with --from-savepoint")
	}
	if err != nil {
		return nil, err
	}
	s := store{fsys, dir}
	listing, err := s.list("", ^uint64(0), false)
	if err != nil {
		return nil, err
	}
	d, err := Decide(listing)
	if err != nil {
		return nil, err
	}
	if d.Epoch != info.Epoch || d.From != d.Base {
		return nil, damaged(dir, 0, fmt.Sprintf("what can be read ends with epoch %d, and it was made of epoch %d", d.Epoch, info.Epoch))
	}
	x, _, err := s.bases(d)
	if err != nil {
		return nil, err
	}
	r, err := s.recovered(d, x)
	if err == nil {
		r.Domain, r.Finished = info.Domain, false
	}
	return r, err
}

// origin decides what a directory begins with, or began with, by the savepoint
// that the caller names.
func (l *Log) origin(d *Decision) error {
	if l.cfg.From == "" {
		return nil
	}
	info, err := ReadSavepoint(l.fs, l.cfg.From)
	began := d.Origin.Dir != ""
	if err != nil && began && d.Origin.Dir == l.cfg.From && !d.From.None() {
		return nil // it is not needed any more
	}
	if err != nil {
		return err
	}
	if began && d.Origin.ID == info.ID {
		d.Origin.Dir = l.cfg.From
		return nil
	}
	if began || d.Outcome != Nothing {
		return sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "state directory %s already holds epoch %d, which does not come from savepoint %s", l.dir, d.Epoch, l.cfg.From).
			WithHint("give the job an empty state directory, or leave the savepoint out to go on from epoch %d", d.Epoch)
	}
	d.Origin = Origin{Dir: l.cfg.From, ID: info.ID, Epoch: info.Epoch, Claim: l.cfg.Claim}
	d.Epoch, d.Outcome = info.Epoch, Resume
	return nil
}

// disclaim deletes the savepoint that the job owns, once a base has replaced it.
func (l *Log) disclaim() {
	l.mu.Lock()
	o, replaced := l.origins, !l.Base.None()
	l.mu.Unlock()
	if o.Claim != ClaimOwned || !replaced {
		return
	}
	if info, err := ReadSavepoint(l.fs, o.Dir); err == nil && info.ID == o.ID {
		_ = DropSavepoint(l.fs, o.Dir) // stays for the next time
	}
}

// DependsOn gives the savepoint that the directory cannot do without yet: until a
// base of its own has replaced it. "" is none.
func (l *Log) DependsOn() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.Base.None() {
		return ""
	}
	return l.origins.Dir
}

// IsSavepoint reports whether a directory is a savepoint, whole or not.
func IsSavepoint(fsys vfs.FS, dir string) bool {
	_, err := fsys.Stat(filepath.Join(dir, savepointFile))
	return err == nil
}

// Savepoints lists the savepoints among the folders of a directory, and what is
// wrong with those that cannot be read.
func Savepoints(fsys vfs.FS, parent string) (list []*SavepointInfo, broken []error, err error) {
	entries, err := fsys.ReadDir(parent)
	if err != nil {
		return nil, nil, failing("listing", parent, err)
	}
	for _, e := range entries {
		dir := filepath.Join(parent, e.Name())
		if !e.IsDir() || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		if !IsSavepoint(fsys, dir) {
			continue
		}
		if info, err := ReadSavepoint(fsys, dir); err != nil {
			broken = append(broken, err)
		} else {
			list = append(list, info)
		}
	}
	return list, broken, nil
}

// DropSavepoint deletes a savepoint, and nothing that is not one. It disappears
// at once, and then its files go.
func DropSavepoint(fsys vfs.FS, dir string) error {
	if _, err := ReadSavepoint(fsys, dir); err != nil {
		return err
	}
	if vfs.RenameCopies(fsys, dir) { // without its last file it is none
		if err := cmp.Or(fsys.Remove(filepath.Join(dir, savepointFile)), fsys.RemoveAll(dir)); err != nil {
			return failing("dropping", dir, err)
		}
		return nil
	}
	gone := filepath.Join(filepath.Dir(dir), "."+filepath.Base(dir)+".dropped")
	err := fsys.RemoveAll(gone) // of an earlier try
	if err == nil {
		err = fsys.Rename(dir, gone)
	}
	if err == nil {
		err = fsys.SyncDir(filepath.Dir(dir))
	}
	if err == nil {
		err = fsys.RemoveAll(gone)
	}
	if err != nil {
		return failing("dropping", dir, err)
	}
	return nil
}

// Savepoint copies the state as it is after the last durable epoch into a
// directory of its own, which nothing else refers to and which refers to nothing.
// dir must not exist, and does not before all of it is durable. Epochs go on
// meanwhile; log files and images stay until it is done.
func (l *Log) Savepoint(ctx context.Context, dir string) (*SavepointInfo, error) {
	l.collecting.Lock()
	defer l.collecting.Unlock()
	r, err := l.view()
	if err != nil {
		return nil, err
	}
	info, err := r.Savepoint(ctx, dir, l.cfg)
	return info, errors.Join(err, r.Close())
}

// view gives what recovery would after the last durable epoch.
func (l *Log) view() (*Recovered, error) {
	l.mu.Lock()
	r := newRecovered(l.store)
	r.Domain, r.Epoch, r.Committed, r.Finished, r.Generation = l.cfg.Domain, l.last, l.Committed, l.finished, l.generation
	for _, f := range l.tail {
		if n := len(r.spans); n == 0 || r.spans[n-1].File.Name != f.file {
			r.spans = append(r.spans, Span{File: &LogFile{Name: f.file, Path: l.path(logFiles, f.file)}})
		}
		s := &r.spans[len(r.spans)-1]
		s.Frames = append(s.Frames, f.FrameAt)
	}
	x, o := l.current, l.origins
	l.mu.Unlock()
	return r, r.fill(x, o)
}

// id makes up what tells savepoints apart.
func id(parts ...any) uint64 {
	h := fnv.New64a()
	fmt.Fprintln(h, parts...)
	return h.Sum64() | 1
}
