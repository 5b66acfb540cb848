package dag

import (
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/weir-stream/weir/internal/plan"
	"github.com/zeebo/xxh3"
)

// Addressed is implemented by plan nodes of which more, or less, than their
// attributes tells what their state means.
type Addressed interface {
	// AddressText is what counts of the node itself, beside its inputs.
	AddressText() string
}

// address names every vertex by what it computes: the node that it was lowered
// from with all that is below it, and which of that node's vertices of its name it
// is. Equal ones are numbered in the order of the graph. Parallelism does not
// count, though a node may need more vertices for more subtasks.
func (g *Graph) address() {
	known := map[plan.Node]string{}
	type named struct {
		node plan.Node
		name string
	}
	ofNode := map[named]int{}
	seen := map[string]int{}
	for _, v := range g.Vertices {
		which := named{v.Node, v.Name}
		text := fmt.Sprintf("%s/%d", v.Name, ofNode[which])
		ofNode[which]++
		if v.Node != nil {
			text = nodeAddress(v.Node, known) + "/" + text
		}
		a := digest(text)
		seen[a]++
		if n := seen[a]; n > 1 {
			a = fmt.Sprintf("%s.%d", a, n)
		}
		v.Address = a
	}
}

func nodeAddress(n plan.Node, known map[plan.Node]string) string {
	if a, ok := known[n]; ok {
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
	for _, in := range n.Inputs() {
		b.WriteString("\x02" + nodeAddress(in, known))
	}
	known[n] = digest(b.String())
	return known[n]
}

// digest is short enough to print and long enough never to collide by chance.
func digest(s string) string {
	h := xxh3.HashString128(s).Bytes()
	return hex.EncodeToString(h[:12])
}
