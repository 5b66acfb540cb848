package evolve

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/calc"
	"github.com/weir-stream/weir/internal/types"
)

// Changes says in words what has happened to the columns that a node is given, or, if
// it has no inputs, gives.
func (m *Matching) Changes(is plan.Node) []string {
	if _, ok := is.(*calc.Node); ok { // it keeps nothing
		return nil
	}
	old := m.Old[is]
	if old == nil {
		return nil
	}
	was, now := old.Inputs(), is.Inputs()
	if len(now) == 0 {
		was, now = []plan.Node{old}, []plan.Node{is}
	}
	var out []string
	for i, in := range now {
		for c, at := range m.columns(was[i], in) {
			for _, text := range changed(was[i].Fields(), at, in.Fields()[c]) {
				if !slices.Contains(out, text) {
					out = append(out, text)
				}
			}
		}
	}
	return out
}

func changed(old []plan.Field, at int, now plan.Field) []string {
	switch at {
	case unknown:
		return nil
	case fresh:
		return []string{fmt.Sprintf("column %s is new, NULL in rows before", now.Name)}
	}
	var out []string
	was := old[at]
	if was.Name != now.Name && !made(was.Name) && !made(now.Name) {
		out = append(out, fmt.Sprintf("column %s is named %s", was.Name, now.Name))
	}
	if !was.Type.EqualKind(now.Type) {
		out = append(out, fmt.Sprintf("column %s widened from %s to %s", now.Name, bare(was.Type), bare(now.Type)))
	}
	return out
}

func bare(t types.Type) string { return t.AsNullable().WithAttr(types.NoAttr).String() }

// made reports that nobody has given a name.
func made(name string) bool {
	return strings.HasPrefix(name, "EXPR$") || strings.HasPrefix(name, "$")
}
