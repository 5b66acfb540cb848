package bind

import (
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/recurse"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// recursive binds a WITH query that reads itself: seed UNION [ALL] step. It
// reports whether the query is one.
func (b *Binder) recursive(c *sql.CTE) (block, bool) {
	q := c.Query
	union, ok := q.Body.(*sql.SetOp)
	if !ok || union.Op != "UNION" || len(q.With) > 0 {
		return block{}, false
	}
	known := len(b.errs)
	seed := b.body(union.Left, nil)
	if seed.open {
		return seed, true
	}
	work := &recurse.Work{Table: c.Name.Name, Output: recursiveColumns(seed.node.Fields(), c.Columns)}
	outer := b.ctes
	self := &cteScope{next: outer, name: c.Name.Name, blk: block{node: work}}
	b.ctes = self
	step := b.body(union.Right, nil)
	b.ctes = outer
	switch {
	case self.used == 0:
		b.errs = b.errs[:known] // told again when it is bound as a plain query
		return block{}, false
	case self.used > 1:
		b.unsupported(c.Pos, "a recursive query that reads itself more than once").WithHint("join it with other tables only")
		return broken(), true
	case len(q.OrderBy) > 0 || q.Limit != nil || q.Offset != nil || q.Fetch != nil:
		b.unsupported(c.Pos, "ORDER BY or LIMIT of a recursive query").WithHint("put them where `%s` is read", c.Name.Name)
		return broken(), true
	case step.open:
		return broken(), true
	}
	b.extension(c.Pos, "WITH RECURSIVE")
	if !b.stepFits(union, work, step) {
		return broken(), true
	}
	n := &recurse.Node{Seed: castColumns(seed.node, work.Output), Step: castColumns(step.node, work.Output), All: union.All, Output: work.Output, Pos: c.Pos}
	return block{node: n}, true
}

// recursiveColumns are the columns of the seed, as a step may change them: of
// any length, and null.
func recursiveColumns(seed []plan.Field, names []sql.Ident) []plan.Field {
	out := make([]plan.Field, len(seed))
	for i, f := range seed {
		t := f.Type.WithAttr(types.NoAttr).AsNullable()
		if t.Kind == types.Char || t.Kind == types.Varchar {
			t = types.String()
		}
		out[i] = plan.Field{Name: f.Name, Type: t}
		if len(names) == len(seed) {
			out[i].Name = names[i].Name
		}
	}
	return out
}

// stepFits checks that the step gives the seed's columns.
func (b *Binder) stepFits(union *sql.SetOp, work *recurse.Work, step block) bool {
	fs := step.node.Fields()
	if len(fs) != len(work.Output) {
		b.fail(sqlerr.Plan, union.Right.Position(), "the inputs of UNION differ in their number of columns: %d and %d", len(work.Output), len(fs))
		return false
	}
	for i, f := range fs {
		want := work.Output[i].Type
		if _, ok := types.CommonType(want, f.Type); !ok {
			b.fail(sqlerr.Type, union.Right.Position(), "column %d `%s` is %s in the first query of `%s`, but %s in the recursive one",
				i+1, work.Output[i].Name, want, work.Table, f.Type.AsNullable().WithAttr(types.NoAttr)).
				WithHint("cast it to %s", want)
			return false
		}
	}
	return true
}
