package objectfs

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"sync"

	"github.com/weir-stream/weir/internal/vfs"
)

// ErrTaken is what a log gives a process that is not its writer any more.
var ErrTaken = errors.New("another process has taken the log over")

// piece is the most that one object of a log holds.
const piece = 64 << 20

// kept bounds what of a log is kept in memory between its being listed and read.
const kept = 64 << 20

// sequence is a folder whose files are one log.
type sequence struct {
	f   *FS
	dir string

	mu    sync.Mutex
	files map[string]*logFile // nil until it was read
	next  uint64              // number of the next object
	own   uint64              // number of the last object that this process put
	era   int                 // of handles that may write: later than any other writer's object
	open  int                 // handles of this era that may write
	held  int64               // bytes of segments in memory
}

// logFile is a file of a log.
type logFile struct {
	segments []*segment // by offset
	size     int64
	open     int
	removed  bool
}

func (s *sequence) key(name string) string { return path.Join(s.dir, name) }

// refresh reads what others may have written, if this process is not the writer.
// It tells whether this is known to be a log.
func (s *sequence) refresh() (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.files == nil || s.open > 0 {
		return s.files != nil, nil
	}
	return true, s.load()
}

// lose takes the right to write from all handles.
func (s *sequence) lose() { s.era, s.open = s.era+1, 0 }

// load reads what there is: the list, and after its last object whatever follows, at
// least up to the one that is known to have been reached: lists may lag, and others
// may have written since.
func (s *sequence) load() error {
	ctx, store := s.f.ctx, s.f.cfg.Store
	var found []vfs.Object
	last := uint64(0)
	for o, err := range store.List(ctx, s.dir+"/", "") {
		if err != nil {
			return err
		}
		if n := segmentNumber(path.Base(o.Key)); n > 0 {
			last = n
			found = append(found, o)
		}
	}
	reached, err := s.reached()
	if err != nil {
		return err
	}
	segments, err := s.fetch(found, s.known())
	if err != nil {
		return err
	}
	for s.next = last + 1; ; {
		g, err := s.segment(s.next)
		if errors.Is(err, fs.ErrNotExist) {
			if s.next >= reached {
				break
			}
			s.next++ // it was removed
			continue
		}
		if err != nil {
			return err
		}
		segments = append(segments, g)
		s.next++
	}
	if err := s.verify(segments); err != nil {
		return err
	}
	s.sort(segments)
	return nil
}

// verify reads the last segment, if it is so large that it was not read yet: what
// is damaged within a log shows by what follows it.
func (s *sequence) verify(segments []*segment) error {
	for _, g := range slices.Backward(segments) {
		if g == nil || g.size == 0 {
			continue
		}
		if g.size+g.head <= small {
			return nil
		}
		r, err := s.f.cfg.Store.Get(s.f.ctx, s.key(segmentName(g.number)), g.head, -1)
		if err != nil {
			return err
		}
		sum := crc32.New(castagnoli)
		_, err = io.Copy(sum, r)
		if err = errors.Join(err, r.Close()); err == nil && sum.Sum32() != g.sum {
			err = fmt.Errorf("%s: %w", s.dir, damaged(g.number))
		}
		return err
	}
	return nil
}

// sort makes files of segments: of those whose first segment is there.
func (s *sequence) sort(segments []*segment) {
	old := s.files
	s.files = map[string]*logFile{}
	slices.SortStableFunc(segments, func(a, b *segment) int {
		if a == nil || b == nil || a.number == b.number {
			return 0
		}
		if a.number < b.number {
			return -1
		}
		return 1
	})
	for _, g := range segments {
		if g == nil || g.kind == kindGone {
			continue
		}
		file := s.files[g.file]
		if file == nil {
			if g.size > 0 || g.offset > 0 { // its file is not listed
				continue
			}
			file = &logFile{}
			if o := old[g.file]; o != nil {
				file = o
				file.segments = nil
			}
			s.files[g.file] = file
		}
		file.add(g)
	}
}

func (f *logFile) add(g *segment) {
	f.segments = append(f.segments, g)
	f.size = max(f.size, g.offset+g.size)
}

// known gives the segments that were read before.
func (s *sequence) known() map[uint64]*segment {
	out := map[uint64]*segment{}
	for _, file := range s.files {
		for _, g := range file.segments {
			out[g.number] = g
		}
	}
	return out
}

// fetch reads segments side by side, but those that are known: what is in an object
// never changes, except that less is left of a fence.
func (s *sequence) fetch(found []vfs.Object, known map[uint64]*segment) ([]*segment, error) {
	out := make([]*segment, len(found))
	errs := make([]error, len(found))
	var wait sync.WaitGroup
	slots := make(chan struct{}, s.f.cfg.Readers)
	for i, o := range found {
		if g := known[segmentNumber(path.Base(o.Key))]; g != nil && g.kind == kindData && g.head+g.size == o.Size {
			out[i] = g
			continue
		}
		slots <- struct{}{}
		wait.Go(func() {
			out[i], errs[i] = s.segment(segmentNumber(path.Base(o.Key)))
			if errors.Is(errs[i], fs.ErrNotExist) { // removed, and the list lags
				errs[i] = nil
			}
			<-slots
		})
	}
	wait.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	for _, g := range out {
		if g == nil {
			continue
		}
		if known[g.number] == g {
			continue
		}
		if s.held += int64(len(g.data)); s.held > kept {
			s.held -= int64(len(g.data))
			g.data = nil
		}
	}
	return out, nil
}

// small is what is read of a segment at once.
const small = 256 << 10

// segment reads the header of a segment, and its data if it is small.
func (s *sequence) segment(n uint64) (*segment, error) {
	r, err := s.f.cfg.Store.Get(s.f.ctx, s.key(segmentName(n)), 0, small)
	if err != nil {
		return nil, err
	}
	size := r.Object().Size
	b, err := io.ReadAll(r)
	if err = errors.Join(err, r.Close()); err != nil {
		return nil, err
	}
	g, err := decodeSegment(n, b, size)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.dir, err)
	}
	return g, nil
}

// reached reads the number that the log is known to have reached; 0 if none is.
func (s *sequence) reached() (uint64, error) {
	b, err := vfs.ReadObject(s.f.ctx, s.f.cfg.Store, s.key(headKey))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	var n uint64
	if _, err := fmt.Sscanf(string(b), "%020d", &n); err != nil || n == 0 || string(b) != headText(n) {
		return 0, fmt.Errorf("%s is damaged; what it tells lies in the other objects too, so it can be deleted while nothing runs", s.key(headKey))
	}
	return n, nil
}

func headText(n uint64) string {
	digits := fmt.Sprintf("%020d", n)
	return fmt.Sprintf("%s %08x\n", digits, crc32.Checksum([]byte(digits), castagnoli))
}

// reach tells others what number is reached. It never goes back.
func (s *sequence) reach(n uint64) error {
	ctx, store, k := s.f.ctx, s.f.cfg.Store, s.key(headKey)
	for {
		o, err := store.Stat(ctx, k)
		if errors.Is(err, fs.ErrNotExist) {
			_, err = store.PutIfAbsent(ctx, k, []byte(headText(n)))
		} else if err == nil {
			var at uint64
			if at, err = s.reached(); err != nil || at >= n {
				return err
			}
			_, err = store.PutIf(ctx, k, []byte(headText(n)), o.ETag)
		}
		if !errors.Is(err, fs.ErrExist) && !errors.Is(err, vfs.ErrChanged) {
			return err
		}
	}
}

// put makes the next object. If there is one, all is read anew and handles from
// before can write no more.
func (s *sequence) put(name string, offset int64, data []byte) error {
	g := &segment{number: s.next, file: name, offset: offset}
	if s.own == 0 || s.own != s.next-1 {
		g.kind = kindFence
	}
	_, err := s.f.cfg.Store.PutIfAbsent(s.f.ctx, s.key(segmentName(s.next)), g.encode(s.f.cfg.Writer, data))
	switch {
	case err == nil:
		s.own = s.next
		s.next++
		file := s.files[name]
		if file == nil {
			file = &logFile{}
			s.files[name] = file
		}
		file.add(g)
		return nil
	case errors.Is(err, fs.ErrExist):
		s.lose()
		return errors.Join(ErrTaken, s.load())
	}
	s.lose() // nobody knows whether it is there
	return err
}

// create makes a file whose name comes after all others, now or ever.
func (s *sequence) create(name string) (*logHandle, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(name) > 255 {
		return nil, fs.ErrInvalid
	}
	for {
		for other := range s.files {
			if other >= name {
				return nil, fs.ErrExist
			}
		}
		err := s.put(name, 0, nil)
		if errors.Is(err, ErrTaken) && s.sound(err) {
			continue
		}
		if err == nil {
			err = s.reach(s.next)
		}
		if err != nil {
			return nil, err
		}
		file := s.files[name]
		file.open++
		s.open++
		return &logHandle{s: s, file: file, name: name, era: s.era, writes: true}, nil
	}
}

// sound tells that what was read after a refusal could be read.
func (s *sequence) sound(err error) bool {
	j, ok := err.(interface{ Unwrap() []error })
	return ok && len(j.Unwrap()) == 1
}

// remove removes a file, its objects once it is not open.
func (s *sequence) remove(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	file := s.files[name]
	if file == nil {
		return nil
	}
	delete(s.files, name)
	file.removed = true
	if file.open > 0 {
		return nil
	}
	return s.erase(file)
}

// erase removes the objects of a file, the first one last, for without it the
// others are no file; and leaves the numbers of fences taken.
func (s *sequence) erase(file *logFile) error {
	ctx, store := s.f.ctx, s.f.cfg.Store
	var keys []string
	for _, g := range file.segments[min(1, len(file.segments)):] {
		keys = append(keys, s.key(segmentName(g.number)))
	}
	for part := range slices.Chunk(keys, 1000) {
		if err := store.Delete(ctx, part...); err != nil {
			return err
		}
	}
	if len(file.segments) == 0 {
		return nil
	}
	first := file.segments[0]
	k := s.key(segmentName(first.number))
	if first.kind != kindFence {
		return store.Delete(ctx, k)
	}
	gone := segment{kind: kindGone, file: first.file}
	_, err := store.Put(ctx, k, gone.encode(s.f.cfg.Writer, nil))
	return err
}

func (s *sequence) stat(p string) (fs.FileInfo, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	file := s.files[path.Base(key(p))]
	if file == nil {
		return nil, failed("stat", p, fs.ErrNotExist)
	}
	return info{name: path.Base(key(p)), size: file.size}, nil
}

func (s *sequence) entries() (out []fs.DirEntry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(s.files)) {
		out = append(out, fs.FileInfoToDirEntry(info{name: name, size: s.files[name].size}))
	}
	return out
}
