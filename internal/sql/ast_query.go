package sql

// Query is a query with its outer clauses. Limit, Offset and Fetch may be nil;
// LIMIT ALL is given as no limit.
type Query struct {
	At
	With      []CTE
	Recursive bool
	Body      SetExpr
	OrderBy   []OrderItem
	Limit     Expr
	Offset    Expr
	Fetch     Expr // FETCH FIRST n ROWS ONLY
}

// CTE is an element of WITH.
type CTE struct {
	At
	Name    Ident
	Columns []Ident
	Query   *Query
}

// Select is one SELECT.
type Select struct {
	At
	Hints    []Hint
	Distinct bool
	Items    []SelectItem
	From     []TableRef // joined by commas; empty without FROM
	Where    Expr
	GroupBy  []GroupItem
	Having   Expr
	Windows  []NamedWindow
	Qualify  Expr
}

// SelectItem is an expression with an alias, which may be nil.
type SelectItem struct {
	At
	Expr  Expr
	Alias *Ident
}

// GroupKind is the kind of a GROUP BY element.
type GroupKind uint8

// The elements of GROUP BY.
const (
	GroupExpr         GroupKind = iota // Expr; a row groups by all of its items, the empty row by nothing
	GroupGroupingSets                  // Items: expressions (rows for sets of several) or nested elements
	GroupRollup                        // Items
	GroupCube                          // Items
	GroupAll                           // GROUP BY ALL; an extension: all select items without aggregates
)

// GroupItem is an element of GROUP BY.
type GroupItem struct {
	At
	Kind  GroupKind
	Expr  Expr
	Items []GroupItem
}

// NamedWindow is an element of the WINDOW clause.
type NamedWindow struct {
	At
	Name Ident
	Spec *WindowSpec
}

// SetOp is Left UNION|INTERSECT|EXCEPT [ALL] Right; MINUS is given as EXCEPT.
type SetOp struct {
	At
	Op          string
	All         bool
	Left, Right SetExpr
}

// Values is VALUES (..), (..). A row without parentheses is a row of one.
type Values struct {
	At
	Rows [][]Expr
}

// TableQuery is TABLE t as a query.
type TableQuery struct {
	At
	Name ObjectName
}

func (*Query) isSetExpr()      {}
func (*Select) isSetExpr()     {}
func (*SetOp) isSetExpr()      {}
func (*Values) isSetExpr()     {}
func (*TableQuery) isSetExpr() {}

// Hint is one of /*+ NAME(args), .. */; Name is in upper case.
type Hint struct {
	At
	Name string
	Args []HintArg
}

// HintArg is 'key'='value', or with Key empty a lone name or literal.
type HintArg struct {
	At
	Key   string
	Value string
	// Bare says that the value was written as a name, not as a string.
	Bare bool
}

// Alias is AS name (columns).
type Alias struct {
	At
	Name    Ident
	Columns []Ident
}

// TableName is a table by its name.
type TableName struct {
	At
	Name  ObjectName
	AsOf  Expr // FOR SYSTEM_TIME AS OF
	Hints []Hint
	Alias *Alias
}

// FileTable is a file as a table: FROM 'orders.parquet'; an extension.
type FileTable struct {
	At
	Path  StringLit
	Hints []Hint
	Alias *Alias
}

// DerivedTable is [LATERAL] (query) alias.
type DerivedTable struct {
	At
	Query   *Query
	Lateral bool
	Alias   *Alias
}

// TableFunc is a call as a table: [LATERAL] TABLE(f(..)), or f(..) with Direct
// set.
type TableFunc struct {
	At
	Call    *FuncCall
	Lateral bool
	Direct  bool
	Alias   *Alias
}

// Unnest is UNNEST(a, ..) [WITH ORDINALITY].
type Unnest struct {
	At
	Exprs      []Expr
	Ordinality bool
	Lateral    bool
	Alias      *Alias
}

// JoinKind is the kind of a join.
type JoinKind uint8

// The joins. Semi and Anti keep the left side's columns only.
const (
	InnerJoin JoinKind = iota
	LeftJoin
	RightJoin
	FullJoin
	CrossJoin
	SemiJoin
	AntiJoin
)

var joinNames = [...]string{"INNER", "LEFT", "RIGHT", "FULL", "CROSS", "LEFT SEMI", "LEFT ANTI"}

// String gives the SQL words without JOIN.
func (k JoinKind) String() string { return joinNames[k] }

// Join is a join of two table references.
type Join struct {
	At
	Kind        JoinKind
	Natural     bool
	Asof        bool // [LEFT] ASOF JOIN; an extension
	Left, Right TableRef
	Match       Expr // MATCH_CONDITION of an ASOF join
	On          Expr
	Using       []Ident
}

// ParenTable is a parenthesised join with an alias of its own.
type ParenTable struct {
	At
	Input TableRef
	Alias *Alias
}

// MatchRecognize is a table run through row pattern matching.
type MatchRecognize struct {
	At
	Input       TableRef
	PartitionBy []Expr
	OrderBy     []OrderItem
	Measures    []SelectItem
	AllRows     bool // ALL ROWS PER MATCH
	// EmptyMatches is SHOW or OMIT (EMPTY MATCHES), Unmatched is WITH UNMATCHED
	// ROWS; both go with ALL ROWS PER MATCH.
	EmptyMatches string
	Unmatched    bool
	After        *AfterMatch
	Pattern      Pattern
	AnchorStart  bool // ^
	AnchorEnd    bool // $
	Within       Expr // an *IntervalLit
	Subsets      []PatternSubset
	Define       []PatternDefine
	Alias        *Alias
}

// AfterMatch is AFTER MATCH SKIP ..; Kind is PAST LAST ROW, TO NEXT ROW, TO
// FIRST, TO LAST (with Var).
type AfterMatch struct {
	At
	Kind string
	Var  *Ident
}

// PatternSubset is SUBSET s = (a, b).
type PatternSubset struct {
	At
	Name Ident
	Vars []Ident
}

// PatternDefine is DEFINE a AS cond.
type PatternDefine struct {
	At
	Var  Ident
	Cond Expr
}

// Pattern is a row pattern: *PatternVar, *PatternSeq, *PatternAlt,
// *PatternRepeat, *PatternPermute, *PatternExclude.
type Pattern interface {
	Node
	isPattern()
}

// PatternVar is a pattern variable.
type PatternVar struct {
	At
	Name Ident
}

// PatternSeq is a b c.
type PatternSeq struct {
	At
	Items []Pattern
}

// PatternAlt is a | b.
type PatternAlt struct {
	At
	Items []Pattern
}

// PatternRepeat is X with a quantifier: *, +, ?, {n}, {n,}, {n,m}, {,m}. Max is
// -1 for no upper bound.
type PatternRepeat struct {
	At
	X         Pattern
	Min, Max  int
	Reluctant bool
}

// PatternPermute is PERMUTE(a, b).
type PatternPermute struct {
	At
	Items []Pattern
}

// PatternExclude is {- a -}.
type PatternExclude struct {
	At
	X Pattern
}

func (*PatternVar) isPattern()     {}
func (*PatternSeq) isPattern()     {}
func (*PatternAlt) isPattern()     {}
func (*PatternRepeat) isPattern()  {}
func (*PatternPermute) isPattern() {}
func (*PatternExclude) isPattern() {}

// Pivot is t PIVOT (aggs FOR axes IN (values)).
type Pivot struct {
	At
	Input TableRef
	Aggs  []SelectItem
	Axes  []ColumnRef
	In    []PivotValue
	Alias *Alias
}

// PivotValue is one value of PIVOT's IN list; several Exprs if there are
// several axes.
type PivotValue struct {
	At
	Exprs []Expr
	Alias *Ident
}

// Unpivot is t UNPIVOT [INCLUDE NULLS] (measures FOR axes IN (columns AS ..)).
type Unpivot struct {
	At
	Input        TableRef
	IncludeNulls bool
	Measures     []Ident
	Axes         []Ident
	In           []UnpivotColumns
	Alias        *Alias
}

// UnpivotColumns is an element of UNPIVOT's IN list: columns, and the values
// that name them.
type UnpivotColumns struct {
	At
	Columns []Ident
	Values  []Expr
}

func (*TableName) isTableRef()      {}
func (*FileTable) isTableRef()      {}
func (*DerivedTable) isTableRef()   {}
func (*TableFunc) isTableRef()      {}
func (*Unnest) isTableRef()         {}
func (*Join) isTableRef()           {}
func (*ParenTable) isTableRef()     {}
func (*MatchRecognize) isTableRef() {}
func (*Pivot) isTableRef()          {}
func (*Unpivot) isTableRef()        {}
