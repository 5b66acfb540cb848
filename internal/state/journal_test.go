package state

import (
	"testing"

	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// TestBriefEntries adds entries to keys that are removed soon, as windows are, and then to
// keys that stay: what is written is what there is, after a delta at most in which that
// was not known.
func TestBriefEntries(t *testing.T) {
	s := NewStore(Config{Track: true})
	defer s.Close()
	word := []types.Type{types.Of(types.BigInt)}
	l, replica := s.List(ListSpec{Name: "l", Key: word, Row: word}), s.List(ListSpec{Name: "r", Key: word, Row: word})
	row := func(n int) []any { return []any{int64(n)} }
	var k Keys
	var rows vec.Rows
	window := func(n int, removed bool) {
		const each = 1000
		vs := vec.New(word[0], each)
		ns := make([]int, each)
		for i := range each {
			ns[i], vs.I64[i] = n, int64(i)
		}
		keysOf(l.KeyCodec(), row, ns, &k)
		l.RowCodec().EncodeVectors(&rows, []*vec.Vector{vs}, nil, each)
		l.Append(&k, &rows, nil)
		if removed {
			keysOf(l.KeyCodec(), row, []int{n - 1}, &k)
			l.RemoveKeys(&k)
		}
	}
	took := func() (bytes, changes int) {
		d := AppendDelta(l, nil)
		if err := EachChange("l", d, func(c Change) error { changes++; return replica.Apply(c) }); err != nil {
			t.Fatal(err)
		}
		if l.Entries() != replica.Entries() || l.Len() != replica.Len() {
			t.Fatalf("%d entries of %d keys, replayed %d of %d", l.Entries(), l.Len(), replica.Entries(), replica.Len())
		}
		return len(d), changes
	}
	for epoch := range 4 {
		for i := range 50 {
			window(100+50*epoch+i, true)
		}
		if bytes, changes := took(); changes > 1001 || epoch > 0 && bytes > 32*changes {
			t.Errorf("epoch %d of windows: %d changes in %d bytes", epoch, changes, bytes)
		}
	}
	if len(l.dirty) > 0 || cap(l.dirty) > 1<<15 {
		t.Errorf("notes of %d entries for 1000", cap(l.dirty))
	}
	for epoch := range 3 {
		for i := range 10 {
			window(1000+50*epoch+i, false)
		}
		took()
		if l.brief.late {
			t.Errorf("epoch %d of entries that stay: they are written late", epoch)
		}
	}
}
