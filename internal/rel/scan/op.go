package scan

import (
	"context"
	"errors"
	"io"
	"math"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/dag"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

var (
	_ dag.Lowerer       = (*Node)(nil)
	_ op.Source         = (*source)(nil)
	_ op.Tallied        = (*source)(nil)
	_ connector.Counter = (*source)(nil)
)

// Lower makes as many subtasks as the job has, or scan.parallelism says; they share
// the list of splits.
func (n *Node) Lower(b *dag.Builder, _ []dag.Port) (dag.Port, error) {
	traits := b.Traits(n)
	tasks := b.Ctx.Parallelism
	if o := n.Table.Options; o != nil && o.IsSet("scan.parallelism") {
		tasks = int(o.Int("scan.parallelism"))
	}
	scan := connector.Scan{Want: n.Want, Metadata: n.Meta, Limit: n.Limit, Ordered: !b.Ctx.Batch, Parallelism: tasks}
	mark, align := n.Mark, alignOf(n.Table)
	if mark == nil || b.Ctx.Batch { // nobody keeps rows for those who come behind
		align = nil
	}
	if !traits.WantWatermark && align == nil {
		mark = nil
	}
	var together *group
	if align != nil {
		together, _ = b.Shared("watermark alignment "+align.Group, newGroup).(*group)
	}
	enum := &enumerator{source: n.Source, scan: scan, parallelism: tasks}
	halves := len(traits.Keys) > 0 && traits.Changes.Has(connector.UpdatesBefore) && !traits.EmitBefore
	return b.Source(n, tasks, n.Table.Name, func() op.Source {
		return &source{node: n, scan: scan, mark: mark, enum: enum, after: halves, together: together}
	}), nil
}

// maxOpen bounds the splits that one subtask reads side by side. Splits are
// merged by event time only while a watermark is wanted; else one is read after
// the other.
const maxOpen = 256

// markRows is the least number of rows between two watermarks of a busy split,
// so that a sparse history does not become batches of one row.
const markRows = 1024

// pollMs is how often several readers that wait are looked at.
const pollMs = 5

// source is a reading subtask.
type source struct {
	node *Node
	scan connector.Scan
	mark *Watermark
	enum *enumerator
	// after: nobody wants the old rows of updates, which have a key to be told by.
	after bool

	ctx     context.Context
	c       *op.Context
	out     op.SourceOut
	types   []types.Type
	waiting []waiting
	dealt   bool // it has been given its splits
	open    []*split
	marks   *marker
	batch   *vec.Batch
	part    vec.Batch
	pending []cut // what is left to emit of batch
	at      int
	cur     *split
	bell    chan struct{} // of the readers that are connector.Notifiers
	steps   int

	wm     int64
	idle   bool
	rows   int64
	done   *state.Single   // IDs of splits that have ended
	over   []splitPosition // that ended since the last Position
	report map[string]int64
	shown  shown
	dead   *letters // of the table for dead letters; nil if there is none

	together *group   // of watermark alignment; nil: it waits for nobody
	align    *aligner // nil likewise
}

// cut is a piece of a batch and the watermark that follows it.
type cut struct {
	to   int
	mark int64
	has  bool
}

func (s *source) Open(c *op.Context, out op.SourceOut) error {
	s.ctx, s.c, s.out, s.wm = c.Ctx, c, out, op.MinWatermark
	s.types = plan.Types(s.node.Output)
	s.batch = vec.NewBatch(s.types)
	s.report, s.bell = map[string]int64{}, make(chan struct{}, 1)
	s.done = doneTable(c)
	if s.together != nil {
		s.align = newAligner(alignOf(s.node.Table), s.together, s)
	}
	if d, ok := out.(op.DeadLetterOut); ok && s.node.Table.Buries() {
		s.dead = newLetters(d)
		s.scan.Dead = s.dead
	}
	if s.mark != nil {
		var err error
		s.marks, err = newMarker(s.mark, s.types, c.Fn)
		return err
	}
	return nil
}

// Step emits the next piece of the current batch, or reads one.
func (s *source) Step(budget int) (op.SourceStatus, error) {
	if len(s.pending) > 0 {
		return op.SourceMore, s.emitNext()
	}
	if err := s.fetchSplits(); err != nil {
		return op.SourceEnd, err
	}
	if s.limited() {
		s.align.leave(s)
		return op.SourceEnd, nil
	}
	if err := s.openSplits(); err != nil {
		return op.SourceEnd, err
	}
	if len(s.open) == 0 {
		s.align.tell(s)
		if s.node.Source.Bounded() || s.node.Source.DiscoverEveryMs() == 0 { // all there was, as when stdin is closed
			s.align.leave(s)
			return op.SourceEnd, nil
		}
		return op.SourceIdle, s.setIdle(true)
	}
	s.hear()
	s.align.compare(s)
	tried := 0
	for sp := s.pick(); sp != nil; sp = s.pick() {
		worked, err := s.read(sp, budget)
		if worked || err != nil {
			return op.SourceMore, err
		}
		if tried++; tried >= len(s.open) {
			break
		}
	}
	if len(s.open) == 0 {
		return op.SourceMore, nil
	}
	return op.SourceIdle, s.rest()
}

func (s *source) limited() bool { return s.node.Limit > 0 && s.rows >= s.node.Limit }

func (s *source) fetchSplits() error {
	more, err := s.enum.take(s.ctx, s.c.Subtask, s.c.Fn.NowMs)
	for _, sp := range more {
		w := waiting{Split: sp}
		w.saved, w.again = s.enum.from(sp.ID)
		s.waiting = append(s.waiting, w)
	}
	s.dealt = s.dealt || err == nil
	return err
}

// openSplits keeps one reader open, or all that may be merged by event time.
func (s *source) openSplits() error {
	limit := 1
	switch {
	case !s.node.Source.Bounded(): // none of them ends, so none can wait for another
		limit = math.MaxInt
	case s.mark != nil:
		limit = maxOpen
	}
	for len(s.open) < limit && len(s.waiting) > 0 {
		sp := s.waiting[0]
		s.waiting = s.waiting[1:]
		r, err := s.node.Source.Open(s.ctx, s.scan, sp.Split, sp.saved.At)
		if err != nil {
			return err
		}
		n := &split{id: sp.ID, r: r, wm: op.MinWatermark, sent: op.MinWatermark, cut: op.MinWatermark, lastMs: s.c.Fn.NowMs}
		if sp.again {
			restored(n, sp.saved)
		}
		if b, ok := r.(connector.Notifier); ok {
			n.bell = b
			b.Notify(s.bell)
		}
		s.open = append(s.open, n)
	}
	return nil
}

// pick gives the split to read: the one furthest behind in event time among
// those that have not just answered that they have nothing and need not wait for others.
func (s *source) pick() *split {
	var best *split
	for _, sp := range s.open {
		if sp.dry || s.align.holds(sp) {
			continue
		}
		if best == nil || sp.wm < best.wm {
			best = sp
		}
	}
	return best
}

// read fills the batch from a split and cuts it at watermarks. It reports
// whether there was anything to do.
func (s *source) read(sp *split, budget int) (bool, error) {
	s.batch.Reset()
	err := sp.r.Read(s.batch, max(budget, 1))
	s.batch.N = rowCount(s.batch)
	buried := s.dead.send()
	if s.batch.N == 0 {
		switch {
		case errors.Is(err, io.EOF):
			return true, s.finish(sp)
		case err != nil:
			return true, err
		}
		sp.dry = !buried
		return buried, nil
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return true, err
	}
	sp.lastMs, sp.idle = s.c.Fn.NowMs, false
	s.rows += int64(s.batch.N)
	sp.rows += int64(s.batch.N)
	s.shown.tell(s, false)
	s.cur, s.at = sp, 0
	if s.mark == nil {
		s.pending = append(s.pending[:0], cut{to: s.batch.N})
	} else if s.pending, err = s.marks.cuts(s.batch, sp, s.pending[:0]); err != nil {
		return true, err
	}
	if err := s.setIdle(false); err != nil {
		return true, err
	}
	return true, s.emitNext()
}

// rowCount is the rows that a reader appended.
func rowCount(b *vec.Batch) int {
	if len(b.Cols) == 0 {
		return b.N
	}
	return b.Cols[0].N
}

// emitNext emits the next piece and tells its watermark.
func (s *source) emitNext() error {
	c := s.pending[0]
	s.pending = s.pending[1:]
	if c.to > s.at {
		if b := s.piece(c.to); b.Len() > 0 {
			if err := s.out.Emit(b); err != nil {
				return err
			}
		}
		s.at = c.to
	}
	if c.has {
		s.cur.sent = max(s.cur.sent, c.mark)
		return s.advance()
	}
	return nil
}

// piece gives the rows of the batch up to one, without -U if nobody wants them.
func (s *source) piece(to int) *vec.Batch {
	b := s.batch
	halves := s.after && b.Kinds != nil
	if s.at == 0 && to == b.N && !halves {
		return b
	}
	s.part = *b
	s.part.Sel = []int32{}
	for i := s.at; i < to; i++ {
		if !halves || b.Kinds[i] != vec.UpdateBefore {
			s.part.Sel = append(s.part.Sel, int32(i))
		}
	}
	return &s.part
}

// advance sends the least watermark of all splits that are not idle; splits
// that wait to be opened hold it back.
func (s *source) advance() error {
	if len(s.waiting) > 0 {
		return nil
	}
	wm := op.MaxWatermark
	for _, sp := range s.open {
		if !sp.idle {
			wm = min(wm, sp.sent)
		}
	}
	if wm == op.MaxWatermark || wm <= s.wm {
		return nil
	}
	s.wm = wm
	return s.out.Watermark(wm)
}

// rest is reached when no split has anything: watermarks are told in full, and
// splits that have been silent for long are idle.
func (s *source) rest() error {
	now := s.c.Fn.NowMs
	active := 0
	for _, sp := range s.open {
		sp.dry = sp.bell != nil
		if m, ok := sp.r.(connector.Marker); ok && s.mark != nil && !sp.held {
			if wm, ok := m.Watermark(); ok {
				sp.wm = max(sp.wm, wm)
			}
		}
		sp.sent, sp.cut = max(sp.sent, sp.wm), max(sp.cut, sp.wm)
		if s.mark != nil && s.mark.IdleMs > 0 && !sp.held && now-sp.lastMs >= s.mark.IdleMs {
			sp.idle = true
		}
		if !sp.idle {
			active++
		}
	}
	s.align.tell(s)
	s.shown.tell(s, true)
	if s.mark == nil {
		return nil
	}
	if err := s.advance(); err != nil {
		return err
	}
	return s.setIdle(active == 0)
}

func (s *source) setIdle(idle bool) error {
	if idle == s.idle {
		return nil
	}
	s.idle = idle
	return s.out.Idle(idle)
}

func (s *source) finish(sp *split) error {
	for i, o := range s.open {
		if o == sp {
			s.open = append(s.open[:i], s.open[i+1:]...)
		}
	}
	if c, ok := sp.r.(connector.Counter); ok {
		c.Report(func(name string, n int64) { s.report[name] += n })
	}
	if _, ok := s.node.Source.(connector.Reported); ok {
		s.over = append(s.over, splitPosition{ID: sp.id, At: sp.r.Position()})
	}
	if err := sp.r.Close(); err != nil {
		return err
	}
	s.shown.end(s, sp)
	s.end(sp)
	if s.mark != nil {
		return s.advance()
	}
	return nil
}

func (s *source) Ready() <-chan struct{} {
	if s.rings() {
		return s.bell
	}
	if len(s.open) == 1 {
		return s.open[0].r.Ready()
	}
	return nil
}

// rings reports whether all open splits tell by the bell that they have something.
func (s *source) rings() bool {
	for _, sp := range s.open {
		if sp.bell == nil {
			return false
		}
	}
	return len(s.open) > 0
}

// hear asks the splits with a bell that had nothing at the last look whether they
// have something now: always when no other has, else from time to time, since there
// may be very many.
func (s *source) hear() {
	const often = 16
	if s.steps++; s.steps%often != 0 && s.pick() != nil {
		return
	}
	for _, sp := range s.open {
		if sp.dry && sp.bell != nil {
			sp.dry = sp.bell.Waits()
		}
	}
}

func (s *source) WakeMs() int64 {
	wake := min(s.enum.nextMs(), s.align.wakeMs())
	for _, sp := range s.open {
		if s.mark != nil && s.mark.IdleMs > 0 && !sp.idle {
			wake = min(wake, sp.lastMs+s.mark.IdleMs)
		}
	}
	if !s.rings() && (len(s.open) > 1 || len(s.open) == 1 && s.open[0].r.Ready() == nil) {
		wake = min(wake, s.c.Fn.NowMs+pollMs)
	}
	return wake
}

// Report passes on what the readers counted.
func (s *source) Report(add func(string, int64)) {
	for name, n := range s.report {
		add(name, n)
	}
}

func (s *source) Close() error {
	s.align.leave(s)
	var errs []error
	for _, sp := range s.open {
		if c, ok := sp.r.(connector.Counter); ok {
			c.Report(func(name string, n int64) { s.report[name] += n })
		}
		errs = append(errs, sp.r.Close())
	}
	s.open = nil
	return errors.Join(errs...)
}

var never = int64(math.MaxInt64)
