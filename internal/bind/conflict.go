package bind

import (
	"strings"

	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/scan"
	"github.com/weir-stream/weir/internal/rel/sink"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// conflict settles what happens to rows that collide on the table's primary key.
func (in *insertion) conflict(n *sink.Node) {
	b := in.b
	n.Ask = !strings.EqualFold(b.Options("table.exec.sink.require-on-conflict"), "false")
	switch {
	case in.stmt.Materialize:
		n.Settle = "a materialized table cannot say what happens then; without the check it shows the last row (and keeps all of them in state)"
	case in.stmt.Fills:
		n.Settle = "CREATE TABLE .. AS cannot say what happens then: create the table without AS, and fill it by INSERT .. ON CONFLICT DO DEDUPLICATE (or NOTHING, or ERROR)"
	}
	switch strings.ToUpper(b.Options("table.exec.sink.upsert-materialize")) {
	case "FORCE":
		n.Materialize = len(n.Key) > 0
	case "NONE":
		n.Trust = true
	}
	if n.Conflict == sink.NoConflict {
		return
	}
	if len(n.Key) == 0 {
		b.fail(sqlerr.Plan, in.stmt.Table.Position(), "ON CONFLICT is about rows with one primary key, but `%s` has none", in.table.Path.Name).
			WithHint("declare PRIMARY KEY (..) NOT ENFORCED on it")
		return
	}
	if n.Conflict == sink.ConflictDeduplicate || b.Batch {
		return
	}
	// Which row came first is told by event time.
	plan.Walk(n.In, func(x plan.Node) {
		s, ok := x.(*scan.Node)
		if ok && s.Mark == nil {
			b.fail(sqlerr.Plan, in.stmt.Pos, "ON CONFLICT DO %s needs a watermark on every table that is read, but %s has none", in.stmt.OnConflict, s.Table.Name).
				WithHint("declare WATERMARK FOR ts AS ts on it, or use ON CONFLICT DO DEDUPLICATE")
		}
	})
}
