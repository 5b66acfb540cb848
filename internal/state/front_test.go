package state

import (
	"math/rand/v2"
	"testing"

	"github.com/weir-stream/weir/internal/spill"
)

// cramped gives a budget of which nothing is left, so that tables spill at once.
func cramped(limit int64) *spill.Budget {
	b := spill.New(spill.Config{Limit: limit})
	b.Map(int(limit))
	return b
}

// A table that has spilled finds rows by way of its front, whatever became of the rows
// since: they move out and come back, segments split, rows go and their places are used
// again.
func TestFrontOfASpilledTable(t *testing.T) {
	budget := spill.New(spill.Config{Limit: 1 << 20, Dirs: []string{t.TempDir()}})
	s := NewStore(Config{Memory: budget})
	tb := s.Table(TableSpec{Name: "t", Key: keyShapes[1].types, Fixed: 8})
	want := map[int]int64{}
	r := rand.New(rand.NewPCG(1, 2))
	var k Keys
	const n = 500
	refs, ns := make([]Ref, n), make([]int, n)
	for step := range 400 {
		for i := range ns {
			ns[i] = int(r.ExpFloat64() * 5000)
			if i%4 == 0 {
				ns[i] = r.IntN(100_000)
			}
		}
		keysOf(tb.Codec(), keyShapes[1].row, ns, &k)
		if step%5 == 4 {
			tb.Find(&k, refs)
			for i, x := range ns {
				v, ok := want[x]
				if (refs[i] != NoRef) != ok || ok && *(*int64)(tb.Ptr(refs[i])) != v {
					t.Fatalf("step %d: key %d is wrong", step, x)
				}
			}
			for i, x := range ns[:n/2] {
				if _, ok := want[x]; ok {
					tb.Delete(refs[i])
					delete(want, x)
				}
			}
			continue
		}
		tb.Upsert(&k, refs, nil)
		for i, p := range tb.Ptrs(refs, nil) {
			*(*int64)(p) += int64(ns[i])
			want[ns[i]] += int64(ns[i])
		}
		s.Relieve()
		budget.Tend()
	}
	if tb.front == nil || tb.Len() != len(want) || s.Err() != nil {
		t.Errorf("front %v, %d rows, want %d, error %v", tb.front != nil, tb.Len(), len(want), s.Err())
	}
	s.Close()
	if budget.Memory() != 0 {
		t.Errorf("%d bytes are held after Close", budget.Memory())
	}
	if err := budget.Close(); err != nil {
		t.Error(err)
	}
}
