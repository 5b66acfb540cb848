package engine

import (
	"context"
	"fmt"

	"github.com/weir-stream/weir/internal/rel/sink"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// batchOnly refuses a statement about rows that are there already where rows may
// still come.
func (s *Session) batchOnly(what string, pos sqlerr.Pos) error {
	if s.planContext().Batch {
		return nil
	}
	return sqlerr.New(sqlerr.Unsupported, pos, "%s works in batch mode only", what).WithHint("SET 'execution.runtime-mode' = 'batch'")
}

// boundChange binds UPDATE or DELETE.
func (s *Session) boundChange(st sql.Statement) (n *sink.Node, what string, err error) {
	switch st := st.(type) {
	case *sql.Update:
		if what, err = "UPDATE", s.batchOnly("UPDATE", st.Pos); err == nil {
			n, err = s.binder().BindUpdate(st)
		}
	case *sql.Delete:
		if what, err = "DELETE", s.batchOnly("DELETE", st.Pos); err == nil {
			n, err = s.binder().BindDelete(st)
		}
	}
	return n, what, err
}

// rowChange prepares UPDATE and DELETE, which give the number of rows that they
// changed.
func (p *preparer) rowChange(st sql.Statement) (runFunc, error) {
	n, _, err := p.s.boundChange(st)
	if err == nil {
		_, err = p.s.lowered(n)
	}
	if err != nil && !p.mayAppear(err) {
		return nil, err
	}
	p.wrote = true
	return func(ctx context.Context, s *Session, out Output) error {
		n, what, err := s.boundChange(st)
		if err != nil {
			return err
		}
		pl, err := s.lowered(n)
		if err != nil {
			return err
		}
		j, err := s.start(ctx, pl, s.jobName(what+"_"+n.Table.Name))
		if err != nil {
			return err
		}
		if err := j.await(ctx); err != nil {
			return err
		}
		return s.affected(j, out)
	}, nil
}

// affected shows the count of a job that is done with, and warns of what else it
// counted.
func (s *Session) affected(j *Job, out Output) error {
	s.Forget(j)
	report := j.Report()
	n := report[sink.RowsAffected]
	delete(report, sink.RowsAffected)
	for _, k := range sortedKeys(report) {
		if report[k] != 0 {
			out.Warn(fmt.Sprintf("%s: %d", k, report[k]))
		}
	}
	return out.Rows([]string{sink.RowsAffected}, [][]string{{fmt.Sprint(n)}})
}

// truncate prepares TRUNCATE TABLE.
func (p *preparer) truncate(st *sql.Truncate) (runFunc, error) {
	if err := p.s.batchOnly("TRUNCATE TABLE", st.Pos); err != nil {
		return nil, err
	}
	if _, err := p.s.binder().BindTruncate(st); err != nil && !p.mayAppear(err) {
		return nil, err
	}
	p.wrote = true
	return func(ctx context.Context, s *Session, out Output) error {
		rows, err := s.binder().BindTruncate(st)
		if err == nil {
			err = rows.Truncate(ctx)
		}
		if err == nil {
			out.Info("truncated table " + st.Table.Last().Name)
		}
		return err
	}, nil
}
