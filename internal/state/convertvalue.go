package state

import (
	"encoding/binary"
	"unsafe"
)

// value converts the value of a put as Table.TakeDirty writes it: expiry, if there is
// a TTL now, the Fixed bytes, and length (4 bytes) and bytes of each heap reference.
func (c *Converter) value(v []byte) ([]byte, error) {
	if len(c.fields) == 0 {
		return v, nil
	}
	head := 0
	if c.to.TTL > 0 {
		head = 8
	}
	was, is := (c.from.Fixed+7)&^7, (c.to.Fixed+7)&^7
	if len(v) < head+was {
		return nil, badChange(c.to.Name)
	}
	if err := c.split(v[head+was:]); err != nil {
		return nil, err
	}
	c.buf = append(c.buf[:0], v[:head]...)
	c.buf = append(c.buf, make([]byte, is)...)
	src, dst := v[head:], c.buf[head:]
	c.moved = append(c.moved[:0], make([][]byte, len(c.to.HeapRefs))...)
	for i := range c.fields {
		f := &c.fields[i]
		a, b := src[f.from.At:f.from.At+f.from.Size], dst[f.to.At:f.to.At+f.to.Size]
		if f.acc != nil {
			aligned := make([]uint64, (len(a)+len(b))/8+1) // of saved bytes nobody knows how they lie
			p := unsafe.Pointer(unsafe.SliceData(aligned))
			in := unsafe.Slice((*byte)(p), len(a)+len(b))
			copy(in, a)
			if len(b) > 0 {
				f.acc(unsafe.Add(p, len(a)), p)
			}
			copy(b, in[len(a):])
		} else {
			copy(b, a)
		}
		if err := c.moveRefs(f); err != nil {
			return nil, err
		}
	}
	for _, b := range c.moved {
		n := uint32(len(b)) + 1
		if b == nil {
			n = 0
		}
		c.buf = append(binary.LittleEndian.AppendUint32(c.buf, n), b...)
	}
	return c.buf, nil
}

// split finds what the heap references of a value refer to, nil for nothing.
func (c *Converter) split(rest []byte) error {
	c.blobs = c.blobs[:0]
	for range c.from.HeapRefs {
		if len(rest) < 4 {
			return badChange(c.to.Name)
		}
		n := int(binary.LittleEndian.Uint32(rest))
		rest = rest[4:]
		var b []byte
		if n > 0 {
			if len(rest) < n-1 {
				return badChange(c.to.Name)
			}
			b, rest = rest[:n-1:n-1], rest[n-1:]
		}
		c.blobs = append(c.blobs, b)
	}
	return nil
}

// moveRefs puts what the references of a field refer to where they are now.
func (c *Converter) moveRefs(f *fieldConverter) error {
	for i, at := range c.to.HeapRefs {
		if at < f.to.At || at >= f.to.At+f.to.Size {
			continue
		}
		for j, was := range c.from.HeapRefs {
			if was-f.from.At == at-f.to.At {
				c.moved[i] = c.blobs[j]
			}
		}
		if f.row == nil || c.moved[i] == nil {
			continue
		}
		var err error
		if c.moved[i], err = c.entry(f, c.moved[i]); err != nil {
			return err
		}
	}
	return nil
}

// entry converts a row that may have its sort key before it.
func (c *Converter) entry(f *fieldConverter, b []byte) ([]byte, error) {
	if !f.to.Keyed {
		return f.row.convert(nil, b)
	}
	if len(b) < 4 || uint64(len(b)-4) < uint64(binary.LittleEndian.Uint32(b)) {
		return nil, badChange(c.to.Name)
	}
	row, err := f.row.convert(nil, b[4+binary.LittleEndian.Uint32(b):])
	if err != nil {
		return nil, err
	}
	key := c.sortKey(f.row, f.to.Order)
	out := binary.LittleEndian.AppendUint32(nil, uint32(len(key)))
	return append(append(out, key...), row...), nil
}
