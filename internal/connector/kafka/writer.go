package kafka

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/weir-stream/weir/internal/vec"
)

// chunkBytes is how much of keys and values lies in one piece of memory, which is
// freed when all records in it have been written.
const chunkBytes = 64 << 10

// chunkRecords is the same of records.
const chunkRecords = 256

// writer is a task's end of a topic.
type writer struct {
	*sink
	life    context.Context // of the job
	subtask int
	tasks   int // of the table
	topic   string
	value   encoder
	key     encoder // nil: records have no keys

	plain *kgo.Client // without transactions
	txns  transactions

	chunk   []byte
	records []kgo.Record
	failed  atomic.Pointer[error] // the first record that could not be written
	rows    int64

	held  map[string]int // upserts that wait for later ones: their place in queue by key
	queue []*kgo.Record
	since time.Time
}

// encoder is a format.MessageEncoder.
type encoder interface {
	AppendMessage(dst []byte, b *vec.Batch, r int) ([]byte, bool, error)
}

// client gives the client to write with now.
func (w *writer) client(ctx context.Context) (*kgo.Client, error) {
	if w.guarantee == exactlyOnce {
		return w.txns.begin(ctx, w)
	}
	if w.plain == nil {
		cl, err := w.producer(w.subtask, "")
		if err != nil {
			return nil, err
		}
		w.plain = cl
	}
	return w.plain, nil
}

// Write hands records to the client, which writes them in the background; it waits
// while too many are on their way.
func (w *writer) Write(ctx context.Context, b *vec.Batch) error {
	if err := w.fault(); err != nil {
		return err
	}
	keys, values := w.columns(b, w.cfg.keys), w.columns(b, w.cfg.values)
	for i := range b.Len() {
		rec, err := w.record(b, keys, values, b.Row(i))
		if err != nil {
			return err
		}
		if w.held != nil {
			w.hold(rec)
			continue
		}
		if err := w.send(ctx, rec); err != nil {
			return err
		}
	}
	return w.sendHeld(ctx, false)
}

// columns is a batch of some of the columns.
func (w *writer) columns(b *vec.Batch, ordinals []int) *vec.Batch {
	part := *b
	part.Cols = make([]*vec.Vector, len(ordinals))
	for i, o := range ordinals {
		part.Cols[i] = b.Cols[o]
	}
	return &part
}

// record encodes a row.
func (w *writer) record(b, keys, values *vec.Batch, r int) (*kgo.Record, error) {
	if len(w.records) == cap(w.records) {
		w.records = make([]kgo.Record, 0, chunkRecords)
	}
	w.records = append(w.records, kgo.Record{Topic: w.topic})
	rec := &w.records[len(w.records)-1]
	var err error
	if w.key != nil {
		if rec.Key, err = w.encode(w.key, keys, r); err != nil {
			return nil, err
		}
	}
	if !w.upsert || b.Kind(r) == vec.Insert || b.Kind(r) == vec.UpdateAfter {
		if rec.Value, err = w.encode(w.value, values, r); err != nil {
			return nil, err
		}
	}
	if w.timestamp >= 0 && !b.Cols[w.timestamp].IsNull(r) {
		v := b.Cols[w.timestamp]
		rec.Timestamp = time.UnixMilli(v.I64[v.Idx(r)])
	}
	if w.headers >= 0 {
		rec.Headers = headersOf(b.Cols[w.headers], r)
	}
	return rec, nil
}

// encode appends a message to the chunk.
func (w *writer) encode(e encoder, b *vec.Batch, r int) ([]byte, error) {
	if cap(w.chunk)-len(w.chunk) < chunkBytes/8 {
		w.chunk = make([]byte, 0, chunkBytes)
	}
	from := len(w.chunk)
	out, null, err := e.AppendMessage(w.chunk, b, r)
	if err != nil || null {
		return nil, err
	}
	if &out[:1][0] == &w.chunk[:1][0] { // else it grew out of the chunk, and is a copy of it
		w.chunk = out
		return out[from:len(out):len(out)], nil
	}
	msg := slices.Clone(out[from:])
	return msg, nil
}

// headersOf reads a MAP of headers.
func headersOf(v *vec.Vector, r int) []kgo.RecordHeader {
	if v.IsNull(r) {
		return nil
	}
	r = v.Idx(r)
	var out []kgo.RecordHeader
	entries := v.Kids[0]
	for i := int(v.Off[r]); i < int(v.Off[r+1]); i++ {
		h := kgo.RecordHeader{Key: entries.Kids[0].S[entries.Kids[0].Idx(i)]}
		if value := entries.Kids[1]; !value.IsNull(i) {
			h.Value = []byte(value.S[value.Idx(i)])
		}
		out = append(out, h)
	}
	return out
}

// send hands a record to the client.
func (w *writer) send(ctx context.Context, rec *kgo.Record) error {
	cl, err := w.client(ctx)
	if err != nil {
		return err
	}
	cl.Produce(ctx, rec, w.written)
	w.rows++
	return nil
}

// written is called by the client for each record.
func (w *writer) written(rec *kgo.Record, err error) {
	if err != nil {
		e := w.cfg.props.explain("writing to topic "+rec.Topic, err)
		w.failed.CompareAndSwap(nil, &e)
	}
}

// fault is the first record that could not be written, which ends the job unless
// nothing was promised.
func (w *writer) fault() error {
	if err := w.cfg.props.health.denied(); err != nil {
		return w.cfg.props.explain("writing to topic "+w.topic, err)
	}
	if e := w.failed.Load(); e != nil && w.guarantee != guaranteeNone {
		return *e
	}
	return nil
}

// hold keeps an upsert back; one of the same key that waits is replaced.
func (w *writer) hold(rec *kgo.Record) {
	if len(w.queue) == 0 {
		w.since = w.t.Env.Clock.Now()
	}
	if at, ok := w.held[string(rec.Key)]; ok {
		w.queue[at] = rec
		return
	}
	w.held[string(rec.Key)] = len(w.queue)
	w.queue = append(w.queue, rec)
}

// sendHeld sends what was held back if it is time, or at once.
func (w *writer) sendHeld(ctx context.Context, now bool) error {
	if len(w.queue) == 0 || !now && int64(len(w.queue)) < w.flushRows && w.t.Env.Clock.Now().Sub(w.since).Milliseconds() < w.flushMs {
		return nil
	}
	for _, rec := range w.queue {
		if err := w.send(ctx, rec); err != nil {
			return err
		}
	}
	clear(w.held)
	clear(w.queue)
	w.queue = w.queue[:0]
	return nil
}

// Flush sends what has been held back for long enough; the client does not wait.
func (w *writer) Flush(ctx context.Context) error {
	if err := w.sendHeld(ctx, false); err != nil {
		return err
	}
	return w.fault()
}

// settle waits until the brokers have all records.
func (w *writer) settle(ctx context.Context, cl *kgo.Client) error {
	ctx, stop := w.cfg.props.health.accepted(ctx)
	defer stop()
	if err := cl.Flush(ctx); err != nil {
		if denied := w.fault(); denied != nil {
			return denied
		}
		return w.cfg.props.explain("writing to topic "+w.topic, err)
	}
	return w.fault()
}

func (w *writer) Watermark(int64) {}

// Prepare waits until the brokers have all records of the epoch. The handle names
// the transaction to commit.
func (w *writer) Prepare(ctx context.Context, epoch uint64) ([]byte, error) {
	if err := w.sendHeld(ctx, true); err != nil {
		return nil, err
	}
	if w.guarantee == exactlyOnce {
		return w.txns.prepare(ctx, w, epoch)
	}
	if w.plain == nil || w.guarantee == guaranteeNone {
		return nil, w.fault()
	}
	return nil, w.settle(ctx, w.plain)
}

// Commit makes a transaction's records visible.
func (w *writer) Commit(ctx context.Context, handle []byte) error {
	return w.txns.commit(ctx, w, handle)
}

func (w *writer) Finish(ctx context.Context) error { return w.sendHeld(ctx, true) }

// Report tells how many records were written.
func (w *writer) Report(add func(name string, n int64)) {
	if w.failed.Load() != nil && w.guarantee == guaranteeNone {
		add(fmt.Sprintf("writes to topic %s that failed", w.topic), 1)
	}
}

// Close drops what was not committed: an open transaction is aborted, so that
// readers need not wait for its time-out.
func (w *writer) Close() error {
	w.txns.close(w)
	w.unclaim()
	if w.plain != nil {
		w.plain.Close()
	}
	return nil
}
