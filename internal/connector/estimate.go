package connector

// Estimate is what ANALYZE TABLE found of a table, for the planner where the
// source knows less.
type Estimate struct {
	Rows int64
	// Distinct is the number of distinct values by ordinal in Table.Columns, 0 =
	// unknown.
	Distinct []int64
}

// RowsOf estimates the rows of a table: what its source says or else what
// ANALYZE TABLE found, -1 if neither is known.
func RowsOf(t *Table, s Source) int64 {
	if n := s.Rows(); n >= 0 || t == nil || t.Estimate == nil {
		return n
	}
	return t.Estimate.Rows
}
