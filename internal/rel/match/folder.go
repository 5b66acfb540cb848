package match

import (
	"unsafe"

	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// folder computes an aggregate over rows that it is given.
type folder struct {
	call plan.AggCall
	acc  fn.Acc
	env  *fn.Env
	refs []int // heap references in the accumulator

	mem  []uint64
	args []*vec.Vector
	sel  []int32
	ptrs []unsafe.Pointer
	seen map[string]bool // DISTINCT
	key  []byte
}

func newFolder(c plan.AggCall, in []types.Type, env *fn.Env) (*folder, error) {
	f := &folder{call: c, env: env}
	call := fn.AggCall{Ret: c.Type}
	for _, a := range c.Args {
		call.Args = append(call.Args, fn.Arg{Type: in[a]})
		f.args = append(f.args, vec.New(in[a], 0))
	}
	var err error
	if f.acc, err = c.Agg.New(&call); err != nil {
		return nil, err
	}
	if r, ok := f.acc.(fn.Referrer); ok {
		f.refs = r.Refs()
	}
	f.mem = make([]uint64, max(f.words(), 1))
	if c.Distinct {
		f.seen = map[string]bool{}
	}
	return f, nil
}

// words is the size of the accumulator.
func (f *folder) words() int { return f.acc.Size() / 8 }

// flat reports whether an accumulator is mere words that may be copied.
func (f *folder) flat() bool { return len(f.refs) == 0 && f.seen == nil }

// reset empties the folder's own accumulator.
func (f *folder) reset() {
	for _, off := range f.refs {
		f.env.Heap.Free(fn.Ref(f.mem[off/8]))
	}
	clear(f.mem)
	clear(f.seen)
}

// add folds rows of data into the accumulator at p.
func (f *folder) add(p unsafe.Pointer, data *vec.Batch, rows []int32) error {
	f.sel = f.sel[:0]
	for _, r := range rows {
		if f.counts(data, int(r)) {
			f.sel = append(f.sel, r)
		}
	}
	if len(f.sel) == 0 {
		return nil
	}
	for i, a := range f.call.Args {
		f.args[i].Resize(0)
		f.args[i].AppendSel(data.Cols[a], f.sel)
	}
	f.ptrs = f.ptrs[:0]
	for range f.sel {
		f.ptrs = append(f.ptrs, p)
	}
	return f.acc.Update(f.env, f.ptrs, f.args, nil)
}

// counts applies FILTER and DISTINCT.
func (f *folder) counts(data *vec.Batch, r int) bool {
	if c := f.call.Filter; c >= 0 {
		if v := data.Cols[c]; v.IsNull(r) || !v.B[v.Idx(r)] {
			return false
		}
	}
	if f.seen == nil {
		return true
	}
	f.key = f.key[:0]
	for _, a := range f.call.Args {
		f.key = vec.AppendCanonical(f.key, data.Cols[a], r)
	}
	if f.seen[string(f.key)] {
		return false
	}
	f.seen[string(f.key)] = true
	return true
}

// result appends the result of the accumulator at p to out.
func (f *folder) result(p unsafe.Pointer, out *vec.Vector) error {
	f.ptrs = append(f.ptrs[:0], p)
	return f.acc.Result(f.env, f.ptrs, out)
}

// own is the folder's own accumulator.
func (f *folder) own() unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(f.mem)) }

// scratch is the heap of a table under fn's names.
type scratch struct{ h *state.Heap }

func (s scratch) Put(old fn.Ref, b []byte) fn.Ref { return fn.Ref(s.h.Put(uint64(old), b)) }
func (s scratch) Grow(old fn.Ref, n int) fn.Ref   { return fn.Ref(s.h.Grow(uint64(old), n)) }
func (s scratch) Get(r fn.Ref) []byte             { return s.h.Get(uint64(r)) }
func (s scratch) Free(r fn.Ref)                   { s.h.Free(uint64(r)) }
