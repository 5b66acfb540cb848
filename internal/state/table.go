package state

import (
	"time"
	"unsafe"

	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// TableSpec declares a value table.
type TableSpec struct {
	Name string
	Key  []types.Type // none: one row (global aggregate)
	// Fixed is the bytes of one value, a multiple of 8; 0 makes a set of keys.
	Fixed int
	// HeapRefs lists the offsets in the value of 8-byte heap references. Only
	// declared references are freed with their row and travel with TakeDirty.
	HeapRefs []int
	// TTL drops rows that were not written (Upsert, Mark) for that long; 0: never.
	TTL time.Duration
	// Route lists the key columns that the rows of the table are spread by, in
	// that order; nil: all of the key.
	Route []int
	// ByID: the first key column is an id of MakeID, which tells the group.
	ByID bool
	// From tells which columns of an input those of the key are, KeyNames what those
	// are called that are none.
	From     Origin
	KeyNames []string
	// Fields says what lies where in the value; nil: nobody but the owner knows.
	Fields []Field
	// Aside: it is of no interest to who looks at the state.
	Aside bool
	// Lazy: the owner holds no Refs while it looks for other keys, be it by Find. What is
	// restored of the table is then replayed when it is looked for, which moves rows.
	Lazy bool
}

// Table maps keys to fixed-width values that the owner changes in place.
//
// It is cut into segments by extendible hashing: a directory over the top bits
// of the hash, less what the task's range of key groups has in common, leads to
// a segment of at most segRows rows, which is split in two when it is full.
type Table struct {
	store *Store
	spec  TableSpec
	codec *vec.Codec
	route *route
	use   usage
	heap  Heap

	lo    uint64 // least hash of the task's key groups
	shift uint8  // leading bits that all hashes less lo lack
	depth uint8  // the directory has 1<<depth entries
	dir   []uint32
	segs  []segment // segs[0] is none, so that Ref 0 is none
	live  int

	// held is, of each segment, twice the number of the round that last made an image
	// of it, and 1 more if it has changed since (see AppendImage).
	held    []uint32
	life    uint32   // counts how often the table was emptied: images of before do not count
	loading bool     // segments are those of images, and the directory is not made yet
	waiting *waiting // what was saved and nobody has asked for; nil: there is nothing

	stride, keyAt, expAt, valAt uintptr
	keyLen                      int  // bytes of a key; -1: differs
	word                        bool // keys are 8 bytes and a null byte
	ttl                         int64
	track                       bool

	version uint64 // moves when rows are renumbered or their memory moves
	splits  uint64
	touched []Ref
	first   int // touched[:first] are taken
	told    int // touched[:told] are taken, or Untold has told of them

	touchedClean bool // some that are touched may not be dirty

	dirty    []Ref    // notes of dirty rows
	scans    []uint32 // segments whose dirty rows are not noted
	unsaved  int      // dirty rows
	records  records  // of the next delta; of sorted maps only deletions
	packed   *packed  // how rows are written, where all keys are as long
	settling settling

	sweepSeg, sweepRow uint32
	onExpire           func(row unsafe.Pointer) // lists and sorted maps free what hangs on a row

	front *front // nil: there is none

	scratch *lookup
	keyBuf  [][]byte
}

// Table declares a value table.
func (s *Store) Table(spec TableSpec) *Table {
	t := s.newTable(spec, vec.NewCodec(spec.Key), true)
	s.tables = append(s.tables, t)
	return t
}

// newTable makes a table that is not listed. Keyed tables are addressed within
// the task's key groups, others by the whole hash.
func (s *Store) newTable(spec TableSpec, codec *vec.Codec, keyed bool) *Table {
	t := &Table{store: s, spec: spec, codec: codec, route: routeOf(codec, spec.Route, spec.ByID), track: s.cfg.Track, scratch: s.lookup}
	t.use.mem, t.heap.use.mem = &s.mem, &s.mem
	t.records.pieces = s.cfg.Pieces
	if keyed {
		t.lo, t.shift = s.lo, s.shift
	}
	t.keyLen = -1
	if codec != nil && !codec.Variable() {
		t.keyLen = codec.FixedLen()
	}
	t.word = t.keyLen == 9 && len(codec.Types) == 1
	t.keyAt = 12
	end := t.keyAt + uintptr(t.keyLen)
	if t.keyLen < 0 {
		end = t.keyAt + 4 + inlineKey
	}
	end = (end + 7) &^ 7
	if spec.TTL > 0 {
		t.ttl = max(spec.TTL.Milliseconds(), 1)
		t.expAt = end
		end += 8
	}
	t.valAt = end
	t.stride = end + uintptr((spec.Fixed+7)&^7)
	t.segs = make([]segment, 1, 2)
	t.reset()
	return t
}

// reset empties the table and gives its memory back.
func (t *Table) reset() {
	t.dropFront()
	for i := range t.segs[1:] {
		t.shut(&t.segs[i+1])
	}
	t.segs = append(t.segs[:1], segment{})
	t.open(&t.segs[1], segLeast)
	t.dirty, t.scans, t.unsaved = t.dirty[:0], t.scans[:0], 0
	t.toScan(1)
	t.held = append(t.held[:0], 1, 1)
	t.life++
	t.dir, t.depth, t.live = []uint32{1}, 0, 0
	t.sweepSeg, t.sweepRow = 1, 0
	t.version++
}

func makeRef(seg, row uint32) Ref { return Ref(seg)<<16 | Ref(row) }

func (t *Table) rowOf(r Ref) unsafe.Pointer {
	return t.segs[r>>16].row(t.stride, uint32(r&0xFFFF))
}

// place is where a hash lies in the table's range; its top bits lead through
// the directory. The low 16 bits of hashes do not count.
func (t *Table) place(hash uint64) uint64 { return (hash - t.lo) << t.shift }

func (t *Table) segOf(hash uint64) uint32 { return t.dir[t.place(hash)>>(64-t.depth)] }

// Info tells what was declared.
func (t *Table) Info() Info {
	return Info{Name: t.spec.Name, Kind: "value", Key: t.spec.Key, TTL: t.spec.TTL}
}

// Codec is the codec of the table's keys.
func (t *Table) Codec() *vec.Codec { return t.codec }

// Heap keeps the variable parts of values. Its references are stable: rows may
// move, what they refer to does not.
func (t *Table) Heap() *Heap { return &t.heap }

// Ptr points to the value's Fixed bytes: 8-byte aligned, zeroed at birth, valid
// as long as the Ref. NoRef gives nil.
func (t *Table) Ptr(r Ref) unsafe.Pointer {
	if r == NoRef {
		return nil
	}
	return unsafe.Add(t.rowOf(r), t.valAt)
}

// Ptrs replaces out by the pointers of refs (nil for NoRef).
func (t *Table) Ptrs(refs []Ref, out []unsafe.Pointer) []unsafe.Pointer {
	if cap(out) < len(refs) {
		out = make([]unsafe.Pointer, len(refs))
	}
	out = out[:len(refs)]
	for i, r := range refs {
		if r == NoRef {
			out[i] = nil
			continue
		}
		out[i] = unsafe.Add(t.segs[r>>16].rows, uintptr(r&0xFFFF)*t.stride+t.valAt)
	}
	return out
}

// KeyBytes gives the row's canonical key bytes, valid as long as the Ref.
func (t *Table) KeyBytes(r Ref) []byte { return t.keyOf(t.rowOf(r)) }

// DecodeKeys appends the keys of refs to out, one vector a key column (nil
// entries are skipped).
func (t *Table) DecodeKeys(refs []Ref, out []*vec.Vector) {
	t.keyBuf = t.keyBuf[:0]
	for _, r := range refs {
		t.keyBuf = append(t.keyBuf, t.KeyBytes(r))
	}
	t.codec.Decode(t.keyBuf, out)
}

// Delete removes a row and frees its declared heap references. All other Refs
// stay valid. A Ref of a row that is gone is left alone.
func (t *Table) Delete(r Ref) {
	if r == NoRef {
		return
	}
	if row := t.rowOf(r); *header(row)&rowLive != 0 {
		if t.track && *header(row)&rowBase != 0 {
			t.buried(t.keyOf(row))
		}
		t.drop(r)
	}
}

// drop removes a row without a word to the change log.
func (t *Table) drop(r Ref) {
	s := &t.segs[r>>16]
	n := uint32(r & 0xFFFF)
	t.changed(r)
	p := s.row(t.stride, n)
	t.unnote(p)
	h := *header(p)
	t.leave(s, h, n)
	if h&rowTouched != 0 {
		t.touched[*link(p)] = NoRef
	}
	t.freeParts(p)
	*header(p) = 0
	*link(p) = s.free
	s.free = n + 1
	s.live--
	t.live--
}

// freeParts frees what a row has in the heap.
func (t *Table) freeParts(p unsafe.Pointer) {
	t.freeKey(p)
	t.freeValue(p)
}

func (t *Table) freeValue(p unsafe.Pointer) {
	for _, off := range t.spec.HeapRefs {
		t.heap.Free(*(*uint64)(unsafe.Add(p, t.valAt+uintptr(off))))
	}
}

// Clear removes all rows as Delete does and gives their memory back.
func (t *Table) Clear() {
	t.wantRows()
	if t.track {
		t.buryAll()
	}
	t.touched, t.first, t.told, t.touchedClean = t.touched[:0], 0, 0, false
	t.heap.reset()
	t.reset()
}

// buryAll tells the change log that all rows are gone.
func (t *Table) buryAll() {
	for id := range t.segs[1:] {
		s := &t.segs[id+1]
		for n := range s.n {
			if row := s.row(t.stride, n); *header(row)&(rowLive|rowBase) == rowLive|rowBase {
				t.buried(t.keyOf(row))
			}
		}
	}
}

// Len is the number of rows, expired ones that are not yet swept included.
func (t *Table) Len() int {
	t.settleRows()
	return t.live
}

// Bytes is the memory held.
func (t *Table) Bytes() int64 { return t.use.bytes + t.heap.Bytes() }

func (t *Table) close() {
	t.dropFront()
	if t.waiting != nil {
		t.waiting.free(t)
	}
	t.segs, t.dir, t.waiting = nil, nil, nil
}
