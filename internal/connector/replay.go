package connector

// Unreplayable is implemented by sources whose rows may be gone once they were
// read (standard input): after a failure a job cannot read them again.
type Unreplayable interface {
	Unreplayable() bool
}

// AtLeastOnce is implemented by sinks that show rows at once and not with the
// checkpoint that holds them.
type AtLeastOnce interface {
	AtLeastOnce() bool
}
