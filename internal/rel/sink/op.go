package sink

import (
	"bytes"
	"fmt"
	"time"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/dag"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/vec"
)

var (
	_ dag.Lowerer    = (*Node)(nil)
	_ op.Operator    = (*operator)(nil)
	_ op.Hastener    = (*operator)(nil)
	_ op.Restorer    = (*operator)(nil)
	_ op.Ender       = (*operator)(nil)
	_ op.Flusher     = (*operator)(nil)
	_ op.Watermarker = (*operator)(nil)
	_ op.Reporter    = (*operator)(nil)
	_ op.Queued      = (*operator)(nil)
)

// Lower brings rows of one key together where they are reconciled, and respects
// the table's bound on writers.
func (n *Node) Lower(b *dag.Builder, in []dag.Port) (dag.Port, error) {
	p := in[0]
	traits := b.Traits(n.In)
	out := plan.Types(n.Fields())
	ttl := time.Duration(b.Ctx.StateTTLMs) * time.Millisecond
	switch {
	case n.settles(traits):
		v := b.Op(n, "SinkWatermarkStamp", n.Table.Name, append(out[:len(out):len(out)], stampType), func() op.Operator { return newStamper() }, b.Chain(p))
		v.WantWatermark = true
		v = b.Op(n, "SinkConflictSettler", n.Table.Name, out, func() op.Operator { return newSettler(n, ttl) }, b.HashBy(dag.Port{V: v, Dist: p.Dist}, n.Key, false))
		v.WantWatermark = true
		p = dag.Port{V: v, Dist: plan.Dist{Kind: plan.Hashed, Keys: n.Key}}
	case n.reconciles(traits):
		v := b.Op(n, "SinkMaterializer", n.Table.Name, out, func() op.Operator { return newMaterializer(n, ttl) }, b.HashBy(p, n.Key, false))
		p = dag.Port{V: v, Dist: plan.Dist{Kind: plan.Hashed, Keys: n.Key}}
	}
	if n.Corrects {
		old := dag.Port{}
		if n.Old != nil {
			old = in[1]
		}
		p = n.corrected(b, p, old)
	}
	input := b.Chain(p)
	if want := n.Sink.Parallelism(); want == 1 {
		input = b.Single(p)
	} else if want > 1 {
		input = b.RebalanceTo(p, want)
	} else if len(n.Key) > 0 && !traits.InsertOnly() && !n.Result {
		input = b.HashBy(p, n.Key, false)
	}
	partial := n.Corrects || traits.Changes.Has(connector.KeyDeletes)
	v := b.Op(n, n.Name(), n.Table.Name, out, func() op.Operator { return &operator{node: n, keyDeletes: partial} }, input)
	v.WantWatermark = len(n.Table.Partitions) > 0
	return dag.Port{V: v}, nil
}

// reconciles reports whether rows must be kept per key: the table is keyed by
// something that the query's rows are not unique by, and the query changes its
// mind.
func (n *Node) reconciles(in *plan.Traits) bool {
	if n.Result || len(n.Key) == 0 || n.Trust && n.Conflict == NoConflict {
		return false
	}
	return n.Materialize || !in.InsertOnly() && !in.HasUpsertKeyWithin(n.Key)
}

// operator hands rows to a writer and ends its epochs.
type operator struct {
	node    *Node
	ctx     *op.Context
	w       connector.Writer
	queue   connector.Queued // nil: the writer is none
	ended   bool
	kept    *state.Single // of a writer that is a connector.Keeper
	dropped int64
	sel     []int32
	in      vec.Batch
	upsert  upserts
	change  changes
	// keyDeletes: deleted rows have no more than their key.
	keyDeletes bool
}

func (o *operator) Open(c *op.Context) error {
	o.ctx = c
	w, err := o.node.Sink.Open(c.Ctx, c.Subtask, c.Parallelism)
	o.w = w
	if _, ok := w.(connector.Keeper); ok && !c.Batch {
		o.kept = c.State.Single("writer")
	}
	if q, ok := w.(connector.Queued); ok && q.Queue(c.Wake) {
		o.queue = q
	}
	return err
}

// Queues implements op.Queued.
func (o *operator) Queues() bool { return o.queue != nil }

// QueueFull is that of the writer.
func (o *operator) QueueFull() bool { return o.queue.Full() }

// Leave has the writer hand on what it has queued.
func (o *operator) Leave() error { return o.queue.Leave(o.ctx.Ctx) }

// Restored gives the writer back what it kept.
func (o *operator) Restored() error {
	if o.kept == nil {
		return nil
	}
	var all [][]byte
	o.kept.Saved(func(b []byte) { all = append(all, b) })
	if len(all) == 0 {
		return nil
	}
	return o.w.(connector.Keeper).Restore(all)
}

func (o *operator) Push(_ int, b *vec.Batch) (op.Status, error) {
	if o.node.Change != NoChange {
		b = o.changed(b)
	}
	b, err := o.enforce(b)
	if err != nil || b.Len() == 0 {
		return op.Done, err
	}
	if n := o.node; len(n.Key) > 0 && !n.Result && !n.Sink.Accepts().Has(connector.UpdatesBefore) {
		if b = o.upsert.of(b, n.Key); b.Len() == 0 {
			return op.Done, nil
		}
	}
	return op.Done, o.w.Write(o.ctx.Ctx, b)
}

func (o *operator) Resume() (op.Status, error) { return op.Done, nil }

func (o *operator) Flush() (op.Status, error) { return op.Done, o.w.Flush(o.ctx.Ctx) }

func (o *operator) Watermark(wm int64) (op.Status, error) {
	o.w.Watermark(wm)
	return op.Done, nil
}

func (o *operator) EndInput(int) (op.Status, error) {
	o.ended = true
	return op.Done, o.w.Finish(o.ctx.Ctx)
}

func (o *operator) Prepare(epoch uint64) ([]byte, error) {
	h, err := o.w.Prepare(o.ctx.Ctx, epoch)
	if err != nil || o.kept == nil {
		return h, err
	}
	b, err := o.w.(connector.Keeper).Keep()
	if err == nil && (o.kept.Len() != 1 || !bytes.Equal(o.kept.Get(), b)) {
		o.kept.Set(b)
	}
	return h, err
}

func (o *operator) Commit(handle []byte) error {
	if err := o.w.Commit(o.ctx.Ctx, handle); err != nil {
		return fmt.Errorf("committing to table %s: %w", o.node.Table.Name, err)
	}
	return nil
}

func (o *operator) Hasten(handle []byte) bool {
	h, ok := o.w.(connector.Hastener)
	return !ok || h.Hasten(handle)
}

func (o *operator) Settled(epoch uint64) {
	if s, ok := o.w.(connector.Settler); ok {
		s.Settled(epoch)
	}
}

func (o *operator) Report(add func(string, int64)) {
	if o.node.Change != NoChange {
		add(RowsAffected, o.change.n)
	}
	if o.dropped > 0 {
		add("rows dropped by NOT NULL", o.dropped)
	}
	if c, ok := o.w.(connector.Counter); ok {
		c.Report(add)
	}
}

func (o *operator) Close() error {
	if o.w == nil {
		return nil
	}
	return o.w.Close()
}
