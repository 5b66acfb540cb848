package engine

import (
	"maps"
	"sync/atomic"

	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/agg"
	"github.com/weir-stream/weir/internal/rel/calc"
	"github.com/weir-stream/weir/internal/rel/join"
	"github.com/weir-stream/weir/internal/rel/order"
	"github.com/weir-stream/weir/internal/rel/setop"
	"github.com/weir-stream/weir/internal/rel/sink"
	"github.com/weir-stream/weir/internal/rel/unnest"
	"github.com/weir-stream/weir/internal/rel/values"
)

// keptPlans bounds the plans that a program keeps from its preparation.
const keptPlans = 4096

// plannedQuery is a query as it was planned when its script was prepared, with
// what that plan rests on.
type plannedQuery struct {
	pl    *planned
	r     *resultSink
	bound plan.Node

	changes           int64 // of the catalog, once the statements before have run
	options           map[string]string
	catalog, database string
}

// kept gives what hands out a plan once, if nothing but the catalog and the
// settings can make it another when it runs; nil otherwise. Plans that read a
// table are made again: its files may be others by then.
func (p *preparer) kept(pl *planned, r *resultSink, bound plan.Node) *atomic.Pointer[plannedQuery] {
	if pl == nil || p.s.peeked || p.plansKept == keptPlans || !ofValues(pl.root) {
		return nil
	}
	p.plansKept++
	var keep atomic.Pointer[plannedQuery]
	keep.Store(&plannedQuery{pl: pl, r: r, bound: bound, changes: p.changes + p.s.eng.catalog.Changes(),
		options: maps.Clone(p.s.options), catalog: p.s.catalog, database: p.s.database})
	return &keep
}

// ofValues reports whether a plan reads nothing but what its statement says.
func ofValues(root plan.Node) bool {
	only := true
	plan.Walk(root, func(n plan.Node) {
		switch n.(type) {
		case *values.Node, *calc.Node, *agg.Node, *join.Node, *setop.Node, *order.Node, *unnest.Node, *sink.Node:
		default:
			only = false
		}
	})
	return only
}

// taken gives the kept plan if it is what planning would give now; nil
// otherwise, and when it has been taken before.
func (s *Session) taken(keep *atomic.Pointer[plannedQuery]) *plannedQuery {
	if keep == nil {
		return nil
	}
	q := keep.Swap(nil)
	if q == nil || q.changes != s.eng.catalog.Changes() || q.catalog != s.catalog || q.database != s.database || !maps.Equal(q.options, s.options) {
		return nil
	}
	return q
}
