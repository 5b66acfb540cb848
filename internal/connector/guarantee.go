package connector

// Guarantee says what becomes of rows when a job fails and goes on from its last
// checkpoint: each once, some twice, some never, and by which means. A side that the
// connector does not have is empty.
type Guarantee struct{ Source, Sink string }
