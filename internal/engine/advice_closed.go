package engine

import (
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/over"
	"github.com/weir-stream/weir/internal/rel/rank"
	"github.com/weir-stream/weir/internal/rel/window"
)

// closedAdvice tells what it costs to look through windows, or in order of time,
// at rows that are updated.
func closedAdvice(n plan.Node, in []*plan.Traits, say func(string, ...any)) {
	if len(in) != 1 || in[0].InsertOnly() {
		return
	}
	const closed = "%s reads rows that are updated or deleted: a change of a row whose window has closed comes late and has no effect.%s Give the watermark a delay that such changes keep to."
	switch n := n.(type) {
	case *window.Aggregate:
		say(closed, operatorText(n), "")
	case *window.Assign:
		if n.Window.Kind == plan.Session {
			say(closed, operatorText(n), " Flink does not run it.")
		}
	case *rank.Node:
		if n.Win != nil {
			say(closed, operatorText(n), " All rows of open windows are kept, since each may be deleted; Flink does not run it.")
		}
	case *over.Node:
		if n.TimeOrdered() {
			say("%s reads rows that are updated or deleted: results do not wait for the watermark but are corrected, and all rows are kept. Flink does not run it.", operatorText(n))
		}
	}
}
