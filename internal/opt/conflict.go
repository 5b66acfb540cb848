package opt

import (
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/scan"
	"github.com/weir-stream/weir/internal/rel/sink"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// Endless gives a scan below n that never ends; nil if there is none.
func Endless(n plan.Node) *scan.Node {
	var found *scan.Node
	plan.Walk(n, func(x plan.Node) {
		if s, ok := x.(*scan.Node); ok && found == nil && !s.Source.Bounded() {
			found = s
		}
	})
	return found
}

// CheckEnds refuses tables without an end in batch mode, where an answer comes only
// after all rows.
func CheckEnds(c *Ctx, a *plan.Annotated) error {
	if !c.Batch {
		return nil
	}
	if s := Endless(a.Root); s != nil {
		return sqlerr.New(sqlerr.Plan, s.Pos, "table %s has no end, so it cannot be read in batch mode", s.Table.Name).
			WithHint("SET 'execution.runtime-mode' = 'streaming', or give it an end by the options of its connector")
	}
	return nil
}

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
