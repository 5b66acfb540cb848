package expr

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// exprMaker makes random expressions over two INTs, a STRING and a BOOLEAN.
// Divisions fail for some rows, so that it matters which rows are evaluated.
type exprMaker struct {
	t *testing.T
	r *rand.Rand
}

func (m *exprMaker) number(depth int) Expr {
	if depth == 0 {
		if m.r.IntN(3) == 0 {
			return num(m.r.IntN(5) - 2)
		}
		return col(m.r.IntN(2), tInt)
	}
	switch m.r.IntN(5) {
	case 0:
		return call(m.t, "+", m.number(depth-1), m.number(depth-1))
	case 1:
		return call(m.t, "/", m.number(depth-1), m.number(depth-1))
	case 2:
		return call(m.t, "CHAR_LENGTH", m.text(depth-1))
	case 3:
		e, err := CaseOf([]When{{m.condition(depth - 1), m.number(depth - 1)}, {m.condition(depth - 1), m.number(depth - 1)}}, m.number(depth-1))
		if err != nil {
			m.t.Fatal(err)
		}
		return e
	}
	e, err := Coalesce(m.number(depth-1), m.number(depth-1))
	if err != nil {
		m.t.Fatal(err)
	}
	return e
}

func (m *exprMaker) text(depth int) Expr {
	if depth == 0 {
		if m.r.IntN(3) == 0 {
			return str("ab")
		}
		return col(2, tStr)
	}
	switch m.r.IntN(3) {
	case 0:
		return call(m.t, "UPPER", m.text(depth-1))
	case 1:
		return call(m.t, "REPEAT", m.text(depth-1), m.number(depth-1))
	}
	e, err := If(m.condition(depth-1), m.text(depth-1), m.text(depth-1))
	if err != nil {
		m.t.Fatal(err)
	}
	return e
}

func (m *exprMaker) condition(depth int) Expr {
	if depth == 0 {
		return col(3, tBool)
	}
	switch m.r.IntN(6) {
	case 0:
		return &Logic{Op: And, Args: []Expr{m.condition(depth - 1), m.condition(depth - 1), m.condition(depth - 1)}}
	case 1:
		return &Logic{Op: Or, Args: []Expr{m.condition(depth - 1), m.condition(depth - 1), m.condition(depth - 1)}}
	case 2:
		return Negate(m.condition(depth - 1))
	case 3:
		return &In{X: m.number(depth - 1), Values: []*Lit{num(1).(*Lit), num(0).(*Lit)}, Not: m.r.IntN(2) == 0}
	case 4:
		return IsNull(m.number(depth - 1))
	}
	return Compare(fn.CompareOp(m.r.IntN(6)), m.number(depth-1), m.number(depth-1))
}

// TestRandomExpressions holds the evaluation of a batch to that of its rows one
// by one: the same values, and an error exactly where some row alone has one.
// The filter of a condition must select the rows where it is TRUE, and may fail
// for fewer rows, since it puts safe conditions first; folding changes nothing.
func TestRandomExpressions(t *testing.T) {
	m := &exprMaker{t: t, r: rand.New(rand.NewPCG(5, 6))}
	b, in := batch(
		column(tInt, 1, 0, nil, -1, 2, 0, 3),
		column(tInt, 0, 2, 1, nil, -2, 0, 1),
		column(tStr, "a", nil, "", "xyz", "Ab", "é", "q"),
		column(tBool, true, false, nil, true, false, nil, true),
	)
	ctx := &fn.Ctx{}
	failures := 0
	for range 3000 {
		e := m.condition(3)
		p, err := Compile([]Expr{e}, in, types.UTC)
		if err != nil {
			t.Fatal(err)
		}
		folded, err := Compile([]Expr{Fold(e, types.UTC)}, in, types.UTC)
		if err != nil {
			t.Fatal(err)
		}
		var rows []any
		failed := false
		for i := range b.N {
			out, err := p.Eval(ctx, &vec.Batch{Cols: b.Cols, N: b.N, Sel: []int32{int32(i)}})
			if err != nil {
				failed = true
				continue
			}
			rows = append(rows, out[0].Value(0))
		}
		out, err := p.Eval(ctx, b)
		if (err != nil) != failed {
			t.Fatalf("%s: the batch gives %v, some row alone fails: %v", e, err, failed)
		}
		f, ferr := CompileFilter(e, in, types.UTC)
		if ferr != nil {
			t.Fatal(ferr)
		}
		sel, ferr := f.Select(ctx, b, nil)
		if failed {
			failures++
			continue
		}
		for i, want := range rows {
			if got := out[0].Value(i); got != want {
				t.Fatalf("%s: row %d is %v in the batch, %v alone", e, i, got, want)
			}
			if slices.Contains(sel, int32(i)) != (want == true) || ferr != nil {
				t.Fatalf("%s: row %d is %v, the filter gives %v (%v)", e, i, want, sel, ferr)
			}
		}
		out, err = folded.Eval(ctx, b)
		if err != nil {
			t.Fatalf("%s fails when folded: %v", e, err)
		}
		for i, want := range rows {
			if got := out[0].Value(i); got != want {
				t.Fatalf("%s: row %d is %v when folded to %s, else %v", e, i, got, Fold(e, types.UTC), want)
			}
		}
	}
	if failures == 0 || failures > 2500 {
		t.Errorf("%d expressions failed: the test tries too little", failures)
	}
}
