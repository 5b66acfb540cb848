package dag

import "github.com/weir-stream/weir/internal/plan"

// ColumnNames names the columns that a vertex gives; nil where they have no names.
func (v *Vertex) ColumnNames() []string {
	if v.Names != nil || v.Node == nil {
		return v.Names
	}
	if fs := v.Node.Fields(); len(fs) == len(v.Out) {
		return plan.Names(fs)
	}
	return nil
}

// InputNames names the columns of the inputs of a vertex.
func (v *Vertex) InputNames() [][]string {
	out := make([][]string, len(v.Inputs))
	for i, e := range v.Inputs {
		if e.Side == Output {
			out[i] = e.From.ColumnNames()
		}
	}
	return out
}
