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

// timedFrame is a frame that ends at the current row.
func timedFrame(r *rand.Rand) Frame {
	return Frame{Rows: r.IntN(2) == 0, From: Bound{Unbounded: r.IntN(2) == 0, Offset: -int64(r.IntN(4))}}
}

func TestTimeOrderIsThatOfTheDefinition(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 5))
		in := append([]types.Type(nil), cols...)
		in[1] = types.TimestampOf(3).WithAttr(types.Rowtime)
		s := spec{in: in, partition: []int{0}, order: []plan.SortKey{{Col: 1, NullsFirst: true}}, frame: timedFrame(r)}
		if r.IntN(4) == 0 {
			s.partition = nil
		}
		calls := []Call{callOf("COUNT", -1, false), callOf("SUM", 4, true, 2), callOf("AVG", -1, false, 2), callOf("MIN", -1, false, 2),
			callOf("MAX", 4, false, 2), callOf("LISTAGG", -1, false, 3), callOf("LAST_VALUE", -1, false, 3)}
		if s.frame.Rows && s.frame.From.Unbounded {
			calls = append(calls, callOf("ROW_NUMBER", -1, false), callOf("RANK", -1, false), callOf("DENSE_RANK", -1, false), callOf("LAG", -1, false, 2))
		}
		for range 3 {
			s.calls = append(s.calls, calls[r.IntN(len(calls))])
		}
		var rows [][]any
		var evs []optest.Event
		for wm, i := int64(0), 0; wm < 30; wm += int64(r.IntN(6)) {
			var batch []optest.Row
			for range r.IntN(8) {
				row := randomRow(r, i)
				row[1] = wm + 1 + int64(r.IntN(7))
				rows = append(rows, row)
				batch = append(batch, optest.R("+I", row...))
				i++
			}
			evs = append(evs, optest.Rows(0, batch...), optest.Watermark(wm))
		}
		spec := optest.Spec{New: func() op.Operator { return newTimed(s, false) }, In: [][]types.Type{in}, Out: s.outTypes(), Hash: optest.By(s.partition)}
		check(t, seed, &s, optest.Run(t, spec, append(evs, optest.End(0))...), model(&s, rows))
	}
}

func TestTimedDropsLateRowsAndFreesState(t *testing.T) {
	in := []types.Type{big, types.TimestampOf(3).WithAttr(types.Rowtime)}
	s := spec{in: in, partition: []int{0}, order: []plan.SortKey{{Col: 1}}, frame: Frame{From: Bound{Offset: -10}}, calls: []Call{callOf("COUNT", -1, true, 1)}}
	d := optest.Drive(t, optest.Worlds[0], optest.Spec{New: func() op.Operator { return newTimed(s, false) }, In: [][]types.Type{in}, Out: s.outTypes()})
	defer d.Close()
	d.Do(optest.Watermark(0))
	d.Do(optest.Rows(0, optest.R("+I", 1, -3), optest.R("+I", 1, 0)))
	d.Do(optest.Rows(0, optest.R("+I", 1, 5), optest.R("+I", 1, 7), optest.R("+I", 2, 20)))
	d.Do(optest.Watermark(6))
	if got := strings.Join(optest.Lines(d.Out()), " "); got != "+I[1, 5, 1]" {
		t.Error(got)
	}
	d.Do(optest.Rows(0, optest.R("+I", 1, 6), optest.R("+I", 1, 16)))
	d.Do(optest.Watermark(40))
	if got := strings.Join(optest.Lines(d.Out()), " "); got != "+I[1, 5, 1] +I[1, 7, 2] +I[1, 16, 2] +I[2, 20, 1]" {
		t.Error(got)
	}
	d.Op().(op.Reporter).Report(func(_ string, n int64) {
		if n != 3 {
			t.Errorf("%d late rows", n)
		}
	})
	for _, o := range d.Store().Tables() {
		if o.Len() > 0 && o.Info().Kind != "single" {
			t.Errorf("%d entries are left in %s", o.Len(), o.Info().Name)
		}
	}
}

func TestProcessingTimeEmitsAtOnce(t *testing.T) {
	in := []types.Type{big, types.TimestampLTZOf(3).WithAttr(types.Proctime), big}
	for _, c := range []struct {
		frame Frame
		want  string
	}{
		{Frame{From: Bound{Unbounded: true}}, "+I[1, 0, 5, 5] +I[1, 0, 6, 11] +I[1, 0, 7, 18]"},
		{Frame{Rows: true, From: Bound{Offset: -1}}, "+I[1, 0, 5, 5] +I[1, 0, 6, 11] +I[1, 0, 7, 13]"},
		{Frame{From: Bound{Offset: -10}}, "+I[1, 0, 5, 11] +I[1, 0, 6, 11] +I[1, 0, 7, 7]"},
	} {
		s := spec{in: in, partition: []int{0}, order: []plan.SortKey{{Col: 1}}, frame: c.frame, calls: []Call{{AggCall: callOf("SUM", -1, false, 2).AggCall}}}
		o := optest.Spec{New: func() op.Operator { return newTimed(s, true) }, In: [][]types.Type{in}, Out: s.outTypes()}
		for _, w := range optest.Stops {
			out := optest.RunIn(t, w, o, optest.ProcTime(100), optest.Rows(0, optest.R("+I", 1, 0, 5), optest.R("+I", 1, 0, 6)),
				optest.ProcTime(200), optest.Rows(0, optest.R("+I", 1, 0, 7)))
			if got := strings.Join(optest.Lines(out), " "); got != c.want {
				t.Errorf("%s, %v: %s, want %s", w.Name, c.frame, got, c.want)
			}
		}
	}
}
