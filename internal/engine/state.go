package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/weir-stream/weir/internal/bind"
	"github.com/weir-stream/weir/internal/flow"
	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/job"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/saved"
	"github.com/weir-stream/weir/internal/spill"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/state"
)

// savedTable gives the node that reads a table of saved state. Its columns are those
// that the last checkpoint tells of; the rows are read when the query runs.
func (s *Session) savedTable(t bind.SavedTable) (plan.Node, error) {
	d, o, x, err := s.lookSaved(context.Background(), t)
	if err != nil {
		return nil, err
	}
	n := &saved.Node{Of: fmt.Sprintf("%s, %s, %s", t.Dir, o.Label, x.Name)}
	for _, c := range job.View(o, x).Columns {
		n.Output = append(n.Output, plan.Field{Name: c.Name, Type: c.Type})
	}
	t.Operator, t.Table = o.Vertex, x.Name
	n.Open = func(ctx context.Context, memory *spill.Budget, f *fn.Ctx) (saved.Rows, uint64, error) {
		return s.openSaved(ctx, t, n.Output, memory, f)
	}
	return n, d.Close()
}

func (s *Session) lookSaved(ctx context.Context, t bind.SavedTable) (*job.Saved, *flow.Schema, *state.Schema, error) {
	d, err := job.ReadSaved(s.places(ctx), t.Dir)
	if err != nil {
		return nil, nil, nil, err
	}
	o, err := d.Operator(t.Operator)
	if err != nil {
		return nil, nil, nil, errors.Join(err, d.Close())
	}
	x, err := d.Table(o, t.Table)
	if err != nil {
		return nil, nil, nil, errors.Join(err, d.Close())
	}
	return d, o, x, nil
}

// openSaved reads the table as it is now, if it has the columns that the query was
// planned with.
func (s *Session) openSaved(ctx context.Context, t bind.SavedTable, want []plan.Field, memory *spill.Budget, f *fn.Ctx) (saved.Rows, uint64, error) {
	d, o, x, err := s.lookSaved(ctx, t)
	if err != nil {
		return nil, 0, err
	}
	have := job.View(o, x).Columns
	same := len(have) == len(want)
	for i := range have {
		same = same && have[i].Name == want[i].Name && have[i].Type.Equal(want[i].Type)
	}
	if !same {
		err = sqlerr.New(sqlerr.Runtime, sqlerr.Pos{}, "table %s of %s has other columns than when the query was planned", t.Table, o.Label).
			WithHint("run the query again")
		return nil, 0, errors.Join(err, d.Close())
	}
	rows, err := d.Rows(ctx, o, x, memory, s.eng.aggs, f)
	if err = errors.Join(err, d.Close()); err != nil {
		return nil, 0, err
	}
	return rows, d.Epoch, nil
}
