package engine

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/dag"
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/agg"
	"github.com/weir-stream/weir/internal/rel/join"
	"github.com/weir-stream/weir/internal/rel/scan"
	"github.com/weir-stream/weir/internal/rel/sink"
)

// advice looks through a plan for what its writer may want to change: state that
// grows, results that depend on chance, sinks whose key is not the query's,
// settings that make work.
func (p *planned) advice() []string {
	var out []string
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	plan.Walk(p.root, func(n plan.Node) {
		t := p.ann.Traits[n]
		if t == nil || p.ctx.Batch {
			return
		}
		if t.Bound.Kind == plan.Unbounded {
			say("the state of %s grows without bound (%s, about %d MB per million rows). %s.", operatorText(n), t.Bound.Note, t.Bound.RowBytes, GrowingRemedy)
		}
		var in []*plan.Traits
		for _, i := range n.Inputs() {
			in = append(in, p.ann.Traits[i])
		}
		p.nonDeterministic(n, in, say)
		closedAdvice(n, in, say)
		switch n := n.(type) {
		case *agg.Node:
			if !p.ctx.MiniBatch {
				say("%s gives changes for each input row. Remove 'table.exec.mini-batch.enabled' = 'false' to have what cancels within %s consolidated.", operatorText(n), "'table.exec.mini-batch.allow-latency'")
			}
		case *join.Node:
			if n.Strategy == join.Regular && len(n.LeftKeys) == 0 {
				say("%s has no equality in its condition, so that it runs in one subtask and compares every pair of rows. Join on equal columns where there are any.", operatorText(n))
			}
		case *sink.Node:
			sinkAdvice(n, t, in[0], say)
		case *scan.Node:
			if t.Updating() && !t.Changes.Has(connector.UpdatesBefore) && len(n.Table.PrimaryKey) == 0 {
				say("%s gives updates without the rows before, and has no primary key to find them by. Declare PRIMARY KEY (..) NOT ENFORCED.", n.Table.Name)
			}
		}
	})
	return out
}

// nonDeterministic tells of expressions that give another value for a row that
// is taken back than they gave for it when it was added: the deletion then finds
// no row.
func (p *planned) nonDeterministic(n plan.Node, in []*plan.Traits, say func(string, ...any)) {
	if !slices.ContainsFunc(in, func(t *plan.Traits) bool { return !t.InsertOnly() }) {
		return
	}
	for _, x := range n.Exprs() {
		expr.Walk(x, func(e expr.Expr) bool {
			c, ok := e.(*expr.Call)
			if ok && !expr.IsDeterministic(&expr.Call{Fn: c.Fn, T: c.T}) {
				say("%s calls %s over rows that are updated or deleted: a row that is taken back may not be equal to the row that was added (a non-deterministic update). Compute it before the rows are aggregated or joined, or leave it out.", operatorText(n), c.Fn.Name)
			}
			return true
		})
	}
}

// sinkAdvice compares the key of a table with the keys of the query.
func sinkAdvice(n *sink.Node, own, in *plan.Traits, say func(string, ...any)) {
	if len(n.Key) == 0 || in.InsertOnly() || n.Result || in.HasUpsertKeyWithin(n.Key) && sameKey(in.Upsert, n.Key) {
		return
	}
	fs := n.In.Fields()
	var keys []string
	for _, k := range in.Upsert {
		keys = append(keys, "("+plan.Cols(fs, k)+")")
	}
	have := "no upsert key"
	if len(keys) > 0 {
		have = "the upsert key " + strings.Join(keys, ", ")
	}
	cost := "an update may reach another row's key"
	if own.Bound.Kind != plan.Stateless {
		cost = "all rows of each key are kept to find the last one"
	}
	say("the primary key (%s) of %s is not a key of the query, which has %s: %s. Choose the primary key accordingly, or write ON CONFLICT DO NOTHING or DEDUPLICATE.", plan.Cols(fs, n.Key), n.Table.Name, have, cost)
}

func sameKey(keys [][]int, key []int) bool {
	return slices.ContainsFunc(keys, func(k []int) bool {
		return len(k) == len(key) && !slices.ContainsFunc(k, func(c int) bool { return !slices.Contains(key, c) })
	})
}

// printAdvice writes the section of PLAN_ADVICE.
func printAdvice(b *strings.Builder, advice []string) {
	b.WriteString("\n== Advice ==\n")
	if len(advice) == 0 {
		b.WriteString("No available advice.\n")
	}
	for i, a := range advice {
		fmt.Fprintf(b, "advice[%d]: %s\n", i+1, a)
	}
}

// graphJSON is the execution plan as Flink's JSON: a list of nodes with what is
// before them.
func graphJSON(g *dag.Graph) string {
	type edge struct {
		ID   int    `json:"id"`
		Ship string `json:"ship_strategy"`
		Side string `json:"side,omitempty"`
	}
	type node struct {
		ID           int    `json:"id"`
		Type         string `json:"type"`
		Pact         string `json:"pact"`
		Contents     string `json:"contents"`
		Parallelism  int    `json:"parallelism"`
		Predecessors []edge `json:"predecessors,omitempty"`
	}
	var nodes []node
	for _, v := range g.Vertices {
		n := node{ID: v.ID, Type: v.Name, Pact: "Operator", Contents: v.Detail, Parallelism: v.Parallelism}
		if v.NewSource != nil {
			n.Pact = "Data Source"
		} else if _, ok := v.Node.(*sink.Node); ok {
			n.Pact = "Data Sink"
		}
		for i, e := range v.Inputs {
			side := ""
			if i > 0 {
				side = "second"
			}
			n.Predecessors = append(n.Predecessors, edge{e.From.ID, strings.ToUpper(e.Ship.String()), side})
		}
		nodes = append(nodes, n)
	}
	var b strings.Builder
	j := json.NewEncoder(&b)
	j.SetEscapeHTML(false)
	j.SetIndent("", "  ")
	_ = j.Encode(map[string]any{"nodes": nodes}) // text and numbers only
	return b.String()
}
