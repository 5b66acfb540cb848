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

// Recall emits the result of every group, of those that hold a change back the one
// before it.
func (g *group) Recall() (op.Status, error) {
	g.cursor = &state.Cursor{}
	return g.recall()
}

func (g *group) recall() (op.Status, error) {
	if g.scan == nil {
		if s, err := g.emitAll(); s == op.More || err != nil || !g.holds {
			return g.recalled(s, err)
		}
		g.scan = &state.Cursor{}
	}
	return g.recalled(g.recallHeld())
}

func (g *group) recalled(s op.Status, err error) (op.Status, error) {
	if s == op.Done {
		g.cursor, g.scan = nil, nil
	}
	return s, err
}
