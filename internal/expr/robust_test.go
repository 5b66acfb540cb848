package expr

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// randomTypes are the argument types that TestKernelsAgree draws from.
var randomTypes = []types.Type{
	types.Of(types.Boolean), types.Of(types.TinyInt), types.Of(types.SmallInt), types.Of(types.Int), types.Of(types.Int).NotNull(), types.Of(types.BigInt),
	types.Of(types.Float), types.Of(types.Double), types.DecimalOf(5, 2), types.DecimalOf(18, 4), types.DecimalOf(30, 10), types.CharOf(3),
	types.String(), types.String(), types.String(), types.Bytes(), types.Of(types.Date), types.TimeOf(3), types.TimestampOf(0), types.TimestampOf(3),
	types.TimestampOf(6), types.TimestampOf(9), types.TimestampLTZOf(3), types.TimestampLTZOf(9), types.Of(types.IntervalYM), types.Of(types.IntervalDT),
	types.ArrayOf(types.Of(types.Int)), types.ArrayOf(types.String()), types.MapOf(types.String(), types.Of(types.Int)), types.MultisetOf(types.Of(types.Int)),
	types.RowOf(types.Field{Name: "a", Type: types.Of(types.Int)}, types.Field{Name: "b", Type: types.String()}),
	types.Of(types.Symbol), types.Of(types.Null),
}

var randomTexts = []string{"", " ", "a", "abc", "Äöü€😀", "12", "-7.5", "true", "2020-02-29", "2020-02-29 12:34:56.789", "12:34:56", "yyyy-MM-dd", "HH:mm", "[a-z]+", "(a)(b)?",
	"%b_", "UTC", "Asia/Tokyo", `{"a": [1, {"b": null}]}`, "$.a[0]", "lax $.a", "http://u:p@h.org/p/q?k=v#r", "a=1,b=2", "10.0.0.1", "%s %d", "UTF-8"}

var randomSymbols = []string{"YEAR", "WEEK", "DAY", "HOUR", "SECOND", "MICROSECOND", "EPOCH", "BOTH", "LEADING", "NULL ON NULL", "ERROR ON ERROR", "WITH CONDITIONAL WRAPPER"}

func randomValue(r *rand.Rand, t types.Type) any {
	if t.Nullable && r.IntN(4) == 0 || t.Kind == types.Null {
		return nil
	}
	ints := []int64{0, 1, -1, 2, 3, 7, 12, 100, 127, -128}
	n := ints[r.IntN(len(ints))]
	switch t.Kind {
	case types.Boolean:
		return r.IntN(2) == 0
	case types.Float:
		return []float32{0, -0.5, 1.25, 3e9, float32(math.NaN())}[r.IntN(5)]
	case types.Double:
		return []float64{0, -0.5, 1.25, 3e9, math.Inf(1), math.NaN(), -1e300}[r.IntN(7)]
	case types.Char, types.Varchar, types.Binary, types.Varbinary:
		return randomTexts[r.IntN(len(randomTexts))]
	case types.Symbol:
		return randomSymbols[r.IntN(len(randomSymbols))]
	case types.Time:
		return int64(r.IntN(types.MsPerDay))
	case types.Timestamp, types.TimestampLTZ:
		if t.Phys() == types.PTime {
			return types.TimeNs{Ms: n * 1e10, Ns: int32(r.IntN(1e6))}
		}
		return n * 12345678901
	case types.Array:
		out := []any{}
		for range r.IntN(4) {
			out = append(out, randomValue(r, *t.Elem))
		}
		return out
	case types.Map:
		out := [][2]any{}
		for i := range r.IntN(3) {
			out = append(out, [2]any{randomTexts[i], randomValue(r, *t.Elem)})
		}
		return out
	case types.Multiset:
		return [][2]any{{int64(r.IntN(5)), int64(1)}}
	case types.Row:
		return []any{randomValue(r, t.Fields[0].Type), randomValue(r, t.Fields[1].Type)}
	}
	if t.Phys() == types.PI128 {
		return types.I128(n * 10_000_000_000)
	}
	return n
}

// TestKernelsAgree calls every function with random arguments of many types:
// nothing may panic, and a row's result may not depend on the rows around it,
// on the selection, or on which arguments are constant.
func TestKernelsAgree(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	tried := map[string]int{}
	for _, f := range fn.Core().All() {
		if f.Volatility == fn.Volatile {
			continue
		}
		for range 60 {
			ts := make([]types.Type, r.IntN(4))
			for i := range ts {
				ts[i] = randomTypes[r.IntN(len(randomTypes))]
			}
			if agree(t, r, f.Name, ts) {
				tried[f.Name]++
			}
			if t.Failed() {
				return
			}
		}
	}
	if len(tried) < 120 {
		t.Errorf("only %d functions took random arguments", len(tried))
	}
}

func agree(t *testing.T, r *rand.Rand, name string, ts []types.Type) (bound bool) {
	const n = 7
	b := vec.NewBatch(ts)
	b.N = n
	args := make([]Expr, len(ts))
	desc := name
	for i, ty := range ts {
		desc += " " + ty.String()
		for range n {
			b.Cols[i].AppendValue(randomValue(r, ty))
		}
		args[i] = &Col{Index: i, T: ty}
		if ty.Kind == types.Symbol || ty.Kind == types.Null || r.IntN(3) == 0 {
			x := randomValue(r, ty)
			args[i] = &Lit{Value: x, T: ty.WithNull(x == nil)}
			desc += fmt.Sprintf("=%v", x)
		}
	}
	defer func() {
		if p := recover(); p != nil {
			t.Errorf("%s: panic: %v", desc, p)
			panic(p)
		}
	}()
	e, err := MakeCall(fn.Core(), name, args...)
	if err != nil {
		return false
	}
	p, err := Compile([]Expr{e}, ts, types.UTC)
	if err != nil {
		return false
	}
	ctx := &fn.Ctx{Zone: types.UTC}
	out, err := p.Eval(ctx, b)
	Fold(e, types.UTC)
	if err != nil {
		return true
	}
	if out[0].N != n {
		t.Fatalf("%s: %d rows", desc, out[0].N)
	}
	want := make([]string, n)
	for i := range want {
		want[i] = fmt.Sprint(out[0].Value(i))
	}
	for i := range n {
		got, err := p.Eval(ctx, &vec.Batch{Cols: b.Cols, N: n, Sel: []int32{int32(i)}})
		if err != nil {
			t.Fatalf("%s: row %d alone fails: %v", desc, i, err)
		}
		if s := fmt.Sprint(got[0].Value(0)); s != want[i] {
			t.Fatalf("%s: row %d alone gives %s, among others %s", desc, i, s, want[i])
		}
		one := &vec.Batch{N: 3}
		for _, c := range b.Cols {
			one.Cols = append(one.Cols, vec.Literal(c.Type, c.Value(i), 3))
		}
		got, err = p.Eval(ctx, one)
		if err != nil {
			t.Fatalf("%s: row %d as constants fails: %v", desc, i, err)
		}
		if s := fmt.Sprint(got[0].Value(2)); s != want[i] {
			t.Fatalf("%s: row %d as constants gives %s, else %s", desc, i, s, want[i])
		}
	}
	return true
}

// TestCastsAgree does the same for casts between all pairs of types.
func TestCastsAgree(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, from := range randomTypes {
		for _, to := range randomTypes {
			if !types.Castable(from, to) || to.Kind == types.Symbol || to.Kind == types.Null {
				continue
			}
			col := vec.New(from, 0)
			for range 20 {
				col.AppendValue(randomValue(r, from))
			}
			e := &Cast{X: &Col{Index: 0, T: from}, T: to.AsNullable(), Try: true}
			p, err := Compile([]Expr{e}, []types.Type{from}, types.UTC)
			if err != nil {
				t.Errorf("%s to %s: %v", from, to, err)
				continue
			}
			out, err := p.Eval(&fn.Ctx{}, &vec.Batch{Cols: []*vec.Vector{col}, N: 20})
			if err != nil {
				t.Errorf("%s to %s: %v", from, to, err)
				continue
			}
			for i := range 20 {
				want := fmt.Sprint(out[0].Value(i))
				if col.IsNull(i) && want != "<nil>" {
					t.Errorf("%s to %s: null became %s", from, to, want)
				}
			}
		}
	}
}
