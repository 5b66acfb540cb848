package state

import (
	"encoding/binary"
	"math/bits"
	"unsafe"
)

// Rows of a table whose keys are all as long are written together, in what a delta of
// version 4 has beside the records of version 2: a batch of them. A row is taken as
// words of 8 bytes (little-endian): those of its key, of which the last may be shorter,
// then those of its value, references into the heap taken as 0, and where there are
// references the number of bytes that follow the value in version 2. A word is written
// for all rows at once, as by how much it exceeds the least (signed) of them: counts and
// sums are small numbers, flags are the same in all rows.
//
//	head   recBatch, 1 byte
//	number of rows, 1 byte
//	bytes of the key, bytes of the value and number of references: uvarint each (not if recAlike)
//	for each word:
//	  bytes of a difference and, above 4 bits, of the least: 1 byte
//	  the least (zigzag), the differences
//	of each row what follows the value in version 2
//
// A batch is read as records of version 2.

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

// packedWord is where a word of a row lies.
type packedWord struct {
	off   uintptr
	shift uint8
	mask  uint64
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

const (
	// batchHead is the most that a batch has beside its words, batchWord what one has
	// beside its differences.
	batchHead = 2 + 3*binary.MaxVarintLen32
	batchWord = 1 + 8
)

// rows writes at most dirtyBatch rows. more is the bytes that follow the value of each
// where there are references; the caller appends those.
func (w *records) rows(p *packed, rows []unsafe.Pointer, more []int) {
	w.room(batchHead + (len(p.words)+1)*(batchWord+8*len(rows)) + total(more) + 8)
	if !w.packed {
		w.packed, p.told = true, false
	}
	head := byte(recBatch)
	if p.told {
		head |= recAlike
	}
	w.buf = append(w.buf, head, byte(len(rows)))
	if !p.told {
		p.told = true
		for _, n := range []int{p.klen, p.vlen, p.refs} {
			w.buf = binary.AppendUvarint(w.buf, uint64(n))
		}
	}
	var x [dirtyBatch]int64
	for i := range p.words {
		w.buf = w.buf[:column(w.buf, x[:len(rows)], p.words[i].of(rows, &x))]
	}
	if p.refs > 0 {
		for i, n := range more {
			x[i] = int64(n)
		}
		w.buf = w.buf[:column(w.buf, x[:len(rows)], spanOf(x[:len(rows)]))]
	}
}

func total(ns []int) (sum int) {
	for _, n := range ns {
		sum += n
	}
	return sum
}

// span is the least and the greatest of some numbers.
type span struct{ least, most int64 }

// of reads the word of rows.
func (p *packedWord) of(rows []unsafe.Pointer, x *[dirtyBatch]int64) span {
	off, shift, mask := p.off, p.shift&63, p.mask
	s := span{1<<63 - 1, -1 << 63}
	for i, row := range rows[:min(len(rows), dirtyBatch)] {
		v := int64(*(*uint64)(unsafe.Add(row, off)) >> shift & mask)
		x[i] = v
		s.least, s.most = min(s.least, v), max(s.most, v)
	}
	return s
}

func spanOf(x []int64) span {
	s := span{1<<63 - 1, -1 << 63}
	for _, v := range x {
		s.least, s.most = min(s.least, v), max(s.most, v)
	}
	return s
}

// column writes the same word of several rows behind buf, which has room for it, and
// gives the end of that.
func column(buf []byte, x []int64, s span) int {
	at := unsafe.Add(unsafe.Pointer(unsafe.SliceData(buf)), len(buf))
	z := uint64(s.least<<1) ^ uint64(s.least>>63)
	long, wide := bytesOf(z), bytesOf(uint64(s.most)-uint64(s.least))
	*(*byte)(at) = byte(long<<4 | wide)
	*(*uint64)(unsafe.Add(at, 1)) = z
	n := 1 + long
	if wide > 0 {
		for _, v := range x {
			*(*uint64)(unsafe.Add(at, n)) = uint64(v - s.least)
			n += wide
		}
	}
	return len(buf) + n
}

// bytesOf is the number of bytes that a number takes.
func bytesOf(x uint64) int { return (71 - bits.LeadingZeros64(x)) >> 3 }

// unpacked reads batches.
type unpacked struct {
	words      []unpackedWord
	klen, vlen int
	refs       int
	out        []byte // what batches are put together in
	rows       int    // in out
	other      []byte // was out before

	// Of the reader, while it reads a batch as records.
	after []byte
	lens  [2]uint64
}

// unpackedWord is a word of the rows of a batch.
type unpackedWord struct {
	at    unsafe.Pointer // the next difference
	wide  uintptr
	mask  uint64
	least uint64
}

// unpackedBytes is the size of the buffers that batches are put together in: what was
// read stays as it is until replayBatch more changes have been read. packedMost bounds
// rows that are written in batches, and what a damaged delta may have them be.
const (
	unpackedBytes = 32 << 10
	packedMost    = 1 << 16
)

// batch puts the records of a batch in the place of the rest; head was read of it.
func (r *reader) batch(head byte) {
	if r.unpacked == nil {
		r.unpacked = &unpacked{}
	}
	u, count := r.unpacked, r.bytes(1)
	if head&recAlike == 0 {
		klen, vlen, refs := r.number(), r.number(), r.number()
		if r.bad = r.bad || klen > packedMost || vlen > packedMost || vlen%8 != 0 || refs > vlen/8; r.bad {
			return
		}
		u.klen, u.vlen, u.refs = int(klen), int(vlen), int(refs)
		u.words = make([]unpackedWord, u.keyWords()+u.vlen/8+int(min(refs, 1)))
	}
	if r.bad = r.bad || count[0] == 0 || u.words == nil; r.bad {
		return
	}
	rows := int(count[0])
	tails := u.columns(r, rows)
	size := rows*(1+u.klen+u.vlen) + len(tails)
	if u.refs > 0 {
		size += rows * 2 * binary.MaxVarintLen32
	}
	if r.bad {
		return
	}
	u.room(size)
	from := len(u.out)
	for range rows {
		tails = u.row(tails)
	}
	u.rows += rows
	u.after, u.lens = r.rest, [2]uint64{r.klen, r.vlen}
	r.rest, r.within = u.out[from:len(u.out):len(u.out)], true
	r.klen, r.vlen = uint64(u.klen), uint64(u.vlen)
}

// columns finds the words of a batch, and gives what follows the values of all rows.
func (u *unpacked) columns(r *reader, rows int) (tails []byte) {
	for i := range u.words {
		sizes := r.bytes(1)
		if r.bad {
			return nil
		}
		long, wide := int(sizes[0]>>4), int(sizes[0]&15)
		if r.bad = r.bad || long > 8 || wide > 8; r.bad {
			return nil
		}
		z := word(r.bytes(uint64(long)))
		x := r.bytes(uint64(rows * wide))
		if r.bad {
			return nil
		}
		if len(r.rest) < 8 { // differences are read as 8 bytes
			x = append(make([]byte, 0, len(x)+8), x...)
		}
		w := &u.words[i]
		w.wide, w.mask, w.least = uintptr(wide), 1<<(8*wide)-1, z>>1^-(z&1)
		if w.at = unsafe.Pointer(unsafe.SliceData(x)); wide == 0 {
			w.at = unsafe.Pointer(&u.lens) // of which nothing counts
		}
	}
	if u.refs == 0 {
		return nil
	}
	all, w := uint64(0), u.words[len(u.words)-1]
	for range rows {
		n := w.next()
		if r.bad = n > uint64(len(r.rest)); r.bad {
			return nil
		}
		all += n
	}
	return r.bytes(all)
}

// next gives the word of the next row.
func (w *unpackedWord) next() uint64 {
	x := *(*uint64)(w.at)&w.mask + w.least
	w.at = unsafe.Add(w.at, w.wide)
	return x
}

// word reads up to 8 bytes.
func word(b []byte) (x uint64) {
	for i, c := range b {
		x |= uint64(c) << (8 * i)
	}
	return x
}

// leave goes on behind a batch.
func (r *reader) leave() {
	u := r.unpacked
	r.rest, r.within, r.klen, r.vlen = u.after, false, u.lens[0], u.lens[1]
}

// left is the bytes that were not read, but for the rest of a batch.
func (r *reader) left() int {
	if r.within {
		return len(r.unpacked.after)
	}
	return len(r.rest)
}

// room makes room for a batch of n bytes, and for what words write beyond.
func (u *unpacked) room(n int) {
	if n += 8; cap(u.out)-len(u.out) >= n {
		return
	}
	old := u.out
	if u.out = u.other[:0]; u.rows < replayBatch || cap(u.out) < n {
		u.out = make([]byte, 0, max(2*n, unpackedBytes))
	}
	u.rows, u.other = 0, old
}

// row writes the record of the next row, and gives the tails of those after it.
func (u *unpacked) row(tails []byte) (rest []byte) {
	words, more := u.words, 0
	if u.refs == 0 {
		u.out = append(u.out, byte(OpPut)|recAlike)
	} else {
		more = int(words[len(words)-1].next())
		words = words[:len(words)-1]
		u.out = append(u.out, byte(OpPut))
		u.out = binary.AppendUvarint(binary.AppendUvarint(u.out, uint64(u.klen)), uint64(u.vlen+more))
	}
	key, end := u.keyWords(), len(u.out)+u.klen+u.vlen
	to := unsafe.Add(unsafe.Pointer(unsafe.SliceData(u.out)), len(u.out))
	for i := range words {
		if i == key { // what a key has more than whole words is written over
			to = unsafe.Add(to, u.klen-8*key)
		}
		*(*uint64)(to) = words[i].next()
		to = unsafe.Add(to, 8)
	}
	u.out = append(u.out[:end], tails[:more]...)
	return tails[more:]
}

// keyWords is the number of words of a key.
func (u *unpacked) keyWords() int { return (u.klen + 7) / 8 }
