package parquet

import (
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"

	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/vec"
)

// reader reads the row groups of one part.
type reader struct {
	groups []parquet.RowGroup
	nodes  []*node
	cols   []string // names, for messages
	file   string
	next   int   // row group that comes after the current one
	left   int64 // rows left of the current one
}

// openFile opens a part for the wanted columns.
func openFile(s format.Schema, o format.Options, r io.ReaderAt, size int64, p format.Part, at format.Where) (format.FileReader, error) {
	f, err := open(r, size)
	if err != nil {
		return nil, dataErr(at.File, err)
	}
	groups := f.RowGroups()
	if p.From < 0 || p.To > len(groups) || p.From > p.To {
		return nil, dataErr(at.File, fmt.Errorf("row groups %d to %d asked for, but the file has %d; was it replaced?", p.From, p.To-1, len(groups)))
	}
	rd := &reader{groups: groups[p.From:p.To], file: at.File}
	zone := &zoneRule{zone: s.Zone, utc: o != nil && o.Bool("utc-timezone")}
	for _, w := range s.Want {
		col := s.Columns[w]
		n := &node{}
		if c := find(f.Root(), col.Name); c != nil {
			if n, err = build(c, col.Type, zone); err != nil {
				return nil, &sqlerr.Error{Code: sqlerr.Data, Msg: fmt.Sprintf("%s: column %s", at.File, col.Name), Err: err}
			}
		}
		rd.nodes = append(rd.nodes, n)
		rd.cols = append(rd.cols, col.Name)
	}
	return rd, nil
}

// Read appends up to max rows; it does not cross a row group, so that a batch
// holds the text of one.
func (r *reader) Read(out *vec.Batch, max int) (err error) {
	col := -1
	defer func() {
		if err != nil && err != io.EOF {
			if col >= 0 {
				err = fmt.Errorf("column %s: %w", r.cols[col], err)
			}
			err = dataErr(r.file, err)
		}
	}()
	defer recoverTo(&err)
	for r.left == 0 {
		if r.next == len(r.groups) {
			return io.EOF
		}
		r.enter(r.next)
	}
	n := int(min(int64(max), r.left))
	for i, nd := range r.nodes {
		col = i
		if err := nd.read(out.Cols[i], n); err != nil {
			return err
		}
	}
	out.N += n
	r.left -= int64(n)
	return nil
}

// enter starts a row group.
func (r *reader) enter(i int) {
	g := r.groups[i]
	for _, nd := range r.nodes {
		nd.leaves(func(l *leaf) { l.start(g) })
	}
	r.left, r.next = g.NumRows(), i+1
}

// SeekRow goes to row n of the part. Row groups before it are not read, pages
// of its own are passed over.
func (r *reader) SeekRow(n int64) (err error) {
	defer func() {
		if err != nil {
			err = dataErr(r.file, err)
		}
	}()
	defer recoverTo(&err)
	r.left, r.next = 0, 0
	for ; r.next < len(r.groups); r.next++ {
		rows := r.groups[r.next].NumRows()
		if n < rows {
			break
		}
		n -= rows
	}
	if n == 0 || r.next == len(r.groups) {
		return nil
	}
	r.enter(r.next)
	for _, nd := range r.nodes {
		if err := nd.skip(int(n)); err != nil {
			return err
		}
	}
	r.left -= n
	return nil
}

// Close gives the pages back.
func (r *reader) Close() error {
	for _, nd := range r.nodes {
		nd.leaves((*leaf).stop)
	}
	return nil
}
