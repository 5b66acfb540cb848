package sql

import "strings"

// StringLit is a character string; Value has its escapes undone.
type StringLit struct {
	At
	Value string
}

// NumberLit is a numeric literal as written, without a sign. It is exact
// (integer or decimal) unless it has an exponent.
type NumberLit struct {
	At
	Text string
}

// Approx reports whether the literal has an exponent, which makes it a DOUBLE.
func (n *NumberLit) Approx() bool { return strings.ContainsAny(n.Text, "eE") }

// Integer reports whether the literal has neither fraction nor exponent.
func (n *NumberLit) Integer() bool { return !strings.ContainsAny(n.Text, ".eE") }

// BinaryLit is X'..'; Value is the bytes.
type BinaryLit struct {
	At
	Value []byte
}

// BoolLit is TRUE or FALSE, or UNKNOWN: a BOOLEAN that is null.
type BoolLit struct {
	At
	Value   bool
	Unknown bool
}

// NullLit is NULL.
type NullLit struct{ At }

// DefaultLit is DEFAULT, in VALUES and as a function's argument.
type DefaultLit struct{ At }

// DateTimeLit is DATE '..', TIME '..', TIMESTAMP '..' or TIMESTAMP_LTZ '..'; Kind is that word.
type DateTimeLit struct {
	At
	Kind string
	Text string
}

// IntervalLit is INTERVAL [-]'..' qualifier.
type IntervalLit struct {
	At
	Negative bool
	Text     string
	Unit     IntervalUnit
}

// IntervalExpr is INTERVAL expr unit, with an expression in place of the string.
type IntervalExpr struct {
	At
	X    Expr
	Unit IntervalUnit
}

// IntervalUnit is an interval qualifier, such as DAY(3) TO SECOND(6). From and
// To are upper-case units (YEAR QUARTER MONTH WEEK DAY HOUR MINUTE SECOND); To
// is empty for a single unit. Prec is the precision of the leading field, Frac
// of the seconds; -1 where not given.
type IntervalUnit struct {
	At
	From, To   string
	Prec, Frac int
}

// YearMonth reports whether the interval counts months, not milliseconds.
func (u IntervalUnit) YearMonth() bool {
	return u.From == "YEAR" || u.From == "MONTH" || u.From == "QUARTER"
}

// ColumnRef is a name that may be qualified and may reach into rows: a, t.a,
// t.a.f. Which part is what, the binder decides.
type ColumnRef struct {
	At
	Parts []Ident
}

// Star is * or t.*, in a select list or as the argument of COUNT.
type Star struct {
	At
	Qualifier []Ident
	Except    []Ident      // * EXCEPT (a, b); an extension
	Replace   []SelectItem // * REPLACE (expr AS a); an extension
}

// UnaryExpr is a prefix operator: "+", "-", "NOT", and in MATCH_RECOGNIZE
// "FINAL" and "RUNNING".
type UnaryExpr struct {
	At
	Op string
	X  Expr
}

// BinaryExpr is an infix operator in upper case: + - * / % || = <> < <= > >=
// AND OR OVERLAPS. "!=" is given as "<>".
type BinaryExpr struct {
	At
	Op   string
	L, R Expr
}

// IsExpr is X IS [NOT] What; What is NULL, TRUE, FALSE, UNKNOWN, JSON, JSON
// VALUE, JSON OBJECT, JSON ARRAY, JSON SCALAR, or of multisets A SET or EMPTY.
type IsExpr struct {
	At
	X    Expr
	Not  bool
	What string
}

// DistinctExpr is L IS [NOT] DISTINCT FROM R.
type DistinctExpr struct {
	At
	L, R Expr
	Not  bool
}

// BetweenExpr is X [NOT] BETWEEN [SYMMETRIC] Lo AND Hi.
type BetweenExpr struct {
	At
	X, Lo, Hi Expr
	Not       bool
	Symmetric bool
}

// LikeExpr is X [NOT] Op Pattern [ESCAPE Escape]; Op is LIKE, ILIKE, RLIKE or
// SIMILAR TO; Escape may be nil.
type LikeExpr struct {
	At
	X, Pattern, Escape Expr
	Op                 string
	Not                bool
}

// InExpr is X [NOT] IN (List) or (Query); exactly one of the two is set.
type InExpr struct {
	At
	X     Expr
	Not   bool
	List  []Expr
	Query *Query
}

// QuantifiedExpr is X Op ANY|ALL (List or Query); SOME is given as ANY.
type QuantifiedExpr struct {
	At
	X     Expr
	Op    string
	All   bool
	List  []Expr
	Query *Query
}

// ExistsExpr is EXISTS (Query).
type ExistsExpr struct {
	At
	Query *Query
}

// SubqueryExpr is a scalar subquery.
type SubqueryExpr struct {
	At
	Query *Query
}

// CaseExpr is CASE; Operand is nil in the searched form, Else may be nil. In
// the simple form a When's Cond is the value to compare with; several values
// before one THEN (WHEN 1, 2 THEN) give several Whens with the same Result.
type CaseExpr struct {
	At
	Operand Expr
	Whens   []When
	Else    Expr
}

// When is a branch of CASE.
type When struct {
	Cond, Result Expr
}

// CastExpr is CAST(X AS Type) or TRY_CAST.
type CastExpr struct {
	At
	X    Expr
	Type TypeName
	Try  bool
}

// FuncCall is a call. Functions with a syntax of their own have it undone:
//
//	EXTRACT(u FROM x)             EXTRACT      [Symbol u, x]
//	FLOOR(x TO u), CEIL(x TO u)   FLOOR, CEIL  [x, Symbol u]
//	TIMESTAMPADD(u, n, t)         TIMESTAMPADD [Symbol u, n, t]; TIMESTAMPDIFF too
//	TRIM(BOTH c FROM x)           TRIM         [Symbol BOTH|LEADING|TRAILING, c, x]; c is ' ' if left out
//	TRIM(x)                       TRIM         [x]
//	SUBSTRING(x FROM a FOR n)     SUBSTRING    [x, a, n] or [x, a]
//	OVERLAY(x PLACING y FROM a FOR n)          [x, y, a, n] or [x, y, a]
//	POSITION(x IN y FROM a)       POSITION     [x, y, a] or [x, y]
//	JSON_OBJECT(KEY k VALUE v, ..)             [k, v, ..]; JSON_OBJECTAGG [k, v]
//	CURRENT_TIMESTAMP(3)          an ordinary call; without parentheses Niladic is set
//	COUNT(*)                      COUNT        [Star]
//
// The names of these are given in upper case; other names are kept as written.
type FuncCall struct {
	At
	Name        ObjectName
	Args        []Arg
	Niladic     bool // written without parentheses: CURRENT_DATE
	Distinct    bool
	OrderBy     []OrderItem // inside the parentheses
	WithinGroup []OrderItem
	Filter      Expr   // FILTER (WHERE ..)
	Nulls       string // "", "IGNORE" or "RESPECT"
	Over        *WindowSpec
	JSON        *JSONClauses // of the JSON functions, nil if none was written
}

// Func gives the upper-cased last part of the function's name.
func (f *FuncCall) Func() string { return strings.ToUpper(f.Name.Last().Name) }

// Arg is an argument; Name is nil unless it was written name => value.
type Arg struct {
	Name  *Ident
	Value Expr
}

// JSONClauses are the clauses of the JSON functions.
type JSONClauses struct {
	Returning *TypeName
	OnEmpty   *JSONBehavior
	OnError   *JSONBehavior
	Wrapper   string // "", "WITHOUT", "WITH CONDITIONAL", "WITH UNCONDITIONAL"
	OnNull    string // "", "NULL" or "ABSENT": JSON_OBJECT, JSON_ARRAY and their aggregates
}

// JSONBehavior is what precedes ON EMPTY or ON ERROR: NULL, ERROR, TRUE, FALSE,
// UNKNOWN, EMPTY ARRAY, EMPTY OBJECT, or DEFAULT with a value.
type JSONBehavior struct {
	At
	Kind    string
	Default Expr
}

// Symbol is a keyword argument in upper case: the unit of EXTRACT, the side of TRIM.
type Symbol struct {
	At
	Name string
}

// RowExpr is ROW(a, b) or (a, b).
type RowExpr struct {
	At
	Items    []Expr
	Explicit bool // the word ROW was written
}

// CollectionExpr is ARRAY[..], MAP[k, v, ..], MULTISET[..], or ARRAY(query)
// with Query set. Kind is ARRAY, MAP or MULTISET.
type CollectionExpr struct {
	At
	Kind  string
	Items []Expr
	Query *Query
}

// IndexExpr is X[Index], of an array, map or row.
type IndexExpr struct {
	At
	X, Index Expr
}

// FieldExpr is X.Name where X is not a plain name: f(x).a, r[1].a, (r).a.
type FieldExpr struct {
	At
	X    Expr
	Name Ident
}

// LambdaExpr is x -> body or (x, y) -> body; an extension.
type LambdaExpr struct {
	At
	Params []Ident
	Body   Expr
}

// TableArg is a table as a function's argument: TABLE t or (query), with
// PARTITION BY and ORDER BY. Exactly one of Table and Query is set.
type TableArg struct {
	At
	Table       *TableName
	Query       *Query
	PartitionBy []Expr
	OrderBy     []OrderItem
}

// ModelArg is MODEL m as a function's argument.
type ModelArg struct {
	At
	Name ObjectName
}

// Descriptor is DESCRIPTOR(a, b).
type Descriptor struct {
	At
	Columns []Ident
	Types   []*TypeName // nil, or one a column where a type was given: DESCRIPTOR(a INT)
}

// WindowSpec is what follows OVER, or a WINDOW definition. Ref names another
// window; with Bare set it is OVER w without parentheses.
type WindowSpec struct {
	At
	Ref         *Ident
	Bare        bool
	PartitionBy []Expr
	OrderBy     []OrderItem
	Frame       *Frame
}

// Frame is ROWS|RANGE BETWEEN Start AND End. End is nil in the short form,
// which ends at CURRENT ROW.
type Frame struct {
	At
	Units   string // ROWS or RANGE
	Start   FrameBound
	End     *FrameBound
	Exclude string // "", CURRENT ROW, GROUP, TIES, NO OTHERS
}

// BoundKind is the kind of a frame's bound.
type BoundKind uint8

// The bounds; Preceding and Following have an Offset.
const (
	UnboundedPreceding BoundKind = iota
	Preceding
	CurrentRow
	Following
	UnboundedFollowing
)

// FrameBound is one end of a frame.
type FrameBound struct {
	At
	Kind   BoundKind
	Offset Expr
}

// OrderItem is an element of ORDER BY.
type OrderItem struct {
	At
	Expr  Expr // nil if All
	All   bool // ORDER BY ALL of a query; an extension: each of its columns in turn
	Desc  bool
	Nulls string // "", FIRST or LAST
}

func (*StringLit) isExpr()      {}
func (*NumberLit) isExpr()      {}
func (*BinaryLit) isExpr()      {}
func (*BoolLit) isExpr()        {}
func (*NullLit) isExpr()        {}
func (*DefaultLit) isExpr()     {}
func (*DateTimeLit) isExpr()    {}
func (*IntervalLit) isExpr()    {}
func (*IntervalExpr) isExpr()   {}
func (*ColumnRef) isExpr()      {}
func (*Star) isExpr()           {}
func (*UnaryExpr) isExpr()      {}
func (*BinaryExpr) isExpr()     {}
func (*IsExpr) isExpr()         {}
func (*DistinctExpr) isExpr()   {}
func (*BetweenExpr) isExpr()    {}
func (*LikeExpr) isExpr()       {}
func (*InExpr) isExpr()         {}
func (*QuantifiedExpr) isExpr() {}
func (*ExistsExpr) isExpr()     {}
func (*SubqueryExpr) isExpr()   {}
func (*CaseExpr) isExpr()       {}
func (*CastExpr) isExpr()       {}
func (*FuncCall) isExpr()       {}
func (*Symbol) isExpr()         {}
func (*RowExpr) isExpr()        {}
func (*CollectionExpr) isExpr() {}
func (*IndexExpr) isExpr()      {}
func (*FieldExpr) isExpr()      {}
func (*LambdaExpr) isExpr()     {}
func (*TableArg) isExpr()       {}
func (*ModelArg) isExpr()       {}
func (*Descriptor) isExpr()     {}
