package kafka

import (
	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// UpsertSpec is the upsert-kafka connector: a topic as a table with a primary key,
// of which each record is the newest row of its key, or with a null value the end of
// it.
func UpsertSpec() *connector.Spec {
	var own []format.Option
	for _, o := range options {
		switch o.Key {
		case "topic", "topic-pattern", "key.fields-prefix", "value.fields-include", "scan.topic-partition-discovery.interval",
			"scan.bounded.mode", "scan.bounded.specific-offsets", "scan.bounded.timestamp-millis":
			own = append(own, o)
		}
	}
	own = append(own, sinkOptions()...)
	own = append(own,
		format.Option{Key: "sink.buffer-flush.max-rows", Kind: format.IntOption, Default: "0", Doc: "How many rows wait for later ones of their key before they are written; with the interval. 0 = none."},
		format.Option{Key: "sink.buffer-flush.interval", Kind: format.DurationOption, Default: "0s", Doc: "How long they wait; with max-rows. All are written at every checkpoint."})
	return &connector.Spec{
		Name: "upsert-kafka", Guarantee: upsertGuarantee, Example: upsertExample,
		Doc: "A topic of Apache Kafka as a table with a primary key: each record is the newest row of its key, a null value deletes it. The topic is best compacted. " +
			"The columns of the primary key lie in the keys of records. Options that begin with `properties.` are those of the connector kafka. " +
			withoutColumns + " The primary key is the columns of keys.",
		TakesFormat: true,
		Keyed:       true,
		DeadLetters: true,
		Prefixes:    []string{"properties."},
		Options:     own,
		Metadata:    metadataColumns(),
		Columns:     inferColumns,
		Source:      newUpsertSource,
		Sink:        newUpsertSink,
	}
}

// upsertConfig checks what both ends need.
func upsertConfig(t *connector.Table) error {
	var errs sqlerr.List
	if len(t.PrimaryKey) == 0 {
		errs.Add(sqlerr.New(sqlerr.Plan, sqlerr.Pos{}, "a table of the connector 'upsert-kafka' needs a PRIMARY KEY (...) NOT ENFORCED: records are told by it"))
	}
	if t.KeyFormat == nil {
		errs.Add(sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "connector 'upsert-kafka' needs the option 'key.format'").WithHint("'json', or 'raw' for a key of one column"))
	}
	if t.Format != nil && t.Format.Changes {
		errs.Add(sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "the format '%s' has changes of its own; 'upsert-kafka' takes one of rows, such as 'json'", t.Format.Name))
	}
	return errs.Err()
}

func newUpsertSource(t *connector.Table) (connector.Source, error) {
	if err := upsertConfig(t); err != nil {
		return nil, err
	}
	s, err := newSource(t)
	if err != nil {
		return nil, err
	}
	s.upsert = true
	return s, nil
}

func newUpsertSink(t *connector.Table) (connector.Sink, error) {
	if err := upsertConfig(t); err != nil {
		return nil, err
	}
	s, err := newSink(t)
	if err != nil {
		return nil, err
	}
	s.upsert = true
	s.flushRows, s.flushMs = t.Options.Int("sink.buffer-flush.max-rows"), t.Options.DurationMs("sink.buffer-flush.interval")
	if (s.flushRows > 0) != (s.flushMs > 0) {
		return nil, sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "'sink.buffer-flush.max-rows' and 'sink.buffer-flush.interval' go together").WithHint("set both, or neither")
	}
	return s, nil
}
