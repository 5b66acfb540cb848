package flow

import (
	"unsafe"

	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/vec"
)

// accOf gives the accumulator of a call that a schema tells of.
func accOf(aggs *fn.AggTable, c *state.FieldCall) (fn.Acc, error) {
	a := aggs.Lookup(c.Name)
	if a == nil || a.New == nil {
		return nil, sqlerr.New(sqlerr.Name, sqlerr.Pos{}, "there is no aggregate function %s any more", c.Name)
	}
	args := make([]fn.Arg, len(c.Args))
	for i, t := range c.Args {
		args[i].Type = t
	}
	return a.New(&fn.AggCall{Args: args, Ret: c.Ret, Retract: c.Retract})
}

// savedHeap is a heap of saved accumulators under fn's names.
type savedHeap struct{ h *state.Heap }

func (h savedHeap) Put(old fn.Ref, b []byte) fn.Ref { return fn.Ref(h.h.Put(uint64(old), b)) }
func (h savedHeap) Grow(old fn.Ref, n int) fn.Ref   { return fn.Ref(h.h.Grow(uint64(old), n)) }
func (h savedHeap) Get(r fn.Ref) []byte             { return h.h.Get(uint64(r)) }
func (h savedHeap) Free(r fn.Ref)                   { h.h.Free(uint64(r)) }

// ResultOf gives what shows the accumulators of a call.
func ResultOf(aggs *fn.AggTable, c *state.FieldCall, f *fn.Ctx) (state.Result, error) {
	acc, err := accOf(aggs, c)
	if err != nil {
		return nil, err
	}
	return func(heap *state.Heap, accs []unsafe.Pointer, out *vec.Vector) error {
		return acc.Result(&fn.Env{Heap: savedHeap{heap}, Ctx: f}, accs, out)
	}, nil
}
