package fold

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

func TestPassing(t *testing.T) {
	plain := &vec.Vector{Type: types.Of(types.Boolean), N: 4, B: []bool{true, false, true, true}}
	nulls := &vec.Vector{Type: plain.Type, N: 4, B: plain.B}
	nulls.SetNull(2)
	yes := vec.Literal(plain.Type, true, 4)
	no := vec.Literal(plain.Type, nil, 4)
	for _, c := range []struct {
		v    *vec.Vector
		sel  []int32
		want string
	}{
		{plain, nil, "[0 2 3]"}, {nulls, nil, "[0 3]"}, {plain, []int32{1, 3}, "[1]"}, {nulls, []int32{2, 3}, "[1]"},
		{yes, nil, "[0 1 2 3]"}, {yes, []int32{1}, "[0]"}, {no, nil, "[]"},
	} {
		n := 4
		if c.sel != nil {
			n = len(c.sel)
		}
		pos := make([]int32, n)
		if got := fmt.Sprint(pos[:passing(c.v, c.sel, pos)]); got != c.want {
			t.Errorf("%v of %v: %s, want %s", c.v.B, c.sel, got, c.want)
		}
	}
}

// world is a fold over columns value, filter, filter in a table of groups.
type world struct {
	f    *Fold
	rows [3][]uint64 // groups
}

func newWorld(t *testing.T, arg types.Type, retract bool) *world {
	t.Helper()
	aggs := fn.NewAggTable(fn.Aggs())
	flag := types.Of(types.Boolean)
	in := []types.Type{arg, flag, flag}
	var calls []Call
	for _, name := range []string{"COUNT", "SUM", "MIN"} {
		for _, filter := range []int{-1, 1, 2} {
			a, _, ret, err := aggs.Resolve(name, []fn.Arg{{Type: arg}}, false)
			if err != nil {
				t.Fatal(err)
			}
			calls = append(calls, Call{Agg: a, Args: []int{0}, Distinct: true, Filter: filter, Type: ret})
		}
	}
	s := state.NewStore(state.Config{})
	f, err := New(Spec{Name: "test", Calls: calls, In: in, Retract: retract, Store: s, Fn: &fn.Ctx{}})
	if err != nil {
		t.Fatal(err)
	}
	f.Bind(&state.Heap{})
	f.Track()
	w := &world{f: f}
	for i := range w.rows {
		w.rows[i] = make([]uint64, f.Size()/8)
		f.Birth(w.row(i), i)
	}
	f.Born()
	return w
}

func (w *world) row(i int) unsafe.Pointer { return unsafe.Pointer(&w.rows[i][0]) }

// add folds a batch of random rows, or of rows to take back, and notes them.
func (w *world) add(t *testing.T, changes []change) {
	t.Helper()
	b := vec.NewBatch(w.f.spec.In)
	var rows []unsafe.Pointer
	var signs []int8
	for _, c := range changes {
		for i, x := range c.values {
			b.Cols[i].AppendValue(x)
		}
		b.N++
		rows, signs = append(rows, w.row(c.group)), append(signs, c.sign)
	}
	if !w.f.spec.Retract {
		signs = nil
	}
	if err := w.f.Update(b, nil, rows, signs); err != nil {
		t.Fatal(err)
	}
}

type change struct {
	group  int
	values []any
	sign   int8
}

// oracle computes the calls over the rows that are there.
func oracle(rows []change, group int) string {
	var out []string
	for _, what := range []string{"COUNT", "SUM", "MIN"} {
		for _, filter := range []int{0, 1, 2} {
			seen := map[int64]bool{}
			for _, r := range rows {
				if r.group == group && r.values[0] != nil && (filter == 0 || r.values[filter] == true) {
					seen[r.values[0].(int64)] = true
				}
			}
			sum, least := int64(0), int64(1<<62)
			for v := range seen {
				sum, least = sum+v, min(least, v)
			}
			switch {
			case what == "COUNT":
				out = append(out, fmt.Sprint(len(seen)))
			case len(seen) == 0:
				out = append(out, "<nil>")
			case what == "SUM":
				out = append(out, fmt.Sprint(sum))
			default:
				out = append(out, fmt.Sprint(least))
			}
		}
	}
	return fmt.Sprint(out)
}

func (w *world) result(t *testing.T, group int) string {
	t.Helper()
	var out []*vec.Vector
	for _, c := range w.f.calls {
		out = append(out, vec.New(c.Type, 0))
	}
	if err := w.f.Result([]unsafe.Pointer{w.row(group)}, out); err != nil {
		t.Fatal(err)
	}
	var text []string
	for _, v := range out {
		text = append(text, fmt.Sprint(v.Value(0)))
	}
	return fmt.Sprint(text)
}

// DISTINCT with filters agrees with sets computed anew, with and without
// retractions, before and after one group absorbs another.
func TestDistinct(t *testing.T) {
	for _, arg := range []types.Type{types.Of(types.BigInt), types.Of(types.Int)} {
		for _, retract := range []bool{false, true} {
			w := newWorld(t, arg, retract)
			rnd := rand.New(rand.NewPCG(5, 6))
			var there []change
			flags := []any{true, false, nil}
			for range 30 {
				var batch []change
				for range 1 + rnd.IntN(40) {
					if n := len(there); retract && n > 0 && rnd.IntN(2) == 0 {
						i := rnd.IntN(n)
						c := there[i]
						there = append(there[:i:i], there[i+1:]...)
						c.sign = -1
						batch = append(batch, c)
						continue
					}
					c := change{rnd.IntN(3), []any{int64(rnd.IntN(12)), flags[rnd.IntN(3)], flags[rnd.IntN(3)]}, 1}
					if rnd.IntN(9) == 0 {
						c.values[0] = nil
					}
					there, batch = append(there, c), append(batch, c)
				}
				w.add(t, batch)
				for g := range w.rows {
					if got, want := w.result(t, g), oracle(there, g); got != want {
						t.Fatalf("%s retract %v group %d: got %s, want %s", arg, retract, g, got, want)
					}
				}
			}
			if err := w.f.Absorb(w.row(0), w.row(1)); err != nil {
				t.Fatal(err)
			}
			w.f.Drop(w.row(1))
			for i := range there {
				if there[i].group == 1 {
					there[i].group = 0
				}
			}
			if got, want := w.result(t, 0), oracle(there, 0); got != want {
				t.Errorf("%s retract %v absorbed: got %s, want %s", arg, retract, got, want)
			}
		}
	}
}
