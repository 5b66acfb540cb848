package agg

import (
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/state"
)

var _ op.Recaller = (*group)(nil)

// Recallable: groups whose state has expired are still in the result.
func (g *group) Recallable() string {
	if g.ttl > 0 {
		return "its state expires"
	}
	return ""
}

// Recall emits the result of every group.
func (g *group) Recall() (op.Status, error) {
	g.cursor = &state.Cursor{}
	return g.recall()
}

func (g *group) recall() (op.Status, error) {
	s, err := g.emitAll()
	if s == op.Done {
		g.cursor = nil
	}
	return s, err
}
