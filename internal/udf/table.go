package udf

import "context"

// TableFunction gives rows for its arguments: it is called as TABLE(f(x)) or
// LATERAL TABLE(f(x)), once for each row of what stands before it.
type TableFunction struct {
	Name string
	Doc  string
	// Args declares the arguments: scalars only.
	Args []Arg
	// Columns are those of the rows.
	Columns []Column
	// Volatile functions do not always give the same rows for the same arguments.
	Volatile bool
	// Eval calls emit for each row.
	Eval func(ctx context.Context, args []any, emit func(row ...any) error) error
}

// Arg declares an argument.
type Arg struct {
	Name string
	// Type is the SQL type of a scalar argument, empty for a table.
	Type string
	// Optional arguments may be left out: scalars are nil then.
	Optional bool
	// Table says how a table argument is given to the function.
	Table Semantics
	// OptionalPartition: PARTITION BY may be left out; one task then gets all rows.
	OptionalPartition bool
	// PassThrough puts all columns of the table in front of what is emitted,
	// instead of the partition columns alone.
	PassThrough bool
	// Updates: rows may be changed and deleted (Row.Kind tells). Tables that update
	// are refused otherwise.
	Updates bool
}

// Semantics says how rows of a table belong together.
type Semantics uint8

// The semantics of arguments.
const (
	Scalar Semantics = iota
	// RowSemantics: each row stands for itself; no state, no PARTITION BY.
	RowSemantics
	// SetSemantics: rows of one PARTITION BY belong together and share state.
	SetSemantics
)
