package snapshot

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/weir-stream/weir/internal/sqlerr"
)

// Base is a set of images that is being made, in the background and apart from
// the epochs. It must hold an image of every part that any table has: what it
// holds none of is taken to have been empty at BeginBase. Its methods may be
// called by several goroutines at once.
type Base struct {
	l     *Log
	name  Name
	start uint64 // number of the last image file before this base

	mu     sync.Mutex
	least  uint64
	most   uint64
	images map[imageKey]ImageRef
	out    *imageWriter
	err    error // why it cannot be committed
	done   bool
}

type imageKey struct {
	table   string
	subtask int
	part    uint64
}

// ready is a base that is durable and that no frame has named yet.
type ready struct {
	ref   BaseRef
	index *index
	start uint64
}

// BeginBase begins a base. There is one at a time, and the next only once a frame
// has named the last.
func (l *Log) BeginBase() (*Base, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.base != nil || l.ready != nil {
		return nil, errors.New("a base is being made, or was made and waits for an epoch to name it")
	}
	l.round++
	b := &Base{l: l, name: Name{l.generation, l.round}, start: l.image, least: l.last, images: map[imageKey]ImageRef{}}
	b.out = &imageWriter{store: l.store, most: l.cfg.ImageBytes, clock: l.cfg.Clock, next: func() Name {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.image++
		return Name{l.generation, l.image}
	}}
	l.base = b
	return b, nil
}

// Put writes images. The bytes of each must be the part as it was at the marker of its
// Epoch, which need not be durable yet: the base is named by the first frame
// that is not of an earlier epoch. What their memory has room for behind them may be
// overwritten.
func (b *Base) Put(ims ...Image) error {
	refs, all := make([]ImageRef, len(ims)), make([][]byte, len(ims))
	for i, im := range ims {
		stored, c := b.l.pack.compress(nil, im.Data)
		if c == codecNone {
			stored = im.Data
		}
		refs[i] = ImageRef{Table: im.Table, Subtask: im.Subtask, Part: im.Part, Epoch: im.Epoch,
			Length: len(stored), Raw: len(im.Data), codec: c, sum: checksum(stored), Head: bytes.Clone(im.Data[:im.Head])}
		all[i] = stored
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, r := range refs {
		b.put(r, all[i])
	}
	if b.err == nil {
		b.err = b.out.flush()
	}
	return b.err
}

// put gives an image its place.
func (b *Base) put(ref ImageRef, stored []byte) {
	if b.err == nil {
		b.err = b.out.place(&ref, stored)
	}
	if b.err == nil {
		b.hold(ref)
	}
}

func (b *Base) hold(ref ImageRef) {
	b.images[imageKey{ref.Table, ref.Subtask, ref.Part}] = ref
	b.least, b.most = min(b.least, ref.Epoch), max(b.most, ref.Epoch)
}

// Keep says that the image which the current base has of a part still holds: that
// nothing of it changed up to epoch.
func (b *Base) Keep(table string, subtask int, part uint64, epoch uint64) {
	b.l.mu.Lock()
	now := b.l.current
	b.l.mu.Unlock()
	b.mu.Lock()
	defer b.mu.Unlock()
	old, ok := now.find(imageKey{table, subtask, part})
	if !ok {
		if b.err == nil {
			b.err = fmt.Errorf("the current base has no image of part %d of %s, subtask %d, to be kept", part, table, subtask)
		}
		return
	}
	old.Epoch = max(old.Epoch, epoch)
	b.hold(old)
}

// Commit makes the base durable. The next frame names it, and log files go once
// nothing that is kept needs them. Images that lie in files which are mostly dead
// are copied first.
func (b *Base) Commit() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.done {
		return errors.New("the base was committed or abandoned before")
	}
	b.done = true
	if b.err == nil {
		b.err = b.compact()
	}
	if b.err == nil {
		b.err = b.out.finish()
	}
	var ref BaseRef
	x := b.sorted()
	if b.err == nil {
		ref, b.err = b.l.store.putIndex(b.name, x)
	}
	if b.err != nil {
		if late := b.l.unfenced(); late != nil {
			b.err = late
		}
	}
	b.l.mu.Lock()
	b.l.base = nil
	if b.err == nil {
		b.l.ready = &ready{ref: ref, index: x, start: b.start}
	}
	b.l.mu.Unlock()
	return b.err
}

// Hurry has images written as fast as the disk takes them: syncs of the log may wait
// for them from now on.
func (b *Base) Hurry() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.out.hurried = true
}

// Written is the bytes of images that were written for the base.
func (b *Base) Written() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.out.made
}

// Abandon gives the base up, unless it was committed. It may always be called.
func (b *Base) Abandon() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.done {
		return
	}
	b.done = true
	b.out.abandon()
	b.l.mu.Lock()
	b.l.base = nil
	b.l.mu.Unlock()
	b.l.cfg.Background(b.l.collect)
}

// sorted gives the index of what was put and kept.
func (b *Base) sorted() *index {
	x := &index{domain: b.l.cfg.Domain, least: b.least, most: b.most, images: make([]ImageRef, 0, len(b.images))}
	for _, r := range b.images {
		x.images = append(x.images, r)
	}
	slices.SortFunc(x.images, func(p, q ImageRef) int { return compareKeys(p.key(), q.key()) })
	return x
}

func (r *ImageRef) key() imageKey { return imageKey{r.Table, r.Subtask, r.Part} }

func compareKeys(p, q imageKey) int {
	switch {
	case p.table != q.table:
		return strings.Compare(p.table, q.table)
	case p.subtask != q.subtask:
		return p.subtask - q.subtask
	case p.part < q.part:
		return -1
	case p.part > q.part:
		return 1
	}
	return 0
}

// find gives the image of a part; x may be nil.
func (x *index) find(k imageKey) (ImageRef, bool) {
	if x == nil {
		return ImageRef{}, false
	}
	i, ok := slices.BinarySearchFunc(x.images, k, func(r ImageRef, k imageKey) int { return compareKeys(r.key(), k) })
	if !ok {
		return ImageRef{}, false
	}
	return x.images[i], true
}

// putIndex makes an index durable, and with it the names of the image files.
func (s store) putIndex(n Name, x *index) (BaseRef, error) {
	path := s.path(indexFiles, n)
	b := x.encode()
	if err := s.create(path, b); err != nil {
		return BaseRef{}, err
	}
	if err := s.fs.SyncDir(filepath.Dir(path)); err != nil {
		return BaseRef{}, failing("syncing", filepath.Dir(path), err)
	}
	return BaseRef{Name: n, Least: x.least, Size: int64(len(b)), Sum: checksum(b)}, nil
}

// create writes a whole new file and makes its bytes durable.
func (s store) create(path string, b []byte) error {
	f, err := s.fs.CreateExclusive(path)
	if err != nil {
		return failing("creating", path, err)
	}
	_, err = f.WriteAt(b, 0)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return failing("writing", path, err)
	}
	return nil
}

// naming names a base that is ready in a frame of an epoch.
func (l *Log) naming(st *standing, epoch uint64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ready == nil || l.ready.index.most > epoch {
		return false
	}
	st.Prev, st.Base = st.Base, l.ready.ref
	return true
}

// named is called once a frame that names the base is durable.
func (l *Log) named() {
	l.previous, l.current, l.ready = l.current, l.ready.index, nil
	l.passTail()
}

// errNoBase is for the images of a base that was given up.
var errNoBase = &sqlerr.Error{Code: sqlerr.Runtime, Msg: "the base was given up"}
