package expr

import (
	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// Fold evaluates what is constant in e and simplifies AND, OR and CASE over the
// results. What would fail stays as it is, so that it fails only if a row needs
// it.
func Fold(e Expr, zone *types.Zone) Expr {
	return Transform(e, func(n Expr) Expr {
		switch n := n.(type) {
		case *Col, *Lit, *Lambda, *Param:
			return n
		case *Logic:
			return foldLogic(n)
		case *Case:
			return foldCase(n)
		case *Call:
			if n.Fn.KeepCall {
				return n
			}
		}
		for _, k := range n.Children() {
			if _, ok := k.(*Lit); !ok {
				return n
			}
		}
		if !IsDeterministic(n) {
			return n
		}
		if l, ok := evalConst(n, zone); ok {
			return l
		}
		return n
	})
}

// EvalConst gives the value of an expression without columns, in the form of
// vec.Vector.Value. It may call functions that read the clock in c.
func EvalConst(c *fn.Ctx, e Expr, zone *types.Zone) (any, error) {
	p, err := Compile([]Expr{e}, nil, zone)
	if err != nil {
		return nil, err
	}
	out, err := p.Eval(c, &vec.Batch{N: 1})
	if err != nil {
		return nil, err
	}
	return out[0].Value(0), nil
}

func evalConst(e Expr, zone *types.Zone) (*Lit, bool) {
	switch e.Type().Kind {
	case types.Symbol, types.Descriptor, types.Variant:
		return nil, false
	}
	x, err := EvalConst(&fn.Ctx{Zone: zone}, e, zone)
	if err != nil {
		return nil, false
	}
	t := e.Type()
	if x == nil {
		t.Nullable = true
	}
	return &Lit{Value: x, T: t}, true
}

// foldLogic drops neutral operands; a deciding one decides, since operands
// beside it need not be evaluated.
func foldLogic(n *Logic) Expr {
	decides := n.Op == Or
	var kept []Expr
	for _, a := range n.Args {
		l, ok := a.(*Lit)
		switch {
		case !ok || l.IsNull():
			kept = append(kept, a)
		case l.Value == decides:
			return &Lit{Value: decides, T: boolType.NotNull()}
		}
	}
	if len(kept) == len(n.Args) {
		return n
	}
	return join(n.Op, kept)
}

// foldCase drops branches that are never chosen and what follows one that
// always is.
func foldCase(n *Case) Expr {
	out := &Case{T: n.T}
	for _, w := range n.Whens {
		l, ok := w.Cond.(*Lit)
		if !ok {
			out.Whens = append(out.Whens, w)
			continue
		}
		if l.Value == true {
			if len(out.Whens) == 0 {
				return w.Then
			}
			out.Else = w.Then
			return out
		}
	}
	switch {
	case len(out.Whens) == len(n.Whens):
		return n
	case len(out.Whens) > 0:
		out.Else = n.Else
		return out
	case n.Else != nil:
		return n.Else
	}
	return Null(n.T)
}
