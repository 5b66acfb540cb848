package expr

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

func lit(t types.Type, x any) Expr { return &Lit{Value: x, T: t.WithNull(x == nil)} }
func num(n int) Expr               { return lit(types.Of(types.Int), int64(n)) }
func str(s string) Expr            { return lit(types.VarcharOf(max(1, len(s))), s) }
func col(i int, t types.Type) Expr { return &Col{Index: i, Name: fmt.Sprintf("c%d", i), T: t} }

func call(t testing.TB, name string, args ...Expr) Expr {
	t.Helper()
	e, err := MakeCall(fn.Core(), name, args...)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// column makes a vector of values as AppendValue takes them; int is int64.
func column(t types.Type, xs ...any) *vec.Vector {
	v := vec.New(t, 0)
	for _, x := range xs {
		if n, ok := x.(int); ok {
			x = int64(n)
		}
		v.AppendValue(x)
	}
	return v
}

func batch(cols ...*vec.Vector) (*vec.Batch, []types.Type) {
	b := &vec.Batch{Cols: cols, N: cols[0].N}
	return b, b.Types()
}

func values(v *vec.Vector) string {
	app := fn.NewAppender(v.Type, types.UTC)
	var parts []string
	for i := range v.N {
		if v.IsNull(i) {
			parts = append(parts, "-")
			continue
		}
		parts = append(parts, string(app(nil, v, i)))
	}
	return strings.Join(parts, " ")
}

var tInt, tBig, tBool, tStr, tDbl = types.Of(types.Int), types.Of(types.BigInt), types.Of(types.Boolean), types.String(), types.Of(types.Double)

// eval runs e over the batch: all rows, then every selection of every other row
// shape, which must agree with the dense result.
func eval(t *testing.T, e Expr, b *vec.Batch, in []types.Type) string {
	t.Helper()
	p, err := Compile([]Expr{e}, in, types.UTC)
	if err != nil {
		t.Fatalf("%s: %v", e, err)
	}
	dense, err := p.Eval(&fn.Ctx{}, b)
	if err != nil {
		t.Fatalf("%s: %v", e, err)
	}
	text := values(dense[0])
	all := strings.Split(text, " ")
	for mask := range 1 << min(b.N, 5) {
		sel, want := []int32{}, []string{}
		for i := range b.N {
			if mask>>(i%5)&1 != 0 {
				sel, want = append(sel, int32(i)), append(want, all[i])
			}
		}
		got, err := p.Eval(&fn.Ctx{}, &vec.Batch{Cols: b.Cols, N: b.N, Sel: sel})
		if err != nil {
			t.Fatalf("%s: %v", e, err)
		}
		if values(got[0]) != strings.Join(want, " ") {
			t.Fatalf("%s over %v: got %s, want %s", e, sel, values(got[0]), want)
		}
	}
	if e.Type().Kind == types.Boolean {
		checkFilter(t, e, b, in, all)
	}
	return text
}

// checkFilter compares Select with the evaluated condition.
func checkFilter(t *testing.T, e Expr, b *vec.Batch, in []types.Type, all []string) {
	t.Helper()
	f, err := CompileFilter(e, in, types.UTC)
	if err != nil {
		t.Fatal(err)
	}
	for _, sel := range [][]int32{nil, {0, 2}, {}, {1}} {
		var want []int32
		for i, x := range all {
			if x == "TRUE" && (sel == nil || slices.Contains(sel, int32(i))) {
				want = append(want, int32(i))
			}
		}
		got, err := f.Select(&fn.Ctx{}, &vec.Batch{Cols: b.Cols, N: b.N, Sel: sel}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("filter %s over %v: got %v, want %v", e, sel, got, want)
		}
	}
}

func TestEval(t *testing.T) {
	b, in := batch(
		column(tInt, 1, 2, nil, 4, -5),
		column(tBig, 10, nil, 30, 4, 50),
		column(tStr, "apple", "bob", nil, "", "apricot"),
		column(tBool, true, false, nil, true, nil),
		column(tDbl, 1.5, -2.0, 0.0, nil, 4.0),
		column(types.DecimalOf(10, 2), 150, -225, nil, 100, 5),
	)
	a, big, s, flag, d, dec := col(0, tInt), col(1, tBig), col(2, tStr), col(3, tBool), col(4, tDbl), col(5, types.DecimalOf(10, 2))
	f := func(name string, args ...Expr) Expr { return call(t, name, args...) }
	or := func(es ...Expr) Expr { return &Logic{Op: Or, Args: es} }
	and := func(es ...Expr) Expr { return &Logic{Op: And, Args: es} }
	ifNeg, err := If(f("<", a, num(0)), str("neg"), s)
	if err != nil {
		t.Fatal(err)
	}
	coalesce, err := Coalesce(a, big, num(7))
	if err != nil {
		t.Fatal(err)
	}
	nullif, err := NullIf(a, num(4))
	if err != nil {
		t.Fatal(err)
	}
	div := f("/", num(100), f("-", a, num(1)))
	for _, c := range []struct {
		e    Expr
		want string
	}{
		{a, "1 2 - 4 -5"},
		{f("+", a, num(1)), "2 3 - 5 -4"},
		{f("+", a, big), "11 - - 8 45"},
		{f("*", num(2), a), "2 4 - 8 -10"},
		{f("-", num(1), a), "0 -1 - -3 6"},
		{f("/", a, num(2)), "0 1 - 2 -2"},
		{f("%", a, num(3)), "1 2 - 1 -2"},
		{f("+", dec, a), "2.50 -0.25 - 5.00 -4.95"},
		{f("*", lit(types.DecimalOf(3, 3), int64(908)), big), "9.080 - 27.240 3.632 45.400"},
		{f("/", d, lit(tDbl, 0.5)), "3.0 -4.0 0.0 - 8.0"},
		{f("<", a, num(2)), "TRUE FALSE - FALSE TRUE"},
		{f(">", num(2), a), "TRUE FALSE - FALSE TRUE"},
		{f("=", a, big), "FALSE - - TRUE FALSE"},
		{f("<>", s, str("bob")), "TRUE FALSE - TRUE TRUE"},
		{f("LIKE", s, str("ap%")), "TRUE FALSE - FALSE TRUE"},
		{f("=", dec, lit(types.DecimalOf(2, 1), int64(10))), "FALSE FALSE - TRUE FALSE"},
		{f("IS NULL", a), "FALSE FALSE TRUE FALSE FALSE"},
		{f("IS NOT NULL", a), "TRUE TRUE FALSE TRUE TRUE"},
		{f("IS DISTINCT FROM", a, big), "TRUE TRUE TRUE FALSE TRUE"},
		{f("IS TRUE", flag), "TRUE FALSE FALSE TRUE FALSE"},
		{f("NOT", flag), "FALSE TRUE - FALSE -"},
		{and(flag, f("<", a, num(3))), "TRUE FALSE - FALSE -"},
		{or(flag, f("<", a, num(3))), "TRUE TRUE - TRUE TRUE"},
		// 100 / (a - 1) fails for a = 1, which the first operand excludes.
		{and(f("<>", a, num(1)), f("<", div, num(50))), "FALSE FALSE - TRUE TRUE"},
		{or(f("=", a, num(1)), f("<", div, num(50))), "TRUE FALSE - TRUE TRUE"},
		{&Case{Whens: []When{{f("=", a, num(1)), num(0)}}, Else: div, T: tInt}, "0 100 - 33 -16"},
		{&Case{Whens: []When{{f(">", a, num(1)), num(1)}, {f("<", a, num(0)), num(2)}}, T: tInt}, "- 1 - 1 2"},
		{ifNeg, "apple bob -  neg"},
		{coalesce, "1 2 30 4 -5"},
		{nullif, "1 2 - - -5"},
		{&In{X: a, Values: []*Lit{num(1).(*Lit), num(-5).(*Lit)}}, "TRUE FALSE - FALSE TRUE"},
		{&In{X: a, Values: []*Lit{num(1).(*Lit), Null(tInt)}, Not: true}, "FALSE - - - -"},
		{&In{X: s, Values: []*Lit{str("bob").(*Lit)}}, "FALSE TRUE - FALSE FALSE"},
		{CastTo(a, tStr), "1 2 - 4 -5"},
		{&Cast{X: s, T: tInt, Try: true}, "- - - - -"},
		{f("+", num(1), num(2)), "3 3 3 3 3"},
		{f("+", a, Null(tInt)), "- - - - -"},
	} {
		if got := eval(t, c.e, b, in); got != c.want {
			t.Errorf("%s: got %q, want %q", c.e, got, c.want)
		}
		if folded := Fold(c.e, types.UTC); eval(t, folded, b, in) != c.want {
			t.Errorf("%s folds to %s", c.e, folded)
		}
		if c.e.Type().Kind == types.Boolean {
			if got, want := eval(t, Negate(c.e), b, in), eval(t, f("NOT", c.e), b, in); got != want {
				t.Errorf("NOT %s: got %s, want %s", c.e, got, want)
			}
		}
	}
}

func TestErrorsNameValueAndExpression(t *testing.T) {
	b, in := batch(column(tStr, "12", "abc"), column(tInt, 1, 0))
	for _, c := range []struct {
		e    Expr
		want string
	}{
		{&Cast{X: col(0, tStr), T: tInt}, "cannot cast 'abc' to INT, in CAST(c0 AS INT)"},
		{call(t, "/", num(1), col(1, tInt)), "Division by zero, in 1 / c1"},
	} {
		p, err := Compile([]Expr{c.e}, in, types.UTC)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = p.Eval(&fn.Ctx{}, b); err == nil || err.Error() != c.want {
			t.Errorf("%s: got %v, want %s", c.e, err, c.want)
		}
	}
}

func TestShape(t *testing.T) {
	a, b := col(0, tInt), col(1, tInt)
	e := AndAll(call(t, "=", a, b), AndAll(call(t, ">", a, num(1)), True()))
	if n := len(Conjuncts(e)); n != 2 {
		t.Errorf("%d conjuncts", n)
	}
	if got := e.String(); got != "c0 = c1 AND c0 > 1" {
		t.Errorf("text %q", got)
	}
	if got := ReferencedCols(Shift(e, 1, 4)); !slices.Equal(got, []int{0, 5}) {
		t.Errorf("columns %v", got)
	}
	moved, ok := Remap(e, []int{3, 2})
	if !ok || !slices.Equal(ReferencedCols(moved), []int{2, 3}) {
		t.Errorf("remapped to %s", moved)
	}
	if _, ok := Remap(e, []int{3}); ok {
		t.Error("a lost column was not noticed")
	}
	if Equal(e, moved) || !Equal(e, AndAll(Conjuncts(e)...)) || Hash(e) == Hash(moved) {
		t.Error("Equal and Hash go by more or less than the computation")
	}
	if x := Fold(call(t, "/", num(1), num(0)), types.UTC); x.String() != "1 / 0" {
		t.Errorf("a failing expression became %s", x)
	}
	if x := (&Lit{Value: int64(-90_061_000), T: types.Of(types.IntervalDT)}).String(); x != "INTERVAL -'1 01:01:01.000' DAY TO SECOND" {
		t.Errorf("interval %s", x)
	}
	if x := (&Lit{Value: int64(14), T: types.Of(types.IntervalYM)}).String(); x != "INTERVAL '1-02' YEAR TO MONTH" {
		t.Errorf("interval %s", x)
	}
	if x := Fold(AndAll(e, False()), types.UTC); x.String() != "FALSE" {
		t.Errorf("AND FALSE became %s", x)
	}
}

func TestSharedStepsAndNoAllocations(t *testing.T) {
	n := 1024
	ints := vec.New(tBig, n)
	text := vec.New(tStr, n)
	for i := range n {
		ints.I64[i] = int64(i % 100)
		text.S[i] = []string{"apple", "pear", "plum"}[i%3]
	}
	b, in := batch(ints, text)
	x := call(t, "*", col(0, tBig), num(3))
	exprs := []Expr{call(t, "+", x, num(1)), call(t, "-", x, num(1)), &Case{Whens: []When{{call(t, ">", x, num(100)), col(1, tStr)}}, Else: str("none"), T: tStr}}
	p, err := Compile(exprs, in, types.UTC)
	if err != nil {
		t.Fatal(err)
	}
	muls := 0
	for _, s := range p.steps {
		if c, ok := s.(*callStep); ok && strings.HasPrefix(c.e.String(), "c0 *") {
			muls++
		}
	}
	if muls != 1 {
		t.Errorf("the product is computed %d times", muls)
	}
	cond := AndAll(call(t, "<", col(0, tBig), num(50)), call(t, "=", col(1, tStr), str("pear")))
	f, err := CompileFilter(cond, in, types.UTC)
	if err != nil {
		t.Fatal(err)
	}
	ctx := &fn.Ctx{}
	var sel []int32
	run := func() {
		sel, _ = f.Select(ctx, b, sel)
		if _, err := p.Eval(ctx, &vec.Batch{Cols: b.Cols, N: b.N, Sel: sel}); err != nil {
			t.Fatal(err)
		}
	}
	run()
	// The batch header above may escape.
	if got := testing.AllocsPerRun(20, run); got > 1 {
		t.Errorf("%v allocations a batch", got)
	}
}
