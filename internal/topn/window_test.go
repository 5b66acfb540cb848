package topn

import (
	"strings"
	"testing"
	"time"

	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/optest"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/types"
)

func TestWindowsAreFinalWhenTheWatermarkPasses(t *testing.T) {
	end := types.TimestampOf(3)
	in := []types.Type{end, types.Of(types.BigInt), types.Of(types.BigInt)} // window end, key, order
	for _, c := range []struct {
		name string
		s    Spec
		want string
	}{
		{"Top-2", Spec{To: 2, Number: true}, "+I[10, 1, 3, 1] +I[10, 1, 5, 2] | +I[20, 1, 7, 1]"},
		{"second", Spec{From: 2, To: 2}, "+I[10, 1, 5] | "},
		{"keep last", Spec{To: 1, KeepLast: true}, "+I[10, 1, 3] | +I[20, 1, 7]"},
		{"rank", Spec{To: 2, Func: Rank, Number: true}, "+I[10, 1, 3, 1] +I[10, 1, 5, 2] +I[10, 1, 5, 2] | +I[20, 1, 7, 1]"},
	} {
		s := c.s
		s.In, s.Partition, s.Order, s.EndCol, s.EndAdd, s.From = in, []int{0, 1}, []plan.SortKey{{Col: 2}}, 0, -1, max(s.From, 1)
		for _, w := range optest.Worlds {
			d := optest.Drive(t, w, optest.Spec{New: func() op.Operator { return NewWindow(s) }, In: [][]types.Type{in}, Out: s.outTypes()})
			d.Do(optest.Watermark(-1))
			d.Do(optest.Rows(0, optest.R("+I", -9, 1, 0)))
			d.Do(optest.Rows(0, optest.R("+I", 10, 1, 5), optest.R("+I", 10, 1, 3), optest.R("+I", 20, 1, 7), optest.R("+I", 10, 1, 5), optest.R("+I", 10, 1, 8)))
			d.Do(optest.Watermark(8))
			if len(d.Out()) > 0 {
				t.Errorf("%s: %v before the window is over", c.name, optest.Lines(d.Out()))
			}
			d.Do(optest.Watermark(9))
			n := len(d.Out())
			d.Do(optest.Rows(0, optest.R("+I", 10, 1, 1)))
			d.Do(optest.End(0))
			l := optest.Lines(d.Out())
			if got := strings.Join(l[:n], " ") + " | " + strings.Join(l[n:], " "); got != c.want {
				t.Errorf("%s, %s: %s, want %s", c.name, w.Name, got, c.want)
			}
			if n := d.Reported(op.Late); n != 2 {
				t.Errorf("%d late rows", n)
			}
			for _, o := range d.Store().Tables() {
				if o.Len() > 0 {
					t.Errorf("%s: %d keys are left in %s", c.name, o.Len(), o.Info().Name)
				}
			}
			d.Close()
		}
	}
}

func TestFirstRowExpiresAlthoughTheKeyIsSeenAgain(t *testing.T) {
	in := []types.Type{types.Of(types.BigInt), types.Of(types.BigInt)}
	s := Spec{In: in, Partition: []int{0}, From: 1, To: 1, TTL: time.Second}
	for _, w := range optest.Stops {
		d := optest.Drive(t, w, optest.Spec{New: func() op.Operator { return New(s) }, In: [][]types.Type{in}, Out: in})
		for i, ms := range []int64{1, 600, 1200, 1300} {
			d.Do(optest.ProcTime(ms))
			d.Do(optest.Rows(0, optest.R("+I", 7, i)))
		}
		if got := strings.Join(optest.Lines(d.Out()), " "); got != "+I[7, 0] +I[7, 2]" {
			t.Error(got)
		}
		d.Close()
	}
}

func TestRowByRowIsFlinks(t *testing.T) {
	in := []types.Type{types.Of(types.BigInt), types.Of(types.BigInt)}
	rows := optest.Rows(0, optest.R("+I", 1, 10), optest.R("+I", 1, 30), optest.R("+I", 1, 20), optest.R("+I", 1, 5))
	for _, c := range []struct {
		s    Spec
		want string
	}{
		{Spec{To: 1, Before: true}, "+I[1, 10] -U[1, 10] +U[1, 30]"},
		{Spec{To: 2, Before: true}, "+I[1, 10] +I[1, 30] -D[1, 10] +I[1, 20]"},
		{Spec{To: 2, Before: true, Number: true}, "+I[1, 10, 1] -U[1, 10, 1] +U[1, 30, 1] +I[1, 10, 2] -U[1, 10, 2] +U[1, 20, 2]"},
		{Spec{To: 2, Before: true, Number: true, Retract: true}, "+I[1, 10, 1] -U[1, 10, 1] +U[1, 30, 1] +I[1, 10, 2] -U[1, 10, 2] +U[1, 20, 2]"},
		{Spec{To: 2, Before: true, Retract: true}, "+I[1, 10] +I[1, 30] -D[1, 10] +I[1, 20]"},
	} {
		s := c.s
		s.In, s.Partition, s.Order, s.From = in, []int{0}, []plan.SortKey{{Col: 1, Desc: true}}, 1
		out := optest.Run(t, optest.Spec{New: func() op.Operator { return New(s) }, In: [][]types.Type{in}, Out: s.outTypes(), RowByRow: true}, rows)
		if got := strings.Join(optest.Lines(out), " "); got != c.want {
			t.Errorf("%+v: %s, want %s", c.s, got, c.want)
		}
	}
}
