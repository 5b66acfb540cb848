package sqlerr

// Kinds of errors that a user, or a test, tells apart. The first are found before
// anything runs.
const (
	Cast      Code = "cast"        // no CAST between two types
	Arguments Code = "arguments"   // a function that exists does not take these arguments
	Operands  Code = "operands"    // an operator does not take these types
	Clause    Code = "json-clause" // a clause or place that a JSON function does not have

	Value       Code = "value"       // a function does not take this value
	Conversion  Code = "conversion"  // a value has no counterpart in the type it is cast to
	Division    Code = "division"    // by zero
	Pattern     Code = "pattern"     // of LIKE, of a regular expression, of a date
	Cardinality Code = "cardinality" // more rows or elements than one
	NotNull     Code = "not-null"    // a null for a column that takes none
	JSONPath    Code = "json-path"   // a path leads nowhere, or to what is not wanted
	JSONText    Code = "json-text"   // text that is not JSON
)
