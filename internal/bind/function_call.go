package bind

import (
	"github.com/weir-stream/weir/internal/catalog"
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// userFunction finds the function in SQL that a call means. A built-in function
// wins over one of the current database, a temporary system function over both,
// as in Flink.
func (b *Binder) userFunction(n sql.ObjectName) (*catalog.Function, bool) {
	f, ok := b.Catalog.Function(n.Strings(), b.CurrentCatalog, b.CurrentDatabase)
	if ok && len(n.Parts) == 1 && !f.System {
		name := (&sql.FuncCall{Name: n}).Func()
		if b.callable(name) || b.Aggs.Lookup(name) != nil {
			return nil, false
		}
	}
	return f, ok
}

// userCall expands a call of a function in SQL.
func (b *Binder) userCall(v *env, c *sql.FuncCall, f *catalog.Function) expr.Expr {
	switch {
	case f.Body == "": // its definition was refused
		b.silenced = true
		return bad
	case f.Table:
		b.fail(sqlerr.Plan, c.Pos, "%s is a table function", f.Path.Name).WithHint("write it in FROM: TABLE(%s(..)), or LATERAL TABLE(%s(..))", f.Path.Name, f.Path.Name)
		return bad
	case c.Over != nil || c.Distinct || len(c.OrderBy) > 0 || len(c.WithinGroup) > 0 || c.Filter != nil || c.Nulls != "":
		b.fail(sqlerr.Plan, c.Pos, "%s is not an aggregate: it takes arguments only", f.Path.Name)
		return bad
	}
	args, ok := b.userArgs(v, c, f)
	if !ok {
		return bad
	}
	e := b.functionBody(f, args, c.Pos)
	if e != bad {
		b.onceEach(e, args, f, c.Pos)
	}
	return e
}

// userArgs binds the arguments, by place or by name, and casts them to the
// parameters' types.
func (b *Binder) userArgs(v *env, c *sql.FuncCall, f *catalog.Function) ([]expr.Expr, bool) {
	args := make([]expr.Expr, len(f.Params))
	wrong := func(pos sqlerr.Pos, format string, a ...any) bool {
		b.fail(sqlerr.Type, pos, format, a...).WithHint("the function is %s", f.Signature())
		return false
	}
	ok := true
	for i, a := range c.Args {
		at := i
		if a.Name != nil {
			at = paramNamed(f, a.Name.Name)
		}
		switch {
		case a.Name != nil && at < 0:
			ok = wrong(a.Name.Pos, "%s has no parameter `%s`", f.Path.Name, a.Name.Name)
		case at >= len(args):
			return nil, wrong(c.Pos, "%s takes %s, but %d given", f.Path.Name, plural(len(args), "argument"), len(c.Args))
		case args[at] != nil:
			ok = wrong(a.Value.Position(), "the parameter `%s` of %s is given twice", f.Params[at].Name, f.Path.Name)
		default:
			e := b.expr(v, a.Value)
			args[at] = e
			if e == bad {
				ok = false
				continue
			}
			want := f.Params[at].Type
			from := e.Type().WithAttr(types.NoAttr)
			if from.Kind != types.Null && !types.ImplicitCastable(from, deepNullable(want)) {
				ok = wrong(a.Value.Position(), "the parameter `%s` of %s is %s, not %s", f.Params[at].Name, f.Path.Name, want.AsNullable(), from.AsNullable())
				continue
			}
			args[at] = expr.CastTo(e, want.WithNull(e.Type().Nullable || from.Kind == types.Null))
		}
	}
	for i := range args {
		if args[i] == nil {
			return nil, wrong(c.Pos, "%s takes %s, but %d given", f.Path.Name, plural(len(args), "argument"), len(c.Args))
		}
	}
	return args, ok
}

func paramNamed(f *catalog.Function, name string) int {
	for i, p := range f.Params {
		if p.Name == name {
			return i
		}
	}
	return -1
}

// bodyScope is what a body sees: the parameters stand for the arguments.
func bodyScope(f *catalog.Function, args []expr.Expr) *scope {
	s := &scope{}
	for i, p := range f.Params {
		s.merged = append(s.merged, mergedCol{p.Name, args[i]})
	}
	return s
}

// functionBody binds the body of a scalar function over its arguments.
func (b *Binder) functionBody(f *catalog.Function, args []expr.Expr, pos sqlerr.Pos) expr.Expr {
	x, err := sql.ParseExpr(f.Body)
	if err != nil {
		b.errs = append(b.errs, inFunction(f, err, pos)...)
		return bad
	}
	e := bad
	b.inBody(f, pos, func() {
		e = b.expr(&env{scope: bodyScope(f, args), clause: "a function in SQL", noAgg: true, noOver: true, noSub: true}, x)
		if e == bad || f.Returns.Kind == types.Null {
			return
		}
		from, to := e.Type().WithAttr(types.NoAttr), f.Returns
		if from.Kind != types.Null && !types.ImplicitCastable(from, deepNullable(to)) {
			b.fail(sqlerr.Type, pos, "the body is %s, but RETURNS says %s", from.AsNullable(), to.AsNullable()).WithHint("write CAST(.. AS %s)", to.AsNullable())
			e = bad
			return
		}
		e = expr.CastTo(e, to.WithNull(from.Nullable || from.Kind == types.Null))
	})
	return e
}

// inBody runs what binds a body in the database that the function was made in.
// Errors are those of the call; a function that calls itself is refused.
func (b *Binder) inBody(f *catalog.Function, pos sqlerr.Pos, do func()) {
	path := f.Path
	path.Name += "()" // no view has such a name
	for _, p := range b.views {
		if p == path {
			b.fail(sqlerr.Plan, pos, "the function `%s` calls itself", f.Path.Name).WithHint("functions in SQL are expanded where they are called")
			return
		}
	}
	b.within(do, f.Catalog, f.Database, path, pos, func(err error) {
		b.errs = append(b.errs, inFunction(f, err, pos)...)
	})
}

func inFunction(f *catalog.Function, err error, pos sqlerr.Pos) sqlerr.List {
	var l, out sqlerr.List
	l.Add(err)
	for _, e := range l {
		c := *e
		c.Msg, c.Pos = "in the function `"+f.Path.Name+"`: "+e.Msg, pos
		out = append(out, &c)
	}
	return out
}

// onceEach refuses an argument that differs from call to call where the body
// would compute it more than once.
func (b *Binder) onceEach(body expr.Expr, args []expr.Expr, f *catalog.Function, pos sqlerr.Pos) {
	for i, a := range args {
		if !expr.IsVolatile(a) {
			continue
		}
		n := 0
		expr.Walk(body, func(e expr.Expr) bool {
			if e == a {
				n++
			}
			return e != a
		})
		if n > 1 {
			b.fail(sqlerr.Plan, pos, "the argument `%s` of %s is %s, which differs each time, and the function uses it %d times", f.Params[i].Name, f.Path.Name, a, n).
				WithHint("compute it in a subquery first")
		}
	}
}
