package planfile

import (
	"path"
	"reflect"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/agg"
	"github.com/weir-stream/weir/internal/rel/backfill"
	"github.com/weir-stream/weir/internal/rel/calc"
	"github.com/weir-stream/weir/internal/rel/changelog"
	"github.com/weir-stream/weir/internal/rel/expand"
	"github.com/weir-stream/weir/internal/rel/join"
	"github.com/weir-stream/weir/internal/rel/match"
	"github.com/weir-stream/weir/internal/rel/normalize"
	"github.com/weir-stream/weir/internal/rel/order"
	"github.com/weir-stream/weir/internal/rel/over"
	"github.com/weir-stream/weir/internal/rel/rank"
	"github.com/weir-stream/weir/internal/rel/recurse"
	"github.com/weir-stream/weir/internal/rel/scan"
	"github.com/weir-stream/weir/internal/rel/setop"
	"github.com/weir-stream/weir/internal/rel/sink"
	"github.com/weir-stream/weir/internal/rel/unnest"
	"github.com/weir-stream/weir/internal/rel/values"
	"github.com/weir-stream/weir/internal/rel/window"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// nodes lists the plan nodes that a file may hold. A test compares it with the
// nodes below internal/rel.
var nodes = []plan.Node{
	&agg.Node{}, &backfill.Node{}, &calc.Node{}, &changelog.From{}, &changelog.To{}, &expand.Node{}, &join.ByKey{}, &join.Delta{}, &join.Multi{}, &join.Node{}, &match.Node{}, &normalize.Node{}, &order.Node{},
	&over.Node{}, &rank.Node{}, &recurse.Node{}, &recurse.Work{}, &scan.Node{}, &setop.Node{}, &sink.Node{}, &sink.Set{}, &unnest.Node{}, &values.Node{}, &window.Aggregate{}, &window.Assign{},
}

// unwritten are nodes that no file holds, and what of them it cannot hold.
var unwritten = map[string]string{
	"recurse.gather":  "it is made while a plan runs",
	"apply.Node":      "it never reaches a plan that runs",
	"process.Node":    "a call of a process table function in Go",
	"saved.Node":      "saved state, which a job goes on changing",
	"side.Node":       "late rows or dead letters that go to a table (weir.late-rows, weir.dead-letter)",
	"invoke.Node":     "a call of a model or of a table function in Go",
	"sink.correcting": "it is made while a plan runs",
}

// exprs lists the kinds of expressions.
var exprs = []expr.Expr{&expr.Call{}, &expr.Case{}, &expr.Cast{}, &expr.Col{}, &expr.In{}, &expr.Lambda{}, &expr.Lit{}, &expr.Logic{}, &expr.Param{}}

// transient are fields that a plan can do without: lowering sets them.
var transient = map[string]bool{"join.Node.was": true, "recurse.Work.rows": true}

var nodeKinds, exprKinds = byName(nodes), byName(exprs)

func byName[T any](list []T) map[string]reflect.Type {
	out := map[string]reflect.Type{}
	for _, x := range list {
		t := reflect.TypeOf(x).Elem()
		out[kindName(t)] = t
	}
	return out
}

// kindName gives "join.Node" for a node, "Call" for an expression.
func kindName(t reflect.Type) string {
	if t.PkgPath() == exprPackage {
		return t.Name()
	}
	return path.Base(t.PkgPath()) + "." + t.Name()
}

var exprPackage = reflect.TypeFor[expr.Call]().PkgPath()

// Types that are not written field by field.
var (
	nodeType   = reflect.TypeFor[plan.Node]()
	exprType   = reflect.TypeFor[expr.Expr]()
	litType    = reflect.TypeFor[*expr.Lit]()
	funcType   = reflect.TypeFor[*fn.Func]()
	aggType    = reflect.TypeFor[*fn.Agg]()
	tableType  = reflect.TypeFor[*connector.Table]()
	sourceType = reflect.TypeFor[connector.Source]()
	lookupType = reflect.TypeFor[connector.LookupSource]()
	sinkType   = reflect.TypeFor[connector.Sink]()
	posType    = reflect.TypeFor[sqlerr.Pos]()
	anyType    = reflect.TypeFor[any]()
	kindType   = reflect.TypeFor[types.Kind]()
)
