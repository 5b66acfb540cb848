package vfs

import (
	"errors"
	"os"
	"sync"
	"syscall"
	"unsafe"
)

const (
	directBlock = DirectAlign
	directChunk = 1 << 20
)

// Direct gives a file whose long writes go past the page cache, for logs and
// images that nobody reads while the process lives: it spares the kernel the
// copy, the memory, and a Sync that finds it all still to be written. Where the
// system cannot, it is f itself. Closing it closes f.
func Direct(f File) File {
	o, ok := f.(*os.File)
	if !ok {
		return f
	}
	raw, err := os.OpenFile(o.Name(), os.O_WRONLY|syscall.O_DIRECT, 0)
	if err != nil {
		return f
	}
	if a, err := raw.Stat(); err == nil {
		if b, err := o.Stat(); err == nil && os.SameFile(a, b) {
			return &directFile{File: o, raw: raw}
		}
	}
	raw.Close() // another file has taken its name
	return f
}

// directFile writes what fills whole blocks by raw, and the rest through the page
// cache: the two never meet in one block.
type directFile struct {
	*os.File
	raw *os.File

	mu     sync.Mutex
	mem    []byte // aligned
	refuse bool   // the file system took the flag but not the write
}

func (d *directFile) WriteAt(b []byte, off int64) (n int, err error) {
	lead := int(-off & (directBlock - 1))
	whole := (len(b) - lead) &^ (directBlock - 1)
	if whole < DirectLeast {
		return d.File.WriteAt(b, off)
	}
	if lead > 0 {
		if n, err = d.File.WriteAt(b[:lead], off); err != nil {
			return n, err
		}
	}
	k, err := d.direct(b[lead:lead+whole], off+int64(lead))
	if n += k; err != nil || n == len(b) {
		return n, err
	}
	k, err = d.File.WriteAt(b[n:], off+int64(n))
	return n + k, err
}

// direct writes whole blocks, as many as the file system takes this way.
func (d *directFile) direct(b []byte, off int64) (n int, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	straight := uintptr(unsafe.Pointer(&b[0]))%directBlock == 0
	if d.mem == nil && !straight {
		d.mem = Aligned(directChunk)
	}
	for n < len(b) && !d.refuse {
		chunk := b[n:]
		if !straight {
			chunk = d.mem[:copy(d.mem, chunk)]
		}
		k, err := writeWaiting(d.raw, chunk, off+int64(n))
		n += k
		if errors.Is(err, syscall.EINVAL) {
			d.refuse = true
		} else if err != nil {
			return n, err
		}
	}
	return n, nil
}

// writeAll is WriteAll.
func (d *directFile) writeAll(pieces []Placed) error {
	for len(pieces) > 0 {
		some := make([]Placed, 0, waitingMost)
		for len(some) < cap(some) && len(some) < len(pieces) {
			p, ok := d.whole(pieces[len(some)])
			if !ok {
				break
			}
			some = append(some, p)
		}
		n := writeWaitingAll(d.raw, some)
		if pieces = pieces[n:]; len(pieces) > 0 && n < cap(some) { // the next one goes another way, or tells what is wrong
			if err := writeEach(d, pieces[:1]); err != nil {
				return err
			}
			pieces = pieces[1:]
		}
	}
	return nil
}

// whole gives a piece that fills whole blocks, with zeros behind it, if it can be written
// as it lies.
func (d *directFile) whole(p Placed) (Placed, bool) {
	n := (len(p.Data) + directBlock - 1) &^ (directBlock - 1)
	if len(p.Data) < DirectLeast || n > cap(p.Data) || p.At%directBlock != 0 || uintptr(unsafe.Pointer(&p.Data[0]))%directBlock != 0 {
		return p, false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	clear(p.Data[len(p.Data):n])
	return Placed{p.Data[:n], p.At}, !d.refuse
}

// Sync is that of the file, in which only the goroutine waits.
func (d *directFile) Sync() error { return syncWaiting(d.File) }

func (d *directFile) Close() error { return errors.Join(d.raw.Close(), d.File.Close()) }
