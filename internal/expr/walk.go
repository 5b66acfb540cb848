package expr

import (
	"slices"

	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/types"
)

// Walk calls f for e and, where f gives true, for what is below it.
func Walk(e Expr, f func(Expr) bool) {
	if e == nil || !f(e) {
		return
	}
	for _, k := range e.Children() {
		Walk(k, f)
	}
}

// Transform rebuilds e bottom up: f gets each node over its already transformed
// operands and gives what stands in its place. Unchanged nodes are shared.
func Transform(e Expr, f func(Expr) Expr) Expr {
	kids := e.Children()
	var fresh []Expr
	for i, k := range kids {
		n := Transform(k, f)
		if n != k && fresh == nil {
			fresh = slices.Clone(kids)
		}
		if fresh != nil {
			fresh[i] = n
		}
	}
	if fresh != nil {
		e = e.With(fresh)
	}
	return f(e)
}

// any reports whether f holds for some node of e.
func anyNode(e Expr, f func(Expr) bool) bool {
	found := false
	Walk(e, func(n Expr) bool {
		found = found || f(n)
		return !found
	})
	return found
}

// Shift adds by to the ordinal of each own column at or above from.
func Shift(e Expr, from, by int) Expr {
	if by == 0 {
		return e
	}
	return Transform(e, func(n Expr) Expr {
		if c, ok := n.(*Col); ok && c.Depth == 0 && c.Index >= from {
			d := *c
			d.Index += by
			return &d
		}
		return n
	})
}

// Remap moves each own column i to to[i]. It gives false if a column that e
// uses has no place (a negative entry or none).
func Remap(e Expr, to []int) (Expr, bool) {
	ok := true
	e = Transform(e, func(n Expr) Expr {
		c, is := n.(*Col)
		if !is || c.Depth != 0 {
			return n
		}
		if c.Index >= len(to) || to[c.Index] < 0 {
			ok = false
			return n
		}
		if to[c.Index] == c.Index {
			return n
		}
		d := *c
		d.Index = to[c.Index]
		return &d
	})
	return e, ok
}

// Substitute puts by[i] in the place of own column i: it composes a projection
// with what reads it.
func Substitute(e Expr, by []Expr) Expr {
	return Transform(e, func(n Expr) Expr {
		if c, ok := n.(*Col); ok && c.Depth == 0 && c.Index < len(by) {
			return by[c.Index]
		}
		return n
	})
}

// ReferencedCols lists the own columns that the expressions use, ascending.
func ReferencedCols(es ...Expr) []int {
	var cols []int
	for _, e := range es {
		Walk(e, func(n Expr) bool {
			if c, ok := n.(*Col); ok && c.Depth == 0 {
				cols = append(cols, c.Index)
			}
			return true
		})
	}
	slices.Sort(cols)
	return slices.Compact(cols)
}

// HasOuter reports whether e refers to a column of an enclosing query.
func HasOuter(e Expr) bool {
	return anyNode(e, func(n Expr) bool {
		c, ok := n.(*Col)
		return ok && c.Depth > 0
	})
}

// HasCall reports whether e calls a function of that name.
func HasCall(e Expr, name string) bool {
	return anyNode(e, func(n Expr) bool {
		c, ok := n.(*Call)
		return ok && c.Fn.Name == name
	})
}

// IsDeterministic reports whether equal rows always give equal results: e calls
// neither a volatile function (RAND) nor one that reads a clock (NOW).
func IsDeterministic(e Expr) bool {
	return !anyNode(e, func(n Expr) bool {
		c, ok := n.(*Call)
		return ok && c.Fn.Volatility != fn.Immutable
	})
}

// IsVolatile reports whether e may differ from row to row over equal input.
func IsVolatile(e Expr) bool {
	return anyNode(e, func(n Expr) bool {
		c, ok := n.(*Call)
		return ok && c.Fn.Volatility == fn.Volatile
	})
}

// IsConstant reports whether e has the same value for all rows of a job: it
// uses no column and is deterministic.
func IsConstant(e Expr) bool {
	return !anyNode(e, func(n Expr) bool {
		_, ok := n.(*Col)
		return ok
	}) && IsDeterministic(e)
}

// CanFail reports whether evaluating e may give an error for some row, so that
// it must not be evaluated for rows that the query excludes.
func CanFail(e Expr) bool {
	return anyNode(e, func(n Expr) bool {
		switch n := n.(type) {
		case *Call:
			return n.Fn.CanFail && !divisorIsSafe(n) && !patternIsSafe(n)
		case *Cast:
			return !n.Try && fn.CastCanFail(n.X.Type(), n.T)
		}
		return false
	})
}

// divisorIsSafe reports whether the call is a division that cannot be by zero:
// in floating point, or by a literal other than zero.
func divisorIsSafe(c *Call) bool {
	if c.Fn.Name != "/" && c.Fn.Name != "%" && c.Fn.Name != "MOD" || len(c.Args) != 2 {
		return false
	}
	if c.Args[0].Type().IsApprox() || c.Args[1].Type().IsApprox() {
		return c.T.IsApprox()
	}
	l, ok := c.Args[1].(*Lit)
	if !ok {
		return false
	}
	switch x := l.Value.(type) {
	case int64:
		return x != 0
	case types.Int128:
		return !x.IsZero()
	}
	return false
}

// patternFuncs fail for a wrong pattern only, which a literal shows at once.
var patternFuncs = map[string]bool{"LIKE": true, "DATE_FORMAT": true, "TO_DATE": true, "TO_TIMESTAMP": true, "FROM_UNIXTIME": true, "UNIX_TIMESTAMP": true}

// patternIsSafe reports whether the call's pattern is a literal.
func patternIsSafe(c *Call) bool {
	if !patternFuncs[c.Fn.Name] {
		return false
	}
	for _, a := range c.Args[min(1, len(c.Args)):] {
		if _, ok := a.(*Lit); !ok {
			return false
		}
	}
	return true
}

// Conjuncts splits e at its top-level ANDs; TRUE gives none.
func Conjuncts(e Expr) []Expr { return split(nil, e, And) }

// Disjuncts splits e at its top-level ORs.
func Disjuncts(e Expr) []Expr { return split(nil, e, Or) }

func split(dst []Expr, e Expr, op LogicOp) []Expr {
	if e == nil {
		return dst
	}
	if l, ok := e.(*Logic); ok && l.Op == op {
		for _, a := range l.Args {
			dst = split(dst, a, op)
		}
		return dst
	}
	if l, ok := e.(*Lit); ok && l.Value == (op == And) {
		return dst
	}
	return append(dst, e)
}

// AndAll joins conditions by AND: none gives TRUE, one itself.
func AndAll(es ...Expr) Expr { return join(And, es) }

// OrAll joins conditions by OR: none gives FALSE, one itself.
func OrAll(es ...Expr) Expr { return join(Or, es) }

func join(op LogicOp, es []Expr) Expr {
	var flat []Expr
	for _, e := range es {
		flat = split(flat, e, op)
	}
	switch len(flat) {
	case 0:
		if op == And {
			return True()
		}
		return False()
	case 1:
		return flat[0]
	}
	return &Logic{Op: op, Args: flat}
}
