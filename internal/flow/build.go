package flow

import (
	"github.com/weir-stream/weir/internal/dag"
)

// build makes tasks and channels of a graph. A vertex joins its only input's
// task when the edge is forward and the parallelism equal.
func build(j *Job, g *dag.Graph) {
	j.wanted, j.catches = wantWatermarks(g), wantCaughtUp(g)
	nodes := map[*dag.Vertex][]*node{}
	for _, v := range g.Vertices {
		ns := make([]*node, v.Parallelism)
		for i := range ns {
			n := &node{v: v}
			if chainable(v) {
				up := nodes[v.Inputs[0].From][i]
				up.kids = append(up.kids, n)
				n.task = up.task
			} else {
				n.task = j.newTask(v, i)
			}
			n.task.nodes = append(n.task.nodes, n)
			ns[i] = n
		}
		nodes[v] = ns
		if !chainable(v) {
			connect(j, v, nodes)
		}
	}
}

func (j *Job) newTask(v *dag.Vertex, subtask int) *task {
	t := &task{job: j, subtask: subtask, signal: make(chan struct{}, 1), done: make(chan struct{}), isSource: v.NewSource != nil}
	j.tasks = append(j.tasks, t)
	return t
}

func chainable(v *dag.Vertex) bool {
	return len(v.Inputs) == 1 && v.Inputs[0].Ship == dag.Forward && !v.Inputs[0].Blocking && v.Inputs[0].From.Parallelism == v.Parallelism
}

// connect makes the channels of a vertex's inputs.
func connect(j *Job, v *dag.Vertex, nodes map[*dag.Vertex][]*node) {
	unbounded := j.cfg.Batch && v.SharesAncestor()
	for in, e := range v.Inputs {
		for i, from := range nodes[e.From] {
			var chans []*channel
			for k, to := range nodes[v] {
				if e.Ship == dag.Forward && len(nodes[e.From]) == len(nodes[v]) && k != i || e.Ship == dag.Gather && k != 0 {
					continue
				}
				c := newChannel(from.task, to.task, in)
				c.types = e.Types()
				if e.Blocking || unbounded {
					c.keepUnbounded(j.mem, e.Types())
				}
				chans = append(chans, c)
				to.task.chans = append(to.task.chans, c)
			}
			from.edges = append(from.edges, newOutEdge(e, chans, j.cfg.Groups, j.cfg.BatchRows, j.cfg.Batch))
		}
	}
}

// wantWatermarks finds the vertices that have a receiver, however far, that
// looks at watermarks.
func wantWatermarks(g *dag.Graph) map[*dag.Vertex]bool {
	want := map[*dag.Vertex]bool{}
	for i := len(g.Vertices) - 1; i >= 0; i-- {
		v := g.Vertices[i]
		if v.WantWatermark || want[v] {
			for _, e := range v.Inputs {
				want[e.From] = true
			}
		}
	}
	return want
}
