package snapshot

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"github.com/weir-stream/weir/internal/clock"
	"github.com/weir-stream/weir/internal/vfs"
)

// imageWriter writes images one after another into files of bounded size.
type imageWriter struct {
	store store
	most  int64
	next  func() Name
	name  Name
	file  vfs.File // nil if none is open
	size  int64
	made  int64        // bytes of images, in all files
	ahead []vfs.Placed // images of file that have a place and are not written
	dead  bool

	clock    clock.Clock
	unsynced int64
	hurried  bool
}

// place says where the stored bytes of an image go, which must stay until flush has
// written them.
func (w *imageWriter) place(r *ImageRef, stored []byte) error {
	if w.dead {
		return errNoBase
	}
	if w.file != nil && w.size >= w.most {
		if err := w.finish(); err != nil {
			return err
		}
	}
	if w.file == nil {
		if err := w.begin(); err != nil {
			return err
		}
	}
	at := imageAt(w.size, len(stored))
	w.ahead = append(w.ahead, vfs.Placed{Data: stored, At: at})
	r.name, r.File, r.Offset = w.name, w.path(), at
	if w.size = at + int64(len(stored)); len(stored) >= vfs.DirectLeast { // see vfs.WriteAll
		w.size = imageAt(w.size, len(stored))
	}
	w.made += int64(len(stored))
	w.unsynced += int64(len(stored))
	return nil
}

func (w *imageWriter) path() string { return w.store.path(imageFiles, w.name) }

// write writes what has a place.
func (w *imageWriter) write() error {
	if len(w.ahead) == 0 {
		return nil
	}
	err := vfs.WriteAll(w.file, w.ahead)
	clear(w.ahead)
	if w.ahead = w.ahead[:0]; err != nil {
		return failing("writing", w.path(), err)
	}
	return nil
}

// flush is write, and lets the disk breathe.
func (w *imageWriter) flush() error {
	if err := w.write(); err != nil {
		return err
	}
	most := int64(imageSync)
	if w.hurried {
		most *= 8
	}
	if w.file != nil && w.unsynced >= most {
		return w.yield(w.path())
	}
	return nil
}

// imageAt is where an image goes after size bytes of a file. Long ones begin where a
// block of the disk does: they lie so in memory too, and are written from there.
func imageAt(size int64, length int) int64 {
	align := int64(ImageAlign)
	if length >= vfs.DirectLeast {
		align = vfs.DirectAlign
	}
	return (size + align - 1) &^ (align - 1)
}

// imageSync is how many bytes of images are written before they are synced: what
// the system has not written yet when an epoch is synced, that sync waits for.
const imageSync = 4 << 20

// yield syncs what was written of the current file, and then leaves the disk to
// the epochs for as long as that took.
func (w *imageWriter) yield(path string) error {
	w.unsynced = 0
	start := w.clock.Now()
	// Through a handle of its own: for files of an object store, which are not
	// there before they are finished, there is nothing to do.
	if err := syncFile(w.store.fs, path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if took := w.clock.Now().Sub(start); took > 0 && !w.hurried {
		return clock.Sleep(context.Background(), w.clock, took)
	}
	return nil
}

func (w *imageWriter) begin() error {
	w.name = w.next()
	path := w.store.path(imageFiles, w.name)
	f, err := w.store.fs.CreateExclusive(path)
	if err != nil {
		return failing("creating", path, err)
	}
	w.file = vfs.Direct(f)
	if _, err := f.WriteAt(appendPreamble(nil, magicImage), 0); err != nil {
		return failing("writing", path, err)
	}
	w.size = preambleSize
	return nil
}

// finish makes the bytes of the current file durable.
func (w *imageWriter) finish() error {
	if w.file == nil {
		return nil
	}
	err := w.write()
	f := w.file
	if w.file = nil; err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return failing("syncing", w.store.path(imageFiles, w.name), err)
	}
	return nil
}

// abandon leaves the files to the collector.
func (w *imageWriter) abandon() {
	w.dead, w.ahead = true, nil
	if w.file != nil {
		_ = w.file.Close() // nobody will read it
		w.file = nil
	}
}

// usage is how much of an image file a base refers to.
type usage struct {
	live   int64
	images []imageKey
}

// Files of which less than half is live are rewritten, and so are small ones once
// there are many.
const (
	manyFiles  = 32
	smallShare = 8 // of ImageBytes
)

// compactLeast is how many bytes of images may be copied in any case to give disk space
// back. More than a base has written is left to the next ones.
const compactLeast = 64 << 20

// compact copies the live images of files that are mostly dead into this base's.
func (b *Base) compact() error {
	room := max(b.out.made, compactLeast)
	files := map[Name]*usage{}
	for k, r := range b.images {
		if r.name.Generation == b.name.Generation && r.name.Number > b.start {
			continue
		}
		u := files[r.name]
		if u == nil {
			u = &usage{}
			files[r.name] = u
		}
		u.live += int64(r.Length)
		u.images = append(u.images, k)
	}
	for _, n := range slices.SortedFunc(maps.Keys(files), Name.compare) { // in the same order each time
		u := files[n]
		path := b.l.path(imageFiles, n)
		st, err := b.l.fs.Stat(path)
		if err != nil {
			return failing("reading", path, err)
		}
		small := len(files) > manyFiles && u.live < b.l.cfg.ImageBytes/smallShare
		if !small && u.live >= (st.Size()-preambleSize)/2 {
			continue
		}
		if room -= u.live; room < 0 {
			break
		}
		slices.SortFunc(u.images, compareKeys)
		if err := b.rewrite(path, u.images); err != nil {
			return err
		}
	}
	return nil
}

// rewrite copies images out of a file.
func (b *Base) rewrite(path string, keys []imageKey) error {
	f, err := b.l.fs.Open(path)
	if err != nil {
		return failing("opening", path, err)
	}
	defer f.Close()
	var buf []byte
	for _, k := range keys {
		r := b.images[k]
		if buf, err = readStored(f, path, r.Offset, r.Length, r.sum, buf); err != nil {
			return err
		}
		if b.put(r, buf[:r.Length]); b.err == nil {
			b.err = b.out.flush()
		}
		if b.err != nil {
			return b.err
		}
	}
	return nil
}

// short tells of a file that ends within a block.
func short(path string, off int64, n int, size int64) error {
	return damaged(path, off, fmt.Sprintf("it ends at byte %d, within a block of %d bytes", size, n))
}

// readStored reads the stored bytes of a block or image into buf and checks them.
func readStored(f vfs.File, path string, off int64, n int, sum uint32, buf []byte) ([]byte, error) {
	if cap(buf) < n {
		st, err := f.Stat()
		if err != nil {
			return buf, failing("reading", path, err)
		}
		if off+int64(n) > st.Size() {
			return buf, short(path, off, n, st.Size())
		}
		buf = make([]byte, n)
	}
	buf = buf[:n]
	if got, err := f.ReadAt(buf, off); got < n {
		if isEOF(err) {
			return buf, damaged(path, off, "it ends within a block")
		}
		return buf, failing("reading", path, err)
	}
	if checksum(buf) != sum {
		return buf, damaged(path, off, "the checksum of a block is wrong")
	}
	return buf, nil
}
