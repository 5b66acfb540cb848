package job

import (
	"bytes"

	"github.com/weir-stream/weir/internal/dag"
	"github.com/weir-stream/weir/internal/flow"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// adopt asks what runs, again if that is first what was before an edit.
func (j *Job) adopt(m *Meta, finished bool) error {
	if j.cfg.Adopt == nil {
		return nil
	}
	var saved []byte
	var read Reading
	if m != nil {
		saved, read = m.Record, m.reading()
	}
	a, err := j.cfg.Adopt(saved, read)
	if err != nil {
		return err
	}
	if j.before = a.Edited && a.Before != nil && m != nil && m.Unaligned && !finished; j.before {
		was, err := a.Before()
		if err != nil {
			return err
		}
		a = was
	}
	j.renewed = a.Edited
	j.cfg.Graph, j.cfg.Once, j.drops, j.commit, j.record, j.edited, j.became = a.Graph, a.Once, a.Drops, a.Commit, a.Record, a.Edited, a.Became
	if !j.before {
		j.cfg.Adopt = nil
	}
	return nil
}

// claim checks that all saved state has a vertex to go to. A vertex that saved
// none may be gone: with another number of subtasks some come and go.
func (j *Job) claim(m *Meta, r *flow.Restore) error {
	if m == nil {
		return nil
	}
	drops := j.drops
	if drops == nil {
		drops = func(string) bool { return j.cfg.AllowDropped }
	}
	gone := map[string]string{}
	if !bytes.Equal(m.Record, j.record) { // else what was saved is under the new names
		r.Became = j.became
	}
	for _, p := range m.Parts {
		if _, ok := j.names[p.Vertex]; ok || len(r.Became[p.Vertex]) > 0 || drops(p.Vertex) {
			continue
		}
		if p.Position != nil || p.Bytes != nil || p.Handle != nil {
			return unclaimed(p.Name)
		}
		gone[p.Vertex] = p.Name
	}
	if r.From != nil {
		return nil
	}
	for i := range r.Images.List {
		if name, ok := gone[r.Images.List[i].Vertex]; ok && !flow.IsParked(r.Images.List[i].Table) {
			return unclaimed(name)
		}
	}
	blocks := r.Blocks
	r.Blocks = func(f func(flow.Block) error) error {
		return blocks(func(b flow.Block) error {
			if name, ok := gone[b.Vertex]; ok && !flow.IsParked(b.Table) {
				return unclaimed(name)
			}
			return f(b)
		})
	}
	return nil
}

// knows checks that the checkpoint was made of what the graph computes. A job with a
// record has looked already; of others nothing is known but what they compute, and
// operators that go on beside others that begin would give wrong results.
func (j *Job) knows(g *dag.Graph, m *Meta) error {
	if m == nil || j.record != nil && m.Record != nil {
		return nil
	}
	saved, read := map[string]bool{}, map[*dag.Vertex]bool{}
	for _, p := range m.Parts {
		saved[p.Vertex] = true
	}
	for _, v := range g.Vertices {
		for _, e := range v.Inputs {
			read[e.From] = true
		}
	}
	for _, v := range g.Vertices {
		switch {
		case read[v] || saved[v.Address]:
		case j.cfg.AllowDropped:
			j.cfg.Tell("the checkpoint was made of another query: what is new in this one begins without what was read before")
		default:
			return sqlerr.New(sqlerr.Runtime, sqlerr.Pos{}, "the checkpoint was made of another query, and this one cannot go on from it").
				WithHint("--restart starts anew; another 'pipeline.name' or --state-dir keeps what is there; INSERTs may be edited, and go on")
		}
	}
	return nil
}

// commitGone commits what sinks had prepared that are no longer there: it is of an
// epoch that was durable, so nobody gives these rows again.
func (j *Job) commitGone(r *flow.Restore) error {
	if r == nil || j.commit == nil {
		return nil
	}
	for _, p := range r.Handles {
		if _, ok := j.names[p.Vertex]; ok || len(r.Became[p.Vertex]) > 0 {
			continue
		}
		if err := j.commit(j.ctx, p.Vertex, p.Handle); err != nil {
			return err
		}
	}
	return nil
}

func unclaimed(name string) error {
	return sqlerr.New(sqlerr.Runtime, sqlerr.Pos{}, "the checkpoint has state of %s, which the script no longer has", name).
		WithHint("SET 'execution.state-recovery.ignore-unclaimed-state' = 'true' drops it, --restart starts anew")
}
