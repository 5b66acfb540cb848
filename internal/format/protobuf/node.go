package protobuf

import (
	"bytes"
	"slices"

	"github.com/weir-stream/weir/internal/vec"
)

// read appends a value to a vector, in any case exactly one.
type read func(in *input, v *vec.Vector)

// shape is how a field's values lie in its column.
type shape uint8

const (
	single shape = iota
	list
	mapping
	rival // nobody wants it, but it takes the place of others of its oneof
)

// field is a field of a message that goes to a column.
type field struct {
	name  string
	num   uint32
	col   int
	shape shape
	wire  byte // of a value that does not lie packed
	read  read
	// message reads what lies between p and end of the input, instead of read.
	message bool
	entry   *node          // of a map
	closed  map[int32]bool // the numbers of an enum that takes no others
	rivals  []int          // other fields of its oneof
	absent  func(*vec.Vector, *input)
	// Of the message that is being read.
	seen uint32 // its epoch, if the field was there
	raw  []byte // the bytes of a message that may go on
	// Scratch of a map.
	order []int32
}

// node reads messages of one type into the columns of rows.
type node struct {
	fields []field
	small  [64]int8 // numbers to fields, +1
	large  map[uint32]int
	epoch  uint32 // of the message that is being read; 0 is none
}

// add takes a field in.
func (n *node) add(f field) {
	n.fields = append(n.fields, f)
	if i := len(n.fields); f.num < uint32(len(n.small)) && i < 128 {
		n.small[f.num] = int8(i)
		return
	}
	if n.large == nil {
		n.large = map[uint32]int{}
	}
	n.large[f.num] = len(n.fields)
}

// find gives the field of a number, nil if nobody wants it.
func (n *node) find(num uint32) *field {
	i := 0
	if num < uint32(len(n.small)) {
		i = int(n.small[num])
	}
	if i == 0 && n.large != nil {
		i = n.large[num]
	}
	if i == 0 {
		return nil
	}
	return &n.fields[i-1]
}

// run reads up to the end of the input as one row of columns that have at rows. It
// appends a row whatever is wrong.
func (n *node) run(in *input, cols []*vec.Vector, at int) {
	if n.epoch++; n.epoch == 0 { // all that was noted is of long ago
		for i := range n.fields {
			n.fields[i].seen = 0
		}
		n.epoch = 1
	}
	for in.p < in.end && in.fault == "" {
		num, wire := in.tag()
		if f := n.find(num); f != nil {
			n.take(in, f, wire, cols, at)
		} else {
			in.skip(num, wire)
		}
	}
	for i := range n.fields {
		n.fields[i].finish(in, cols, n.epoch)
	}
}

// take reads a value of a field.
func (n *node) take(in *input, f *field, wire byte, cols []*vec.Vector, at int) {
	switch {
	case f.shape == rival:
		in.skip(f.num, wire)
		n.clear(f, cols, at)
	case wire != f.wire:
		if f.shape == list && wire == wireBytes && f.wire != wireBytes {
			f.packed(in, cols[f.col].Kids[0])
			return
		}
		in.skip(f.num, wire) // not of this schema
	case f.closed != nil && !f.knows(in):
	case f.shape == list:
		f.one(in, cols[f.col].Kids[0])
	case f.shape == mapping:
		f.pair(in, cols[f.col].Kids[0])
	default:
		n.clear(f, cols, at)
		v := cols[f.col]
		again := f.seen == n.epoch
		f.seen = n.epoch
		if again {
			v.Truncate(at)
			if f.message {
				f.merge(in, v)
				return
			}
		}
		f.one(in, v)
	}
}

// clear takes back what other fields of a oneof had.
func (n *node) clear(f *field, cols []*vec.Vector, at int) {
	for _, i := range f.rivals {
		if r := &n.fields[i]; r.seen == n.epoch {
			r.seen = 0
			cols[r.col].Truncate(at)
		}
	}
}

// knows reports whether the next value is one of its enum; others are passed over.
func (f *field) knows(in *input) bool {
	p := in.p
	if f.closed[int32(in.uvarint())] {
		in.p = p
		return true
	}
	in.dropped = true
	return false
}

// one reads a value.
func (f *field) one(in *input, v *vec.Vector) {
	if !f.message {
		f.read(in, v)
		return
	}
	f.raw = in.bytes()
	end := in.end
	in.end = in.p
	in.p -= len(f.raw)
	f.read(in, v)
	in.p, in.end = in.end, end
}

// merge reads a message of which a part was read before: parts that are written one
// after the other are one message.
func (f *field) merge(in *input, v *vec.Vector) {
	more := in.bytes()
	f.raw = append(bytes.Clone(f.raw), more...)
	src, p, end := in.src, in.p, in.end
	in.src, in.p, in.end = f.raw, 0, len(f.raw)
	f.read(in, v)
	in.src, in.p, in.end = src, p, end
}

// packed reads values that lie in one.
func (f *field) packed(in *input, v *vec.Vector) {
	n := len(in.bytes())
	end := in.end
	in.end = in.p
	in.p -= n
	for in.p < in.end && in.fault == "" {
		if f.closed == nil || f.knows(in) {
			f.read(in, v)
		}
	}
	in.p, in.end = in.end, end
}

// pair reads an entry of a map.
func (f *field) pair(in *input, entries *vec.Vector) {
	n := len(in.bytes())
	end := in.end
	in.end = in.p
	in.p -= n
	in.dropped = false
	f.entry.run(in, entries.Kids, entries.N)
	entries.Extend(1)
	if in.dropped { // a value of an enum that does not know it drops its entry
		entries.Truncate(entries.N - 1)
	}
	in.p, in.end = in.end, end
}

// finish ends the row of a field's column.
func (f *field) finish(in *input, cols []*vec.Vector, epoch uint32) {
	switch f.shape {
	case rival:
	case single:
		if f.seen != epoch {
			f.absent(cols[f.col], in)
		}
	default:
		v := cols[f.col]
		from := int(v.Off[v.N])
		switch n := v.Kids[0].N - from; {
		case n == 0:
			f.absent(v, in)
			return
		case n > 1 && f.shape == mapping:
			var again bool
			if again, f.order = twice(v.Kids[0].Kids[0], from, f.order); again {
				lastOfKeys(v.Kids[0], from)
			}
		}
		v.Off = append(v.Off, int32(v.Kids[0].N))
		v.Extend(1)
	}
}

// twice reports whether a key comes twice among the entries from one on; order is
// scratch.
func twice(keys *vec.Vector, from int, order []int32) (bool, []int32) {
	order = order[:0]
	for i := from; i < keys.N; i++ {
		order = append(order, int32(i))
	}
	slices.SortFunc(order, func(a, b int32) int { return vec.Compare(keys, int(a), keys, int(b)) })
	for i := 1; i < len(order); i++ {
		if vec.Compare(keys, int(order[i-1]), keys, int(order[i])) == 0 {
			return true, order
		}
	}
	return false, order
}

// lastOfKeys drops the entries from one on whose key comes again later.
func lastOfKeys(entries *vec.Vector, from int) {
	keys := entries.Kids[0]
	n := entries.N
	last := map[string]int{}
	var order []string
	for i := from; i < n; i++ {
		k := string(vec.AppendCanonical(nil, keys, i))
		if _, ok := last[k]; !ok {
			order = append(order, k)
		}
		last[k] = i
	}
	sel := make([]int32, len(order))
	for i, k := range order {
		sel[i] = int32(last[k])
	}
	kept := vec.New(entries.Type, 0)
	kept.AppendSel(entries, sel)
	entries.Truncate(from)
	entries.AppendRange(kept, 0, kept.N)
}
