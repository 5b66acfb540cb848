package expr

import (
	"math"
	"testing"

	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// TestExamples runs the examples of every row of the function table, folded and
// not.
func TestExamples(t *testing.T) {
	b := &testBinder{zone: types.UTC}
	ctx := &fn.Ctx{NowMs: fn.ExampleTime.UnixMilli(), Watermark: math.MinInt64, Zone: types.UTC, Database: "default_database", Catalog: "default_catalog"}
	for _, f := range fn.Core().All() {
		if f.Higher != nil {
			continue // lambdas are the binder's: sqltest runs these examples
		}
		for _, x := range f.Examples {
			e, err := b.bind(x.SQL)
			if err != nil {
				t.Errorf("%s: %s: %v", f.Name, x.SQL, err)
				continue
			}
			for _, e := range []Expr{e, Fold(e, types.UTC)} {
				if got := text(t, ctx, e, &vec.Batch{N: 2}); got != x.Result {
					t.Errorf("%s: got %s, want %s", x.SQL, got, x.Result)
				}
			}
		}
	}
}

// text evaluates e over the batch and gives the first row's text.
func text(t *testing.T, ctx *fn.Ctx, e Expr, b *vec.Batch) string {
	t.Helper()
	p, err := Compile([]Expr{e}, b.Types(), ctx.Zone)
	if err != nil {
		return "error: " + err.Error()
	}
	out, err := p.Eval(ctx, b)
	if err != nil {
		return "error: " + err.Error()
	}
	if out[0].N != b.N {
		t.Errorf("%s: %d rows in place of %d", e, out[0].N, b.N)
	}
	if out[0].IsNull(0) {
		return "NULL"
	}
	return string(fn.NewAppender(e.Type(), ctx.Zone)(nil, out[0], 0))
}
