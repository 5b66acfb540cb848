package over

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/optest"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/types"
)

func TestUpdatesAreThoseOfTheDefinition(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 13))
		s := randomSpec(r)
		s.before = true
		var left [][]any
		var evs []optest.Event
		i := 0
		for range 1 + r.IntN(4) {
			var batch []optest.Row
			for range r.IntN(12) {
				if i++; len(left) > 0 && r.IntN(3) == 0 {
					at := r.IntN(len(left))
					batch = append(batch, optest.R("-D", left[at]...))
					left = append(left[:at:at], left[at+1:]...)
					continue
				}
				row := randomRow(r, i)
				left = append(left, row)
				batch = append(batch, optest.R("+I", row...))
			}
			evs = append(evs, optest.Rows(0, batch...))
		}
		spec := optest.Spec{New: func() op.Operator { return newUpdating(s) }, In: [][]types.Type{cols}, Out: s.outTypes(), RowByRow: seed%3 == 0, Hash: optest.By(s.partition)}
		check(t, seed, &s, optest.Run(t, spec, evs...), model(&s, left))
	}
}

func TestOnlyChangedResultsAreEmitted(t *testing.T) {
	in := []types.Type{big, big, big}
	s := spec{in: in, partition: []int{0}, order: []plan.SortKey{{Col: 1}}, frame: Frame{Rows: true, From: Bound{Offset: -1}}, before: true,
		calls: []Call{callOf("SUM", -1, false, 2)}}
	d := optest.Drive(t, optest.Worlds[0], optest.Spec{New: func() op.Operator { return newUpdating(s) }, In: [][]types.Type{in}, Out: s.outTypes()})
	defer d.Close()
	d.Do(optest.Rows(0, optest.R("+I", 1, 10, 1), optest.R("+I", 1, 20, 2), optest.R("+I", 1, 30, 3), optest.R("+I", 1, 40, 4)))
	n := len(d.Out())
	d.Do(optest.Rows(0, optest.R("+I", 1, 15, 5)))
	if got, want := strings.Join(optest.Lines(d.Out()[n:]), " "), "-U[1, 20, 2, 3] +U[1, 20, 2, 7] +I[1, 15, 5, 6]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	n = len(d.Out())
	d.Do(optest.Rows(0, optest.R("-U", 1, 30, 3), optest.R("+U", 1, 30, 9)))
	if got, want := strings.Join(optest.Lines(d.Out()[n:]), " "), "-D[1, 30, 3, 5] -U[1, 40, 4, 7] +U[1, 40, 4, 13] +I[1, 30, 9, 11]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	n = len(d.Out())
	d.Do(optest.Rows(0, optest.R("+I", 1, 50, 9), optest.R("-D", 1, 50, 9)))
	if len(d.Out()) > n {
		t.Errorf("what cancels out was sent: %v", optest.Lines(d.Out()[n:]))
	}
}

// TestRowByRowChangesLeaveInOrder has the order and the kinds that Flink gives.
func TestRowByRowChangesLeaveInOrder(t *testing.T) {
	in := []types.Type{big, big, big}
	for _, tt := range []struct {
		rows bool
		want string
	}{
		{true, "+I[1, 10, 1, 1] +I[1, 20, 2, 3] +I[1, 20, 2, 5] +I[1, 15, 4, 5] -U[1, 20, 2, 3] +U[1, 20, 2, 7] -U[1, 20, 2, 5] +U[1, 20, 2, 9] -D[1, 20, 2, 7] -U[1, 20, 2, 9] +U[1, 20, 2, 7] +U[1, 30, 7, 14]"},
		{false, "+I[1, 10, 1, 1] +I[1, 20, 2, 3] -U[1, 20, 2, 3] +U[1, 20, 2, 5] +I[1, 20, 2, 5] +I[1, 15, 4, 5] -U[1, 20, 2, 5] +U[1, 20, 2, 9] -U[1, 20, 2, 5] +U[1, 20, 2, 9] -U[1, 20, 2, 9] +U[1, 20, 2, 7] -D[1, 20, 2, 9] +U[1, 30, 7, 14]"},
	} {
		s := spec{in: in, partition: []int{0}, order: []plan.SortKey{{Col: 1}}, frame: Frame{Rows: tt.rows, From: Bound{Unbounded: true}}, before: true,
			calls: []Call{callOf("SUM", -1, false, 2)}}
		out := optest.RunIn(t, optest.World{}, optest.Spec{New: func() op.Operator { return newUpdating(s) }, In: [][]types.Type{in}, Out: s.outTypes(), RowByRow: true},
			optest.Rows(0, optest.R("+I", 1, 10, 1), optest.R("+I", 1, 20, 2), optest.R("+I", 1, 20, 2), optest.R("+I", 1, 15, 4), optest.R("-U", 1, 20, 2), optest.R("+U", 1, 30, 7)))
		if got := strings.Join(optest.Lines(out), " "); got != tt.want {
			t.Errorf("rows=%v:\ngot  %s\nwant %s", tt.rows, got, tt.want)
		}
	}
}
