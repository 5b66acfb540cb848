package engine

import (
	"maps"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/agg"
	"github.com/weir-stream/weir/internal/rel/join"
	"github.com/weir-stream/weir/internal/rel/normalize"
	"github.com/weir-stream/weir/internal/rel/over"
	"github.com/weir-stream/weir/internal/rel/rank"
	"github.com/weir-stream/weir/internal/rel/setop"
)

// expirySetting is the one that says how long state lives. It shapes no plan, but what is
// saved of rows.
const expirySetting = "table.exec.state.ttl"

// contextIn is the context that a record was planned in, as far as that matters to what
// is saved.
func (r *record) contextIn(now *plan.Context) *plan.Context {
	was := *now
	was.StateTTLMs, _ = connector.ParseDuration(r.Settings[expirySetting])
	return &was
}

// sameButExpiry reports whether the settings that shaped the plans of two records are the
// same but for how long state lives.
func (r *record) sameButExpiry(o *record) bool {
	without := func(m map[string]string) map[string]string {
		m = maps.Clone(m)
		delete(m, expirySetting)
		return m
	}
	return maps.Equal(without(r.Settings), without(o.Settings))
}

// expiry says what has become of the rows of a node that expire now and did not, or the
// other way round; "" for nothing.
func expiry(was plan.Node, before *plan.Context, is plan.Node, now *plan.Context) string {
	a, b := expires(was, before), expires(is, now)
	switch {
	case b && !a:
		return "its rows expire from now on"
	case a && !b:
		return "its rows expire no longer"
	}
	return ""
}

// expires reports whether rows of a node's state have a time-to-live.
func expires(n plan.Node, c *plan.Context) bool {
	own := func(ms int64) bool { return ms > 0 || ms < 0 && c.StateTTLMs > 0 }
	switch n := n.(type) {
	case *agg.Node:
		return own(n.TTLMs)
	case *join.Node:
		return n.Strategy == join.Regular && (own(n.LeftTTLMs) || own(n.RightTTLMs))
	case *setop.Node:
		return n.Op != setop.UnionAll && c.StateTTLMs > 0
	case *rank.Node:
		return n.Win == nil && c.StateTTLMs > 0
	case *join.Multi, *normalize.Node, *over.Node:
		return c.StateTTLMs > 0
	}
	return false
}
