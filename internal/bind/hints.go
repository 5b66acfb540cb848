package bind

import (
	"slices"
	"strings"

	"github.com/weir-stream/weir/internal/catalog"
	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/rel/join"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// wishes are the hints that ask for a way to run a join in batch mode.
var wishes = map[string]join.Wish{"BROADCAST": join.WishBroadcast, "SHUFFLE_HASH": join.WishShuffleHash,
	"SHUFFLE_MERGE": join.WishShuffleMerge, "NEST_LOOP": join.WishNestLoop}

// queryHints are the hints that stand behind SELECT.
var queryHints = []string{"BROADCAST", "SHUFFLE_HASH", "SHUFFLE_MERGE", "NEST_LOOP", "LOOKUP", "STATE_TTL", "MULTI_JOIN"}

// checkHints reports hints behind SELECT that are unknown, that stand in the
// wrong place, or that name what FROM does not have: a hint holds for its own
// SELECT, where a table with an alias is known by that alone.
func (s *selection) checkHints() {
	var names [][]string
	for _, r := range s.sel.From {
		names = s.b.hintNames(names, r)
	}
	for i := range s.sel.Hints {
		h := &s.sel.Hints[i]
		switch {
		case h.Name == "OPTIONS":
			s.b.fail(sqlerr.Plan, h.Pos, "the hint OPTIONS belongs behind a table's name")
		case !slices.Contains(queryHints, h.Name):
			s.b.unknownHint(h)
		case len(h.Args) == 0:
			s.b.fail(sqlerr.Plan, h.Pos, "the hint %s names no table", h.Name).WithHint("write %s(t)", h.Name)
		default:
			s.checkHint(h, names)
		}
	}
}

func (b *Binder) unknownHint(h *sql.Hint) {
	e := b.fail(sqlerr.Name, h.Pos, "there is no hint %s", h.Name)
	all := append([]string{"OPTIONS"}, queryHints...)
	if near, ok := sqlerr.Nearest(h.Name, all); ok {
		e.WithHint("did you mean %s?", near)
		return
	}
	e.WithHint("hints are %s", join2(all))
}

func (s *selection) checkHint(h *sql.Hint, names [][]string) {
	for _, a := range h.Args {
		table := a.Value
		switch {
		case h.Name == "LOOKUP" && a.Key != "table":
			continue
		case h.Name == "LOOKUP":
		case h.Name == "STATE_TTL":
			if a.Key == "" {
				s.b.fail(sqlerr.Option, a.Pos, "the hint STATE_TTL gives `%s` no time", a.Value).WithHint("write STATE_TTL('%s' = '1d')", a.Value)
				continue
			}
			table = a.Key
			if _, err := connector.ParseDuration(a.Value); err != nil {
				s.b.failAt(sqlerr.New(sqlerr.Option, a.Pos, "'%s' is not a duration", a.Value).WithHint("write it as in '1d' or '2 h'"), a.Pos)
			}
		case a.Key != "":
			s.b.fail(sqlerr.Option, a.Pos, "the hint %s takes names of tables, not '%s' = ..", h.Name, a.Key)
			continue
		}
		if slices.ContainsFunc(names, func(path []string) bool { return endsWith(path, table) }) {
			continue
		}
		var near []string
		for _, path := range names {
			if n := path[len(path)-1]; n != "" {
				near = append(near, n)
			}
		}
		hintNear(s.b.fail(sqlerr.Name, a.Pos, "the hint %s names `%s`, which is no table, view or alias in FROM", h.Name, table), table, near)
	}
}

// endsWith reports whether a hint's name is a path, or the end of it.
func endsWith(path []string, name string) bool {
	parts := strings.Split(name, ".")
	return name == path[len(path)-1] || len(parts) <= len(path) && slices.Equal(parts, path[len(path)-len(parts):])
}

// is reports whether a hint's name means the relation.
func (r *relation) is(name string) bool {
	return r.name == name || len(r.path) > 0 && endsWith(r.path, name)
}

// hintNames adds the names that hints may use for an element of FROM.
func (b *Binder) hintNames(dst [][]string, ref sql.TableRef) [][]string {
	var alias *sql.Alias
	switch r := ref.(type) {
	case *sql.Join:
		return b.hintNames(b.hintNames(dst, r.Left), r.Right)
	case *sql.TableName:
		if alias = r.Alias; alias == nil {
			if p, ok := catalog.Resolve(r.Name.Strings(), b.CurrentCatalog, b.CurrentDatabase); ok {
				return append(dst, []string{p.Catalog, p.Database, p.Name})
			}
			return append(dst, []string{r.Name.Last().Name})
		}
	case *sql.ParenTable:
		if alias = r.Alias; alias == nil {
			return b.hintNames(dst, r.Input)
		}
	case *sql.DerivedTable:
		alias = r.Alias
	case *sql.FileTable:
		alias = r.Alias
	case *sql.TableFunc:
		alias = r.Alias
	case *sql.Unnest:
		alias = r.Alias
	case *sql.MatchRecognize:
		alias = r.Alias
	case *sql.Pivot:
		alias = r.Alias
	case *sql.Unpivot:
		alias = r.Alias
	}
	if alias != nil {
		return append(dst, []string{alias.Name.Name})
	}
	return dst
}

// joinWish gives what the first hint asks that names a side of a join and suits
// its type: of two sides that it names, that which is written first. A side that
// is a join itself has no name.
func (b *Binder) joinWish(ls, rs *scope, typ join.Type) (wish join.Wish, left bool) {
	side := func(s *scope, name string) bool { return len(s.rels) == 1 && s.rels[0].is(name) }
	for i := range b.hints {
		w, ok := wishes[b.hints[i].Name]
		if !ok {
			continue
		}
		for _, a := range b.hints[i].Args {
			l := side(ls, a.Value)
			if (l || side(rs, a.Value)) && w.Suits(typ, l) {
				return w, l
			}
		}
	}
	return join.NoWish, false
}

// checkTableHints reports hints behind a table's name other than OPTIONS.
func (b *Binder) checkTableHints(hints []sql.Hint) {
	for i := range hints {
		h := &hints[i]
		switch {
		case slices.Contains(queryHints, h.Name):
			b.fail(sqlerr.Plan, h.Pos, "the hint %s belongs behind SELECT", h.Name)
		case h.Name != "OPTIONS":
			b.unknownHint(h)
		case len(h.Args) == 0:
			b.fail(sqlerr.Option, h.Pos, "the hint OPTIONS names no option").WithHint("write OPTIONS('key' = 'value')")
		}
		for _, a := range h.Args {
			if h.Name == "OPTIONS" && a.Key == "" {
				b.fail(sqlerr.Option, a.Pos, "the hint OPTIONS gives '%s' no value", a.Value).WithHint("write OPTIONS('%s' = '..')", a.Value)
			}
		}
	}
}

// stateTTL gives the time to live that STATE_TTL gives a table, -1 for none.
func (b *Binder) stateTTL(hints []sql.Hint, table string) int64 {
	for i := range hints {
		if hints[i].Name != "STATE_TTL" {
			continue
		}
		for _, a := range hints[i].Args {
			if ms, err := connector.ParseDuration(a.Value); a.Key == table && err == nil {
				return ms
			}
		}
	}
	return -1
}

// multiJoined reports that the hint MULTI_JOIN names the right input of a join
// and one of those before.
func multiJoined(hints []sql.Hint, left *scope, right string) bool {
	for i := range hints {
		if hints[i].Name != "MULTI_JOIN" {
			continue
		}
		before, this := false, false
		for _, a := range hints[i].Args {
			this = this || a.Value == right
			for _, r := range left.rels {
				before = before || a.Value == r.name
			}
		}
		if before && this {
			return true
		}
	}
	return false
}
