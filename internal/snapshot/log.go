package snapshot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"sync"

	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/vfs"
)

// Log is the epoch log of one run of a job. Append is for one goroutine at a
// time; the rest may be called beside it.
type Log struct {
	store
	cfg        Config
	lock       io.Closer
	generation uint64

	// Of whoever appends.
	appending sync.Mutex
	name      Name // of the current file
	file      vfs.File
	ackFile   vfs.File
	acks      uint64
	salt      uint64
	size      int64 // of the current file
	frames    int   // in the current file
	pack      *compressor
	out       []byte // the head of what is written next
	writer    writer
	packed    []byte
	front     front
	tables    map[string]int
	failed    error // why nothing more is appended

	collecting sync.Mutex // files are not deleted while it is held

	mu sync.Mutex // of all below
	standing
	last     uint64 // epoch of the last durable frame
	finished bool
	origins  Origin
	seals    []Seal // of the files before the current one
	tail     []tailFrame
	base     *Base  // being made
	ready    *ready // made, and not named by a frame yet
	round    uint64 // number of the base made last in this generation
	current  *index // of standing.Base
	previous *index // of standing.Prev
	image    uint64 // number of the image file made last
}

// tailFrame is a frame that is kept.
type tailFrame struct {
	file Name
	FrameAt
}

// Generation is the number of this run among those that opened the directory.
func (l *Log) Generation() uint64 { return l.generation }

// Epoch is the last durable epoch.
func (l *Log) Epoch() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last
}

// TailBytes is the size of the frames that recovery would read beside the
// current base.
func (l *Log) TailBytes() int64 {
	_, n := l.Tail()
	return n
}

// Tail gives the epoch after which recovery would read frames beside the current base,
// and their size.
func (l *Log) Tail() (after uint64, bytes int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, f := range l.tail {
		if f.Epoch > l.Base.Least {
			bytes += f.End - f.Offset
		}
	}
	return l.Base.Least, bytes
}

// Append makes an epoch durable: one write, one sync. It returns once the frame
// counts. Any error is final: nobody knows what of the frame reached the disk, so
// the log takes no more and the job must be recovered.
func (l *Log) Append(ctx context.Context, f *Frame) error {
	l.appending.Lock()
	defer l.appending.Unlock()
	if l.failed != nil {
		return l.failed
	}
	named, err := l.append(ctx, f)
	if err != nil {
		l.failed = err
		return err
	}
	if named {
		l.cfg.Background(l.collect)
	}
	return nil
}

func (l *Log) append(ctx context.Context, f *Frame) (named bool, err error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	if f.Epoch <= l.last || l.finished {
		return false, fmt.Errorf("epoch %d cannot follow epoch %d (final: %v)", f.Epoch, l.last, l.finished)
	}
	if err := l.unfenced(); err != nil {
		return false, err
	}
	if l.size >= l.cfg.RollBytes && l.frames > 0 {
		if err := l.roll(); err != nil {
			return false, err
		}
	}
	l.mu.Lock()
	st := l.standing
	l.mu.Unlock()
	st.Committed = max(st.Committed, f.Committed)
	named = l.naming(&st, f.Epoch)
	at := aligned(l.size)
	end, err := l.write(f, st)
	if err != nil {
		return false, failing("writing", l.path(logFiles, l.name), err)
	}
	if err := l.file.Sync(); err != nil { // on an object store this is the fence
		return false, cmp.Or(l.unfenced(), failing("syncing", l.path(logFiles, l.name), err))
	}
	if err := l.ours(); err != nil {
		return false, err
	}
	l.size = end
	l.frames++
	l.mu.Lock()
	l.last, l.finished = f.Epoch, f.Final
	l.standing = st
	l.tail = append(l.tail, tailFrame{l.name, FrameAt{standing: st, Offset: at, End: end, Epoch: f.Epoch, Prev: l.front.prev, Final: f.Final}})
	if named {
		l.named()
	}
	l.mu.Unlock()
	return named, l.acknowledge()
}

// ours looks whether what was written counts: no newer generation has begun, and the
// file is still where the next run will look for it. Lists of stores that have no locks
// may not know of it yet.
func (l *Log) ours() error {
	names, err := l.names(logFiles)
	if err != nil {
		return err
	}
	if err := l.newest(names); err != nil {
		return err
	}
	if l.lock != nil && !slices.Contains(names, l.name) {
		return &sqlerr.Error{Code: sqlerr.Runtime, Msg: fmt.Sprintf("%s is gone: the state directory was removed or moved while the job ran", l.path(logFiles, l.name)),
			Hint: "put the directory back and run the script again; without it the job begins anew, and what its sinks hold already comes again", Err: ErrGone}
	}
	return nil
}

// unfenced looks whether a newer generation has begun.
func (l *Log) unfenced() error {
	names, err := l.names(logFiles)
	if err != nil {
		return err
	}
	return l.newest(names)
}

// newest tells of a newer generation among the names of log files.
func (l *Log) newest(names []Name) error {
	for _, n := range names {
		if n.Generation > l.generation {
			return &sqlerr.Error{Code: sqlerr.Runtime, Msg: fmt.Sprintf("this run (generation %d) was replaced by generation %d in %s", l.generation, n.Generation, l.dir),
				Hint: "nothing that it wrote since counts; the newer run goes on", Err: ErrFenced}
		}
	}
	return nil
}

// write writes a frame after what the file holds, and gives its end.
func (l *Log) write(f *Frame, st standing) (end int64, err error) {
	l.fill(f, st)
	l.out = appendHead(l.out[:0], &l.front, l.salt, l.tables)
	size := int64(len(l.out)) + recordAlign
	for i := range l.front.entries {
		size += int64(l.front.entries[i].stored)
	}
	w := &l.writer
	w.begin(l.file, l.size, size)
	gap := make([]byte, aligned(l.size)-l.size)
	if !w.keep(len(gap) + len(l.out)) {
		for i := range l.front.entries {
			if x := &l.front.entries[i]; x.codec == codecNone {
				x.sum = f.Blocks[i].sum()
			}
		}
		l.out = appendHead(l.out[:0], &l.front, l.salt, l.tables)
		w.put(gap)
		w.put(l.out)
	}
	packed := l.packed
	for i := range l.front.entries {
		x := &l.front.entries[i]
		if x.codec != codecNone {
			w.put(packed[:x.stored])
			packed = packed[x.stored:]
			continue
		}
		x.sum = w.summed(0, f.Blocks[i].Data)
		for _, b := range f.Blocks[i].More {
			x.sum = w.summed(x.sum, b)
		}
	}
	if w.later { // what it says is known now
		l.out = appendHead(append(l.out[:0], gap...), &l.front, l.salt, l.tables)
	}
	return w.end(l.out)
}

// fill makes the front of a frame, without the checksums of blocks that it does not
// compress.
func (l *Log) fill(f *Frame, st standing) {
	l.front = front{standing: st, epoch: f.Epoch, prev: l.last, timeMs: f.TimeMs, final: f.Final, meta: f.Meta, entries: l.front.entries[:0]}
	l.packed = l.packed[:0]
	for i := range f.Blocks {
		b := &f.Blocks[i]
		if l.pack.codec != codecNone {
			b.join()
		}
		x := entry{table: b.Table, subtask: b.Subtask}
		from := len(l.packed)
		if l.packed, x.codec = l.pack.compress(l.packed, b.Data); x.codec != codecNone {
			x.stored, x.raw, x.sum = len(l.packed)-from, len(b.Data), checksum(l.packed[from:])
		} else {
			x.stored = b.length()
			x.raw = x.stored
		}
		l.front.entries = append(l.front.entries, x)
	}
}

// join brings a block's bytes together.
func (b *Block) join() {
	if len(b.More) > 0 {
		b.Data, b.More = slices.Concat(append([][]byte{b.Data}, b.More...)...), nil
	}
}

// length is the number of a block's bytes.
func (b *Block) length() int {
	n := len(b.Data)
	for _, m := range b.More {
		n += len(m)
	}
	return n
}

// sum is the checksum of a block's bytes.
func (b *Block) sum() uint32 {
	sum := checksum(b.Data)
	for _, m := range b.More {
		sum = update(sum, m)
	}
	return sum
}

// roll goes on in a new file, which seals the current one.
func (l *Log) roll() error {
	next := Name{l.name.Generation, l.name.Number + 1}
	path := l.path(logFiles, next)
	f, err := l.fs.CreateExclusive(path)
	if err != nil {
		return cmp.Or(l.unfenced(), failing("creating", path, err))
	}
	old, oldAck := l.file, l.ackFile
	l.mu.Lock()
	l.seals = append(l.seals[:len(l.seals):len(l.seals)], Seal{Name: l.name, Length: l.size, Last: l.last})
	l.name, l.file = next, vfs.Direct(f)
	l.mu.Unlock()
	if err := l.manifest(nil); err != nil {
		return err
	}
	if err := l.fs.SyncDir(filepath.Dir(path)); err != nil {
		return failing("syncing", filepath.Dir(path), err)
	}
	return errors.Join(old.Close(), oldAck.Close())
}

// passTail forgets the frames that recovery from the current base would not read.
func (l *Log) passTail() {
	i, need := 0, l.needed()
	for i < len(l.tail) && l.tail[i].Epoch <= need {
		i++
	}
	l.tail = append(l.tail[:0], l.tail[i:]...)
}

// needed gives the epoch after which recovery from the current base reads frames.
func (l *Log) needed() uint64 {
	if l.last == 0 {
		return 0
	}
	return max(min(l.Base.Least, l.Committed, l.last-1), l.origins.Epoch)
}

// Close gives the directory up. What was appended stays durable.
func (l *Log) Close() error {
	l.appending.Lock()
	defer l.appending.Unlock()
	if errors.Is(l.failed, ErrClosed) {
		return nil
	}
	l.failed = &sqlerr.Error{Code: sqlerr.Runtime, Msg: "the state log of " + l.dir + " was asked to write", Err: ErrClosed}
	return errors.Join(l.file.Close(), l.ackFile.Close(), l.release())
}
