package connector

// Unreplayable is implemented by sources whose rows may be gone once they were
// read (standard input): after a failure a job cannot read them again.
type Unreplayable interface {
	Unreplayable() bool
}
