package expand

import (
	"strings"
	"testing"

	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/optest"
	"github.com/weir-stream/weir/internal/types"
)

func TestExpand(t *testing.T) {
	text, big := types.String(), types.Of(types.BigInt)
	in := []types.Type{text, big, big}
	out := append(append([]types.Type(nil), in...), big, text, big)
	n := &Node{Keys: []int{0, 1}}
	var sets []set
	for _, cols := range [][]int{{0, 1}, {1}, {}} {
		sets = append(sets, set{id: n.ID(cols), null: []bool{!has(cols, 0), !has(cols, 1)}})
	}
	got := optest.Run(t, optest.Spec{New: func() op.Operator { return &expand{keys: n.Keys, sets: sets, types: out} }, In: [][]types.Type{in}, Out: out},
		optest.Rows(0, optest.R("+I", "a", 1, 10), optest.R("+I", nil, 2, 20)), optest.End(0))
	want := `+I[a, 1, 10, 0, a, 1]
+I[null, 2, 20, 0, null, 2]
+I[null, 1, 10, 2, a, 1]
+I[null, 2, 20, 2, null, 2]
+I[null, null, 10, 3, a, 1]
+I[null, null, 20, 3, null, 2]`
	if g := strings.Join(optest.Lines(got), "\n"); g != want {
		t.Errorf("got\n%s\nwant\n%s", g, want)
	}
}
