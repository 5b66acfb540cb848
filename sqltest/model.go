package sqltest

import (
	"context"
	"fmt"

	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/udf"
	"github.com/weir-stream/weir/internal/vec"
)

// Provider is the provider `values` of models: a model answers with the rows of a
// data set whose first columns are what it is asked.
func (s *Store) Provider() *udf.Provider {
	return &udf.Provider{Name: "values", Doc: "Answers kept in memory, for tests.", Async: true,
		Options: []format.Option{
			{Key: "data-id", Doc: "The data set of questions and answers; the default is the model's name."},
			{Key: "async", Kind: format.BoolOption, Doc: "Taken and not looked at."},
		},
		Open: func(_ context.Context, m *udf.Model) (udf.Predictor, error) {
			id := m.Options.String("data-id")
			if id == "" {
				id = m.Name
			}
			return answers{s, id, m}, nil
		}}
}

type answers struct {
	store *Store
	id    string
	model *udf.Model
}

// Predict gives what follows the question in each row that begins with it.
func (a answers) Predict(ctx context.Context, in []any) ([][]any, error) {
	rows, _, _ := a.store.from(a.id, 0)
	var out [][]any
	for _, r := range rows {
		same := len(r.Values) >= len(in)
		for i := 0; same && i < len(in); i++ {
			same = fmt.Sprint(r.Values[i]) == fmt.Sprint(in[i])
		}
		if !same {
			continue
		}
		var row []any
		for i, x := range r.Values[len(in):] {
			v := vec.New(a.model.Output[i].Type, 0)
			if err := Append(v, x, types.UTC); err != nil {
				return nil, err
			}
			row = append(row, udf.Value(v, 0, types.UTC))
		}
		out = append(out, row)
	}
	if out == nil {
		return nil, fmt.Errorf("no answer to %v", in)
	}
	return out, ctx.Err()
}

func (a answers) Close() error { return nil }
