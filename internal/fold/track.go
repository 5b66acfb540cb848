package fold

import (
	"unsafe"

	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/vec"
)

// Track makes Drop remove what DISTINCT has seen for a row, for rows that go
// without being retracted: those of windows. The lists behind it are made anew
// from the tables after a restart.
func (f *Fold) Track() {
	for _, d := range f.distincts {
		d.seen = map[int64]*state.Keys{}
	}
}

// reload makes the lists of Track anew after a restart.
func (f *Fold) reload() {
	for _, d := range f.distincts {
		if d.seen == nil {
			continue
		}
		id := vec.New(d.keyCols[0].Type, 0)
		cols := make([]*vec.Vector, len(d.keyCols))
		cols[0] = id
		var at state.Cursor
		var refs []state.Ref
		for {
			refs = d.table.Scan(&at, op.BatchRows, refs)
			if len(refs) == 0 {
				break
			}
			id.Resize(0)
			d.table.DecodeKeys(refs, cols)
			for j, r := range refs {
				d.listOf(id.I64[j]).Append(d.table.KeyBytes(r))
			}
		}
	}
}

func (d *distinct) listOf(id int64) *state.Keys {
	k := d.seen[id]
	if k == nil {
		k = &state.Keys{}
		d.seen[id] = k
	}
	return k
}

// note lists the values that are new to their rows.
func (d *distinct) note(rows []unsafe.Pointer) {
	for k, c := range d.created {
		if c {
			d.listOf(*(*int64)(rows[d.cand[k]])).AppendRaw(d.keys.Hash(k), d.keys.Bytes(k))
		}
	}
}

// drop removes the values of a row.
func (d *distinct) drop(row unsafe.Pointer) {
	id := *(*int64)(row)
	list := d.seen[id]
	if list == nil {
		return
	}
	delete(d.seen, id)
	var part state.Keys
	for at := 0; at < list.Len(); at += op.BatchRows {
		Chunk(list, &part, at, op.BatchRows)
		refs := make([]state.Ref, part.Len())
		d.table.Find(&part, refs)
		for _, r := range refs {
			if r != state.NoRef {
				d.table.Delete(r)
			}
		}
	}
}

// Chunk replaces part by at most n keys of all from place at.
func Chunk(all, part *state.Keys, at, n int) {
	part.Reset()
	for i := at; i < min(at+n, all.Len()); i++ {
		part.AppendRaw(all.Hash(i), all.Bytes(i))
	}
}
