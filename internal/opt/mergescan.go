package opt

import (
	"fmt"
	"slices"

	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/calc"
	"github.com/weir-stream/weir/internal/rel/scan"
)

// A stream that is read in several places of a job is read once, with all the
// columns that any place wants: reading it again would cost its decoding, and
// two readers of standard input would each get a part.
var mergeScans = Rule{
	Name:   "read a stream once",
	Stream: true,
	Why:    "FROM bid JOIN (SELECT MAX(price) FROM bid ...) should decode bid once (Nexmark q7)",
	Whole: func(_ *Ctx, root plan.Node) (plan.Node, error) {
		streams := streamsOf(root)
		groups := map[string][]*scan.Node{}
		plan.Walk(root, func(n plan.Node) {
			if s, ok := n.(*scan.Node); ok && s.Limit == 0 {
				groups[streams[s]] = append(groups[streams[s]], s)
			}
		})
		merged := map[string]*scan.Node{}
		for key, g := range groups {
			if len(g) > 1 {
				merged[key] = union(g)
			}
		}
		return plan.Rewrite(root, func(n plan.Node) (plan.Node, error) {
			s, ok := n.(*scan.Node)
			if !ok || s.Limit != 0 || merged[streams[s]] == nil {
				return n, nil
			}
			return narrowed(merged[streams[s]], s), nil
		})
	},
}

// streamsOf identifies what each scan reads, columns left out. The table's name
// includes its hints. A scan that needs no watermark goes with one that does.
func streamsOf(root plan.Node) map[*scan.Node]string {
	streams, marked := map[*scan.Node]string{}, map[string]string{}
	plan.Walk(root, func(n plan.Node) {
		s, ok := n.(*scan.Node)
		if !ok {
			return
		}
		streams[s] = s.Table.Name
		if s.Mark == nil {
			return
		}
		byTable := make(mapping, len(s.Output))
		for i := range byTable {
			byTable[i] = tableColumn(s, i)
		}
		streams[s] = fmt.Sprintf("%s|%x %d %d", s.Table.Name, expr.Key(byTable.expr(s.Mark.Expr)), s.Mark.IdleMs, s.Mark.EmitMs)
		marked[s.Table.Name] = streams[s]
	})
	for s, name := range streams {
		if s.Mark == nil && marked[name] != "" {
			streams[s] = marked[name]
		}
	}
	return streams
}

// tableColumn numbers an output column by what it is of the table: columns, then
// metadata.
func tableColumn(s *scan.Node, i int) int {
	if i < len(s.Want) {
		return s.Want[i]
	}
	return len(s.Table.Columns) + s.Meta[i-len(s.Want)]
}

// union gives a scan with the columns of all.
func union(g []*scan.Node) *scan.Node {
	fields := map[int]plan.Field{}
	var all []int
	for _, s := range g {
		for i, f := range s.Output {
			c := tableColumn(s, i)
			if _, ok := fields[c]; !ok {
				all = append(all, c)
			}
			if old := fields[c]; old.Type.Attr == 0 {
				fields[c] = f
			}
		}
	}
	slices.Sort(all)
	first := *g[max(0, slices.IndexFunc(g, func(s *scan.Node) bool { return s.Mark != nil }))]
	out := first
	out.Want, out.Meta, out.Output = nil, nil, nil
	at := map[int]int{}
	for _, c := range all {
		at[c] = len(out.Output)
		out.Output = append(out.Output, fields[c])
		if n := len(first.Table.Columns); c < n {
			out.Want = append(out.Want, c)
		} else {
			out.Meta = append(out.Meta, c-n)
		}
	}
	if first.Mark != nil {
		m := *first.Mark
		move := make(mapping, len(first.Output))
		for i := range move {
			move[i] = at[tableColumn(&first, i)]
		}
		m.Expr = move.expr(m.Expr)
		if m.Col >= 0 {
			m.Col = move[m.Col]
		}
		out.Mark = &m
	}
	return &out
}

// narrowed projects the merged scan to the columns of one of its users.
func narrowed(all, s *scan.Node) plan.Node {
	if len(all.Output) == len(s.Output) {
		return all
	}
	at := map[int]int{}
	for i := range all.Output {
		at[tableColumn(all, i)] = i
	}
	es := make([]expr.Expr, len(s.Output))
	for i := range s.Output {
		es[i] = plan.ColOf(all.Output, at[tableColumn(s, i)])
	}
	return calc.Project(all, es, plan.Names(s.Output))
}
