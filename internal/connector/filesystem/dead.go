package filesystem

import (
	"bytes"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/format"
)

// graves is where records go that cannot be read.
type graves struct {
	to connector.DeadLetters
	// again makes a decoder that begins at a line: one that has failed cannot go on.
	again func(line int64) (format.Decoder, error)
	path  string
	piece bool // of a file, so that lines are not known
	n     int  // by the last decode
}

// bury hands the record at the beginning of what is unread on, with which the decoder
// has failed, and goes on behind it. Line is that of the record. It reports false if
// the end of the record has not been read yet.
func (f *feed) bury(line int64, err error) (bool, error) {
	g := f.graves
	rest := f.buf[f.from:]
	end := f.extent(rest)
	if end < 0 && !f.eof {
		f.decoder, err = g.again(line)
		return false, err
	}
	if end < 0 {
		end = len(rest)
	}
	record := bytes.TrimSuffix(bytes.TrimSuffix(rest[:end], []byte{'\n'}), []byte{'\r'})
	d := connector.DeadLetter{Path: g.path, Offset: f.at.offset, Value: record, Line: line, Err: err}
	if g.piece {
		d.Line = 0
	}
	g.to.Bury(d)
	g.n++
	f.from += end
	f.at.offset += int64(end)
	f.decoder, err = g.again(line + int64(bytes.Count(rest[:end], []byte{'\n'})))
	return true, err
}

// some reports whether the last decode handed records on.
func (g *graves) some() bool { return g != nil && g.n > 0 }

// extent is the length of the record that the decoder has failed with: what the decoder
// says, else to the end of its line; -1 if it goes on.
func (f *feed) extent(rest []byte) int {
	if e, ok := f.decoder.(format.Extent); ok {
		if n := e.Failed(); n > 0 || n < 0 && !f.eof {
			return n
		}
	}
	n := bytes.IndexByte(rest, '\n')
	if n < 0 {
		return -1
	}
	return n + 1
}

// ParseErrors counts what the format passed over.
func (f *feed) ParseErrors() int64 { return f.decoder.Stats().ParseErrors }
