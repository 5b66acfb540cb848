package kafka

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// Guarantees of delivery.
const (
	guaranteeNone = "none"
	atLeastOnce   = "at-least-once"
	exactlyOnce   = "exactly-once"
)

// sink is a table that is written.
type sink struct {
	t         *connector.Table
	cfg       *config
	guarantee string
	prefix    string // of transactional ids
	upsert    bool   // deletes are null values
	headers   int    // batch columns of written metadata, -1 if there are none
	timestamp int
	flushRows int64 // upserts wait for later ones of their key, up to so many
	flushMs   int64 // and so long
}

func newSink(t *connector.Table) (*sink, error) {
	s := &sink{t: t, guarantee: t.Options.String("sink.delivery-guarantee"), prefix: t.Options.String("sink.transactional-id-prefix"), headers: -1, timestamp: -1}
	var errs sqlerr.List
	var err error
	s.cfg, err = newConfig(t)
	errs.Add(err)
	if err == nil && (s.cfg.pattern != nil || len(s.cfg.topics) != 1) {
		errs.Add(sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "a table that is written has one 'topic'"))
	}
	if s.guarantee == exactlyOnce && s.prefix == "" {
		errs.Add(sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "'sink.delivery-guarantee' = 'exactly-once' needs the option 'sink.transactional-id-prefix'").
			WithHint("a text that no other job of the cluster uses, such as the job's name"))
	}
	for _, f := range []*format.Spec{t.Format, t.KeyFormat} {
		if f != nil && f.NewMessageEncoder == nil {
			errs.Add(sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "the format '%s' cannot be written to Kafka", f.Name))
		}
	}
	for i, m := range t.Metadata {
		switch m.Key {
		case "headers":
			s.headers = len(t.Columns) + i
		case "timestamp":
			s.timestamp = len(t.Columns) + i
		}
	}
	if err := errs.Err(); err != nil {
		return nil, err
	}
	return s, s.cfg.check(t)
}

// check asks the formats whether they can hold the columns.
func (c *config) check(t *connector.Table) error {
	var errs sqlerr.List
	check := func(f *format.Spec, o format.Options, cols []format.Column) {
		if f.Check != nil {
			errs.Add(f.Check(cols))
		}
		if f.CheckMessages != nil {
			errs.Add(f.CheckMessages(cols, o))
		}
	}
	check(t.Format, t.FormatOpts, c.fields(t, c.values, ""))
	if t.KeyFormat != nil {
		check(t.KeyFormat, t.KeyOpts, c.fields(t, c.keys, c.prefix))
	}
	return errs.Err()
}

// noKey refuses a primary key where nothing keeps it.
func noKey(t *connector.Table) error {
	if len(t.PrimaryKey) == 0 || t.Format == nil || t.Format.Changes {
		return nil
	}
	return sqlerr.New(sqlerr.Plan, sqlerr.Pos{}, "a table of the connector 'kafka' with the format '%s' has no PRIMARY KEY: records are only ever added", t.Format.Name).
		WithHint("use the connector 'upsert-kafka', or leave the key out")
}

func (s *sink) Accepts() connector.Changes {
	switch {
	case s.upsert:
		return connector.Upserts | connector.KeyDeletes
	case s.t.Format.Changes:
		return connector.AllChanges
	}
	return connector.InsertOnly
}

func (s *sink) Parallelism() int { return int(s.t.Options.Int("sink.parallelism")) }

// AtLeastOnce: without transactions records can be read at once.
func (s *sink) AtLeastOnce() bool { return s.guarantee != exactlyOnce }

// Open starts a writer.
func (s *sink) Open(ctx context.Context, subtask, parallelism int) (connector.Writer, error) {
	zone := s.t.Env.Zone
	if zone == nil {
		zone = types.UTC
	}
	s.cfg.props.health.again()
	w := &writer{sink: s, life: ctx, subtask: subtask, tasks: parallelism, topic: s.cfg.topics[0]}
	var err error
	schema := func(ordinals []int, prefix, part string) format.Schema {
		f := format.Schema{Columns: s.cfg.fields(s.t, ordinals, prefix), Zone: zone, Subject: w.topic + part}
		for i := range f.Columns {
			f.Want = append(f.Want, i)
		}
		return f
	}
	if w.value, err = s.t.Format.NewMessageEncoder(schema(s.cfg.values, "", "-value"), s.t.FormatOpts); err != nil {
		return nil, err
	}
	if s.t.KeyFormat != nil {
		if w.key, err = s.t.KeyFormat.NewMessageEncoder(schema(s.cfg.keys, s.cfg.prefix, "-key"), s.t.KeyOpts); err != nil {
			return nil, err
		}
	}
	if s.guarantee == exactlyOnce {
		if err := w.claim(); err != nil {
			return nil, err
		}
	}
	if s.flushRows > 0 && s.flushMs > 0 {
		w.held = map[string]int{}
	}
	return w, nil
}

// producer makes a client that writes; id is empty without transactions.
func (s *sink) producer(subtask int, id string) (*kgo.Client, error) {
	opts := append([]kgo.Opt{kgo.AllowAutoTopicCreation(), kgo.RecordPartitioner(s.partitioner(subtask))}, s.cfg.props.produce...)
	if id != "" {
		opts = append(opts, kgo.TransactionalID(id))
	}
	return s.cfg.props.client(false, opts...)
}

// partitioner says which partition a record goes to.
func (s *sink) partitioner(subtask int) kgo.Partitioner {
	switch s.t.Options.String("sink.partitioner") {
	case "fixed":
		return kgo.BasicConsistentPartitioner(func(string) func(*kgo.Record, int) int {
			return func(_ *kgo.Record, n int) int { return subtask % n }
		})
	case "round-robin":
		return kgo.RoundRobinPartitioner()
	}
	return kgo.StickyKeyPartitioner(nil) // the hash of Kafka's own clients
}

// id is the transactional id of a writer's n-th producer. An epoch is prepared
// while the one before it waits for its commit, so there are a few.
func (s *sink) id(subtask, n int) string {
	return fmt.Sprintf("%s-%s-%d-%d", s.prefix, s.cfg.topics[0], subtask, n)
}

func sinkOptions() []format.Option {
	return []format.Option{
		{Key: "sink.partitioner", Default: "default", Kind: format.EnumOption, Enum: []string{"default", "fixed", "round-robin"},
			Doc: "Which partition a record goes to: default (by the hash of its key, as Kafka's own clients do; else batch by batch in turn), fixed (each task writes to one), round-robin."},
		{Key: "sink.delivery-guarantee", Default: atLeastOnce, Kind: format.EnumOption, Enum: []string{guaranteeNone, atLeastOnce, exactlyOnce},
			Doc: "exactly-once: records are written in transactions, which are committed when their checkpoint is durable; readers must set isolation.level to read_committed. at-least-once: records may come twice after a failure. none: they may be lost, too."},
		{Key: "sink.transactional-id-prefix", Doc: "The beginning of the transactional ids of exactly-once, which no other job of the cluster may use. Transactions last from one checkpoint to the next: 'properties.transaction.timeout.ms' must be longer than the job may be down, and no longer than the brokers allow (transaction.max.timeout.ms)."},
	}
}
