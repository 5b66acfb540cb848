package state

import (
	"encoding/binary"
	"slices"
	"unsafe"
)

// An image of a table is made part by part; a part is a segment with all that its
// rows refer to, in the form that they have in memory, index included: a head, the
// segment's block, and an arena for each heap. So a part can be mapped, and the
// table goes on in it (see partload.go), or be read as changes by who knows
// nothing but what its head says (see partread.go). What the arenas leave out is
// derived: the ties of sorted maps, the indexes of long keys.
//
// After the version byte of a delta comes the number of bytes up to the head,
// whose place is a multiple of partAlign where the whole image's is.

// partVersion is the version byte of a part, beside deltaVersion and deltaRecords.
const partVersion = 3

// partAlign is what places in a part are multiples of.
const partAlign = 64

// partMagic begins a head; where the order of bytes is another it is not met.
const partMagic = 0x7765697270617274

// partHead is the beginning of a part. All fields are words, so that it has no gaps.
type partHead struct {
	magic uint64
	partLayout
	lo, shift uint64 // of the range of hashes
	life      uint64 // see Table.life
	seg       uint64
	path      uint64
	depth     uint64
	n         uint64
	cap       uint64
	live      uint64
	free      uint64
	seq       uint64 // of the next entry or item
	count     uint64 // entries or items
	sizes     [partBlocks]uint64
	used      [partBlocks]uint64 // of the arenas: bytes in live blocks
	refs      uint64             // number of HeapRefs, which follow
}

// partLayout is what must be the same for a part to be mapped.
type partLayout struct {
	kind                  uint64
	stride, keyAt, keyLen uint64
	expAt, valAt          uint64
	auxAt, bodyAt         uint64 // of entries and items
}

// The kinds of tables that are imaged in parts.
const (
	partValue = iota
	partList
	partSorted
	partTimers
)

// The blocks of a part, in their order.
const (
	partRows  = iota // index and rows
	partHeap         // values and long keys
	partItems        // entries or items
	partLinks        // arrays, chunks, directories
	partBlocks
)

// part is a part that was taken apart.
type part struct {
	partHead
	heapRefs []int
	blocks   [partBlocks][]byte
	mapped   bool // blocks may become those of a table
}

// segBits is the bits of the greatest number of a segment.
const segBits = 26

const headWords = int(unsafe.Sizeof(partHead{}) / 8)

func padded(n int) int { return (n + partAlign - 1) &^ (partAlign - 1) }

// isPart reports whether data, as AppendDelta gives it, is a part.
func isPart(data []byte) bool { return len(data) > 1 && data[0] == partVersion }

// parseHead reads the head of a part, of which data is at least the beginning, and
// gives the bytes from the head on.
func parseHead(data []byte) (p *part, rest []byte, ok bool) {
	if !isPart(data) || len(data) < 2+int(data[1])+headWords*8 {
		return nil, nil, false
	}
	b := data[2+int(data[1]):]
	p = &part{}
	copy(unsafe.Slice((*byte)(unsafe.Pointer(&p.partHead)), headWords*8), b)
	if p.magic != partMagic || p.refs > uint64(len(b)-headWords*8)/8 {
		return nil, nil, false
	}
	for i := range int(p.refs) {
		p.heapRefs = append(p.heapRefs, int(binary.NativeEndian.Uint64(b[(headWords+i)*8:])))
	}
	return p, b, p.sane()
}

// parsePart takes data apart; the part's blocks are data's. ok is false if that is
// no part of this machine's.
func parsePart(data []byte) (p *part, ok bool) {
	p, b, ok := parseHead(data)
	if !ok {
		return nil, false
	}
	if uintptr(unsafe.Pointer(unsafe.SliceData(b)))%8 != 0 {
		b = append(make([]byte, 0, len(b)), b...)
	}
	return p, p.lie(b)
}

// sane checks what would lead outside the part's blocks.
func (p *part) sane() bool {
	if p.kind > partTimers || p.cap > crowdedRows || p.n > p.cap || p.depth > depthMost || p.stride > 1<<31 || p.seg == 0 || p.seg > 1<<segBits || p.expAt > p.stride || p.valAt > p.stride {
		return false
	}
	for _, n := range p.sizes {
		if n > arenaMost*2 {
			return false
		}
	}
	if p.cap == 0 {
		return p.n == 0 && p.sizes == [partBlocks]uint64{}
	}
	if p.cap&(p.cap-1) != 0 || p.sizes[partRows] != uint64(blockBytes(uintptr(p.stride), uint32(p.cap))) {
		return false
	}
	for _, off := range p.heapRefs {
		if off < 0 || uint64(off)+8 > p.stride-p.valAt {
			return false
		}
	}
	return true
}

// take gives a block of the part to a table: the memory itself if it is mapped,
// else a copy.
func (p *part) take(u *usage, which int) unsafe.Pointer {
	b := p.blocks[which]
	if p.mapped {
		return u.adopt(b)
	}
	q := u.alloc(len(b))
	copy(unsafe.Slice((*byte)(q), len(b)), b)
	return q
}

// partWriter makes one part after the other.
type partWriter struct {
	partHead
	heap, items, links arena

	near uint64 // of use to nobody: that it is computed brings memory near
}

// begin starts the part of a segment.
func (w *partWriter) begin(x parted, id uint32) {
	t := x.rowsOf()
	s := &t.segs[id]
	w.partHead = partHead{magic: partMagic, lo: t.lo, shift: uint64(t.shift), life: uint64(t.life),
		seg: uint64(id), path: s.path, depth: uint64(s.depth), refs: uint64(len(t.spec.HeapRefs))}
	w.partLayout, w.seq = x.layout(), x.arrivals()
	for _, a := range []*arena{&w.heap, &w.items, &w.links} {
		a.reset(id)
	}
}

// append writes the part to dst, whose last bytes are its rows: from is where dst
// ended before.
func (w *partWriter) append(dst []byte, from int, t *Table) []byte {
	for i, a := range []*arena{&w.heap, &w.items, &w.links} {
		w.sizes[partHeap+i], w.used[partHeap+i] = uint64(len(a.buf)), uint64(a.used)
		dst = a.appendTo(dst)
	}
	at := from + 2 + int(dst[from+1])
	copy(dst[at:], unsafe.Slice((*byte)(unsafe.Pointer(&w.partHead)), headWords*8))
	at += headWords * 8
	for i, off := range t.spec.HeapRefs {
		*(*uint64)(unsafe.Pointer(&dst[at+8*i])) = uint64(off)
	}
	return dst
}

// gather has most of what the rows of a segment refer to come together behind dst, which
// is about weight bytes, so that it is copied once.
func (w *partWriter) gather(x parted, weight int64, dst []byte) []byte {
	a, t := &w.items, x.rowsOf()
	if w.kind == partValue {
		a = &w.heap
	} else if t.keyLen < 0 || len(t.spec.HeapRefs) > 0 { // what is in the heap comes before
		return dst
	}
	dst = slices.Grow(dst, int(weight+weight/8)+gatherRoom)
	a.lie(dst)
	return dst
}

// gatherRoom is room for what weight does not tell.
const gatherRoom = 64 << 10

// front makes room for the head, which is filled in last.
func (w *partWriter) front(dst []byte, refs int) []byte {
	pad := padded(len(dst)+2) - len(dst) - 2
	dst = append(dst, partVersion, byte(pad))
	return extended(dst, pad+padded((headWords+refs)*8))
}

// extended gives dst with n zeros more.
func extended(dst []byte, n int) []byte {
	at := len(dst)
	dst = slices.Grow(dst, n)[:at+n]
	clear(dst[at:])
	return dst
}

// layout is that of a value table; what hangs on its rows adds to it.
func (t *Table) layout() partLayout {
	return partLayout{kind: partValue, stride: uint64(t.stride), keyAt: uint64(t.keyAt), keyLen: uint64(t.keyLen), expAt: uint64(t.expAt), valAt: uint64(t.valAt)}
}

func (t *Table) arrivals() uint64 { return 0 }

func (l *List) layout() partLayout {
	x := l.keys.layout()
	x.kind, x.auxAt, x.bodyAt = partList, uint64(l.auxAt), uint64(l.rowAt)
	if l.timers {
		x.kind = partTimers
	}
	return x
}

func (s *Sorted) layout() partLayout {
	x := s.t.layout()
	x.kind, x.auxAt, x.bodyAt = partSorted, uint64(s.auxAt), uint64(s.keyAt)
	return x
}

func (t *Timers) layout() partLayout { return t.list.layout() }
