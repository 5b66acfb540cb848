package bind

import (
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// inList binds x IN (a, b): a set of literals where they are literals, else
// equations.
func (b *Binder) inList(v *env, e *sql.InExpr) expr.Expr {
	if row, ok := e.X.(*sql.RowExpr); ok {
		return b.inRows(v, e, row)
	}
	x := b.expr(v, e.X)
	list := b.exprs(v, e.List)
	if x == bad || anyBad(list...) {
		return bad
	}
	if in, ok := b.inLiterals(x, list); ok {
		in.Not = e.Not
		return in
	}
	parts := make([]expr.Expr, len(list))
	for i, y := range list {
		if parts[i] = b.callAt(e.List[i].Position(), "=", x, y); parts[i] == bad {
			return bad
		}
	}
	return negateIf(expr.OrAll(parts...), e.Not)
}

func negateIf(e expr.Expr, not bool) expr.Expr {
	if not {
		return expr.Negate(e)
	}
	return e
}

// inLiterals makes a set of literals of x's type; false if some value is no
// literal or has no common type with x.
func (b *Binder) inLiterals(x expr.Expr, list []expr.Expr) (*expr.In, bool) {
	ts := []types.Type{x.Type().WithAttr(types.NoAttr)}
	for _, y := range list {
		if _, ok := y.(*expr.Lit); !ok {
			return nil, false
		}
		ts = append(ts, y.Type())
	}
	t, ok := types.CommonType(ts...)
	if !ok || t.IsNested() {
		return nil, false
	}
	if t.IsString() {
		t = types.String() // lengths do not matter
	}
	in := &expr.In{X: x}
	if !t.IsString() {
		in.X = expr.CastTo(x, t)
	}
	for _, y := range list {
		l, ok := b.constant(y, t)
		if !ok {
			return nil, false
		}
		in.Values = append(in.Values, l)
	}
	return in, true
}

// constant casts a literal to a type at once.
func (b *Binder) constant(e expr.Expr, t types.Type) (*expr.Lit, bool) {
	l, ok := e.(*expr.Lit)
	switch {
	case ok && l.IsNull():
		return expr.Null(t), true
	case ok && l.T.IsString() && t.IsString():
		return &expr.Lit{Value: l.Value, T: t.NotNull()}, true
	}
	l, ok = expr.Fold(expr.CastTo(e, t), b.Zone).(*expr.Lit)
	return l, ok
}

func (b *Binder) inRows(v *env, e *sql.InExpr, row *sql.RowExpr) expr.Expr {
	xs := b.exprs(v, row.Items)
	var parts []expr.Expr
	for _, item := range e.List {
		r, ok := item.(*sql.RowExpr)
		if !ok {
			b.fail(sqlerr.Type, item.Position(), "cannot compare a row of %d with a single value", len(xs))
			return bad
		}
		parts = append(parts, b.equalRows(xs, b.exprs(v, r.Items), false, r.Pos))
	}
	if anyBad(parts...) {
		return bad
	}
	return negateIf(expr.OrAll(parts...), e.Not)
}
