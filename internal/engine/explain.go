package engine

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/weir-stream/weir/internal/bind"
	"github.com/weir-stream/weir/internal/catalog"
	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/dag"
	"github.com/weir-stream/weir/internal/flow"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/scan"
	"github.com/weir-stream/weir/internal/rel/sink"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// explain prepares EXPLAIN: the three stages of a plan, or with ANALYZE its
// figures after a run.
func (p *preparer) explain(st *sql.Explain) (runFunc, error) {
	if _, _, err := p.s.explained(st.Stmt); err != nil {
		return nil, err
	}
	return func(ctx context.Context, s *Session, out Output) error {
		bound, pl, err := s.explained(st.Stmt)
		if err != nil {
			return err
		}
		if st.Analyze {
			return s.analyze(ctx, pl, out)
		}
		text, err := s.Explain(bound, pl, st.Details)
		if err != nil {
			return err
		}
		return out.Rows([]string{"result"}, [][]string{{text}})
	}, nil
}

// explained binds and plans what EXPLAIN is about.
func (s *Session) explained(st sql.Statement) (plan.Node, *planned, error) {
	switch st := st.(type) {
	case *sql.QueryStmt:
		bound, err := s.binder().BindQuery(st.Query)
		if err != nil {
			return nil, nil, err
		}
		root, _ := resultPlan(bound)
		pl, err := s.lowered(root)
		return bound, pl, err
	case *sql.Insert:
		return s.explainedInserts([]*sql.Insert{st})
	case *sql.StatementSet:
		return s.explainedInserts(st.Inserts)
	case *sql.Update, *sql.Delete:
		n, _, err := s.boundChange(st)
		if err != nil {
			return nil, nil, err
		}
		pl, err := s.lowered(n)
		return n, pl, err
	case *sql.CreateTable:
		return s.explainedFill(st)
	case *sql.CreateMaterializedTable:
		return s.explained(&sql.QueryStmt{At: st.At, Query: st.As})
	case *sql.Alter:
		if q, ok := st.Action.(*sql.SetQuery); ok {
			return s.explained(&sql.QueryStmt{At: st.At, Query: q.Query})
		}
	case *sql.ExecutePlan:
		pl, _, err := s.readPlan(st.File)
		if err != nil {
			return nil, nil, err
		}
		return pl.root, pl, nil
	}
	return nil, nil, sqlerr.New(sqlerr.Unsupported, st.Position(), "EXPLAIN takes a query, INSERT, UPDATE, DELETE, a statement set, CREATE TABLE .. AS, or a plan file")
}

func (s *Session) explainedInserts(stmts []*sql.Insert) (plan.Node, *planned, error) {
	pl, err := s.planInserts(stmts)
	if err != nil {
		return nil, nil, err
	}
	set := &sink.Set{}
	for _, i := range stmts {
		n, err := s.binder().BindInsert(i)
		if err != nil {
			return nil, nil, err
		}
		set.In = append(set.In, n)
	}
	if len(set.In) == 1 {
		return set.In[0], pl, nil
	}
	return set, pl, nil
}

// explainedFill plans the filling of CREATE TABLE .. AS, on a copy of the catalog
// that has the table.
func (s *Session) explainedFill(st *sql.CreateTable) (plan.Node, *planned, error) {
	o := s.overlay()
	t, err := o.binder().BindCreateTable(st)
	if err != nil {
		return nil, nil, err
	}
	if err := o.eng.catalog.Put(t, catalog.Replace); err != nil {
		return nil, nil, err
	}
	ins, err := o.binder().InsertOf(st)
	if err != nil {
		return nil, nil, err
	}
	return o.explainedInserts([]*sql.Insert{ins})
}

// Explain prints the stages of a plan. details are EXPLAIN's.
func (s *Session) Explain(bound plan.Node, p *planned, details []string) (string, error) {
	has := func(d string) bool { return slices.Contains(details, d) }
	var b strings.Builder
	b.WriteString("== Abstract Syntax Tree ==\n")
	b.WriteString(plan.Print(bound, nil))
	b.WriteString("\n== Optimized Physical Plan ==\n")
	b.WriteString(plan.Print(p.root, func(n plan.Node) []plan.Attr {
		var as []plan.Attr
		t := p.ann.Traits[n]
		if _, ok := n.(*sink.Set); ok || t == nil {
			return nil
		}
		if has("CHANGELOG_MODE") {
			as = append(as, plan.Attr{Key: "changelogMode", Value: changelogMode(n, t)})
		}
		if has("ESTIMATED_COST") {
			as = append(as, p.cost(n)...)
		}
		if len(t.Keys) > 0 && (has("PLAN_ADVICE") || has("CHANGELOG_MODE")) {
			as = append(as, keysAttrs(n, t)...)
		}
		if t.Bound.Kind != plan.Stateless {
			as = append(as, plan.Attr{Key: "state", Value: boundText(t.Bound)})
		}
		return as
	}))
	g, err := s.graph(p)
	if err != nil {
		return "", err
	}
	b.WriteString("\n== Optimized Execution Plan ==\n")
	printGraph(&b, g)
	if has("PLAN_ADVICE") {
		printAdvice(&b, p.advice())
	}
	if has("JSON_EXECUTION_PLAN") {
		b.WriteString("\n== Physical Execution Plan ==\n")
		b.WriteString(graphJSON(g))
	}
	return b.String(), nil
}

// changelogMode prints the kinds of rows that a node gives; PD are deletions of
// which only the key is known.
func changelogMode(n plan.Node, t *plan.Traits) string {
	if s, ok := n.(*sink.Node); ok && !s.Result {
		return "NONE"
	}
	var parts []string
	c := t.Changes
	if c.Has(connector.Inserts) {
		parts = append(parts, "I")
	}
	if c.Has(connector.UpdatesBefore) && t.EmitBefore {
		parts = append(parts, "UB")
	}
	if c.Has(connector.UpdatesAfter) {
		parts = append(parts, "UA")
	}
	switch {
	case c.Has(connector.KeyDeletes):
		parts = append(parts, "PD")
	case c.Has(connector.Deletes):
		parts = append(parts, "D")
	}
	return strings.Join(parts, ",")
}

// keysAttrs prints the unique keys and, where changes may overtake each other on
// their way, those of them by which they do not.
func keysAttrs(n plan.Node, t *plan.Traits) []plan.Attr {
	as := []plan.Attr{{Key: "uniqueKeys", Value: keysText(n, t.Keys)}}
	if len(t.Upsert) < len(t.Keys) && !t.InsertOnly() {
		as = append(as, plan.Attr{Key: "upsertKeys", Value: keysText(n, t.Upsert)})
	}
	return as
}

func keysText(n plan.Node, keys [][]int) string {
	if len(keys) == 0 {
		return "none"
	}
	var ks []string
	for _, k := range keys {
		ks = append(ks, "("+plan.Cols(n.Fields(), k)+")")
	}
	return strings.Join(ks, ", ")
}

// printGraph prints vertices and how rows get to them.
func printGraph(b *strings.Builder, g *dag.Graph) {
	for _, v := range g.Vertices {
		fmt.Fprintf(b, "%d: %s", v.ID, v.Name)
		if v.Detail != "" {
			fmt.Fprintf(b, "(%s)", v.Detail)
		}
		fmt.Fprintf(b, " parallelism=%d", v.Parallelism)
		for _, e := range v.Inputs {
			fmt.Fprintf(b, " <-%s- %d", e.Ship, e.From.ID)
		}
		b.WriteByte('\n')
	}
}

// analyze runs a plan and shows what each operator did, also of a job that was
// stopped. The rows of a query are counted and dropped.
func (s *Session) analyze(ctx context.Context, p *planned, out Output) error {
	if n, ok := p.root.(*sink.Node); ok {
		if r, ok := n.Sink.(*resultSink); ok {
			r.discard = true
		}
	}
	own := s.options // but without checkpoints: it is to run whenever it is asked for
	s.options = maps.Clone(own)
	delete(s.options, "execution.checkpointing.dir")
	j, err := s.start(ctx, p, "explain-analyze")
	s.options = own
	if err != nil {
		return err
	}
	if err := j.await(ctx); err != nil {
		return err
	}
	var rows [][]string
	for _, v := range j.Stats() {
		zone := scan.EventZone(v.Vertex.Node, p.ctx.Zone)
		row := []string{fmt.Sprint(v.Vertex.ID), v.Vertex.Name, v.Vertex.Detail, fmt.Sprint(v.RowsIn), fmt.Sprint(v.RowsOut), fmt.Sprint(v.StateBytes),
			fmt.Sprint(v.Late), watermarkText(v.Watermark, zone)}
		rows = append(rows, row)
		for _, c := range counted(v) {
			rows = append(rows, []string{"", "  " + c.what, c.detail, "", fmt.Sprint(c.n), "", "", ""})
		}
		for _, part := range v.Partitions {
			state := ""
			if part.Idle {
				state = ", idle"
			}
			rows = append(rows, []string{"", "  partition" + state, part.ID, "", fmt.Sprint(part.Rows), "", "", watermarkText(part.Watermark, zone)})
		}
	}
	return out.Rows([]string{"id", "operator", "detail", "rows in", "rows out", "state bytes", "late rows", "watermark"}, rows)
}

// count is a figure that only some operators have.
type count struct {
	what, detail string
	n            int64
}

// counted lists what a source counted beside rows.
func counted(v flow.VertexStats) []count {
	var out []count
	if v.ParseErrors > 0 {
		out = append(out, count{"parse errors", "passed over", v.ParseErrors})
	}
	if v.DeadLetters > 0 {
		out = append(out, count{"dead letters", bind.SideTable(dag.DeadLetters, v.Vertex.Node), v.DeadLetters})
	}
	if v.Pauses > 0 {
		out = append(out, count{"pauses", fmt.Sprintf("%d ms, for other sources", v.PausedMs), v.Pauses})
	}
	return out
}

// watermarkText writes a watermark; nothing before the first, and "end" once all
// input is there.
func watermarkText(ms int64, zone *types.Zone) string {
	switch ms {
	case op.MinWatermark:
		return ""
	case op.MaxWatermark:
		return "end"
	}
	return string(types.AppendTimestampLTZ(nil, ms, 0, 3, zone))
}
