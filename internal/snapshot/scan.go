package snapshot

import (
	"bytes"
	"encoding/binary"
	"io"
)

// FrameAt is a frame that a scan found.
type FrameAt struct {
	standing
	Offset, End int64
	Epoch, Prev uint64
	Final       bool
}

// LogFile is what a scan found in a log file.
type LogFile struct {
	Name     Name
	Path     string
	Size     int64
	Version  uint32    // 0 if the file does not begin as a log does
	Manifest *Manifest // nil if it cannot be read
	Frames   []FrameAt
	End      int64 // where the valid records end
	Tail     Tail
	After    int64  // with TailFollowed: where a valid frame begins after End
	AfterK   uint64 // and up to which epoch that and later ones say is committed
	Ack      *Ack
}

// Tail is what lies after the valid records of a log file.
type Tail int

// The tails.
const (
	TailClean    Tail = iota // nothing
	TailTorn                 // bytes that are no record, and none after them
	TailFollowed             // bytes that are no record, and valid frames after them
)

// window reads a file in order without a system call a record.
type window struct {
	r    io.ReaderAt
	size int64
	off  int64
	buf  []byte
	mem  []byte
}

const windowSize = 64 << 10

// at gives n bytes at off, fewer if the file ends before. They are valid until
// the next call.
func (w *window) at(off int64, n int) ([]byte, error) {
	n = int(min(int64(n), max(w.size-off, 0)))
	if n == 0 {
		return nil, nil
	}
	if off >= w.off && off+int64(n) <= w.off+int64(len(w.buf)) {
		return w.buf[off-w.off:][:n], nil
	}
	want := int(min(max(int64(n), windowSize), w.size-off))
	if cap(w.mem) < want {
		w.mem = make([]byte, want)
	}
	got, err := w.r.ReadAt(w.mem[:want], off)
	if err == io.EOF {
		err = nil // the file is shorter than it was
	}
	w.off, w.buf = off, w.mem[:got]
	return w.buf[:min(n, got)], err
}

// scanner walks a log file.
type scanner struct {
	window
	f *LogFile
}

// scanLog reads what is in a log file: all headers and fronts, and the blocks of
// the last frame, the only one that a writer can have left half written.
// headOnly stops after the manifest. The error is the store's.
func scanLog(r io.ReaderAt, f *LogFile, headOnly bool) error {
	s := scanner{window: window{r: r, size: f.Size}, f: f}
	b, err := s.at(0, preambleSize)
	if err != nil {
		return err
	}
	if f.Version = preamble(b, magicLog); f.Version > Version {
		return nil
	}
	var salt uint64
	if f.Version > 0 {
		h, b, err := s.record(preambleSize)
		if err != nil {
			return err
		}
		if h != nil && h.kind == kindManifest {
			m, end := parseManifest(b), h.end(preambleSize)
			whole := m != nil && m.Name == f.Name
			if whole && m.Carried > 0 && !headOnly {
				if whole, err = s.carried(m, end); err != nil {
					return err
				}
			}
			if whole {
				f.Manifest = m
				salt, f.End, m.end = h.salt, end, end
			}
		}
	}
	if headOnly {
		return nil
	}
	if f.Manifest != nil {
		if err := s.frames(salt); err != nil {
			return err
		}
	}
	return s.tail(salt)
}

// record reads the header and front at off; nil if there is no valid one that
// lies within the file.
func (s *scanner) record(off int64) (*header, []byte, error) {
	b, err := s.at(off, headerSize)
	var h header
	if err != nil || !h.parse(b) || h.end(off) > s.size {
		return nil, nil, err
	}
	b, err = s.at(off, headerSize+int(h.front))
	if err != nil || len(b) < headerSize+int(h.front) || checksum(b[headerSize:]) != h.frontSum {
		return nil, nil, err
	}
	return &h, b[headerSize:], nil
}

// frames reads the frames after the manifest.
func (s *scanner) frames(salt uint64) error {
	f := s.f
	last := f.Manifest.Last
	if n := len(f.Frames); n > 0 { // carried
		last = f.Frames[n-1].Epoch
	}
	for {
		off := aligned(f.End)
		h, b, err := s.record(off)
		if err != nil {
			return err
		}
		if h == nil || h.kind != kindFrame || h.salt != salt {
			break
		}
		st, prev, ok := standingOf(b)
		if !ok || prev != last || h.epoch <= last {
			break
		}
		last = h.epoch
		f.Frames = append(f.Frames, FrameAt{standing: st, Offset: off, End: h.end(off), Epoch: h.epoch, Prev: prev, Final: h.flags&flagFinal != 0})
		f.End = h.end(off)
	}
	n := len(f.Frames)
	if n == 0 || f.End == f.Manifest.end {
		return nil
	}
	whole, err := s.whole(f.Frames[n-1].Offset)
	if err == nil && !whole {
		f.End = f.Frames[n-1].Offset
		f.Frames = f.Frames[:n-1]
	}
	return err
}

// whole reads the blocks of a frame.
func (s *scanner) whole(off int64) (bool, error) {
	h, b, err := s.record(off)
	if err != nil || h == nil {
		return false, err
	}
	fr, err := parseFront(h, b, off)
	if err != nil {
		return false, nil // a directory that does not fit is as bad as a wrong checksum
	}
	for i := range fr.entries {
		x := &fr.entries[i]
		sum, err := sumAt(s.r, x.offset, int64(x.stored))
		if err != nil {
			return false, err
		}
		if sum != x.sum {
			return false, nil
		}
	}
	return true, nil
}

// sumAt computes the checksum of a part of a file, of what is there of it.
func sumAt(r io.ReaderAt, off, n int64) (uint32, error) {
	buf := make([]byte, min(n, 1<<20))
	var sum uint32
	for n > 0 {
		got, err := r.ReadAt(buf[:min(n, int64(len(buf)))], off)
		if err != nil && (err != io.EOF || got == 0) {
			if err == io.EOF {
				return ^sum, nil
			}
			return 0, err
		}
		sum = update(sum, buf[:got])
		off, n = off+int64(got), n-int64(got)
	}
	return sum, nil
}

// tail looks at what follows the valid records.
func (s *scanner) tail(salt uint64) error {
	f := s.f
	zero := true
	for off := aligned(f.End); off < f.Size; {
		b, err := s.at(off, windowSize)
		if err != nil {
			return err
		}
		if len(b) == 0 {
			break
		}
		zero = zero && len(bytes.TrimLeft(b, "\x00")) == 0
		if err := s.search(b, off, salt); err != nil {
			return err
		}
		if len(b) < headerSize || off+int64(len(b)) >= f.Size {
			break
		}
		off += int64(len(b)-headerSize) &^ (recordAlign - 1)
	}
	if !zero && f.Tail == TailClean {
		f.Tail = TailTorn
	}
	return nil
}

// search looks for valid frames in b, which lies at off.
func (s *scanner) search(b []byte, off int64, salt uint64) error {
	f := s.f
	var at []int64
	for i := 0; i+headerSize <= len(b); i += recordAlign {
		var h header
		if binary.LittleEndian.Uint32(b[i:]) == recordMagic && h.parse(b[i:]) && h.kind == kindFrame && (salt == 0 || h.salt == salt) {
			at = append(at, off+int64(i))
		}
	}
	for _, p := range at {
		h, b, err := s.record(p)
		if err != nil {
			return err
		}
		if h == nil {
			continue
		}
		st, _, ok := standingOf(b)
		if n := len(f.Frames); !ok || n > 0 && h.epoch <= f.Frames[n-1].Epoch {
			continue
		}
		whole, err := s.whole(p)
		if err != nil {
			return err
		}
		if whole && f.Tail != TailFollowed {
			f.Tail, f.After = TailFollowed, p
		}
		if whole {
			f.AfterK = max(f.AfterK, st.Committed)
		}
	}
	return nil
}
