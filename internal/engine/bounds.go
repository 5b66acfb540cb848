package engine

import (
	"fmt"
	"strings"

	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/sink"
	"github.com/weir-stream/weir/internal/sqlerr"
)

var boundNames = [...]string{plan.Stateless: "stateless", plan.ByWatermark: "watermark", plan.ByKey: "key", plan.ByLimit: "limit",
	plan.ByTTL: "TTL", plan.ByPrimaryKey: "primary key", plan.ByInputEnd: "input end", plan.Unbounded: "UNBOUNDED"}

// GrowingRemedy says what bounds state, for warnings.
const GrowingRemedy = "SET 'table.exec.state.ttl', group or join in a time window, or declare a watermark and use an interval join"

// boundText says what bounds a state and what a million of its rows take.
func boundText(b plan.Bound) string {
	v := boundNames[b.Kind]
	if note := strings.TrimPrefix(b.Note, "state "); note != "" && note != v {
		v += ": " + b.Note
	}
	if b.RowBytes > 0 {
		v += fmt.Sprintf(", about %d MB per million rows", b.RowBytes)
	}
	return v
}

// growing tells of each operator whose state grows for as long as its input goes
// on: its name, what it works by, and what is in its state.
func growing(p *planned) []string {
	var out []string
	plan.Walk(p.root, func(n plan.Node) {
		if t := p.ann.Traits[n]; t != nil && t.Bound.Kind == plan.Unbounded && !p.ctx.Batch {
			out = append(out, operatorText(n)+": "+t.Bound.Note+fmt.Sprintf(", about %d MB per million rows", t.Bound.RowBytes))
		}
	})
	return out
}

// operatorText names an operator by what tells it from others of its kind.
func operatorText(n plan.Node) string {
	if s, ok := n.(*sink.Node); ok {
		return "Sink(" + s.Table.Name + ")"
	}
	for _, a := range n.Attrs() {
		switch a.Key {
		case "groupBy", "on", "partitionBy", "orderBy", "commonJoinKey":
			return n.Name() + "(" + a.Key + "=[" + a.Value + "])"
		}
	}
	return n.Name()
}

// strictState refuses a plan with state that nothing bounds, if that is asked
// for.
func (s *Session) strictState(p *planned) error {
	if !s.bool("weir.strict-state") {
		return nil
	}
	if g := growing(p); len(g) > 0 {
		return sqlerr.New(sqlerr.Plan, sqlerr.Pos{}, "the state of this statement grows without bound: %s", strings.Join(g, "; ")).
			WithHint("%s", GrowingRemedy)
	}
	return nil
}

// cost estimates what a node gives and what it and all below it cost.
func (p *planned) cost(n plan.Node) []plan.Attr {
	rows, state, known := 0.0, 0.0, true
	plan.Walk(n, func(m plan.Node) {
		t := p.ann.Traits[m]
		known = known && t.Rows >= 0
		rows += t.Rows
		state += t.Rows * float64(t.Bound.RowBytes)
	})
	own := p.ann.Traits[n].Rows
	if own < 0 {
		return []plan.Attr{{Key: "rowcount", Value: "unknown"}}
	}
	as := []plan.Attr{{Key: "rowcount", Value: fmt.Sprintf("%.0f", own)}}
	if known {
		as = append(as, plan.Attr{Key: "cumulative cost", Value: fmt.Sprintf("{%.0f rows, %.0f bytes of state}", rows, state)})
	}
	return as
}
