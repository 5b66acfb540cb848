package flow

import (
	"testing"

	"github.com/weir-stream/weir/internal/dag"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// TestPartitionInt: a batch job sends a key to one subtask, whatever its width,
// its nulls and the selection, and spreads keys evenly.
func TestPartitionInt(t *testing.T) {
	for _, subtasks := range []int{2, 3} {
		target := map[int64]int{}
		count := make([]int, subtasks)
		for _, kind := range []types.Kind{types.BigInt, types.Int} {
			for _, nulls := range []bool{false, true} {
				ts := []types.Type{types.Of(kind)}
				o := newOutEdge(dag.Edge{From: &dag.Vertex{Out: ts}, Ship: dag.Hash, Keys: []int{0}}, make([]*channel, subtasks), 128, 4096, true)
				b := vec.NewBatch(ts)
				for i := range 4000 {
					b.Cols[0].AppendValue(int64(i - 100))
				}
				b.N = 4000
				if nulls {
					b.Cols[0].SetNull(5)
					b.Sel = []int32{1, 5, 7, 3999}
				}
				o.partition(b)
				rows := 0
				for s, sel := range o.sels {
					for _, r := range sel {
						rows++
						if b.Cols[0].IsNull(int(r)) {
							continue
						}
						k := b.Cols[0].Value(int(r)).(int64)
						if old, ok := target[k]; ok && old != s {
							t.Fatalf("key %d went to %d and %d", k, old, s)
						}
						target[k] = s
						count[s]++
					}
				}
				if rows != b.Len() {
					t.Fatalf("%d rows of %d", rows, b.Len())
				}
			}
		}
		for s, n := range count {
			if n < 8000/subtasks*9/10 {
				t.Errorf("subtask %d of %d has %d rows", s, subtasks, n)
			}
		}
	}
}
