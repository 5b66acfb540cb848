package agg

import (
	"bytes"
	"context"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/optest"
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

// An aggregate that is restarted after every row says what one says that is not.
func TestRestart(t *testing.T) {
	in := []types.Type{text, big, text}
	s := specOf(in, []int{0}, call(t, in, "COUNT", -1, true, 1), call(t, in, "MAX", -1, false, 2), call(t, in, "MIN", -1, false, 1), call(t, in, "LISTAGG", -1, false, 2))
	s.before, s.retract = true, true
	rnd := rand.New(rand.NewPCG(3, 9))
	var rows, live []optest.Row
	for range 200 {
		if len(live) > 0 && rnd.IntN(3) == 0 {
			i := rnd.IntN(len(live))
			rows = append(rows, optest.Row{Kind: vec.Delete, Values: live[i].Values})
			live = append(live[:i:i], live[i+1:]...)
			continue
		}
		r := optest.R("+I", string(rune('a'+rnd.IntN(3))), rnd.IntN(5), strings.Repeat(string(rune('a'+rnd.IntN(9))), 1+30*rnd.IntN(2)))
		rows, live = append(rows, r), append(live, r)
	}
	want, got := life(t, in, s, rows, false), life(t, in, s, rows, true)
	if len(want) < 200 || strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// life pushes rows one by one and flushes after each; with restart the operator
// goes on in a new store from what was logged.
func life(t *testing.T, in []types.Type, s spec, rows []optest.Row, restart bool) []string {
	t.Helper()
	type logged struct {
		table string
		c     state.Change
	}
	out := &rowsOut{}
	var log []logged
	var store *state.Store
	open := func() *group {
		store = state.NewStore(state.Config{Track: true})
		g := newGroup(s)
		if err := g.Open(&op.Context{Ctx: context.Background(), Out: out, State: store, Fn: &fn.Ctx{}, Parallelism: 1,
			Inputs: [][]types.Type{in}, MiniBatch: true}); err != nil {
			t.Fatal(err)
		}
		for _, l := range log {
			if err := store.Lookup(l.table).Apply(l.c); err != nil {
				t.Fatal(err)
			}
		}
		return g
	}
	g := open()
	for _, r := range rows {
		b := vec.NewBatch(in)
		b.AppendKind(r.Kind)
		for i, c := range b.Cols {
			c.AppendValue(r.Values[i])
		}
		b.N = 1
		if _, err := g.Push(0, b); err != nil {
			t.Fatal(err)
		}
		if _, err := g.Flush(); err != nil {
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
		store.Close()
		g = open()
	}
	return optest.Lines(out.rows)
}
