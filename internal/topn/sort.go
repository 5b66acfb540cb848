package topn

import (
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/spill"
	"github.com/weir-stream/weir/internal/spool"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// Sort collects rows and gives them in order; rows that tie stay in the order
// that they came in. Rows are sorted in memory while the budget has room for them.
// When it has not, what is there is sorted and written to disk as a run, and runs
// are merged when they are read (external merge sort).
type Sort struct {
	// Most is how many rows are wanted, the first ones; -1 = all.
	Most int64

	types  []types.Type
	keys   []plan.SortKey
	ord    Order
	budget *spill.Budget
	rows   Rows
	held   int64 // reserved for rows
	runs   []*run
	merge  *merge
	sent   int64 // rows that were merged
	writer runWriter
	whole  int  // leading keys by which rows belong together
	single bool // all rows belong together
	given  bool // the chunk in memory
	large  *large
}

// sortBytes is what sorting takes for each row beside the row.
const sortBytes = 36

// NewSort gives an empty sort of rows of types ts; b may be nil. Rows that are
// equal in the first whole keys belong together: they come in one chunk.
func NewSort(b *spill.Budget, ts []types.Type, keys []plan.SortKey, whole int) *Sort {
	return &Sort{Most: -1, whole: whole, types: ts, keys: keys, ord: NewOrder(ts, keys), budget: b, rows: Rows{Types: ts},
		writer: runWriter{budget: b, codec: vec.NewCodec(ts), whole: whole}}
}

// Together makes all rows belong together: there is one chunk.
func (s *Sort) Together() { s.single = true }

// Rows is the number of rows in memory.
func (s *Sort) Rows() int { return s.rows.N }

// Spilled reports whether there are runs.
func (s *Sort) Spilled() bool { return len(s.runs) > 0 }

// Add keeps the counting rows of b, whose kinds do not count.
func (s *Sort) Add(b *vec.Batch) error {
	if b.Len() == 0 {
		return nil
	}
	s.rows.Add(b)
	want := s.rows.Bytes + int64(s.rows.N)*sortBytes
	delta := want - s.held
	if s.budget.Fits(delta) || want < s.leastRun() {
		if s.budget.Reserve(delta) == nil {
			s.held = want
			return nil
		}
	}
	return s.spill()
}

// leastRun is the size below which runs are not worth a disk.
func (s *Sort) leastRun() int64 { return s.budget.Limit() / 32 }

// Take gives the rows in memory in order, and forgets them.
func (s *Sort) Take() (sorted *vec.Batch, order []int32) {
	sorted = s.rows.Join()
	order = SortRows(sorted, s.keys)
	if s.Most >= 0 && int64(len(order)) > s.Most {
		order = order[:s.Most]
	}
	return sorted, order
}

// spill makes a run of what is in memory.
func (s *Sort) spill() error {
	b, order := s.Take()
	r, err := s.writer.write(b, order, &s.ord)
	if err != nil {
		return err
	}
	s.runs = append(s.runs, r)
	s.release()
	return s.join()
}

func (s *Sort) release() {
	_ = s.budget.Reserve(-s.held) // giving back is never denied
	s.held = 0
}

// mostRuns is how many runs of one level there may be: each that is read takes a
// block of memory.
const mostRuns = 64

// join merges the last runs to one of the next level when there are many.
func (s *Sort) join() error {
	for {
		n, level := len(s.runs), s.runs[len(s.runs)-1].level
		from := n
		for from > 0 && s.runs[from-1].level == level {
			from--
		}
		if n-from < mostRuns {
			return nil
		}
		m, err := newMerge(s.budget, s.runs[from:])
		if err != nil {
			return err
		}
		for left := s.Most; left != 0; left-- {
			e, ok := m.top()
			if !ok {
				break
			}
			if err := s.writer.add(e); err != nil {
				return err
			}
			if err := m.pop(); err != nil {
				return err
			}
		}
		r, err := s.writer.end()
		if err != nil {
			return err
		}
		r.level = level + 1
		for _, old := range s.runs[from:] {
			old.free(s.budget)
		}
		s.runs = append(s.runs[:from], r)
	}
}

// Chunk gives the next rows in order: rows order of b, which is nil at the end. A
// chunk is valid until the next call.
func (s *Sort) Chunk() (b *vec.Batch, order []int32, err error) {
	s.shrink()
	if len(s.runs) == 0 {
		if s.given {
			s.release()
			return nil, nil, nil
		}
		s.given = true
		b, order = s.Take()
		return b, order, nil
	}
	if s.merge == nil {
		if s.rows.N > 0 {
			if err := s.spill(); err != nil {
				return nil, nil, err
			}
		}
		s.merge, err = newMerge(s.budget, s.runs)
		if err != nil {
			return nil, nil, err
		}
	}
	return s.merged()
}

// chunkLeast is how many rows a chunk from disk has, if there are as many.
const chunkLeast = 1 << 13

func (s *Sort) merged() (*vec.Batch, []int32, error) {
	var p piece
	var last []byte
	for n := 0; ; n++ {
		e, ok := s.merge.top()
		if !ok || s.Most >= 0 && s.sent == s.Most {
			break
		}
		if n >= chunkLeast && !s.single && (s.whole == 0 || string(e.key[:e.whole]) != string(last)) {
			break
		}
		if s.whole > 0 && n+1 >= chunkLeast {
			last = append(last[:0], e.key[:e.whole]...)
		}
		s.sent++
		p.data = append(p.data, e.row...)
		p.ends = append(p.ends, len(p.data))
		if err := s.merge.pop(); err != nil {
			return nil, nil, err
		}
		if room, err := s.account(&p); err != nil {
			return nil, nil, err
		} else if !room {
			break
		}
	}
	if s.large != nil {
		return s.largeRows(&p)
	}
	if len(p.ends) == 0 {
		s.release()
		return nil, nil, nil
	}
	order := make([]int32, len(p.ends))
	for i := range order {
		order[i] = int32(i)
	}
	return s.decode(&p), order, nil
}

// piece is rows of a chunk, encoded.
type piece struct {
	data []byte
	ends []int
}

func (s *Sort) decode(p *piece) *vec.Batch {
	raw, from := make([][]byte, len(p.ends)), 0
	for i, to := range p.ends {
		raw[i], from = p.data[from:to], to
	}
	b := vec.NewBatch(s.types)
	s.writer.codec.Decode(raw, b.Cols)
	b.N = len(raw)
	return b
}

// accountStep is how much a chunk may grow before that is accounted for, at most.
const accountStep = 1 << 20

// account reserves memory for the rows of a chunk. It may be denied: then a chunk of
// rows that may part ends here, and others go on in columns that spill.
func (s *Sort) account(p *piece) (room bool, err error) {
	n := int64(2*len(p.data) + sortBytes*len(p.ends))
	if n < s.held+min(accountStep, max(s.leastRun(), 1)) {
		return true, nil
	}
	spills := spool.InColumns(s.types)
	if s.large == nil && (!spills || n <= s.leastRun() || s.budget.Fits(n-s.held)) {
		if err = s.budget.Reserve(n - s.held); err == nil {
			s.held = n
			return true, nil
		}
	}
	switch {
	case !s.single && s.whole == 0:
		return false, nil
	case !spills:
		return false, sqlerr.New(sqlerr.Runtime, sqlerr.Pos{}, "the rows of one partition do not fit into memory: %v", err).WithHint("give the job more memory")
	}
	return true, s.enlarge(p)
}

// Close gives everything back.
func (s *Sort) Close() {
	s.shrink()
	s.release()
	for _, r := range s.runs {
		r.free(s.budget)
	}
	s.runs, s.merge = nil, nil
}
