package join

import (
	"time"

	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// memory keeps for each left row of a lookup join what was found when it came. Of
// equal rows each has its own: the last to come is the first to go, which makes no
// difference in the end, as nobody can tell them apart.
type memory struct {
	list    *state.List // left row → what was found; Aux is 1 in the first entry of each coming
	k       state.Keys
	rows    vec.Rows
	walk    state.Probe
	part    vec.Batch
	of      []state.Entry // all of a key
	entries []state.Entry
	taken   map[state.Entry]bool // first entries of what was recalled in this batch
	raw     [][]byte
}

func newMemory(s *state.Store, left, right []types.Type, route []int, ttl time.Duration) *memory {
	return &memory{list: s.List(state.ListSpec{Name: "looked up", Key: left, Row: right, Aux: 8, TTL: ttl, Route: route}), taken: map[state.Entry]bool{}}
}

// remember keeps what was found for the rows of j.
func (m *memory) remember(j *byKey) {
	j.sel, j.ro = j.sel[:0], j.ro[:0]
	for i, r := range j.phys {
		if g := j.group[i]; g >= 0 {
			for _, x := range j.found[j.first[g]:j.first[g+1]] {
				j.sel, j.ro = append(j.sel, r), append(j.ro, x)
			}
		}
	}
	if len(j.sel) == 0 {
		return
	}
	m.part = vec.Batch{Cols: j.b.Cols, Sel: j.sel, N: j.b.N}
	m.k.Encode(m.list.KeyCodec(), &m.part, nil)
	m.list.RowCodec().EncodeVectors(&m.rows, j.right.Cols, j.ro, j.right.N)
	m.entries = sized(m.entries, len(j.sel))
	m.list.Append(&m.k, &m.rows, m.entries)
	for i, e := range m.entries {
		if i == 0 || j.sel[i] != j.sel[i-1] {
			*(*int64)(m.list.Aux(e)) = 1
			m.list.MarkEntry(e)
		}
	}
}

// recall gives j what was found for its rows when they came, and forgets it.
func (m *memory) recall(j *byKey) {
	m.part = vec.Batch{Cols: j.b.Cols, Sel: j.phys, N: j.b.N}
	m.k.Encode(m.list.KeyCodec(), &m.part, nil)
	j.first, j.found = append(j.first[:0], 0), j.found[:0]
	m.list.Probe(&m.walk, &m.k)
	m.entries = m.entries[:0]
	clear(m.taken)
	for i := range j.phys {
		j.group[i] = int32(i)
		for _, e := range m.last(i) {
			j.found = append(j.found, int32(len(m.entries)))
			m.entries = append(m.entries, e)
		}
		j.first = append(j.first, int32(len(j.found)))
	}
	m.raw = m.list.Rows(m.entries, m.raw)
	m.list.RowCodec().Decode(m.raw, j.right.Cols)
	j.right.N = len(m.raw)
	for _, e := range m.entries {
		m.list.RemoveEntry(e)
	}
}

// last gives the entries of the last coming of key i that was not taken yet.
func (m *memory) last(i int) []state.Entry {
	m.of = m.of[:0]
	var es [64]state.Entry
	for slot := uint32(0); ; {
		n, next := m.walk.At(i, slot, es[:])
		if n == 0 {
			break
		}
		m.of, slot = append(m.of, es[:n]...), next
	}
	for end, at := len(m.of), len(m.of)-1; at >= 0; at-- {
		if *(*int64)(m.list.Aux(m.of[at])) == 0 {
			continue
		}
		if !m.taken[m.of[at]] {
			m.taken[m.of[at]] = true
			return m.of[at:end]
		}
		end = at
	}
	return nil
}
