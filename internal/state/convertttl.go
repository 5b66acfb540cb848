package state

import "encoding/binary"

// age gives the value of a change an expiry, or takes it away, where rows expired before
// and do not now or the other way round. It is false for what has expired: nobody looks
// any more whether it has.
func (c *Converter) age(x Change) (value []byte, lives bool, err error) {
	was, is := c.from.TTL > 0, c.to.TTL > 0
	if was == is {
		return x.Value, true, nil
	}
	at := 0
	switch {
	case c.from.Kind == "list":
		at = 16 // behind seq and multiplicity
	case c.from.Kind == "sorted" && x.Op == OpAppend: // the map has the expiry, its items follow
		return x.Value, !c.gone, nil
	}
	v := x.Value
	if was {
		if len(v) < at+8 {
			return nil, false, badChange(c.to.Name)
		}
		c.gone = int64(binary.LittleEndian.Uint64(v[at:])) <= c.Now
		c.aged = append(append(c.aged[:0], v[:at]...), v[at+8:]...)
		return c.aged, !c.gone, nil
	}
	if len(v) < at {
		return nil, false, badChange(c.to.Name)
	}
	until := c.Now + max(c.to.TTL.Milliseconds(), 1)
	c.aged = binary.LittleEndian.AppendUint64(append(c.aged[:0], v[:at]...), uint64(until))
	c.aged = append(c.aged, v[at:]...)
	return c.aged, true, nil
}
