package join

import (
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/vec"
)

// fetcher brings the columns of tuples together.
type fetcher struct {
	j    *multi
	at   []int32 // tuples
	orig []int32
	ents []state.Entry

	real []state.Entry
	raw  [][]byte
	phys []int32 // of the batch's rows
	pos  []int32
	bufs [][]*vec.Vector // of each input
	tmp  []*vec.Vector
	zero []int32
}

func (f *fetcher) open(j *multi) {
	f.j = j
	for _, s := range j.sides {
		var bufs []*vec.Vector
		for _, t := range s.types {
			bufs = append(bufs, vec.New(t, 0))
		}
		f.bufs = append(f.bufs, bufs)
	}
}

// rows replaces dst by the columns of input i of the tuples at.
func (f *fetcher) rows(t *tuples, i int, dst []*vec.Vector) {
	f.orig, f.ents = f.orig[:0], f.ents[:0]
	for _, x := range f.at {
		f.orig, f.ents = append(f.orig, t.orig[x]), append(f.ents, t.ents[i][x])
	}
	f.load(i, dst)
}

// load replaces dst, nil where a column is not wanted, by the columns of input i
// for entries ents of rows orig.
func (f *fetcher) load(i int, dst []*vec.Vector) {
	f.split()
	s := f.j.sides[i]
	b := f.j.round
	for _, v := range dst {
		if v != nil {
			v.Resize(0)
		}
	}
	n := len(f.ents)
	switch {
	case len(f.real) == n: // kept rows, all different
		f.raw = s.list.Rows(f.real, f.raw)
		s.list.RowCodec().Decode(f.raw, dst)
		return
	case len(f.real) == 0 && len(f.phys) == n:
		for c, v := range dst {
			if v != nil {
				v.AppendSel(b.Cols[c], f.phys)
			}
		}
		return
	}
	f.tmp = f.tmp[:0]
	for c, v := range dst {
		if v == nil {
			f.tmp = append(f.tmp, nil)
			continue
		}
		f.bufs[i][c].Resize(0)
		f.tmp = append(f.tmp, f.bufs[i][c])
	}
	f.raw = s.list.Rows(f.real, f.raw)
	s.list.RowCodec().Decode(f.raw, f.tmp)
	for c, v := range dst {
		if v == nil {
			continue
		}
		if len(f.phys) > 0 {
			f.tmp[c].AppendSel(b.Cols[c], f.phys)
		}
		gatherHoles(v, f.tmp[c], f.pos, &f.zero)
	}
}

// split lists the kept rows, neighbours that are equal once, and the batch's
// rows among ents; pos tells where each is, kept rows first, none for padding.
func (f *fetcher) split() {
	f.real, f.phys, f.pos = f.real[:0], f.phys[:0], f.pos[:0]
	for k, e := range f.ents {
		switch {
		case e == padding:
			f.pos = append(f.pos, none)
		case e == ownRow:
			f.pos = append(f.pos, -2-int32(len(f.phys)))
			f.phys = append(f.phys, int32(f.j.round.Row(int(f.orig[k]))))
		default:
			if n := len(f.real); n == 0 || f.real[n-1] != e {
				f.real = append(f.real, e)
			}
			f.pos = append(f.pos, int32(len(f.real)-1))
		}
	}
	for k, p := range f.pos {
		if p < none {
			f.pos[k] = int32(len(f.real)) - 2 - p
		}
	}
}
