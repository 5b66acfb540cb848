package order

import (
	"slices"
	"testing"

	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/optest"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/types"
)

// The rows of a millisecond leave together, sorted, when it is over.
func TestSortByArrival(t *testing.T) {
	ts := []types.Type{types.Of(types.Int), types.String()}
	spec := optest.Spec{New: func() op.Operator { return newByArrival([]plan.SortKey{{Col: 0}, {Col: 1, Desc: true}}) },
		In: [][]types.Type{ts}, Out: ts}
	got := optest.Lines(optest.Run(t, spec,
		optest.ProcTime(1000), optest.Rows(0, optest.R("+I", 3, "a"), optest.R("+I", 1, "b")), optest.Rows(0, optest.R("+I", 1, "c")),
		optest.ProcTime(1001), optest.Rows(0, optest.R("+I", 0, "d"), optest.R("+I", nil, "e")),
		optest.ProcTime(5000), optest.Rows(0, optest.R("+I", 9, "f"), optest.R("+I", 8, "g")), optest.End(0)))
	want := []string{"+I[1, c]", "+I[1, b]", "+I[3, a]", "+I[0, d]", "+I[null, e]", "+I[8, g]", "+I[9, f]"}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
