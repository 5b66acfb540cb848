package spill

import (
	"fmt"
	"os"

	"github.com/weir-stream/weir/internal/sqlerr"
)

// spillFile is a file without a name. Space is taken from its end and given back
// as holes; when nothing is left in use it starts over.
type spillFile struct {
	*os.File
	fd   uintptr
	dir  string
	end  int64
	used int64
	most int64 // the file must not be longer
}

// mapStep is how much of what is going to be mapped is written to a spill file at a
// time, wholeStep of what is read again in one piece. What is written at once the
// kernel keeps together in the page cache: it looks at all of that whenever a page
// of it is written to for the first time (measured: pages of their own take an
// eighth off the time of the system), and writes all of it again.
const (
	mapStep   = PageSize
	wholeStep = 256 << 10
)

var zeros [mapStep]byte

// space takes n bytes from a spill file and fills them, step by step, with data, or
// zeros if that is nil.
func (b *Budget) space(n int, data []byte, step int) (*spillFile, int64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if d := b.cfg.Disk; d > 0 && b.filed.Load()+int64(n) > d {
		return nil, 0, full(b.filed.Load(), b.cfg.Dirs, fmt.Errorf("spill files are limited to %d bytes", d))
	}
	var first error
	for _, dir := range b.cfg.Dirs {
		f, err := b.fileIn(dir, int64(n))
		if err == nil {
			off := f.end
			if err = f.take(int64(n), data, int64(step)); err == nil {
				now := b.filed.Add(int64(n))
				b.peak.Store(max(b.peak.Load(), now))
				return f, off, nil
			}
		}
		if first == nil {
			first = err
		}
	}
	return nil, 0, full(b.filed.Load(), b.cfg.Dirs, first)
}

func full(have int64, dirs []string, err error) error {
	return sqlerr.New(sqlerr.Runtime, sqlerr.Pos{}, "the job needs more memory than taskmanager.memory.process.size allows and cannot spill more than the %s it has: %v", size(have), err).
		WithHint("free disk space in %v, name folders with more room in io.tmp.dirs, or give the job more memory", dirs)
}

// fileIn finds or makes a file in dir that n bytes fit into.
func (b *Budget) fileIn(dir string, n int64) (*spillFile, error) {
	for _, f := range b.files {
		if f.dir == dir && f.end+n <= f.most {
			return f, nil
		}
	}
	most := longestFile()
	if n > most {
		return nil, fmt.Errorf("files must not be longer than %d bytes (ulimit -f)", most)
	}
	file, err := os.CreateTemp(dir, "weir-spill-*")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(file.Name()); err != nil {
		_ = file.Close() // the removal's error says more
		return nil, err
	}
	adviseRandom(file)
	f := &spillFile{File: file, fd: file.Fd(), dir: dir, most: most}
	b.files = append(b.files, f)
	return f, nil
}

// take reserves n bytes at the end and writes them.
func (f *spillFile) take(n int64, data []byte, step int64) error {
	err := reserve(f.File, f.end, n)
	for at := int64(0); at < n && err == nil; at += step {
		part := zeros[:]
		if data != nil {
			part = data[at:min(at+step, n)]
		}
		_, err = f.WriteAt(part, f.end+at)
	}
	if err != nil {
		_ = f.Truncate(f.end) // what was reserved goes back; the first error says why
		return err
	}
	f.end += paged(n)
	f.used += n
	return nil
}

// paged rounds up to pages: only those can be mapped.
func paged(n int64) int64 { return (n + PageSize - 1) &^ (PageSize - 1) }

// shortRead is up to how many bytes are first asked for without waiting.
const shortRead = 512

func (f *spillFile) get(b []byte, off int64) (late bool, err error) {
	if len(b) <= shortRead {
		var ok bool
		if ok, late = readShort(f.fd, b, off); ok {
			return late, nil
		}
	}
	_, err = f.ReadAt(b, off)
	return late, err
}

// yield gives n bytes of a file back.
func (b *Budget) yield(f *spillFile, off int64, n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.filed.Add(-int64(n))
	f.used -= int64(n)
	switch {
	case f.used == 0:
		if f.Truncate(0) == nil {
			f.end = 0
		}
	case off+paged(int64(n)) == f.end:
		if f.Truncate(off) == nil {
			f.end = off
		}
	default:
		punch(f.File, off, int64(n))
	}
}

func (f *spillFile) close() error { return f.Close() }
