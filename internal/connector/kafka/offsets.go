package kafka

import (
	"context"
	"errors"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// partition names a partition of a topic.
type partition struct {
	topic string
	n     int32
}

// noEnd is the end of what is read without an end.
const noEnd = -1

// bounds is the offsets that are read of a partition: from start until, but without,
// end.
type bounds struct{ start, end int64 }

// limits is what the options say of where reading starts and ends.
type limits struct {
	start, end             string // modes
	startMs, endMs         int64
	startOffsets, endAtOff map[int32]int64
}

func newLimits(o format.Options) (*limits, error) {
	l := &limits{start: o.String("scan.startup.mode"), end: o.String("scan.bounded.mode"), startMs: o.Int("scan.startup.timestamp-millis"), endMs: o.Int("scan.bounded.timestamp-millis")}
	if l.start == "" { // upsert-kafka needs all rows
		l.start = "earliest-offset"
	}
	var errs sqlerr.List
	need := func(mode, what, key string) bool {
		if mode == what && !o.IsSet(key) {
			errs.Add(sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "the mode '%s' needs the option '%s'", what, key))
			return false
		}
		return mode == what
	}
	var err error
	need(l.start, "timestamp", "scan.startup.timestamp-millis")
	need(l.end, "timestamp", "scan.bounded.timestamp-millis")
	if key := "scan.startup.specific-offsets"; need(l.start, "specific-offsets", key) {
		l.startOffsets, err = parseOffsets(key, o.String(key))
		errs.Add(err)
	}
	if key := "scan.bounded.specific-offsets"; need(l.end, "specific-offsets", key) {
		l.endAtOff, err = parseOffsets(key, o.String(key))
		errs.Add(err)
	}
	return l, errs.Err()
}

// lister asks the brokers for offsets, each kind once for all partitions.
type lister struct {
	ctx    context.Context
	adm    *kadm.Client
	t      *connector.Table
	props  *properties
	group  string
	topics []string
	asked  map[string]kadm.ListedOffsets
	stored kadm.OffsetResponses
}

// listed gives an offset of a kind.
func (l *lister) listed(kind string, p partition, ask func() (kadm.ListedOffsets, error)) (int64, error) {
	all, ok := l.asked[kind]
	if !ok {
		var err error
		if all, err = ask(); err != nil {
			return 0, l.props.explain("asking for offsets", err)
		}
		l.asked[kind] = all
	}
	o, ok := all.Lookup(p.topic, p.n)
	if !ok {
		return 0, sqlerr.New(sqlerr.Runtime, sqlerr.Pos{}, "the brokers tell no offset of topic %s, partition %d", p.topic, p.n)
	}
	if o.Err != nil {
		return 0, l.props.explain("asking for offsets of topic "+p.topic, o.Err)
	}
	return o.Offset, nil
}

func (l *lister) earliest(p partition) (int64, error) {
	return l.listed("earliest", p, func() (kadm.ListedOffsets, error) { return l.adm.ListStartOffsets(l.ctx, l.topics...) })
}

// latest is behind the last record, or behind the last one that is decided where
// only those are read.
func (l *lister) latest(p partition) (int64, error) {
	return l.listed("latest", p, func() (kadm.ListedOffsets, error) {
		if l.props.committed {
			return l.adm.ListCommittedOffsets(l.ctx, l.topics...)
		}
		return l.adm.ListEndOffsets(l.ctx, l.topics...)
	})
}

func (l *lister) at(p partition, ms int64) (int64, error) {
	return l.listed("at", p, func() (kadm.ListedOffsets, error) { return l.adm.ListOffsetsAfterMilli(l.ctx, ms, l.topics...) })
}

// ofGroup is where the consumer group stands; ok is false where it never was.
func (l *lister) ofGroup(p partition) (offset int64, ok bool, err error) {
	if l.stored == nil {
		if l.stored, err = l.adm.FetchOffsetsForTopics(l.ctx, l.group, l.topics...); errors.Is(err, kerr.GroupIDNotFound) {
			l.stored, err = kadm.OffsetResponses{}, nil
		}
		if err != nil {
			return 0, false, l.props.explain("asking for the offsets of the consumer group '"+l.group+"'", err)
		}
	}
	o, found := l.stored.Lookup(p.topic, p.n)
	if found && o.Err != nil {
		return 0, false, l.props.explain("asking for the offsets of the consumer group '"+l.group+"'", o.Err)
	}
	return o.At, found && o.At >= 0, nil
}

// orReset is where the group stands or, without that, what auto.offset.reset says.
func (l *lister) orReset(p partition) (int64, error) {
	at, ok, err := l.ofGroup(p)
	if ok || err != nil {
		return at, err
	}
	switch l.props.reset {
	case "earliest":
		return l.earliest(p)
	case "latest":
		return l.latest(p)
	}
	return 0, sqlerr.New(sqlerr.Runtime, sqlerr.Pos{}, "table %s: the consumer group '%s' has no offset in topic %s, partition %d, to start from", l.t.Name, l.group, p.topic, p.n).
		WithHint("set 'scan.startup.mode' = 'earliest-offset' or 'latest-offset', or 'properties.auto.offset.reset'")
}

// startOf says where a partition that was there at the start is read from.
func (l *lister) startOf(p partition, lim *limits) (int64, error) {
	switch lim.start {
	case "earliest-offset":
		return l.earliest(p)
	case "latest-offset":
		return l.latest(p)
	case "timestamp":
		return l.at(p, lim.startMs)
	case "specific-offsets":
		if at, ok := lim.startOffsets[p.n]; ok {
			return at, nil
		}
	}
	return l.orReset(p)
}

// endOf says where reading a partition ends.
func (l *lister) endOf(p partition, lim *limits) (int64, error) {
	switch lim.end {
	case "latest-offset":
		return l.latest(p)
	case "timestamp":
		return l.listed("until", p, func() (kadm.ListedOffsets, error) { return l.adm.ListOffsetsAfterMilli(l.ctx, lim.endMs, l.topics...) })
	case "group-offsets":
		at, ok, err := l.ofGroup(p)
		if err == nil && !ok {
			err = sqlerr.New(sqlerr.Runtime, sqlerr.Pos{}, "table %s: the consumer group '%s' has no offset in topic %s, partition %d, to end at", l.t.Name, l.group, p.topic, p.n)
		}
		return at, err
	case "specific-offsets":
		return lim.endAtOff[p.n], nil // 0 where none is given: nothing is read
	}
	return noEnd, nil
}
