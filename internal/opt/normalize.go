package opt

import (
	"strings"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/normalize"
	"github.com/weir-stream/weir/internal/rel/scan"
	"github.com/weir-stream/weir/internal/rel/setop"
	"github.com/weir-stream/weir/internal/rel/values"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// A source that gives upserts (+I, +U, -D by primary key, without the old row)
// is made a full changelog: aggregates and joins must take the old row back. In
// batch any changes are folded first: operators there read rows, not changes.
var normalizeUpserts = Rule{
	Name:     "complete upsert sources",
	Required: true,
	Why:      "a sum cannot forget a row that it is not shown",
	Whole: func(c *Ctx, root plan.Node) (plan.Node, error) {
		return plan.Rewrite(root, func(n plan.Node) (plan.Node, error) {
			s, ok := n.(*scan.Node)
			if !ok || s.Source.Changes() == connector.InsertOnly {
				return n, nil
			}
			changes := s.Source.Changes()
			upserts := changes.Has(connector.UpdatesAfter) && !changes.Has(connector.UpdatesBefore)
			key, ok := s.Key()
			switch {
			case ok && (upserts || c.Batch || strings.EqualFold(c.Option("table.exec.source.cdc-events-duplicate"), "true")):
				return &normalize.Node{In: s, Keys: key}, nil
			case upserts:
				return nil, sqlerr.New(sqlerr.Plan, sqlerr.Pos{}, "table %s gives updates without the old rows, so it needs a primary key", s.Table.Name).
					WithHint("declare PRIMARY KEY (...) NOT ENFORCED")
			case c.Batch:
				none := &values.Node{Output: s.Fields()}
				return &setop.Node{In: []plan.Node{s, none}, Op: setop.Except, All: true, Output: s.Fields()}, nil
			}
			return n, nil
		})
	},
}
