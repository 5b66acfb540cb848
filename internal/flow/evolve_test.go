package flow

import (
	"strings"
	"testing"

	"github.com/weir-stream/weir/internal/dag"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/types"
)

// TestOtherSchema refuses to read what was saved as something else: under the address
// that it has, what the log holds of it stays what it was.
func TestOtherSchema(t *testing.T) {
	store := func(v types.Type) *state.Store {
		s := state.NewStore(state.Config{})
		s.List(state.ListSpec{Name: "left", Key: []types.Type{types.Of(types.Int)}, Row: []types.Type{v}})
		return s
	}
	n := &node{v: &dag.Vertex{Address: "a", Name: "Join", Detail: "on=[k = k]"}, store: store(types.Of(types.BigInt))}
	j := &Job{tasks: []*task{{nodes: []*node{n}}}}
	for _, c := range []struct {
		saved  types.Type
		became bool
		why    string
	}{
		{types.Of(types.BigInt), false, ""},
		{types.Of(types.BigInt).NotNull(), false, ""},
		{types.Of(types.Int), true, ""},
		{types.Of(types.Int), false, "the saved state of Join(on=[k = k]) cannot be taken over: column 0 of table left was saved as INT and is BIGINT now"},
		{types.String(), true, "column 0 of table left was saved as STRING and is BIGINT now (numbers and texts may become wider"},
	} {
		r := &Restore{Saved: []Schema{{Vertex: "a", Tables: []state.Schema{state.SchemaOf(store(c.saved).Tables()[0])}}}}
		vertex := "a"
		if c.became {
			vertex = "b"
			r.Saved[0].Vertex, r.Became = "b", map[string][]Became{"b": {{Vertex: "a"}}}
		}
		_, err := newRestoring(j, r).of(vertex)
		if c.why == "" && err != nil || c.why != "" && (err == nil || !strings.Contains(err.Error(), c.why)) {
			t.Errorf("%s, %v: %v\nwant %s", c.saved, c.became, err, c.why)
		}
	}
}
