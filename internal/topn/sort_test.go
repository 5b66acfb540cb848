package topn

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/spill"
	"github.com/weir-stream/weir/internal/vec"
)

// A sort gives the same rows in the same order whether it fits into memory, makes
// a few runs, or so many that they are merged in levels; what belongs together is
// not parted.
func TestSortSpills(t *testing.T) {
	for _, limit := range []int64{0, 8 << 20, 1 << 20, 128 << 10, 4 << 10} {
		for _, most := range []int64{-1, 7000} {
			r := rand.New(rand.NewPCG(1, 2))
			budget := spill.New(spill.Config{Limit: limit, Dirs: []string{t.TempDir()}})
			s := NewSort(budget, cols, []plan.SortKey{{Col: 0, NullsFirst: true}, {Col: 2, Desc: true}}, 1)
			s.Most = most
			plain := NewSort(nil, cols, s.keys, 1)
			plain.Most = most
			for i := range 400 {
				b := vec.NewBatch(cols)
				for j := range 100 {
					k := r.Int64N(30)
					if k == 3 && j > 0 {
						k = 4 // a long group
					}
					b.Cols[0].AppendValue(k)
					b.Cols[1].AppendValue(int64(i*100 + j))
					b.Cols[2].AppendValue([]string{"a", "ab", "", "ü"}[r.IntN(4)])
					b.Cols[3].AppendValue(fmt.Sprint(i))
					b.N++
				}
				if err := s.Add(b); err != nil {
					t.Fatal(err)
				}
				if err := plain.Add(b); err != nil {
					t.Fatal(err)
				}
			}
			read := func(s *Sort) (out []string) {
				last := int64(-1)
				for {
					b, order, err := s.Chunk()
					if err != nil {
						t.Fatal(err)
					}
					if b == nil {
						return out
					}
					if first := b.Cols[0].I64[order[0]]; first == last {
						t.Fatal("a group is parted")
					}
					for _, x := range order {
						out = append(out, fmt.Sprint(b.Cols[0].I64[x], b.Cols[1].I64[x], b.Cols[2].S[x], b.Cols[3].S[x]))
						last = b.Cols[0].I64[x]
					}
				}
			}
			want := read(plain)
			got := read(s)
			if len(got) != len(want) {
				t.Fatalf("limit %d: %d rows, want %d", limit, len(got), len(want))
			}
			for i := range got {
				if got[i] != want[i] {
					t.Fatalf("limit %d: row %d is %s, want %s", limit, i, got[i], want[i])
				}
			}
			if _, most := budget.Spilled(); (most > 0) != (limit > 0 && limit < 8<<20) {
				t.Errorf("limit %d: %d bytes spilled", limit, most)
			}
			s.Close()
			if now, _ := budget.Spilled(); now != 0 || budget.Memory() != 0 {
				t.Errorf("limit %d: %d bytes in files and %d in memory are left", limit, now, budget.Memory())
			}
			if err := budget.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}
