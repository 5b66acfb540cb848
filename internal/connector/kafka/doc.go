// Package kafka reads and writes topics of Apache Kafka.
//
// All readers of a table share one client, which fetches from each broker once;
// its records are handed to the readers of their partitions, and a partition whose
// reader is behind is paused on its own. A partition of which there is much to read is
// fetched past it, as batches that are decoded in place; see bulk. Where a reader stands is part of every
// checkpoint, so the offsets of a consumer group are told to the brokers for
// people and their tools, and never read back after a restart.
package kafka

import (
	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/types"
)

// Spec is the kafka connector.
func Spec() *connector.Spec {
	return &connector.Spec{
		Name: "kafka", Guarantee: guarantee, Example: example,
		Doc: "Topics of Apache Kafka 2.1 and later. Each partition is a split: its rows keep their order, and it has a watermark of its own. " +
			"Options that begin with `properties.` are those of Kafka's clients. " +
			withoutColumns,
		TakesFormat: true,
		Keyed:       true,
		DeadLetters: true,
		Prefixes:    []string{"properties."},
		Below:       propertyOptions,
		Options:     append(append([]format.Option{}, options...), sinkOptions()...),
		Metadata:    metadataColumns(),
		Columns:     inferColumns,
		Source: func(t *connector.Table) (connector.Source, error) {
			if err := noKey(t); err != nil {
				return nil, err
			}
			return newSource(t)
		},
		Sink: func(t *connector.Table) (connector.Sink, error) {
			if err := noKey(t); err != nil {
				return nil, err
			}
			return newSink(t)
		},
	}
}

// withoutColumns is the doc of tables that declare none.
const withoutColumns = "A table declared without columns has those that define the messages of its formats (the newest schema of the subject in a schema registry, a definition in a file), or that the first 1,000 records hold, of all partitions alike; " +
	"columns of keys come first, and `key.fields` and `value.fields-include` are set if they are not. The statement with the columns is told, to be put in its place: what is found later may be something else. An extension."

var options = []format.Option{
	{Key: "topic", Doc: "Topics, with ';' between them when they are read. A topic that is written is one."},
	{Key: "topic-pattern", Doc: "A regular expression that the names of the topics to read match as a whole; topics that are made later are found. Instead of 'topic'."},
	{Key: "key.fields", Doc: "Columns that lie in the keys of records, with ';' between them."},
	{Key: "key.fields-prefix", Doc: "A prefix that the columns of keys have in the table and not in the keys, so that keys and values may have fields of one name. It needs 'value.fields-include' = 'EXCEPT_KEY'."},
	{Key: "value.fields-include", Kind: format.EnumOption, Enum: []string{"ALL", "EXCEPT_KEY"}, Default: "ALL", Doc: "Whether values hold the columns of keys too."},
	{Key: "scan.startup.mode", Kind: format.EnumOption, Enum: []string{"earliest-offset", "latest-offset", "group-offsets", "timestamp", "specific-offsets"}, Default: "group-offsets",
		Doc: "Where reading starts, in partitions that are there when the job starts for the first time; later ones are read from their beginning. group-offsets: where the consumer group of 'properties.group.id' stands, else what 'properties.auto.offset.reset' says."},
	{Key: "scan.startup.specific-offsets", Doc: "Offsets for the mode specific-offsets: 'partition:0,offset:42;partition:1,offset:300'. Partitions that are not listed start where their consumer group stands."},
	{Key: "scan.startup.timestamp-millis", Kind: format.IntOption, Doc: "The time, ms since 1970, for the mode timestamp: records from then on are read."},
	{Key: "scan.bounded.mode", Kind: format.EnumOption, Enum: []string{"unbounded", "latest-offset", "group-offsets", "timestamp", "specific-offsets"}, Default: "unbounded",
		Doc: "Where reading ends. latest-offset: at what is there when the job starts."},
	{Key: "scan.bounded.specific-offsets", Doc: "Offsets, excluded, at which the mode specific-offsets ends; written like those of scan.startup."},
	{Key: "scan.bounded.timestamp-millis", Kind: format.IntOption, Doc: "The time, ms since 1970, before which the mode timestamp ends."},
	{Key: "scan.topic-partition-discovery.interval", Kind: format.DurationOption, Default: "5min", Doc: "How often new partitions and topics are looked for; 0 = never."},
}

// The metadata of a record, by ordinal.
const (
	metaTopic = iota
	metaPartition
	metaHeaders
	metaLeaderEpoch
	metaOffset
	metaTimestamp
	metaTimestampType
)

func metadataColumns() []connector.MetadataColumn {
	text := types.String().NotNull()
	return []connector.MetadataColumn{
		metaTopic:         {Key: "topic", Type: text, Doc: "The name of the topic."},
		metaPartition:     {Key: "partition", Type: types.Of(types.Int).NotNull(), Doc: "The number of the partition."},
		metaHeaders:       {Key: "headers", Type: types.MapOf(text, types.Bytes()).NotNull(), Writable: true, Doc: "The headers of the record. Of several with one key the last counts."},
		metaLeaderEpoch:   {Key: "leader-epoch", Type: types.Of(types.Int), Doc: "The epoch of the partition's leader when the record was written, if known."},
		metaOffset:        {Key: "offset", Type: types.Of(types.BigInt).NotNull(), Doc: "The offset of the record in its partition."},
		metaTimestamp:     {Key: "timestamp", Type: types.TimestampLTZOf(3).NotNull(), Writable: true, Doc: "The time of the record."},
		metaTimestampType: {Key: "timestamp-type", Type: text, Doc: "CreateTime (set by the writer), LogAppendTime (set by the broker) or NoTimestampType."},
	}
}
