package state

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// Rows that are handed over to two stores and back are what they were, whichever way
// they went, and nothing of them is left to be told of.
func TestHeirs(t *testing.T) {
	spec := TableSpec{Name: "t", Key: []types.Type{types.Of(types.BigInt), types.String()}, Fixed: 16, HeapRefs: []int{8}, TTL: time.Hour, Route: []int{0}}
	now := int64(1)
	open := func(from, to int) (*Store, *Table) {
		s := NewStore(Config{From: from, To: to, Track: true, Now: func() int64 { return now }})
		return s, s.Table(spec)
	}
	_, first := open(0, 128)
	in := vec.NewBatch(spec.Key)
	for i := range 20_000 {
		in.Cols[0].AppendValue(int64(i))
		in.Cols[1].AppendValue(strings.Repeat("x", i%40))
		in.N++
	}
	var k Keys
	refs := make([]Ref, in.N)
	k.Encode(first.Codec(), in, nil)
	first.Upsert(&k, refs, nil)
	for i, r := range refs {
		*(*uint64)(first.Ptr(r)) = uint64(i)
		*(*uint64)(unsafe.Add(first.Ptr(r), 8)) = first.Heap().Put(0, []byte(fmt.Sprint("value ", i)))
	}
	first.TakeDirty(func(Change) {})
	all := func(ts ...Owner) []string {
		var out []string
		for _, x := range ts {
			Dump(x, func(c Change) { out = append(out, fmt.Sprintf("%x %x", c.Key, c.Value)) })
		}
		slices.Sort(out)
		return out
	}
	pass := func(s *Store, to Owner, lo, hi int, copies bool, from ...Owner) {
		h := NewHeir(s, to, lo, hi)
		for _, f := range from {
			if copies && h.Copy(f) {
				continue
			}
			for c := (HeirCursor{}); h.Read(f, &c); {
				if err := h.Take(); err != nil {
					t.Fatal(err)
				}
			}
		}
		to.TakeDirty(func(c Change) { t.Fatal("told again") })
	}
	want := all(first)
	for _, copies := range []bool{false, true} {
		s0, a := open(0, 64)
		s1, b := open(64, 128)
		pass(s0, a, 0, 64, copies, first)
		pass(s1, b, 64, 128, copies, first)
		s2, back := open(0, 128)
		pass(s2, back, 0, 128, copies, a, b)
		if a.Len() == 0 || b.Len() == 0 || !slices.Equal(want, all(a, b)) || !slices.Equal(want, all(back)) {
			t.Errorf("copied %v: rows are not what they were", copies)
		}
		back.Find(&k, refs)
		back.Delete(refs[7])
		gone := 0
		back.TakeDirty(func(c Change) { gone++ })
		if gone != 1 {
			t.Errorf("copied %v: %d changes told of, not the one", copies, gone)
		}
	}
}

// BenchmarkHeir hands 800,000 rows over to a store of half of the key groups.
func BenchmarkHeir(b *testing.B) {
	const n = 800_000
	spec := TableSpec{Name: "t", Key: []types.Type{types.Of(types.BigInt)}, Fixed: 16}
	from := NewStore(Config{Track: true})
	old := from.Table(spec)
	in := vec.NewBatch(spec.Key)
	in.Cols[0].Resize(n)
	in.N = n
	for i := range n {
		in.Cols[0].I64[i] = int64(i)
	}
	var k Keys
	refs := make([]Ref, n)
	k.Encode(old.Codec(), in, nil)
	old.Upsert(&k, refs, nil)
	old.TakeDirty(func(Change) {})
	for _, way := range []bool{false, true} {
		b.Run(fmt.Sprint("copied=", way), func(b *testing.B) {
			for b.Loop() {
				to := NewStore(Config{From: 0, To: 64, Track: true})
				h := NewHeir(to, to.Table(spec), 0, 64)
				if way {
					h.Copy(old)
					to.Close()
					continue
				}
				for c := (HeirCursor{}); ; {
					more := h.Read(old, &c)
					if err := h.Take(); err != nil {
						b.Fatal(err)
					}
					if !more {
						break
					}
				}
				to.Close()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/row")
		})
	}
}
