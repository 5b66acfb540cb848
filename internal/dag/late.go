package dag

import (
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/types"
)

// LateTypes are the columns of an edge that carries late rows: operator, rowtime
// and watermark (instants), and the operator's input row as JSON object.
func LateTypes() []types.Type {
	return []types.Type{types.String().NotNull(), types.TimestampLTZOf(3), types.TimestampLTZOf(3), types.String()}
}

// Types are the columns that an edge carries.
func (e *Edge) Types() []types.Type {
	if e.Late {
		return LateTypes()
	}
	return e.From.Out
}

// Label tells a vertex from the others of its job in the user's words.
func (v *Vertex) Label() string {
	if v.Detail == "" {
		return v.Name
	}
	return v.Name + "(" + v.Detail + ")"
}

// LateOf gives inputs that carry the late rows of the operators, of those lowered
// so far, that are downstream of a source that of names.
func (b *Builder) LateOf(of func(plan.Node) bool) []Input {
	var out []Input
	down := map[*Vertex]bool{}
	for _, v := range b.graph.Vertices {
		d := v.NewSource != nil && v.Node != nil && of(v.Node)
		for i := range v.Inputs {
			d = d || !v.Inputs[i].Late && down[v.Inputs[i].From]
		}
		if down[v] = d; d && v.NewSource == nil && v.WantWatermark {
			out = append(out, Input{Edge{From: v, Ship: Gather, Late: true}, 1})
		}
	}
	return out
}
