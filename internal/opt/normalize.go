package opt

import (
	"strings"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/changelog"
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
			switch s := n.(type) {
			case *scan.Node:
				key, ok := s.Key()
				dups := strings.EqualFold(c.Option("table.exec.source.cdc-events-duplicate"), "true")
				return completed(c, s, s.Source.Changes(), key, ok, dups, s.Table.Name)
			case *changelog.From:
				key, ok := s.Key()
				return completed(c, s, s.Changes(), key, ok, false, "")
			}
			return n, nil
		})
	},
}

// completed puts what folds a stream of changes behind its source, if need be.
func completed(c *Ctx, n plan.Node, changes connector.Changes, key []int, keyed, dups bool, table string) (plan.Node, error) {
	upserts := changes.Has(connector.UpdatesAfter) && !changes.Has(connector.UpdatesBefore)
	switch {
	case changes == connector.InsertOnly:
		return n, nil
	case keyed && (upserts || c.Batch || dups):
		return &normalize.Node{In: n, Keys: key}, nil
	case upserts:
		return nil, sqlerr.New(sqlerr.Plan, sqlerr.Pos{}, "table %s gives updates without the old rows, so it needs a primary key", table).
			WithHint("declare PRIMARY KEY (...) NOT ENFORCED")
	case c.Batch:
		none := &values.Node{Output: n.Fields()}
		return &setop.Node{In: []plan.Node{n, none}, Op: setop.Except, All: true, Output: n.Fields()}, nil
	}
	return n, nil
}
