package fold

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/state"
)

// CallOf gives a call of a plan. in names the columns that it is over.
func CallOf(c plan.AggCall, in []plan.Field) Call {
	return Call{Name: nameOf(c, in), Agg: c.Agg, Args: c.Args, Distinct: c.Distinct, Filter: c.Filter, Type: c.Type, Sorted: len(c.OrderBy) > 0}
}

// nameOf is the name that the query gives to a call, else what it computes.
func nameOf(c plan.AggCall, in []plan.Field) string {
	if c.Name != "" && !strings.HasPrefix(c.Name, "EXPR$") && !strings.HasPrefix(c.Name, "$") {
		return c.Name
	}
	args := make([]string, len(c.Args))
	for i, a := range c.Args {
		args[i] = fmt.Sprint("$", a)
		if a < len(in) {
			args[i] = in[a].Name
		}
	}
	text := strings.Join(args, ", ")
	if text == "" {
		text = "*"
	}
	if c.Distinct {
		text = "DISTINCT " + text
	}
	return c.Agg.Name + "(" + text + ")"
}

// Fields says where in a row whose calls begin at base they are, behind what is
// before them. What a call keeps beside the row, or cannot be told without what it has
// learned, has no name there.
func (f *Fold) Fields(base int, before ...state.Field) []state.Field {
	out := before
	if f.HasID() {
		out = append(out, state.Field{Kind: state.FieldWord, At: base, Size: 8})
	}
	for i := range f.calls {
		c := &f.calls[i]
		x := state.Field{Name: c.Name, Kind: state.FieldAgg, At: base + int(c.off), Size: c.acc.Size(),
			Agg: &state.FieldCall{Name: c.Agg.Name, Ret: c.Type, Retract: f.spec.Retract}}
		for _, a := range c.Args {
			x.Agg.Args = append(x.Agg.Args, f.spec.In[a])
		}
		if _, learns := c.acc.(fn.Learner); learns || c.extreme != nil {
			x.Name = ""
		}
		out = append(out, x)
	}
	return out
}

// words describes n words of a value.
func words(n int) []state.Field {
	out := make([]state.Field, n)
	for i := range out {
		out[i] = state.Field{Kind: state.FieldWord, At: 8 * i, Size: 8}
	}
	return out
}

// argsOf is the origin of a table whose key is an id and columns that calls are over.
func argsOf(args []int) state.Origin {
	return state.Origin{Input: 1, Key: slices.Concat([]int{-1}, args)}
}
