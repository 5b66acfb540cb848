package join

import (
	"slices"

	"github.com/weir-stream/weir/internal/plan"
)

// maxKeys bounds how many keys are followed through a plan of many joins.
const maxKeys = 16

// joinedKeys gives the unique keys of a join's rows; leftUnique and rightUnique
// tell that a side has at most one row of each join key.
func joinedKeys(t Type, l, r [][]int, leftUnique, rightUnique bool, lf, rf []plan.Field) [][]int {
	var keys [][]int
	if rightUnique && t != Right && t != Full {
		keys = append(keys, l...)
	}
	if leftUnique && t != Left && t != Full {
		for _, k := range r {
			keys = append(keys, shift(k, len(lf)))
		}
	}
	for _, lk := range l {
		for _, rk := range r {
			// A row without a partner must differ from one whose partner's key is null.
			if t == Full && !tells(lk, lf) && !tells(rk, rf) {
				continue
			}
			keys = append(keys, append(append([]int(nil), lk...), shift(rk, len(lf))...))
		}
	}
	return keys[:min(len(keys), maxKeys)]
}

// tells reports whether a key's columns tell a row that is there from none.
func tells(key []int, fs []plan.Field) bool {
	return slices.ContainsFunc(key, func(c int) bool { return !fs[c].Type.Nullable })
}

// equated adds the keys that have a column of the other side in place of one that
// the join finds equal to it. In an outer join the column of the side that is kept
// may stand for the other, not the other way round.
func equated(t Type, keys [][]int, left, right []int) [][]int {
	add := func(key []int, from, to int) {
		at := slices.Index(key, from)
		if at < 0 || len(keys) >= maxKeys {
			return
		}
		k := slices.Clone(key)
		if slices.Contains(k, to) {
			k = slices.Delete(k, at, at+1)
		} else {
			k[at] = to
		}
		for _, old := range keys {
			if slices.Equal(old, k) {
				return
			}
		}
		keys = append(keys, k)
	}
	for i := range left {
		for _, k := range keys[:len(keys):len(keys)] {
			if t == Inner || t == Right {
				add(k, left[i], right[i])
			}
			if t == Inner || t == Left {
				add(k, right[i], left[i])
			}
		}
	}
	return keys
}
