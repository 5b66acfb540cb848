package bind

import (
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/values"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/types"
)

// LateRow is a row that an operator of a job dropped because it came too late.
// Nil fields are NULL.
type LateRow struct {
	Job, Operator string
	// Rowtime and Watermark are int64, instants in ms; Row is a string, the row as
	// JSON object.
	Rowtime, Watermark, Row any
}

// LateColumns are the columns of LATE_ROWS.
func LateColumns() []plan.Field {
	text, instant := types.String(), types.TimestampLTZOf(3)
	return []plan.Field{{Name: "job", Type: text.NotNull()}, {Name: "operator", Type: text.NotNull()},
		{Name: "rowtime", Type: instant}, {Name: "watermark", Type: instant}, {Name: "row", Type: text}}
}

// lateRows binds LATE_ROWS('job'): the rows as they are now.
func (b *Binder) lateRows(c *sql.FuncCall) block {
	b.extension(c.Pos, "LATE_ROWS")
	args, ok := b.namedArgs(c, []string{"JOB"}, 1)
	if !ok {
		return broken()
	}
	job, ok := b.textArg(args["JOB"], "job of LATE_ROWS")
	if !ok {
		return broken()
	}
	if b.LateRows == nil {
		b.unsupported(c.Pos, "LATE_ROWS outside a session with jobs")
		return broken()
	}
	rows, err := b.LateRows(job)
	if err != nil {
		b.failAt(err, args["JOB"].Position())
		return broken()
	}
	n := &values.Node{Output: LateColumns()}
	for _, r := range rows {
		es := make([]expr.Expr, len(n.Output))
		for i, x := range []any{r.Job, r.Operator, r.Rowtime, r.Watermark, r.Row} {
			es[i] = &expr.Lit{T: n.Output[i].Type, Value: x}
		}
		n.Rows = append(n.Rows, es)
	}
	return block{node: n}
}
