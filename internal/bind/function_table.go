package bind

import (
	"github.com/weir-stream/weir/internal/catalog"
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/calc"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// userTable expands a table function over arguments that are bound in a scope:
// the empty one in FROM, that of the columns before it with LATERAL.
func (b *Binder) userTable(c *sql.FuncCall, f *catalog.Function, s *scope) block {
	if f.Body == "" { // its definition was refused
		b.silenced = true
		return broken()
	}
	if !f.Table {
		b.fail(sqlerr.Plan, c.Pos, "%s is a scalar function and gives no table", f.Path.Name)
		return broken()
	}
	args, ok := b.userArgs(&env{scope: s, clause: "the arguments of " + f.Path.Name, noAgg: true, noOver: true, noSub: true}, c, f)
	if !ok {
		return broken()
	}
	blk := b.functionQuery(f, args, c.Pos)
	if blk.open {
		return blk
	}
	return b.functionColumns(f, blk, c.Pos)
}

// functionQuery binds the query of a table function over its arguments.
func (b *Binder) functionQuery(f *catalog.Function, args []expr.Expr, pos sqlerr.Pos) block {
	q, err := sql.ParseQuery(f.Body)
	if err != nil {
		b.errs = append(b.errs, inFunction(f, err, pos)...)
		return broken()
	}
	blk := broken()
	n := len(b.errs)
	b.inBody(f, pos, func() { blk = b.query(q, bodyScope(f, args)) })
	if len(b.errs) > n {
		return broken()
	}
	return blk
}

// functionColumns gives a table function's query the declared columns.
func (b *Binder) functionColumns(f *catalog.Function, blk block, pos sqlerr.Pos) block {
	fs := blk.node.Fields()
	if len(fs) != len(f.Columns) {
		b.fail(sqlerr.Type, pos, "the query of the function `%s` has %s, but RETURNS says %d", f.Path.Name, plural(len(fs), "column"), len(f.Columns))
		return broken()
	}
	es, out := make([]expr.Expr, len(fs)), make([]plan.Field, len(fs))
	for i, c := range f.Columns {
		from := fs[i].Type.WithAttr(types.NoAttr)
		if from.Kind != types.Null && !types.ImplicitCastable(from, deepNullable(c.Type)) {
			b.fail(sqlerr.Type, pos, "column %d of the function `%s` is %s, but RETURNS says %s %s", i+1, f.Path.Name, from.AsNullable(), c.Name, c.Type.AsNullable())
			return broken()
		}
		es[i] = plan.ColOf(fs, i)
		t := fs[i].Type // time attributes stay
		if !from.WithNull(true).Equal(c.Type.WithNull(true)) {
			es[i] = expr.CastTo(es[i], c.Type.WithNull(from.Nullable))
			t = es[i].Type()
		}
		out[i] = plan.Field{Name: c.Name, Type: t}
	}
	blk.node = &calc.Node{In: blk.node, Out: es, Cols: out}
	return blk
}
