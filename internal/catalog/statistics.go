package catalog

import "maps"

// Statistics is what ANALYZE TABLE found. It is immutable.
type Statistics struct {
	// Rows is negative if only partitions were analysed.
	Rows int64 `json:"rows"`
	// Columns are by name; those that were not asked for are missing.
	Columns map[string]ColumnStatistics `json:"columns,omitempty"`
	// Partitions are those that were analysed alone, by what PARTITION said.
	Partitions map[string]*Statistics `json:"partitions,omitempty"`
}

// With gives the statistics after another analysis: of the whole table, or of
// the partitions that a name stands for. Columns that it was not about stay.
func (s *Statistics) With(partition string, found *Statistics) *Statistics {
	out := &Statistics{Rows: -1}
	if s != nil {
		out.Rows, out.Columns, out.Partitions = s.Rows, maps.Clone(s.Columns), maps.Clone(s.Partitions)
	}
	if partition != "" {
		if out.Partitions == nil {
			out.Partitions = map[string]*Statistics{}
		}
		out.Partitions[partition] = out.Partitions[partition].With("", found)
		return out
	}
	out.Rows = found.Rows
	if out.Columns == nil {
		out.Columns = map[string]ColumnStatistics{}
	}
	maps.Copy(out.Columns, found.Columns)
	return out
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
	out := &Statistics{Rows: s.Rows, Columns: maps.Clone(s.Columns), Partitions: s.Partitions}
	delete(out.Columns, from)
	if to != "" {
		out.Columns[to] = s.Columns[from]
	}
	return out
}
