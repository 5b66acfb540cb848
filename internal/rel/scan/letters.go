package scan

import (
	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// letters gathers the records that a Read could not read.
type letters struct {
	out   op.DeadLetterOut
	batch *vec.Batch
}

var _ connector.DeadLetters = (*letters)(nil)

func newLetters(out op.DeadLetterOut) *letters {
	var ts []types.Type
	for _, c := range connector.DeadLetterColumns() {
		ts = append(ts, c.Type)
	}
	return &letters{out: out, batch: vec.NewBatch(ts)}
}

// Bury takes a record.
func (l *letters) Bury(d connector.DeadLetter) { connector.AppendDeadLetter(l.batch, &d) }

// send hands on what was gathered and reports whether there was any.
func (l *letters) send() bool {
	if l == nil || l.batch.N == 0 {
		return false
	}
	l.out.DeadLetters(l.batch)
	l.batch.Reset()
	return true
}
