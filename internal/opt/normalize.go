package opt

import (
	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/normalize"
	"github.com/weir-stream/weir/internal/rel/scan"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// A source that gives upserts (+I, +U, -D by primary key, without the old row)
// is made a full changelog: aggregates and joins must take the old row back.
var normalizeUpserts = Rule{
	Name:     "complete upsert sources",
	Required: true,
	Why:      "a sum cannot forget a row that it is not shown",
	Whole: func(_ *Ctx, root plan.Node) (plan.Node, error) {
		return plan.Rewrite(root, func(n plan.Node) (plan.Node, error) {
			s, ok := n.(*scan.Node)
			if !ok || !s.Source.Changes().Has(connector.UpdatesAfter) || s.Source.Changes().Has(connector.UpdatesBefore) {
				return n, nil
			}
			key, ok := s.Key()
			if !ok {
				return nil, sqlerr.New(sqlerr.Plan, sqlerr.Pos{}, "table %s gives updates without the old rows, so it needs a primary key", s.Table.Name).
					WithHint("declare PRIMARY KEY (...) NOT ENFORCED")
			}
			return &normalize.Node{In: s, Keys: key}, nil
		})
	},
}
