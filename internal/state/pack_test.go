package state

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"
	"unsafe"

	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// packedSpecs are tables whose rows are written in batches: keys of whole words and
// of parts of them, none, values of nothing, and such that refer to the heap.
func packedSpecs() []TableSpec {
	word, short := types.Of(types.BigInt), types.Of(types.SmallInt)
	return []TableSpec{
		{Name: "none", Fixed: 24},
		{Name: "set", Key: []types.Type{word}},
		{Name: "short", Key: []types.Type{short}, Fixed: 8},
		{Name: "words", Key: []types.Type{word, word}, Fixed: 40, TTL: time.Hour},
		{Name: "mixed", Key: []types.Type{word, short}, Fixed: 24, HeapRefs: []int{8, 16}},
		{Name: "living", Key: []types.Type{short}, Fixed: 8, HeapRefs: []int{0}, TTL: time.Hour},
	}
}

// packedTables declares them in a store.
func packedTables(now *int64) (s *Store, ts []*Table) {
	s = NewStore(Config{Track: true, Now: func() int64 { return *now }})
	for _, spec := range packedSpecs() {
		ts = append(ts, s.Table(spec))
	}
	return s, ts
}

// change writes to some keys of a table, and deletes some.
func change(t *Table, rnd *rand.Rand) {
	var k Keys
	for range 50 + rnd.IntN(300) {
		cols := newVectors(t.spec.Key)
		for i, c := range t.spec.Key {
			setInt(cols[i], c, int64(rnd.IntN(400))-200)
		}
		k.EncodeVectors(t.Codec(), cols, nil, 1)
		ref := make([]Ref, 1)
		if rnd.IntN(8) == 0 {
			if t.Find(&k, ref); ref[0] != NoRef {
				t.Delete(ref[0])
			}
			continue
		}
		t.Upsert(&k, ref, nil)
		refers := map[int]bool{}
		for _, off := range t.spec.HeapRefs {
			refers[off] = true
		}
		for off := 0; off < t.spec.Fixed; off += 8 {
			p := wordAt(t.Ptr(ref[0]), off)
			switch {
			case refers[off]:
				*p = t.Heap().Put(*p, bytes.Repeat([]byte{byte(off)}, rnd.IntN(40)))
			case rnd.IntN(20) == 0:
				*p = rnd.Uint64() >> rnd.IntN(64)
			default:
				*p += uint64(rnd.IntN(9)) - 4
			}
		}
		if t.Mark(ref); rnd.IntN(3) > 0 {
			t.Settle(ref)
		}
	}
}

// TestPackedRows replays deltas into other tables, which come to the same.
func TestPackedRows(t *testing.T) {
	now := int64(1000)
	a, from := packedTables(&now)
	b, to := packedTables(&now)
	defer a.Close()
	defer b.Close()
	rnd := rand.New(rand.NewPCG(1, 2))
	for epoch := range 20 {
		now += int64(epoch)
		for i, x := range from {
			change(x, rnd)
			data := AppendDelta(x, nil)
			if data[0] != deltaPacked {
				t.Fatalf("%s: version %d", x.spec.Name, data[0])
			}
			var told []string
			if err := EachChange(x.spec.Name, data, func(c Change) error {
				told = append(told, fmt.Sprint(c))
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			if n, _ := Changes(data); n < len(told)/2 || n > 2*len(told)+1 {
				t.Errorf("%s: about %d changes, but %d", x.spec.Name, n, len(told))
			}
			if err := b.ApplyDelta(to[i], data, nil); err != nil {
				t.Fatal(err)
			}
			if want, got := dumped(x), dumped(to[i]); want != got {
				t.Fatalf("%s:\n%s\nwant:\n%s", x.spec.Name, got, want)
			}
		}
	}
}

// TestEarlierPackedRows reads deltas of version 4 that were written before: of each
// table the first of TestPackedRows, and what that came to.
func TestEarlierPackedRows(t *testing.T) {
	const dir = "testdata/deltas/v4"
	now := int64(1000)
	a, from := packedTables(&now)
	b, to := packedTables(&now)
	defer a.Close()
	defer b.Close()
	rnd := rand.New(rand.NewPCG(3, 4))
	for i, x := range from {
		change(x, rnd)
		path := filepath.Join(dir, x.spec.Name)
		if *writeFixture {
			if err := os.MkdirAll(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, AppendDelta(x, nil), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		data, err := os.ReadFile(path)
		if err == nil {
			err = b.ApplyDelta(to[i], data, nil)
		}
		if err != nil || data[0] != deltaPacked {
			t.Fatal(err, data[0])
		}
		if want, got := dumped(x), dumped(to[i]); want != got {
			t.Errorf("%s:\n%s\nwant:\n%s", x.spec.Name, got, want)
		}
	}
}

// TestDamagedBatches cuts and changes deltas: they are refused or taken for others.
func TestDamagedBatches(t *testing.T) {
	now := int64(1000)
	s, from := packedTables(&now)
	defer s.Close()
	rnd := rand.New(rand.NewPCG(5, 6))
	for _, x := range from {
		change(x, rnd)
		data := AppendDelta(x, nil)
		for range 2000 {
			bad := bytes.Clone(data[:rnd.IntN(len(data))+1])
			for range rnd.IntN(3) {
				bad[rnd.IntN(len(bad))] = byte(rnd.Uint32())
			}
			_ = EachChange("t", bad, func(Change) error { return nil }) // it may be whole all the same
		}
	}
}

func newVectors(ts []types.Type) (cols []*vec.Vector) {
	for _, t := range ts {
		cols = append(cols, vec.New(t, 1))
	}
	return cols
}

func setInt(v *vec.Vector, t types.Type, x int64) {
	if t.Phys() == types.PI64 {
		v.I64[0] = x
		return
	}
	v.I16[0] = int16(x)
}

func wordAt(p unsafe.Pointer, off int) *uint64 { return (*uint64)(unsafe.Add(p, off)) }

// TestPackedRowsOfSomeGroups replays a delta for some key groups and again for the
// others, as where there are more subtasks than before.
func TestPackedRowsOfSomeGroups(t *testing.T) {
	now := int64(1000)
	a, b := NewStore(Config{Track: true, Now: func() int64 { return now }}), NewStore(Config{Now: func() int64 { return now }})
	defer a.Close()
	defer b.Close()
	word := types.Of(types.BigInt)
	spec := TableSpec{Name: "words", Key: []types.Type{word, word}, Fixed: 40}
	from, to := a.Table(spec), b.Table(spec)
	rnd := rand.New(rand.NewPCG(7, 8))
	for range 40 {
		change(from, rnd)
	}
	data := AppendDelta(from, nil)
	for part := range 8 {
		if err := b.ApplyDelta(to, data, func(g int) bool { return g%8 == part }); err != nil {
			t.Fatal(err)
		}
	}
	if want, got := dumped(from), dumped(to); want != got {
		t.Errorf("%s\nwant:\n%s", got, want)
	}
}
