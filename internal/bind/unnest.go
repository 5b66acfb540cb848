package bind

import (
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/unnest"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// unnest binds UNNEST over the columns before it.
func (b *Binder) unnest(l plan.Node, ls *scope, u *sql.Unnest, outer bool) (plan.Node, *scope) {
	v := &env{scope: ls, clause: "UNNEST", noAgg: true, noOver: true, noSub: true}
	x := b.unnested(v, u)
	if x == bad {
		return l, &scope{parent: ls.parent, rels: ls.rels, merged: ls.merged, open: true}
	}
	n := &unnest.Node{In: l, X: x, Ordinality: u.Ordinality, Outer: outer, Elems: unnest.Columns(x.Type(), u.Ordinality, outer)}
	width := len(l.Fields())
	r := &relation{}
	for i, f := range n.Elems {
		r.cols = append(r.cols, column{name: f.Name, t: f.Type, index: width + i})
	}
	if u.Alias != nil {
		r.name = u.Alias.Name.Name
		b.renameColumns(r, u.Alias, false)
		if len(u.Alias.Columns) == 0 && len(r.cols) == 1 {
			r.cols[0].name = r.name
		}
		elems := append([]plan.Field(nil), n.Elems...)
		for i := range elems {
			elems[i].Name = r.cols[i].name
		}
		n.Elems = elems
	}
	return n, ls.join(&scope{rels: []*relation{r}})
}

// unnested binds what UNNEST takes apart: several collections are zipped.
func (b *Binder) unnested(v *env, u *sql.Unnest) expr.Expr {
	xs := b.exprs(v, u.Exprs)
	if anyBad(xs...) {
		return bad
	}
	ok := true
	for i, x := range xs {
		switch t := x.Type(); {
		case t.Kind == types.Multiset && len(xs) > 1:
			b.unsupported(u.Exprs[i].Position(), "UNNEST of a MULTISET beside other collections").WithHint("the elements of a MULTISET have no order; write one UNNEST for each")
			ok = false
		case t.Kind != types.Array && t.Kind != types.Map && t.Kind != types.Multiset:
			b.fail(sqlerr.Type, u.Exprs[i].Position(), "UNNEST needs an ARRAY, MAP or MULTISET, but %s is %s", x, t.AsNullable().WithAttr(types.NoAttr))
			ok = false
		}
	}
	switch {
	case !ok:
		return bad
	case len(xs) == 1:
		return xs[0]
	}
	b.extension(u.Pos, "UNNEST of several collections")
	return b.callAt(u.Pos, fn.ZipName, xs...)
}
