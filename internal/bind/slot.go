package bind

import (
	"fmt"

	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/apply"
	"github.com/weir-stream/weir/internal/rel/over"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// A slot stands in an expression for a value that an operator computes. Slots
// are expressions, so that they can be compared and taken apart like any other;
// none is left in a plan.

// sortArg is an ORDER BY inside a call.
type sortArg struct {
	desc, nullsFirst bool
}

// aggSlot is an aggregate call: its kids are the arguments, then the order, then
// the filter if there is one.
type aggSlot struct {
	agg      *fn.Agg
	args     int
	order    []sortArg
	filter   bool
	distinct bool
	kids     []expr.Expr
	t        types.Type
	pos      sqlerr.Pos
}

func (s *aggSlot) Type() types.Type      { return s.t }
func (s *aggSlot) Children() []expr.Expr { return s.kids }
func (s *aggSlot) With(kids []expr.Expr) expr.Expr {
	c := *s
	c.kids = kids
	return &c
}
func (s *aggSlot) String() string {
	return fmt.Sprintf("%s(distinct=%t, filter=%t, args=%d, order=%v)", s.agg.Name, s.distinct, s.filter, s.args, s.order)
}

// overSlot is a window function call: its kids are the arguments, the partition,
// the order, then the filter if there is one.
type overSlot struct {
	agg         *fn.Agg
	args, parts int
	order       []sortArg
	filter      bool
	distinct    bool
	ignoreNulls bool
	frame       over.Frame
	kids        []expr.Expr
	t           types.Type
	pos         sqlerr.Pos
	made        plan.Made
}

func (s *overSlot) Type() types.Type      { return s.t }
func (s *overSlot) Children() []expr.Expr { return s.kids }
func (s *overSlot) With(kids []expr.Expr) expr.Expr {
	c := *s
	c.kids = kids
	return &c
}
func (s *overSlot) String() string {
	return fmt.Sprintf("%s(distinct=%t, filter=%t, nulls=%t, args=%d, parts=%d, order=%v) OVER %s",
		s.agg.Name, s.distinct, s.filter, s.ignoreNulls, s.args, s.parts, s.order, s.frame)
}

// subSlot is a subquery: its kids are expressions over the outer query that On
// compares with the subquery's columns.
type subSlot struct {
	id   int
	r    plan.Node
	kind apply.Kind
	// on makes the condition of the apply from the kids; nil = none. right gives
	// column i of the subquery over the joined columns.
	on        func(kids []expr.Expr, right func(i int) expr.Expr) expr.Expr
	nullAware bool
	kids      []expr.Expr
	t         types.Type
	pos       sqlerr.Pos
}

func (s *subSlot) Type() types.Type      { return s.t }
func (s *subSlot) Children() []expr.Expr { return s.kids }
func (s *subSlot) With(kids []expr.Expr) expr.Expr {
	c := *s
	c.kids = kids
	return &c
}
func (s *subSlot) String() string { return fmt.Sprintf("subquery %d", s.id) }

// groupSlot is GROUPING, GROUPING_ID or GROUP_ID: its kids are the keys.
type groupSlot struct {
	name string
	kids []expr.Expr
	pos  sqlerr.Pos
}

func (s *groupSlot) Type() types.Type      { return types.Of(types.BigInt).NotNull() }
func (s *groupSlot) Children() []expr.Expr { return s.kids }
func (s *groupSlot) With(kids []expr.Expr) expr.Expr {
	c := *s
	c.kids = kids
	return &c
}
func (s *groupSlot) String() string { return s.name }

// propSlot is TUMBLE_START and its like: a property of the group window.
type propSlot struct {
	prop uint8 // a window.Prop
	t    types.Type
	pos  sqlerr.Pos
}

func (s *propSlot) Type() types.Type                { return s.t }
func (s *propSlot) Children() []expr.Expr           { return nil }
func (s *propSlot) With(kids []expr.Expr) expr.Expr { return s }
func (s *propSlot) String() string                  { return fmt.Sprintf("window property %d", s.prop) }

// has reports whether an expression holds a slot of type T.
func has[T expr.Expr](es ...expr.Expr) bool {
	found := false
	for _, e := range es {
		expr.Walk(e, func(x expr.Expr) bool {
			if _, ok := x.(T); ok {
				found = true
			}
			return !found
		})
	}
	return found
}
