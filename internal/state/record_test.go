package state

import (
	"bytes"
	"testing"

	"github.com/weir-stream/weir/internal/types"
)

// journaled is a list of numbers by number that keeps note of changes.
func journaled(aux int) *life {
	row := []types.Type{types.Of(types.BigInt)}
	l := newLife(&fakeTime{}, 0, 0, 12)
	l.list = l.store.List(ListSpec{Name: "journaled", Key: lifeKey, Row: row, Aux: aux})
	return l
}

// What is made and goes within an epoch leaves no change, and what is made and
// changed leaves one.
func TestListDeltasAreSquashed(t *testing.T) {
	for _, aux := range []int{0, 8} {
		l := journaled(aux)
		es := make([]Entry, 1)
		count := func() (n int) {
			l.list.TakeDirty(func(c Change) {
				if c.Op == OpAppend && (c.Value[8] != 3 || aux > 0 && c.Value[16] != 7) {
					t.Errorf("the change has not what the entry came to: %v", c.Value)
				}
				n++
			})
			return n
		}
		l.keyOf(1)
		l.row(1)
		for range 2 {
			l.list.Append(&l.key, &l.rows, es)
			l.list.Add(&l.key, &l.rows, []int64{2}, nil)
			if aux > 0 {
				*(*int64)(l.list.Aux(es[0])) = 7
			}
			if n := count(); n != 1 {
				t.Errorf("%d changes of a new entry that was changed", n)
			}
			l.list.Add(&l.key, &l.rows, []int64{-3}, nil)
			if n := count(); n != 1 {
				t.Errorf("%d changes of a known entry that went", n)
			}
			l.list.Append(&l.key, &l.rows, es)
			l.list.RemoveEntry(es[0])
			l.list.Append(&l.key, &l.rows, es)
			l.list.RemoveKeys(&l.key)
			if n := count(); n != 0 {
				t.Errorf("%d changes of entries that came and went", n)
			}
		}
		l.store.Close()
	}
}

// A delta that was cut or changed is refused or taken for another; nothing else
// happens. (Checksums keep such from being read.)
func TestDamagedRecords(t *testing.T) {
	l := journaled(8)
	defer l.store.Close()
	for i := range 20 {
		l.keyOf(i % 3)
		l.row(i)
		l.list.Append(&l.key, &l.rows, nil)
		l.table.Upsert(&l.key, make([]Ref, 1), nil)
	}
	for _, o := range []Owner{l.list, l.table} {
		data := AppendDelta(o, nil)
		if data[0] != deltaRecords {
			t.Fatalf("version %d", data[0])
		}
		for i := range data {
			for _, bad := range [][]byte{data[:i], append(append(bytes.Clone(data[:i]), data[i]^0xFF), data[i+1:]...)} {
				if err := EachChange("t", bad, func(Change) error { return nil }); err == nil && len(bad) == 1 {
					t.Error("a delta without its head is taken")
				}
			}
		}
	}
}
