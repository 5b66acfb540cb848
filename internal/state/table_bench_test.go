package state

import (
	"fmt"
	"testing"
	"unsafe"

	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// BenchmarkCountSum folds 10 million rows into count and sum by an int64 key,
// building included; ns/row is what counts.
func BenchmarkCountSum(b *testing.B) {
	const rows, batch = 10_000_000, 4096
	key := []types.Type{types.Of(types.BigInt)}
	for _, keys := range []int64{1_000, 100_000, 1_000_000, 5_000_000} {
		b.Run(fmt.Sprint(keys), func(b *testing.B) {
			for range b.N {
				countSum(b, key, rows, batch, keys)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/row")
		})
	}
}

func countSum(b *testing.B, key []types.Type, rows, batch int, keys int64) {
	s := NewStore(Config{Track: true})
	defer s.Close()
	t := s.Table(TableSpec{Name: "agg", Key: key, Fixed: 16})
	v, k := vec.New(key[0], batch), &Keys{}
	in := &vec.Batch{Cols: []*vec.Vector{v}, N: batch}
	refs := make([]Ref, batch)
	var ptrs []unsafe.Pointer
	x := uint64(1)
	total := int64(0)
	for range rows / batch {
		for i := range v.I64 {
			x ^= x << 13
			x ^= x >> 7
			x ^= x << 17
			v.I64[i] = int64((x >> 32) * uint64(keys) >> 32)
		}
		k.Encode(t.Codec(), in, nil)
		t.Upsert(k, refs, nil)
		ptrs = t.Ptrs(refs, ptrs)
		for i, p := range ptrs {
			acc := (*[2]int64)(p)
			acc[0]++
			acc[1] += v.I64[i]
		}
		t.Mark(refs)
		total += int64(batch)
	}
	var c Cursor
	for refs = t.Scan(&c, batch, refs); len(refs) > 0; refs = t.Scan(&c, batch, refs) {
		for _, r := range refs {
			total -= *(*int64)(t.Ptr(r))
		}
	}
	if total != 0 {
		b.Fatalf("%d rows are missing", total)
	}
}

// BenchmarkUpsert looks keys of several shapes up, 100 thousand distinct ones.
func BenchmarkUpsert(b *testing.B) {
	const batch, keys = 4096, 100_000
	for _, shape := range keyShapes[1:5] {
		b.Run(shape.name, func(b *testing.B) {
			s := NewStore(Config{Track: true})
			defer s.Close()
			t := s.Table(TableSpec{Key: shape.types, Fixed: 16})
			var batches []*vec.Batch
			for at := 0; at < keys; at += batch {
				in := vec.NewBatch(shape.types)
				for i := range batch {
					for c, x := range shape.row((at + i) * 7919 % keys) {
						in.Cols[c].AppendValue(x)
					}
				}
				in.N = batch
				batches = append(batches, in)
			}
			var k Keys
			refs := make([]Ref, batch)
			b.ResetTimer()
			for range b.N {
				for _, in := range batches {
					k.Encode(t.Codec(), in, nil)
					t.Upsert(&k, refs, nil)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(batches)*batch), "ns/row")
		})
	}
}
