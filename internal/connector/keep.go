package connector

// Settler is implemented by writers that want to know which of their handles will not
// be committed again.
type Settler interface {
	// Settled is told that handles of epochs up to one are committed, and that no
	// restart will repeat it.
	Settled(epoch uint64)
}

// Hastener is implemented by writers whose commits take their time: rows are written
// meanwhile.
type Hastener interface {
	// Hasten begins to commit a handle, if that has not begun, and reports whether
	// Commit would not wait for it. It is called again and again until it does.
	Hasten(handle []byte) bool
}

// Keeper is implemented by writers that must know something after a restart beside
// what they prepared: partitions that were not committed yet, names of files.
type Keeper interface {
	// Keep gives what is to be known, with every epoch that commits, after Prepare.
	Keep() ([]byte, error)
	// Restore is given what the writer kept or, if their number differs from what
	// it was, what all writers of the table kept. It is called before the first
	// Write, when all handles of the checkpoint have been committed.
	Restore(kept [][]byte) error
}
