package expr

import (
	"github.com/weir-stream/weir/internal/types"
)

var boolType = types.Of(types.Boolean)

// Type gives the column's type, time attribute included.
func (c *Col) Type() types.Type { return c.T }

// Children gives nil: a column has no operands.
func (c *Col) Children() []Expr { return nil }

// With gives the column itself.
func (c *Col) With([]Expr) Expr { return c }

// Type gives the literal's type; a NULL is nullable.
func (l *Lit) Type() types.Type { return l.T }

// Children gives nil: a literal has no operands.
func (l *Lit) Children() []Expr { return nil }

// With gives the literal itself.
func (l *Lit) With([]Expr) Expr { return l }

// IsNull reports whether the literal is NULL.
func (l *Lit) IsNull() bool { return l.Value == nil }

// Type gives the result type that the call was resolved to.
func (c *Call) Type() types.Type { return c.T }

// Children gives the arguments.
func (c *Call) Children() []Expr { return c.Args }

// With gives the call over other arguments.
func (c *Call) With(kids []Expr) Expr { return &Call{Fn: c.Fn, Args: kids, T: c.T} }

// Type gives BOOLEAN, nullable if an operand is.
func (l *Logic) Type() types.Type {
	for _, a := range l.Args {
		if a.Type().Nullable {
			return boolType
		}
	}
	return boolType.NotNull()
}

// Children gives the operands.
func (l *Logic) Children() []Expr { return l.Args }

// With gives the connective over other operands.
func (l *Logic) With(kids []Expr) Expr { return &Logic{Op: l.Op, Args: kids} }

// Type gives the common type of the branches.
func (c *Case) Type() types.Type { return c.T }

// Children gives condition and result of each branch in turn, then ELSE if there is one.
func (c *Case) Children() []Expr {
	kids := make([]Expr, 0, 2*len(c.Whens)+1)
	for _, w := range c.Whens {
		kids = append(kids, w.Cond, w.Then)
	}
	if c.Else != nil {
		kids = append(kids, c.Else)
	}
	return kids
}

// With gives the CASE over other branches, in the order of Children.
func (c *Case) With(kids []Expr) Expr {
	n := &Case{Whens: make([]When, len(c.Whens)), T: c.T}
	for i := range n.Whens {
		n.Whens[i] = When{kids[2*i], kids[2*i+1]}
	}
	if c.Else != nil {
		n.Else = kids[len(kids)-1]
	}
	return n
}

// Type gives the target type; the binder sets its nullability (TRY_CAST is nullable).
func (c *Cast) Type() types.Type { return c.T }

// Children gives the operand.
func (c *Cast) Children() []Expr { return []Expr{c.X} }

// With gives the cast of another operand.
func (c *Cast) With(kids []Expr) Expr { return &Cast{X: kids[0], T: c.T, Try: c.Try} }

// Type gives BOOLEAN, nullable if the operand or a listed value may be null.
func (n *In) Type() types.Type {
	nullable := n.X.Type().Nullable
	for _, v := range n.Values {
		nullable = nullable || v.IsNull()
	}
	return boolType.WithNull(nullable)
}

// Children gives the operand; the values are not operands.
func (n *In) Children() []Expr { return []Expr{n.X} }

// With gives the test of another operand.
func (n *In) With(kids []Expr) Expr { return &In{X: kids[0], Values: n.Values, Not: n.Not} }

var (
	_ Expr = (*Col)(nil)
	_ Expr = (*Lit)(nil)
	_ Expr = (*Call)(nil)
	_ Expr = (*Logic)(nil)
	_ Expr = (*Case)(nil)
	_ Expr = (*Cast)(nil)
	_ Expr = (*In)(nil)
)

// True and False are the literals; Null gives a NULL of a type.
func True() *Lit             { return &Lit{Value: true, T: boolType.NotNull()} }
func False() *Lit            { return &Lit{Value: false, T: boolType.NotNull()} }
func Null(t types.Type) *Lit { return &Lit{T: t.AsNullable()} }
