package calc

import (
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/types"
)

// maxKeys bounds how many keys are followed through a plan.
const maxKeys = 16

// mapKeys gives the unique keys of the output: those of the input all of whose
// columns are put out, as they are or by casts that keep them apart. A column that
// is put out twice gives as many keys. With believe any implicit cast is trusted,
// as Flink does.
func (n *Node) mapKeys(keys [][]int, believe bool) [][]int {
	var out [][]int
	for _, key := range keys {
		found := [][]int{{}}
		for _, c := range key {
			var next [][]int
			for _, at := range n.places(c, believe) {
				for _, f := range found {
					if len(next) < maxKeys {
						next = append(next, append(f[:len(f):len(f)], at))
					}
				}
			}
			found = next
		}
		out = append(out, found...)
		if len(out) >= maxKeys {
			return out[:maxKeys]
		}
	}
	return out
}

// places lists the outputs that tell the values of an input column apart.
func (n *Node) places(col int, believe bool) []int {
	var out []int
	for i, e := range n.Out {
		if k, ok := e.(*expr.Cast); ok {
			from, to := k.X.Type(), k.T
			if types.InjectiveCast(from, to) || believe && !to.IsString() && types.ImplicitCastable(from.AsNullable(), to.AsNullable()) {
				e = k.X
			}
		}
		if c, ok := e.(*expr.Col); ok && c.Index == col && c.Depth == 0 {
			out = append(out, i)
		}
	}
	return out
}
