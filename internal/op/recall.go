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
// they were part of. It tells whether nothing more will come of them.
type Backfiller interface {
	Backfilled() (over bool)
}

// Catcher is told when an input has caught up: what a part of the job that is new had
// to read from its beginning has been read, and so has the table that it began with.
// It is for operators that say they want it (dag.Vertex.WantCaughtUp).
type Catcher interface {
	CaughtUp(in int) (Status, error)
}
