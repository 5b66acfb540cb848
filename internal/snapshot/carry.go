package snapshot

import (
	"io"

	"github.com/weir-stream/weir/internal/vfs"
)

// carried is the last frame of the writer before, of which nobody knows whether it
// is durable: that writer may have ended because a sync failed. What is read of it
// then comes from memory, and another sync of the same file says nothing about it.
// So the next generation takes the frame over into its own file, as a part of the
// manifest, which is valid with all of the frame or not at all. Every frame before
// it is durable: the one that follows was only written after the sync of it.
type carried struct {
	file *LogFile // where it is read from
	at   FrameAt
}

// uncertain gives the last frame of what was decided, nil if it is known to be
// durable.
func (l *Log) uncertain(d *Decision) (*carried, error) {
	if len(d.Spans) == 0 {
		return nil, nil
	}
	s := &d.Spans[len(d.Spans)-1]
	n := len(s.Frames)
	if n == 0 {
		return nil, nil
	}
	c := &carried{s.File, s.Frames[n-1]}
	if a := s.File.Ack; a != nil && a.Epoch >= c.at.Epoch {
		return nil, nil
	}
	f, err := l.fs.Open(s.File.Path)
	if err != nil {
		return nil, failing("opening", s.File.Path, err)
	}
	defer f.Close()
	if p, ok := f.(vfs.Settled); ok && p.Settled() {
		return nil, nil
	}
	return c, nil
}

// leave takes the carried frame off what is sealed of its file.
func (c *carried) leave(s Span) Span {
	if c == nil || s.File != c.file {
		return s
	}
	s.Frames = s.Frames[:len(s.Frames)-1]
	if n := len(s.Frames); n > 0 {
		s.Seal.Length, s.Seal.Last = s.Frames[n-1].End, s.Frames[n-1].Epoch
	}
	return s
}

// carry appends the head of the carried frame to b, which is a whole manifest, and
// gives where it will lie. The blocks are to be copied after it.
func (l *Log) carry(b []byte, m *Manifest, c *carried) ([]byte, FrameAt, error) {
	src, err := l.fs.Open(c.file.Path)
	if err != nil {
		return b, FrameAt{}, failing("opening", c.file.Path, err)
	}
	defer src.Close()
	fr, err := frontAt(src, c.file.Path, &c.at)
	if err != nil {
		return b, FrameAt{}, err
	}
	fr.standing = m.standing
	at := aligned(int64(len(b)))
	b = append(b, make([]byte, at-int64(len(b)))...)
	b = appendHead(b, fr, l.salt, l.tables)
	var h header
	h.parse(b[at:])
	h.kind = kindCarried
	h.put(b[at:])
	return b, FrameAt{standing: fr.standing, Offset: at, End: h.end(at), Epoch: fr.epoch, Prev: fr.prev, Final: fr.final}, nil
}

// copyBlocks copies the blocks of the carried frame behind its new head.
func (l *Log) copyBlocks(c *carried, to FrameAt, head int64) error {
	src, err := l.fs.Open(c.file.Path)
	if err != nil {
		return failing("opening", c.file.Path, err)
	}
	defer src.Close()
	n := to.End - head
	_, err = io.Copy(io.NewOffsetWriter(l.file, head), io.NewSectionReader(src, c.at.End-n, n))
	if err != nil {
		return failing("copying", c.file.Path, err)
	}
	return nil
}

// carried looks at the frame that a manifest carries; false if it is not whole.
func (s *scanner) carried(m *Manifest, end int64) (bool, error) {
	at := end - m.Carried
	if at < preambleSize+headerSize {
		return false, nil
	}
	h, b, err := s.record(at)
	if err != nil || h == nil || h.kind != kindCarried || h.end(at) != end {
		return false, err
	}
	st, prev, ok := standingOf(b)
	if !ok || prev != m.Last || h.epoch <= m.Last {
		return false, nil
	}
	fr := FrameAt{standing: st, Offset: at, End: end, Epoch: h.epoch, Prev: prev, Final: h.flags&flagFinal != 0}
	whole, err := s.whole(at)
	if whole {
		s.f.Frames = append(s.f.Frames, fr)
	}
	return whole, err
}

// frontAt reads the front of a frame.
func frontAt(r io.ReaderAt, path string, at *FrameAt) (*front, error) {
	f, _, err := readFront(&window{r: r, size: at.End}, path, at)
	return f, err
}
