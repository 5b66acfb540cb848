package over

import (
	"unsafe"

	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/vec"
)

// folded is an aggregate over frames: one accumulator takes rows in as the frame
// grows and gives them back as it slides. Where the aggregate cannot give rows
// back, each frame is folded anew.
type folded struct {
	call   Call
	env    *fn.Env
	acc    fn.Acc
	slides bool

	mem      []uint64
	ptrs     []unsafe.Pointer
	args     []*vec.Vector
	signs    []int8
	sel      []int32
	result   *vec.Vector
	seen     map[string]int // DISTINCT: values in the frame
	key      []byte
	from, to int32 // the rows that are folded
}

func newFolded(s *spec, c Call, env *fn.Env) (window, error) {
	f := &folded{call: c, env: env, result: vec.New(c.Type, 0)}
	call := fn.AggCall{Ret: c.Type, Retract: !s.frame.From.Unbounded}
	for _, a := range c.Args {
		call.Args = append(call.Args, fn.Arg{Type: s.in[a]})
		f.args = append(f.args, vec.New(s.in[a], 0))
	}
	var err error
	if f.acc, err = c.Agg.New(&call); err == nil {
		_, view := f.acc.(fn.Extreme)
		f.slides = call.Retract && !view
	}
	if !f.slides {
		call.Retract = false
		if f.acc, err = c.Agg.New(&call); err != nil {
			return nil, err
		}
	}
	f.mem = make([]uint64, (f.acc.Size()+7)/8+1)
	if c.Distinct {
		f.seen = map[string]int{}
	}
	return f, nil
}

// reset empties the accumulator.
func (f *folded) reset(at int32) {
	if r, ok := f.acc.(fn.Referrer); ok {
		for _, off := range r.Refs() {
			f.env.Heap.Free(fn.Ref(f.mem[off/8]))
		}
	}
	clear(f.mem)
	clear(f.seen)
	f.from, f.to = at, at
}

func (f *folded) eval(p *part, out *vec.Vector) error {
	f.reset(int32(p.from))
	n := p.len()
	for i := 0; i < n; {
		lo, hi := p.lo[i], p.hi[i]
		k := i + 1
		for k < n && p.lo[k] == lo && p.hi[k] == hi {
			k++
		}
		if err := f.slide(p, lo, hi); err != nil {
			return err
		}
		f.result.Resize(0)
		f.ptrs = f.pointers(1)
		if err := f.acc.Result(f.env, f.ptrs, f.result); err != nil {
			return err
		}
		out.AppendRepeat(f.result, 0, k-i)
		i = k
	}
	return nil
}

// slide makes lo to hi-1 the folded rows.
func (f *folded) slide(p *part, lo, hi int32) error {
	if lo > f.from {
		if !f.slides || lo >= f.to {
			f.reset(lo)
			f.to = lo
		} else if err := f.fold(p, f.from, lo, -1); err != nil {
			return err
		}
		f.from = lo
	}
	if hi > f.to {
		from := f.to
		f.to = hi
		return f.fold(p, from, hi, 1)
	}
	return nil
}

// foldRows is how many rows are folded at a time.
const foldRows = 4096

// fold adds rows or takes them back.
func (f *folded) fold(p *part, from, to int32, sign int8) error {
	for ; to-from > foldRows; from += foldRows {
		if err := f.foldSome(p, from, from+foldRows, sign); err != nil {
			return err
		}
	}
	return f.foldSome(p, from, to, sign)
}

func (f *folded) foldSome(p *part, from, to int32, sign int8) error {
	f.sel = f.sel[:0]
	for r := from; r < to; r++ {
		if counts(p, f.call.Filter, int(r)) && (f.seen == nil || f.changes(p, int(r), int(sign))) {
			f.sel = append(f.sel, r)
		}
	}
	n := len(f.sel)
	if n == 0 {
		return nil
	}
	for i, a := range f.call.Args {
		f.args[i].Resize(0)
		f.args[i].AppendSel(p.cols[a], f.sel)
	}
	var signs []int8
	if f.slides {
		f.signs = sized(f.signs, n)
		signs = f.signs
		for i := range signs {
			signs[i] = sign
		}
	}
	f.ptrs = f.pointers(n)
	return f.acc.Update(f.env, f.ptrs, f.args, signs)
}

// pointers gives the accumulator n times.
func (f *folded) pointers(n int) []unsafe.Pointer {
	for len(f.ptrs) < n {
		f.ptrs = append(f.ptrs, unsafe.Pointer(unsafe.SliceData(f.mem)))
	}
	return f.ptrs[:n]
}

// changes counts a row's values and reports whether the set of distinct values
// is another for it.
func (f *folded) changes(p *part, r, sign int) bool {
	f.key = f.key[:0]
	for _, a := range f.call.Args {
		f.key = vec.AppendCanonical(f.key, p.cols[a], r)
	}
	n := f.seen[string(f.key)] + sign
	if n == 0 {
		delete(f.seen, string(f.key))
		return true
	}
	f.seen[string(f.key)] = n
	return n == 1 && sign > 0
}
