package opt

import (
	"slices"
	"strings"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/calc"
	"github.com/weir-stream/weir/internal/rel/changelog"
	"github.com/weir-stream/weir/internal/rel/join"
	"github.com/weir-stream/weir/internal/rel/normalize"
	"github.com/weir-stream/weir/internal/rel/scan"
	"github.com/weir-stream/weir/internal/rel/setop"
	"github.com/weir-stream/weir/internal/rel/values"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// A source that gives upserts (+I, +U, -D by primary key, without the old row)
// is made a full changelog: aggregates and joins must take the old row back. In
// batch any changes are folded first: operators there read rows, not changes.
// Only the right side of a temporal join reads changes in batch too, as versions.
var normalizeUpserts = Rule{
	Name:     "complete upsert sources",
	Required: true,
	Why:      "a sum cannot forget a row that it is not shown",
	Whole: func(c *Ctx, root plan.Node) (plan.Node, error) {
		s := sources{c: c, done: map[sourceUse]plan.Node{}}
		return s.complete(root, false)
	},
}

// sources rewrites a plan with the scans in it.
type sources struct {
	c    *Ctx
	done map[sourceUse]plan.Node
}

// sourceUse is a node with what is made of it: a table, or its versions.
type sourceUse struct {
	n        plan.Node
	versions bool
}

func (s *sources) complete(n plan.Node, versions bool) (plan.Node, error) {
	use := sourceUse{n, versions}
	if d, ok := s.done[use]; ok {
		return d, nil
	}
	j, _ := n.(*join.Node)
	ins := append([]plan.Node(nil), n.Inputs()...)
	for i, in := range ins {
		var err error
		if ins[i], err = s.complete(in, versions || i == 1 && j != nil && j.Strategy == join.Temporal); err != nil {
			return nil, err
		}
	}
	out := n
	if !slices.Equal(ins, n.Inputs()) {
		out = n.WithInputs(ins)
	}
	out, err := s.source(out, versions)
	s.done[use] = out
	return out, err
}

func (s *sources) source(n plan.Node, versions bool) (plan.Node, error) {
	switch n := n.(type) {
	case *scan.Node:
		key, ok := n.Key()
		dups := strings.EqualFold(s.c.Option("table.exec.source.cdc-events-duplicate"), "true")
		return completed(n, n.Source.Changes(), completion{key: key, keyed: ok, dups: dups, fold: s.c.Batch && !versions, versions: versions, table: n.Table.Name, pos: n.Pos})
	case *changelog.From:
		key, ok := n.Key()
		return completed(n, n.Changes(), completion{key: key, keyed: ok, fold: s.c.Batch && !versions, versions: versions})
	}
	return n, nil
}

// completion is how a source is made a changelog that can be read.
type completion struct {
	key      []int
	keyed    bool
	dups     bool   // changes may come twice
	fold     bool   // only the table is wanted
	versions bool   // each change is
	table    string // its name
	pos      sqlerr.Pos
}

// completed puts what folds a stream of changes behind its source, if need be.
func completed(n plan.Node, changes connector.Changes, c completion) (plan.Node, error) {
	keyDeletes := changes.Has(connector.KeyDeletes)
	upserts := keyDeletes || changes.Has(connector.UpdatesAfter) && !changes.Has(connector.UpdatesBefore)
	switch {
	case changes == connector.InsertOnly:
		return n, nil
	case c.dups && !c.keyed && c.table != "":
		return nil, sqlerr.New(sqlerr.Plan, c.pos, "the changes of table %s may come twice ('table.exec.source.cdc-events-duplicate'), so it needs a primary key", c.table).
			WithHint("declare PRIMARY KEY (...) NOT ENFORCED, or SET 'table.exec.source.cdc-events-duplicate' = 'false'")
	case c.keyed && (upserts || c.fold || c.dups):
		return &normalize.Node{In: n, Keys: c.key, Versions: c.versions, Dups: c.dups}, nil
	case upserts && keyDeletes:
		return nil, sqlerr.New(sqlerr.Plan, c.pos, "table %s deletes rows by key, so it needs a primary key", c.table).
			WithHint("declare PRIMARY KEY (...) NOT ENFORCED")
	case upserts:
		return nil, sqlerr.New(sqlerr.Plan, c.pos, "table %s gives updates without the old rows, so it needs a primary key", c.table).
			WithHint("declare PRIMARY KEY (...) NOT ENFORCED")
	case c.fold:
		none := &values.Node{Output: n.Fields()}
		return &setop.Node{In: []plan.Node{n, none}, Op: setop.Except, All: true, Output: n.Fields()}, nil
	}
	return n, nil
}

// A consumer that goes by the key itself, such as an upsert sink, can have the
// changes as the source gives them: nothing is kept, and nothing is filled in.
var dropNormalize = Rule{
	Name:   "leave upserts as they are",
	Stream: true,
	Why:    "a table that is written by key need not be told the old rows, so nobody has to keep them",
	Whole: func(c *Ctx, root plan.Node) (plan.Node, error) {
		var found []*normalize.Node
		plan.Walk(root, func(n plan.Node) {
			if m, ok := n.(*normalize.Node); ok && m.Cond == nil && !m.Versions && !m.Dups && asRead(m.In) {
				found = append(found, m)
			}
		})
		if len(found) == 0 {
			return root, nil
		}
		a, err := plan.Annotate(c.Context, root)
		if err != nil {
			return nil, err
		}
		needless := map[plan.Node]bool{}
		for _, m := range found {
			t := a.Traits[m]
			partial := a.Traits[m.In].Changes.Has(connector.KeyDeletes)
			needless[m] = !t.WantRows && !t.EveryChange && !(partial && t.WantDeleted)
		}
		return plan.Rewrite(root, func(n plan.Node) (plan.Node, error) {
			if m, ok := n.(*normalize.Node); ok && m.Cond == nil && needless[n] {
				return m.In, nil
			}
			return n, nil
		})
	},
}

// asRead reports whether n gives a source's rows, maybe filtered by key, without
// metadata: those of a row that is deleted are not those that it was written with.
func asRead(n plan.Node) bool {
	switch n := n.(type) {
	case *scan.Node:
		return len(n.Meta) == 0
	case *calc.Node:
		return asRead(n.In)
	case *changelog.From:
		return true
	}
	return false
}
