package dag

import (
	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/types"
)

// Side is what an edge carries.
type Side uint8

// The sides.
const (
	Output      Side = iota
	LateRows         // rows that an operator drops because they came too late
	DeadLetters      // records that a source cannot read
)

// Fields are the columns of a side.
func (s Side) Fields() []plan.Field {
	if s == LateRows {
		return []plan.Field{{Name: "operator", Type: types.String().NotNull()}, {Name: "rowtime", Type: types.TimestampLTZOf(3)},
			{Name: "watermark", Type: types.TimestampLTZOf(3)}, {Name: "row", Type: types.String()}}
	}
	var out []plan.Field
	for _, c := range connector.DeadLetterColumns() {
		out = append(out, plan.Field{Name: c.Name, Type: c.Type})
	}
	return out
}

// Types are those of the columns of a side: of late rows operator, rowtime and
// watermark (instants), and the operator's input row as JSON object.
func (s Side) Types() []types.Type { return plan.Types(s.Fields()) }

// Types are the columns that an edge carries.
func (e *Edge) Types() []types.Type {
	if e.Side != Output {
		return e.Side.Types()
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
			d = d || v.Inputs[i].Side == Output && down[v.Inputs[i].From]
		}
		if down[v] = d; d && v.NewSource == nil && v.WantWatermark {
			out = append(out, Input{Edge{From: v, Ship: Gather, Side: LateRows}, 1})
		}
	}
	return out
}

// DeadOf gives inputs that carry the dead letters of the sources, of those lowered so
// far, that of gives a name for: of several of one name the first, since they read the
// same.
func (b *Builder) DeadOf(of func(plan.Node) string) []Input {
	var out []Input
	seen := map[string]bool{}
	for _, v := range b.graph.Vertices {
		if v.NewSource == nil || v.Node == nil {
			continue
		}
		if name := of(v.Node); name != "" && !seen[name] {
			seen[name] = true
			out = append(out, Input{Edge{From: v, Ship: Gather, Side: DeadLetters}, 1})
		}
	}
	return out
}
