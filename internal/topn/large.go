package topn

import (
	"github.com/weir-stream/weir/internal/spill"
	"github.com/weir-stream/weir/internal/spool"
	"github.com/weir-stream/weir/internal/vec"
)

// large is a chunk that does not fit into memory: rows that belong together are
// wanted at hand all at once.
type large struct {
	cols  *spool.Columns
	area  *spill.Area
	order []int32
}

// Large reports that the chunk at hand lies in columns that spill: its text goes
// with it (see spool.Columns).
func (s *Sort) Large() bool { return s.large != nil }

// enlarge moves the rows of p to columns that spill.
func (s *Sort) enlarge(p *piece) error {
	if s.large == nil {
		s.large = &large{cols: spool.NewColumns(s.budget, s.types), area: spill.NewArea(s.budget)}
		s.release()
	}
	err := s.large.cols.Add(s.decode(p))
	p.data, p.ends = p.data[:0], p.ends[:0]
	return err
}

// largeRows gives the chunk, of which p is the rest.
func (s *Sort) largeRows(p *piece) (*vec.Batch, []int32, error) {
	if len(p.ends) > 0 {
		if err := s.enlarge(p); err != nil {
			return nil, nil, err
		}
	}
	l := s.large
	b := l.cols.Rows()
	l.order = spill.Grown[int32](l.area, nil, b.N)[:b.N]
	for i := range l.order {
		l.order[i] = int32(i)
	}
	return b, l.order, l.area.Tend()
}

// shrink gives the large chunk back.
func (s *Sort) shrink() {
	if s.large != nil {
		s.large.cols.Free()
		s.large.area.Free()
		s.large = nil
	}
}
