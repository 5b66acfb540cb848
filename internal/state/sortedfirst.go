package state

// DropFirst removes the first n items of a map. bound is a buffer, which is given
// back for the next call.
func (s *Sorted) DropFirst(g Ref, n int, bound []byte) []byte {
	if n == 0 {
		return bound
	}
	var it Iter
	s.Iter(&it, g, n-1)
	bound = append(bound[:0], it.SortKey()...)
	if n == s.Count(g) {
		bound = append(bound, 0) // no key is a prefix of another
	}
	for n -= s.DropBelow(g, bound); n > 0; n-- {
		s.DeleteAt(g, 0) // items that tie with the next one
	}
	return bound
}
