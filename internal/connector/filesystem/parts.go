package filesystem

import (
	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/vec"
	"github.com/weir-stream/weir/internal/vfs"
)

// partReader reads a part of a file format.
type partReader struct {
	file   vfs.File
	format format.FileReader
	layout *layout
	row    int64
}

func (s *source) openParts(l *layout, p piece, at position) (connector.Reader, error) {
	f, err := s.loc.fs.Open(p.path)
	if err != nil {
		return nil, &sqlerr.Error{Code: sqlerr.Runtime, Msg: "cannot open " + p.path, Err: err}
	}
	r, err := s.spec.OpenFile(l.schema, s.fopts, f, p.size, p.part, format.Where{File: p.path})
	if err != nil {
		f.Close()
		return nil, err
	}
	if at.offset > 0 {
		if err := r.SeekRow(at.offset); err != nil {
			r.Close()
			f.Close()
			return nil, err
		}
	}
	return &partReader{file: f, format: r, layout: l, row: at.offset}, nil
}

func (r *partReader) Read(b *vec.Batch, max int) error {
	err := r.format.Read(r.layout.bind(b), max)
	r.row += int64(r.layout.settle(b))
	return err
}

func (r *partReader) Ready() <-chan struct{} { return nil }
func (r *partReader) Position() []byte       { return position{offset: r.row}.encode() }

func (r *partReader) Close() error {
	err := r.format.Close()
	if e := r.file.Close(); err == nil {
		err = e
	}
	return err
}
