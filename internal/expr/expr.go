// Package expr holds bound expressions and evaluates them over batches.
//
// The binder makes the trees: names are resolved to column ordinals, calls to
// rows of the function table, every implicit cast is written out. Rules take
// them apart and put them together; operators compile them once a task into a
// Program, which evaluates over dense vectors and reuses its buffers.
package expr

import (
	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/types"
)

// Expr is a bound expression. Expressions are immutable.
type Expr interface {
	Type() types.Type
	// Children are the direct operands.
	Children() []Expr
	// With gives the same expression over other operands of the same types.
	With(children []Expr) Expr
	// String prints the expression as SQL over column names.
	String() string
}

// Col is a column of the input by ordinal. Depth 0 is the operator's own input
// (for joins: left columns, then right); 1 and up is the input of an enclosing
// query (a correlated reference, gone after decorrelation).
type Col struct {
	Index int
	Depth int
	Name  string
	T     types.Type
}

// Lit is a literal; Value is as vec.Vector.Value gives it.
type Lit struct {
	Value any
	T     types.Type
}

// Call is a call of a scalar function.
type Call struct {
	Fn   *fn.Func
	Args []Expr
	T    types.Type
}

// LogicOp is AND or OR.
type LogicOp uint8

// The connectives.
const (
	And LogicOp = iota
	Or
)

// Logic is an n-ary AND or OR in three-valued logic. Later operands are not
// evaluated for rows that earlier ones decide, so they cannot fail there.
type Logic struct {
	Op   LogicOp
	Args []Expr
}

// When is one branch of a Case.
type When struct{ Cond, Then Expr }

// Case is a searched CASE; COALESCE, IF and NULLIF are written as it. Else may
// be nil (NULL). Branches are evaluated only for their rows.
type Case struct {
	Whens []When
	Else  Expr
	T     types.Type
}

// Cast converts X to T; with Try a value that cannot be converted gives null.
type Cast struct {
	X   Expr
	T   types.Type
	Try bool
}

// In is X IN (literals) with a hash set; Not for NOT IN. Values holds literals
// of X's type as Lit; nulls among them follow three-valued logic.
type In struct {
	X      Expr
	Values []*Lit
	Not    bool
}
