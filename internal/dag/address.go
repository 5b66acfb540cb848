package dag

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/zeebo/xxh3"
)

// Addressed is implemented by plan nodes of which more, or less, than their
// attributes tells what their state means.
type Addressed interface {
	// AddressText is what counts of the node itself, beside its inputs.
	AddressText() string
}

// Parted is implemented by plan nodes that write, where a job goes on after an edit:
// what came to it with the edit is a part of its graph that shares nothing with the
// others, so that its sources begin anew.
type Parted interface {
	// GraphPart numbers the part: 0 is what the job began with.
	GraphPart() int
}

// Drawn is implemented by plan nodes that write, where what they read draws random values
// (RAND, UUID): plans that draw alike draw other values, and are not shared. They are told
// apart by who writes them, in whatever order the writers stand.
type Drawn interface {
	// GraphDraw numbers the writer; 0 needs no number.
	GraphDraw() int
}

// draws numbers the nodes that draw random values by who writes them.
func (g *Graph) draws() map[plan.Node]int {
	out := map[plan.Node]int{}
	for _, v := range g.Vertices {
		d, ok := v.Node.(Drawn)
		if !ok || d.GraphDraw() == 0 {
			continue
		}
		plan.Walk(v.Node, func(n plan.Node) {
			if _, known := out[n]; !known && Draws(n) {
				out[n] = d.GraphDraw()
			}
		})
	}
	return out
}

// Draws reports whether a node itself draws random values.
func Draws(n plan.Node) bool { return slices.ContainsFunc(n.Exprs(), expr.IsVolatile) }

// Bound is implemented by plan nodes that stand on a part of the graph and in
// another.
type Bound interface {
	// PartBelow numbers the part that the inputs are in.
	PartBelow() int
	// PartBegun numbers the part that begins with the node, 0 if that is the one that it is
	// in.
	PartBegun() int
}

// Outlasting is implemented by plan nodes with inputs that are there for a time
// only.
type Outlasting interface {
	// LastingInputs are those that say what the node computes.
	LastingInputs() []plan.Node
}

// Parts numbers the parts that the nodes of plans are in; those of part 0 are left
// out.
func Parts(sinks []plan.Node) map[plan.Node]int {
	parts := map[plan.Node]int{}
	var within func(n plan.Node, part int)
	within = func(n plan.Node, part int) {
		if _, ok := parts[n]; ok {
			return
		}
		if part > 0 {
			parts[n] = part
		}
		if b, ok := n.(Bound); ok {
			part = b.PartBelow()
		}
		for _, in := range n.Inputs() {
			within(in, part)
		}
	}
	for _, n := range sinks {
		if p, ok := n.(Parted); ok {
			within(n, p.GraphPart())
		}
	}
	return parts
}

// globalPhase begins the names of vertices that keep what they would without a
// local phase before them, which there is only with several subtasks.
const globalPhase = "Global"

// localPhase begins the names of those before them, which keep nothing.
const localPhase = "Local"

// Local reports whether the vertex is a phase before an exchange that only makes rows
// fewer: it keeps nothing, and the next plan may do without it.
func (v *Vertex) Local() bool { return v.Node != nil && v.Name == localPhase+v.Node.Name() }

// address names every vertex by what it computes: the node that it was lowered
// from with all that is below it, and which of that node's vertices of its name it
// is. Equal ones that no Drawn tells apart are numbered in the order of the graph. Parallelism does not
// count, though a node may need more vertices for more subtasks.
func (g *Graph) address() {
	var sinks []plan.Node
	for _, v := range g.Vertices {
		if p, ok := v.Node.(Parted); ok && p.GraphPart() > 0 {
			sinks = append(sinks, v.Node)
		}
	}
	known := addresses{of: map[plan.Node]string{}, parts: Parts(sinks), draws: g.draws()}
	type named struct {
		node plan.Node
		name string
	}
	ofNode := map[named]int{}
	seen := map[string]int{}
	for _, v := range g.Vertices {
		name := strings.TrimPrefix(v.Name, globalPhase)
		which := named{v.Node, name}
		text := fmt.Sprintf("%s/%d", name, ofNode[which])
		ofNode[which]++
		if v.Node != nil {
			text = known.node(v.Node) + "/" + text
		}
		a := digest(text)
		seen[a]++
		if n := seen[a]; n > 1 {
			a = fmt.Sprintf("%s.%d", a, n)
		}
		v.Address = a
	}
}

// addresses are those of plan nodes, and the parts of the graph that they are in.
type addresses struct {
	of    map[plan.Node]string
	parts map[plan.Node]int
	draws map[plan.Node]int
}

func (as *addresses) node(n plan.Node) string {
	if a, ok := as.of[n]; ok {
		return a
	}
	var b strings.Builder
	b.WriteString(n.Name())
	if t, ok := n.(Addressed); ok {
		b.WriteString("\x00" + t.AddressText())
	} else {
		for _, a := range n.Attrs() {
			b.WriteString("\x00" + a.Key + "\x01" + a.Value)
		}
	}
	ins := n.Inputs()
	if o, ok := n.(Outlasting); ok {
		ins = o.LastingInputs()
	}
	for _, in := range ins {
		b.WriteString("\x02" + as.node(in))
	}
	part := as.parts[n]
	begins, is := n.(Bound)
	if is && begins.PartBegun() > 0 {
		part = begins.PartBegun()
	}
	if part > 0 && (is || len(ins) == 0) {
		fmt.Fprintf(&b, "\x03%d", part)
	}
	if d := as.draws[n]; d > 0 {
		fmt.Fprintf(&b, "\x04%d", d)
	}
	as.of[n] = digest(b.String())
	return as.of[n]
}

// digest is short enough to print and long enough never to collide by chance.
func digest(s string) string {
	h := xxh3.HashString128(s).Bytes()
	return hex.EncodeToString(h[:12])
}
