package state

// Reserve accounts for memory that an operator holds beside its tables (a hash
// join's build side, a sort's rows): delta bytes more, or less if negative. The
// error, if memory is denied, is also what Err gives from then on.
func (s *Store) Reserve(delta int64) error {
	s.reserve(delta)
	return s.err
}
