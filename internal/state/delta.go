package state

import "encoding/binary"

// A delta is what TakeDirty gave, written down: a version byte, then for each
// change its Op (1 byte), and length (uvarint) and bytes of Key and Value.
const deltaVersion = 1

// AppendDelta appends the changes of a table since the last call to dst, and
// forgets them. Nothing is appended if there are none.
func AppendDelta(t Owner, dst []byte) []byte {
	first := true
	t.TakeDirty(func(c Change) {
		if first {
			dst = append(dst, deltaVersion)
			first = false
		}
		dst = appendChange(dst, c)
	})
	return dst
}

func appendChange(dst []byte, c Change) []byte {
	dst = append(dst, byte(c.Op))
	dst = append(binary.AppendUvarint(dst, uint64(len(c.Key))), c.Key...)
	return append(binary.AppendUvarint(dst, uint64(len(c.Value))), c.Value...)
}

// EachChange visits the changes of a delta that AppendDelta wrote for a table of
// that name; their bytes are data's.
func EachChange(table string, data []byte, f func(Change) error) error {
	if len(data) == 0 {
		return nil
	}
	if data[0] != deltaVersion {
		return badChange(table)
	}
	for data = data[1:]; len(data) > 0; {
		c := Change{Op: Op(data[0])}
		var ok bool
		if c.Key, data, ok = takeBytes(data[1:]); ok {
			c.Value, data, ok = takeBytes(data)
		}
		if !ok {
			return badChange(table)
		}
		if err := f(c); err != nil {
			return err
		}
	}
	return nil
}

func takeBytes(b []byte) (x, rest []byte, ok bool) {
	n, k := binary.Uvarint(b)
	if k <= 0 || n > uint64(len(b)-k) {
		return nil, nil, false
	}
	return b[k : k+int(n)], b[k+int(n):], true
}

// ApplyDelta replays a delta. keep, if set, tells of which key groups changes
// count.
func (s *Store) ApplyDelta(t Owner, data []byte, keep func(group int) bool) error {
	return EachChange(t.Info().Name, data, func(c Change) error {
		if g := s.GroupOf(t, c); keep != nil && g != AnyGroup && !keep(g) {
			return nil
		}
		return t.Apply(c)
	})
}
