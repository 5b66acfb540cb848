package op

// Recaller is implemented by operators whose state holds the table that all changes
// they have emitted amount to, so that one who comes later can have it without
// reading any source again.
type Recaller interface {
	// Recallable says why the table cannot be had, "" if it can. It may be called
	// before Open.
	Recallable() string
	// Recall emits the table as insertions, to be resumed as any event. It is called
	// after Restored, before any other event, and changes nothing.
	Recall() (Status, error)
}

// Backfiller is implemented by operators that take the table of the operator before
// them when they are new (dag.Vertex.Backfills). Backfilled is called once, when
// they have had all of it, and at once in a run that goes on from a checkpoint which
// they were part of.
type Backfiller interface {
	Backfilled()
}
