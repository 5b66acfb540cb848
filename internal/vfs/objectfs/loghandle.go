package objectfs

import (
	"errors"
	"io"
	"io/fs"
	"sort"
)

// logHandle is an open file of a log. What is written is there once it is synced.
type logHandle struct {
	s       *sequence
	file    *logFile
	name    string
	era     int
	writes  bool
	closed  bool
	at      int64 // of Read
	synced  int64 // bytes that were put
	pending []byte
}

// Settled says that what can be read has been put.
func (h *logHandle) Settled() bool { return !h.writes }

// Write writes at the end.
func (h *logHandle) Write(b []byte) (int, error) {
	return h.WriteAt(b, h.synced+int64(len(h.pending)))
}

// WriteAt writes at or after the end, with zeros between, or over what is not
// synced.
func (h *logHandle) WriteAt(b []byte, at int64) (int, error) {
	h.s.mu.Lock()
	defer h.s.mu.Unlock()
	switch {
	case h.closed:
		return 0, fs.ErrClosed
	case !h.writes || at < h.synced:
		return 0, errors.ErrUnsupported
	}
	off := int(at - h.synced)
	if grow := off + len(b) - len(h.pending); grow > 0 {
		h.pending = append(h.pending, make([]byte, grow)...)
	}
	copy(h.pending[off:], b)
	for len(h.pending) > piece {
		if err := h.put(piece); err != nil {
			return 0, err
		}
	}
	return len(b), nil
}

// put puts the first n bytes of what is pending.
func (h *logHandle) put(n int) error {
	if h.era != h.s.era {
		return ErrTaken
	}
	if err := h.s.put(h.name, h.synced, h.pending[:n]); err != nil {
		return err
	}
	h.synced += int64(n)
	h.pending = append(h.pending[:0], h.pending[n:]...)
	return nil
}

// Sync puts what is pending: one object. An error is final.
func (h *logHandle) Sync() error {
	h.s.mu.Lock()
	defer h.s.mu.Unlock()
	if h.closed {
		return fs.ErrClosed
	}
	if len(h.pending) == 0 {
		return nil
	}
	return h.put(len(h.pending))
}

// Read reads on.
func (h *logHandle) Read(b []byte) (int, error) {
	n, err := h.ReadAt(b, h.at)
	h.at += int64(n)
	if n > 0 {
		err = nil
	}
	return n, err
}

// ReadAt reads what is durable. Bytes that no object has are zeros.
func (h *logHandle) ReadAt(b []byte, at int64) (n int, err error) {
	h.s.mu.Lock()
	segments, size, closed := h.file.segments, h.file.size, h.closed
	h.s.mu.Unlock()
	if closed {
		return 0, fs.ErrClosed
	}
	if at >= size {
		return 0, io.EOF
	}
	if at+int64(len(b)) > size {
		b, err = b[:size-at], io.EOF
	}
	clear(b)
	i := sort.Search(len(segments), func(i int) bool { return segments[i].offset+segments[i].size > at })
	for ; i < len(segments) && segments[i].offset < at+int64(len(b)); i++ {
		g := segments[i]
		from := max(at, g.offset)
		to := min(at+int64(len(b)), g.offset+g.size)
		if to <= from { // an empty one, of a file that was created again
			continue
		}
		if rerr := h.s.read(g, from-g.offset, b[from-at:to-at]); rerr != nil {
			return 0, rerr
		}
	}
	return len(b), err
}

// read reads data of a segment, of which small ones stay in memory for what is
// read next.
func (s *sequence) read(g *segment, at int64, b []byte) error {
	s.mu.Lock()
	data := g.data
	s.mu.Unlock()
	if data == nil && (g.size > small || len(b) == int(g.size)) {
		return s.f.get(s.key(segmentName(g.number)), g.head+at, b)
	}
	if data == nil {
		data = make([]byte, g.size)
		if err := s.f.get(s.key(segmentName(g.number)), g.head, data); err != nil {
			return err
		}
		s.mu.Lock()
		if s.held+g.size <= kept && g.data == nil {
			s.held += g.size
			g.data = data
		}
		s.mu.Unlock()
	}
	copy(b, data[at:])
	return nil
}

// Stat tells of the file.
func (h *logHandle) Stat() (fs.FileInfo, error) {
	h.s.mu.Lock()
	defer h.s.mu.Unlock()
	return info{name: h.name, size: max(h.file.size, h.synced+int64(len(h.pending)))}, nil
}

// Truncate is refused.
func (h *logHandle) Truncate(int64) error { return errors.ErrUnsupported }

// Close gives the file back, and what was not synced up.
func (h *logHandle) Close() error {
	h.s.mu.Lock()
	defer h.s.mu.Unlock()
	if h.closed {
		return fs.ErrClosed
	}
	h.closed, h.pending = true, nil
	if h.writes && h.era == h.s.era {
		h.s.open--
	}
	h.file.open--
	if h.file.open == 0 {
		for _, g := range h.file.segments {
			h.s.held -= int64(len(g.data))
			g.data = nil
		}
		if h.file.removed && h.s.f.ctx.Err() == nil { // else it stays for the next time
			return h.s.erase(h.file)
		}
	}
	return nil
}
