package plan

import (
	"fmt"
	"strings"
)

// Print gives the tree of a plan, one node a line, inputs indented below.
// extra, if not nil, adds attributes to a node (traits, figures). A node that
// is shared is printed once in full and after that by reference.
func Print(root Node, extra func(Node) []Attr) string {
	p := printer{extra: extra, ids: map[Node]int{}, uses: map[Node]int{}}
	countUses(root, p.uses)
	p.node(root, "", "")
	return p.b.String()
}

type printer struct {
	b     strings.Builder
	extra func(Node) []Attr
	uses  map[Node]int
	ids   map[Node]int
}

func countUses(n Node, uses map[Node]int) {
	uses[n]++
	if uses[n] > 1 {
		return
	}
	for _, in := range n.Inputs() {
		countUses(in, uses)
	}
}

func (p *printer) node(n Node, first, rest string) {
	p.b.WriteString(first)
	if id, ok := p.ids[n]; ok {
		fmt.Fprintf(&p.b, "Reused(reference_id=[%d])\n", id)
		return
	}
	p.b.WriteString(n.Name())
	attrs := n.Attrs()
	if p.extra != nil {
		attrs = append(attrs[:len(attrs):len(attrs)], p.extra(n)...)
	}
	p.b.WriteByte('(')
	for i, a := range attrs {
		if i > 0 {
			p.b.WriteString(", ")
		}
		fmt.Fprintf(&p.b, "%s=[%s]", a.Key, a.Value)
	}
	p.b.WriteByte(')')
	if p.uses[n] > 1 {
		p.ids[n] = len(p.ids) + 1
		fmt.Fprintf(&p.b, "(reuse_id=[%d])", p.ids[n])
	}
	p.b.WriteByte('\n')
	ins := n.Inputs()
	for i, in := range ins {
		if i < len(ins)-1 {
			p.node(in, rest+":- ", rest+":  ")
		} else {
			p.node(in, rest+"+- ", rest+"   ")
		}
	}
}

// Digest identifies what a plan computes: equal digests, equal results.
func Digest(n Node) string { return Print(n, nil) }

// Cols prints ordinals as column names.
func Cols(fs []Field, cols []int) string {
	names := make([]string, len(cols))
	for i, c := range cols {
		names[i] = fs[c].Name
	}
	return strings.Join(names, ", ")
}

// SortKeys prints an order as Flink does: "a ASC, b DESC".
func SortKeys(fs []Field, keys []SortKey) string {
	parts := make([]string, len(keys))
	for i, k := range keys {
		parts[i] = fs[k.Col].Name + " ASC"
		if k.Desc {
			parts[i] = fs[k.Col].Name + " DESC"
		}
		if k.NullsFirst == k.Desc {
			if k.NullsFirst {
				parts[i] += " NULLS FIRST"
			} else {
				parts[i] += " NULLS LAST"
			}
		}
	}
	return strings.Join(parts, ", ")
}

// Aggs prints aggregate calls over fs.
func Aggs(fs []Field, calls []AggCall) string {
	parts := make([]string, len(calls))
	for i, c := range calls {
		arg := Cols(fs, c.Args)
		if c.Agg.Name == "COUNT" && len(c.Args) == 0 {
			arg = "*"
		}
		if c.Distinct {
			arg = "DISTINCT " + arg
		}
		parts[i] = fmt.Sprintf("%s(%s)", c.Agg.Name, arg)
		if c.Filter >= 0 {
			parts[i] += fmt.Sprintf(" FILTER %s", fs[c.Filter].Name)
		}
		if len(c.OrderBy) > 0 {
			parts[i] += " WITHIN GROUP " + SortKeys(fs, c.OrderBy)
		}
		parts[i] += " AS " + c.Name
	}
	return strings.Join(parts, ", ")
}

// Text prints a window as its table function's arguments.
func (w Window) Text(fs []Field) string {
	s := fmt.Sprintf("%s(%s", w.Kind, fs[w.TimeCol].Name)
	if w.Kind == Hop || w.Kind == Cumulate {
		s += fmt.Sprintf(", %d ms", w.SlideMs)
	}
	s += fmt.Sprintf(", %d ms", w.SizeMs)
	if w.OffsetMs != 0 {
		s += fmt.Sprintf(", offset %d ms", w.OffsetMs)
	}
	return s + ")"
}
