package fn

import "sync"

// Core gives the table of all built-in scalar functions. A test that runs the
// examples of every row goes over Core().All().
var Core = sync.OnceValue(func() *Table { return NewTable(Scalars()) })

// Scalars lists all built-in scalar functions.
func Scalars() []Func {
	var out []Func
	for _, list := range [][]Func{
		Comparisons(), Logical(), Likes(), Overlaps(),
		Operators(), Intervals(), Math(),
		Strings(), Edits(), Codes(), Regexes(), Printf(), Hashes(),
		Temporal(), TimeTexts(), TimeBuckets(),
		Conditionals(), Context(),
		Collections(), Arrays(), Lambdas(), Zips(), SortedItems(), Bitmaps(), Variants(),
		JSONQueries(), JSONMakers(),
		bucketFuncs(),
	} {
		out = append(out, list...)
	}
	return out
}
