package snapshot

import "fmt"

// Block is what changed in a table of one subtask, or an image of a part of it.
// Data is whoever's gave it: borrowed until the call that takes it, or the
// function that is given it, returns.
type Block struct {
	Table   string // "address/table"
	Subtask int
	Data    []byte
	More    [][]byte // follows Data; only Append takes it
}

// Frame is one durable epoch.
type Frame struct {
	Epoch  uint64 // above that of the frame before
	TimeMs int64
	Meta   []byte // positions, watermarks, handles of the sinks, plan
	Blocks []Block
	Final  bool // the job has ended: nothing follows

	// Committed is the epoch up to which the sinks' handles have been committed:
	// recovery never falls back below it, and keeps the frames after it for
	// Recovered.Frames. Where no sink has handles it is the epoch before, or no
	// log file would ever go.
	Committed uint64
}

// entry is where a block lies within its frame.
type entry struct {
	table   string
	subtask int
	codec   codec
	offset  int64 // in the file
	stored  int   // bytes there
	raw     int   // bytes once decompressed
	sum     uint32
}

// front is the decoded front of a frame.
type front struct {
	standing
	epoch   uint64
	prev    uint64 // epoch of the frame before, 0 if there is none
	timeMs  int64
	final   bool
	meta    []byte
	entries []entry
}

// append encodes all of a frame but its header and blocks; tables is for the call.
func (f *front) append(dst []byte, tables map[string]int) []byte {
	e := encoder{b: dst}
	e.standing(&f.standing)
	e.uint(f.prev)
	e.int(f.timeMs)
	clear(tables)
	names := make([]string, 0, len(f.entries))
	for i := range f.entries {
		if _, ok := tables[f.entries[i].table]; !ok {
			tables[f.entries[i].table] = len(names)
			names = append(names, f.entries[i].table)
		}
	}
	e.uint(uint64(len(names)))
	for _, n := range names {
		e.str(n)
	}
	e.uint(uint64(len(f.entries)))
	for i := range f.entries {
		b := &f.entries[i]
		e.uint(uint64(tables[b.table]))
		e.uint(uint64(b.subtask))
		e.octet(byte(b.codec))
		e.uint(uint64(b.stored))
		if b.codec != codecNone {
			e.uint(uint64(b.raw))
		}
		e.word(b.sum)
	}
	e.bytes(f.meta)
	return e.b
}

// appendHead encodes all of a frame but its blocks.
func appendHead(dst []byte, f *front, salt uint64, tables map[string]int) []byte {
	head := len(dst)
	dst = f.append(append(dst, make([]byte, headerSize)...), tables)
	body := dst[head+headerSize:]
	h := header{kind: kindFrame, salt: salt, epoch: f.epoch, front: uint32(len(body)), frontSum: checksum(body), length: uint64(len(body))}
	if f.final {
		h.flags |= flagFinal
	}
	for i := range f.entries {
		h.length += uint64(f.entries[i].stored)
	}
	h.put(dst[head:])
	return dst
}

// standingOf reads the beginning of a frame's front: all that recovery decides
// by.
func standingOf(b []byte) (s standing, prev uint64, ok bool) {
	d := decoder{b: b}
	s, prev = d.standing(), d.uint()
	return s, prev, !d.bad
}

// parseFront reads the front of the frame at off. Its meta is part of b.
func parseFront(h *header, b []byte, off int64) (*front, error) {
	d := decoder{b: b}
	f := &front{standing: d.standing(), prev: d.uint(), timeMs: d.int(), epoch: h.epoch, final: h.flags&flagFinal != 0}
	names := make([]string, d.count())
	for i := range names {
		names[i] = d.str()
	}
	f.entries = make([]entry, d.count())
	at := off + headerSize + int64(len(b))
	for i := range f.entries {
		table := d.uint()
		if table >= uint64(len(names)) {
			return nil, fmt.Errorf("its directory names table %d of %d", table, len(names))
		}
		x := entry{table: names[table], subtask: int(d.uint()), codec: codec(d.octet()), stored: int(d.uint()), offset: at}
		x.raw = x.stored
		if x.codec != codecNone {
			x.raw = int(d.uint())
		}
		x.sum = d.word()
		if x.stored < 0 || x.raw < 0 || at+int64(x.stored) > h.end(off) || at+int64(x.stored) < at {
			return nil, fmt.Errorf("its directory leads beyond its end")
		}
		at += int64(x.stored)
		f.entries[i] = x
	}
	f.meta = d.bytes()
	if d.bad || len(d.b) > 0 || at != h.end(off) {
		return nil, fmt.Errorf("its directory does not fit it")
	}
	return f, nil
}
