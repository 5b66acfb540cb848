package snapshot

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/vfs"
)

// Recovered is the state as it was after an epoch. It stays readable while the
// log goes on, until it is closed; several goroutines may read it at once.
type Recovered struct {
	Epoch      uint64 // 0: nothing is durable yet
	TimeMs     int64  // of that epoch's frame
	Meta       []byte // of that epoch's frame
	Committed  uint64 // sink handles up to this epoch have been committed
	Generation uint64 // of the log that was opened with it
	Finished   bool   // the job had ended
	Warnings   []string

	// Domain is the job whose state it is. The state of a savepoint may be another's.
	Domain string

	store  store
	based  bool   // there is a base
	least  uint64 // frames up to this epoch are in it
	images []ImageRef
	passed map[string]map[int]uint64 // epoch that all images of a (table, subtask) hold
	spans  []Span
	origin *Recovered // the savepoint under it, nil if there is none
	open   *handles
	uses   atomic.Int32 // calls of Close that there will be
}

// handles are the files of a Recovered, opened when they are first read.
type handles struct {
	mu     sync.Mutex
	fs     vfs.FS
	files  map[string]vfs.File
	closed bool
}

func (h *handles) get(path string) (vfs.File, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, &sqlerr.Error{Code: sqlerr.Runtime, Msg: "recovered state was asked for " + path, Err: ErrClosed}
	}
	f := h.files[path]
	if f == nil {
		var err error
		if f, err = h.fs.Open(path); err != nil {
			return nil, failing("opening", path, err)
		}
		h.files[path] = f
	}
	return f, nil
}

// Hold has the files stay open until Close was called once more.
func (r *Recovered) Hold() { r.uses.Add(1) }

// Close gives the files up that reading opened.
func (r *Recovered) Close() error {
	if r.uses.Add(-1) > 0 {
		return nil
	}
	r.open.mu.Lock()
	defer r.open.mu.Unlock()
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(r.open.files)) { // files that are gone go now: in the same order each time
		errs = append(errs, r.open.files[name].Close())
	}
	r.open.files, r.open.closed = nil, true
	if r.origin != nil {
		errs = append(errs, r.origin.Close())
	}
	return errors.Join(errs...)
}

func newRecovered(s store) *Recovered {
	r := &Recovered{store: s, passed: map[string]map[int]uint64{}, open: &handles{fs: s.fs, files: map[string]vfs.File{}}}
	r.uses.Store(1)
	return r
}

// bases reads the indexes of the base to begin with and of the one before.
func (s store) bases(d *Decision) (current, previous *index, err error) {
	if current, err = s.base(d.From); err != nil || d.From != d.Base {
		return current, nil, err
	}
	if previous, err = s.base(d.Prev); err != nil { // needed only were the current one damaged
		previous = nil
	}
	return current, previous, nil
}

// recovered opens what was decided.
func (s store) recovered(d *Decision, x *index) (*Recovered, error) {
	r := newRecovered(s)
	r.Epoch, r.Committed, r.Finished, r.Warnings, r.spans = d.Epoch, d.Committed, d.Outcome == Finished, d.Warnings, d.Spans
	return r, r.fill(x, d.Origin)
}

// fill takes a base and the savepoint under the frames, and opens all files, so
// that they can go while they are read.
func (r *Recovered) fill(x *index, o Origin) error {
	var err error
	if x != nil {
		err = r.base(x)
	}
	for _, s := range r.spans {
		if err == nil {
			_, err = r.open.get(s.File.Path)
		}
	}
	if err == nil && o.Dir != "" && x == nil {
		r.origin, err = openSavepoint(r.store.fs, o.Dir, o.ID)
	}
	if err == nil {
		err = r.last()
	}
	if err != nil {
		return errors.Join(err, r.Close())
	}
	return nil
}

// base reads the index of a base; nil if ref is none.
func (s store) base(ref BaseRef) (*index, error) {
	if ref.None() {
		return nil, nil
	}
	path := s.path(indexFiles, ref.Name)
	b, err := s.read(path)
	if err != nil {
		return nil, err
	}
	x, err := parseIndex(b)
	if err != nil {
		return nil, (&Damage{File: path, Reason: err.Error()}).user(hintRestore)
	}
	for i := range x.images {
		x.images[i].File = s.path(imageFiles, x.images[i].name)
	}
	return x, nil
}

// base takes the images of a base, and checks that their files are there and as long as
// they must be: some of them may be read late, or never.
func (r *Recovered) base(x *index) error {
	r.images, r.least, r.based = x.images, x.least, true
	for i := range x.images {
		im := &x.images[i]
		of := r.passed[im.Table]
		if of == nil {
			of = map[int]uint64{}
			r.passed[im.Table] = of
		}
		if e, ok := of[im.Subtask]; !ok || im.Epoch < e {
			of[im.Subtask] = im.Epoch
		}
	}
	sizes := map[string]int64{}
	for i := range x.images {
		im := &x.images[i]
		size, ok := sizes[im.File]
		if !ok {
			f, err := r.open.get(im.File)
			if err != nil {
				return (&Damage{File: im.File, Reason: err.Error()}).user(hintRestore)
			}
			st, err := f.Stat()
			if err != nil {
				return failing("reading", im.File, err)
			}
			size = st.Size()
			sizes[im.File] = size
		}
		if im.Length > 0 && im.Offset+int64(im.Length) > size {
			return short(im.File, im.Offset, im.Length, size)
		}
	}
	return nil
}

// last reads what the last frame says.
func (r *Recovered) last() error {
	for i := len(r.spans) - 1; i >= 0; i-- {
		fs := r.spans[i].Frames
		if len(fs) == 0 {
			continue
		}
		f, _, err := r.readFront(&r.spans[i], &fs[len(fs)-1], nil)
		if err != nil {
			return err
		}
		r.Meta, r.TimeMs = f.meta, f.timeMs
		return nil
	}
	if r.origin != nil {
		o := r.origin
		r.Meta, r.TimeMs, r.Committed = o.Meta, o.TimeMs, max(r.Committed, o.Committed)
	}
	return nil
}

// readFront reads the front of a frame into buf, which the front refers to.
func (r *Recovered) readFront(s *Span, at *FrameAt, buf []byte) (*front, []byte, error) {
	file, err := r.open.get(s.File.Path)
	if err != nil {
		return nil, buf, err
	}
	return readFront(&window{r: file, size: at.End, mem: buf}, s.File.Path, at)
}

// readFront reads the front of a frame into the window's memory, which the front
// refers to.
func readFront(w *window, path string, at *FrameAt) (*front, []byte, error) {
	b, err := w.at(at.Offset, headerSize)
	if err != nil {
		return nil, w.mem, failing("reading", path, err)
	}
	var h header
	if !h.parse(b) {
		return nil, w.mem, damaged(path, at.Offset, "it is no frame any more")
	}
	b, err = w.at(at.Offset, headerSize+int(h.front))
	if err != nil {
		return nil, w.mem, failing("reading", path, err)
	}
	if len(b) < headerSize+int(h.front) || checksum(b[headerSize:]) != h.frontSum {
		return nil, w.mem, damaged(path, at.Offset, "the checksum of its directory is wrong")
	}
	f, err := parseFront(&h, b[headerSize:], at.Offset)
	if err != nil {
		return nil, w.mem, damaged(path, at.Offset, err.Error())
	}
	return f, w.mem, nil
}

func isEOF(err error) bool { return errors.Is(err, io.EOF) }

func damaged(path string, off int64, reason string) error {
	return (&Damage{File: path, Offset: off, Reason: reason}).user(hintRestore)
}

// Source is a table of one subtask.
type Source struct {
	Table   string
	Subtask int
}

// Blocks gives the images, and then the changes of the frames after them in
// order of epochs. It reads one block at a time, checks its checksum first, and
// stops at the first error. A block's bytes are valid until the function returns.
func (r *Recovered) Blocks(do func(Block) error) error {
	return r.BlocksOf(func(Source) bool { return true }, do)
}

// BlocksOf gives the blocks of the sources that keep takes, as Blocks does.
func (r *Recovered) BlocksOf(keep func(Source) bool, do func(Block) error) error {
	g := r.reader()
	defer g.close()
	if r.origin != nil {
		if err := r.origin.BlocksOf(keep, do); err != nil {
			return err
		}
	}
	if err := g.images(keep, do); err != nil {
		return err
	}
	return r.changes(g, keep, do)
}

// Changes is Blocks without the images.
func (r *Recovered) Changes(do func(Block) error) error {
	all := func(Source) bool { return true }
	if r.origin != nil {
		if err := r.origin.Changes(do); err != nil {
			return err
		}
	}
	g := r.reader()
	defer g.close()
	return r.changes(g, all, do)
}

func (r *Recovered) changes(g *blockReader, keep func(Source) bool, do func(Block) error) error {
	return r.frames(r.least, func(f *front, path string) error {
		for i := range f.entries {
			x := &f.entries[i]
			if f.epoch <= r.passed[x.table][x.subtask] || !keep(Source{x.table, x.subtask}) {
				continue
			}
			data, err := g.block(path, x)
			if err != nil {
				return err
			}
			if err := do(Block{Table: x.table, Subtask: x.subtask, Data: data}); err != nil {
				return err
			}
		}
		return nil
	})
}

// Frames gives the metas of the frames whose sink handles may not have been
// committed, in order of epochs. They are valid until the function returns.
func (r *Recovered) Frames(do func(epoch uint64, meta []byte) error) error {
	return r.allFrames(r.Committed, func(_ *Recovered, f *front, _ string) error { return do(f.epoch, f.meta) })
}

// allFrames walks the frames after an epoch, those of the savepoint under it too.
func (r *Recovered) allFrames(after uint64, do func(from *Recovered, f *front, path string) error) error {
	if r.origin != nil {
		if err := r.origin.allFrames(after, do); err != nil {
			return err
		}
	}
	return r.frames(after, func(f *front, path string) error { return do(r, f, path) })
}

// frames walks the frames after an epoch.
func (r *Recovered) frames(after uint64, do func(f *front, path string) error) error {
	var buf []byte
	for i := range r.spans {
		s := &r.spans[i]
		for j := range s.Frames {
			if s.Frames[j].Epoch <= after {
				continue
			}
			f, b, err := r.readFront(s, &s.Frames[j], buf)
			if err != nil {
				return err
			}
			buf = b
			if err := do(f, s.File.Path); err != nil {
				return err
			}
		}
	}
	return nil
}

// Images gives the images of a source that keep takes where they lie, in their
// order. Nothing of them has been read but their heads, which are whole.
func (r *Recovered) Images(keep func(Source) bool) []ImageRef {
	var out []ImageRef
	if r.origin != nil {
		out = r.origin.Images(keep)
	}
	for i := range r.images {
		if keep(Source{r.images[i].Table, r.images[i].Subtask}) {
			out = append(out, r.images[i])
		}
	}
	return out
}

// Lies opens the file of an image of Images. It stays open until r is closed.
func (r *Recovered) Lies(im *ImageRef) (vfs.File, error) {
	if r.origin != nil {
		return r.origin.Lies(im)
	}
	return r.open.get(im.File)
}

// Read gives the bytes of images of Images one after the other, checked. They are
// valid until the function returns.
func (r *Recovered) Read(images []ImageRef, do func(im *ImageRef, data []byte) error) error {
	if r.origin != nil {
		return r.origin.Read(images, do)
	}
	g := r.reader()
	defer g.close()
	for i := range images {
		data, err := g.image(&images[i])
		if err == nil {
			err = do(&images[i], data)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Load reads an image that is not compressed from its file into dst, of its length, and
// checks it. Many may do so at a time.
func (r *ImageRef) Load(f vfs.File, dst []byte) error {
	_, err := readStored(f, r.File, r.Offset, len(dst), r.sum, dst)
	return err
}

// Verify reads all that recovery would and checks it.
func (r *Recovered) Verify() error { return r.Blocks(func(Block) error { return nil }) }

// blockReader reads blocks one after another.
type blockReader struct {
	r      *Recovered
	stored []byte
	unpack decompressor
}

func (r *Recovered) reader() *blockReader { return &blockReader{r: r} }

func (g *blockReader) close() { g.unpack.close() }

// images reads the images of the sources that keep takes.
func (g *blockReader) images(keep func(Source) bool, do func(Block) error) error {
	for i := range g.r.images {
		im := &g.r.images[i]
		if !keep(Source{im.Table, im.Subtask}) {
			continue
		}
		data, err := g.image(im)
		if err != nil {
			return err
		}
		if err := do(Block{Table: im.Table, Subtask: im.Subtask, Data: data}); err != nil {
			return err
		}
	}
	return nil
}

func (g *blockReader) image(im *ImageRef) ([]byte, error) {
	x := entry{table: im.Table, subtask: im.Subtask, codec: im.codec, offset: im.Offset, stored: im.Length, raw: im.Raw, sum: im.sum}
	return g.block(im.File, &x)
}

// verifyImages reads the images and checks them.
func (r *Recovered) verifyImages() error {
	g := r.reader()
	defer g.close()
	return g.images(func(Source) bool { return true }, func(Block) error { return nil })
}

// block reads a block. Its bytes are valid until the next call.
func (g *blockReader) block(path string, x *entry) ([]byte, error) {
	file, err := g.r.open.get(path)
	if err != nil {
		return nil, err
	}
	b, err := readStored(file, path, x.offset, x.stored, x.sum, g.stored)
	g.stored = b
	if err != nil {
		return nil, err
	}
	if x.raw > math.MaxInt32 && x.codec != codecNone {
		return nil, damaged(path, x.offset, fmt.Sprintf("a block of %d bytes cannot have been compressed", x.raw))
	}
	out, err := g.unpack.bytes(b, x.codec, x.raw)
	if err != nil {
		return nil, damaged(path, x.offset, err.Error())
	}
	return out, nil
}

// Based reports whether the images are of a base of the log that goes on, so that
// its next base may keep them.
func (r *Recovered) Based() bool { return r.based && r.origin == nil }
