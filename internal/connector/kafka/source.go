package kafka

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/weir-stream/weir/internal/clock"
	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// source is a table that is read.
type source struct {
	t      *connector.Table
	cfg    *config
	limits *limits
	upsert bool // null values delete

	mu       sync.Mutex
	seen     map[partition]bool
	resumed  bool // some partitions were read before this run: new ones are new
	listed   bool
	consumer *consumer // while readers are open

	reading atomic.Bool // readers are open
	reports reporter
}

func newSource(t *connector.Table) (*source, error) {
	var errs sqlerr.List
	cfg, err := newConfig(t)
	errs.Add(err)
	lim, err := newLimits(t.Options)
	errs.Add(err)
	if t.Format != nil && t.Format.NewMessageDecoder == nil {
		errs.Add(sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "the format '%s' cannot be read from records of Kafka", t.Format.Name))
	}
	if err := errs.Err(); err != nil {
		return nil, err
	}
	return &source{t: t, cfg: cfg, limits: lim, seen: map[partition]bool{}}, cfg.check(t)
}

func (s *source) Bounded() bool { return s.limits.end != "unbounded" }

func (s *source) Changes() connector.Changes {
	if s.upsert {
		return connector.Upserts | connector.KeyDeletes
	}
	if s.t.Format.Changes {
		return connector.AllChanges
	}
	return connector.InsertOnly
}

func (s *source) Rows() int64 { return -1 }

func (s *source) DiscoverEveryMs() int64 {
	if s.Bounded() {
		return 0
	}
	return s.t.Options.DurationMs("scan.topic-partition-discovery.interval")
}

// group is the consumer group, which has Flink's name if it is given none.
func (s *source) group() string {
	if g := s.cfg.props.group; g != "" {
		return g
	}
	return "KafkaSource-" + s.t.Name
}

// Resume is told which splits were known before this run: partitions that are not
// among them came later, and are read from their beginning.
func (s *source) Resume(known []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.resumed = len(known) > 0
}

// lookFor bounds a look for partitions that came later: readers wait meanwhile.
const lookFor = 5 * time.Second

// Splits lists partitions that were not listed before. A job without an end waits for
// brokers that do not answer when it starts; later, it looks again another time.
func (s *source) Splits(ctx context.Context, sc connector.Scan) (out []connector.Split, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	look := func(d time.Duration) error {
		out, err = s.look(ctx, d)
		return err
	}
	switch {
	case s.listed:
		if err = look(min(s.cfg.props.timeout, lookFor)); transient(err) {
			return nil, nil
		}
	case s.Bounded():
		err = look(s.cfg.props.timeout)
	default:
		err = s.awaited(ctx, func() error { return look(s.cfg.props.timeout) })
	}
	return out, err
}

// topicFor is how long a job without an end waits at its start for a topic that is
// not there: who writes it may have been started with it.
const topicFor = 10 * time.Second

// awaited calls look again while brokers do not answer, and for a while where a topic
// is missing.
func (s *source) awaited(ctx context.Context, look func() error) error {
	h, told := s.cfg.props.health, false
	until := h.clock.Now().Add(topicFor)
	for {
		err := h.patiently(ctx, look)
		var none *noTopic
		if !errors.As(err, &none) || !h.clock.Now().Before(until) {
			return err
		}
		if !told {
			told = true
			h.say("the topic %s is not there; the job waits %v for it", none.topic, topicFor)
		}
		if clock.Sleep(ctx, h.clock, topicFor/40) != nil {
			return err
		}
	}
}

// noTopic is the error of a topic that is not there.
type noTopic struct {
	topic string
	err   *sqlerr.Error
}

func (n *noTopic) Error() string { return n.err.Error() }
func (n *noTopic) Unwrap() error { return n.err }

func (s *source) look(ctx context.Context, d time.Duration) ([]connector.Split, error) {
	cl, err := s.cfg.props.client(false)
	if err != nil {
		return nil, err
	}
	defer cl.Close()
	ctx, stop := context.WithTimeout(ctx, d)
	defer stop()
	adm := kadm.NewClient(cl)
	fresh, err := s.partitions(ctx, adm)
	if err != nil || len(fresh) == 0 {
		return nil, err
	}
	l := &lister{ctx: ctx, adm: adm, t: s.t, props: s.cfg.props, group: s.group(), topics: topicsOf(fresh), asked: map[string]kadm.ListedOffsets{}}
	later := s.listed || s.resumed
	var out []connector.Split
	for _, p := range fresh {
		b := bounds{end: noEnd}
		if later {
			b.start, err = l.earliest(p)
		} else {
			b.start, err = l.startOf(p, s.limits)
		}
		if err == nil {
			b.end, err = l.endOf(p, s.limits)
		}
		if err != nil {
			return nil, err
		}
		out = append(out, connector.Split{ID: p.id(), Rows: -1, Data: split{p, b}})
	}
	for _, p := range fresh {
		s.seen[p] = true
	}
	s.listed = true
	return out, nil
}

// split is the Data of a connector.Split.
type split struct {
	partition
	bounds
}

// id is the name of a split; names of topics have no '/'.
func (p partition) id() string { return p.topic + "/" + strconv.Itoa(int(p.n)) }

// partitionOf reads the name of a split.
func partitionOf(id string) (partition, bool) {
	topic, number, ok := strings.Cut(id, "/")
	n, err := strconv.ParseInt(number, 10, 32)
	return partition{topic, int32(n)}, ok && err == nil
}

func topicsOf(ps []partition) []string {
	var out []string
	for _, p := range ps {
		if len(out) == 0 || out[len(out)-1] != p.topic {
			out = append(out, p.topic)
		}
	}
	return out
}

// partitions lists those that were not listed before, by topic and number.
func (s *source) partitions(ctx context.Context, adm *kadm.Client) ([]partition, error) {
	topics, err := adm.ListTopics(ctx, s.cfg.topics...) // all, for a pattern
	if err != nil {
		return nil, s.cfg.props.explain("asking for topics", err)
	}
	var out []partition
	found := false
	for _, t := range topics {
		if s.cfg.pattern != nil && (t.IsInternal || !s.cfg.pattern.MatchString(t.Topic)) {
			continue
		}
		if t.Err != nil {
			return nil, missing(ctx, adm, s.cfg.props, s.t, t.Topic, t.Err)
		}
		found = true
		for n := range t.Partitions {
			if p := (partition{t.Topic, n}); !s.seen[p] {
				out = append(out, p)
			}
		}
	}
	if !found && s.cfg.pattern != nil && !s.listed && s.Bounded() {
		return nil, sqlerr.New(sqlerr.Runtime, sqlerr.Pos{}, "table %s: no topic matches '%s'", s.t.Name, s.t.Options.String("topic-pattern"))
	}
	sort.Slice(out, func(i, j int) bool {
		if out[i].topic != out[j].topic {
			return out[i].topic < out[j].topic
		}
		return out[i].n < out[j].n
	})
	return out, nil
}

// missing explains why a topic cannot be used, with the name that it may have.
func missing(ctx context.Context, adm *kadm.Client, props *properties, t *connector.Table, topic string, err error) error {
	if !errors.Is(err, kerr.UnknownTopicOrPartition) {
		return props.explain("asking for topic "+topic, err)
	}
	e := sqlerr.New(sqlerr.Runtime, sqlerr.Pos{}, "table %s: there is no topic %s at %s", t.Name, topic, strings.Join(props.seeds, ", "))
	if all, lerr := adm.ListTopics(ctx); lerr == nil {
		if near, ok := sqlerr.Nearest(topic, all.Names()); ok {
			return &noTopic{topic, e.WithHint("did you mean '%s'?", near)}
		}
	}
	return &noTopic{topic, e.WithHint("make it first, or correct the option 'topic'")}
}

// Open starts reading a partition.
func (s *source) Open(ctx context.Context, sc connector.Scan, sp connector.Split, pos []byte) (connector.Reader, error) {
	d := sp.Data.(split)
	if pos != nil {
		var err error
		if d.bounds, err = decodePosition(pos); err != nil {
			return nil, err
		}
	}
	l, err := newLayout(s, sc)
	if err != nil {
		return nil, err
	}
	r := &reader{source: s, split: d, layout: l, dead: sc.Dead, ready: make(chan struct{}, 1)}
	r.raw.Topic, r.raw.Partition = d.topic, d.n
	if r.over() {
		return r, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.consumer == nil {
		c, err := newConsumer(s)
		if err != nil {
			return nil, err
		}
		s.consumer = c
	}
	s.reading.Store(true)
	s.consumer.add(r)
	return r, nil
}

// release ends the client with the last reader.
func (s *source) release(r *reader) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.consumer != nil && s.consumer.remove(r) {
		s.consumer.close()
		s.consumer = nil
		s.reading.Store(false)
		s.reports.rest()
	}
}

const positionVersion = 1

// encode writes where the next Read starts, and where the last one ends.
func (b bounds) encode() []byte {
	return binary.AppendVarint(binary.AppendVarint([]byte{positionVersion}, b.start), b.end)
}

func decodePosition(p []byte) (bounds, error) {
	bad := fmt.Errorf("a stored position of the kafka connector is damaged or of another version")
	if len(p) < 3 || p[0] != positionVersion {
		return bounds{}, bad
	}
	start, n := binary.Varint(p[1:])
	if n <= 0 {
		return bounds{}, bad
	}
	end, m := binary.Varint(p[1+n:])
	if m <= 0 {
		return bounds{}, bad
	}
	return bounds{start, end}, nil
}
