package connector

import "context"

// RowLevel changes rows that a table has already: UPDATE, DELETE and TRUNCATE.
// A change reads what may hold rows that change and writes all rows of it anew.
type RowLevel interface {
	// Snapshot names what is to be read and replaced. touched, if not nil, tells
	// whether a partition may hold rows that change; its values are as those of
	// Partitions. The result is put into the Rewrite of the table's two ends.
	Snapshot(ctx context.Context, touched func(values []*string) bool) (*Rewrite, error)
	// Truncate removes all rows.
	Truncate(ctx context.Context) error
}

// Rewrite narrows a table to the parts of it that are replaced: a source reads
// them alone, and a sink removes them when what it wrote becomes visible, both or
// neither.
type Rewrite struct {
	// Parts are the connector's own names, those of files for example.
	Parts []string
}
