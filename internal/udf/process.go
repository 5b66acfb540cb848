package udf

import "time"

// ProcessFunction is a process table function: it reads tables, may keep state
// and set timers per PARTITION BY, and gives rows. It is called as
//
//	f(input => TABLE t PARTITION BY k ORDER BY ts, on_time => DESCRIPTOR(ts), uid => 'x')
//
// Its rows are preceded by the partition columns of its set tables (or, with
// PassThrough, by all columns of the table) and followed by a column rowtime if
// on_time is given.
type ProcessFunction struct {
	Name string
	Doc  string
	Args []Arg
	// Columns are those of the rows that the function gives.
	Columns []Column
	// State declares what is kept per partition.
	State []State
	// Updates: the function gives changes by EmitKind with all four kinds, not only
	// new rows.
	Updates bool
	// Eval is called for each row, in the order of the table's ORDER BY if there is
	// one, else as rows arrive.
	Eval func(c Context, row Row) error
	// Timer, if set, is called when event time has reached a timer.
	Timer func(c Context, name string) error
}

// State declares a value (one or more columns), a list or a map per partition.
type State struct {
	Name string
	Kind StateKind
	// Key is the SQL type of a map's keys: STRING, BIGINT or any other scalar.
	Key string
	// Columns are those of the value, or of each entry.
	Columns []Column
	// TTL drops state that was not written for that long; 0 = never.
	TTL time.Duration
}

// StateKind is the kind of a state.
type StateKind uint8

// The kinds of state.
const (
	ValueState StateKind = iota
	ListState
	MapState
)

// Row is a row of a table argument.
type Row struct {
	// Arg is the name of the argument.
	Arg string
	// Kind is "+I", "-U", "+U" or "-D".
	Kind string
	// Values are the columns; Get finds one by name.
	Values []any
	names  []string
}

// NewRow gives a row with the names of its columns.
func NewRow(arg, kind string, names []string, values []any) Row {
	return Row{Arg: arg, Kind: kind, Values: values, names: names}
}

// Get gives the column of a name, nil if there is none.
func (r Row) Get(name string) any {
	for i, n := range r.names {
		if n == name {
			return r.Values[i]
		}
	}
	return nil
}

// Context is what a call may use. It is valid until the call returns.
type Context interface {
	// Arg gives a scalar argument.
	Arg(name string) any
	// Key gives the partition columns.
	Key() []any
	// Emit gives a row.
	Emit(values ...any) error
	// EmitKind gives a change: "+I", "-U", "+U" or "-D".
	EmitKind(kind string, values ...any) error

	// Value gives a value state's columns, nil if it is empty; SetValue replaces it,
	// and empties it when it is given nothing.
	Value(state string) []any
	SetValue(state string, values ...any) error
	// List gives a list state's entries; Append adds one.
	List(state string) [][]any
	Append(state string, values ...any) error
	// Get, Put, Remove and Each work on a map state. Each stops when f gives false.
	Get(state string, key any) []any
	Put(state string, key any, values ...any) error
	Remove(state string, key any) error
	Each(state string, f func(key any, values []any) bool)
	// Clear empties one state; ClearAll empties all states and timers of the
	// partition.
	Clear(state string)
	ClearAll()

	// Time is the event time of the row (its on_time column) or of the timer; false
	// if there is none.
	Time() (time.Time, bool)
	// Watermark is how far event time has come; false before the first.
	Watermark() (time.Time, bool)
	// SetTimer asks for a call of Timer once event time has reached t. A timer with
	// a name replaces the one of that name.
	SetTimer(name string, t time.Time) error
	// ClearTimer takes a timer back.
	ClearTimer(name string)
}
