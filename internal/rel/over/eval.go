package over

import (
	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// spec is what the operators need to know of the node.
type spec struct {
	in        []types.Type
	partition []int
	order     []plan.SortKey
	frame     Frame
	calls     []Call
	retract   bool // the input takes rows back
	before    bool // -U rows are wanted
	ttlMs     int64
}

// outTypes gives the types of the rows that are emitted.
func (s *spec) outTypes() []types.Type {
	out := s.in[:len(s.in):len(s.in)]
	for _, c := range s.calls {
		out = append(out, c.Type)
	}
	return out
}

// evaluator computes the calls over whole partitions that lie in columns.
type evaluator struct {
	framer framer
	calls  []window
	need   []int // ordinals that the calls and the frames look at
	part   part
}

// window is a call over a partition: it appends a result for each of its rows.
type window interface {
	eval(p *part, out *vec.Vector) error
}

// rankings are the calls that peers decide.
var rankings = map[string]func(p *part, out []int64){"ROW_NUMBER": rowNumbers, "RANK": ranks, "DENSE_RANK": denseRanks}

func newEvaluator(s *spec, c *op.Context) (*evaluator, error) {
	e := &evaluator{}
	rank := false
	seen := map[int]bool{}
	need := func(col int) {
		if col >= 0 && !seen[col] {
			seen[col] = true
			e.need = append(e.need, col)
		}
	}
	for _, k := range s.order {
		need(k.Col)
	}
	env := &fn.Env{Ctx: c.Fn, Heap: scratch{c.State.Table(state.TableSpec{Name: "frames", Fixed: 8}).Heap()}}
	for _, call := range s.calls {
		need(call.Filter)
		for _, a := range call.Args {
			need(a)
		}
		rank = rank || call.Agg.WindowOnly
		w, err := newWindow(s, call, env)
		if err != nil {
			return nil, err
		}
		e.calls = append(e.calls, w)
	}
	e.framer = newFramer(s.in, s.order, s.frame, rank)
	return e, nil
}

func newWindow(s *spec, c Call, env *fn.Env) (window, error) {
	switch name := c.Agg.Name; name {
	case "ROW_NUMBER", "RANK", "DENSE_RANK":
		return ranking{rankings[name]}, nil
	case "NTILE":
		return ntile{c.Args[0]}, nil
	case "CUME_DIST", "PERCENT_RANK":
		return ratio{name == "PERCENT_RANK"}, nil
	case "LAG", "LEAD":
		for i, a := range c.Args {
			if i != 1 && s.in[a].Phys() != c.Type.Phys() {
				return nil, sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "%s with a default of another type is not supported", name).
					WithHint("cast the default to %s", s.in[c.Args[0]].AsNullable())
			}
		}
		return &shift{call: c, back: name == "LAG"}, nil
	case "FIRST_VALUE", "LAST_VALUE":
		return &edge{call: c, last: name == "LAST_VALUE"}, nil
	case "MIN", "MAX":
		if !s.in[c.Args[0]].IsNested() {
			return &extreme{call: c, greatest: name == "MAX"}, nil
		}
	}
	return newFolded(s, c, env)
}

// eval appends the results of the partition's rows from to to-1 of cols.
func (e *evaluator) eval(cols []*vec.Vector, from, to int, out []*vec.Vector) error {
	p := &e.part
	p.cols, p.from, p.to = cols, from, to
	e.framer.find(p)
	for i, w := range e.calls {
		if err := w.eval(p, out[i]); err != nil {
			return err
		}
	}
	return nil
}

// scratch is the heap of a table under fn's names.
type scratch struct{ h *state.Heap }

func (s scratch) Put(old fn.Ref, b []byte) fn.Ref { return fn.Ref(s.h.Put(uint64(old), b)) }
func (s scratch) Grow(old fn.Ref, n int) fn.Ref   { return fn.Ref(s.h.Grow(uint64(old), n)) }
func (s scratch) Get(r fn.Ref) []byte             { return s.h.Get(uint64(r)) }
func (s scratch) Free(r fn.Ref)                   { s.h.Free(uint64(r)) }
