package state

// Hashes gives the upper 48 bits of the hashes of rows' keys, the lower ones zero, in
// out, grown as need be.
func (t *Table) Hashes(refs []Ref, out []uint64) []uint64 {
	if cap(out) < len(refs) {
		out = make([]uint64, len(refs), len(refs)+len(refs)/4)
	}
	out = out[:len(refs)]
	for i, r := range refs {
		out[i] = *header(t.rowOf(r)) &^ 0xFFFF
	}
	return out
}
