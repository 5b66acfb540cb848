package invoke

import (
	"container/heap"
	"context"
	"errors"
	"io"
	"math"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// Metric compares vectors; greater is nearer.
type Metric uint8

// The metrics.
const (
	Cosine Metric = iota
	L2            // 1 / (1 + distance)
	Dot
)

// Metrics names them, as the option 'metric' does.
var Metrics = map[string]Metric{"cosine": Cosine, "l2": L2, "dot": Dot}

// Searched is a table that is searched: all its columns are given, then the
// score.
type Searched struct {
	Table  *connector.Table
	Source connector.Source
	Col    int // the vectors, among the table's columns
	Metric Metric
}

// Search compares every vector of a table with what is asked for: exact, and
// linear in the table, which is read when the first question comes.
func Search(s *Searched) *Function {
	return &Function{Name: "VectorSearchTableFunction", Call: "VECTOR_SEARCH(" + s.Table.Name + ")", AtOnce: 64,
		Open: func(context.Context, *op.Context) (Callee, error) { return &searcher{Searched: s}, nil }}
}

type searcher struct {
	*Searched
	rows  *vec.Batch
	norms []float64
	best  nearest
}

// Call answers with the nearest rows, the nearest first. Ties keep the order of
// the table.
func (s *searcher) Call(ctx context.Context, args []*vec.Vector, n int, out []*vec.Vector, counts []int32) ([]int32, error) {
	if s.rows == nil {
		if err := s.load(ctx); err != nil {
			return counts, err
		}
	}
	for i := range n {
		found := 0
		if !args[0].IsNull(i) && !args[1].IsNull(i) {
			var err error
			if found, err = s.find(args[0], i, number(args[1], i), out); err != nil {
				return counts, err
			}
		}
		counts = append(counts, int32(found))
	}
	return counts, ctx.Err()
}

func number(v *vec.Vector, i int) int64 {
	n, _ := v.Value(i).(int64)
	return n
}

// load reads the table as it is now.
func (s *searcher) load(ctx context.Context) error {
	ts, want := make([]types.Type, len(s.Table.Columns)), make([]int, len(s.Table.Columns))
	for i, c := range s.Table.Columns {
		ts[i], want[i] = c.Type, i
	}
	rows := vec.NewBatch(ts)
	sc := connector.Scan{Want: want, Ordered: true, Parallelism: 1}
	splits, err := s.Source.Splits(ctx, sc)
	if err != nil {
		return err
	}
	for _, sp := range splits {
		if err := s.read(ctx, sc, sp, rows); err != nil {
			return err
		}
	}
	s.rows = rows
	v := rows.Cols[s.Col]
	for r := range rows.N {
		s.norms = append(s.norms, math.Sqrt(dot(v, r, v, r)))
	}
	return nil
}

// read reads a split to its end, or to where a table that grows has nothing yet.
func (s *searcher) read(ctx context.Context, sc connector.Scan, sp connector.Split, rows *vec.Batch) error {
	r, err := s.Source.Open(ctx, sc, sp, nil)
	if err != nil {
		return err
	}
	defer r.Close()
	for {
		had := rows.N
		err := r.Read(rows, op.BatchRows)
		if errors.Is(err, io.EOF) || err == nil && rows.N == had {
			return ctx.Err()
		}
		if err != nil {
			return err
		}
	}
}

// find appends the k nearest rows.
func (s *searcher) find(q *vec.Vector, i int, k int64, out []*vec.Vector) (int, error) {
	if k <= 0 {
		return 0, sqlerr.New(sqlerr.Data, sqlerr.Pos{}, "VECTOR_SEARCH looks for at least one row, not %d", k)
	}
	v := s.rows.Cols[s.Col]
	norm := math.Sqrt(dot(q, i, q, i))
	s.best = s.best[:0]
	for r := range s.rows.N {
		if v.IsNull(r) {
			continue
		}
		if length(v, r) != length(q, i) {
			return 0, sqlerr.New(sqlerr.Data, sqlerr.Pos{}, "VECTOR_SEARCH compares vectors of %d and %d numbers", length(q, i), length(v, r))
		}
		m := match{row: r, score: s.score(v, r, q, i, norm)}
		if int64(len(s.best)) < k {
			heap.Push(&s.best, m)
		} else if s.best[0].before(m) {
			s.best[0] = m
			heap.Fix(&s.best, 0)
		}
	}
	found := make([]match, len(s.best))
	for j := len(found) - 1; j >= 0; j-- {
		found[j] = heap.Pop(&s.best).(match)
	}
	for _, m := range found {
		for c, col := range s.rows.Cols {
			out[c].Append(col, m.row)
		}
		out[len(out)-1].AppendValue(m.score)
	}
	return len(found), nil
}

func (s *searcher) score(v *vec.Vector, r int, q *vec.Vector, i int, norm float64) float64 {
	d := dot(v, r, q, i)
	switch s.Metric {
	case Dot:
		return d
	case L2:
		square := s.norms[r]*s.norms[r] + norm*norm - 2*d
		return 1 / (1 + math.Sqrt(max(square, 0)))
	}
	if norm == 0 || s.norms[r] == 0 {
		return 0
	}
	return d / (norm * s.norms[r])
}

func length(v *vec.Vector, i int) int {
	i = v.Idx(i)
	return int(v.Off[i+1] - v.Off[i])
}

// dot multiplies two vectors of numbers; nulls count as 0.
func dot(a *vec.Vector, i int, b *vec.Vector, j int) float64 {
	if a.IsNull(i) || b.IsNull(j) {
		return 0
	}
	ao, bo := int(a.Off[a.Idx(i)]), int(b.Off[b.Idx(j)])
	sum := 0.0
	for k := range min(length(a, i), length(b, j)) {
		sum += at(a.Kids[0], ao+k) * at(b.Kids[0], bo+k)
	}
	return sum
}

func at(v *vec.Vector, i int) float64 {
	if v.IsNull(i) {
		return 0
	}
	if v.Type.Phys() == types.PF32 {
		return float64(v.F32[v.Idx(i)])
	}
	return v.F64[v.Idx(i)]
}

func (s *searcher) Close() error { return nil }

// match is a row that was compared.
type match struct {
	row   int
	score float64
}

// before reports whether m is farther than o.
func (m match) before(o match) bool {
	return m.score < o.score || m.score == o.score && m.row > o.row
}

// nearest is a heap of matches, the farthest first.
type nearest []match

func (h nearest) Len() int           { return len(h) }
func (h nearest) Less(i, j int) bool { return h[i].before(h[j]) }
func (h nearest) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }

// Push adds a match.
func (h *nearest) Push(x any) { *h = append(*h, x.(match)) }

// Pop takes the farthest.
func (h *nearest) Pop() any {
	old := *h
	m := old[len(old)-1]
	*h = old[:len(old)-1]
	return m
}
