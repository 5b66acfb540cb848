package state

import (
	"encoding/binary"
	"slices"
)

// AppendDelta appends the changes of a table since the last call to dst, and
// forgets them. Nothing is appended if there are none.
func AppendDelta(t Owner, dst []byte) []byte {
	d := TakeDelta(t, nil)
	dst = append(dst, d.Data...)
	for _, b := range d.More {
		dst = append(dst, b...)
	}
	return dst
}

// recorder is implemented by tables that write their deltas themselves.
type recorder interface {
	takeRecords(head []byte) Delta // TakeDelta
}

// TakeDelta is AppendDelta after head, into buffers of its own that are good until
// they are released.
func TakeDelta(t Owner, head []byte) Delta {
	if r, ok := t.(recorder); ok {
		return r.takeRecords(head)
	}
	var data []byte
	t.TakeDirty(func(c Change) {
		if data == nil {
			data = append(append(data, head...), deltaVersion)
		}
		data = appendChange(data, c)
	})
	return Delta{Data: data}
}

// each visits the changes of a delta that was just taken, without a head.
func (d *Delta) each(name string, f func(Change)) {
	EachChange(name, slices.Concat(append([][]byte{d.Data}, d.More...)...), func(c Change) error { f(c); return nil })
}

// tellRecords is TakeDirty of a recorder.
func tellRecords(t recorder, name string, f func(Change)) {
	d := t.takeRecords(nil)
	d.each(name, f)
}

func appendChange(dst []byte, c Change) []byte {
	dst = append(dst, byte(c.Op))
	dst = append(binary.AppendUvarint(dst, uint64(len(c.Key))), c.Key...)
	return append(binary.AppendUvarint(dst, uint64(len(c.Value))), c.Value...)
}

// EachChange visits the changes of a delta that AppendDelta wrote for a table of
// that name, or those that make what an image of AppendImage holds; their bytes are
// valid during the call of f.
func EachChange(table string, data []byte, f func(Change) error) error {
	if len(data) == 0 {
		return nil
	}
	if data[0] == partVersion {
		return eachOfPart(table, data, f)
	}
	r, ok := readerOf(data)
	if !ok {
		return badChange(table)
	}
	for len(r.rest) > 0 {
		c := r.next()
		if r.bad {
			return badChange(table)
		}
		if r.void {
			continue
		}
		if err := f(c); err != nil {
			return err
		}
	}
	return nil
}
