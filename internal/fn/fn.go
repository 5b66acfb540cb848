// Package fn is the table of functions: for each its name, signature, text for
// the reference pages, examples that tests run, and the kernel that computes
// it over vectors. One function is one row of a table; SHOW FUNCTIONS, the
// reference, completion and the example tests come from the same row.
//
// A kernel sees dense vectors of equal length N (no selection; the evaluator
// gathers first), some of which may be Const. It writes N rows to out, which it
// Resizes first. For the default null rule the caller clears out's validity
// where any argument is null after the kernel ran, so a kernel may compute
// garbage there; a kernel that can fail must look at Ctx.Live before it fails.
//
// What has a syntax of its own is a hidden row that the binder calls by name:
//
//	=  <>  <  <=  >  >=           (a, b); expr.MakeCall casts text beside a time
//	IS [NOT] DISTINCT FROM        (a, b)
//	IS [NOT] NULL|TRUE|FALSE|UNKNOWN, NOT       (a)
//	IS [NOT] JSON VALUE|SCALAR|ARRAY|OBJECT     (s)
//	LIKE, SIMILAR TO              (s, pattern [, escape])
//	OVERLAPS                      (ROW(start, end or interval), ROW(..))
//	+  -  *  /  %  ||             (a, b); NEGATE (a)
//	ARRAY, MULTISET, MAP, ROW     the items in turn
//	ITEM (collection, index or key), FIELD (row, name as a literal)
//	EXTRACT (SYMBOL unit, t); FLOOR, CEIL (t, SYMBOL unit)
//	TIMESTAMPADD, TIMESTAMPDIFF   (SYMBOL unit, ..)
//	TRIM (SYMBOL side, chars, s)
//	JSON_VALUE, JSON_QUERY, ..    the clauses as SYMBOLs at the end
//
// AND, OR, CASE, CAST and IN are nodes of expressions, and COALESCE, IFNULL,
// NULLIF and IF are written as CASE.
package fn

import (
	"time"

	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// Ctx is what a kernel may know beyond its arguments. Time is read once a batch.
type Ctx struct {
	N         int         // rows of this call; what a kernel without arguments goes by
	NowMs     int64       // processing time, ms since the epoch
	NowNs     int32       // nanoseconds within that millisecond
	Zone      *types.Zone // table.local-time-zone
	Watermark int64       // the task's watermark, ms; math.MinInt64 before the first
	Database  string      // CURRENT_DATABASE()
	Catalog   string

	// Live tells which rows the kernel of a strict function must care about: rows
	// where it is false are null in some argument, and their values garbage that
	// must neither fail nor cost (REPEAT). Nil means all.
	Live vec.Bitmap
}

// Kernel computes one call for a batch.
type Kernel func(c *Ctx, args []*vec.Vector, out *vec.Vector) error

// Arg is what is known of an argument when a call is bound.
type Arg struct {
	Type  types.Type
	Lit   bool // a literal; Value is its value as vec.Vector.Value gives it
	Value any
	Fn    string // in Bind: the function if the argument is a call, else ""
}

// Call is a call being bound: the arguments after implicit casts, and the result.
type Call struct {
	Args []Arg
	Ret  types.Type
	Zone *types.Zone
}

// NullRule says how a function treats nulls.
type NullRule uint8

// The null rules.
const (
	Strict NullRule = iota // null in, null out; done by the evaluator
	Custom                 // the kernel sets validity itself
)

// Volatility says when calls may be folded or shared.
type Volatility uint8

// The volatilities.
const (
	Immutable Volatility = iota
	Stable               // constant within a batch (streaming) or query (batch): CURRENT_TIMESTAMP
	Volatile             // differs from row to row: RAND, UUID
)

// Func is one row of the table: one overload of a scalar function.
//
// Sig reads "(s STRING, n INT) -> STRING". Parameter types: a type as SQL
// spells it; ANY; a class NUMERIC, INTEGER, EXACT, STRINGLIKE (CHAR and
// VARCHAR), BINARYLIKE, TIMESTAMPLIKE, TEMPORAL, INTERVAL, COMPARABLE, ARRAY,
// MAP, MULTISET, ROW, SYMBOL; a type variable T, U (all uses get the common
// type) or ARRAY<T>, MAP<K, V>; "T..." repeats the last parameter zero or more
// times; "[x T]" is optional. The result may use the variables; otherwise set
// Infer. The result is nullable if an argument is, unless Infer says otherwise.
type Func struct {
	Name       string
	Sig        string
	Doc        string // one or two sentences
	Category   string // "string", "arithmetic", "temporal", "conditional", "collection", "json", "hash", "comparison", "conversion", "context"
	Examples   []Example
	Nulls      NullRule
	Volatility Volatility
	CanFail    bool    // may return an error for some values
	Extension  bool    // not in Flink; refused under weir.sql.strict
	Hidden     bool    // an operator's implementation, not listed by SHOW FUNCTIONS
	Higher     *Higher // takes lambdas; it has no kernel
	KeepCall   bool    // must not be folded into a literal: a caller asks Arg.Fn for it

	Infer  func(args []Arg) (types.Type, error) // result type when Sig does not tell; nil otherwise
	Kernel Kernel                               // when one kernel serves all types; or
	Bind   func(c *Call) (Kernel, error)        // makes the kernel for the argument types; called once an evaluator, so it may keep buffers
}

// Example is an expression and the text of its result; tests run each.
type Example struct{ SQL, Result string }

// ExampleTime is the clock that example tests run at.
var ExampleTime = time.Date(2026, 1, 2, 3, 4, 5, 678_000_000, time.UTC)

// Err makes a user error for a value that a kernel cannot take.
func Err(format string, args ...any) error {
	return failure(sqlerr.Value, format, args...)
}

// failure makes a user error of a kind for a value.
func failure(code sqlerr.Code, format string, args ...any) error {
	return sqlerr.New(code, sqlerr.Pos{}, format, args...)
}
