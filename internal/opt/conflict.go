package opt

import (
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/sink"
)

// CheckConflicts refuses INSERTs that must say ON CONFLICT and do not. The keys of
// the query are then inferred once more with the primary keys that its tables
// declare taken at their word, append-only or not, as Flink takes them.
func CheckConflicts(c *Ctx, a *plan.Annotated) error {
	if c.Batch {
		return nil
	}
	var sinks []*sink.Node
	plan.Walk(a.Root, func(n plan.Node) {
		if s, ok := n.(*sink.Node); ok && s.Ask {
			sinks = append(sinks, s)
		}
	})
	if len(sinks) == 0 {
		return nil
	}
	believing := *c.Context
	believing.Believe = true
	promised, err := plan.Annotate(&believing, a.Root)
	if err != nil {
		return err
	}
	for _, s := range sinks {
		if err := s.CheckConflict(a.Traits[s.In], promised.Traits[s.In]); err != nil {
			return err
		}
	}
	return nil
}
