package engine

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/weir-stream/weir/internal/bind"
	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/dag"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/scan"
	"github.com/weir-stream/weir/internal/rel/sink"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// lateJobs is the number of forgotten jobs whose late rows a session still shows.
const lateJobs = 16

// keepLate keeps the late rows of a job that is forgotten. s.mu is held.
func (s *Session) keepLate(j *Job) {
	if len(j.flow.LateRows()) == 0 {
		return
	}
	if s.late = append(s.late, j); len(s.late) > lateJobs {
		s.late = append([]*Job(nil), s.late[1:]...)
	}
}

// sideSinks binds the tables for late rows and dead letters that the scans of a plan
// name.
func (s *Session) sideSinks(p *planned) ([]plan.Node, error) {
	var out []plan.Node
	for _, side := range []dag.Side{dag.LateRows, dag.DeadLetters} {
		for _, t := range sideTables(side, p.root) {
			n, err := s.binder().BindSideSink(side, t)
			if err != nil {
				return nil, err
			}
			ann, err := plan.Annotate(p.ctx, n)
			if err != nil {
				return nil, err
			}
			maps.Copy(p.ann.Traits, ann.Traits)
			out = append(out, n)
		}
	}
	return out, nil
}

// sideTables lists the tables for late rows or dead letters that the scans of a plan
// name, each once.
func sideTables(side dag.Side, root plan.Node) []string {
	var out []string
	plan.Walk(root, func(n plan.Node) {
		if t := bind.SideTable(side, n); t != "" && !slices.Contains(out, t) {
			out = append(out, t)
		}
	})
	return out
}

// noLetters refuses a plan that reads a table with dead letters where nobody would
// take them: in a job within the job.
func noLetters(root plan.Node, g *dag.Graph) error {
	var err error
	plan.Walk(root, func(n plan.Node) {
		sc, ok := n.(*scan.Node)
		if !ok || err != nil || bind.SideTable(dag.DeadLetters, n) == "" {
			return
		}
		if !slices.ContainsFunc(g.Vertices, func(v *dag.Vertex) bool { return v.Node == n }) {
			err = sqlerr.New(sqlerr.Unsupported, sc.Pos, "dead letters of %s, which WITH RECURSIVE reads, are not supported", sc.Table.Name).
				WithHint("leave them out here: /*+ OPTIONS('%s' = '') */", connector.DeadLetterOption)
		}
	})
	return err
}

// graph lowers a plan, with the tables for late rows and dead letters.
func (s *Session) graph(p *planned) (*dag.Graph, error) {
	roots := []plan.Node{p.root}
	if set, ok := p.root.(*sink.Set); ok {
		roots = slices.Clone(set.In)
	}
	more, err := s.sideSinks(p)
	if err != nil {
		return nil, err
	}
	g, err := dag.Build(p.ctx, p.ann, append(roots, more...)...)
	if err != nil {
		return nil, err
	}
	return g, noLetters(p.root, g)
}

// lateRows gives the late rows of the jobs with a name or id. While a script is
// only planned its jobs are not there yet, so any name will do.
func (s *Session) lateRows(job string) ([]bind.LateRow, error) {
	if s.planning {
		s.peeked = true
		return nil, nil
	}
	s.mu.Lock()
	jobs := append(append([]*Job(nil), s.late...), s.jobs...)
	s.mu.Unlock()
	var out []bind.LateRow
	var names []string
	found := false
	for _, j := range jobs {
		names = append(names, j.Name)
		if j.Name != job && strconv.Itoa(j.ID) != job {
			continue
		}
		found = true
		for _, r := range j.flow.LateRows() {
			l := bind.LateRow{Job: j.Name, Operator: r.Vertex.Label(), Rowtime: instant(r.Rowtime), Watermark: instant(r.Watermark)}
			if r.Row != "" {
				l.Row = r.Row
			}
			out = append(out, l)
		}
	}
	if found {
		return out, nil
	}
	e := sqlerr.New(sqlerr.Name, sqlerr.Pos{}, "the session has no job named '%s'", job)
	if near, ok := sqlerr.Nearest(job, names); ok {
		return nil, e.WithHint("did you mean '%s'?", near)
	}
	return nil, e.WithHint("SHOW JOBS lists the jobs")
}

// instant gives a time as a value; nil if there is none.
func instant(ms int64) any {
	if ms == op.NoTime {
		return nil
	}
	return ms
}

// LateWarnings says of each operator of an ended job that dropped late rows how
// many and where they can be seen, in the order of the plan.
func (j *Job) LateWarnings() []string {
	var out []string
	for _, s := range j.Stats() {
		if s.Late > 0 {
			out = append(out, fmt.Sprintf("late rows dropped: %d in %s; SELECT * FROM late_rows('%s') shows them", s.Late, s.Vertex.Label(), j.Name))
		}
	}
	return out
}
