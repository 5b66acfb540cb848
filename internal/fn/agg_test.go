package fn

import (
	"fmt"
	"math"
	"testing"
	"unsafe"

	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// mapHeap is a Heap for tests.
type mapHeap struct {
	m    map[Ref][]byte
	next Ref
}

func (h *mapHeap) Put(old Ref, b []byte) Ref {
	if old == 0 {
		h.next++
		old = h.next
	}
	h.m[old] = append([]byte(nil), b...)
	return old
}
func (h *mapHeap) Grow(old Ref, n int) Ref {
	return h.Put(old, append(h.m[old], make([]byte, n-len(h.m[old]))...))
}
func (h *mapHeap) Get(r Ref) []byte { return h.m[r] }
func (h *mapHeap) Free(r Ref)       { delete(h.m, r) }

var aggTable = NewAggTable(Aggs())

// aggCase folds rows, of which some are taken back, into one group.
type aggCase struct {
	name string
	args []types.Type
	lit  map[int]any // literal arguments
	rows [][]any
	take int // the last rows are retracted
	want any
}

func aggCases() []aggCase {
	i32, i64, f64, str := types.Of(types.Int), types.Of(types.BigInt), types.Of(types.Double), types.String()
	dec, wide := types.DecimalOf(10, 2), types.DecimalOf(38, 0)
	n := func(xs ...any) (rows [][]any) {
		for _, x := range xs {
			if i, ok := x.(int); ok {
				x = int64(i)
			}
			rows = append(rows, []any{x})
		}
		return rows
	}
	long := "a text that does not fit into an accumulator"
	return []aggCase{
		{"COUNT", nil, nil, [][]any{{}, {}}, 0, int64(2)},
		{"COUNT", []types.Type{i32}, nil, n(1, nil, 3), 0, int64(2)},
		{"COUNT", []types.Type{i32, str}, nil, [][]any{{int64(1), nil}, {nil, "a"}, {int64(2), "b"}}, 0, int64(1)},
		{"SUM", []types.Type{i32}, nil, n(1, nil, 3), 0, int64(4)},
		{"SUM", []types.Type{i32}, nil, n(nil, nil), 0, nil},
		{"SUM", []types.Type{types.Of(types.TinyInt)}, nil, n(100, 100), 0, int64(-56)},
		{"SUM", []types.Type{i64}, nil, n(1, 5, 5), 1, int64(6)},
		{"SUM", []types.Type{i64}, nil, n(5, 5), 1, int64(5)},
		{"SUM", []types.Type{f64}, nil, n(0.1, 1e16, -0.1, 1e16), 1, 1e16},
		{"SUM", []types.Type{f64}, nil, n(1e16, 1.0, -1e16), 0, 1.0},
		{"SUM", []types.Type{dec}, nil, n(125, nil, 375), 0, types.I128(500)},
		{"SUM", []types.Type{wide}, nil, [][]any{{types.Pow10(37)}, {types.Int128{Hi: 1 << 61}}, {types.Int128{Hi: 1 << 61}}, {types.Int128{Hi: 1 << 60}}}, 0, nil},
		{"AVG", []types.Type{i32}, nil, n(1, 2, 4), 0, int64(2)},
		{"AVG", []types.Type{i32}, nil, n(-1, -2, -4), 0, int64(-2)},
		{"AVG", []types.Type{f64}, nil, n(1.0, 2.0), 0, 1.5},
		{"AVG", []types.Type{dec}, nil, n(100, 200, 200), 0, types.I128(1666667)},
		{"MIN", []types.Type{i32}, nil, n(3, nil, 1), 0, int64(1)},
		{"MAX", []types.Type{f64}, nil, n(3.0, -1.0, nil), 0, 3.0},
		{"MAX", []types.Type{str}, nil, n("b", long, "abc"), 0, "b"},
		{"MIN", []types.Type{str}, nil, n("b", long, "z"), 0, long},
		{"MAX", []types.Type{wide}, nil, [][]any{{types.I128(-5)}, {types.I128(-7)}}, 0, types.I128(-5)},
		{"MIN", []types.Type{types.TimestampOf(9)}, nil, [][]any{{types.TimeNs{Ms: 5, Ns: 2}}, {types.TimeNs{Ms: 5, Ns: 1}}}, 0, types.TimeNs{Ms: 5, Ns: 1}},
		{"MIN", []types.Type{types.Of(types.Boolean)}, nil, n(true, false), 0, false},
		{"ARG_MAX", []types.Type{i32, f64}, nil, [][]any{{int64(7), 2.0}, {int64(5), 2.0}, {int64(9), 1.0}, {int64(1), nil}}, 0, int64(5)},
		{"ARG_MIN", []types.Type{str, i32}, nil, [][]any{{"a", int64(2)}, {long, int64(1)}, {"c", int64(0)}}, 1, long},
		{"BOOL_AND", []types.Type{types.Of(types.Boolean)}, nil, n(true, nil, false), 1, true},
		{"BOOL_OR", []types.Type{types.Of(types.Boolean)}, nil, n(false, true), 1, false},
		{"MODE", []types.Type{str}, nil, n("b", "a", "b", "a"), 0, "a"},
		{"MEDIAN", []types.Type{i32}, nil, n(1, 2, 9, 100), 1, 2.0},
		{"APPROX_PERCENTILE", []types.Type{f64, f64}, nil, [][]any{{-1.0, 0.0}, {5.0, 0.0}, {-8.0, 0.0}}, 1, binValue(binKey(-1))},
		{"APPROX_PERCENTILE", []types.Type{f64, f64}, nil, [][]any{{0.0, 0.5}, {5.0, 0.5}, {-8.0, 0.5}}, 0, 0.0},
		{"VAR_POP", []types.Type{f64}, nil, n(1.0, 2.0, 3.0, 4.0), 0, 1.25},
		{"VAR_SAMP", []types.Type{f64}, nil, n(1.0, 2.0, 3.0, 9.0), 1, 1.0},
		{"STDDEV_SAMP", []types.Type{f64}, nil, n(1.0), 0, nil},
		{"STDDEV_POP", []types.Type{f64}, nil, n(1.0, 3.0), 0, 1.0},
		{"VAR_POP", []types.Type{i32}, nil, n(1, 2, 3, 4), 0, int64(1)},
		{"FIRST_VALUE", []types.Type{i32}, nil, n(nil, 3, 1), 0, int64(3)},
		{"LAST_VALUE", []types.Type{str}, nil, n("a", long, nil), 0, long},
		{"FIRST_VALUE", []types.Type{i32}, nil, n(3, 1, 3), 1, int64(1)},
		{"LAST_VALUE", []types.Type{types.ArrayOf(i32)}, nil, [][]any{{[]any{int64(1)}}, {[]any{int64(2), nil}}}, 0, []any{int64(2), nil}},
		{"LISTAGG", []types.Type{str}, nil, n("a", nil, "b"), 0, "a,b"},
		{"LISTAGG", []types.Type{str, str}, map[int]any{1: "; "}, [][]any{{"a", "; "}, {"b", "; "}}, 0, "a; b"},
		{"LISTAGG", []types.Type{str}, nil, n("a", "b", "a"), 1, "b,a"},
		{"LISTAGG", []types.Type{str}, nil, n(nil), 0, nil},
		{"COLLECT", []types.Type{i32}, nil, n(1, 2, 1, nil), 0, [][2]any{{int64(1), int64(2)}, {int64(2), int64(1)}}},
		{"ARRAY_AGG", []types.Type{i32}, nil, n(1, nil, 1), 0, []any{int64(1), nil, int64(1)}},
		{"ARRAY_AGG", []types.Type{i32}, nil, n(1, 2, 1), 1, []any{int64(2), int64(1)}},
		{"PERCENTILE", []types.Type{i32, f64}, nil, [][]any{{int64(1), 0.5}, {int64(4), 0.5}, {int64(2), 0.5}, {int64(9), 0.5}}, 0, 3.0},
		{"PERCENTILE", []types.Type{i32, types.ArrayOf(f64), i32}, nil, [][]any{{int64(1), []any{0.0, 1.0}, int64(2)}, {int64(4), []any{0.0, 1.0}, int64(1)}}, 0, []any{1.0, 4.0}},
		{"APPROX_COUNT_DISTINCT", []types.Type{i32}, nil, n(1, 2, 1, nil), 0, int64(2)},
		{"JSON_ARRAYAGG", []types.Type{str}, nil, n("a", nil, `"`), 0, `["a","\""]`},
		{"JSON_OBJECTAGG", []types.Type{str, i32}, nil, [][]any{{"a", int64(1)}, {"b", nil}, {"a", int64(2)}}, 0, `{"a":2,"b":null}`},
		{"SINGLE_VALUE", []types.Type{i32}, nil, n(7), 0, int64(7)},
		{"SINGLE_VALUE", []types.Type{i32}, nil, nil, 0, nil},
	}
}

// fold runs a case; merged, each row is folded alone and then merged.
func (c *aggCase) fold(t *testing.T, retract, merged bool) any {
	t.Helper()
	args := make([]Arg, len(c.args))
	cols := make([]*vec.Vector, len(c.args))
	for i, a := range c.args {
		args[i].Type = a
		if x, ok := c.lit[i]; ok {
			args[i].Lit, args[i].Value = true, x
		}
		cols[i] = vec.New(a, 0)
	}
	agg, _, ret, err := aggTable.Resolve(c.name, args, false)
	if err != nil {
		t.Fatal(err)
	}
	acc, err := agg.New(&AggCall{Args: args, Ret: ret, Retract: retract})
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := acc.(Extreme); ok {
		return c.want // the operator's to do
	}
	env := &Env{Heap: &mapHeap{m: map[Ref][]byte{}}, Ctx: &Ctx{}}
	var signs []int8
	for _, r := range c.rows {
		signs = append(signs, 1)
		for i, x := range r {
			cols[i].AppendValue(x)
		}
	}
	for _, r := range c.rows[len(c.rows)-c.take:] {
		signs = append(signs, -1)
		for i, x := range r {
			cols[i].AppendValue(x)
		}
	}
	if !retract {
		signs = nil
	}
	n := len(c.rows) + c.take
	words := acc.Size() / 8
	mem := make([]uint64, (n+1)*words+1)
	at := func(i int) unsafe.Pointer { return unsafe.Pointer(&mem[i*words]) }
	accs := make([]unsafe.Pointer, n)
	for i := range accs {
		accs[i] = at(0)
		if merged {
			accs[i] = at(i + 1)
		}
	}
	if err := acc.Update(env, accs, cols, signs); err != nil {
		t.Fatal(err)
	}
	if merged {
		for i := range accs {
			if err := acc.Merge(env, []unsafe.Pointer{at(0)}, accs[i:i+1]); err != nil {
				t.Fatal(err)
			}
		}
	}
	out := vec.New(ret, 0)
	if err := acc.Result(env, []unsafe.Pointer{at(0)}, out); err != nil {
		t.Fatal(err)
	}
	if out.N != 1 {
		t.Fatalf("%s gave %d rows", c.name, out.N)
	}
	return out.Value(0)
}

func TestAggs(t *testing.T) {
	for _, c := range aggCases() {
		for _, retract := range []bool{false, true} {
			if !retract && c.take > 0 || retract && c.name == "APPROX_COUNT_DISTINCT" {
				continue
			}
			if got := c.fold(t, retract, false); fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("%s%v retract %v: got %v, want %v", c.name, c.rows, retract, got, c.want)
			}
		}
		if c.take == 0 && len(c.rows) > 0 {
			if got := c.fold(t, false, true); fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("%s%v merged: got %v, want %v", c.name, c.rows, got, c.want)
			}
		}
	}
}

func TestSingleValueRefusesTwo(t *testing.T) {
	i32 := types.Of(types.Int)
	acc, _ := newSingle(&AggCall{Args: []Arg{{Type: i32}}, Ret: i32})
	v := vec.New(i32, 2)
	mem := make([]uint64, acc.Size()/8)
	p := unsafe.Pointer(&mem[0])
	env := &Env{Heap: &mapHeap{m: map[Ref][]byte{}}}
	if err := acc.Update(env, []unsafe.Pointer{p, p}, []*vec.Vector{v}, nil); err == nil {
		t.Error("no error")
	}
}

func TestApproxIsNear(t *testing.T) {
	for _, n := range []int{400, 10_000, 1_000_000} {
		v := vec.New(types.Of(types.BigInt), n)
		mem := make([]uint64, 2)
		accs := make([]unsafe.Pointer, n)
		for i := range accs {
			v.I64[i], accs[i] = int64(i), unsafe.Pointer(&mem[0])
		}
		env := &Env{Heap: &mapHeap{m: map[Ref][]byte{}}}
		acc := &approx{}
		if err := acc.Update(env, accs, []*vec.Vector{v}, nil); err != nil {
			t.Fatal(err)
		}
		out := vec.New(types.Of(types.BigInt), 0)
		if err := acc.Result(env, accs[:1], out); err != nil {
			t.Fatal(err)
		}
		if got := float64(out.I64[0]); math.Abs(got-float64(n)) > 0.025*float64(n) {
			t.Errorf("%v for %d", got, n)
		}
	}
}

func TestAggTypes(t *testing.T) {
	i32 := types.Of(types.Int)
	for _, c := range []struct {
		name    string
		arg     types.Type
		grouped bool
		want    string
	}{
		{"COUNT", i32, true, "BIGINT NOT NULL"},
		{"SUM", i32.NotNull(), true, "INT NOT NULL"},
		{"SUM", i32.NotNull(), false, "INT"},
		{"SUM", types.DecimalOf(10, 2), true, "DECIMAL(38, 2)"},
		{"AVG", types.DecimalOf(10, 2), true, "DECIMAL(38, 6)"},
		{"AVG", i32, true, "INT"},
		{"COLLECT", i32, true, "MULTISET<INT> NOT NULL"},
	} {
		_, _, ret, err := aggTable.Resolve(c.name, []Arg{{Type: c.arg}}, c.grouped)
		if err != nil || ret.String() != c.want {
			t.Errorf("%s(%s): %v %v, want %s", c.name, c.arg, ret, err, c.want)
		}
	}
	if _, _, _, err := aggTable.Resolve("SUMM", []Arg{{Type: i32}}, true); err == nil {
		t.Error("SUMM resolves")
	}
	if _, _, _, err := aggTable.Resolve("SUM", []Arg{{Type: types.String()}}, true); err == nil {
		t.Error("SUM(STRING) resolves")
	}
}
