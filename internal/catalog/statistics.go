package catalog

import "maps"

// Statistics is what ANALYZE TABLE found. It is immutable.
type Statistics struct {
	Rows int64 `json:"rows"`
	// Columns are by name; those that were not asked for are missing.
	Columns map[string]ColumnStatistics `json:"columns,omitempty"`
}

// ColumnStatistics are the figures of one column; a negative one is unknown.
type ColumnStatistics struct {
	Distinct int64 `json:"distinct"`
	Nulls    int64 `json:"nulls"`
	// Min and Max are as CAST(.. AS STRING) gives them, empty without values or
	// an order.
	Min string `json:"min,omitempty"`
	Max string `json:"max,omitempty"`
	// AvgLength and MaxLength count characters or bytes of text and binaries.
	AvgLength float64 `json:"avgLength"`
	MaxLength int64   `json:"maxLength"`
}

// Renamed gives the statistics with a column under another name; an empty one
// forgets it.
func (s *Statistics) Renamed(from, to string) *Statistics {
	if s == nil {
		return nil
	}
	if _, ok := s.Columns[from]; !ok {
		return s
	}
	out := &Statistics{Rows: s.Rows, Columns: maps.Clone(s.Columns)}
	delete(out.Columns, from)
	if to != "" {
		out.Columns[to] = s.Columns[from]
	}
	return out
}
