package bind

import (
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// orderedAgg binds ARRAY_AGG and LISTAGG with an ORDER BY of their own: rows of the
// keys and the value are collected like any values, so that they may be taken back
// and merged, and what came of them is sorted. Flink takes ORDER BY in ARRAY_AGG
// and does not sort, and refuses the other forms.
func (b *Binder) orderedAgg(v *env, f *sql.FuncCall, args []expr.Expr, order []sql.OrderItem) expr.Expr {
	list := f.Func() == "LISTAGG"
	if list || len(f.WithinGroup) > 0 {
		what := "ORDER BY in "
		if len(f.WithinGroup) > 0 {
			what = "WITHIN GROUP of "
		}
		b.extension(f.Pos, what+f.Func())
	}
	_, args, whole, ok := b.resolveAgg(f.Func(), args, f.Filter != nil || v.emptyGroups, f.Pos)
	if !ok {
		return bad
	}
	x := args[0]
	spec, keys := b.sortSpec(v, f, x, order)
	if anyBad(keys...) {
		return bad
	}
	row := b.callAt(f.Pos, "ROW", append(keys, x)...)
	var filter expr.Expr
	if f.Filter != nil {
		inner := *v
		inner.clause = "FILTER"
		filter = b.condition(&inner, f.Filter)
	}
	if list && x.Type().Nullable {
		if filter == nil {
			filter = expr.IsNotNull(x)
		} else {
			filter = expr.AndAll(filter, expr.IsNotNull(x))
		}
	}
	if row == bad || filter == bad {
		return bad
	}
	slot := &aggSlot{distinct: f.Distinct, filter: filter != nil, args: 1, pos: f.Pos}
	slot.agg, slot.kids, slot.t, ok = b.resolveAgg("ARRAY_AGG", []expr.Expr{row}, filter != nil || v.emptyGroups, f.Pos)
	if !ok {
		return bad
	}
	slot.t = slot.t.WithNull(whole.Nullable)
	if filter != nil {
		slot.kids = append(slot.kids, filter)
	}
	out := b.callAt(f.Pos, fn.SortedItemsName, slot, text(spec))
	if !list || out == bad {
		return out
	}
	sep := expr.Expr(text(","))
	if len(args) > 1 {
		sep = args[1]
	}
	return b.callAt(f.Pos, "ARRAY_JOIN", out, sep)
}

// sortSpec binds the keys and writes their directions down, as SORTED_ITEMS reads
// them.
func (b *Binder) sortSpec(v *env, f *sql.FuncCall, x expr.Expr, order []sql.OrderItem) (spec string, keys []expr.Expr) {
	for _, o := range order {
		k := b.expr(v, o.Expr)
		if k == bad {
			return "", []expr.Expr{bad}
		}
		if t := k.Type(); t.IsNested() || t.Kind == types.Variant || t.Kind == types.Bitmap {
			b.fail(sqlerr.Type, o.Expr.Position(), "%s has no order, so ORDER BY in %s cannot take it", t.AsNullable().WithAttr(types.NoAttr), f.Func())
			return "", []expr.Expr{bad}
		}
		if f.Distinct && expr.Key(uncast(k)) != expr.Key(uncast(x)) {
			b.fail(sqlerr.Plan, o.Expr.Position(), "%s(DISTINCT ..) can only be sorted by its argument", f.Func())
			return "", []expr.Expr{bad}
		}
		s := sortOf(o)
		spec += map[bool]string{false: "a", true: "d"}[s.desc] + map[bool]string{false: "l", true: "f"}[s.nullsFirst]
		keys = append(keys, k)
	}
	return spec, keys
}

// uncast looks through the casts that a signature has added.
func uncast(e expr.Expr) expr.Expr {
	for {
		c, ok := e.(*expr.Cast)
		if !ok {
			return e
		}
		e = c.X
	}
}
