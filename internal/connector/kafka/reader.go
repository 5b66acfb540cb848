package kafka

import (
	"fmt"
	"io"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/vec"
)

// A partition is paused while this much of it waits to be read, and goes on at half
// of it.
const (
	mostWaiting  = 4 << 20
	recordBurden = 200 // bytes of a record in memory beside its key and value
)

// reader reads a partition. start of its bounds is the next offset.
type reader struct {
	*source
	split
	layout   *layout
	consumer *consumer // nil if there was nothing to read
	dead     connector.DeadLetters
	buried   int // by the Read that is under way

	now []*kgo.Record // being read, by the task alone

	mu      sync.Mutex
	waiting []fetched
	bytes   int // of all that is fetched and not yet read
	paused  bool
	err     error
	ready   chan struct{}
	notify  chan<- struct{}
}

// fetched are records that were fetched together, and their size in memory.
type fetched struct {
	records []*kgo.Record
	bytes   int
}

// over reports whether all up to the end has been read.
func (r *reader) over() bool { return r.end != noEnd && r.start >= r.end }

// push adds fetched records; it is called by the consumer alone.
func (r *reader) push(rs []*kgo.Record, err error) {
	size := burden(rs)
	r.mu.Lock()
	if len(rs) > 0 {
		r.waiting = append(r.waiting, fetched{rs, size})
	}
	r.bytes += size
	if err != nil && r.err == nil {
		r.err = err
	}
	pause := !r.paused && r.bytes > mostWaiting
	r.paused = r.paused || pause
	notify := r.notify
	r.mu.Unlock()
	if pause {
		r.consumer.client.PauseFetchPartitions(map[string][]int32{r.topic: {r.n}})
	}
	if notify == nil {
		notify = r.ready
	}
	select {
	case notify <- struct{}{}:
	default:
	}
}

func burden(rs []*kgo.Record) int {
	n := 0
	for _, r := range rs {
		n += recordBurden + len(r.Key) + len(r.Value)
	}
	return n
}

// take gives the next records that were fetched, and the error that came instead.
func (r *reader) take() ([]*kgo.Record, error) {
	r.mu.Lock()
	var rs []*kgo.Record
	var err error
	if len(r.waiting) > 0 {
		rs = r.waiting[0].records
		r.bytes -= r.waiting[0].bytes
		r.waiting[0] = fetched{}
		r.waiting = r.waiting[1:]
	} else {
		err = r.err
	}
	resume := r.paused && r.bytes < mostWaiting/2
	r.paused = r.paused && !resume
	r.mu.Unlock()
	if resume {
		r.consumer.client.ResumeFetchPartitions(map[string][]int32{r.topic: {r.n}})
	}
	return rs, err
}

// Read decodes records; see connector.Reader.
func (r *reader) Read(b *vec.Batch, most int) error {
	rows := b.N
	r.buried = 0
	for b.N-rows+r.buried < most {
		if r.over() {
			if b.N > rows || r.buried > 0 {
				return nil
			}
			return io.EOF
		}
		if len(r.now) == 0 {
			rs, err := r.take()
			if err != nil && b.N == rows && r.buried == 0 {
				return r.cfg.props.explain(fmt.Sprintf("reading topic %s, partition %d, from offset %d", r.topic, r.n, r.start), err)
			}
			if r.now = rs; len(rs) == 0 {
				return nil
			}
		}
		rec := r.now[0]
		if rec.Offset >= r.start && !(r.end != noEnd && rec.Offset >= r.end) && !rec.Attrs.IsControl() {
			if err := r.layout.decode(b, rec); err != nil && !r.bury(rec, err) {
				if b.N > rows {
					return nil // the rows before it first
				}
				return r.bad(rec, err)
			}
		}
		r.start = max(r.start, rec.Offset+1)
		r.now = r.now[1:]
		rec.Recycle()
	}
	return nil
}

// bad is the error of a record that cannot be read.
func (r *reader) bad(rec *kgo.Record, err error) error {
	if unanswered(err) {
		return err
	}
	e := &sqlerr.Error{Code: sqlerr.Data, Msg: fmt.Sprintf("topic %s, partition %d, offset %d", rec.Topic, rec.Partition, rec.Offset), Err: err}
	return e.WithHint("the value is %s; %s", format.Quote(rec.Value), r.remedy())
}

// remedy tells what lets a job go on with records that cannot be read.
func (r *reader) remedy() string {
	const dead = "'" + connector.DeadLetterOption + "' = 'TABLE' sends "
	for _, o := range r.t.Format.Options {
		if o.Key == "ignore-parse-errors" {
			return "'" + r.t.Format.Name + ".ignore-parse-errors' = 'true' passes over such records, " + dead + "them to a table"
		}
	}
	return dead + "such records to a table"
}

// Ready receives when there is something to read.
func (r *reader) Ready() <-chan struct{} { return r.ready }

// Notify makes a channel that several readers share receive instead of Ready.
func (r *reader) Notify(c chan<- struct{}) {
	r.mu.Lock()
	r.notify = c
	r.mu.Unlock()
}

// Waits reports that a Read would have nothing.
func (r *reader) Waits() bool {
	if len(r.now) > 0 || r.over() {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.waiting) == 0 && r.err == nil
}

func (r *reader) Position() []byte { return r.bounds.encode() }

// Report tells what the formats passed over.
func (r *reader) Report(add func(name string, n int64)) {
	if n := r.layout.parseErrors(); n > 0 {
		add("parse errors", n)
	}
	if n := r.reports.failed.Swap(0); n > 0 {
		add("offsets of the consumer group that were not reported", n)
	}
}

func (r *reader) Close() error {
	r.source.release(r)
	for _, f := range append(r.waiting, fetched{records: r.now}) {
		for _, x := range f.records {
			x.Recycle()
		}
	}
	r.waiting, r.now = nil, nil
	return nil
}
