package bind

import (
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// lambdaScope is what a lambda's parameters are called inside it.
type lambdaScope struct {
	params []*expr.Param
	outer  *lambdaScope
}

func (s *lambdaScope) find(name string) *expr.Param {
	for ; s != nil; s = s.outer {
		for _, p := range s.params {
			if p.Name == name {
				return p
			}
		}
	}
	return nil
}

func (s *lambdaScope) depth() int {
	n := 0
	for ; s != nil; s = s.outer {
		n++
	}
	return n
}

// param binds a name that begins with a parameter's; false if it does not.
func (b *Binder) param(v *env, ref *sql.ColumnRef) (expr.Expr, bool) {
	p := v.lambda.find(ref.Parts[0].Name)
	if p == nil {
		return nil, false
	}
	var e expr.Expr = p
	for _, part := range ref.Parts[1:] {
		e = b.field(e, part)
	}
	return e, true
}

// lambdas binds a call with lambdas; false if it has none.
func (b *Binder) lambdas(v *env, f *sql.FuncCall) (expr.Expr, bool) {
	first := -1
	for i, a := range f.Args {
		if _, ok := a.Value.(*sql.LambdaExpr); ok {
			first = i
			break
		}
	}
	if first < 0 {
		return nil, false
	}
	name := f.Func()
	row := b.higher(name)
	switch {
	case row == nil && b.Functions.Has(name):
		b.fail(sqlerr.Type, f.Args[first].Value.Position(), "%s takes no lambda", name).
			WithHint("TRANSFORM, FILTER, EXISTS, FORALL, AGGREGATE, ZIP_WITH, MAP_FILTER and TRANSFORM_VALUES do")
		return bad, true
	case row == nil:
		b.noFunction(f)
		return bad, true
	case first != row.Higher.Values || len(f.Args) > first+2 || len(f.Args) > first+1 && row.Higher.Kind != fn.HigherFold || !b.plainCall(f):
		b.fail(sqlerr.Type, f.Pos, "%s does not take these arguments", name).WithHint("it takes %s%s", name, row.Sig)
		return bad, true
	}
	b.extension(f.Pos, name)
	h := &higherCall{b: b, v: v, f: f, row: row}
	return h.bind(), true
}

// higher gives the row of a function that takes lambdas, nil if it is not one.
func (b *Binder) higher(name string) *fn.Func {
	for _, row := range b.Functions.Lookup(name) {
		if row.Higher != nil {
			return row
		}
	}
	return nil
}

// higherCall is a call with lambdas being bound.
type higherCall struct {
	b   *Binder
	v   *env
	f   *sql.FuncCall
	row *fn.Func
}

func (c *higherCall) bind() expr.Expr {
	h := c.row.Higher
	var args []expr.Expr
	var ts []types.Type
	for k, a := range c.f.Args[:h.Values] {
		e := c.b.expr(c.v, a.Value)
		if e == bad {
			return bad
		}
		if t := e.Type(); !h.Takes(k, t) {
			c.b.fail(sqlerr.Type, a.Value.Position(), "%s does not take %s here", c.row.Name, t.AsNullable().WithAttr(types.NoAttr)).WithHint("it takes %s%s", c.row.Name, c.row.Sig)
			return bad
		}
		args, ts = append(args, e), append(ts, e.Type())
	}
	l := c.lambda(h.Values, h.Types(ts))
	if l == nil {
		return bad
	}
	if h.Kind == fn.HigherFold {
		return c.fold(args, ts, l)
	}
	if h.Condition {
		if l.Body = c.b.boolean(l.Body, c.f.Args[h.Values].Value.Position(), "the lambda of "+c.row.Name); l.Body == bad {
			return bad
		}
	}
	return &expr.Call{Fn: c.row, Args: append(args, l), T: h.Result(ts, plain(l.Body.Type()))}
}

func plain(t types.Type) types.Type { return t.WithAttr(types.NoAttr) }

// fold binds the rest of AGGREGATE. The accumulator has the type that holds both
// its start and what the lambda makes of that.
func (c *higherCall) fold(args []expr.Expr, ts []types.Type, l *expr.Lambda) expr.Expr {
	h := c.row.Higher
	acc := plain(ts[1]).AsNullable()
	switch { // texts grow
	case acc.IsString():
		acc = types.String()
	case acc.IsBinary():
		acc = types.Bytes()
	}
	if t, ok := types.CommonType(acc, plain(l.Body.Type())); ok && !t.AsNullable().EqualKind(acc) {
		acc = t.AsNullable()
		ts[1] = acc
		if l = c.lambda(h.Values, h.Types(ts)); l == nil {
			return bad
		}
	}
	args[1] = expr.CastTo(args[1], acc)
	if t := plain(l.Body.Type()); !types.ImplicitCastable(t, acc) {
		c.b.fail(sqlerr.Type, c.f.Args[h.Values].Value.Position(), "the lambda of %s gives %s, but its accumulator is %s", c.row.Name, t.AsNullable(), acc)
		return bad
	}
	l.Body = expr.CastTo(l.Body, acc)
	args, result := append(args, l), acc
	if len(c.f.Args) > h.Values+1 {
		last := c.lambda(h.Values+1, []types.Type{acc})
		if last == nil {
			return bad
		}
		args, result = append(args, last), plain(last.Body.Type())
	}
	return &expr.Call{Fn: c.row, Args: args, T: h.Result(ts, result)}
}

// lambda binds argument k with parameters of the types; nil after an error.
func (c *higherCall) lambda(k int, ts []types.Type) *expr.Lambda {
	l, ok := c.f.Args[k].Value.(*sql.LambdaExpr)
	if !ok || len(l.Params) != len(ts) {
		e := c.b.fail(sqlerr.Type, c.f.Args[k].Value.Position(), "%s needs a lambda of %s here", c.row.Name, []string{"one parameter", "two parameters"}[len(ts)-1])
		e.WithHint("for example %s", []string{"x -> x + 1", "(x, y) -> x + y"}[len(ts)-1])
		return nil
	}
	out := &expr.Lambda{Level: c.v.lambda.depth()}
	for i, p := range l.Params {
		out.Params = append(out.Params, &expr.Param{Level: out.Level, Index: i, Name: p.Name, T: plain(ts[i])})
	}
	inner := *c.v
	inner.lambda = &lambdaScope{params: out.Params, outer: c.v.lambda}
	inner.noAgg, inner.noOver, inner.noSub, inner.clause = true, true, true, "a lambda"
	if out.Body = c.b.expr(&inner, l.Body); out.Body == bad {
		return nil
	}
	return out
}
