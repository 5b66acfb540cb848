package state

import (
	"bytes"
	"testing"
)

// A delta that is longer than a piece holds all changes, whether they are made over
// a small buffer's end, a piece's, or longer than one; and what is changed in an
// earlier piece is changed there.
func TestLongDeltas(t *testing.T) {
	l := journaled(8)
	defer l.store.Close()
	var pieces Pieces
	l.list.journal.pieces = &pieces
	es := make([]Entry, 1)
	var first Entry
	for round := range 2 {
		const n = 60_000
		for i := range n {
			l.keyOf(i % 5)
			l.row(i)
			l.list.Append(&l.key, &l.rows, es)
			if i == 0 {
				first = es[0]
			}
		}
		*(*int64)(l.list.Aux(first)) = 9
		l.list.MarkEntry(first)
		d := TakeDelta(l.list, []byte("head"))
		if len(d.More) < 2 || !bytes.HasPrefix(d.Data, []byte("head")) {
			t.Fatalf("%d pieces", 1+len(d.More))
		}
		all := bytes.Clone(d.Data[4:])
		for _, b := range d.More {
			all = append(all, b...)
		}
		if int64(len(all)+4) != d.Len() {
			t.Errorf("%d bytes of %d", len(all)+4, d.Len())
		}
		pieces.Release(&d)
		got := 0
		err := EachChange("t", all, func(c Change) error {
			if aux := c.Value[16]; (aux == 9) != (got == 0) {
				t.Fatalf("entry %d has %d beside it", got, aux)
			}
			got++
			return nil
		})
		if err != nil || got != n {
			t.Errorf("round %d: %d changes: %v", round, got, err)
		}
	}
	w := records{pieces: &pieces}
	long := bytes.Repeat([]byte("x"), 3*pieceBytes)
	for range 3 {
		w.entry(OpAppend, nil, 1, []byte("k"), long)
		w.entry(OpAppend, nil, 2, []byte("k"), nil)
	}
	w.void(w.entry(OpAppend, nil, 3, []byte("k"), long))
	d, n := w.take(nil, 8), 0
	all := bytes.Clone(d.Data)
	for _, b := range d.More {
		all = append(all, b...)
	}
	if err := EachChange("t", all, func(c Change) error { n++; return nil }); err != nil || n != 6 {
		t.Errorf("%d of 6 changes: %v", n, err)
	}
}
