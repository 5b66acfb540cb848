package snapshot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/vfs"
)

// Open takes a state directory over: it locks it, fences older writers by a new
// generation, decides what is to be recovered and gives it. The log goes on after
// that. Whoever is refused leaves nothing behind.
func Open(ctx context.Context, cfg Config) (*Log, *Recovered, error) {
	cfg = cfg.filled()
	pack, err := newCompressor(cfg.Compression)
	if err != nil {
		return nil, nil, err
	}
	l := &Log{cfg: cfg, store: store{cfg.FS, cfg.Dir}, pack: pack, tables: map[string]int{}}
	if err := l.directories(); err != nil {
		return nil, nil, err
	}
	if err := l.takeLock(); err != nil {
		return nil, nil, err
	}
	r, err := l.open(ctx)
	if err != nil {
		return nil, nil, errors.Join(err, l.release())
	}
	return l, r, nil
}

// directories makes the folders, durably.
func (l *Log) directories() error {
	for _, k := range []kind{logFiles, imageFiles} {
		if err := makeDir(l.fs, filepath.Join(l.dir, k.dir)); err != nil {
			return err
		}
	}
	if err := syncDir(l.fs, filepath.Dir(l.dir)); err != nil && !errors.Is(err, fs.ErrPermission) {
		return err
	}
	return nil
}

// makeDir makes a folder and those above it, durably.
func makeDir(fsys vfs.FS, dir string) error {
	_, err := fsys.Stat(dir)
	if err == nil { // whoever made it may have died before it was durable
		return syncDir(fsys, filepath.Dir(dir))
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return failing("reading", dir, err)
	}
	if parent := filepath.Dir(dir); parent != dir {
		if err := makeDir(fsys, parent); err != nil {
			return err
		}
	}
	if err := fsys.MkdirAll(dir); err != nil {
		err = failing("making", dir, err)
		if e := (*sqlerr.Error)(nil); errors.As(err, &e) && errors.Is(err, fs.ErrExist) {
			e.Hint = "a link of that name leads to nothing, or it is no folder: make what it leads to, or name another place"
		}
		return err
	}
	return syncDir(fsys, filepath.Dir(dir))
}

func syncDir(fsys vfs.FS, dir string) error {
	if err := fsys.SyncDir(dir); err != nil {
		return failing("syncing", dir, err)
	}
	return nil
}

// takeLock takes the directory's lock, and says who has it if somebody has.
func (l *Log) takeLock() error {
	lock, err := l.fs.Lock(filepath.Join(l.dir, "lock"))
	owner := filepath.Join(l.dir, "owner")
	switch {
	case err == nil:
		l.lock = lock
	case errors.Is(err, errors.ErrUnsupported): // the fence alone keeps others out
	case errors.Is(err, vfs.ErrLocked) && l.cfg.TakeOver:
	case errors.Is(err, vfs.ErrLocked):
		who := "another process"
		if b, err := l.read(owner); err == nil && len(b) > 0 {
			who = strings.TrimSpace(string(b))
		}
		return &sqlerr.Error{Code: sqlerr.Runtime, Msg: fmt.Sprintf("state directory %s is in use by %s", l.dir, who),
			Hint: "stop that run first, or give this one another state directory", Err: err}
	default:
		return failing("locking", l.dir, err)
	}
	f, err := l.fs.Create(owner)
	if err != nil {
		return errors.Join(failing("writing", owner, err), l.release())
	}
	_, err = f.Write([]byte(l.cfg.Owner + "\n"))
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(failing("writing", owner, err), l.release())
	}
	return nil
}

// release gives the lock back.
func (l *Log) release() error {
	if l.lock == nil {
		return nil
	}
	err := l.lock.Close()
	l.lock = nil
	return err
}

// open fences, decides, seals.
func (l *Log) open(ctx context.Context) (*Recovered, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	heads, err := l.list(l.cfg.Domain, ^uint64(0), true)
	if err != nil {
		return nil, err
	}
	if err := (&decider{Listing: heads}).foreign(); err != nil { // before anything of theirs is touched
		return nil, err
	}
	if err := l.fence(heads); err != nil {
		return nil, err
	}
	d, r, err := l.decided()
	if err != nil { // nobody has read it: there is nothing in it
		err = errors.Join(err, l.fs.Remove(l.path(logFiles, l.name)))
	} else {
		err = l.begin(d)
	}
	if late := l.unfenced(); late != nil { // whatever went wrong, or nothing did
		err = late
	}
	if err != nil {
		if r != nil {
			err = errors.Join(err, r.Close())
		}
		return nil, errors.Join(err, l.file.Close())
	}
	l.cfg.Background(l.collect) // a base that was being made may be large
	return r, nil
}

// fence creates the first log file of the next generation. From here on, older
// writers see that they are older.
func (l *Log) fence(heads Listing) error {
	for _, f := range heads.Files {
		l.name.Generation = max(l.name.Generation, f.Name.Generation)
	}
	for try := 0; ; try++ {
		l.name.Generation++
		path := l.path(logFiles, l.name)
		f, err := l.fs.CreateExclusive(path)
		if errors.Is(err, fs.ErrExist) && try < 100 { // somebody opens at the same time
			continue
		}
		if err != nil {
			return failing("creating", path, err)
		}
		l.file, l.generation = vfs.Direct(f), l.name.Generation
		dir := filepath.Dir(path)
		if err := l.fs.SyncDir(dir); err != nil {
			return errors.Join(failing("syncing", dir, err), f.Close())
		}
		return nil
	}
}

// decided reads all that is older than this generation and decides.
func (l *Log) decided() (*Decision, *Recovered, error) {
	listing, err := l.list(l.cfg.Domain, l.name.Generation, false)
	if err != nil {
		return nil, nil, err
	}
	listing.FallBack = l.cfg.FallBack
	d, err := Decide(listing)
	if err != nil {
		return nil, nil, err
	}
	if err := l.origin(d); err != nil {
		return nil, nil, err
	}
	r, err := l.opened(d)
	if l.cfg.FallBack && !d.From.None() && spoilt(r, err) {
		if err == nil {
			err = r.Close()
		} else {
			err = nil // it has been closed
		}
		for i := range listing.Indexes {
			x := &listing.Indexes[i]
			x.Whole = x.Whole && x.Name != d.From.Name
		}
		if err == nil {
			d, err = Decide(listing)
		}
		if err == nil {
			r, err = l.opened(d)
		}
	}
	if err != nil {
		return nil, nil, err
	}
	r.Generation = l.name.Generation
	return d, r, nil
}

// spoilt reports whether the images of what was opened, or was not for err, are damaged.
func spoilt(r *Recovered, err error) bool {
	var d *Damage
	if err != nil {
		return errors.As(err, &d)
	}
	return r.verifyImages() != nil
}

// opened opens what was decided.
func (l *Log) opened(d *Decision) (r *Recovered, err error) {
	if l.current, l.previous, err = l.bases(d); err == nil {
		r, err = l.recovered(d, l.current)
	}
	if err == nil {
		r.Domain = l.cfg.Domain
		d.Committed = r.Committed // a savepoint's, if there is nothing else
	}
	return r, err
}

func syncFile(fs vfs.FS, path string) error {
	f, err := fs.Open(path)
	if err != nil {
		return failing("opening", path, err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return failing("syncing", path, err)
	}
	return nil
}

// begin writes the manifest that seals what was decided.
func (l *Log) begin(d *Decision) error {
	l.standing, l.last, l.finished, l.origins = d.standing, d.Epoch, d.Outcome == Finished, d.Origin
	if d.From != d.Base { // the newer base cannot be read: it is no base any more
		l.Base, l.Prev = d.From, BaseRef{}
	}
	last, err := l.uncertain(d)
	if err != nil {
		return err
	}
	for _, s := range d.Spans {
		if s = last.leave(s); len(s.Frames) > 0 {
			l.seals = append(l.seals, s.Seal)
		}
		for _, f := range s.Frames {
			l.tail = append(l.tail, tailFrame{s.File.Name, f})
		}
	}
	l.passTail()
	return l.manifest(last)
}

// manifest writes the first record of the current file, with the frame that it
// carries, and makes it durable.
func (l *Log) manifest(last *carried) error {
	now := l.cfg.Clock.Now()
	l.salt = id(l.cfg.Domain, l.name, now.UnixNano())
	l.mu.Lock()
	m := Manifest{standing: l.standing, Domain: l.cfg.Domain, Name: l.name, TimeMs: now.UnixMilli(),
		Last: l.last, Finished: l.finished, Origin: l.origins, Seals: slices.Clone(l.seals)}
	l.mu.Unlock()
	path := l.path(logFiles, l.name)
	end, err := l.writeManifest(&m, last)
	if err != nil {
		return failing("writing", path, err)
	}
	if err := l.file.Sync(); err != nil {
		return cmp.Or(l.unfenced(), failing("syncing", path, err))
	}
	l.size = end
	ack, err := l.fs.Create(l.path(ackFiles, l.name))
	if err != nil {
		return failing("creating", l.path(ackFiles, l.name), err)
	}
	l.ackFile, l.acks = ack, 0
	return l.acknowledge()
}

func (l *Log) writeManifest(m *Manifest, last *carried) (end int64, err error) {
	b, at := l.out[:0], FrameAt{}
	l.frames = 0
	if last != nil {
		m.Last, m.Finished = last.at.Prev, false
		if b, at, err = l.carry(b, m, last); err != nil { // to learn its size
			return 0, err
		}
		m.Carried = at.End - at.Offset
	}
	b = m.record(appendPreamble(b[:0], magicLog), l.salt)
	if last != nil {
		if b, at, err = l.carry(b, m, last); err != nil {
			return 0, err
		}
	}
	l.out = b
	if _, err := l.file.WriteAt(b, 0); err != nil || last == nil {
		return int64(len(b)), err
	}
	l.frames = 1
	l.tail = append(l.tail, tailFrame{l.name, at})
	return at.End, l.copyBlocks(last, at, int64(len(b)))
}

// acknowledge notes how far the current file is durable.
func (l *Log) acknowledge() error {
	err := writeAck(l.ackFile, l.name, Ack{Epoch: l.last, Length: l.size}, l.acks)
	if err != nil {
		return failing("writing", l.path(ackFiles, l.name), err)
	}
	l.acks++
	return nil
}
