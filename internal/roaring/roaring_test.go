package roaring

import (
	"encoding/hex"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// TestFormat holds known bytes: those of the Java library.
func TestFormat(t *testing.T) {
	for _, c := range []struct {
		xs  []uint32
		hex string
	}{
		{nil, "3a30000000000000"},
		{[]uint32{0xffffffff}, "3a30000001000000ffff000010000000ffff"},
		{[]uint32{2, 1, 0, 1}, "3a300000010000000000020010000000000001000200"},
		{[]uint32{0x80000000, 0xffffffff, 1, 2, 3},
			"3a300000030000000000020000800000ffff00002000000026000000280000000100020003000000ffff"},
		{[]uint32{0, 1, 2, 3, 4, 5}, "3b3000000100000500010000000500"},
	} {
		var m Maker
		if got := hex.EncodeToString(m.Build(nil, c.xs)); got != c.hex {
			t.Errorf("%v: %s, want %s", c.xs, got, c.hex)
		}
	}
}

// randomSet draws a set of some shape: sparse, dense, runs, several containers.
func randomSet(r *rand.Rand) map[uint32]bool {
	set := map[uint32]bool{}
	for range r.IntN(4) {
		base := uint32(r.IntN(3))<<16 | uint32(r.IntN(2))<<31
		switch r.IntN(3) {
		case 0:
			for range r.IntN(50) {
				set[base+uint32(r.IntN(1<<16))] = true
			}
		case 1:
			for range r.IntN(9000) {
				set[base+uint32(r.IntN(1<<14))] = true
			}
		case 2:
			from := uint32(r.IntN(1 << 15))
			for x := range uint32(r.IntN(20000)) {
				set[base+from+x] = true
			}
		}
	}
	return set
}

func elements(set map[uint32]bool) []uint32 {
	out := make([]uint32, 0, len(set))
	for x := range set {
		out = append(out, x)
	}
	slices.Sort(out)
	return out
}

func list(s string) []uint32 {
	out := []uint32{}
	Each(s, func(x uint32) bool { out = append(out, x); return true })
	return out
}

// TestOps compares every operation with sets of Go, and the bytes with those of
// the result built anew.
func TestOps(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var m Maker
	for range 40 {
		a, b := randomSet(r), randomSet(r)
		x, y := string(m.Build(nil, elements(a))), string(m.Build(nil, elements(b)))
		if Cardinality(x) != int64(len(a)) || !slices.Equal(list(x), elements(a)) {
			t.Fatal("a set does not read back")
		}
		if again, err := m.Read(nil, x+"tail"); err != nil || string(again) != x {
			t.Fatalf("Read: %v", err)
		}
		for op := And; op <= Xor; op++ {
			want := map[uint32]bool{}
			for _, s := range []map[uint32]bool{a, b} {
				for e := range s {
					if a[e] && b[e] && op.keepsBoth() || a[e] && !b[e] && op.keepsFirst() || b[e] && !a[e] && op.keepsSecond() {
						want[e] = true
					}
				}
			}
			if got := string(m.Apply(nil, op, x, y)); got != string(m.Build(nil, elements(want))) {
				t.Fatalf("operation %d of %d and %d elements is wrong", op, len(a), len(b))
			}
		}
	}
}

func TestCounts(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var m Maker
	var c, other Counts
	model := map[uint32]int64{}
	for step := range 200 {
		xs := make([]uint32, r.IntN(6))
		set := map[uint32]bool{}
		for i := range xs {
			xs[i] = uint32(r.IntN(8)) * 70000
			set[xs[i]] = true
		}
		sign := int8(1)
		if r.IntN(5) < 2 {
			sign = -1
		}
		to := &c
		if step%3 == 0 {
			to = &other
		}
		to.Add(string(m.Build(nil, xs)), sign)
		for x := range set {
			model[x] += int64(sign)
		}
	}
	var stored Counts
	stored.Open(string(other.Append(nil)))
	c.Merge(&stored)
	positive := map[uint32]bool{}
	byCount := map[int64]map[uint32]bool{}
	for x, n := range model {
		if n > 0 {
			positive[x] = true
			if byCount[n] == nil {
				byCount[n] = map[uint32]bool{}
			}
			byCount[n][x] = true
		}
	}
	if !slices.Equal(list(c.Positive()), elements(positive)) {
		t.Errorf("positive: %v of %v", list(c.Positive()), model)
	}
	for n := int64(1); n < 40; n++ {
		if !slices.Equal(list(c.Exactly(n)), elements(byCount[n])) {
			t.Errorf("exactly %d: %v of %v", n, list(c.Exactly(n)), model)
		}
	}
}

func TestText(t *testing.T) {
	var m Maker
	for _, text := range []string{"{}", "{0,1,4294967295}"} {
		s, err := m.ParseText(nil, text)
		if err != nil || string(AppendText(nil, string(s))) != text {
			t.Errorf("%s: %q, %v", text, s, err)
		}
	}
	xs := make([]uint32, 100_000)
	for i := range xs {
		xs[i] = uint32(i)
	}
	if text := string(AppendText(nil, string(m.Build(nil, xs)))); !strings.HasSuffix(text, ",...}") || len(text) > longestText+20 {
		t.Errorf("%d bytes end in %q", len(text), text[len(text)-10:])
	}
}

// FuzzRead feeds foreign bytes: an error, or a set that is sound.
func FuzzRead(f *testing.F) {
	for _, s := range []string{"", Empty, "3a30000001000000ffff000010000000ffff", "3b3000000100000500010000000500"} {
		b, _ := hex.DecodeString(s)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var m Maker
		out, err := m.Read(nil, string(b))
		if err != nil {
			return
		}
		if again := m.Build(nil, list(string(out))); string(again) != string(out) {
			t.Fatalf("%x is not canonical: %x", out, again)
		}
	})
}

func BenchmarkOr(b *testing.B) {
	var m Maker
	xs := make([]uint32, 2000)
	for i := range xs {
		xs[i] = uint32(i * 37)
	}
	x := string(m.Build(nil, xs))
	var dst []byte
	for b.Loop() {
		dst = m.Apply(dst[:0], Or, x, x)
	}
}
