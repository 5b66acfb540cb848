package snapshot

import (
	"encoding/binary"
	"errors"
)

// Image is the state of one part of a table of one subtask as it was after an
// epoch. Parts are whatever the table numbers them as; they never overlap.
type Image struct {
	Table   string
	Subtask int
	Part    uint64
	Epoch   uint64
	Data    []byte // borrowed until Put returns
	// Head is how much of the beginning of Data the index has too: what is needed to go on
	// from the image before it is read.
	Head int
}

// ImageRef is where an image lies.
type ImageRef struct {
	Table   string
	Subtask int
	Part    uint64
	Epoch   uint64
	File    string // path, to be opened or mapped
	Offset  int64  // a multiple of ImageAlign
	Length  int    // bytes in the file
	Raw     int    // bytes of the image; as Length unless it is compressed
	Head    []byte // see Image.Head; nil in bases that earlier releases made
	name    Name   // of the file
	codec   codec
	sum     uint32
}

// Compressed reports whether the file holds the image in another form.
func (r *ImageRef) Compressed() bool { return r.codec != codecNone }

// ImageAlign is what images' offsets are multiples of.
const ImageAlign = 64

// index is what a base consists of.
type index struct {
	domain string
	least  uint64 // frames of later epochs are needed beside it
	most   uint64 // the base must not be named by a frame of an earlier epoch
	images []ImageRef
}

var errIndex = errors.New("it is not a whole index")

// encode gives the bytes of the index file.
func (x *index) encode() []byte {
	e := encoder{b: appendPreamble(nil, magicIndex)}
	e.str(x.domain)
	e.uint(x.least)
	e.uint(x.most)
	files, fileAt := distinct(x.images, func(r *ImageRef) Name { return r.name })
	e.uint(uint64(len(files)))
	for _, n := range files {
		e.name(n)
	}
	tables, tableAt := distinct(x.images, func(r *ImageRef) string { return r.Table })
	e.uint(uint64(len(tables)))
	for _, t := range tables {
		e.str(t)
	}
	e.uint(uint64(len(x.images)))
	var before []byte
	for i := range x.images {
		r := &x.images[i]
		e.uint(uint64(tableAt[r.Table]))
		e.uint(uint64(r.Subtask))
		e.uint(r.Part)
		e.uint(r.Epoch)
		e.uint(uint64(fileAt[r.name]))
		e.uint(uint64(r.Offset))
		e.uint(uint64(r.Length))
		e.uint(uint64(r.Raw))
		e.octet(byte(r.codec))
		e.word(r.sum)
		e.head(r.Head, before)
		before = r.Head
	}
	return e.sealed()
}

// head appends the head of an image as words less those of the one before, which is of
// the same table mostly.
func (e *encoder) head(head, before []byte) {
	e.uint(uint64(len(head)))
	for ; len(head) >= 8; head = head[8:] {
		w := binary.LittleEndian.Uint64(head)
		if len(before) >= 8 {
			w ^= binary.LittleEndian.Uint64(before)
			before = before[8:]
		}
		e.uint(w)
	}
	e.b = append(e.b, head...)
}

// head reads what encoder.head has appended.
func (d *decoder) head(before []byte) []byte {
	n := d.uint()
	if n == 0 || n/8+n%8 > uint64(len(d.b)) {
		d.bad = d.bad || n > 0
		return nil
	}
	head := make([]byte, 0, n)
	for range n / 8 {
		w := d.uint()
		if len(before) >= 8 {
			w ^= binary.LittleEndian.Uint64(before)
			before = before[8:]
		}
		head = binary.LittleEndian.AppendUint64(head, w)
	}
	for range n % 8 {
		head = append(head, d.octet())
	}
	return head
}

// distinct gives the values of a field in order of appearance, and their places.
func distinct[T comparable](images []ImageRef, field func(*ImageRef) T) ([]T, map[T]int) {
	var list []T
	at := map[T]int{}
	for i := range images {
		v := field(&images[i])
		if _, ok := at[v]; !ok {
			at[v] = len(list)
			list = append(list, v)
		}
	}
	return list, at
}

// parseIndex reads an index file. The references have no paths yet.
func parseIndex(b []byte) (*index, error) {
	body, ok := unsealed(b)
	version := preamble(body, magicIndex)
	if !ok || version == 0 || version > Version {
		return nil, errIndex
	}
	d := decoder{b: body[preambleSize:]}
	x := &index{domain: d.str(), least: d.uint(), most: d.uint()}
	files := make([]Name, d.count())
	for i := range files {
		files[i] = d.name()
	}
	tables := make([]string, d.count())
	for i := range tables {
		tables[i] = d.str()
	}
	x.images = make([]ImageRef, d.count())
	var before []byte
	for i := range x.images {
		table := d.uint()
		r := ImageRef{Subtask: int(d.uint()), Part: d.uint(), Epoch: d.uint()}
		file := d.uint()
		if table >= uint64(len(tables)) || file >= uint64(len(files)) {
			return nil, errIndex
		}
		r.Table, r.name = tables[table], files[file]
		r.Offset, r.Length, r.Raw = int64(d.uint()), int(d.uint()), int(d.uint())
		r.codec, r.sum = codec(d.octet()), d.word()
		if r.Offset < 0 || r.Length < 0 || r.Raw < 0 {
			return nil, errIndex
		}
		if version >= 3 {
			r.Head = d.head(before)
			before = r.Head
		}
		x.images[i] = r
	}
	if d.bad || len(d.b) > 0 {
		return nil, errIndex
	}
	return x, nil
}
