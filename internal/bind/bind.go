// Package bind gives names their meaning: it turns syntax trees into plan nodes
// against a catalog, the tables of functions, and the connectors.
//
// Binding goes on after an error, so that two mistakes in a script give two
// errors: what could not be bound becomes a placeholder that silences whatever
// depends on it. A result is only given out if there was no error at all.
//
// Expressions are bound once, over the columns of FROM. What an expression needs
// from an operator (an aggregate, a window function, a subquery) is a slot in it
// (slot.go); the clauses are then planned in order, each replacing its kind of
// slot by columns of the node that computes it.
package bind

import (
	"github.com/weir-stream/weir/internal/catalog"
	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/values"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/udf"
)

// Config is the world that names are looked up in.
type Config struct {
	// Catalog is usually an overlay, see catalog.Catalog.Overlay.
	Catalog         *catalog.Catalog
	CurrentCatalog  string
	CurrentDatabase string

	Functions  *fn.Table
	Aggs       *AggTable
	Connectors map[string]*connector.Spec
	Formats    map[string]*format.Spec
	Env        *connector.Env
	// Lib is what the embedding program adds; nil = nothing.
	Lib *udf.Library
	// Options gives the session's value of a key, "" if it is not set.
	Options     func(key string) string
	Batch       bool
	Zone        *types.Zone
	Parallelism int
	// Strict refuses what is not Flink's (weir.sql.strict).
	Strict bool
	// InferTable describes the file (or files) of FROM 'path'; nil refuses them.
	// The table is read through the connector "filesystem".
	InferTable func(path string) (*connector.Table, error)
	// LateRows gives the rows that came too late in the jobs of a name or id, for
	// LATE_ROWS; nil refuses it.
	LateRows func(job string) ([]LateRow, error)
	// Touched, if set, is told of every table that a statement reads or writes, as
	// its connector sees it, before that is asked.
	Touched func(Touch)
	// State reads saved state, for STATE; nil refuses it.
	State func(SavedTable) (plan.Node, error)
}

// Binder binds statements. It is used by one goroutine; one Binder may bind any
// number of statements.
type Binder struct {
	Config
	errs sqlerr.List
	ctes *cteScope
	// cols remembers where columns were written, for errors that are found when
	// the clauses are planned.
	cols map[*expr.Col]sqlerr.Pos
	// views are being expanded: a view that is in there twice is recursive.
	views []catalog.Path
	// usedAt is where the query uses the outermost of views.
	usedAt sqlerr.Pos
	// silenced: the statement uses a definition that was refused.
	silenced bool
	// jsonItems are the calls of JSON that stand in JSON_OBJECT or JSON_ARRAY.
	jsonItems map[*sql.FuncCall]bool
	trusting  bool // the definition was checked before
	// expanding: names are made full where expandAt views are being expanded.
	expanding bool
	expandAt  int
	hints     []sql.Hint // of the SELECT whose FROM is bound
	subs      map[subKey]plan.Node
	slots     map[slotKey]int // ids of subqueries' slots
}

// New gives a binder.
func New(c Config) *Binder {
	if c.Options == nil {
		c.Options = func(string) string { return "" }
	}
	if c.Aggs == nil {
		c.Aggs = NewAggTable(nil)
	}
	if c.Env == nil {
		c.Env = &connector.Env{}
	}
	return &Binder{Config: c}
}

// BindQuery binds a query. The error is a sqlerr.List; an empty one says that
// the query depends on a definition that was refused (catalog.Table.Broken), of
// which enough is said already.
func (b *Binder) BindQuery(q *sql.Query) (plan.Node, error) {
	b.begin()
	blk := b.query(q, nil)
	if err := b.err(); err != nil {
		return nil, err
	}
	return blk.node, nil
}

// err gives the errors of a statement.
func (b *Binder) err() error {
	if len(b.errs) == 0 && b.silenced {
		return sqlerr.List{}
	}
	return b.errs.Err()
}

// BindExpr binds an expression without columns, for SET values and tests.
func (b *Binder) BindExpr(e sql.Expr) (expr.Expr, error) {
	b.begin()
	x := b.expr(&env{scope: &scope{}, clause: "an expression", noAgg: true, noOver: true, noSub: true}, e)
	if err := b.errs.Err(); err != nil {
		return nil, err
	}
	return x, nil
}

func (b *Binder) begin() {
	b.errs, b.ctes, b.views, b.silenced = nil, nil, nil, false
	b.cols, b.subs, b.slots = map[*expr.Col]sqlerr.Pos{}, nil, nil
}

// fail notes an error.
func (b *Binder) fail(code sqlerr.Code, pos sqlerr.Pos, format string, args ...any) *sqlerr.Error {
	e := sqlerr.New(code, pos, format, args...)
	b.errs = append(b.errs, e)
	return e
}

// failAt notes an error of another package at a position, if it has none.
func (b *Binder) failAt(err error, pos sqlerr.Pos) {
	b.errs.Add(at(err, pos))
}

// at gives the errors of err that have no position one.
func at(err error, pos sqlerr.Pos) error {
	if l, ok := err.(sqlerr.List); ok {
		out := make(sqlerr.List, 0, len(l))
		for _, e := range l {
			out.Add(sqlerr.At(e, pos))
		}
		return out
	}
	return sqlerr.At(err, pos)
}

// unsupported notes that something that parses is not there yet.
func (b *Binder) unsupported(pos sqlerr.Pos, what string) *sqlerr.Error {
	return b.fail(sqlerr.Unsupported, pos, "%s is not supported", what)
}

// extension notes an error in strict mode, where weir takes no more than Flink.
func (b *Binder) extension(pos sqlerr.Pos, what string) {
	if b.Strict {
		b.fail(sqlerr.Unsupported, pos, "%s is an extension that Flink does not have", what).
			WithHint("unset weir.sql.strict to use it")
	}
}

// block is a bound relation: a node, and what is known of its columns when
// something in it could not be bound.
type block struct {
	node plan.Node
	bad  []bool // columns that are placeholders; nil = none
	open bool   // columns are missing: unknown names are not reported
}

func (blk block) isBad(i int) bool { return blk.open && i < 0 || i < len(blk.bad) && blk.bad[i] }

// broken is the block of what could not be bound at all.
func broken() block { return block{node: &values.Node{}, open: true} }

// bad is the expression that could not be bound. Whatever is built over it is
// it again, without a word.
var bad expr.Expr = &expr.Lit{T: types.Of(types.Null)}

func anyBad(es ...expr.Expr) bool {
	for _, e := range es {
		if e == bad {
			return true
		}
	}
	return false
}
