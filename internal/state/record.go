package state

import "encoding/binary"

// A delta is a version byte and records, one a change. In version 1, which images
// and small tables still use, a record is its Op (1 byte), and length (uvarint) and
// bytes of Key and Value. In version 2 the head of a record is the Op and flags,
// and what can be told from the record before is left out:
//
//	version  2
//	fixed    uvarint: bytes of what an entry has beside its row
//	records:
//	  head   Op and rec flags, 1 byte
//	  of entries: the fixed bytes (not if recPlain), then seq (8 bytes, not if recNext)
//	  lengths of key and value, or of key and row: uvarint each (not if recAlike)
//	  key, value or row
//
// Version 4 is version 2 with batches of rows (see pack.go).
//
// The Value of an entry's change is put together from seq, the fixed bytes and the
// row; recPlain stands for a multiplicity of 1 and nothing else.
const (
	deltaVersion = 1
	deltaRecords = 2
	deltaPacked  = 4 // partVersion is 3
)

const (
	recOp    = 7
	recEntry = 8
	recPlain = 16
	recNext  = 32  // seq is one more than that of the entry before
	recAlike = 64  // lengths are those of the record before
	recVoid  = 128 // does not count any more
)

// records writes a delta of version 2, in pieces that hold whole records. The first
// recordsGap bytes are left free for what comes before, which is known last. A
// record's place is the number of its piece above its offset there.
type records struct {
	pieces     *Pieces
	full       [][]byte
	buf        []byte // the last piece
	last       int    // the length of the delta before, at most pieceBytes
	seq        uint64 // of the last entry
	klen, vlen int    // of the last record
	packed     bool   // there are batches
}

const (
	// recordsGap is room for a head of TakeDelta, the version and the fixed length.
	recordsGap = 16
	// recordHead is the most that a record has beside fixed bytes, key and value.
	recordHead = 1 + 8 + 2*binary.MaxVarintLen32
)

// room makes room for n more bytes in a row.
func (w *records) room(n int) {
	if len(w.buf)+n <= cap(w.buf) && len(w.buf) < pieceBytes { // or places would not fit
		return
	}
	switch want := len(w.buf) + n; {
	case w.buf == nil:
		w.klen, w.seq = -1, 0
		w.buf = w.pieces.get(max(recordsGap+n, w.last))[:recordsGap]
	case want <= pieceBytes:
		wide := append(w.pieces.get(min(max(want, 4*cap(w.buf)), pieceBytes)), w.buf...)
		w.pieces.put(w.buf)
		w.buf = wide
	default:
		w.full = append(w.full, w.buf)
		w.buf = w.pieces.get(max(n, pieceBytes))
	}
}

func (w *records) place() int { return len(w.full)<<pieceShift | len(w.buf) }

// at gives the bytes from a place on.
func (w *records) at(place int) []byte {
	b := w.buf
	if i := place >> pieceShift; i < len(w.full) {
		b = w.full[i]
	}
	return b[place&(pieceBytes-1):]
}

// lengths writes what is not told by the record before; head is where that begins.
func (w *records) lengths(head, klen, vlen int) {
	if klen == w.klen && vlen == w.vlen {
		w.buf[head] |= recAlike
		return
	}
	w.klen, w.vlen = klen, vlen
	w.buf = binary.AppendUvarint(binary.AppendUvarint(w.buf, uint64(klen)), uint64(vlen))
}

// change begins a record of a value of vlen bytes, which the caller appends to buf.
func (w *records) change(op Op, key []byte, vlen int) {
	w.room(recordHead + len(key) + vlen)
	head := len(w.buf)
	w.buf = append(w.buf, byte(op))
	w.lengths(head, len(key), vlen)
	w.buf = append(w.buf, key...)
}

// entry writes a record of an entry; fixed is nil if it is plain. It gives its place.
func (w *records) entry(op Op, fixed []byte, seq uint64, key, row []byte) (place int) {
	w.room(recordHead + len(fixed) + len(key) + len(row))
	place = w.place()
	from := len(w.buf)
	head := byte(op) | recEntry
	if fixed == nil {
		head |= recPlain
	}
	next := seq == w.seq+1
	if next {
		head |= recNext
	}
	w.buf = append(append(w.buf, head), fixed...)
	if !next {
		w.buf = binary.LittleEndian.AppendUint64(w.buf, seq)
	}
	w.seq = seq
	w.lengths(from, len(key), len(row))
	w.buf = append(append(w.buf, key...), row...)
	return place
}

// void takes an entry's record back, and fixed gives its fixed bytes.
func (w *records) void(place int)         { w.at(place)[0] |= recVoid }
func (w *records) plain(place int) bool   { return w.at(place)[0]&recPlain != 0 }
func (w *records) fixed(place int) []byte { return w.at(place)[1:] }

// take gives what was written, after head, and begins anew.
func (w *records) take(head []byte, fixed int) Delta {
	if w.buf == nil {
		return Delta{}
	}
	all := append(w.full, w.buf)
	d := Delta{first: all[0], More: all[1:]}
	w.last = pieceBytes
	if len(all) == 1 {
		w.last = len(all[0])
	}
	var front [recordsGap]byte
	version := byte(deltaRecords)
	if w.packed {
		version, w.packed = deltaPacked, false
	}
	f := binary.AppendUvarint(append(append(front[:0], head...), version), uint64(fixed))
	d.Data = d.first[max(recordsGap-len(f), 0):]
	if len(f) > recordsGap {
		d.Data = append(f, d.first[recordsGap:]...)
	}
	copy(d.Data, f)
	w.full, w.buf = nil, nil
	return d
}

// reader takes records apart.
type reader struct {
	rest       []byte
	fixed      int
	seq        uint64
	klen, vlen uint64
	value      []byte // of an entry
	plain      bool   // version 1
	void, bad  bool
	within     bool // a batch
	unpacked   *unpacked
}

// readerOf reads a delta.
func readerOf(data []byte) (r reader, ok bool) {
	switch data[0] {
	case deltaVersion:
		return reader{rest: data[1:], plain: true}, true
	case deltaRecords, deltaPacked:
		fixed, n := binary.Uvarint(data[1:])
		return reader{rest: data[1+max(n, 0):], fixed: int(fixed), klen: 1 << 62}, n > 0 && fixed <= 1<<20
	}
	return reader{}, false
}

// bytes takes n bytes.
func (r *reader) bytes(n uint64) []byte {
	if r.bad = r.bad || n > uint64(len(r.rest)); r.bad {
		return nil
	}
	b := r.rest[:n:n]
	r.rest = r.rest[n:]
	return b
}

func (r *reader) number() uint64 {
	x, n := binary.Uvarint(r.rest)
	if r.bad = r.bad || n <= 0; r.bad {
		return 0
	}
	r.rest = r.rest[n:]
	return x
}

// next takes the next change, of which there must be one. The Value of entries is
// valid until the call after it.
func (r *reader) next() (c Change) {
	head := r.rest[0]
	r.rest = r.rest[1:]
	if r.plain {
		c.Op = Op(head)
		c.Key = r.bytes(r.number())
		c.Value = r.bytes(r.number())
		return c
	}
	r.void = head&recVoid != 0
	if c.Op = Op(head & recOp); c.Op == recBatch {
		if r.bad = r.bad || r.within; r.bad {
			return c
		}
		if r.batch(head); r.bad {
			return c
		}
		return r.next()
	}
	if head&recEntry != 0 {
		r.entry(head)
	}
	if head&recAlike == 0 {
		r.klen, r.vlen = r.number(), r.number()
	}
	c.Key, c.Value = r.bytes(r.klen), r.bytes(r.vlen)
	if head&recEntry != 0 {
		r.value = append(r.value, c.Value...)
		c.Value = r.value
	}
	if r.within && len(r.rest) == 0 {
		r.leave()
	}
	return c
}

// entry reads what comes before the lengths of an entry's record.
func (r *reader) entry(head byte) {
	r.value = append(r.value[:0], 0, 0, 0, 0, 0, 0, 0, 0)
	if head&recPlain != 0 {
		r.value = binary.LittleEndian.AppendUint64(r.value, 1)
	} else {
		r.value = append(r.value, r.bytes(uint64(r.fixed))...)
	}
	if head&recNext != 0 {
		r.seq++
	} else if b := r.bytes(8); !r.bad {
		r.seq = binary.LittleEndian.Uint64(b)
	}
	binary.LittleEndian.PutUint64(r.value, r.seq)
}
