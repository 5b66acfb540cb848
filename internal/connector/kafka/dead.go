package kafka

import (
	"errors"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// bury hands a record that cannot be read to the table for dead letters, and reports
// whether there is one that takes it.
func (r *reader) bury(rec *kgo.Record, err error) bool {
	if r.dead == nil || unanswered(err) {
		return false
	}
	r.buried++
	headers := make([]connector.Header, len(rec.Headers))
	for i, h := range rec.Headers {
		headers[i] = connector.Header(h)
	}
	r.dead.Bury(connector.DeadLetter{Topic: rec.Topic, Partition: rec.Partition, Offset: rec.Offset, Time: rec.Timestamp, Headers: headers,
		Key: rec.Key, Value: rec.Value, Err: err})
	return true
}

// unanswered reports errors that are none of the record, but of a schema registry that
// does not answer.
func unanswered(err error) bool {
	var why *sqlerr.Error
	return errors.As(err, &why) && why.Code == sqlerr.Runtime
}

// ParseErrors counts what the formats passed over.
func (r *reader) ParseErrors() int64 { return r.layout.parseErrors() }
