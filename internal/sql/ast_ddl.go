package sql

// TableElements are what stands in the parentheses of CREATE TABLE and of ALTER
// TABLE ADD or MODIFY.
type TableElements struct {
	Columns     []ColumnDef
	Watermarks  []WatermarkDef // the binder refuses more than one
	Constraints []ConstraintDef
}

// ColumnKind is the kind of a column.
type ColumnKind uint8

// The columns of a table.
const (
	PhysicalColumn ColumnKind = iota
	MetadataColumn            // c T METADATA [FROM 'k'] [VIRTUAL]
	ComputedColumn            // c AS expr
)

// ColumnDef is a column. Type is nil for computed columns, Expr for all others.
type ColumnDef struct {
	At
	Name        Ident
	Kind        ColumnKind
	Type        *TypeName
	Expr        Expr
	MetadataKey *StringLit // METADATA FROM 'key'
	Virtual     bool
	Constraint  *ConstraintDef // PRIMARY KEY written at the column
	Comment     *StringLit
	First       bool       // ALTER TABLE: FIRST
	After       *ColumnRef // ALTER TABLE: AFTER c
	Path        []Ident    // ALTER TABLE on a nested field: the rows that hold it
}

// WatermarkDef is WATERMARK FOR Column AS Expr.
type WatermarkDef struct {
	At
	Column ObjectName // more than one part for a nested field
	Expr   Expr
}

// ConstraintDef is [CONSTRAINT Name] PRIMARY KEY|UNIQUE (Columns) [[NOT]
// ENFORCED]. Columns is empty when it is written at a column.
type ConstraintDef struct {
	At
	Name     *Ident
	Kind     string // PRIMARY KEY or UNIQUE
	Columns  []Ident
	Enforced string // "", ENFORCED or NOT ENFORCED
}

// Distribution is DISTRIBUTED [BY [HASH|RANGE] (Columns)] [INTO n BUCKETS].
type Distribution struct {
	At
	Kind    string // "", HASH or RANGE
	Columns []Ident
	Buckets *NumberLit
}

// LikeClause is LIKE t (INCLUDING|EXCLUDING|OVERWRITING feature ..).
type LikeClause struct {
	At
	Table   ObjectName
	Options []LikeOption
}

// LikeOption is one option of LIKE. Feature is ALL, CONSTRAINTS, DISTRIBUTION,
// GENERATED, METADATA, OPTIONS, PARTITIONS or WATERMARKS.
type LikeOption struct {
	At
	Merge   string // INCLUDING, EXCLUDING or OVERWRITING
	Feature string
}

// CreateTable is CREATE TABLE, also with AS query (CTAS) and as [CREATE OR]
// REPLACE TABLE (RTAS).
type CreateTable struct {
	At
	Temporary   bool
	OrReplace   bool // CREATE OR REPLACE
	Replace     bool // REPLACE TABLE without CREATE
	IfNotExists bool
	Name        ObjectName
	HasElements bool // parentheses were written
	TableElements
	ColumnNames   []Ident // CTAS: (a, b) names and order only, in place of elements
	Comment       *StringLit
	Distribution  *Distribution
	PartitionedBy []Ident
	Connection    *ObjectName // USING CONNECTION c
	Options       []Option
	Like          *LikeClause
	As            *Query
}

// CreateView is CREATE [TEMPORARY] VIEW.
type CreateView struct {
	At
	Temporary   bool
	OrReplace   bool // an extension
	IfNotExists bool
	Name        ObjectName
	Columns     []Ident
	Comments    []*StringLit // of the columns; nil, or one a column, nil where none
	Comment     *StringLit
	Query       *Query
}

// CreateDatabase is CREATE DATABASE.
type CreateDatabase struct {
	At
	IfNotExists bool
	Name        ObjectName
	Comment     *StringLit
	Options     []Option
}

// CreateCatalog is CREATE CATALOG.
type CreateCatalog struct {
	At
	IfNotExists bool
	Name        Ident
	Comment     *StringLit
	Options     []Option
}

// CreateFunction is CREATE FUNCTION f AS 'body' LANGUAGE l USING .., or (an
// extension) a function in SQL, with parameters, result and body.
type CreateFunction struct {
	At
	Temporary   bool
	System      bool
	OrReplace   bool // an extension
	IfNotExists bool
	Name        ObjectName
	HasParams   bool        // parentheses were written
	Params      []ColumnDef // name and type
	Returns     *TypeName   // RETURNS type
	Columns     []ColumnDef // RETURNS TABLE(..)
	Comment     *StringLit
	Body        *StringLit // AS: class name, or the text of the function
	Expr        Expr       // RETURN expr, in place of Body
	Query       *Query     // RETURN query, in place of Body
	Language    string     // upper case; "" if left out
	Using       []Resource
	Options     []Option
}

// Resource is JAR|FILE|ARTIFACT 'path' of a function.
type Resource struct {
	At
	Kind string
	Path *StringLit
}

// CreateModel is CREATE MODEL.
type CreateModel struct {
	At
	Temporary   bool
	IfNotExists bool
	Name        ObjectName
	Input       []ColumnDef
	Output      []ColumnDef
	Comment     *StringLit
	Options     []Option
	As          *Query
}

// CreateConnection is CREATE CONNECTION.
type CreateConnection struct {
	At
	Temporary   bool
	System      bool
	IfNotExists bool
	Name        ObjectName
	Comment     *StringLit
	Options     []Option
}

// StartMode is START_MODE of a materialized table: FROM_BEGINNING, FROM_NOW,
// FROM_TIMESTAMP, RESUME_OR_FROM_BEGINNING, RESUME_OR_FROM_NOW,
// RESUME_OR_FROM_TIMESTAMP; Arg is the interval or time, or nil.
type StartMode struct {
	At
	Kind string
	Arg  Expr
}

// CreateMaterializedTable is CREATE [OR ALTER] MATERIALIZED TABLE.
type CreateMaterializedTable struct {
	At
	OrAlter     bool
	IfNotExists bool
	Name        ObjectName
	HasElements bool
	TableElements
	ColumnNames   []Ident
	Comment       *StringLit
	Distribution  *Distribution
	PartitionedBy []Ident
	Options       []Option
	StartMode     *StartMode
	Freshness     Expr   // an *IntervalLit, or nil
	RefreshMode   string // "", FULL or CONTINUOUS
	As            *Query
}

// Drop is DROP of any kind of object.
type Drop struct {
	At
	Kind      string // TABLE, VIEW, MATERIALIZED TABLE, DATABASE, CATALOG, FUNCTION, MODEL, CONNECTION
	Temporary bool
	System    bool // DROP TEMPORARY SYSTEM FUNCTION
	IfExists  bool
	Name      ObjectName
	Behavior  string // DATABASE: "", RESTRICT or CASCADE
}

// Alter is ALTER of any kind of object.
type Alter struct {
	At
	Kind      string // TABLE, VIEW, MATERIALIZED TABLE, DATABASE, CATALOG, MODEL, CONNECTION
	IfExists  bool
	Temporary bool
	System    bool
	Name      ObjectName
	Action    AlterAction
}

// AlterFunction is ALTER FUNCTION f AS 'body' ..
type AlterFunction struct {
	At
	Temporary bool
	System    bool
	IfExists  bool
	Name      ObjectName
	Body      *StringLit
	Language  string
}

// RenameTo is RENAME TO name.
type RenameTo struct {
	At
	Name ObjectName
}

// RenameColumn is RENAME a TO b.
type RenameColumn struct {
	At
	From ObjectName // more than one part for a nested field
	To   Ident
}

// SetOptions is SET ('k' = 'v'), for one partition if Partition is set.
type SetOptions struct {
	At
	Partition []PartitionValue
	Options   []Option
}

// ResetOptions is RESET ('k').
type ResetOptions struct {
	At
	Keys []*StringLit
}

// SetComment is COMMENT 'text'.
type SetComment struct {
	At
	Comment *StringLit
}

// AddElements is ADD (..), or MODIFY (..) if Modify is set.
type AddElements struct {
	At
	Modify bool
	TableElements
	Distribution *Distribution
}

// AddPartitions is ADD [IF NOT EXISTS] PARTITION (..) [WITH (..)] ..
type AddPartitions struct {
	At
	IfNotExists bool
	Partitions  []PartitionDef
}

// PartitionDef is PARTITION (..) WITH (..).
type PartitionDef struct {
	At
	Spec    []PartitionValue
	Options []Option
}

// DropPartitions is DROP [IF EXISTS] PARTITION (..), ..
type DropPartitions struct {
	At
	IfExists   bool
	Partitions []PartitionDef
}

// DropColumns is DROP a, or DROP (a, b).
type DropColumns struct {
	At
	Columns []ObjectName // more than one part for nested fields
}

// DropConstraint is DROP CONSTRAINT name, or DROP PRIMARY KEY with Name nil.
type DropConstraint struct {
	At
	Name *Ident
}

// DropWatermark is DROP WATERMARK.
type DropWatermark struct{ At }

// DropDistribution is DROP DISTRIBUTION.
type DropDistribution struct{ At }

// Suspend is ALTER MATERIALIZED TABLE t SUSPEND.
type Suspend struct{ At }

// Resume is ALTER MATERIALIZED TABLE t RESUME [WITH (..)].
type Resume struct {
	At
	Options []Option
}

// Refresh is ALTER MATERIALIZED TABLE t REFRESH [PARTITION (..)].
type Refresh struct {
	At
	Partition []PartitionValue
}

// SetFreshness is ALTER MATERIALIZED TABLE t SET FRESHNESS = INTERVAL ..
type SetFreshness struct {
	At
	Freshness Expr
}

// SetRefreshMode is ALTER MATERIALIZED TABLE t SET REFRESH_MODE = ..
type SetRefreshMode struct {
	At
	Mode string
}

// SetQuery is AS query, of views and materialized tables.
type SetQuery struct {
	At
	StartMode *StartMode
	Query     *Query
}

func (*CreateTable) isStatement()             {}
func (*CreateView) isStatement()              {}
func (*CreateDatabase) isStatement()          {}
func (*CreateCatalog) isStatement()           {}
func (*CreateFunction) isStatement()          {}
func (*CreateModel) isStatement()             {}
func (*CreateConnection) isStatement()        {}
func (*CreateMaterializedTable) isStatement() {}
func (*Drop) isStatement()                    {}
func (*Alter) isStatement()                   {}
func (*AlterFunction) isStatement()           {}

func (*RenameTo) isAlterAction()         {}
func (*RenameColumn) isAlterAction()     {}
func (*SetOptions) isAlterAction()       {}
func (*ResetOptions) isAlterAction()     {}
func (*SetComment) isAlterAction()       {}
func (*AddElements) isAlterAction()      {}
func (*AddPartitions) isAlterAction()    {}
func (*DropPartitions) isAlterAction()   {}
func (*DropColumns) isAlterAction()      {}
func (*DropConstraint) isAlterAction()   {}
func (*DropWatermark) isAlterAction()    {}
func (*DropDistribution) isAlterAction() {}
func (*Suspend) isAlterAction()          {}
func (*Resume) isAlterAction()           {}
func (*Refresh) isAlterAction()          {}
func (*SetFreshness) isAlterAction()     {}
func (*SetRefreshMode) isAlterAction()   {}
func (*SetQuery) isAlterAction()         {}
