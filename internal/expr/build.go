package expr

import (
	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// MakeCall resolves a call in the table and writes out the implicit casts of
// its arguments. Errors have no position.
func MakeCall(t *fn.Table, name string, args ...Expr) (Expr, error) {
	if len(args) == 2 && comparisons[name] {
		args = readTimes(args)
	}
	infos := make([]fn.Arg, len(args))
	for i, a := range args {
		infos[i] = fn.Arg{Type: a.Type()}
		if l, ok := a.(*Lit); ok {
			infos[i].Lit, infos[i].Value = true, l.Value
		}
	}
	f, ts, ret, err := t.Resolve(name, infos)
	if err != nil {
		return nil, err
	}
	cast := make([]Expr, len(args))
	for i, a := range args {
		cast[i] = CastTo(a, ts[i])
	}
	return &Call{Fn: f, Args: cast, T: ret}, nil
}

var comparisons = map[string]bool{"=": true, "<>": true, "<": true, "<=": true, ">": true, ">=": true,
	"IS DISTINCT FROM": true, "IS NOT DISTINCT FROM": true}

// readTimes casts text that is compared with a date or time to its type.
func readTimes(args []Expr) []Expr {
	for i, a := range args {
		t := args[1-i].Type().WithAttr(types.NoAttr)
		if !a.Type().IsString() || !t.IsTemporal() {
			continue
		}
		out := []Expr{args[0], args[1]}
		out[i] = &Cast{X: a, T: t.WithNull(a.Type().Nullable)}
		return out
	}
	return args
}

// CastTo writes an implicit cast: e itself if its vectors already hold values
// of t, a NULL literal retyped, a Cast otherwise. It does not ask whether the
// cast is allowed.
func CastTo(e Expr, t types.Type) Expr {
	from := e.Type()
	if l, ok := e.(*Lit); ok && l.IsNull() {
		return Null(t)
	}
	if from.WithAttr(types.NoAttr).EqualKind(t.WithAttr(types.NoAttr)) {
		return e
	}
	return &Cast{X: e, T: t.WithAttr(types.NoAttr).WithNull(from.Nullable)}
}

// core calls an operator of the built-in table that always resolves for the
// operands given, such as NOT of a BOOLEAN.
func core(name string, args ...Expr) Expr {
	e, err := MakeCall(fn.Core(), name, args...)
	if err != nil {
		f := fn.Core().Lookup(name)[0]
		return &Call{Fn: f, Args: args, T: boolType}
	}
	return e
}

// Compare gives a op b; the operands are cast to their common type.
func Compare(op fn.CompareOp, a, b Expr) Expr { return core(op.String(), a, b) }

// IsNull gives e IS NULL.
func IsNull(e Expr) Expr { return core("IS NULL", e) }

// IsNotNull gives e IS NOT NULL.
func IsNotNull(e Expr) Expr { return core("IS NOT NULL", e) }

// Negate gives NOT e, driven inwards: comparisons are reversed, AND and OR
// exchanged. It is null where e is.
func Negate(e Expr) Expr {
	switch e := e.(type) {
	case *Lit:
		if b, ok := e.Value.(bool); ok {
			return &Lit{Value: !b, T: e.T}
		}
		return e
	case *In:
		return &In{X: e.X, Values: e.Values, Not: !e.Not}
	case *Logic:
		kids := make([]Expr, len(e.Args))
		for i, a := range e.Args {
			kids[i] = Negate(a)
		}
		return &Logic{Op: 1 - e.Op, Args: kids}
	case *Call:
		switch e.Fn.Name {
		case "NOT":
			return e.Args[0]
		case "IS NULL":
			return IsNotNull(e.Args[0])
		case "IS NOT NULL":
			return IsNull(e.Args[0])
		}
		op, ok := fn.CompareOpOf(e.Fn)
		// NaN makes NOT (a < b) differ from a >= b.
		if ok && !e.Args[0].Type().IsApprox() {
			return core(op.Negate().String(), e.Args...)
		}
	}
	return core("NOT", e)
}

// Coalesce gives the first operand that is not null, in their common type.
func Coalesce(args ...Expr) (Expr, error) {
	t, err := commonType("COALESCE", args)
	if err != nil {
		return nil, err
	}
	nullable := true
	out := &Case{}
	for i, a := range args {
		if i == len(args)-1 || !a.Type().Nullable {
			nullable = a.Type().Nullable
			out.Else = CastTo(a, t.WithNull(a.Type().Nullable))
			break
		}
		out.Whens = append(out.Whens, When{IsNotNull(a), CastTo(a, t)})
	}
	out.T = t.WithNull(nullable)
	if len(out.Whens) == 0 {
		return out.Else, nil
	}
	return out, nil
}

// If gives a where cond is TRUE, else b, in their common type.
func If(cond, a, b Expr) (Expr, error) {
	t, err := commonType("IF", []Expr{a, b})
	if err != nil {
		return nil, err
	}
	return &Case{Whens: []When{{cond, CastTo(a, t)}}, Else: CastTo(b, t), T: t}, nil
}

// NullIf gives null where a = b, else a.
func NullIf(a, b Expr) (Expr, error) {
	eq, err := MakeCall(fn.Core(), "=", a, b)
	if err != nil {
		return nil, err
	}
	t := a.Type().AsNullable().WithAttr(types.NoAttr)
	return &Case{Whens: []When{{eq, Null(t)}}, Else: a, T: t}, nil
}

// CaseOf gives a searched CASE with its results cast to their common type; els
// may be nil.
func CaseOf(whens []When, els Expr) (Expr, error) {
	var results []Expr
	for _, w := range whens {
		results = append(results, w.Then)
	}
	if els != nil {
		results = append(results, els)
	}
	t, err := commonType("CASE", results)
	if err != nil {
		return nil, err
	}
	if els == nil {
		t.Nullable = true
	}
	out := &Case{T: t}
	for _, w := range whens {
		out.Whens = append(out.Whens, When{w.Cond, CastTo(w.Then, t)})
	}
	if els != nil {
		out.Else = CastTo(els, t)
	}
	return out, nil
}

func commonType(what string, args []Expr) (types.Type, error) {
	ts := make([]types.Type, len(args))
	allNull := true
	for i, a := range args {
		ts[i] = a.Type().WithAttr(types.NoAttr)
		allNull = allNull && ts[i].Kind == types.Null
	}
	if allNull {
		return types.Of(types.Null), nil
	}
	t, ok := types.CommonType(ts...)
	if !ok {
		text := ""
		for i, t := range ts {
			if i > 0 {
				text += ", "
			}
			text += t.AsNullable().String()
		}
		return t, sqlerr.New(sqlerr.Type, sqlerr.Pos{}, "the results of %s have no common type: %s", what, text)
	}
	return t, nil
}
