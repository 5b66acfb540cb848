package bind

import "github.com/weir-stream/weir/internal/fn"

// AggTable is the aggregate functions by name.
type AggTable = fn.AggTable

// NewAggTable builds a table of aggregates.
func NewAggTable(rows []fn.Agg) *AggTable { return fn.NewAggTable(rows) }
