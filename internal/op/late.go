package op

import "github.com/weir-stream/weir/internal/vec"

// Late is the name under which operators report rows that came too late.
const Late = "late rows dropped"

// Spilled is the name under which a job reports the most bytes that it had in spill
// files at a time.
const Spilled = "bytes spilled to disk"

// NoTime is the time of a late row that has none: what has no place in event time
// comes too late for all of it.
const NoTime = MinWatermark

// LateRows takes the rows that an operator drops because they came too late, so
// that they can be looked at. Its methods copy what they keep. They allocate, and
// are for the few rows that are late.
type LateRows interface {
	// Dropped takes row r (physical) of a batch of input in. rowtime is in ms of the
	// time attribute.
	Dropped(in int, b *vec.Batch, r int, rowtime int64)
	// DroppedText takes a row that Text wrote in an earlier phase of the operator.
	DroppedText(row string, rowtime int64)
	// Text writes a row as JSON object.
	Text(in int, b *vec.Batch, r int) string
}

// DropLate hands row r (physical) of a batch of input in, with its time in ms, to
// whoever wants to see what came too late.
func (c *Context) DropLate(in int, b *vec.Batch, r int, rowtime int64) {
	if c.LateRows != nil {
		c.LateRows.Dropped(in, b, r, rowtime)
	}
}
