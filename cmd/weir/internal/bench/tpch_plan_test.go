package bench_test

import (
	"context"
	"strings"
	"testing"

	"github.com/weir-stream/weir/cmd/weir/internal/bench"
)

// TestTpchPlans looks for what makes the costly queries cheap.
func TestTpchPlans(t *testing.T) {
	runs := bench.NewTpch(bench.TpchConfig{Scale: 0.01, Parallelism: 2, Mode: "batch", Seed: 1})
	cases := []struct {
		query, why string
		has, not   []string
	}{
		{"q2", "costs are only compared for the parts that are wanted", []string{"LeftSemiJoin"}, []string{"on=[true]"}},
		{"q5", "suppliers and customers meet by nation at the end", nil, []string{"on=[true]", "on=[c_nationkey = s_nationkey]"}},
		{"q7", "either nation filters the suppliers and the customers", []string{"n_name = 'FRANCE' OR n_name = 'GERMANY'"}, nil},
		{"q15", "the view is computed once", []string{"joinType=[InnerJoin]"}, []string{"LeftSemiJoin"}},
		{"q17", "averages are made of the wanted parts", []string{"LeftSemiJoin"}, nil},
		{"q18", "large orders take part in the join order", []string{"GroupAggregate(groupBy=[l_orderkey]"}, []string{"LeftSemiJoin"}},
		{"q19", "what the branches say of parts alone is tried on parts", []string{"p_size >= 1 AND ((p_brand = 'Brand#12'"}, nil},
	}
	for _, c := range cases {
		text, err := runs.Explain(context.Background(), c.query)
		if err != nil {
			t.Error(err)
			continue
		}
		_, text, _ = strings.Cut(text, "== Optimized Physical Plan ==")
		text, _, _ = strings.Cut(text, "== Optimized Execution Plan ==")
		for _, s := range c.has {
			if !strings.Contains(text, s) {
				t.Errorf("%s: %s; %q is missing from\n%s", c.query, c.why, s, text)
			}
		}
		for _, s := range c.not {
			if strings.Contains(text, s) {
				t.Errorf("%s: %s; %q is in\n%s", c.query, c.why, s, text)
			}
		}
	}
}
