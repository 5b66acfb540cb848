package expr

import (
	"fmt"
	"strings"

	"github.com/weir-stream/weir/internal/types"
)

// Param is a parameter inside the lambda that it belongs to: the nearest one
// around it of its level.
type Param struct {
	Level, Index int
	Name         string
	T            types.Type
}

// Lambda is an argument x -> body. Level is how many lambdas stood around it
// when it was bound; a lambda of the same level that came into its body when
// expressions were merged hides its parameters, which that one cannot mean.
type Lambda struct {
	Level  int
	Params []*Param
	Body   Expr
}

// Type gives the type of the element that the parameter stands for.
func (p *Param) Type() types.Type { return p.T }

// Children gives nil: a parameter has no operands.
func (p *Param) Children() []Expr { return nil }

// With gives the parameter itself.
func (p *Param) With([]Expr) Expr { return p }

// String gives the parameter's name.
func (p *Param) String() string { return p.Name }

// Type gives a symbol: a lambda is no value.
func (l *Lambda) Type() types.Type { return types.Of(types.Symbol).NotNull() }

// Children gives the body.
func (l *Lambda) Children() []Expr { return []Expr{l.Body} }

// With gives the lambda with another body.
func (l *Lambda) With(kids []Expr) Expr {
	return &Lambda{Level: l.Level, Params: l.Params, Body: kids[0]}
}

// String gives the lambda as SQL.
func (l *Lambda) String() string {
	names := make([]string, len(l.Params))
	for i, p := range l.Params {
		names[i] = p.Name
	}
	if len(names) == 1 {
		return fmt.Sprintf("%s -> %s", names[0], l.Body)
	}
	return fmt.Sprintf("(%s) -> %s", strings.Join(names, ", "), l.Body)
}

// open gives the body with its parameters as the columns from on.
func (l *Lambda) open(from int) Expr { return openBody(l.Body, l.Level, from) }

func openBody(e Expr, level, from int) Expr {
	switch x := e.(type) {
	case *Param:
		if x.Level == level {
			return &Col{Index: from + x.Index, Name: x.Name, T: x.T}
		}
		return x
	case *Lambda:
		if x.Level == level {
			return x
		}
	}
	kids := e.Children()
	if len(kids) == 0 {
		return e
	}
	fresh := make([]Expr, len(kids))
	for i, k := range kids {
		fresh[i] = openBody(k, level, from)
	}
	return e.With(fresh)
}

var (
	_ Expr = (*Param)(nil)
	_ Expr = (*Lambda)(nil)
)
