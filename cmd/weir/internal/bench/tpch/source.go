package tpch

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/vec"
)

// Recorder notes which columns are read, so that they can be made before time
// is measured. While it records, tables are empty.
type Recorder struct {
	mu     sync.Mutex
	active bool
	wants  map[*table]map[int]bool
}

// Start begins to record.
func (r *Recorder) Start() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.active, r.wants = true, map[*table]map[int]bool{}
}

// Load ends the recording and makes the columns that were read.
func (r *Recorder) Load() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.active = false
	for t, cols := range r.wants {
		for c := range cols {
			t.column(c)
		}
	}
}

// note reports whether the recorder is active and takes the wanted columns.
func (r *Recorder) note(t *table, want []int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.active {
		return false
	}
	if r.wants[t] == nil {
		r.wants[t] = map[int]bool{}
	}
	for _, c := range want {
		r.wants[t][c] = true
	}
	return true
}

// Spec is the connector over the tables: 'connector' = 'tpch', 'table' = one of
// them. A table declared without columns has them all; declared columns are
// found by name.
func (d *Data) Spec(r *Recorder) *connector.Spec {
	var names []string
	for _, t := range d.tables {
		names = append(names, t.name)
	}
	return &connector.Spec{
		Name:    "tpch",
		Doc:     "The tables of the TPC-H benchmark, in memory.",
		Options: []format.Option{{Key: "table", Kind: format.EnumOption, Enum: names, Doc: "Which table."}},
		Columns: func(_ context.Context, t *connector.Table) (*connector.Inferred, error) {
			out := &connector.Inferred{}
			for _, c := range d.table(t.Options.String("table")).columns {
				out.Columns = append(out.Columns, format.Column{Name: c.name, Type: c.typ})
			}
			return out, nil
		},
		Source: func(t *connector.Table) (connector.Source, error) { return newSource(d, r, t) },
	}
}

// source reads a table.
type source struct {
	*table
	rec *Recorder
	at  []int // declared column → column of the table
}

func newSource(d *Data, r *Recorder, t *connector.Table) (connector.Source, error) {
	s := &source{table: d.table(t.Options.String("table")), rec: r}
	if s.table == nil {
		return nil, sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "the option 'table' is missing")
	}
	for _, want := range t.Columns {
		at := -1
		for i, c := range s.columns {
			if c.name == want.Name && c.typ.Phys() == want.Type.Phys() && c.typ.Scale == want.Type.Scale {
				at = i
			}
		}
		if at < 0 {
			return nil, sqlerr.New(sqlerr.Name, sqlerr.Pos{}, "the TPC-H table %s has no column '%s' of type %s", s.name, want.Name, want.Type)
		}
		s.at = append(s.at, at)
	}
	return s, nil
}

func (s *source) Bounded() bool              { return true }
func (s *source) Changes() connector.Changes { return connector.InsertOnly }
func (s *source) DiscoverEveryMs() int64     { return 0 }

// Rows is exact.
func (s *source) Rows() int64 { return s.rows() }

// share is the Data of a split: blocks first, first+of, first+2*of and so on.
type share struct{ first, of int }

// Splits deals the blocks out in turn.
func (s *source) Splits(_ context.Context, sc connector.Scan) ([]connector.Split, error) {
	if s.rec.note(s.table, s.columnsOf(sc.Want)) {
		return nil, nil
	}
	n := min(max(sc.Parallelism, 1), s.blocks())
	var out []connector.Split
	for i := range n {
		out = append(out, connector.Split{ID: fmt.Sprintf("%d/%d", i, n), Rows: s.rows() / int64(n), Data: share{i, n}})
	}
	return out, nil
}

func (s *source) columnsOf(want []int) []int {
	out := make([]int, len(want))
	for i, w := range want {
		out[i] = s.at[w]
	}
	return out
}

func (s *source) Open(_ context.Context, sc connector.Scan, sp connector.Split, pos []byte) (connector.Reader, error) {
	r := &reader{table: s.table, share: sp.Data.(share)}
	r.block = r.share.first
	for _, c := range s.columnsOf(sc.Want) {
		r.cols = append(r.cols, s.column(c))
	}
	if pos != nil {
		block, k := binary.Uvarint(pos)
		off, l := binary.Uvarint(pos[max(k, 0):])
		if k <= 0 || l <= 0 {
			return nil, errors.New("a stored position of the tpch connector is damaged")
		}
		r.block, r.off = int(block), int(off)
	}
	return r, nil
}

// reader reads one split.
type reader struct {
	*table
	share share
	cols  [][]*vec.Vector
	block int
	off   int // rows of the block that were read
}

// Read gives rows of one block, without a copy.
func (r *reader) Read(b *vec.Batch, most int) error {
	if r.block >= r.blocks() {
		return io.EOF
	}
	rows := int(r.first[r.block+1] - r.first[r.block])
	n := min(most, rows-r.off)
	for i, c := range r.cols {
		if b.N == 0 {
			b.Cols[i].Share(c[r.block], r.off, r.off+n)
		} else {
			b.Cols[i].AppendRange(c[r.block], r.off, r.off+n)
		}
	}
	b.N += n
	if r.off += n; r.off == rows {
		r.block, r.off = r.block+r.share.of, 0
	}
	return nil
}

func (r *reader) Ready() <-chan struct{} { return nil }

func (r *reader) Position() []byte {
	return binary.AppendUvarint(binary.AppendUvarint(nil, uint64(r.block)), uint64(r.off))
}

func (r *reader) Close() error { return nil }
