package window

import (
	"bytes"
	"context"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/optest"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// rowsOut collects emitted rows.
type rowsOut struct{ rows []optest.Row }

func (o *rowsOut) Full() bool { return false }

func (o *rowsOut) Emit(b *vec.Batch) error {
	for i := range b.Len() {
		r := optest.Row{Kind: b.Kind(b.Row(i))}
		for _, c := range b.Cols {
			r.Values = append(r.Values, c.Value(b.Row(i)))
		}
		o.rows = append(o.rows, r)
	}
	return nil
}

// life runs an operator over rows with a watermark after each; with restart it is
// closed after every row and goes on in a new store from what was logged.
func life(t *testing.T, mk func() op.Operator, rows []optest.Row, lag int64, restart bool) []string {
	t.Helper()
	out := &rowsOut{}
	type logged struct {
		table string
		c     state.Change
	}
	var log []logged
	var store *state.Store
	open := func() op.Operator {
		store = state.NewStore(state.Config{Track: true})
		o := mk()
		if err := o.Open(&op.Context{Ctx: context.Background(), Out: out, State: store, Fn: &fn.Ctx{}, Parallelism: 1,
			Inputs: [][]types.Type{in}, MiniBatch: true}); err != nil {
			t.Fatal(err)
		}
		for _, l := range log {
			if err := store.Lookup(l.table).Apply(l.c); err != nil {
				t.Fatal(err)
			}
		}
		return o
	}
	o := open()
	wm := int64(op.MinWatermark)
	for _, r := range rows {
		b := vec.NewBatch(in)
		b.AppendKind(r.Kind)
		for i, c := range b.Cols {
			c.AppendValue(r.Values[i])
		}
		b.N = 1
		if _, err := o.Push(0, b); err != nil {
			t.Fatal(err)
		}
		wm = max(wm, r.Values[2].(int64)-lag)
		if _, err := o.(op.Watermarker).Watermark(wm); err != nil {
			t.Fatal(err)
		}
		if !restart {
			continue
		}
		for _, tab := range store.Tables() {
			tab.TakeDirty(func(c state.Change) {
				log = append(log, logged{tab.Info().Name, state.Change{Op: c.Op, Key: bytes.Clone(c.Key), Value: bytes.Clone(c.Value)}})
			})
		}
		if err := o.Close(); err != nil {
			t.Fatal(err)
		}
		store.Close()
		o = open()
		if _, err := o.(op.Watermarker).Watermark(wm); err != nil { // what the sources send first
			t.Fatal(err)
		}
	}
	if _, err := o.(op.Watermarker).Watermark(op.MaxWatermark); err != nil {
		t.Fatal(err)
	}
	return optest.Fold(t, out.rows)
}

// An operator that is restarted after every row gives what one gives that is not.
func TestRestart(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 9))
	var rows []optest.Row
	for i := range 200 {
		rows = append(rows, optest.R("+I", string(rune('a'+rnd.IntN(3)))+strings.Repeat("x", 30*rnd.IntN(2)), rnd.IntN(5), i*2+rnd.IntN(30)))
	}
	for _, w := range []plan.Window{{Kind: plan.Tumble, TimeCol: 2, SizeMs: 20}, {Kind: plan.Hop, TimeCol: 2, SizeMs: 20, SlideMs: 10},
		{Kind: plan.Cumulate, TimeCol: 2, SizeMs: 40, SlideMs: 10}, {Kind: plan.Session, TimeCol: 2, SizeMs: 6}} {
		for _, distinct := range []bool{false, true} {
			s := specOf(in, []int{0}, w, call(t, in, "COUNT", false), call(t, in, "SUM", distinct, 1), call(t, in, "MAX", false, 0), call(t, in, "LISTAGG", false, 0))
			mk := func() op.Operator {
				if w.Kind == plan.Session {
					return newSessions(s)
				}
				return newAggregate(s)
			}
			want, got := life(t, mk, rows, 20, false), life(t, mk, rows, 20, true)
			if strings.Join(got, "\n") != strings.Join(want, "\n") {
				t.Errorf("%s, distinct %v: got\n%s\nwant\n%s", w.Kind, distinct, strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		}
	}
	mk := func() op.Operator {
		return newAssignSessions(assignSpec{window: plan.Window{Kind: plan.Session, TimeCol: 2, SizeMs: 6, PartitionBy: []int{0}}, out: append(append([]types.Type(nil), in...), ts, ts, ts)})
	}
	want, got := life(t, mk, rows, 20, false), life(t, mk, rows, 20, true)
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("SESSION: got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
