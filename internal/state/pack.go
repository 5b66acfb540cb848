package state

import (
	"encoding/binary"
	"math/bits"
	"unsafe"
)

// Rows of a table whose keys are all as long are written together, in what a delta of
// version 4 has beside the records of version 2: a batch of them. A row is taken as
// words of 8 bytes (little-endian): those of its key, of which the last may be shorter,
// then those of its value, references into the heap taken as 0. What is written of a
// word is how it differs from that of the row before, which is mostly little: counts and
// sums are small numbers, flags are the same in all rows.
//
//	head   recBatch, 1 byte
//	number of rows, 1 byte
//	bytes of the key, bytes of the value and number of references: uvarint each (not if recAlike)
//	rows:
//	  bytes of what follows the value in version 2: uvarint (not if there are no references)
//	  a nibble for each word: up to 7 the difference itself (zigzag), else 7 + its length
//	  those differences, so many bytes each
//	  what follows the value in version 2
//
// Rows before the first one of a delta are taken to be 0. A batch is read as records of
// version 2.

// recBatch is the Op of a batch.
const recBatch = recOp

// packed writes batches.
type packed struct {
	words []packedWord
	klen  int
	vlen  int
	refs  int
	told  bool // the lengths, in this delta
}

// packedWord is where a word of a row lies, and what it was in the row before.
type packedWord struct {
	off   uintptr
	shift uint8
	mask  uint64
	last  uint64
}

// packedRows lays out rows whose keys are of klen bytes at keyAt, and whose values are
// of vlen bytes, a multiple of 8, at from; refs are offsets from valAt.
func packedRows(keyAt uintptr, klen int, from uintptr, vlen int, valAt uintptr, refs []int) *packed {
	p := &packed{klen: klen, vlen: vlen, refs: len(refs)}
	for at := 0; at < klen; at += 8 {
		w := packedWord{off: keyAt + uintptr(at), mask: ^uint64(0)}
		if n := klen - at; n < 8 {
			w.mask = 1<<(8*n) - 1
			if n <= 4 { // what follows may not be the row's
				w.off, w.shift = w.off-4, 32
			}
		}
		p.words = append(p.words, w)
	}
	first := len(p.words)
	for at := 0; at < vlen; at += 8 {
		p.words = append(p.words, packedWord{off: from + uintptr(at), mask: ^uint64(0)})
	}
	for _, off := range refs {
		p.words[first+int(valAt-from)/8+off/8].mask = 0
	}
	return p
}

// begin begins another delta.
func (p *packed) begin() {
	p.told = false
	for i := range p.words {
		p.words[i].last = 0
	}
}

// most is the bytes that a row takes at most, what it refers to aside.
func (p *packed) most() int { return len(p.words)*8 + (len(p.words)+1)/2 }

// rows writes rows.
func (w *records) rows(p *packed, rows []unsafe.Pointer) {
	w.room(batchHead + len(rows)*p.most() + 8)
	w.batchOf(p, len(rows))
	for _, row := range rows {
		w.buf = w.buf[:p.row(w.buf, row)]
	}
}

// batchHead is the most that a batch has beside its rows.
const batchHead = 2 + 3*binary.MaxVarintLen32

// batchOf begins a batch of n rows.
func (w *records) batchOf(p *packed, n int) {
	if !w.packed {
		w.packed = true
		p.begin()
	}
	head := byte(recBatch)
	if p.told {
		head |= recAlike
	}
	w.buf = append(w.buf, head, byte(n))
	if !p.told {
		p.told = true
		for _, n := range []int{p.klen, p.vlen, p.refs} {
			w.buf = binary.AppendUvarint(w.buf, uint64(n))
		}
	}
}

// row writes the words of a row behind buf, which has room for them, and gives its end.
func (p *packed) row(buf []byte, row unsafe.Pointer) int {
	base := unsafe.Pointer(unsafe.SliceData(buf))
	nibbles := len(buf)
	at := nibbles + (len(p.words)+1)/2
	pair := uint64(0)
	for i := range p.words {
		w := &p.words[i]
		x := *(*uint64)(unsafe.Add(row, w.off)) >> (w.shift & 63) & w.mask
		d := int64(x - w.last)
		w.last = x
		z := uint64(d<<1) ^ uint64(d>>63)
		_, little := bits.Sub64(z, 8, 0)
		long := little - 1 // all ones unless z is less than 8
		n := uint64(71-bits.LeadingZeros64(z)) >> 3
		*(*uint64)(unsafe.Add(base, at)) = z
		at += int(n & long)
		if nibble := (n+7)&long | z&^long; i&1 == 0 {
			pair = nibble
		} else {
			*(*byte)(unsafe.Add(base, nibbles)) = byte(pair | nibble<<4)
			nibbles++
		}
	}
	if len(p.words)&1 == 1 {
		*(*byte)(unsafe.Add(base, nibbles)) = byte(pair)
	}
	return at
}

// unpacked reads batches.
type unpacked struct {
	last       []uint64
	klen, vlen int
	refs       int
	out        []byte // what batches are put together in
	from       int    // where the last one begins
	rows       int    // in out
	other      []byte // was out before

	// Of the reader, while it reads a batch as records.
	after []byte
	lens  [2]uint64
}

// unpackedBytes is the size of the buffers that batches are put together in: what was
// read stays as it is until replayBatch more changes have been read. packedMost
// bounds rows that are written in batches, and what a damaged delta may have them be.
const (
	unpackedBytes = 32 << 10
	packedMost    = 1 << 16
)

// nibbleMask and nibbleLen tell of a nibble which bits count of what follows, and its bytes.
var (
	nibbleMask = [16]uint64{8: 1<<8 - 1, 1<<16 - 1, 1<<24 - 1, 1<<32 - 1, 1<<40 - 1, 1<<48 - 1, 1<<56 - 1, 1<<64 - 1}
	nibbleLen  = [16]uint8{8: 1, 2, 3, 4, 5, 6, 7, 8}
	nibbleSelf = [16]uint64{0, 1, 2, 3, 4, 5, 6, 7}
)

// batch puts the records of a batch in the place of the rest; head was read of it.
func (r *reader) batch(head byte) {
	u := r.unpacked
	if u == nil {
		u = &unpacked{}
		r.unpacked = u
	}
	rows := r.bytes(1)
	if head&recAlike == 0 {
		klen, vlen, refs := r.number(), r.number(), r.number()
		if r.bad = r.bad || klen > packedMost || vlen > packedMost || vlen%8 != 0 || refs > vlen/8; r.bad {
			return
		}
		u.klen, u.vlen, u.refs = int(klen), int(vlen), int(refs)
		u.last = make([]uint64, (klen+7)/8+vlen/8)
	}
	if r.bad = r.bad || rows[0] == 0 || u.last == nil && u.klen+u.vlen > 0; r.bad {
		return
	}
	u.from = len(u.out)
	for range int(rows[0]) {
		if r.row(u); r.bad {
			return
		}
	}
	u.rows += int(rows[0])
	u.after, u.lens = r.rest, [2]uint64{r.klen, r.vlen}
	r.rest, r.within = u.out[u.from:len(u.out):len(u.out)], true
	r.klen, r.vlen = uint64(u.klen), uint64(u.vlen)
}

// leave goes on behind a batch.
func (r *reader) leave() {
	u := r.unpacked
	r.rest, r.within, r.klen, r.vlen = u.after, false, u.lens[0], u.lens[1]
}

// room makes room for n bytes more of the batch, and for what words write beyond.
func (u *unpacked) room(n int) {
	if n += 8; cap(u.out)-len(u.out) < n {
		batch, old := u.out[u.from:], u.out
		n += len(batch)
		if u.out = u.other[:0]; u.rows < replayBatch || cap(u.out) < n {
			u.out = make([]byte, 0, max(2*n, unpackedBytes))
		}
		u.out, u.from, u.rows, u.other = append(u.out, batch...), 0, 0, old
	}
}

// row reads a row and writes its record.
func (r *reader) row(u *unpacked) {
	more := 0
	if u.refs > 0 {
		n := r.number()
		if r.bad = r.bad || n > uint64(len(r.rest)); r.bad {
			return
		}
		more = int(n)
	}
	u.room(1 + 2*binary.MaxVarintLen32 + u.klen + u.vlen + more)
	if u.refs == 0 {
		u.out = append(u.out, byte(OpPut)|recAlike)
	} else {
		u.out = append(u.out, byte(OpPut))
		u.out = binary.AppendUvarint(binary.AppendUvarint(u.out, uint64(u.klen)), uint64(u.vlen+more))
	}
	in := r.rest
	if most := u.most(); len(in) < most { // words are read as 8 bytes
		in = append(make([]byte, 0, most), in...)[:most]
	}
	n := u.words(in)
	if r.bad = n+more > len(r.rest); r.bad {
		return
	}
	u.out = append(u.out, r.rest[n:n+more]...)
	r.rest = r.rest[n+more:]
}

// most is packed.most.
func (u *unpacked) most() int { return len(u.last)*8 + (len(u.last)+1)/2 }

// words appends a row, whose words in begins with, and gives how many bytes those take.
// There are most bytes.
func (u *unpacked) words(in []byte) int {
	nibbles, last := unsafe.Pointer(unsafe.SliceData(in)), u.last
	at := unsafe.Add(nibbles, (len(last)+1)/2)
	end := len(u.out) + u.klen
	to := unsafe.Pointer(unsafe.SliceData(u.out))
	key := u.keyWords()
	to = unsafe.Add(to, len(u.out))
	for i := range last {
		nibble := *(*byte)(unsafe.Add(nibbles, i/2)) >> (i & 1 * 4) & 15
		z := *(*uint64)(at)&nibbleMask[nibble] | nibbleSelf[nibble]
		at = unsafe.Add(at, nibbleLen[nibble])
		x := last[i] + (z>>1 ^ -(z & 1))
		last[i] = x
		if i == key { // what a key has more than whole words is written over
			to = unsafe.Add(to, u.klen-8*key)
		}
		*(*uint64)(to) = x
		to = unsafe.Add(to, 8)
	}
	u.out = u.out[:end+u.vlen]
	return int(uintptr(at) - uintptr(nibbles))
}

// keyWords is the number of words of a key.
func (u *unpacked) keyWords() int { return (u.klen + 7) / 8 }

// left is the bytes that were not read, but for the rest of a batch.
func (r *reader) left() int {
	if r.within {
		return len(r.unpacked.after)
	}
	return len(r.rest)
}
