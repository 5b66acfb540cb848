package state

import (
	"encoding/binary"
	"math/bits"

	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// Deleting an item by its row means looking through all items of its sort key.
// There may be very many (ORDER BY a small count), so a map in which that took
// more than tiesLeast steps is tied: its items are entered in a list, by a hash
// of map, sort key and row, under their seq, by which the map itself finds them.

const tiesLeast = 32

// tieKey is the key of an item in the ties list.
func (s *Sorted) tieKey(r uint64) uint64 {
	return tieHash(s.item(r).hash, s.sortKey(r), s.row(r))
}

func tieHash(mapHash uint64, sortKey, row []byte) uint64 {
	return mapHash>>16 ^ bits.RotateLeft64(hashOf(sortKey), 17) ^ hashOf(row)
}

// tieUp enters all items of a map.
func (s *Sorted) tieUp(h *sortHead) {
	if s.ties == nil {
		s.ties = s.t.store.newList(ListSpec{}, vec.NewCodec([]types.Type{types.Of(types.BigInt)}), false)
		s.ties.track = false
	}
	h.tied = 1
	for i := range max(1, int(h.chunks)) {
		c := s.chunkAt(h, i)
		for _, sl := range c.slots()[:c.n] {
			s.tie(sl.item)
		}
	}
}

func (s *Sorted) tieRow(key uint64) (word [9]byte, hash uint64, r Ref) {
	binary.LittleEndian.PutUint64(word[:], key)
	hash = hashWord(key, 0)
	return word, hash, s.ties.keys.probe(hash, word[:])
}

func (s *Sorted) tie(r uint64) {
	word, hash, g := s.tieRow(s.tieKey(r))
	if g == NoRef {
		g = s.ties.keys.insert(hash, word[:])
	}
	var seq [8]byte
	binary.LittleEndian.PutUint64(seq[:], s.item(r).seq)
	s.ties.add(g, word[:], hash, seq[:], 1, 0)
}

func (s *Sorted) untie(r uint64) {
	_, _, g := s.tieRow(s.tieKey(r))
	if g == NoRef {
		return
	}
	var seq [8]byte
	binary.LittleEndian.PutUint64(seq[:], s.item(r).seq)
	if e := s.ties.equal(s.ties.headOf(g), seq[:], 0); e != 0 {
		s.ties.remove(g, e, false)
		s.ties.bury()
	}
}

// tied finds the earliest item of a tied map with that sort key and row.
func (s *Sorted) tied(mapHash uint64, h *sortHead, sortKey, row []byte) (spot, bool) {
	_, _, g := s.tieRow(tieHash(mapHash, sortKey, row))
	if g == NoRef {
		return spot{}, false
	}
	l := s.ties
	lh := l.headOf(g)
	array := l.array(lh)
	for i := lh.from; i < lh.n; i++ {
		e := *slotAt(array, i)
		if e == 0 {
			continue
		}
		at, ok := s.named(h, sortKey, binary.LittleEndian.Uint64(l.Row(e)))
		if ok && string(s.row(s.at(h, at))) == string(row) {
			return at, true
		}
	}
	return spot{}, false
}

// freeItem frees an item that is no longer in its map.
func (s *Sorted) freeItem(h *sortHead, r uint64) {
	if h.tied != 0 {
		s.untie(r)
	}
	s.items.Free(r)
}
