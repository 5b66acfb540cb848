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

var _ connector.Keeper = (*writer)(nil)

// transactions is a writer's producers of exactly-once: one that is written with,
// those whose transactions wait for their commit, and those that are free.
type transactions struct {
	made     int // ids that were ever used
	now      *producer
	prepared []*producer
	free     []*producer
	admin    *kgo.Client // commits what an earlier run prepared
}

// producer is a client with a transactional id of its own.
type producer struct {
	id     string
	client *kgo.Client
	epoch  handle // of the transaction that was prepared
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
	if len(x.free) == 0 {
		p := &producer{id: w.id(w.subtask, x.made)}
		var err error
		if p.client, err = w.producer(w.subtask, p.id); err != nil {
			return nil, err
		}
		x.made++
		x.free = append(x.free, p)
	}
	p := x.free[len(x.free)-1]
	if err := p.client.BeginTransaction(); err != nil {
		return nil, w.cfg.props.explain("beginning the transaction "+p.id, err)
	}
	x.free = x.free[:len(x.free)-1]
	x.now = p
	return p.client, nil
}

// prepare ends the open transaction's writes.
func (x *transactions) prepare(ctx context.Context, w *writer) ([]byte, error) {
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
	p.epoch = handle{p.id, id, epoch, w.topic}
	x.now, x.prepared = nil, append(x.prepared, p)
	return json.Marshal(p.epoch)
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
	if err := p.client.EndTransaction(ctx, kgo.TryCommit); err != nil {
		return w.cfg.props.lost(h, err)
	}
	x.prepared = slices.Delete(x.prepared, i, i+1)
	x.free = append(x.free, p)
	return nil
}

// recover commits what a process prepared that is no more. A broker that has
// committed it already says so; one that has aborted it, since it was open for too
// long, has lost it.
func (x *transactions) recover(ctx context.Context, w *writer, h handle) error {
	if x.admin == nil {
		var err error
		if x.admin, err = w.cfg.props.client(false); err != nil {
			return err
		}
	}
	req := kmsg.NewEndTxnRequest()
	req.TransactionalID, req.ProducerID, req.ProducerEpoch, req.Commit = h.ID, h.Producer, h.Epoch, true
	pause := 20 * time.Millisecond
	for {
		resp, err := req.RequestWith(ctx, x.admin)
		if err == nil {
			err = kerr.ErrorForCode(resp.ErrorCode)
		}
		switch {
		case err == nil:
			return nil
		case errors.Is(err, kerr.ConcurrentTransactions), errors.Is(err, kerr.CoordinatorLoadInProgress), errors.Is(err, kerr.NotCoordinator), errors.Is(err, kerr.CoordinatorNotAvailable):
		case errors.Is(err, kerr.InvalidTxnState), errors.Is(err, kerr.ProducerFenced), errors.Is(err, kerr.InvalidProducerEpoch), errors.Is(err, kerr.InvalidProducerIDMapping):
			return x.ended(ctx, w, h, err)
		default:
			return w.cfg.props.explain("committing the transaction "+h.ID, err)
		}
		c, stop := w.t.Env.Clock.After(pause)
		select {
		case <-c:
		case <-ctx.Done():
			stop()
			return ctx.Err()
		}
		stop()
		pause = min(2*pause, time.Second)
	}
}

// ended finds out how a transaction ended that can no longer be ended.
func (x *transactions) ended(ctx context.Context, w *writer, h handle, cause error) error {
	d, err := kadm.NewClient(x.admin).DescribeTransactions(ctx, h.ID)
	if err != nil {
		return w.cfg.props.explain("asking for the transaction "+h.ID, err)
	}
	if t, ok := d[h.ID]; ok && t.Err == nil && t.ProducerID == h.Producer && (t.State == "CompleteCommit" || t.State == "PrepareCommit") {
		return nil
	}
	return w.cfg.props.lost(h, cause)
}

// lost explains a transaction that was to be committed and is no more.
func (p *properties) lost(h handle, err error) error {
	if !errors.Is(err, kerr.InvalidTxnState) && !errors.Is(err, kerr.ProducerFenced) && !errors.Is(err, kerr.InvalidProducerEpoch) && !errors.Is(err, kerr.InvalidProducerIDMapping) {
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
		if len(all) > 1 && k.Subtask%w.tasks != w.subtask {
			continue // another task's
		}
		for n := range k.Made + 1 { // the last one may have been begun after the checkpoint
			if err := w.abort(w.id(k.Subtask, n)); err != nil {
				return err
			}
		}
	}
	return nil
}

// abort ends what is open of a transactional id, by taking the id over.
func (w *writer) abort(id string) error {
	ctx, stop := context.WithTimeout(context.Background(), w.cfg.props.timeout)
	defer stop()
	cl, err := w.producer(w.subtask, id)
	if err != nil {
		return err
	}
	defer cl.Close()
	if _, _, err := cl.ProducerID(ctx); err != nil {
		return w.cfg.props.explain("taking over the transactional id "+id, err)
	}
	return nil
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
	for _, p := range slices.Concat(x.prepared, x.free) {
		p.client.Close()
	}
	if x.admin != nil {
		x.admin.Close()
	}
	*x = transactions{made: x.made}
}
