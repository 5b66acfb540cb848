package spool

import (
	"strings"
	"testing"

	"github.com/weir-stream/weir/internal/spill"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// rows makes batch i: texts of all lengths, nulls, kinds in every third.
func rows(ts []types.Type, i int) *vec.Batch {
	b := vec.NewBatch(ts)
	for r := range 100 {
		if i%3 == 0 {
			b.AppendKind(vec.Kind(r % 4))
		}
		if r%7 == 0 {
			b.Cols[0].AppendNulls(1)
		} else {
			b.Cols[0].AppendValue(int64(i*100 + r))
		}
		b.Cols[1].AppendValue(strings.Repeat("é", r*i%50))
		b.N++
	}
	if i%2 == 1 {
		b.Sel = []int32{3, 1, 4, 15, 92}
	}
	return b
}

func same(t *testing.T, got, want *vec.Batch) {
	t.Helper()
	want = want.Clone()
	if got.Len() != want.N {
		t.Fatalf("%d rows, want %d", got.Len(), want.N)
	}
	for r := range want.N {
		p := got.Row(r)
		if got.Kind(p) != want.Kind(r) || got.Cols[0].IsNull(p) != want.Cols[0].IsNull(r) || got.Cols[1].S[p] != want.Cols[1].S[r] ||
			!want.Cols[0].IsNull(r) && got.Cols[0].I64[p] != want.Cols[0].I64[r] {
			t.Fatalf("row %d differs", r)
		}
	}
}

func TestBatchesComeBack(t *testing.T) {
	ts := []types.Type{types.Of(types.BigInt), types.String()}
	for _, limit := range []int64{0, 1 << 20, 1 << 10} {
		budget := spill.New(spill.Config{Limit: limit, Dirs: []string{t.TempDir()}})
		all := NewBatches(budget, ts)
		for i := range 50 {
			if err := all.Add(rows(ts, i)); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 {
			c := all.Read()
			for i := range 50 {
				b, err := c.Next()
				if err != nil {
					t.Fatal(err)
				}
				same(t, b, rows(ts, i))
			}
			if b, err := c.Next(); b != nil || err != nil {
				t.Fatal("no end", err)
			}
		}
		now, _ := budget.Spilled()
		if (now > 0) != (limit == 1<<10) && limit != 1<<20 || limit > 0 && budget.Memory() > limit {
			t.Errorf("limit %d: %d bytes in memory, %d in files", limit, budget.Memory(), now)
		}
		all.Clear()
		if now, _ := budget.Spilled(); now != 0 || budget.Memory() != 0 {
			t.Errorf("limit %d: %d bytes in memory, %d in files are left", limit, budget.Memory(), now)
		}
		if err := budget.Close(); err != nil {
			t.Error(err)
		}
	}
}
