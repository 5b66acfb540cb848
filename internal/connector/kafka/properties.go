package kafka

import (
	"fmt"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/weir-stream/weir/internal/keystore"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/vfs"
)

// properties is the checked 'properties.*' of a table.
type properties struct {
	seeds []string
	group string
	reset string // auto.offset.reset
	// committed: isolation.level=read_committed. Kafka, and Flink, read uncommitted
	// records too unless they are told not to.
	committed bool
	timeout   time.Duration
	silent    bool // commit.offsets.on.checkpoint=false
	secure    security
	health    *health
	fetch     fetching
	common    []kgo.Opt // of every client
	produce   []kgo.Opt // of clients that write
}

// fetching is how much is fetched at once.
type fetching struct {
	least, most, partition int32 // bytes; most and partition bound all but a first batch; 0 = not said
	wait                   time.Duration
	rack                   string
}

// opts is the same for a client.
func (f fetching) opts() []kgo.Opt {
	opts := []kgo.Opt{kgo.FetchMinBytes(f.least), kgo.FetchMaxBytes(f.most), kgo.FetchMaxWait(f.wait), kgo.Rack(f.rack)}
	if f.partition > 0 {
		opts = append(opts, kgo.FetchMaxPartitionBytes(f.partition))
	}
	return opts
}

// transactionTimeout is the longest that brokers allow unless they are told otherwise:
// a job that was down for less has lost nothing.
const transactionTimeout = 15 * time.Minute

// property is what a key means for the client.
type property func(p *properties, value string) error

// without is a property of Kafka's own client that asks for what happens anyway, or
// for what has no effect on rows.
func without(*properties, string) error { return nil }

// instead refuses a property with what to write.
func instead(hint string) property {
	return func(*properties, string) error { return fmt.Errorf("it has no meaning here: %s", hint) }
}

func millis[O kgo.Opt](set func(time.Duration) O, list func(*properties) *[]kgo.Opt) property {
	return func(p *properties, v string) error {
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil || n < 0 {
			return fmt.Errorf("it is a number of milliseconds, not '%s'", v)
		}
		*list(p) = append(*list(p), set(time.Duration(n)*time.Millisecond))
		return nil
	}
}

func number[T int | int32, O kgo.Opt](set func(T) O, list func(*properties) *[]kgo.Opt) property {
	return func(p *properties, v string) error {
		n, err := strconv.ParseInt(v, 10, 32)
		if err != nil || n < 0 {
			return fmt.Errorf("it is a whole number, not '%s'", v)
		}
		*list(p) = append(*list(p), set(T(n)))
		return nil
	}
}

func atLeastOne(v string, to *int32) error {
	n, err := strconv.ParseInt(v, 10, 32)
	if err != nil || n < 0 {
		return fmt.Errorf("it is a whole number, not '%s'", v)
	}
	*to = int32(max(n, 1))
	return nil
}

func oneOf(v string, choices ...string) error {
	for _, c := range choices {
		if v == c {
			return nil
		}
	}
	return fmt.Errorf("it is one of %s, not '%s'", strings.Join(choices, ", "), v)
}

func common(p *properties) *[]kgo.Opt    { return &p.common }
func producing(p *properties) *[]kgo.Opt { return &p.produce }

// known maps the properties of Kafka's consumer and producer to the client's.
var known = map[string]property{
	"bootstrap.servers": func(p *properties, v string) error {
		for _, s := range strings.Split(v, ",") {
			if s = strings.TrimSpace(s); s != "" {
				p.seeds = append(p.seeds, s)
			}
		}
		return nil
	},
	"group.id":          func(p *properties, v string) error { p.group = v; return nil },
	"client.id":         func(p *properties, v string) error { p.common = append(p.common, kgo.ClientID(v)); return nil },
	"client.rack":       func(p *properties, v string) error { p.fetch.rack = v; return nil },
	"auto.offset.reset": func(p *properties, v string) error { p.reset = v; return oneOf(v, "earliest", "latest", "none") },
	"isolation.level": func(p *properties, v string) error {
		p.committed = v == "read_committed"
		return oneOf(v, "read_committed", "read_uncommitted")
	},
	"commit.offsets.on.checkpoint": func(p *properties, v string) error { p.silent = v == "false"; return oneOf(v, "true", "false") },
	"request.timeout.ms": func(p *properties, v string) error {
		return millis(func(d time.Duration) kgo.Opt {
			p.timeout = d
			return kgo.RequestTimeoutOverhead(max(d, 100*time.Millisecond))
		}, common)(p, v)
	},
	"metadata.max.age.ms":                millis(func(d time.Duration) kgo.Opt { return kgo.MetadataMaxAge(max(d, time.Second)) }, common),
	"connections.max.idle.ms":            millis(func(d time.Duration) kgo.Opt { return kgo.ConnIdleTimeout(max(d, time.Second)) }, common),
	"socket.connection.setup.timeout.ms": millis(kgo.DialTimeout, common),

	"fetch.min.bytes":           func(p *properties, v string) error { return atLeastOne(v, &p.fetch.least) },
	"fetch.max.bytes":           func(p *properties, v string) error { return atLeastOne(v, &p.fetch.most) },
	"max.partition.fetch.bytes": func(p *properties, v string) error { return atLeastOne(v, &p.fetch.partition) },
	"fetch.max.wait.ms": func(p *properties, v string) error {
		var n int32
		err := atLeastOne(v, &n)
		p.fetch.wait = time.Duration(n) * time.Millisecond
		return err
	},

	"acks": func(p *properties, v string) error {
		switch v {
		case "all", "-1":
		case "1":
			p.produce = append(p.produce, kgo.RequiredAcks(kgo.LeaderAck()), kgo.DisableIdempotentWrite())
		case "0":
			p.produce = append(p.produce, kgo.RequiredAcks(kgo.NoAck()), kgo.DisableIdempotentWrite())
		default:
			return oneOf(v, "all", "1", "0")
		}
		return nil
	},
	"linger.ms":              millis(kgo.ProducerLinger, producing),
	"batch.size":             number(func(n int32) kgo.Opt { return kgo.ProducerBatchMaxBytes(max(n, 1<<10)) }, producing),
	"buffer.memory":          number(func(n int) kgo.Opt { return kgo.MaxBufferedBytes(max(n, 1<<20)) }, producing),
	"max.request.size":       number(func(n int32) kgo.Opt { return kgo.BrokerMaxWriteBytes(max(n, 1<<10)) }, producing),
	"delivery.timeout.ms":    millis(kgo.RecordDeliveryTimeout, producing),
	"transaction.timeout.ms": millis(kgo.TransactionTimeout, producing),
	"compression.type": func(p *properties, v string) error {
		codec := map[string]kgo.CompressionCodec{"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(), "lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression()}
		c, ok := codec[v]
		if !ok {
			return oneOf(v, "none", "gzip", "snappy", "lz4", "zstd")
		}
		p.produce = append(p.produce, kgo.ProducerBatchCompression(c))
		return nil
	},

	"security.protocol":                     func(p *properties, v string) error { return p.secure.protocol(v) },
	"sasl.mechanism":                        func(p *properties, v string) error { return p.secure.mechanism(v) },
	"sasl.jaas.config":                      func(p *properties, v string) error { return p.secure.jaas(v) },
	"sasl.oauthbearer.token.endpoint.url":   func(p *properties, v string) error { p.secure.tokenURL = v; return nil },
	"ssl.truststore.type":                   func(p *properties, v string) error { p.secure.trust.Type = v; return keystore.CheckType(v) },
	"ssl.keystore.type":                     func(p *properties, v string) error { p.secure.store.Type = v; return keystore.CheckType(v) },
	"ssl.truststore.location":               func(p *properties, v string) error { p.secure.trustFile = v; return nil },
	"ssl.truststore.certificates":           func(p *properties, v string) error { p.secure.trustPEM = v; return nil },
	"ssl.keystore.location":                 func(p *properties, v string) error { p.secure.keyFile = v; return nil },
	"ssl.keystore.certificate.chain":        func(p *properties, v string) error { p.secure.chain = v; return nil },
	"ssl.keystore.key":                      func(p *properties, v string) error { p.secure.key = v; return nil },
	"ssl.endpoint.identification.algorithm": func(p *properties, v string) error { p.secure.anyHost = v == ""; return oneOf(v, "", "https") },
	"ssl.key.password":                      func(p *properties, v string) error { p.secure.store.KeyPassword = v; return nil },
	"ssl.keystore.password":                 func(p *properties, v string) error { p.secure.store.Password = v; return nil },
	"ssl.truststore.password":               func(p *properties, v string) error { p.secure.trust.Password = v; return nil },
	"sasl.kerberos.service.name":            instead(noKerberos),
	"sasl.kerberos.kinit.cmd":               instead(noKerberos),
	"ssl.protocol":                          without,
	"ssl.enabled.protocols":                 without,

	"max.poll.records":                      without,
	"enable.auto.commit":                    without,
	"auto.commit.interval.ms":               without,
	"check.crcs":                            without,
	"retries":                               without,
	"retry.backoff.ms":                      without,
	"retry.backoff.max.ms":                  without,
	"reconnect.backoff.ms":                  without,
	"reconnect.backoff.max.ms":              without,
	"default.api.timeout.ms":                without,
	"receive.buffer.bytes":                  without,
	"send.buffer.bytes":                     without,
	"max.in.flight.requests.per.connection": without,
	"enable.idempotence":                    without,
	"max.block.ms":                          without,
	"client.id.prefix":                      without,
	"register.consumer.metrics":             without,
	"client.dns.lookup":                     without,
	"allow.auto.create.topics":              without,
	"key.deserializer":                      instead("'key.format' says how keys are read"),
	"value.deserializer":                    instead("'value.format' says how values are read"),
	"key.serializer":                        instead("'key.format' says how keys are written"),
	"value.serializer":                      instead("'value.format' says how values are written"),
	"transactional.id":                      instead("'sink.transactional-id-prefix' says it"),
	"partition.discovery.interval.ms":       instead("'scan.topic-partition-discovery.interval' says it"),
	"partitioner.class":                     instead("'sink.partitioner' says it"),
}

// parseProperties reads all 'properties.*', and reports all that is wrong.
func parseProperties(fs vfs.FS, given map[string]string) (*properties, error) {
	p := &properties{secure: security{fs: fs}, reset: "none", timeout: 30 * time.Second}
	p.fetch = fetching{least: 1, most: 50 << 20, wait: 5 * time.Second}
	p.produce = append(p.produce, kgo.TransactionTimeout(transactionTimeout))
	var errs sqlerr.List
	keys := make([]string, 0, len(given))
	for k := range given {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		set, ok := known[k]
		if !ok {
			errs.Add(unknownProperty(k))
			continue
		}
		if err := set(p, strings.TrimSpace(given[k])); err != nil {
			errs.Add(sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "the option 'properties.%s': %v", k, err))
		}
	}
	if len(p.seeds) == 0 {
		errs.Add(sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "connector 'kafka' needs the option 'properties.bootstrap.servers'").WithHint("such as 'localhost:9092'"))
	}
	p.common = append(p.common, kgo.SeedBrokers(p.seeds...))
	opts, err := p.secure.opts()
	errs.Add(err)
	p.common = append(p.common, opts...)
	return p, errs.Err()
}

func unknownProperty(k string) error {
	e := sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "the option 'properties.%s' has no meaning here", k)
	names := make([]string, 0, len(known))
	for n := range known {
		names = append(names, n)
	}
	sort.Strings(names)
	if near, ok := sqlerr.Nearest(k, names); ok {
		return e.WithHint("did you mean 'properties.%s'?", near)
	}
	return e.WithHint("leave it out; the reference lists those that are understood")
}
