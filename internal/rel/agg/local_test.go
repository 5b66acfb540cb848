package agg

import (
	"strings"
	"testing"

	"github.com/weir-stream/weir/internal/fold"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/optest"
	"github.com/weir-stream/weir/internal/types"
)

// Two phases give what one gives.
func TestTwoPhases(t *testing.T) {
	in := []types.Type{text, big, dbl}
	for _, keys := range [][]int{{0}, nil} {
		for _, retract := range []bool{false, true} {
			calls := []fold.Call{call(t, in, "COUNT", -1, false), call(t, in, "SUM", -1, false, 1), call(t, in, "AVG", -1, false, 2)}
			if !retract {
				calls = append(calls, call(t, in, "MAX", -1, false, 1))
			}
			s := specOf(in, keys, calls...)
			s.before, s.retract = true, retract
			batch := []optest.Row{optest.R("+I", "a", 1, 0.5), optest.R("+I", "b", 2, 0.25), optest.R("+I", "a", nil, 4.0)}
			if retract {
				batch = append(batch, optest.R("-D", "b", 2, 0.25), optest.R("-U", "a", 1, 0.5), optest.R("+U", "a", 7, 0.5))
			}
			want := optest.Fold(t, optest.Run(t, testSpec(in, s), optest.Rows(0, batch...), optest.Flush(), optest.Rows(0, batch[:3]...), optest.End(0)))
			words, ok := fold.Words(calls, in, retract)
			if !ok {
				t.Fatal("accumulators cannot be shipped")
			}
			mid := fold.LocalTypes(s.out[:len(keys)], words, retract)
			for _, pass := range []bool{false, true} {
				shipped := optest.Run(t, optest.Spec{New: func() op.Operator { return &passing{local{spec: s}, pass} }, In: [][]types.Type{in}, Out: mid, Batch: true},
					optest.Rows(0, batch...), optest.Flush(), optest.Rows(0, batch[:3]...), optest.End(0))
				g := s
				g.shipped, g.keys = in, identity(len(keys))
				got := optest.Fold(t, optest.Run(t, optest.Spec{New: func() op.Operator { return newGroup(g) }, In: [][]types.Type{mid}, Out: s.out},
					optest.Rows(0, shipped...), optest.End(0)))
				if strings.Join(got, "\n") != strings.Join(want, "\n") {
					t.Errorf("keys %v, retract %v, pass %v: got %v, want %v", keys, retract, pass, got, want)
				}
			}
		}
	}
}

// passing is a local phase that found folding useless.
type passing struct {
	local
	on bool
}

func (p *passing) Open(c *op.Context) error {
	err := p.local.Open(c)
	p.fold.Pass(p.on)
	return err
}
