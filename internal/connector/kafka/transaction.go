package kafka

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/sqlerr"
)

var (
	_ connector.Keeper   = (*writer)(nil)
	_ connector.Settler  = (*writer)(nil)
	_ connector.Hastener = (*writer)(nil)
)

// transactions is a writer's producers of exactly-once: one that is written with,
// those whose transactions wait for their commit, and those that are free.
type transactions struct {
	made     int // ids that were ever used
	now      *producer
	prepared []*producer
	// ended are committed, and a restart would commit them again: until it would not,
	// their ids are not used, since that would commit what is open of them then.
	ended []*producer
	free  []*producer
	// spare is being made for when none is free: it takes the brokers a while.
	spare chan *producer
	spoil context.CancelFunc // gives that up
	admin *kgo.Client        // commits what an earlier run prepared
}

// producer is a client with a transactional id of its own.
type producer struct {
	id     string
	client *kgo.Client
	epoch  handle        // of the transaction that was prepared
	at     uint64        // the job's epoch that it is of
	done   chan struct{} // closed when its commit, in the background, has an end; nil if none began
	err    error         // which it had
}

// handle names a transaction, for its commit by any process: who holds the producer
// id and epoch may end it.
type handle struct {
	ID       string
	Producer int64
	Epoch    int16
	Topic    string
}

// begin gives the client of the open transaction, which is begun if there is none.
func (x *transactions) begin(ctx context.Context, w *writer) (*kgo.Client, error) {
	if x.now != nil {
		return x.now.client, nil
	}
	if len(x.free) == 0 && x.spare != nil {
		x.free = append(x.free, <-x.spare)
		x.spare = nil
	}
	if len(x.free) == 0 {
		x.free = append(x.free, x.make(w))
	}
	if len(x.free) == 1 && x.spare == nil && x.made < spares {
		p := x.make(w)
		warm, stop := context.WithTimeout(w.life, w.cfg.props.timeout)
		x.spare, x.spoil = make(chan *producer, 1), stop
		go func(to chan<- *producer) {
			defer stop()
			p.warm(warm, w)
			to <- p
		}(x.spare)
	}
	p := x.free[len(x.free)-1]
	if p.client == nil {
		var err error
		if p.client, err = w.producer(w.subtask, p.id); err != nil {
			return nil, err
		}
	}
	if err := w.cfg.props.health.patiently(ctx, p.client.BeginTransaction); err != nil {
		return nil, w.cfg.props.explain("beginning the transaction "+p.id, err)
	}
	x.free = x.free[:len(x.free)-1]
	x.now = p
	return p.client, nil
}

// spares is how many ids are made before they are needed: that many are in use at once,
// as a rule.
const spares = 5

// make gives a producer with an id that was not used.
func (x *transactions) make(w *writer) *producer {
	p := &producer{id: w.id(w.subtask, x.made)}
	x.made++
	return p
}

// warm connects a producer. What fails is tried again when it is used.
func (p *producer) warm(ctx context.Context, w *writer) {
	cl, err := w.producer(w.subtask, p.id)
	if err != nil {
		return
	}
	p.client = cl
	_, _, _ = cl.ProducerID(ctx)
}

// prepare ends the open transaction's writes.
func (x *transactions) prepare(ctx context.Context, w *writer, at uint64) ([]byte, error) {
	p := x.now
	if p == nil {
		return nil, w.fault()
	}
	if err := w.settle(ctx, p.client); err != nil {
		return nil, err
	}
	id, epoch, err := p.client.ProducerID(ctx)
	if err != nil {
		return nil, w.cfg.props.explain("preparing the transaction "+p.id, err)
	}
	p.epoch, p.at = handle{p.id, id, epoch, w.topic}, at
	x.now, x.prepared = nil, append(x.prepared, p)
	return json.Marshal(p.epoch)
}

// Hasten begins to commit in the background what this run prepared.
func (w *writer) Hasten(text []byte) bool {
	var h handle
	if json.Unmarshal(text, &h) != nil {
		return true // Commit says so
	}
	i := slices.IndexFunc(w.txns.prepared, func(p *producer) bool { return p.epoch == h })
	if i < 0 {
		return true
	}
	p := w.txns.prepared[i]
	if p.done == nil {
		p.done = make(chan struct{})
		go func(done chan<- struct{}) {
			p.err = p.client.EndTransaction(w.life, kgo.TryCommit)
			close(done)
		}(p.done)
	}
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// end commits a transaction, or waits until that is done.
func (p *producer) end(ctx context.Context) error {
	if p.done == nil {
		return p.client.EndTransaction(ctx, kgo.TryCommit)
	}
	<-p.done
	p.done = nil
	return p.err
}

// commit commits a transaction of this run or of an earlier one.
func (x *transactions) commit(ctx context.Context, w *writer, text []byte) error {
	var h handle
	if err := json.Unmarshal(text, &h); err != nil {
		return fmt.Errorf("the saved transaction of topic %s is damaged or of another version: %w", w.topic, err)
	}
	i := slices.IndexFunc(x.prepared, func(p *producer) bool { return p.epoch == h })
	if i < 0 {
		return x.recover(ctx, w, h)
	}
	p := x.prepared[i]
	if err := p.end(ctx); err != nil {
		if ctx.Err() != nil {
			return w.cfg.props.lost(h, err)
		}
		p.client.Close() // it does not know how the transaction ended
		p.client = nil
		if err := x.recover(ctx, w, h); err != nil {
			return err
		}
	}
	x.prepared = slices.Delete(x.prepared, i, i+1)
	x.ended = append(x.ended, p)
	return nil
}

// Settled frees ids for other transactions.
func (w *writer) Settled(epoch uint64) {
	x := &w.txns
	for len(x.ended) > 0 && x.ended[0].at <= epoch {
		x.free = append(x.free, x.ended[0])
		x.ended = x.ended[1:]
	}
}

// recover commits what a process prepared that is no more, or a producer whose client
// lost its broker over it. A broker that has committed it already says so; one that
// has aborted it, since it was open for too long, has lost it.
func (x *transactions) recover(ctx context.Context, w *writer, h handle) error {
	if x.admin == nil {
		var err error
		if x.admin, err = w.cfg.props.client(false); err != nil {
			return err
		}
	}
	req := kmsg.NewEndTxnRequest()
	req.TransactionalID, req.ProducerID, req.ProducerEpoch, req.Commit = h.ID, h.Producer, h.Epoch, true
	err := w.cfg.props.health.patiently(ctx, func() error {
		resp, err := req.RequestWith(ctx, x.admin)
		if err != nil {
			return err
		}
		return kerr.ErrorForCode(resp.ErrorCode)
	})
	if wasEnded(err) {
		return x.howEnded(ctx, w, h, err)
	}
	return w.cfg.props.explain("committing the transaction "+h.ID, err)
}

// wasEnded reports errors of transactions that are over.
func wasEnded(err error) bool {
	return errors.Is(err, kerr.InvalidTxnState) || errors.Is(err, kerr.ProducerFenced) || errors.Is(err, kerr.InvalidProducerEpoch) || errors.Is(err, kerr.InvalidProducerIDMapping)
}

// howEnded finds out how a transaction ended that can no longer be ended. Brokers only
// know of the last one of an id. If another one came after it, as when a job goes back
// to a savepoint, it was most likely committed: no id is used again before.
func (x *transactions) howEnded(ctx context.Context, w *writer, h handle, cause error) error {
	var t kadm.DescribedTransaction
	err := w.cfg.props.health.patiently(ctx, func() error {
		d, err := kadm.NewClient(x.admin).DescribeTransactions(ctx, h.ID)
		if err != nil {
			return err
		}
		if t = d[h.ID]; errors.Is(t.Err, kerr.TransactionalIDNotFound) {
			return nil
		}
		return t.Err
	})
	if err != nil {
		return w.cfg.props.explain("asking for the transaction "+h.ID, err)
	}
	after := int(t.ProducerEpoch) - int(h.Epoch) // brokers raise it when they end a transaction, since 4.0 also when it is committed
	if t.Err != nil || t.ProducerID != h.Producer || after > 1 {
		w.cfg.props.health.say("the brokers no longer know how the transaction %s to topic %s ended; it is taken to be committed", h.ID, h.Topic)
		return nil
	}
	switch t.State {
	case "CompleteAbort", "PrepareAbort", "PrepareEpochFence", "Dead":
		return w.cfg.props.lost(h, cause)
	}
	return nil
}

// lost explains a transaction that was to be committed and is no more.
func (p *properties) lost(h handle, err error) error {
	if !wasEnded(err) {
		return p.explain("committing the transaction "+h.ID, err)
	}
	e := &sqlerr.Error{Code: sqlerr.Runtime, Msg: fmt.Sprintf("the transaction %s to topic %s was ended by the brokers before it was committed, and its records are lost", h.ID, h.Topic), Err: err}
	return e.WithHint("it was open for longer than 'properties.transaction.timeout.ms', or another job uses the same 'sink.transactional-id-prefix'; go back to an earlier savepoint, or start anew with --restart, to write them again")
}

// Keep tells how many transactional ids were used, so that what is open of them
// can be aborted after a restart.
func (w *writer) Keep() ([]byte, error) {
	return json.Marshal(kept{Subtask: w.subtask, Made: w.txns.made})
}

// begunAfter is how many ids a writer may have begun to use since a checkpoint: one
// for each epoch that was under way, and that which was open.
const begunAfter = 3

// kept is what a writer is told after a restart.
type kept struct{ Subtask, Made int }

// Restore aborts what is open of the ids of the run before: readers would wait for
// its time-out else.
func (w *writer) Restore(all [][]byte) error {
	if w.guarantee != exactlyOnce {
		return nil
	}
	for _, b := range all {
		var k kept
		if err := json.Unmarshal(b, &k); err != nil {
			return fmt.Errorf("what the writer of topic %s kept is damaged or of another version: %w", w.topic, err)
		}
		if k.Subtask%w.tasks != w.subtask {
			continue // another task's
		}
		for n := range k.Made + begunAfter {
			if err := w.abort(w.id(k.Subtask, n)); err != nil {
				return err
			}
		}
	}
	return nil
}

// abort ends what is open of a transactional id, by taking the id over.
func (w *writer) abort(id string) error {
	cl, err := w.producer(w.subtask, id)
	if err != nil {
		return err
	}
	defer cl.Close()
	err = w.cfg.props.health.patiently(w.life, func() error {
		_, _, err := cl.ProducerID(w.life)
		return err
	})
	return w.cfg.props.explain("taking over the transactional id "+id, err)
}

// close aborts the open transaction. What was prepared stays: a checkpoint may know
// of it.
func (x *transactions) close(w *writer) {
	if p := x.now; p != nil {
		ctx, stop := context.WithTimeout(context.Background(), 5*time.Second)
		if p.client.AbortBufferedRecords(ctx) == nil {
			_ = p.client.EndTransaction(ctx, kgo.TryAbort) // else the broker does it when its time is over
		}
		stop()
		p.client.Close()
	}
	all := slices.Concat(x.prepared, x.ended, x.free)
	if x.spare != nil {
		x.spoil()
		all = append(all, <-x.spare)
	}
	for _, p := range all {
		if p.client != nil {
			p.client.Close()
		}
		if p.done != nil {
			<-p.done
		}
	}
	if x.admin != nil {
		x.admin.Close()
	}
	*x = transactions{made: x.made}
}
