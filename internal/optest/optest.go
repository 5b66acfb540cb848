// Package optest drives one operator through a script of events, the way the
// runtime would, and collects what it emits.
//
// The same script is run in many worlds: rows in one batch or one at a time,
// dense or behind a selection, with an emitter that is always full so that
// every emission has to be resumed, and stopped again and again to go on elsewhere
// from the state that was saved, as it was or spread over other subtasks. All
// worlds must give the same table; the changelog itself may differ, since
// operators consolidate within a batch.
package optest

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"sort"
	"strings"
	"testing"

	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/spill"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// Row is a change: values as vec.Vector.Value gives them.
type Row struct {
	Kind   vec.Kind
	Values []any
}

// R makes a row from "+I" and values; Go ints become int64.
func R(kind string, values ...any) Row {
	k, ok := vec.ParseKind(kind)
	if !ok {
		panic("optest: row kind " + kind)
	}
	for i, v := range values {
		if n, ok := v.(int); ok {
			values[i] = int64(n)
		}
	}
	return Row{k, values}
}

// String prints the row as Flink does.
func (r Row) String() string { return r.Kind.String() + text(r.Values) }

func text(vs []any) string {
	parts := make([]string, len(vs))
	for i, v := range vs {
		parts[i] = fmt.Sprint(v)
		if v == nil {
			parts[i] = "null"
		}
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// Event is a step of a script.
type Event struct {
	in     int
	rows   []Row
	wm     int64
	procMs int64
	kind   eventKind
}

type eventKind uint8

const (
	evRows eventKind = iota
	evWatermark
	evFlush
	evEnd
	evProc
)

// Rows pushes rows to an input.
func Rows(in int, rows ...Row) Event { return Event{kind: evRows, in: in, rows: rows} }

// Watermark advances event time, in ms.
func Watermark(wm int64) Event { return Event{kind: evWatermark, wm: wm} }

// Flush is what the runtime does when the input rests.
func Flush() Event { return Event{kind: evFlush} }

// End ends an input. Before the last one MaxWatermark is sent.
func End(in int) Event { return Event{kind: evEnd, in: in} }

// ProcTime moves the clock to ms and fires due timers.
func ProcTime(ms int64) Event { return Event{kind: evProc, procMs: ms} }

// Spec describes the operator under test.
type Spec struct {
	New      func() op.Operator
	In       [][]types.Type
	Out      []types.Type
	Batch    bool
	RowByRow bool // op.Context.MiniBatch = false
	// Hash lists for each input the columns that rows are spread over subtasks by;
	// nil: the operator runs in one subtask.
	Hash [][]int
	Zone *types.Zone
	// Expires: it depends on the time at which changes are emitted what they are.
	Expires bool
}

// World is one way of running a script.
type World struct {
	Name   string
	Split  int  // rows a batch; 0 = as scripted
	Select bool // rows lie scattered behind a selection
	Full   bool // the emitter is full after every batch
	// Memory is the operator's budget in bytes; 0 = no bound. It is to be so small
	// that what can goes to disk.
	Memory int64
	// Restart says how the operator is stopped and restored on its way.
	Restart Restart
	// Hold: for a while there is no room for changes that can be held back (op.Holder),
	// over checkpoints too.
	Hold bool
}

// Worlds are all the ways.
var Worlds = []World{
	{Name: "plain"},
	{Name: "row by row", Split: 1},
	{Name: "by three", Split: 3},
	{Name: "selected", Select: true},
	{Name: "always full", Full: true},
	{Name: "row by row, selected, always full", Split: 1, Select: true, Full: true},
	{Name: "spilled", Memory: 64 << 10},
	{Name: "cut", Split: 3, Restart: Cut},
	{Name: "replayed", Restart: Replayed},
	{Name: "fuzzy", Split: 2, Restart: Fuzzy},
	{Name: "rescaled", Split: 4, Restart: Rescaled},
	{Name: "held", Split: 2, Full: true, Hold: true},
	{Name: "held and cut", Split: 3, Full: true, Hold: true, Restart: Cut},
	{Name: "held and replayed", Full: true, Hold: true, Restart: Replayed},
	{Name: "held and rescaled", Split: 4, Full: true, Hold: true, Restart: Rescaled},
}

// Stops are worlds in which batches are as scripted, so that the changelogs agree as
// well, that of the plain one first.
var Stops = []World{{Name: "plain"}, {Name: "cut", Restart: Cut}, {Name: "replayed", Restart: Replayed}, {Name: "fuzzy", Restart: Fuzzy}}

// Run runs the script in every world, checks that the folded tables agree and
// gives the changelog of the plain one.
func Run(t testing.TB, s Spec, events ...Event) []Row {
	t.Helper()
	var first []Row
	for i, w := range Worlds {
		if !w.suits(s) {
			continue
		}
		out := RunIn(t, w, s, events...)
		if i == 0 {
			first = out
			continue
		}
		if a, b := Fold(t, first), Fold(t, out); strings.Join(a, "\n") != strings.Join(b, "\n") {
			t.Fatalf("world %q: folded result differs\nplain:\n  %s\n%s:\n  %s", w.Name, strings.Join(a, "\n  "), w.Name, strings.Join(b, "\n  "))
		}
	}
	return first
}

// RunIn runs the script in one world.
func RunIn(t testing.TB, w World, s Spec, events ...Event) []Row {
	t.Helper()
	d := Drive(t, w, s)
	defer d.Close()
	for _, e := range events {
		d.Do(e)
	}
	if w.Hold {
		d.flushWhole()
	}
	return d.Out()
}

// Driver runs an operator step by step.
type Driver struct {
	t     testing.TB
	w     World
	s     Spec
	subs  []*subtask
	mem   *spill.Budget
	done  []int // inputs that have ended
	nowMs int64
	wm    int64
	sink  *sink
	saved *saved // nil where nothing is
	rnd   *rand.Rand
	still bool // nothing may be emitted
	// counts is what operators that are gone have reported.
	counts map[string]int64
}

// subtask is one instance of the operator.
type subtask struct {
	op    op.Operator
	store *state.Store
	fn    *fn.Ctx
}

// Drive opens the operator.
func Drive(t testing.TB, w World, s Spec) *Driver {
	t.Helper()
	if !w.suits(s) {
		w.Restart = Never
	}
	d := &Driver{t: t, w: w, s: s, wm: op.MinWatermark, counts: map[string]int64{}, sink: &sink{t: t, types: s.Out, always: w.Full}, rnd: rand.New(rand.NewPCG(3, 5))}
	n := 1
	if w.Restart != Never {
		d.saved = newSaved()
		if w.Restart == Rescaled {
			n = 2
		}
	}
	if w.Memory > 0 {
		d.mem = spill.New(spill.Config{Limit: w.Memory})
	}
	d.open(n)
	return d
}

// open makes n subtasks.
func (d *Driver) open(n int) {
	d.subs = nil
	for i := range n {
		from, to := groupRange(i, n)
		x := &subtask{op: d.s.New(), fn: &fn.Ctx{Zone: d.s.Zone, Watermark: d.wm, NowMs: d.nowMs}}
		x.store = state.NewStore(state.Config{Groups: groups, From: from, To: to, Now: func() int64 { return d.nowMs }, Track: d.saved != nil, Memory: d.mem})
		err := x.op.Open(&op.Context{Ctx: context.Background(), Out: d.sink, State: x.store, Fn: x.fn, Subtask: i, Parallelism: n, Inputs: d.s.In,
			Spread: d.s.Hash, MiniBatch: !d.s.RowByRow, Batch: d.s.Batch})
		if err != nil {
			d.t.Fatalf("open: %v", err)
		}
		d.subs = append(d.subs, x)
	}
}

// Out gives the changes emitted so far.
func (d *Driver) Out() []Row { return d.sink.rows }

// Store is the operator's state.
func (d *Driver) Store() *state.Store { return d.subs[0].store }

// Op is the operator.
func (d *Driver) Op() op.Operator { return d.subs[0].op }

// Reported gives what the operators have counted under a name.
func (d *Driver) Reported(name string) int64 {
	n := d.counts[name]
	for _, x := range d.subs {
		n += reported(x.op)[name]
	}
	return n
}

func reported(o op.Operator) map[string]int64 {
	m := map[string]int64{}
	if x, ok := o.(op.Reporter); ok {
		x.Report(func(name string, n int64) { m[name] += n })
	}
	return m
}

// Close closes operator and state.
func (d *Driver) Close() {
	for _, x := range d.subs {
		for name, n := range reported(x.op) {
			d.counts[name] += n
		}
		if err := x.op.Close(); err != nil {
			d.t.Errorf("close: %v", err)
		}
		if err := x.store.Err(); err != nil {
			d.t.Errorf("state: %v", err)
		}
		x.store.Close()
	}
	if err := d.mem.Close(); err != nil {
		d.t.Error(err)
	}
}

// Do performs one event.
func (d *Driver) Do(e Event) {
	d.t.Helper()
	for _, x := range d.subs {
		x.store.Relieve()
	}
	d.mem.Tend()
	switch e.kind {
	case evRows:
		step := len(e.rows)
		if d.w.Split > 0 {
			step = d.w.Split
		}
		for i := 0; i < len(e.rows); i += step {
			d.push(e.in, e.rows[i:min(i+step, len(e.rows))])
			d.boundary()
		}
		return
	case evWatermark:
		d.watermark(e.wm)
	case evFlush:
		d.flush()
	case evEnd:
		d.end(e.in)
	case evProc:
		d.nowMs = e.procMs
		for _, s := range d.subs {
			s.fn.NowMs = e.procMs
			if x, ok := s.op.(op.ProcTimer); ok {
				for x.NextTimer() <= e.procMs && x.NextTimer() != math.MaxInt64 {
					d.finish(s)(x.Fire(e.procMs))
				}
			}
		}
	}
	d.boundary()
}

// push hands rows to the subtasks that they belong to.
func (d *Driver) push(in int, rows []Row) {
	d.t.Helper()
	for i, part := range d.spread(in, rows) {
		if len(part) == 0 {
			continue
		}
		b := d.batch(in, part)
		d.finishHeld(d.subs[i])(d.subs[i].op.Push(in, b))
		poison(b)
	}
}

func (d *Driver) flush() {
	d.t.Helper()
	for _, s := range d.subs {
		if x, ok := s.op.(op.Flusher); ok {
			d.finishHeld(s)(x.Flush())
		}
	}
}

func (d *Driver) watermark(wm int64) {
	d.t.Helper()
	if _, ok := d.subs[0].op.(op.Watermarker); ok {
		d.flushWhole()
	}
	d.wm = wm
	for _, s := range d.subs {
		s.fn.Watermark = wm
		if x, ok := s.op.(op.Watermarker); ok {
			d.finish(s)(x.Watermark(wm))
		}
	}
}

func (d *Driver) end(in int) {
	d.t.Helper()
	d.flushWhole()
	d.done = append(d.done, in)
	if len(d.done) == len(d.s.In) {
		d.watermark(op.MaxWatermark)
	}
	d.endInput(in)
	d.flushWhole()
}

func (d *Driver) endInput(in int) {
	d.t.Helper()
	for _, s := range d.subs {
		if x, ok := s.op.(op.Ender); ok {
			d.finish(s)(x.EndInput(in))
		}
	}
}

// flushWhole is flush with room for all.
func (d *Driver) flushWhole() {
	d.t.Helper()
	defer func(hold bool) { d.w.Hold = hold }(d.w.Hold)
	d.w.Hold = false
	d.flush()
}

// finishHeld is finish that leaves changes held back, or some of them, where the
// world says so.
func (d *Driver) finishHeld(sub *subtask) func(op.Status, error) {
	d.t.Helper()
	return func(s op.Status, err error) {
		d.t.Helper()
		for n := d.rnd.IntN(4) - 2; d.w.Hold && s == op.Held && err == nil; n-- {
			if n <= 0 || d.still {
				return
			}
			d.sink.full = false
			s, err = sub.op.Resume()
		}
		d.resume(sub, s, err)
	}
}

// finish resumes until the event is done.
func (d *Driver) finish(sub *subtask) func(op.Status, error) {
	d.t.Helper()
	return func(s op.Status, err error) {
		d.t.Helper()
		d.resume(sub, s, err)
	}
}

func (d *Driver) resume(sub *subtask, s op.Status, err error) {
	d.t.Helper()
	for n := 0; ; n++ {
		if err != nil {
			d.t.Fatalf("operator: %v", err)
		}
		if s == op.Done {
			return
		}
		if n > 1_000_000 {
			d.t.Fatal("operator never gets done")
		}
		d.sink.full = false
		s, err = sub.op.Resume()
	}
}

// batch writes rows as a batch, scattered among junk where the world says so.
func (d *Driver) batch(in int, rows []Row) *vec.Batch {
	b := vec.NewBatch(d.s.In[in])
	junk := func() {
		b.AppendKind(vec.Delete)
		for _, c := range b.Cols {
			c.AppendNulls(1)
		}
		b.N++
	}
	for _, r := range rows {
		if d.w.Select {
			junk()
			b.Sel = append(b.Sel, int32(b.N))
		}
		b.AppendKind(r.Kind)
		for i, c := range b.Cols {
			c.AppendValue(r.Values[i])
		}
		b.N++
	}
	if d.w.Select {
		junk()
	}
	return b
}

// poison makes use after return visible.
func poison(b *vec.Batch) {
	for _, c := range b.Cols {
		for i := range c.I64 {
			c.I64[i] = -0x5EED
		}
		for i := range c.I32 {
			c.I32[i] = -0x5EED
		}
		for i := range c.S {
			c.S[i] = "poisoned"
		}
	}
}

// sink collects output.
type sink struct {
	t      testing.TB
	types  []types.Type
	rows   []Row
	always bool
	full   bool
}

func (s *sink) Full() bool { return s.full }

func (s *sink) Emit(b *vec.Batch) error {
	if s.full {
		s.t.Fatal("emitted although full")
	}
	if len(b.Cols) != len(s.types) {
		s.t.Fatalf("emitted %d columns, schema has %d", len(b.Cols), len(s.types))
	}
	for i := range b.Len() {
		r := b.Row(i)
		row := Row{Kind: b.Kind(r), Values: make([]any, len(b.Cols))}
		for j, c := range b.Cols {
			if c.Type.Kind != s.types[j].Kind {
				s.t.Fatalf("column %d is %s, schema says %s", j, c.Type, s.types[j])
			}
			row.Values[j] = c.Value(r)
		}
		s.rows = append(s.rows, row)
	}
	s.full = s.always
	return nil
}

// Fold gives the table that a changelog leaves, as sorted lines. A row that is
// removed more often than it was added is an error.
func Fold(t testing.TB, rows []Row) []string {
	t.Helper()
	count := map[string]int{}
	for _, r := range rows {
		k := text(r.Values)
		count[k] += int(r.Kind.Sign())
	}
	var out []string
	for k, n := range count {
		if n < 0 {
			t.Errorf("row %s is removed %d times more than added", k, -n)
		}
		for range n {
			out = append(out, k)
		}
	}
	sort.Strings(out)
	return out
}

// Lines prints changes, one a line, for comparison with expected text.
func Lines(rows []Row) []string {
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i] = r.String()
	}
	return out
}
