package vec

import "github.com/zeebo/xxh3"

// HashRows gives the xxh3 hash of each encoded row in out (reused). The key
// group of a row is a function of the top bits of this hash, and tables index
// by the same hash, so a key is hashed once on its way.
func HashRows(rows *Rows, out []uint64) []uint64 {
	n := rows.Len()
	out = sized(out, n)
	for i := range out {
		out[i] = xxh3.Hash(rows.Data[rows.Off[i]:rows.Off[i+1]])
	}
	return out
}

// KeyGroup maps a key's hash to one of groups key groups by its top bits
// (multiply-shift on the upper half, so any number of groups works).
func KeyGroup(hash uint64, groups int) int {
	return int((hash >> 32) * uint64(groups) >> 32)
}
