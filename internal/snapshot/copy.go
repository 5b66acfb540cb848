package snapshot

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"

	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/vfs"
)

// copier writes a savepoint of what was recovered.
type copier struct {
	ctx    context.Context
	r      *Recovered
	to     store
	salt   uint64
	ref    BaseRef
	bytes  int64
	buf    []byte
	head   []byte
	tables map[string]int
}

// Savepoint copies the state into a directory of its own, as Log.Savepoint does.
// Of the config only FS (where dir lies; nil is where the state does), the clock
// and the size of files of images are used.
func (r *Recovered) Savepoint(ctx context.Context, dir string, cfg Config) (*SavepointInfo, error) {
	cfg = cfg.filled()
	fsys := cfg.FS
	if fsys == nil {
		fsys = r.store.fs
	}
	if r.Epoch == 0 {
		return nil, sqlerr.New(sqlerr.Runtime, sqlerr.Pos{}, "no epoch of %s is durable yet, so there is nothing to make a savepoint of", r.store.dir)
	}
	if _, err := fsys.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		if err == nil {
			err = occupied(fsys, dir)
		}
		return nil, err
	}
	now := cfg.Clock.Now()
	info := &SavepointInfo{Dir: dir, Version: Version, ID: id(r.Domain, r.Epoch, dir, now.UnixNano()), Domain: r.Domain, Epoch: r.Epoch, TimeMs: now.UnixMilli()}
	making := filepath.Join(filepath.Dir(dir), "."+filepath.Base(dir)+".making")
	if vfs.RenameCopies(fsys, dir) { // its last file makes it a savepoint
		making = dir
	}
	c := &copier{ctx: ctx, r: r, to: store{fsys, making}, salt: id("log", info.ID), tables: map[string]int{}}
	var err error
	if making != dir {
		err = fsys.RemoveAll(making) // of an earlier try
	}
	if err == nil {
		err = c.all(info, cfg)
	}
	if err == nil && making != dir {
		err = fsys.Rename(making, dir)
	}
	if err == nil {
		err = syncDir(fsys, filepath.Dir(dir))
	}
	if err != nil {
		return nil, errors.Join(failing("making savepoint", dir, err), fsys.RemoveAll(making))
	}
	return info, nil
}

// occupied says what is where a savepoint shall be.
func occupied(fsys vfs.FS, dir string) error {
	if _, err := fsys.Stat(filepath.Join(dir, savepointFile)); errors.Is(err, fs.ErrNotExist) {
		return sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "there are files below %s, and they are no savepoint", dir).
			WithHint("give it another name, or remove them: a savepoint that was not finished may have left them")
	}
	return sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "savepoint %s exists", dir).WithHint("give it another name, or drop that one first")
}

// all writes all files, durably; that which makes it a savepoint is the last.
func (c *copier) all(info *SavepointInfo, cfg Config) error {
	for _, k := range []kind{logFiles, imageFiles} {
		if err := makeDir(c.to.fs, filepath.Join(c.to.dir, k.dir)); err != nil {
			return err
		}
	}
	if err := c.images(cfg); err != nil {
		return err
	}
	if err := c.log(info); err != nil {
		return err
	}
	info.Bytes = c.bytes
	if err := c.to.create(filepath.Join(c.to.dir, savepointFile), info.encode()); err != nil {
		return err
	}
	return syncDir(c.to.fs, c.to.dir)
}

// images copies the images, and makes the index of them.
func (c *copier) images(cfg Config) error {
	x := &index{domain: c.r.Domain, least: c.r.least, most: c.r.Epoch}
	number := uint64(0)
	w := &imageWriter{store: c.to, most: cfg.ImageBytes, clock: cfg.Clock, next: func() Name { number++; return Name{1, number} }}
	defer w.abandon()
	from := c.r
	if from.origin != nil && !from.based {
		from = from.origin
		x.least = from.least
	}
	if !from.based {
		return nil
	}
	for _, im := range from.images {
		b, err := c.stored(from, im.File, im.Offset, im.Length, im.sum)
		if err != nil {
			return err
		}
		if err = w.place(&im, b); err == nil {
			err = w.flush()
		}
		if err != nil {
			return err
		}
		x.images = append(x.images, im)
	}
	if err := w.finish(); err != nil {
		return err
	}
	c.bytes += w.made
	ref, err := c.to.putIndex(Name{1, 1}, x)
	c.ref = ref
	return err
}

// stored reads the stored bytes of a block, valid until the next call.
func (c *copier) stored(from *Recovered, path string, off int64, n int, sum uint32) ([]byte, error) {
	if err := c.ctx.Err(); err != nil {
		return nil, err
	}
	f, err := from.open.get(path)
	if err != nil {
		return nil, err
	}
	c.buf, err = readStored(f, path, off, n, sum, c.buf)
	return c.buf, err
}

// log copies the frames that are needed beside the images, as one file.
func (c *copier) log(info *SavepointInfo) error {
	need := uint64(0)
	if !c.ref.None() {
		need = min(c.ref.Least, c.r.Committed, c.r.Epoch-1)
	}
	name := Name{1, 0}
	path := c.to.path(logFiles, name)
	f, err := c.to.fs.CreateExclusive(path)
	if err != nil {
		return err
	}
	at, last := int64(0), uint64(0)
	write := func(b []byte) error {
		n, err := f.WriteAt(b, at)
		at += int64(n)
		return err
	}
	err = c.r.allFrames(need, func(from *Recovered, fr *front, file string) error {
		if at == 0 {
			m := Manifest{standing: standing{Committed: min(c.r.Committed, fr.prev), Base: c.ref}, Domain: info.Domain, Name: name, TimeMs: info.TimeMs, Last: fr.prev}
			if err := write(m.record(appendPreamble(nil, magicLog), c.salt)); err != nil {
				return err
			}
			last = fr.prev
		}
		if err := write(make([]byte, aligned(at)-at)); err != nil {
			return err
		}
		fr.Base, fr.Prev, fr.prev = c.ref, BaseRef{}, last
		last = fr.epoch
		c.head = appendHead(c.head[:0], fr, c.salt, c.tables)
		if err := write(c.head); err != nil {
			return err
		}
		for i := range fr.entries {
			e := &fr.entries[i]
			b, err := c.stored(from, file, e.offset, e.stored, e.sum)
			if err == nil {
				err = write(b)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	c.bytes += at
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return syncDir(c.to.fs, filepath.Dir(path))
}
