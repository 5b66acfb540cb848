package connector

// Unreplayable is implemented by sources whose rows may be gone once they were
// read (standard input): after a failure a job cannot read them again.
type Unreplayable interface {
	Unreplayable() bool
}

// Resumer is implemented by sources that treat splits in another way that came
// after the job had started. Resume lists the splits of a checkpoint before Splits
// is called for the first time.
type Resumer interface {
	Resume(known []string)
}

// Reported is implemented by sources that tell others how far they have been read.
type Reported interface {
	// Durable is given the Positions of splits, by ID, when the epoch is complete
	// (durable where there are checkpoints). Several subtasks may call it at a time,
	// also when all readers are closed.
	Durable(positions map[string][]byte)
}

// AtLeastOnce is implemented by sinks that show rows at once and not with the
// checkpoint that holds them.
type AtLeastOnce interface {
	AtLeastOnce() bool
}
