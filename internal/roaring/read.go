package roaring

import (
	"errors"
	"math/bits"
)

var errFormat = errors.New("the bytes are no bitmap in the portable Roaring format")

// Read appends the set that s holds in the portable format, which may come from
// anywhere: it is checked, and written again in canonical form. Bytes after the
// set are left out, as the Java library does.
func (m *Maker) Read(dst []byte, s string) ([]byte, error) {
	c, err := openForeign(s)
	if err != nil {
		return dst, err
	}
	m.start()
	for before := -1; c.more(); {
		key := c.key()
		if key <= before {
			return dst, errFormat
		}
		before = key
		if err := m.readContainer(&c); err != nil {
			return dst, err
		}
	}
	return m.finish(dst), nil
}

// openForeign checks that the header is whole.
func openForeign(s string) (cursor, error) {
	if len(s) < 4 {
		return cursor{}, errFormat
	}
	cookie := u32(s, 0)
	switch {
	case cookie&0xffff == cookieRuns:
		n := int(cookie>>16) + 1
		if len(s) < 4+(n+7)/8+4*n {
			return cursor{}, errFormat
		}
	case cookie == cookiePlain:
		if len(s) < 8 || u32(s, 4) > 1<<16 || len(s) < 8+8*int(u32(s, 4)) {
			return cursor{}, errFormat
		}
	default:
		return cursor{}, errFormat
	}
	c := newCursor(s)
	if len(s) < c.at {
		return c, errFormat
	}
	return c, nil
}

func (m *Maker) readContainer(c *cursor) error {
	size := min(2*c.card(), bitmapSize)
	run := c.isRun()
	if run {
		if len(c.s) < c.at+2 {
			return errFormat
		}
		size = 2 + 4*int(u16(c.s, c.at))
	}
	if len(c.s) < c.at+size {
		return errFormat
	}
	one := c.next()
	switch {
	case run:
		last := -1
		for i := 2; i < len(one.data); i += 4 {
			from, length := int(u16(one.data, i)), int(u16(one.data, i+2))
			if from <= last || from+length >= 1<<16 {
				return errFormat
			}
			last = from + length
		}
	case one.kind == arrayKind:
		m.x = one.list(m.x[:0])
		for i := 1; i < len(m.x); i++ {
			if m.x[i] <= m.x[i-1] {
				return errFormat
			}
		}
		m.addList(one.key, m.x)
		return nil
	}
	one.load(&m.a)
	card := 0
	for _, w := range &m.a {
		card += bits.OnesCount64(w)
	}
	if one.kind == bitmapKind && card != one.card {
		return errFormat
	}
	m.addWords(one.key, &m.a)
	return nil
}
