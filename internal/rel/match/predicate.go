package match

import (
	"cmp"

	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/types"
)

// Most conditions compare a number of the row with one of an earlier row. They
// are compiled into closures, since a program over vectors costs more to begin
// than such a comparison costs.

// truth is a value of three-valued logic.
type truth uint8

const (
	no truth = iota
	yes
	unknown
)

func truthOf(b bool) truth {
	if b {
		return yes
	}
	return no
}

type predicate func(e *engine) (truth, error)

// operand computes a number or text; false is null.
type operand[T cmp.Ordered] func(e *engine) (T, bool, error)

// compilePredicate gives the closure of a condition, nil if it holds something
// that needs the evaluator.
func compilePredicate(x expr.Expr) predicate {
	switch x := x.(type) {
	case *expr.Logic:
		return compileLogic(x)
	case *expr.Call:
		switch x.Fn.Name {
		case "IS NULL", "IS NOT NULL":
			return compileIsNull(x)
		case "NOT":
			p := compilePredicate(x.Args[0])
			if p == nil {
				return nil
			}
			return func(e *engine) (truth, error) {
				t, err := p(e)
				if t != unknown {
					t = yes - t
				}
				return t, err
			}
		}
		if op, ok := fn.CompareOpOf(x.Fn); ok {
			return compileCompare(op, x.Args[0], x.Args[1])
		}
	}
	return nil
}

func compileLogic(x *expr.Logic) predicate {
	parts := make([]predicate, len(x.Args))
	for i, a := range x.Args {
		if parts[i] = compilePredicate(a); parts[i] == nil {
			return nil
		}
	}
	decides := yes
	if x.Op == expr.And {
		decides = no
	}
	return func(e *engine) (truth, error) {
		out := yes - decides
		for _, p := range parts {
			t, err := p(e)
			if err != nil || t == decides {
				return t, err
			}
			if t == unknown {
				out = unknown
			}
		}
		return out, nil
	}
}

func compileIsNull(x *expr.Call) predicate {
	col, ok := x.Args[0].(*expr.Col)
	if !ok {
		return nil
	}
	i, want := col.Index, x.Fn.Name == "IS NULL"
	return func(e *engine) (truth, error) {
		v, r, err := e.conds.value(e, i)
		return truthOf((r < 0 || v.IsNull(r)) == want), err
	}
}

func compileCompare(op fn.CompareOp, a, b expr.Expr) predicate {
	at, bt := a.Type(), b.Type()
	switch {
	case whole(at) && whole(bt) && comparable(at, bt):
		return compared(op, compileWhole(a), compileWhole(b))
	case at.Kind == types.Double && bt.Kind == types.Double:
		return compared(op, compileDouble(a), compileDouble(b))
	case text(at) && text(bt):
		return compared(op, compileText(a), compileText(b))
	}
	return nil
}

func text(t types.Type) bool { return t.Kind == types.Char || t.Kind == types.Varchar }

// whole reports whether a type is held as an integer.
func whole(t types.Type) bool {
	switch t.Phys() {
	case types.PI8, types.PI16, types.PI32, types.PI64:
		return true
	}
	return false
}

// comparable reports whether the integers that hold two types compare as their
// values do.
func comparable(a, b types.Type) bool {
	if a.IsInteger() && b.IsInteger() {
		return true
	}
	return a.Kind == b.Kind && a.Prec == b.Prec && a.Scale == b.Scale
}

func compared[T cmp.Ordered](op fn.CompareOp, a, b operand[T]) predicate {
	if a == nil || b == nil {
		return nil
	}
	return func(e *engine) (truth, error) {
		x, ok, err := a(e)
		if err != nil || !ok {
			return unknown, err
		}
		y, ok, err := b(e)
		if err != nil || !ok {
			return unknown, err
		}
		return truthOf(holds(op, x, y)), nil
	}
}

// holds compares as the kernels do.
func holds[T cmp.Ordered](op fn.CompareOp, x, y T) bool {
	switch op {
	case fn.EQ:
		return x == y
	case fn.NE:
		return x != y
	case fn.LT:
		return x < y
	case fn.LE:
		return x <= y
	case fn.GT:
		return x > y
	}
	return x >= y
}

// compileWhole gives the closure of an integer expression: a value, a literal, a
// widening cast, a sum or difference.
func compileWhole(x expr.Expr) operand[int64] {
	switch x := x.(type) {
	case *expr.Lit:
		n, ok := x.Value.(int64)
		if !ok && !x.IsNull() {
			return nil
		}
		return func(*engine) (int64, bool, error) { return n, ok, nil }
	case *expr.Col:
		return wholeColumn(x)
	case *expr.Cast:
		if from := x.X.Type(); from.IsInteger() && x.T.IsInteger() && from.Phys() <= x.T.Phys() {
			return compileWhole(x.X)
		}
	case *expr.Call:
		if x.T.Kind == types.BigInt && len(x.Args) == 2 && x.Args[0].Type().IsInteger() && x.Args[1].Type().IsInteger() {
			return wholeSum(x.Fn.Name, compileWhole(x.Args[0]), compileWhole(x.Args[1]))
		}
	}
	return nil
}

func wholeSum(op string, a, b operand[int64]) operand[int64] {
	if a == nil || b == nil || op != "+" && op != "-" && op != "*" {
		return nil
	}
	return func(e *engine) (int64, bool, error) {
		x, ok, err := a(e)
		if err != nil || !ok {
			return 0, false, err
		}
		y, ok, err := b(e)
		switch op {
		case "+":
			x += y
		case "-":
			x -= y
		default:
			x *= y
		}
		return x, ok, err
	}
}

func wholeColumn(c *expr.Col) operand[int64] {
	i, phys := c.Index, c.T.Phys()
	return func(e *engine) (int64, bool, error) {
		v, r, err := e.conds.value(e, i)
		if err != nil || r < 0 || v.IsNull(r) {
			return 0, false, err
		}
		r = v.Idx(r)
		switch phys {
		case types.PI8:
			return int64(v.I8[r]), true, nil
		case types.PI16:
			return int64(v.I16[r]), true, nil
		case types.PI32:
			return int64(v.I32[r]), true, nil
		}
		return v.I64[r], true, nil
	}
}

func compileText(x expr.Expr) operand[string] {
	switch x := x.(type) {
	case *expr.Lit:
		s, ok := x.Value.(string)
		return func(*engine) (string, bool, error) { return s, ok, nil }
	case *expr.Col:
		i := x.Index
		return func(e *engine) (string, bool, error) {
			v, r, err := e.conds.value(e, i)
			if err != nil || r < 0 || v.IsNull(r) {
				return "", false, err
			}
			return v.S[v.Idx(r)], true, nil
		}
	}
	return nil
}

func compileDouble(x expr.Expr) operand[float64] {
	switch x := x.(type) {
	case *expr.Lit:
		f, ok := x.Value.(float64)
		return func(*engine) (float64, bool, error) { return f, ok, nil }
	case *expr.Cast:
		if w := compileWhole(x.X); w != nil && x.X.Type().IsInteger() {
			return func(e *engine) (float64, bool, error) {
				n, ok, err := w(e)
				return float64(n), ok, err
			}
		}
	case *expr.Col:
		i := x.Index
		return func(e *engine) (float64, bool, error) {
			v, r, err := e.conds.value(e, i)
			if err != nil || r < 0 || v.IsNull(r) {
				return 0, false, err
			}
			return v.F64[v.Idx(r)], true, nil
		}
	}
	return nil
}
