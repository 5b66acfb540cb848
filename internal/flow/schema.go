package flow

import (
	"slices"

	"github.com/weir-stream/weir/internal/state"
)

// Schema is what an operator has declared.
type Schema struct {
	Vertex string // its address
	ID     int    // in the graph
	Label  string
	Tables []state.Schema
}

// Schemas describes the tables that the operators of a job have declared, in order of
// the graph. Operators without any are left out.
func (j *Job) Schemas() []Schema {
	var out []Schema
	seen := map[string]bool{}
	for _, t := range j.tasks {
		for _, n := range t.nodes {
			if !seen[n.v.Address] && len(n.store.Tables()) > 0 {
				seen[n.v.Address] = true
				out = append(out, Schema{n.v.Address, n.v.ID, n.v.Label(), schemasOf(n)})
			}
		}
	}
	slices.SortFunc(out, func(a, b Schema) int { return a.ID - b.ID })
	return out
}

// schemasOf describes the tables of an operator, with the names of its inputs.
func schemasOf(n *node) []state.Schema {
	var out []state.Schema
	names := n.v.InputNames()
	for _, o := range n.store.Tables() {
		s := state.SchemaOf(o)
		s.NameColumns(names)
		out = append(out, s)
	}
	return out
}
