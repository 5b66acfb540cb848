package opt

import (
	"strings"

	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/calc"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// CheckUpdates finds rows that cannot be taken back under
// table.optimizer.non-deterministic-update.strategy=TRY_RESOLVE: a column that is
// computed anew when the old row comes again (UUID, RAND, the clock) differs from
// what was given, so that whoever looks for that row does not find it. Where rows
// are replaced by a key that is not such a column, it does not matter.
func CheckUpdates(c *Ctx, a *plan.Annotated) error {
	if c.Batch || !strings.EqualFold(c.Option("table.optimizer.non-deterministic-update.strategy"), "TRY_RESOLVE") {
		return nil
	}
	var err error
	plan.Walk(a.Root, func(n plan.Node) {
		if k, ok := n.(*calc.Node); ok && err == nil && !a.Traits[k.In].InsertOnly() {
			err = checkCalc(k, a.Traits[k])
		}
	})
	return err
}

func checkCalc(k *calc.Node, own *plan.Traits) error {
	if k.Cond != nil && !expr.IsDeterministic(k.Cond) {
		return undetermined("the condition "+k.Cond.String(), "filter by it where rows are first read, or store its value in a column")
	}
	for i, e := range k.Out {
		if expr.IsDeterministic(e) || e.Type().Attr == types.Proctime {
			continue
		}
		if own.EmitBefore || len(own.Keys) == 0 {
			return undetermined("the column `"+k.Cols[i].Name+"` = "+e.String(),
				"compute it before rows are updated, or write to a table whose primary key is the query's key, which needs no old rows")
		}
	}
	return nil
}

func undetermined(what, how string) error {
	return sqlerr.New(sqlerr.Plan, sqlerr.Pos{}, "%s is not the same when an updated row is taken back, so the row could not be found again", what).
		WithHint("%s; or SET 'table.optimizer.non-deterministic-update.strategy' = 'IGNORE'", how)
}
