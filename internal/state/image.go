package state

// AppendImage appends further keys of a table, until dst has more than limit bytes
// or there are no more, as a delta that makes them in an empty table. more tells
// that there are others; the delta may be empty.
func AppendImage(t Owner, c *DumpCursor, dst []byte, limit int) (_ []byte, more bool) {
	first := true
	add := func(x Change) {
		if first {
			dst = append(dst, deltaVersion)
			first = false
		}
		dst = appendChange(dst, x)
	}
	for len(dst) < limit {
		if !t.DumpSome(c, lookChunk, add) {
			return dst, false
		}
	}
	return dst, true
}
