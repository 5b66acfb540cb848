package kafka

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/format"
)

var (
	_ connector.Checker = (*source)(nil)
	_ connector.Checker = (*sink)(nil)
)

// checkFor bounds what a check waits for brokers.
const checkFor = 10 * time.Second

// checking is a check of one end of a table.
type checking struct {
	*connector.Report
	ctx   context.Context
	t     *connector.Table
	cfg   *config
	props *properties
	adm   *kadm.Client
	meta  kadm.Metadata
}

// checked runs f with a client, if the brokers answer.
func checked(ctx context.Context, r *connector.Report, t *connector.Table, cfg *config, f func(*checking)) {
	ctx, stop := context.WithTimeout(kadm.WithAuthorizedOps(ctx), min(cfg.props.timeout, checkFor))
	defer stop()
	cl, err := cfg.props.client(false)
	if err != nil {
		r.Fail(err)
		return
	}
	defer cl.Close()
	c := &checking{Report: r, ctx: ctx, t: t, cfg: cfg, props: cfg.props, adm: kadm.NewClient(cl)}
	// A pattern is matched with all topics.
	if c.meta, err = c.adm.Metadata(ctx, cfg.topics...); err != nil {
		r.Unreachable = true
		r.Fail(c.explain("asking for topics", c.unreached(err)))
		return
	}
	c.brokers()
	f(c)
}

func (c *checking) explain(doing string, err error) error { return c.props.explain(doing, err) }

// unreached is why no broker was reached, where the client has only waited for
// longer than it might.
func (c *checking) unreached(err error) error {
	if !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	for _, s := range c.props.seeds {
		conn, derr := net.DialTimeout("tcp", s, time.Second)
		if derr == nil {
			_ = conn.Close()
			return err
		}
		err = derr
	}
	return err
}

// brokers lists them, each with its version as it answers itself: one that the
// others name and that cannot be reached holds up its partitions.
func (c *checking) brokers() {
	f := c.Table("brokers", "id", "address", "version", "rack")
	versions, err := c.adm.ApiVersions(c.ctx)
	if err != nil {
		c.Fail(c.explain("asking brokers for their versions", err))
	}
	for _, b := range c.meta.Brokers {
		addr := net.JoinHostPort(b.Host, fmt.Sprint(b.Port))
		v, rack := "?", "-"
		if b.Rack != nil {
			rack = *b.Rack
		}
		if a, ok := versions[b.NodeID]; ok && a.Err == nil {
			v = strings.TrimPrefix(a.VersionGuess(), "v")
		} else if ok {
			c.Problem("look at what the broker calls itself (advertised.listeners): the address must be one that can be reached from here",
				"the brokers name %s as broker %d, which does not answer: %v", addr, b.NodeID, a.Err)
		}
		f.Row(b.NodeID, addr, v, rack)
	}
}

// topics lists the topics of the table, and what the user may do with each.
func (c *checking) topics(needs kadm.ACLOperation) []kadm.TopicDetail {
	f := c.Table("topics", "topic", "partitions", "replicas", "allowed")
	var out []kadm.TopicDetail
	for _, t := range c.meta.Topics.Sorted() {
		if c.cfg.pattern != nil && (t.IsInternal || !c.cfg.pattern.MatchString(t.Topic)) {
			continue
		}
		if t.Err != nil {
			c.missingTopic(t.Topic, t.Err, needs)
			continue
		}
		f.Row(t.Topic, len(t.Partitions), t.Partitions.NumReplicas(), allowed(t.AuthorizedOperations))
		c.may(t.AuthorizedOperations, needs, "the topic "+t.Topic)
		out = append(out, t)
	}
	if len(out) == 0 && c.cfg.pattern != nil {
		c.Problem("make one, or correct the option 'topic-pattern'; a job waits for it", "no topic matches '%s'", c.t.Options.String("topic-pattern"))
	}
	return out
}

// missingTopic says what becomes of a topic that is not there: brokers may make it
// for a writer.
func (c *checking) missingTopic(topic string, err error, needs kadm.ACLOperation) {
	if needs == kadm.OpWrite && errors.Is(err, kerr.UnknownTopicOrPartition) && c.autoCreate() {
		c.Note("there is no topic %s yet: the brokers make it for the first row (auto.create.topics.enable), with as many partitions as they like", topic)
		return
	}
	c.Fail(missing(c.ctx, c.adm, c.props, c.t, topic, err))
}

// autoCreate asks the brokers whether they make topics for writers; true where they
// do not tell, since that is what they do by default.
func (c *checking) autoCreate() bool {
	if len(c.meta.Brokers) == 0 {
		return true
	}
	rs, err := c.adm.DescribeBrokerConfigs(c.ctx, c.meta.Brokers[0].NodeID)
	if err != nil {
		return true
	}
	for _, r := range rs {
		for _, x := range r.Configs {
			if x.Key == "auto.create.topics.enable" && x.Value != nil {
				return *x.Value == "true"
			}
		}
	}
	return true
}

// allowed shows operations; brokers before 2.3 do not tell them.
func allowed(ops []kadm.ACLOperation) string {
	if len(ops) == 0 {
		return "?"
	}
	var names []string
	for _, o := range []kadm.ACLOperation{kadm.OpDescribe, kadm.OpRead, kadm.OpWrite} {
		if slices.Contains(ops, o) || slices.Contains(ops, kadm.OpAll) {
			names = append(names, strings.ToLower(o.String()))
		}
	}
	return strings.Join(names, ", ")
}

// may finds out whether an operation is allowed, as far as the brokers tell.
func (c *checking) may(ops []kadm.ACLOperation, need kadm.ACLOperation, what string) {
	if len(ops) == 0 || slices.Contains(ops, need) || slices.Contains(ops, kadm.OpAll) {
		return
	}
	verb := "read"
	if need == kadm.OpWrite {
		verb = "write"
	}
	name := strings.ToUpper(need.String()[:1]) + strings.ToLower(need.String()[1:])
	c.Problem("an ACL must allow "+name+" for "+what+" (kafka-acls --add --operation "+name+")", "the user may not %s %s", verb, what)
}

// healthy finds partitions that cannot be used now, or not safely.
func (c *checking) healthy(topic string, p kadm.PartitionDetail) {
	switch {
	case p.Err != nil && !errors.Is(p.Err, kerr.ReplicaNotAvailable) || p.Leader < 0:
		c.Problem("start the brokers that hold it (replicas "+nodes(p.Replicas)+")", "the partition %d of topic %s has no leader: nobody can use it", p.Partition, topic)
	case len(p.ISR) < len(p.Replicas):
		c.Note("%d of the %d replicas of topic %s, partition %d, are behind or down", len(p.Replicas)-len(p.ISR), len(p.Replicas), topic, p.Partition)
	}
}

func nodes(ids []int32) string {
	var out []string
	for _, id := range ids {
		out = append(out, fmt.Sprint(id))
	}
	return strings.Join(out, ",")
}

// registries asks the schema registries of the formats, if they use one, for the
// newest schema: what is read must go with it, and a writer's must be taken after it.
func (c *checking) registries(topic string, written bool) {
	for _, x := range []struct {
		f       *format.Spec
		o       format.Options
		columns []int
		prefix  string
		part    string
	}{
		{c.t.Format, c.t.FormatOpts, c.cfg.values, "", "-value"},
		{c.t.KeyFormat, c.t.KeyOpts, c.cfg.keys, c.cfg.prefix, "-key"},
	} {
		if x.f == nil || x.f.Registered == nil {
			continue
		}
		sc := format.Schema{Columns: c.cfg.fields(c.t, x.columns, x.prefix), Subject: topic + x.part}
		for i := range sc.Columns {
			sc.Want = append(sc.Want, i)
		}
		s, err := x.f.Registered(c.ctx, sc, x.o)
		switch {
		case s.Version > 0:
			c.Table("schema registry", "subject", "version", "id", "type", "schema").Row(s.Subject, s.Version, s.ID, s.Type, s.Text)
		case err == nil:
			c.Note("the schema registry has no schema of the subject %s yet", s.Subject)
		}
		if written && s.Version > 0 {
			err = compatible(c.ctx, x.f, sc, x.o)
		}
		c.Fail(err)
	}
}

// compatible asks whether the registry would take what a format writes.
func compatible(ctx context.Context, f *format.Spec, sc format.Schema, o format.Options) error {
	e, err := f.NewMessageEncoder(sc, o)
	if r, ok := e.(format.Registrar); ok && err == nil {
		err = r.Compatible(ctx)
	}
	return err
}

// Check looks at what reading needs; see connector.Checker.
func (s *source) Check(ctx context.Context, r *connector.Report) {
	checked(ctx, r, s.t, s.cfg, func(c *checking) {
		topics := c.topics(kadm.OpRead)
		if len(topics) > 0 {
			s.checkPartitions(c, topics)
			s.checkGroup(c)
			c.registries(topics[0].Topic, false)
		}
	})
}

// checkPartitions lists partitions with what they hold, where the table starts and
// how far its consumer group is.
func (s *source) checkPartitions(c *checking, topics []kadm.TopicDetail) {
	f := c.Table("partitions", "topic", "partition", "leader", "in sync", "begin", "end", "starts at")
	grouped := c.props.group != "" || s.limits.start == "group-offsets"
	if grouped {
		f.Columns = append(f.Columns, "group", "lag")
	}
	var names []string
	for _, t := range topics {
		names = append(names, t.Topic)
	}
	l := &lister{ctx: c.ctx, adm: c.adm, t: s.t, props: c.props, group: s.group(), topics: names, asked: map[string]kadm.ListedOffsets{}}
	var noStart error // one for all partitions
	for _, t := range topics {
		for _, p := range t.Partitions.Sorted() {
			at := partition{t.Topic, p.Partition}
			c.healthy(t.Topic, p)
			row := []any{t.Topic, p.Partition, p.Leader, fmt.Sprintf("%d/%d", len(p.ISR), len(p.Replicas))}
			begin, err1 := l.earliest(at)
			end, err2 := l.latest(at)
			if err := cmp.Or(err1, err2); err != nil {
				c.Fail(err)
				f.Row(append(row, "?", "?", "?", "?", "?")[:len(f.Columns)]...)
				continue
			}
			row = append(row, begin, end)
			if grouped {
				row = append(row, s.groupAt(c, l, at, begin, end)...)
			}
			start, from := any("-"), int64(0)
			err := c.props.health.patiently(c.ctx, func() (err error) { from, err = l.startOf(at, s.limits); return err })
			if start = from; err != nil {
				start, noStart = "-", cmp.Or(noStart, err)
			}
			f.Row(slices.Insert(row, 6, start)...)
		}
	}
	c.Fail(noStart)
}

// groupAt gives where the consumer group stands and what it has not read.
func (s *source) groupAt(c *checking, l *lister, at partition, begin, end int64) []any {
	var stored int64
	var ok bool
	// A broker that is asked for the first time makes what it keeps groups in.
	err := c.props.health.patiently(c.ctx, func() (err error) { stored, ok, err = l.ofGroup(at); return err })
	c.Fail(err)
	if err != nil || !ok {
		return []any{"-", "-"}
	}
	s.checkStored(c, at, stored, begin, end)
	return []any{stored, max(end-stored, 0)}
}

// checkStored finds groups that stand where no record is any more. It only matters
// to a job that starts where they stand.
func (s *source) checkStored(c *checking, p partition, at, begin, end int64) {
	if s.limits.start != "group-offsets" {
		return
	}
	const anew = "start at another place ('scan.startup.mode'), or move the group (kafka-consumer-groups --reset-offsets)"
	switch {
	case at < begin:
		c.Problem(anew, "the consumer group '%s' stands at offset %d of topic %s, partition %d, and records before %d were deleted", s.group(), at, p.topic, p.n, begin)
	case at > end:
		c.Problem(anew, "the consumer group '%s' stands at offset %d of topic %s, partition %d, which ends at %d: the topic was made anew", s.group(), at, p.topic, p.n, end)
	}
}

// checkGroup looks at the consumer group.
func (s *source) checkGroup(c *checking) {
	if c.props.group == "" {
		return
	}
	gs, err := c.adm.DescribeGroups(c.ctx, c.props.group)
	g, ok := gs[c.props.group]
	if err == nil && ok {
		err = g.Err
	}
	if errors.Is(err, kerr.GroupIDNotFound) {
		c.Note("the consumer group '%s' is not there yet: the first checkpoint makes it", c.props.group)
		return
	}
	if err != nil {
		c.Fail(c.explain("asking for the consumer group '"+c.props.group+"'", err))
		return
	}
	c.Table("consumer group", "group", "state", "members", "allowed").Row(g.Group, g.State, len(g.Members), allowed(g.AuthorizedOperations))
	c.may(g.AuthorizedOperations, kadm.OpRead, "the consumer group "+g.Group)
	if len(g.Members) > 0 {
		c.Note("the consumer group '%s' has members that others have started: weir reads beside them, and its offsets and theirs are told as one", g.Group)
	}
}

// Check looks at what writing needs; see connector.Checker.
func (s *sink) Check(ctx context.Context, r *connector.Report) {
	checked(ctx, r, s.t, s.cfg, func(c *checking) {
		topics := c.topics(kadm.OpWrite)
		f := c.Table("partitions", "topic", "partition", "leader", "in sync")
		for _, t := range topics {
			for _, p := range t.Partitions.Sorted() {
				f.Row(t.Topic, p.Partition, p.Leader, fmt.Sprintf("%d/%d", len(p.ISR), len(p.Replicas)))
				c.healthy(t.Topic, p)
			}
			s.checkTopic(c, t)
		}
		s.checkTransactions(c)
		c.registries(s.cfg.topics[0], true)
	})
}

// checkTopic looks at settings of the topic that refuse records or lose them.
func (s *sink) checkTopic(c *checking, t kadm.TopicDetail) {
	rs, err := c.adm.DescribeTopicConfigs(c.ctx, t.Topic)
	if err != nil {
		return // the user may not see them
	}
	f := c.Table("settings of the topic", "topic", "key", "value")
	for _, r := range rs {
		for _, x := range r.Configs {
			v := x.MaybeValue()
			switch x.Key {
			case "cleanup.policy":
				s.checkCleanup(c, t.Topic, v)
			case "min.insync.replicas":
				s.checkInSync(c, t, v)
			case "max.message.bytes":
			default:
				continue
			}
			f.Row(t.Topic, x.Key, v)
		}
	}
}

func (s *sink) checkCleanup(c *checking, topic, policy string) {
	compact := strings.Contains(policy, "compact")
	switch {
	case compact && s.t.KeyFormat == nil:
		c.Problem("set 'key.format' and 'key.fields', or the topic's cleanup.policy to delete",
			"the topic %s is compacted, so its brokers refuse records without a key", topic)
	case !compact && s.upsert:
		c.Note("the topic %s is not compacted (cleanup.policy=%s): rows that have not changed for longer than its retention are lost to who reads it anew", topic, policy)
	}
}

// checkInSync finds partitions whose brokers refuse what all of them must have.
func (s *sink) checkInSync(c *checking, t kadm.TopicDetail, v string) {
	var least int
	if _, err := fmt.Sscan(v, &least); err != nil {
		return
	}
	for _, p := range t.Partitions.Sorted() {
		if p.Leader >= 0 && len(p.ISR) < least {
			c.Problem("start the brokers that are down, or lower the topic's min.insync.replicas",
				"the partition %d of topic %s has %d replicas in sync and needs %d: writes are refused", p.Partition, t.Topic, len(p.ISR), least)
		}
	}
}

// checkID ends the transactional id that a check takes for a moment; those of
// writers end in numbers.
const checkID = "check"

// checkTransactions takes a transactional id of the prefix as a writer does, which
// tells whether it is allowed and the time-out is. No transaction is begun.
func (s *sink) checkTransactions(c *checking) {
	if s.guarantee != exactlyOnce {
		return
	}
	id := s.prefix + "-" + s.cfg.topics[0] + "-" + checkID
	cl, err := s.producer(0, id)
	if err != nil {
		c.Fail(err)
		return
	}
	defer cl.Close()
	if _, _, err := cl.ProducerID(c.ctx); err != nil {
		c.Fail(c.explain("taking the transactional id "+id, err))
		return
	}
	f := c.Table("transactional ids", "id", "state", "producer", "epoch")
	ts, err := c.adm.DescribeTransactions(c.ctx, s.id(0, 0), s.id(0, 1))
	if err != nil {
		return // brokers before 3.0 do not tell
	}
	for _, t := range ts.Sorted() {
		if t.Err != nil {
			continue // it was never used
		}
		f.Row(t.TxnID, t.State, t.ProducerID, t.ProducerEpoch)
		if t.State == "Ongoing" {
			c.Note("the transactional id %s has a transaction that began at %s: a job that runs, or one that goes on when it is started again", t.TxnID, time.UnixMilli(t.StartTimestamp).UTC().Format(time.RFC3339))
		}
	}
}

// sampleGap is how many offsets more than rows are read for a sample: some are of
// the marks of transactions, and compaction leaves gaps.
const sampleGap = 16

// Sample lists partitions from a little before their ends; see connector.Sampler.
func (s *source) Sample(ctx context.Context, _ connector.Scan, n int) ([]connector.Split, error) {
	cl, err := s.cfg.props.client(false)
	if err != nil {
		return nil, err
	}
	defer cl.Close()
	ctx, stop := context.WithTimeout(ctx, min(s.cfg.props.timeout, checkFor))
	defer stop()
	adm := kadm.NewClient(cl)
	s.mu.Lock()
	defer s.mu.Unlock()
	all, err := s.partitions(ctx, adm)
	if err != nil {
		return nil, err
	}
	l := &lister{ctx: ctx, adm: adm, t: s.t, props: s.cfg.props, group: s.group(), topics: topicsOf(all), asked: map[string]kadm.ListedOffsets{}}
	var out []connector.Split
	for _, p := range all {
		begin, err1 := l.earliest(p)
		end, err2 := l.latest(p)
		if err := cmp.Or(err1, err2); err != nil {
			return nil, err
		}
		if begin = max(begin, end-int64(n)-sampleGap); begin < end {
			out = append(out, connector.Split{ID: p.id(), Rows: end - begin, Data: split{p, bounds{begin, end}}})
		}
	}
	// Those with the fewest records first: what they lack of their share the others give.
	slices.SortStableFunc(out, func(a, b connector.Split) int { return int(a.Rows - b.Rows) })
	return out, nil
}
