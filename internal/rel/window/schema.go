package window

import (
	"github.com/weir-stream/weir/internal/state"
)

// origin tells which columns of the input the keys are, behind those of the slice.
func (a *aggregate) origin() state.Origin { return keysFrom(a.slots, a.spec.keys) }

func keysFrom(slots int, keys []int) state.Origin {
	o := state.Origin{Input: 1}
	for range slots {
		o.Key = append(o.Key, -1)
	}
	o.Key = append(o.Key, keys...)
	return o
}

// fields describes a state row.
func (a *aggregate) fields() []state.Field {
	if !a.retract {
		return a.fold.Fields(0)
	}
	return a.fold.Fields(int(a.base), state.Field{Name: "rows", Kind: state.FieldInt, Size: 8})
}

// sessionFields describes the head of a session's state row.
func sessionFields() []state.Field {
	at := func(name string, at int) state.Field {
		return state.Field{Name: name, Kind: state.FieldInt, At: at, Size: 8}
	}
	return []state.Field{at("window_start", 0), at("window_end", 8), {Kind: state.FieldWord, At: 16, Size: 8}, {Kind: state.FieldWord, At: 24, Size: 8}, at("rows", 32)}
}
