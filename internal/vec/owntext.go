package vec

import "unsafe"

// OwnText gives the columns of text their own copy of it: rows that are handed on
// must not hold text that lies in memory which is not the collector's. It is for
// batches that are not nested.
func (b *Batch) OwnText() {
	for _, v := range b.Cols {
		n := 0
		for _, s := range v.S {
			n += len(s)
		}
		if n == 0 {
			continue
		}
		buf := make([]byte, 0, n)
		for i, s := range v.S {
			if s != "" {
				buf = append(buf, s...)
				v.S[i] = unsafe.String(&buf[len(buf)-len(s)], len(s))
			}
		}
	}
}
