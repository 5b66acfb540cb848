package invoke

import (
	"context"
	"sync"
	"time"

	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/udf"
	"github.com/weir-stream/weir/internal/vec"
)

// Async says how calls of a model or a search run.
type Async struct {
	On      bool
	Most    int           // calls that run at once
	Timeout time.Duration // of one call
}

// Predict is a model that is asked.
func Predict(p *udf.Provider, m *udf.Model, a Async) *Function {
	atOnce := 64
	if a.On {
		atOnce = a.Most
	}
	return &Function{Name: "MLPredictTableFunction", Call: "ML_PREDICT(" + m.Name + ")", AtOnce: atOnce,
		Open: func(ctx context.Context, c *op.Context) (Callee, error) {
			pr, err := p.Open(ctx, m)
			if err != nil {
				return nil, err
			}
			return &predictor{model: m, p: pr, async: a, zone: c.Fn.Zone}, nil
		}}
}

type predictor struct {
	model *udf.Model
	p     udf.Predictor
	async Async
	zone  *types.Zone
}

// Call asks for each row, side by side if that is wanted. Answers keep the order
// of the questions: under ALLOW_UNORDERED too, which allows but does not ask for
// another.
func (p *predictor) Call(ctx context.Context, args []*vec.Vector, n int, out []*vec.Vector, counts []int32) ([]int32, error) {
	rows, errs := make([][][]any, n), make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		in := make([]any, len(args))
		for k, a := range args {
			in[k] = udf.Value(a, i, p.zone)
		}
		if !p.async.On {
			if rows[i], errs[i] = p.one(ctx, in); errs[i] != nil {
				break
			}
			continue
		}
		wg.Go(func() { rows[i], errs[i] = p.one(ctx, in) })
	}
	wg.Wait()
	for i := range n {
		if errs[i] != nil {
			return counts, errs[i]
		}
		for _, r := range rows[i] {
			if err := appendRow("the model "+p.model.Name, out, r); err != nil {
				return counts, err
			}
		}
		counts = append(counts, int32(len(rows[i])))
	}
	return counts, nil
}

func (p *predictor) one(ctx context.Context, in []any) (rows [][]any, err error) {
	if p.async.On && p.async.Timeout > 0 {
		var cancel func()
		ctx, cancel = context.WithTimeoutCause(ctx, p.async.Timeout,
			sqlerr.New(sqlerr.Runtime, sqlerr.Pos{}, "the model %s did not answer within %s", p.model.Name, p.async.Timeout))
		defer cancel()
	}
	err = guard("the model "+p.model.Name, func() error {
		var err error
		rows, err = p.p.Predict(ctx, in)
		if err != nil && ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return err
	})
	return rows, err
}

func (p *predictor) Close() error { return p.p.Close() }
