package kafka

import (
	"fmt"
	"io"
	"sync"
	"sync/atomic"

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

	now         fetched     // being read, by the task alone
	record      *kgo.Record // the next one, if it is known
	raw         kgo.Record  // which it is if it comes from batches
	run         run
	lane        atomic.Pointer[lane] // in which it is fetched, if it is in bulk
	plain, gone bool                 // it never is, or is no longer: guarded by bulk.mu

	mu      sync.Mutex
	waiting []fetched
	bytes   int // of all that is fetched and not yet read
	paused  bool
	stopped bool // what else comes is not read
	err     error
	ready   chan struct{}
	notify  chan<- struct{}
	nothing int64        // there are no records before this offset that were not fetched
	stands  atomic.Int64 // where it waits, plus one, if it has an end
}

// fetched are records, or batches of them, that were fetched together, and their size
// in memory.
type fetched struct {
	records []*kgo.Record
	raw     batches
	bytes   int
}

// empty reports that all was read.
func (f *fetched) empty() bool { return len(f.records) == 0 && f.raw.left == 0 && len(f.raw.rest) == 0 }

// over reports whether all up to the end has been read.
func (r *reader) over() bool { return r.end != noEnd && r.start >= r.end }

// push adds fetched records; it is called by the consumer alone.
func (r *reader) push(f fetched, err error) {
	r.mu.Lock()
	if f.bytes > 0 && !r.stopped {
		r.waiting = append(r.waiting, f)
	}
	r.bytes += f.bytes
	if err != nil && r.err == nil {
		r.err = err
	}
	pause := !r.paused && r.bytes > mostWaiting && f.records != nil
	r.paused = r.paused || pause
	r.mu.Unlock()
	if pause {
		r.consumer.client.PauseFetchPartitions(map[string][]int32{r.topic: {r.n}})
	}
	r.ring()
}

// ring tells who waits for the reader.
func (r *reader) ring() {
	r.mu.Lock()
	notify := r.notify
	r.mu.Unlock()
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

// waits reports that nothing was fetched that is not being read.
func (r *reader) waits() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.waiting) == 0 && r.err == nil
}

// take gives what was fetched next, nothing if nothing was, and the error that came
// instead.
func (r *reader) take() (f fetched, err error) {
	r.mu.Lock()
	if len(r.waiting) > 0 {
		f = r.waiting[0]
		r.bytes -= f.bytes
		r.waiting[0] = fetched{}
		r.waiting = r.waiting[1:]
	} else {
		err = r.err
	}
	more := len(r.waiting) == 0
	resume := r.paused && r.bytes < mostWaiting/2
	r.paused = r.paused && !resume
	r.mu.Unlock()
	if resume {
		r.consumer.client.ResumeFetchPartitions(map[string][]int32{r.topic: {r.n}})
	}
	if l := r.lane.Load(); l != nil && more {
		l.nudge()
	}
	return f, err
}

// next gives the next record that is to be read, nil if there is none yet. It stays
// the next one until passed is called.
func (r *reader) next() (*kgo.Record, error) {
	for r.record == nil {
		if len(r.now.records) > 0 {
			r.record = r.now.records[0]
			r.now.records = r.now.records[1:]
			if r.record.Offset < r.start || r.record.Attrs.IsControl() {
				r.passed()
			}
			continue
		}
		ok, err := r.now.raw.next(&r.raw, r.start, r.consumer.unpacker)
		if err != nil {
			r.stop(err)
			continue
		}
		r.start = max(r.start, r.now.raw.upTo)
		switch {
		case ok:
			r.record = &r.raw
		case r.over():
			return nil, nil
		default:
			if r.now, err = r.take(); r.now.bytes == 0 {
				return nil, err
			}
		}
	}
	return r.record, nil
}

// stop ends reading with an error.
func (r *reader) stop(err error) {
	r.now = fetched{}
	r.mu.Lock()
	r.waiting, r.stopped, r.err = nil, true, err
	r.mu.Unlock()
}

// unpause lets the client fetch the partition, should it get it back.
func (r *reader) unpause() {
	r.mu.Lock()
	was := r.paused
	r.paused = false
	r.mu.Unlock()
	if was {
		r.consumer.client.ResumeFetchPartitions(map[string][]int32{r.topic: {r.n}})
	}
}

// passed goes on behind the next record.
func (r *reader) passed() {
	r.start = max(r.start, r.record.Offset+1)
	if r.record != &r.raw {
		r.record.Recycle()
	}
	r.record = nil
}

// Read decodes records; see connector.Reader.
func (r *reader) Read(b *vec.Batch, most int) error {
	rows := b.N
	r.buried = 0
	r.layout.bind(b)
	for b.N-rows+r.buried < most {
		if r.over() {
			if b.N > rows || r.buried > 0 {
				return nil
			}
			return io.EOF
		}
		if r.readMany(b, most-(b.N-rows+r.buried)) {
			continue
		}
		rec, err := r.next()
		switch {
		case err != nil && b.N == rows && r.buried == 0:
			return r.failed(err)
		case rec == nil && r.over(), rec == nil && err == nil && r.skip():
			continue
		case rec == nil:
			return nil
		}
		if r.end == noEnd || rec.Offset < r.end {
			if err := r.layout.decode(b, rec); err != nil && !r.bury(rec, err) {
				if b.N > rows {
					return nil // the rows before it first
				}
				return r.bad(rec, err)
			}
		}
		r.passed()
	}
	return nil
}

// most records that readMany reads at once.
const manyRecords = 256

// readMany reads records of the batch that was begun if nothing but their values is
// needed. It stops at one that cannot be read.
func (r *reader) readMany(b *vec.Batch, most int) bool {
	c := &r.now.raw
	if r.layout.many == nil || c.left == 0 || r.record != nil {
		return false
	}
	c.values(&r.run, r.start, r.end, min(most, manyRecords))
	n := r.layout.decodeMany(b, r.run.values)
	if n > 0 {
		r.start = r.run.offsets[n-1] + 1
	}
	if n < len(r.run.values) {
		c.back(&r.run, n)
	}
	return n > 0
}

// failed is the error of a partition that cannot be read.
func (r *reader) failed(err error) error {
	return r.cfg.props.explain(fmt.Sprintf("reading topic %s, partition %d, from offset %d", r.topic, r.n, r.start), err)
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
	return r.record == nil && r.now.empty() && !r.over() && r.waits() && !r.passes()
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
	for _, f := range append(r.waiting, r.now) {
		for _, x := range f.records {
			x.Recycle()
		}
	}
	if r.consumer != nil {
		r.now.raw.free(r.consumer.unpacker)
	}
	if r.record != nil {
		r.passed()
	}
	r.waiting, r.now = nil, fetched{}
	return nil
}
