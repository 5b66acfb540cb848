// Package udf is what programs that embed weir, and providers of models, add to
// SQL: functions written in Go, with values as Go has them. The operators that
// run them are elsewhere; here are their declarations and the conversion of
// values.
//
//	BOOLEAN bool · TINYINT to BIGINT int64 · FLOAT, DOUBLE float64 · DECIMAL, CHAR, STRING string
//	BINARY, BYTES []byte · DATE, TIMESTAMP, TIMESTAMP_LTZ time.Time · TIME, INTERVAL time.Duration
//	ARRAY, ROW []any · MAP, MULTISET map[string]any · NULL nil
//
// Results may also be of Go's other integer and float types, slices and maps.
package udf

// Column names and types a column; the type is spelled as in SQL.
type Column struct {
	Name string
	Type string
}
