package state

import (
	"bytes"
	"strings"
	"testing"
	"unsafe"

	"github.com/weir-stream/weir/internal/spill"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

func TestStoreCountsMemory(t *testing.T) {
	budget := spill.New(spill.Config{Limit: 8 << 20, Dirs: []string{t.TempDir()}, Disk: 32 << 20})
	s := NewStore(Config{Memory: budget})
	tb := s.Table(TableSpec{Name: "t", Key: keyShapes[1].types, Fixed: 8})
	l := s.List(ListSpec{Name: "l", Key: keyShapes[3].types, Row: keyShapes[1].types})
	so := s.Sorted(SortedSpec{Name: "s", Key: keyShapes[1].types})
	tm := s.Timers("m")
	si := s.Single("v")
	ns := make([]int, 2000)
	for i := range ns {
		ns[i] = i
	}
	var k Keys
	refs := make([]Ref, len(ns))
	keysOf(tb.Codec(), keyShapes[1].row, ns, &k)
	tb.Upsert(&k, refs, nil)
	var rows vec.Rows
	tb.Codec().EncodeVectors(&rows, []*vec.Vector{vec.New(types.Of(types.BigInt), len(ns))}, nil, len(ns))
	so.Upsert(&k, refs, nil)
	for i, r := range refs {
		so.Insert(r, AppendSortInt(nil, int64(i)), []byte("row"))
		tm.Register(k.Bytes(i), int64(i))
	}
	keysOf(l.KeyCodec(), keyShapes[3].row, ns, &k)
	l.Append(&k, &rows, nil)
	si.Set([]byte("value"))
	sum := int64(0)
	for _, o := range s.Tables() {
		if o.Bytes() == 0 || o.Len() == 0 || s.Lookup(o.Info().Name) != o || o.Info().Kind == "" {
			t.Errorf("table %s: %d bytes, %d rows", o.Info().Name, o.Bytes(), o.Len())
		}
		sum += o.Bytes()
	}
	if diff := s.Bytes() - sum; diff > 0 || diff < -1<<16 { // Timers count their heap of times too
		t.Errorf("the store holds %d bytes, its tables %d", s.Bytes(), sum)
	}
	if n := budget.Memory(); n < s.Bytes() {
		t.Errorf("the store holds %d bytes, but the budget knows of %d", s.Bytes(), n)
	}
	before := budget.Memory()
	if err := s.Reserve(1 << 30); err == nil || budget.Memory() != before {
		t.Errorf("Reserve beyond the budget: %v", err)
	}
	if s.Err() != nil {
		t.Fatalf("within the budget: %v", s.Err())
	}
	for n := 0; s.Err() == nil; n++ {
		l.Append(&k, &rows, nil)
		s.Relieve()
		budget.Tend()
		if n > 10000 {
			t.Fatal("memory without end")
		}
	}
	if err := s.Err(); !strings.Contains(err.Error(), "cannot spill more") {
		t.Errorf("Err gives %v", err)
	}
	if now, most := budget.Spilled(); now == 0 || most < now || most > 32<<20 {
		t.Errorf("spilled %d, at most %d", now, most)
	}
	s.Close()
	if now, _ := budget.Spilled(); budget.Memory() != 0 || now != 0 {
		t.Errorf("after Close the budget has %d bytes in memory, %d in files", budget.Memory(), now)
	}
	if err := budget.Close(); err != nil {
		t.Error(err)
	}
	if s.Bytes() != 0 {
		t.Errorf("%d bytes are held after Close", s.Bytes())
	}
}

func TestTableMemoryComesBack(t *testing.T) {
	s := NewStore(Config{Track: true})
	defer s.Close()
	tb := s.Table(TableSpec{Name: "t", Key: keyShapes[3].types, Fixed: 8})
	before := tb.Bytes()
	ns := make([]int, 10_000)
	for i := range ns {
		ns[i] = i
	}
	var k Keys
	refs := make([]Ref, len(ns))
	keysOf(tb.Codec(), keyShapes[3].row, ns, &k)
	for round := range 3 {
		tb.Upsert(&k, refs, nil)
		for i, p := range tb.Ptrs(refs, nil) {
			*(*int64)(p) = int64(i)
		}
		out := []*vec.Vector{vec.New(keyShapes[3].types[0], 0)}
		tb.DecodeKeys(refs, out)
		for i := range ns {
			if out[0].S[i] != keyShapes[3].row(i)[0] || *(*int64)(tb.Ptr(refs[i])) != int64(i) {
				t.Fatalf("round %d: row %d differs", round, i)
			}
		}
		tb.TakeDirty(func(Change) {})
		tb.Touch(refs)
		tb.Clear()
		if tb.Len() != 0 || tb.Bytes() != before || len(tb.TakeTouched(10, nil)) != 0 {
			t.Fatalf("round %d: %d rows, %d bytes, once %d", round, tb.Len(), tb.Bytes(), before)
		}
		gone := 0
		tb.TakeDirty(func(c Change) { gone++ })
		if gone != len(ns) {
			t.Fatalf("round %d: %d deletions", round, gone)
		}
	}
}

// TestNoAllocations holds the promise that nothing allocates per row.
func TestNoAllocations(t *testing.T) {
	s := NewStore(Config{})
	defer s.Close()
	big := keyShapes[1].types
	tb := s.Table(TableSpec{Name: "t", Key: big, Fixed: 8})
	l := s.List(ListSpec{Name: "l", Key: big, Row: big})
	v := vec.New(big[0], 1000)
	for i := range v.I64 {
		v.I64[i] = int64(i % 300)
	}
	in := &vec.Batch{Cols: []*vec.Vector{v}, N: v.N}
	var k Keys
	var p Probe
	var rows vec.Rows
	l.RowCodec().Encode(&rows, in, nil)
	refs, probe, entries := make([]Ref, v.N), make([]int32, 100), make([]Entry, 100)
	var ptrs []unsafe.Pointer
	var out [][]byte
	step := func() {
		k.Encode(tb.Codec(), in, nil)
		tb.Upsert(&k, refs, nil)
		ptrs = tb.Ptrs(refs, ptrs)
		tb.Mark(refs)
		tb.Touch(refs)
		refs = tb.TakeTouched(v.N, refs)[:v.N]
		l.Append(&k, &rows, nil)
		l.Probe(&p, &k)
		for n := p.Next(probe, entries); n > 0; n = p.Next(probe, entries) {
			out = l.Rows(entries[:n], out)
		}
		l.Remove(&k, &rows, nil)
	}
	step()
	step()
	if n := testing.AllocsPerRun(10, step); n > 0 {
		t.Errorf("%v allocations a batch", n)
	}
}

func TestApplyRefusesDamage(t *testing.T) {
	s := NewStore(Config{})
	defer s.Close()
	key := make([]byte, 9)
	owners := []Owner{
		s.Table(TableSpec{Name: "t", Key: keyShapes[1].types, Fixed: 16, HeapRefs: []int{8}}),
		s.List(ListSpec{Name: "l", Key: keyShapes[1].types, Row: keyShapes[1].types, Aux: 8}),
		s.Sorted(SortedSpec{Name: "s", Key: keyShapes[1].types, Aux: 8}),
		s.Timers("m"),
	}
	for _, o := range owners {
		for n := range 8 {
			for _, op := range []Op{OpPut, OpAppend, OpRemove, OpTrim} {
				if err := o.Apply(Change{Op: op, Key: key, Value: make([]byte, n)}); err == nil {
					t.Errorf("%s takes %d bytes for op %d", o.Info().Name, n, op)
				}
			}
		}
		if err := o.Apply(Change{Op: OpPut, Key: key[:3], Value: make([]byte, 60)}); err == nil {
			t.Errorf("%s takes a short key", o.Info().Name)
		}
		if o.Len() != 0 {
			t.Errorf("%s has %d rows", o.Info().Name, o.Len())
		}
	}
}

// A delta that was cut, or one of whose bytes is another, is refused or taken for
// another; nothing else happens, whoever asks for its key groups. (Checksums keep such
// from being read.)
func TestApplyDeltaTakesDamage(t *testing.T) {
	l := newLife(&fakeTime{now: 1000}, 0, 0, 12)
	defer l.store.Close()
	for i := range 60 {
		l.act(i%24, i%9, i%13)
	}
	refused := 0
	for _, o := range l.store.Tables() {
		data := AppendDelta(o, nil)
		for i := range data {
			for _, bad := range [][]byte{data[:i], append(append(bytes.Clone(data[:i]), data[i]^0xFF), data[i+1:]...), append(append(bytes.Clone(data[:i]), data[i]^1), data[i+1:]...)} {
				x := newLife(&fakeTime{now: 1000}, 0, 0, 12)
				err := x.store.ApplyDelta(x.store.Lookup(o.Info().Name), bad, func(group int) bool { return group < 6 })
				if err != nil {
					refused++
				}
				x.store.Close()
			}
		}
	}
	if refused < 100 {
		t.Errorf("only %d were refused", refused)
	}
}
