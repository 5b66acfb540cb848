// Package fold runs the aggregate calls of an operator: it lays their
// accumulators out in a state row, sorts out FILTER and DISTINCT, keeps what an
// accumulator needs beside its row, and folds whole batches.
//
// Group aggregates, window aggregates and their local phases share it. An
// operator finds the row of each input row and hands over pointers; it knows
// nothing of the calls.
//
//	row: [operator's header][Fold.Size() bytes: id of the group if Fold.HasID, one accumulator a call]
package fold

import (
	"encoding/binary"
	"fmt"
	"time"
	"unsafe"

	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// Call is an aggregate call over the columns of a batch.
type Call struct {
	Name     string // for people
	Agg      *fn.Agg
	Args     []int // ordinals
	Distinct bool
	Filter   int // ordinal of a BOOLEAN column; -1 = none
	Type     types.Type
	Sorted   bool // has an ORDER BY of its own
}

// Spec says what is folded and where its state is kept.
type Spec struct {
	Name    string // of the operator's table; names of further tables begin with it
	Calls   []Call
	In      []types.Type // columns of the batches
	Retract bool         // rows may take back others
	TTL     time.Duration
	Store   *state.Store
	Fn      *fn.Ctx
}

// Fold is the calls of one task.
type Fold struct {
	spec  Spec
	env   fn.Env
	calls []bound
	size  int
	refs  []int

	base      *variant
	variants  []*variant
	distincts []*distinct
	extremes  []*extreme

	learners []fn.Learner
	learned  *state.Single // what they have learned, in their order
	knows    bool          // it is all there

	ids    *state.Single // the last group id given, where groups have one
	lastID uint64
	idBuf  [8]byte

	ptrs    []unsafe.Pointer
	results []unsafe.Pointer
	args    []*vec.Vector
}

// bound is a call with its place.
type bound struct {
	Call
	acc     fn.Acc
	off     uintptr
	variant *variant
	extreme *extreme // not nil: the result comes from a view
	last    bool     // MAX of that view
}

// New lays out the calls. Further tables that they need are declared in the
// store.
func New(s Spec) (*Fold, error) {
	f := &Fold{spec: s, env: fn.Env{Ctx: s.Fn}}
	f.base = f.variantOf(-1)
	for _, c := range s.Calls {
		if err := f.bind(c); err != nil {
			return nil, err
		}
	}
	if len(f.learners) > 0 {
		f.learned = s.Store.Single(s.Name + " literals")
	}
	if f.HasID() {
		f.ids = s.Store.Single(s.Name + " ids")
		f.size += 8
		for i := range f.calls {
			f.calls[i].off += 8
		}
		for i := range f.refs {
			f.refs[i] += 8
		}
	}
	for i, d := range f.distincts {
		d.declare(f, i)
	}
	for i, x := range f.extremes {
		x.declare(f, i)
	}
	return f, nil
}

func (f *Fold) bind(c Call) error {
	if c.Sorted && c.Agg.Ordered {
		return sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "ORDER BY in %s is not supported", c.Agg.Name)
	}
	if c.Agg.New == nil {
		return sqlerr.New(sqlerr.Plan, sqlerr.Pos{}, "%s needs an OVER clause", c.Agg.Name)
	}
	args := make([]fn.Arg, len(c.Args))
	for i, a := range c.Args {
		args[i].Type = f.spec.In[a]
	}
	acc, err := c.Agg.New(&fn.AggCall{Args: args, Ret: c.Type, Retract: f.spec.Retract})
	if err != nil {
		return err
	}
	b := bound{Call: c, acc: acc, off: uintptr(f.size), variant: f.variantOf(c.Filter)}
	if x, ok := acc.(fn.Extreme); ok {
		b.extreme, b.last = f.extremeOf(c), x.Greatest()
	}
	if r, ok := acc.(fn.Referrer); ok {
		for _, at := range r.Refs() {
			f.refs = append(f.refs, f.size+at)
		}
	}
	if l, ok := acc.(fn.Learner); ok {
		if _, known := l.Learned(); !known {
			f.learners = append(f.learners, l)
		}
	}
	f.size += acc.Size()
	f.calls = append(f.calls, b)
	if c.Distinct && !c.Agg.NoDistinct {
		return f.addDistinct(len(f.calls) - 1)
	}
	return nil
}

// Size is the bytes that the calls take in a row, a multiple of 8.
func (f *Fold) Size() int { return f.size }

// HeapRefs lists the heap references of a row whose calls begin at base.
func (f *Fold) HeapRefs(base int) []int {
	out := make([]int, len(f.refs))
	for i, r := range f.refs {
		out[i] = base + r
	}
	return out
}

// HasID reports whether each row needs an id: Birth must be called for new ones
// and Drop before they are deleted.
func (f *Fold) HasID() bool { return len(f.distincts)+len(f.extremes) > 0 }

// Mergeable reports whether accumulators can be folded into each other: nothing
// is kept beside them.
func (f *Fold) Mergeable() bool { return !f.HasID() }

// Flat reports whether accumulators are mere bytes that can be shipped.
func (f *Fold) Flat() bool { return f.Mergeable() && len(f.refs) == 0 }

// Bind names the heap that goes with the rows; it is called once, before all
// that follows.
func (f *Fold) Bind(h *state.Heap) { f.env.Heap = heap{h} }

// heap is the state's heap under fn's names.
type heap struct{ h *state.Heap }

func (h heap) Put(old fn.Ref, b []byte) fn.Ref { return fn.Ref(h.h.Put(uint64(old), b)) }
func (h heap) Grow(old fn.Ref, n int) fn.Ref   { return fn.Ref(h.h.Grow(uint64(old), n)) }
func (h heap) Get(r fn.Ref) []byte             { return h.h.Get(uint64(r)) }
func (h heap) Free(r fn.Ref)                   { h.h.Free(uint64(r)) }

// Birth gives a new row its id. Ids are never used twice in a job: the upper part
// is the key group of the row, which one task owns, the lower part counts.
func (f *Fold) Birth(row unsafe.Pointer, group int) {
	f.lastID++
	*(*uint64)(row) = state.MakeID(group, f.lastID)
}

// Born saves the last id; it is called once after the births of a batch.
func (f *Fold) Born() { f.ids.Set(binary.LittleEndian.AppendUint64(f.idBuf[:0], f.lastID)) }

// Restored takes up what follows from the tables of a restored store. Among the
// groups may be some of other tasks now, so ids go on behind those of all.
func (f *Fold) Restored() {
	if f.learned != nil {
		i := 0
		f.learned.Saved(func(b []byte) {
			f.learners[i%len(f.learners)].Learn(string(b))
			i++
		})
		if i > 0 {
			f.learn()
		}
	}
	if f.HasID() {
		f.ids.Saved(func(b []byte) {
			if len(b) == 8 {
				f.lastID = max(f.lastID, binary.LittleEndian.Uint64(b))
			}
		})
		if f.lastID > 0 {
			f.Born() // as its own: with as many tasks as now it hears of no others
		}
	}
	f.reload()
}

// learn saves what the calls have learned from the first row.
func (f *Fold) learn() {
	for _, l := range f.learners {
		if _, ok := l.Learned(); !ok {
			return
		}
	}
	f.knows = true
	if f.learned == nil || f.learned.Len() > 0 {
		return
	}
	for _, l := range f.learners {
		s, _ := l.Learned()
		f.learned.Append([]byte(s))
	}
}

// Drop removes what is kept beside a row that is about to be deleted. Values that
// DISTINCT has seen are removed if Track was called; without it they go when they
// are retracted.
func (f *Fold) Drop(row unsafe.Pointer) {
	for _, d := range f.distincts {
		d.drop(row)
	}
	for _, x := range f.extremes {
		x.drop(row)
	}
}

// Result appends one row a pointer to out, a vector a call.
func (f *Fold) Result(rows []unsafe.Pointer, out []*vec.Vector) error {
	for i := range f.calls {
		c := &f.calls[i]
		if c.extreme != nil {
			c.extreme.result(rows, c.last, out[i])
			continue
		}
		f.results = offset(rows, nil, c.off, f.results)
		if err := c.acc.Result(&f.env, f.results, out[i]); err != nil {
			return err
		}
	}
	return nil
}

// Merge folds rows src into rows dst; the calls must be mergeable.
func (f *Fold) Merge(dst, src []unsafe.Pointer) error {
	for i := range f.calls {
		c := &f.calls[i]
		f.results = offset(dst, nil, c.off, f.results)
		f.ptrs = offset(src, nil, c.off, f.ptrs)
		if err := c.acc.Merge(&f.env, f.results, f.ptrs); err != nil {
			return err
		}
	}
	return nil
}

// Release frees the heap references of rows that lie outside a table.
func (f *Fold) Release(row unsafe.Pointer) {
	for _, off := range f.refs {
		p := (*fn.Ref)(unsafe.Add(row, off))
		if *p != 0 {
			f.env.Heap.Free(*p)
			*p = 0
		}
	}
}

// offset gives pointers off bytes into rows, those at pos if it is not nil.
func offset(rows []unsafe.Pointer, pos []int32, off uintptr, out []unsafe.Pointer) []unsafe.Pointer {
	n := len(rows)
	if pos != nil {
		n = len(pos)
	}
	if cap(out) < n {
		out = make([]unsafe.Pointer, n, n+n/4)
	}
	out = out[:n]
	if pos != nil {
		for i, p := range pos {
			out[i] = unsafe.Add(rows[p], off)
		}
		return out
	}
	for i, p := range rows[:n] {
		out[i] = unsafe.Add(p, off)
	}
	return out
}

func (f *Fold) tableName(kind string, i int) string {
	if i == 0 {
		return f.spec.Name + " " + kind
	}
	return fmt.Sprintf("%s %s %d", f.spec.Name, kind, i+1)
}
