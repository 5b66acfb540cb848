package opt

import (
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/scan"
)

// A scan whose watermark nobody looks at need not decode the column that it
// follows from.
var dropWatermarks = Rule{
	Name: "forget unused watermarks",
	Why:  "a filter over a table with a watermark should not decode its time column (Nexmark q2)",
	Whole: func(c *Ctx, root plan.Node) (plan.Node, error) {
		a, err := plan.Annotate(c.Context, root)
		if err != nil {
			return root, nil // what is wrong with the plan is told once it is whole
		}
		wanted := map[*scan.Node]bool{}
		for n, t := range a.Traits {
			if s, ok := n.(*scan.Node); ok && t.WantWatermark {
				wanted[s] = true
			}
		}
		return plan.Rewrite(root, func(n plan.Node) (plan.Node, error) {
			s, ok := n.(*scan.Node)
			if !ok || s.Mark == nil || wanted[s] || s.Waits() { // others look at it too
				return n, nil
			}
			d := *s
			d.Mark = nil
			return &d, nil
		})
	},
}
