package kafka

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// sampleRecords is how many records of a topic are looked at for columns: of each
// partition the same number, from its beginning, so that it is the same ones again
// as long as they are there.
const sampleRecords = 1000

// inferer finds the columns of a table that declares none: what defines the messages
// of its formats tells, or their first records.
type inferer struct {
	t   *connector.Table
	cfg *config
	how []string // found them
	// sample is the first records; nil until they are asked for.
	sample []*kgo.Record
	topics []string
}

func inferColumns(ctx context.Context, t *connector.Table) (*connector.Inferred, error) {
	cfg, err := newEnds(t)
	if err != nil {
		return nil, err
	}
	in := &inferer{t: t, cfg: cfg}
	values, err := in.columns(ctx, t.Format, t.FormatOpts, false)
	if err != nil {
		return nil, err
	}
	out := &connector.Inferred{Columns: values}
	if t.KeyFormat != nil {
		keys, err := in.columns(ctx, t.KeyFormat, t.KeyOpts, true)
		if err != nil {
			return nil, err
		}
		in.addKeys(out, keys)
	}
	out.How = strings.Join(in.how, "; ")
	return out, nil
}

// addKeys puts the columns of keys before those of values, and sets the options that
// say where they lie.
func (in *inferer) addKeys(out *connector.Inferred, keys []format.Column) {
	o := in.t.Options
	var names []string
	var more []format.Column
	for _, k := range keys {
		k.Name = in.cfg.prefix + k.Name
		names = append(names, k.Name)
		if !slices.ContainsFunc(out.Columns, func(v format.Column) bool { return v.Name == k.Name }) {
			more = append(more, k)
		}
	}
	out.Columns = append(more, out.Columns...)
	out.Options = map[string]string{}
	if (len(more) > 0 || in.cfg.prefix != "") && !o.IsSet("value.fields-include") {
		out.Options["value.fields-include"] = "EXCEPT_KEY"
	}
	switch {
	case o.String("connector") == "upsert-kafka":
		out.PrimaryKey = names
	case !o.IsSet("key.fields"):
		out.Options["key.fields"] = strings.Join(names, ";")
	}
}

// columns gives the columns of values or of keys.
func (in *inferer) columns(ctx context.Context, f *format.Spec, o format.Options, keys bool) ([]format.Column, error) {
	part := "value"
	if keys {
		part = "key"
	}
	if f.Columns != nil {
		s := format.Schema{Zone: in.t.Env.Zone}
		if len(in.cfg.topics) > 0 {
			s.Subject = in.cfg.topics[0] + "-" + part
		}
		cols, err := f.Columns(s, o)
		if err != nil {
			return nil, &sqlerr.Error{Code: sqlerr.Runtime, Msg: "the columns of " + part + "s are not known", Err: err}
		}
		in.how = append(in.how, fmt.Sprintf("those of %ss are what defines the messages of format '%s'", part, f.Name))
		return cols, nil
	}
	if f.InferMessages == nil {
		return nil, sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "messages of the format '%s' do not tell their columns", f.Name).WithHint("declare them")
	}
	if err := in.read(ctx); err != nil {
		return nil, err
	}
	var msgs [][]byte
	for _, r := range in.sample {
		m := r.Value
		if keys {
			m = r.Key
		}
		if m != nil {
			msgs = append(msgs, m)
		}
	}
	where := "topic " + strings.Join(in.topics, ", ")
	if len(msgs) == 0 {
		return nil, sqlerr.New(sqlerr.Data, sqlerr.Pos{}, "%s has no %ss to learn columns from, in %d records", where, part, len(in.sample)).
			WithHint("declare the columns, or wait for the first records")
	}
	cols, err := f.InferMessages(msgs, o)
	if err == nil && len(cols) == 0 {
		err = errors.New("they have no columns")
	}
	if err != nil {
		return nil, &sqlerr.Error{Code: sqlerr.Data, Msg: fmt.Sprintf("the columns of the %ss in %s cannot be learned as format '%s'", part, where, f.Name), Err: err}
	}
	for i := range cols {
		if cols[i].Name == "" { // of a format whose messages are values
			cols[i].Name = in.nameOf(part)
		}
	}
	in.how = append(in.how, fmt.Sprintf("those of %ss are what the first %s of %s hold", part, records(len(msgs)), where))
	return cols, nil
}

func records(n int) string {
	if n == 1 {
		return "record"
	}
	return strconv.Itoa(n) + " records"
}

// nameOf gives the column of a message that is a value: the one that is declared to
// lie in keys, or that of the part.
func (in *inferer) nameOf(part string) string {
	if fields := splitList(in.t.Options.String("key.fields")); part == "key" && len(fields) == 1 {
		return strings.TrimPrefix(fields[0], in.cfg.prefix)
	}
	return part
}

// read fetches the first records of each partition, once.
func (in *inferer) read(ctx context.Context) error {
	if in.sample != nil {
		return nil
	}
	zone := *in.t
	if zone.Env.Zone == nil {
		env := *zone.Env
		env.Zone, zone.Env = types.UTC, &env
	}
	s := &source{t: &zone, cfg: in.cfg, limits: &limits{start: "earliest-offset", end: "latest-offset"}, seen: map[partition]bool{}}
	found, err := s.look(ctx, in.cfg.props.timeout)
	if err != nil {
		return err
	}
	left, from := map[partition]*sampled{}, map[string]map[int32]kgo.Offset{}
	var order []*sampled
	for _, sp := range found {
		d := sp.Data.(split)
		if !slices.Contains(in.topics, d.topic) {
			in.topics = append(in.topics, d.topic)
			from[d.topic] = map[int32]kgo.Offset{}
		}
		if d.start >= d.end {
			continue
		}
		x := &sampled{end: d.end, most: d.end - d.start}
		left[d.partition], order = x, append(order, x)
		from[d.topic][d.n] = kgo.NewOffset().At(d.start)
	}
	share(order, sampleRecords)
	if len(left) > 0 {
		if err := in.fetch(ctx, from, left); err != nil {
			return err
		}
	}
	for _, x := range order {
		in.sample = append(in.sample, x.records...)
	}
	if len(in.sample) == 0 {
		return sqlerr.New(sqlerr.Data, sqlerr.Pos{}, "topic %s is empty: there are no records to learn columns from", strings.Join(in.topics, ", ")).
			WithHint("declare the columns, or wait for the first records")
	}
	return nil
}

// sampled is the first records of a partition.
type sampled struct {
	records   []*kgo.Record
	end, most int64
}

// share gives each partition the same part of n records, and what some do not have to
// the others.
func share(ps []*sampled, n int64) {
	bySize := slices.SortedStableFunc(slices.Values(ps), func(a, b *sampled) int { return cmp.Compare(a.most, b.most) })
	for i, x := range bySize {
		x.most = min(x.most, max(n/int64(len(bySize)-i), 1))
		n -= x.most
	}
}

// add takes a record and reports whether that was the last.
func (x *sampled) add(r *kgo.Record) bool {
	if !r.Attrs.IsControl() && int64(len(x.records)) < x.most {
		x.records = append(x.records, r)
	}
	return int64(len(x.records)) >= x.most || r.Offset+1 >= x.end
}

// fetch reads until all partitions have what is wanted of them. The last records of a
// partition may not be there (compaction) or be held back by an open transaction: who
// has some waits no longer than quietFor for others.
func (in *inferer) fetch(ctx context.Context, from map[string]map[int32]kgo.Offset, left map[partition]*sampled) error {
	p := in.cfg.props
	cl, err := p.client(true, kgo.ConsumePartitions(from), kgo.KeepControlRecords())
	if err != nil {
		return err
	}
	defer cl.Close()
	ctx, stop := context.WithTimeout(ctx, p.timeout)
	defer stop()
	any := false
	for len(left) > 0 {
		wait := p.timeout
		if any {
			wait = min(wait, quietFor)
		}
		fs, err := poll(ctx, cl, wait)
		if err != nil && any && errors.Is(err, context.DeadlineExceeded) {
			return nil
		}
		if err != nil {
			return p.explain("reading the first records", err)
		}
		fs.EachRecord(func(r *kgo.Record) {
			at := partition{r.Topic, r.Partition}
			if x := left[at]; x != nil {
				any = true
				if x.add(r) {
					delete(left, at)
				}
			}
		})
	}
	return nil
}

// poll gives what comes within a time.
func poll(ctx context.Context, cl *kgo.Client, d time.Duration) (kgo.Fetches, error) {
	ctx, stop := context.WithTimeout(ctx, d)
	defer stop()
	fs := cl.PollFetches(ctx)
	return fs, fs.Err()
}
