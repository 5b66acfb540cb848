package match

import (
	"strings"
	"testing"

	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/optest"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/types"
)

// falling is A B+ C: prices that fall, and a rise.
func falling(time types.Type) *Node {
	n := nodeOf(time)
	n.Values = []Value{{Kind: Row, Col: colPrice, Type: big}, nav(All, colPrice, 1)}
	n.Vars = []Var{{Name: "A", Col: -1}, {Name: "B", Col: -1, Cond: expr.Compare(fn.LT, col(0), col(1))}, {Name: "C", Col: -1, Cond: expr.Compare(fn.GT, col(0), col(1))}}
	n.Pattern = seq(one(0), many(one(1), 1, -1, false), one(2))
	return n
}

func lines(d *optest.Driver) string { return strings.Join(optest.Lines(d.Out()), " ") }

func TestLateRowsAreDroppedAndWithinFreesState(t *testing.T) {
	n := falling(rowtime)
	n.WithinMs = 10
	d := optest.Drive(t, optest.Worlds[0], specOf(t, n, false))
	defer d.Close()
	d.Do(optest.Rows(0, optest.R("+I", 1, 3, 5, 102), optest.R("+I", 1, 1, 9, 100), optest.R("+I", 1, 2, 7, 101), optest.R("+I", 2, 4, 9, 200)))
	d.Do(optest.Watermark(3))
	d.Do(optest.Rows(0, optest.R("+I", 1, 2, 99, 1), optest.R("+I", 1, nil, 99, 2), optest.R("+I", 1, 5, 6, 103)))
	if lines(d) != "" {
		t.Error("a match before its last row is due:", lines(d))
	}
	d.Do(optest.Watermark(5))
	if lines(d) != "+I[1, 100, 103]" {
		t.Error(lines(d))
	}
	d.Op().(op.Reporter).Report(func(_ string, n int64) {
		if n != 2 {
			t.Errorf("%d late rows", n)
		}
	})
	d.Do(optest.Watermark(13))
	for _, o := range d.Store().Tables() {
		if o.Len() > 0 {
			t.Errorf("%d entries are left in %s", o.Len(), o.Info().Name)
		}
	}
}

func TestTheWatermarkIsHeldBackForLateMatches(t *testing.T) {
	n := falling(rowtime)
	n.WithinMs = 10
	n.Measured = append(n.Measured, Value{Kind: Row, Col: colTime, Type: rowtime})
	n.Out = append(n.Out, &expr.Col{Index: 3, T: rowtime})
	n.Output = append(n.Output, plan.Field{Name: "t", Type: rowtime})
	m := specOf(t, n, false).New().(op.WatermarkMapper)
	if got := m.MapWatermark(100); got != 90 {
		t.Error(got)
	}
	if got := m.MapWatermark(op.MaxWatermark); got != op.MaxWatermark {
		t.Error(got)
	}
}

func TestProcessingTimeMatchesAtOnce(t *testing.T) {
	n := falling(types.TimestampLTZOf(3).WithAttr(types.Proctime))
	n.WithinMs = 100
	for _, w := range optest.Stops {
		d := optest.Drive(t, w, specOf(t, n, false))
		d.Do(optest.ProcTime(1000))
		d.Do(optest.Rows(0, optest.R("+I", 1, 0, 9, 100), optest.R("+I", 1, 0, 8, 101)))
		d.Do(optest.ProcTime(1099))
		d.Do(optest.Rows(0, optest.R("+I", 1, 0, 9, 102), optest.R("+I", 1, 0, 9, 200)))
		if lines(d) != "+I[1, 100, 102]" {
			t.Error(lines(d))
		}
		d.Do(optest.Rows(0, optest.R("+I", 1, 0, 8, 201)))
		d.Do(optest.ProcTime(1199))
		for _, o := range d.Store().Tables() {
			if o.Len() > 0 {
				t.Errorf("%d entries are left in %s", o.Len(), o.Info().Name)
			}
		}
		d.Do(optest.Rows(0, optest.R("+I", 1, 0, 9, 202)))
		if lines(d) != "+I[1, 100, 102]" {
			t.Error("WITHIN is over:", lines(d))
		}
		d.Close()
	}
}

func TestRowsOfOneArrivalTimeAreSorted(t *testing.T) {
	n := falling(types.TimestampLTZOf(3).WithAttr(types.Proctime))
	n.OrderBy = append(n.OrderBy, plan.SortKey{Col: colID, Desc: true})
	for _, w := range optest.Stops {
		d := optest.Drive(t, w, specOf(t, n, false))
		d.Do(optest.ProcTime(1000))
		d.Do(optest.Rows(0, optest.R("+I", 1, 0, 8, 1), optest.R("+I", 1, 0, 7, 2), optest.R("+I", 1, 0, 9, 3)))
		if lines(d) != "" {
			t.Error("rows of this time may still come:", lines(d))
		}
		d.Do(optest.ProcTime(1001))
		if lines(d) != "+I[1, 3, 1]" {
			t.Error(lines(d))
		}
		d.Close()
	}
}

func TestManyRowsOfOnePartition(t *testing.T) {
	n := falling(rowtime)
	d := optest.Drive(t, optest.Worlds[4], specOf(t, n, false))
	defer d.Close()
	var rows []optest.Row
	const count = 3 * rowsAtOnce
	for i := range count {
		rows = append(rows, optest.R("+I", 1, i, (count-i)%(count/2), i))
	}
	rows = append(rows, optest.R("+I", 1, count, count, count))
	d.Do(optest.Rows(0, rows...))
	d.Do(optest.Watermark(count / 4))
	d.Do(optest.End(0))
	if got := lines(d); got != "+I[1, 1, 98305] +I[1, 98306, 196608]" {
		t.Error(got)
	}
}
