package filesystem

import (
	"encoding/binary"
	"errors"
	"path/filepath"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/vec"
)

// layout says where each column of a batch comes from: the format, or a
// constant of the split.
type layout struct {
	schema format.Schema
	from   []int         // batch column of each of the format's columns
	consts []*vec.Vector // by batch column; nil where the format fills
	inner  vec.Batch     // the format's columns of the batch being read
	dead   connector.DeadLetters
}

func (s *source) layout(sc connector.Scan, p piece) (*layout, error) {
	l := &layout{schema: format.Schema{Columns: s.columns, Zone: s.zone()}, dead: sc.Dead}
	l.schema.Want = []int{}
	for _, w := range sc.Want {
		if k := s.place[w]; k >= 0 {
			l.schema.Want = append(l.schema.Want, k)
			l.from = append(l.from, len(l.consts))
			l.consts = append(l.consts, nil)
			continue
		}
		c, err := s.constant(w, p)
		if err != nil {
			return nil, err
		}
		l.consts = append(l.consts, c)
	}
	for _, m := range sc.Metadata {
		l.consts = append(l.consts, metadata(s.t.Metadata[m], p.file))
	}
	return l, nil
}

// constant gives the value of a partition column.
func (s *source) constant(col int, p piece) (*vec.Vector, error) {
	for i, k := range s.keys {
		if k.ordinal != col {
			continue
		}
		v := vec.New(k.Type.AsNullable(), 0)
		text := p.keys[i]
		if text == s.t.Options.String("partition.default-name") {
			v.AppendNulls(1)
			return v, nil
		}
		var a format.Arena
		parse := format.ParserOf(k.Type, s.zone(), &a)
		if parse == nil {
			return nil, sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "the partition column %s has the type %s", k.Name, k.Type)
		}
		if err := parse(v, []byte(text)); err != nil {
			return nil, sqlerr.New(sqlerr.Data, sqlerr.Pos{}, "%s: the partition value %s=%s is not %s", p.path, k.Name, text, k.Type)
		}
		return v, nil
	}
	return nil, errors.New("no such partition column")
}

func metadata(m connector.MetadataUse, f file) *vec.Vector {
	v := vec.New(m.Type, 0)
	switch m.Key {
	case "file.path":
		v.AppendValue(f.path)
	case "file.name":
		v.AppendValue(filepath.Base(f.path))
	case "file.size":
		v.AppendValue(f.size)
	case "file.modification-time":
		format.AppendTimestamp(v, f.mod, 0)
	default:
		v.AppendNulls(1)
	}
	return v
}

// bind points the inner batch at the format's columns of b.
func (l *layout) bind(b *vec.Batch) *vec.Batch {
	l.inner.Cols = l.inner.Cols[:0]
	for _, i := range l.from {
		l.inner.Cols = append(l.inner.Cols, b.Cols[i])
	}
	l.inner.N, l.inner.Kinds = b.N, b.Kinds
	return &l.inner
}

// settle adds the constants for the rows that the format appended and gives
// their number.
func (l *layout) settle(b *vec.Batch) int {
	n := l.inner.N - b.N
	for i, c := range l.consts {
		if c != nil && n > 0 {
			b.Cols[i].AppendRepeat(c, 0, n)
		}
	}
	b.N, b.Kinds = l.inner.N, l.inner.Kinds
	return n
}

// position is where a reader stands: a byte of the decompressed data and its
// line, or a row of a part.
type position struct {
	offset int64
	line   int64
}

func (p position) encode() []byte {
	return binary.AppendVarint(binary.AppendVarint([]byte{1}, p.offset), p.line)
}

func decodePosition(b []byte) (position, error) {
	if b == nil {
		return position{line: 1}, nil
	}
	bad := errors.New("a stored position of the filesystem connector is damaged")
	if len(b) < 3 || b[0] != 1 {
		return position{}, bad
	}
	off, n := binary.Varint(b[1:])
	if n <= 0 {
		return position{}, bad
	}
	line, m := binary.Varint(b[1+n:])
	if m <= 0 {
		return position{}, bad
	}
	return position{off, line}, nil
}
