package state

import (
	"unsafe"

	"github.com/weir-stream/weir/internal/spill"
)

// A front is the part of a spilled table that stays in memory. Hashes spread keys that
// are used all the time over all pages that a table has, and each new key takes a page
// of an index and one of rows that lie anywhere; a page fetched for 4 or 70 bytes of it
// costs more than all else that is done with a row. So new rows begin in the front,
// which has segments of its own, each for a larger range of hashes than those behind.
// When one of them is full what nobody has asked for lately moves out in order of
// hashes: many rows a page. Rows behind that are asked for again come back.
//
// A row lies in one place, and what is behind is whole but for what the front has. Who
// needs a segment complete (scans, images) has bringHome move its rows there first.
type front struct {
	dir    []uint32 // segments by the leading bits of places, all equally deep
	depth  uint8
	first  uint32 // the segments are first to first+len(dir)-1
	slab   *spill.Slab
	sieve  sieve
	counts sketch

	write bool // rows that are looked for will be written to

	asked, entered uint32 // of the keys that were asked for lately, and of those that it did not have
	need           []uint32
	picks          []uint64
	behind         []int32 // places in the chunk of keys that may be behind

	walk walk
	late int       // reads that had to wait for the disk lately
	row  []byte    // a row behind
	lift [2][]byte // for blocks behind
	gone gone
}

const (
	// frontLeast is the size from which a table is worth it.
	frontLeast = 128 << 10
	// Segments of a front have frontRows rows at most: so many that a segment behind it
	// gets some of them together, and so few that to move them takes a moment.
	frontRows = 4096
	// leaveShare is the part of a full segment, as a divisor, that leaves it at least.
	leaveShare = 4
	// sketchShare and sieveShare are the parts of a front, as divisors, that those take.
	sketchShare, sieveShare = 8, 4
)

// begin is called before keys are looked up.
func (f *front) begin(write bool) { f.write = write }

// has reports whether a segment is of the front. A nil front has none.
func (f *front) has(id uint32) bool { return f != nil && id-f.first < uint32(len(f.dir)) }

func (f *front) segOf(place uint64) uint32 { return f.dir[place>>(64-f.depth)] }

// warm gives a table that has grown large in a store that spills a front.
func (t *Table) warm() {
	b := t.store.mem.budget
	if now, _ := b.Spilled(); now == 0 || t.waiting != nil {
		return
	}
	t.openFront(min(b.Portion(1), t.use.bytes))
}

// openFront makes an empty front of at most so many bytes. If there is no room for it
// the table has none.
func (t *Table) openFront(room int64) {
	sieves, counts := room/sieveShare, int64(64)
	for counts*2 <= room/sketchShare {
		counts *= 2
	}
	count, depth := 1, uint8(0)
	rows, slots, block := t.frontShape(room - sieves - counts)
	for rows > frontRows {
		count, depth = 2*count, depth+1
		rows, slots, block = t.frontShape((room - sieves - counts) / int64(count))
	}
	if rows < segLeast {
		return
	}
	slab := t.store.mem.budget.Hold(count*block + int(counts+sieves))
	if slab == nil {
		return
	}
	t.hold(int64(len(slab.Mem)))
	f := &front{depth: depth, first: uint32(len(t.segs)), slab: slab}
	for i := range count {
		p := unsafe.Pointer(&slab.Mem[i*block])
		t.segs = append(t.segs, segment{index: p, rows: unsafe.Add(p, uintptr(slots)*4), mask: slots - 1, cap: rows})
		t.held = append(t.held, 0)
		f.dir = append(f.dir, f.first+uint32(i))
	}
	f.need = make([]uint32, count)
	rest := slab.Mem[count*block:]
	f.counts.words = unsafe.Slice((*uint64)(unsafe.Pointer(unsafe.SliceData(rest))), counts/8)
	f.sieve.open(rest[counts:], t.store.segRows)
	f.buffers(t)
	t.front = f
	for id := range t.segs[1:] {
		f.sift(t, uint32(id+1))
	}
	t.version++
}

// frontShape gives the rows, the slots of the index and the bytes of a segment of at
// most so many.
func (t *Table) frontShape(room int64) (rows, slots uint32, block int) {
	n := max(room/int64(t.stride+8), 0) // what the index takes more than that, rows take less
	slots = 16
	for int64(slots) < n*4/3 {
		slots *= 2
	}
	n = max((room-int64(slots)*4)/int64(t.stride), 0)
	rows = uint32(min(n, int64(slots)*3/4))
	return rows, slots, int((uintptr(slots)*4 + uintptr(rows)*t.stride + 63) &^ 63)
}

func (t *Table) hold(bytes int64) {
	t.use.bytes += bytes
	t.store.bytes += bytes
}

// dropFront gives the front back, with what is in it.
func (t *Table) dropFront() {
	f := t.front
	if f == nil {
		return
	}
	clear(t.segs[f.first:][:len(f.dir)])
	t.hold(-int64(len(f.slab.Mem)))
	t.store.mem.budget.Release(f.slab)
	t.front = nil
	t.version++
}

// searchFront is search in the front, and behind it for what it does not have.
func (t *Table) searchFront(k *Keys, from, to int) {
	f, l := t.front, t.scratch
	t.searchIn(f.dir, f.depth, k, from, to)
	behind := f.behind[:0]
	for j, h := range k.hashes[from:to] {
		if f.write {
			f.counts.count(h)
		}
		if l.hit[j] || l.entry[j] != 0 {
			continue // the last: another key of the same tag, see probe
		}
		if f.entered++; f.sieve.passes(t.segOf(h), h) {
			behind = append(behind, int32(j))
		}
	}
	f.behind = behind
	if f.asked += uint32(to - from); f.asked > 1<<16 {
		f.asked, f.entered = f.asked/2, f.entered/2
	}
	if f.late > 0 {
		t.readAhead(k.hashes[from:to])
	}
	for _, j := range behind {
		h := k.hashes[from+int(j)]
		if r := t.seek(h, k.Bytes(from+int(j)), f.write); r != NoRef {
			l.seg[j], l.entry[j], l.hit[j] = uint32(r>>16), tagOf(h)|(uint32(r&0xFFFF)+1), true
		}
	}
}

// probeFront is probe of a table with a front.
func (t *Table) probeFront(hash uint64, key []byte) Ref {
	if r := t.probeIn(t.front.segOf(t.place(hash)), hash, key); r != NoRef {
		return r
	}
	if !t.front.sieve.passes(t.segOf(hash), hash) {
		return NoRef
	}
	return t.seek(hash, key, false)
}

// find gives the row of a hash that is the one.
func (t *Table) find(hash uint64, is func(Ref) bool) Ref {
	if t.front != nil {
		if r := t.findIn(t.front.segOf(t.place(hash)), hash, is); r != NoRef {
			return r
		}
	}
	return t.findIn(t.segOf(hash), hash, is)
}

func (t *Table) findIn(id uint32, hash uint64, is func(Ref) bool) Ref {
	s := &t.segs[id]
	tag := tagOf(hash)
	for i := slotOf(hash) & s.mask; ; i = (i + 1) & s.mask {
		e := *s.slot(i)
		if e == 0 {
			return NoRef
		}
		r := makeRef(id, e&rowMask-1)
		if (e^tag)>>rowBits == 0 && !t.front.isGone(r) && (*header(t.rowOf(r))^hash)>>16 == 0 && *header(t.rowOf(r))&rowLive != 0 && is(r) {
			return r
		}
	}
}
