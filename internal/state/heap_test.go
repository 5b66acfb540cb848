package state

import (
	"strings"
	"testing"
)

func TestHeap(t *testing.T) {
	s := NewStore(Config{})
	defer s.Close()
	h := s.Table(TableSpec{}).Heap()
	want := map[uint64][]byte{}
	seed := uint64(1)
	var refs []uint64
	for step := range 20000 {
		seed = seed*6364136223846793005 + 1442695040888963407
		n := int(seed >> 40 % 200)
		if seed>>33%50 == 0 {
			n = int(seed >> 40 % 100_000)
		}
		b := []byte(strings.Repeat(string(rune('a'+step%26)), n))
		i := -1
		if len(refs) > 0 {
			i = int(seed >> 20 % uint64(len(refs)))
		}
		switch {
		case seed>>60 < 8 || i < 0:
			r := h.Put(0, b)
			refs = append(refs, r)
			want[r] = b
		case seed>>60 < 11:
			delete(want, refs[i])
			refs[i] = h.Put(refs[i], b)
			want[refs[i]] = b
		default:
			h.Free(refs[i])
			delete(want, refs[i])
			refs = append(refs[:i], refs[i+1:]...)
		}
	}
	for r, b := range want {
		if string(h.Get(r)) != string(b) {
			t.Fatalf("ref %x differs", r)
		}
	}
	for r := range want {
		h.Free(r)
	}
	if h.Used() != 0 {
		t.Fatalf("%d bytes are in use after all were freed", h.Used())
	}
}
