package bind

import (
	"slices"

	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/window"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// grouping is the GROUP BY of a SELECT, or the one group of a SELECT that only
// has aggregates.
type grouping struct {
	keys   []expr.Expr // distinct, over FROM
	names  []string
	sets   [][]int // into keys; nil for one plain set
	legacy *legacyWindow
	all    bool // GROUP BY ALL
	made   plan.Made
	broken bool
	ttlMs  int64

	byKey map[string]int // expr.Key of a key to its place
	slots []*aggSlot
	slot  map[string]int // expr.Key of a slot to its place
	props []window.PropCol
	node  plan.Node // after the aggregate is made
	idCol int       // column of the grouping id; -1 = none
	ids   []int64   // grouping id of each set
	// needID: the grouping id is asked for by GROUPING or its like.
	needID bool
	b      *Binder
}

// groupBy binds the GROUP BY clause.
func (s *selection) groupBy() {
	if len(s.sel.GroupBy) == 0 {
		return
	}
	g := s.newGrouping()
	v := s.env("GROUP BY")
	v.noAgg, v.noOver = true, true
	s.peekAliases()
	s.markNullable(v)
	sets := [][]int{{}}
	plain := true
	for i := range s.sel.GroupBy {
		it := &s.sel.GroupBy[i]
		if it.Kind == sql.GroupAll {
			s.b.extension(it.Pos, "GROUP BY ALL")
			g.all = true
			continue
		}
		plain = plain && it.Kind == sql.GroupExpr
		sets = cross(sets, g.sets1(v, it))
	}
	if !plain {
		g.sets = sets
	}
}

// peekAliases notes the aliases of the select list before it is bound, so that
// using one in GROUP BY is explained.
func (s *selection) peekAliases() {
	s.scope.aliases = map[string]expr.Expr{}
	for _, it := range s.sel.Items {
		if it.Alias != nil {
			s.scope.aliases[it.Alias.Name] = bad
		}
	}
}

func (s *selection) newGrouping() *grouping {
	s.group = &grouping{byKey: map[string]int{}, slot: map[string]int{}, idCol: -1, ttlMs: -1, b: s.b}
	return s.group
}

// markNullable makes the columns that grouping sets null nullable in all that
// is bound after it, so that COALESCE(key, 'all') is not simplified away.
func (s *selection) markNullable(v *env) {
	var mark func(it *sql.GroupItem)
	mark = func(it *sql.GroupItem) {
		if ref, ok := it.Expr.(*sql.ColumnRef); ok {
			n := len(s.b.errs)
			if c, ok := s.b.columnRef(v.scope, ref).(*expr.Col); ok && c.Depth == 0 {
				if s.scope.nullable == nil {
					s.scope.nullable = map[int]bool{}
				}
				s.scope.nullable[c.Index] = true
			}
			s.b.errs = s.b.errs[:n] // told again when the key is bound
		}
		for i := range it.Items {
			mark(&it.Items[i])
		}
	}
	for i := range s.sel.GroupBy {
		if it := &s.sel.GroupBy[i]; it.Kind != sql.GroupExpr && it.Kind != sql.GroupAll {
			mark(it)
		}
	}
}

// sets1 gives the grouping sets of one element.
func (g *grouping) sets1(v *env, it *sql.GroupItem) [][]int {
	switch it.Kind {
	case sql.GroupExpr:
		return [][]int{g.keySet(v, it.Expr)}
	case sql.GroupGroupingSets:
		var out [][]int
		for i := range it.Items {
			out = append(out, g.sets1(v, &it.Items[i])...)
		}
		return out
	}
	parts := make([][]int, len(it.Items))
	for i := range it.Items {
		if sub := g.sets1(v, &it.Items[i]); len(sub) == 1 {
			parts[i] = sub[0]
		}
	}
	if it.Kind == sql.GroupRollup {
		var out [][]int
		for n := len(parts); n >= 0; n-- {
			out = append(out, merge(parts[:n]...))
		}
		return out
	}
	if len(parts) > 12 {
		g.b.fail(sqlerr.Plan, it.Pos, "CUBE of %d columns has %d grouping sets; at most 12 columns can be given", len(parts), 1<<len(parts))
		g.broken = true
		return nil
	}
	var out [][]int
	for mask := 1<<len(parts) - 1; mask >= 0; mask-- {
		var pick [][]int
		for i, p := range parts {
			if mask&(1<<(len(parts)-1-i)) != 0 {
				pick = append(pick, p)
			}
		}
		out = append(out, merge(pick...))
	}
	return out
}

// cross pairs every set of a with every set of b.
func cross(a, b [][]int) [][]int {
	var out [][]int
	for _, x := range a {
		for _, y := range b {
			out = append(out, merge(x, y))
		}
	}
	return out
}

// merge unites sets of keys in order.
func merge(sets ...[]int) []int {
	out := []int{}
	for _, s := range sets {
		for _, k := range s {
			if !slices.Contains(out, k) {
				out = append(out, k)
			}
		}
	}
	slices.Sort(out)
	return out
}

// keySet binds a key, or the keys of a row.
func (g *grouping) keySet(v *env, e sql.Expr) []int {
	if row, ok := e.(*sql.RowExpr); ok && !row.Explicit {
		var sets [][]int
		for _, x := range row.Items {
			sets = append(sets, g.keySet(v, x))
		}
		return merge(sets...)
	}
	if f, ok := isLegacyWindow(e); ok {
		if g.legacy != nil {
			g.b.fail(sqlerr.Plan, f.Pos, "GROUP BY can only have one window")
			g.broken = true
			return nil
		}
		g.legacy = g.b.legacyWindow(v, f)
		g.broken = g.broken || g.legacy.broken
		return nil
	}
	x := g.b.expr(v, e)
	if x == bad {
		g.broken = true
		return nil
	}
	return []int{g.addKey(x, itemName(&sql.SelectItem{Expr: e}, len(g.keys)))}
}

func (g *grouping) addKey(x expr.Expr, name string) int {
	k := expr.Key(x)
	if i, ok := g.byKey[k]; ok {
		return i
	}
	g.byKey[k] = len(g.keys)
	g.keys = append(g.keys, x)
	g.names = append(g.names, name)
	return len(g.keys) - 1
}
