package plan

import "github.com/weir-stream/weir/internal/types"

// What state costs beside the values in it, bytes: an entry of a keyed table
// (its index slot, hash tag, epoch mark and the slack of half-full segments),
// a row that lies in a list of its key's, and one that lies in a sorted map of its
// key's, half of which is the map. They are measured (TestStateEstimate in the
// root): between a row a key and ten, within a factor of two.
const (
	EntryBytes  = 40
	ListBytes   = 48
	SortedBytes = 150
)

// textBytes is what a text without a declared length is taken to be long, and
// listItems how many elements a collection has.
const (
	textBytes = 24
	listItems = 4
)

// Width estimates the bytes that a value of a type takes in state.
func Width(t types.Type) int {
	switch t.Phys() {
	case types.PBool, types.PI8, types.PI16, types.PI32, types.PF32:
		return 4
	case types.PI64, types.PF64:
		return 8
	case types.PI128, types.PTime:
		return 16
	case types.PStr:
		n := textBytes
		if t.Prec > 0 && t.Prec < n {
			n = t.Prec
		}
		return 8 + n // its reference into the heap, and the text
	case types.PList:
		w := 0
		if t.Elem != nil {
			w += Width(*t.Elem)
		}
		if t.Key != nil {
			w += Width(*t.Key)
		}
		return 16 + listItems*w
	case types.PRow:
		w := 0
		for _, f := range t.Fields {
			w += Width(f.Type)
		}
		return w
	}
	return 0
}

// RowWidth estimates the bytes that a row of columns takes in state.
func RowWidth(fs []Field) int {
	w := (len(fs) + 7) / 8 // nulls
	for _, f := range fs {
		w += Width(f.Type)
	}
	return w
}

// ColsWidth is RowWidth of some columns.
func ColsWidth(fs []Field, cols []int) int {
	w := (len(cols) + 7) / 8
	for _, c := range cols {
		if c >= 0 && c < len(fs) {
			w += Width(fs[c].Type)
		}
	}
	return w
}

// GroupBytes estimates the state of one group: its key and an accumulator a
// call. A DISTINCT call also keeps each of its values once, which is counted as
// one value a group; who has more pays for each.
func GroupBytes(in []Field, keys []int, calls []AggCall) int {
	w := EntryBytes + ColsWidth(in, keys)
	for _, c := range calls {
		w += max(16, Width(c.Type))
		if c.Distinct && !c.Agg.NoDistinct {
			w += EntryBytes + ColsWidth(in, c.Args)
		}
		if c.Agg.Ordered {
			w += ListBytes + ColsWidth(in, c.Args)
		}
	}
	return w
}
