package job

import (
	"errors"

	"github.com/weir-stream/weir/internal/flow"
)

// errGone is why a run cannot have its state from the one before.
var errGone = errors.New("the operator is gone")

// handOver is the part of the memory that state may take if another run is to have it
// from this one: for a moment it is there twice.
const handOver = 0.4

// succeed makes the next run out of what the last one has left in memory. Where that
// cannot be, or it is of the script before an edit, the log has it too.
func (j *Job) succeed() bool {
	old := j.current()
	most := j.cfg.Flow.Memory
	some := j.last != nil && !j.before && (most == 0 || float64(old.StateBytes()) < handOver*float64(most))
	if some {
		m, err := parseMeta(j.last)
		some = err == nil && !m.Unaligned && j.begin(&flow.Restore{Epoch: j.lastEpoch, Parts: m.parts(), From: old}, m, false) == nil
	}
	_ = old.Release() // nothing is in it any more that anyone wants
	return some
}
