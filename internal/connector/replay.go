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

// AtLeastOnce is implemented by sinks that show rows at once and not with the
// checkpoint that holds them.
type AtLeastOnce interface {
	AtLeastOnce() bool
}
