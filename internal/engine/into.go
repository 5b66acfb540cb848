package engine

import (
	"context"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// Into runs the last statement of a script, a SELECT, into a sink of the
// caller's instead of a Query, and the statements before it as usual. The sink
// is given all row kinds. It returns when the job has ended.
func (s *Session) Into(ctx context.Context, src string, sk connector.Sink, out Output) (*Job, error) {
	script, err := sql.ParseScript(src)
	if err != nil {
		return nil, err
	}
	if len(script.Statements) == 0 {
		return nil, sqlerr.New(sqlerr.Syntax, sqlerr.Pos{}, "the script is empty")
	}
	last := script.Statements[len(script.Statements)-1]
	q, ok := last.(*sql.QueryStmt)
	if !ok {
		return nil, sqlerr.New(sqlerr.Plan, last.Position(), "the last statement is not a query")
	}
	p, err := s.Prepare(src[:last.Position().Start])
	if err != nil {
		return nil, err
	}
	if err := s.Run(ctx, p, out); err != nil {
		return nil, err
	}
	bound, err := s.binder().BindQuery(q.Query)
	if err != nil {
		return nil, err
	}
	root, _ := resultPlan(bound)
	root.Sink = sk
	pl, err := s.lowered(root)
	if err != nil {
		return nil, err
	}
	j, err := s.start(ctx, pl, s.jobName("query"))
	if err != nil {
		return nil, err
	}
	return j, j.await(ctx)
}
