package scan

import (
	"context"
	"sync"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// split is one open reader and its event time.
type split struct {
	id     string
	r      connector.Reader
	bell   connector.Notifier // r, if it is one
	wm     int64              // greatest watermark of the rows read
	sent   int64              // what was told
	cut    int64              // what the last cut will tell
	since  int                // rows since that cut
	lastMs int64              // processing time of the last row
	idle   bool
	dry    bool // had nothing at the last look
	held   bool // too far ahead of the others at the last look
	rows   int64
}

// waiting is a split that is not open yet.
type waiting struct {
	connector.Split
	saved splitPosition // where it stood at a checkpoint, if it was open then
	again bool
}

// enumerator deals the splits of a source to its subtasks, in turn.
type enumerator struct {
	source      connector.Source
	scan        connector.Scan
	parallelism int

	mu     sync.Mutex
	queues [][]connector.Split
	dealt  int
	next   int64 // when to look for new splits, ms
	looked bool
	// Of a checkpoint: where splits stood, which had ended, and whose they were.
	saved  map[string]splitPosition
	done   map[string]bool
	owners map[string]int
}

// take gives a subtask its new splits, looking for some if it is time.
func (e *enumerator) take(ctx context.Context, subtask int, nowMs int64) ([]connector.Split, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.queues == nil {
		e.queues = make([][]connector.Split, e.parallelism)
	}
	if !e.looked || nowMs >= e.next {
		every := e.source.DiscoverEveryMs()
		e.next = never
		if every > 0 {
			e.next = nowMs + every
		}
		if r, ok := e.source.(connector.Resumer); ok && !e.looked {
			r.Resume(e.known())
		}
		e.looked = true
		splits, err := e.source.Splits(ctx, e.scan)
		if err != nil {
			return nil, err
		}
		for _, s := range e.unread(splits) {
			i, ok := e.owners[s.ID]
			if !ok {
				i = e.dealt % e.parallelism
				e.dealt++
			}
			e.queues[i] = append(e.queues[i], s)
		}
	}
	out := e.queues[subtask]
	e.queues[subtask] = nil
	return out, nil
}

// known lists the splits of the checkpoint, in no order.
func (e *enumerator) known() []string {
	var ids []string
	for id := range e.saved {
		ids = append(ids, id)
	}
	for id := range e.done {
		ids = append(ids, id)
	}
	return ids
}

func (e *enumerator) nextMs() int64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.looked {
		return 0
	}
	return e.next
}

// marker evaluates the watermark expression over batches.
type marker struct {
	mark *Watermark
	prog *expr.Program
	fn   *fn.Ctx
}

func newMarker(w *Watermark, in []types.Type, c *fn.Ctx) (*marker, error) {
	p, err := expr.Compile([]expr.Expr{w.Expr}, in, c.Zone)
	if err != nil {
		return nil, err
	}
	return &marker{mark: w, prog: p, fn: c}, nil
}

// cuts splits a batch where the watermark has advanced enough to be told. That
// depends on the split's rows and their order alone, so which rows are late
// does not depend on how they were batched.
func (m *marker) cuts(b *vec.Batch, sp *split, out []cut) ([]cut, error) {
	vs, err := m.prog.Eval(m.fn, b)
	if err != nil {
		return nil, err
	}
	v := vs[0].Flat()
	for i := range b.N {
		sp.since++
		if v.IsNull(i) {
			continue
		}
		if t := millis(v, i); t > sp.wm {
			sp.wm = t
		}
		due := sp.since >= markRows && (sp.cut == op.MinWatermark || sp.wm-sp.cut >= m.mark.EmitMs)
		if m.mark.EmitMs == 0 {
			due = sp.wm > sp.cut
		}
		if due {
			out = append(out, cut{to: i + 1, mark: sp.wm, has: true})
			sp.cut, sp.since = sp.wm, 0
		}
	}
	if len(out) == 0 || out[len(out)-1].to < b.N {
		out = append(out, cut{to: b.N})
	}
	return out, nil
}

// millis reads a timestamp as ms.
func millis(v *vec.Vector, i int) int64 {
	switch v.Type.Phys() {
	case types.PTime:
		return v.TS[i].Ms
	case types.PI64:
		if v.Type.Prec > 3 {
			us := v.I64[i]
			ms := us / 1000
			if us%1000 < 0 {
				ms--
			}
			return ms
		}
		return v.I64[i]
	}
	return op.MinWatermark
}
