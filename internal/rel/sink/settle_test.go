package sink

import (
	"strings"
	"testing"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/optest"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/values"
	"github.com/weir-stream/weir/internal/types"
)

func settling(c Conflict) optest.Spec {
	cols := []types.Type{types.Of(types.Int), types.String()}
	n := &Node{In: &values.Node{Output: []plan.Field{{Name: "id", Type: cols[0]}, {Name: "v", Type: cols[1]}}}, Key: []int{0}, Conflict: c, Table: &connector.Table{Name: "t"}}
	return optest.Spec{New: func() op.Operator { return newSettler(n, 0) }, In: [][]types.Type{append(cols, stampType)}, Out: cols, Hash: optest.By(n.Key)}
}

// The last column is the watermark that the row's subtask had seen.
func TestConflictsAreDecidedByTheWatermark(t *testing.T) {
	r := optest.R
	evs := []optest.Event{
		// 1 moves from a to b, the new row first; 2 has two rows; 3 comes and goes.
		optest.Rows(0, r("+U", 1, "b", 10), r("+I", 1, "a", 10), r("+I", 2, "x", 10), r("+I", 2, "y", 10), r("-U", 1, "a", 10), r("+I", 3, "z", 10), r("-D", 3, "z", 10)),
		// A subtask that is ahead: not before the others are there too.
		optest.Rows(0, r("+U", 1, "c", 20)), optest.Watermark(15),
		optest.Rows(0, r("-U", 1, "b", 15), r("-D", 2, "x", 15), r("-D", 2, "y", 15)), optest.Watermark(30),
	}
	optest.Run(t, settling(ConflictNothing), evs...)
	for _, w := range optest.Worlds {
		if w.Restart == optest.Rescaled { // keys are not in this order
			continue
		}
		got := strings.Join(optest.Lines(optest.RunIn(t, w, settling(ConflictNothing), evs...)), " ")
		if want := "+I[1, b] +I[2, x] -U[1, b] +U[1, c] -D[2, x]"; got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", w.Name, got, want)
		}
	}
}
