package state

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

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
// again. Who looks at all of them (scans, those who are told of changes, images, heirs)
// meets each once.
func TestFrontOfASpilledTable(t *testing.T) {
	for _, shape := range []int{1, 3} { // int64, texts
		for _, track := range []bool{false, true} {
			t.Run(fmt.Sprint(keyShapes[shape].name, ", tracked: ", track), func(t *testing.T) {
				spec := TableSpec{Name: "t", Key: keyShapes[shape].types, Fixed: 8}
				if shape == 3 {
					spec.TTL = 100 * time.Millisecond // each step is one
				}
				testFront(t, spec, keyShapes[shape].row, track)
			})
		}
	}
}

func testFront(t *testing.T, spec TableSpec, row func(int) []any, track bool) {
	budget := spill.New(spill.Config{Limit: 1 << 20, Dirs: []string{t.TempDir()}})
	step := 0
	now := func() int64 { return int64(step) }
	s := NewStore(Config{Memory: budget, Track: track, Now: now})
	tb := s.Table(spec)
	copied := NewStore(Config{Now: now}).Table(spec)
	want, last := map[int]int64{}, map[int]int{}
	r := rand.New(rand.NewPCG(1, 2))
	var k Keys
	const n = 500
	refs, ns := make([]Ref, n), make([]int, n)
	for ; step < 400; step++ {
		for x, at := range last {
			if spec.TTL > 0 && at+100 <= step {
				delete(want, x)
				delete(last, x)
			}
		}
		for i := range ns {
			ns[i] = int(r.ExpFloat64() * 5000)
			if i%4 == 0 {
				ns[i] = r.IntN(100_000)
			}
		}
		keysOf(tb.Codec(), row, ns, &k)
		if tb.front != nil && step%3 == 0 {
			tb.front.late = 1 // as if the disk had been waited for
		}
		switch {
		case step%5 == 4:
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
					delete(last, x)
				}
			}
		default:
			tb.Upsert(&k, refs, nil)
			for i, p := range tb.Ptrs(refs, nil) {
				*(*int64)(p) += int64(ns[i])
				want[ns[i]] += int64(ns[i])
				last[ns[i]] = step
			}
			if tb.Mark(refs); step%7 == 0 {
				tb.Settle(refs)
			}
		}
		if track && step%20 == 13 {
			tb.TakeDirty(func(c Change) {
				if err := copied.Apply(c); err != nil {
					t.Fatal(err)
				}
			})
			same(t, step, "told of", want, copied, row)
		}
		if step%50 == 31 {
			same(t, step, "scanned", want, tb, row)
		}
		s.Relieve()
		budget.Tend()
	}
	step-- // the last one's time
	if n := tb.Len(); tb.front == nil || n < len(want) || n > len(want) && spec.TTL == 0 || s.Err() != nil {
		t.Errorf("front %v, %d rows, want %d, error %v", tb.front != nil, tb.Len(), len(want), s.Err())
	}
	heirs := NewStore(Config{Now: now})
	heir := heirs.Table(spec)
	h := NewHeir(heirs, heir, 0, 128)
	if !h.Copy(tb) {
		t.Error("not copied")
	}
	same(t, 400, "handed over", want, heir, row)
	s.Close()
	if budget.Memory() != 0 {
		t.Errorf("%d bytes are held after Close", budget.Memory())
	}
	if err := budget.Close(); err != nil {
		t.Error(err)
	}
}

// same compares all rows of a table with what they are to be.
func same(t *testing.T, step int, how string, want map[int]int64, tb *Table, row func(int) []any) {
	t.Helper()
	var k Keys
	ns := make([]int, 0, len(want))
	for x := range want {
		ns = append(ns, x)
	}
	keysOf(tb.Codec(), row, ns, &k)
	left := map[string]int64{}
	for i, x := range ns {
		left[string(k.Bytes(i))] = want[x]
	}
	var refs []Ref
	for c := (Cursor{}); !c.Done(); {
		refs = tb.Scan(&c, 100, refs)
		for _, r := range refs {
			key := string(tb.KeyBytes(r))
			if v, ok := left[key]; !ok || v != *(*int64)(tb.Ptr(r)) {
				t.Fatalf("step %d, %s: %x is %d, want %d (%v)", step, how, key, *(*int64)(tb.Ptr(r)), v, ok)
			}
			delete(left, key)
		}
	}
	if len(left) > 0 {
		t.Fatalf("step %d, %s: %d rows are missing", step, how, len(left))
	}
}
