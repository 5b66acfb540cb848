package match

import (
	"unsafe"

	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// condition decides whether a row satisfies a variable, in the cheapest way that
// there is.
type condition struct {
	always bool
	col    int       // a BOOLEAN column of the input; -1 = none
	test   predicate // compiled, nil if the condition is not that simple
	prog   *expr.Program
	uses   []int // the values that prog reads
	frame  *vec.Batch
}

// running is an aggregate of DEFINE. What threads carry of it lies at an offset
// of their accumulators; aggregates that keep more than words are folded anew
// over the rows of the match each time.
type running struct {
	value  *Value
	fold   *folder
	at     int // -1: folded anew
	result *vec.Vector
}

// conditions evaluates DEFINE for a thread and a row.
type conditions struct {
	ctx    *fn.Ctx
	vars   []condition
	values []Value
	aggs   []running
	aggOf  []int // by value
	words  int   // of a thread's accumulators
	tmp    []uint64
	names  *vec.Vector // the variables' names
	number *vec.Vector

	row    int32 // the row that is tested
	at     int   // the thread
	v      int   // the variable
	stamp  uint32
	asked  []uint32 // by variable: stamp of its answer
	answer []bool
	rows   []int32

	// alone: no condition looks at how earlier rows are mapped, so that of
	// threads at one position only the most preferred counts.
	alone bool
	mark  uint32
	taken []uint32 // by position
}

func (c *conditions) open(s *spec, in []types.Type, positions int, ctx *fn.Ctx, env *fn.Env) error {
	c.ctx, c.values, c.alone = ctx, s.values, true
	c.asked, c.answer, c.taken = make([]uint32, len(s.vars)), make([]bool, len(s.vars)), make([]uint32, positions)
	c.names, c.number = namesOf(s.vars), vec.New(types.Of(types.BigInt), 1)
	c.aggOf = make([]int, len(c.values))
	ts := make([]types.Type, len(c.values))
	for i := range c.values {
		v := &c.values[i]
		ts[i] = v.Type
		if v.Kind != Aggregate {
			continue
		}
		f, err := newFolder(v.Call, in, env)
		if err != nil {
			return err
		}
		a := running{value: v, fold: f, at: -1, result: vec.New(v.Type, 0)}
		if f.flat() {
			a.at = c.words
			c.words += f.words()
		}
		c.aggOf[i] = len(c.aggs)
		c.aggs = append(c.aggs, a)
	}
	c.tmp = make([]uint64, max(c.words, 1))
	for _, v := range s.vars {
		d := condition{col: v.Col, always: v.Cond == nil && v.Col < 0}
		if v.Cond != nil {
			c.alone = false
			d.test = compilePredicate(v.Cond)
			d.uses = expr.ReferencedCols(v.Cond)
			if d.test == nil {
				p, err := expr.Compile([]expr.Expr{v.Cond}, ts, s.zone)
				if err != nil {
					return err
				}
				d.prog, d.frame = p, vec.NewBatch(ts)
				d.frame.N = 1
			}
		}
		c.vars = append(c.vars, d)
	}
	return nil
}

func namesOf(vars []Var) *vec.Vector {
	v := vec.New(types.String(), 0)
	for _, x := range vars {
		v.AppendValue(x.Name)
	}
	return v
}

// fresh appends the accumulators of a thread that has no rows.
func (c *conditions) fresh(to []uint64) []uint64 {
	for range c.words {
		to = append(to, 0)
	}
	return to
}

// newRow forgets what was taken at the row before.
func (c *conditions) newRow() { c.mark++ }

// thread turns to another thread.
func (c *conditions) thread(i int) {
	c.at = i
	c.stamp++
}

// repeated reports whether a more preferred thread, which will fare the same, is
// at the position already.
func (c *conditions) repeated(pos int32) bool {
	if !c.alone {
		return false
	}
	if c.taken[pos] == c.mark {
		return true
	}
	c.taken[pos] = c.mark
	return false
}

// holds reports whether the row satisfies v as the next row of the thread.
func (c *conditions) holds(e *engine, v int) (bool, error) {
	d := &c.vars[v]
	if d.always {
		return true, nil
	}
	if d.col >= 0 {
		b := e.data.Cols[d.col]
		return !b.IsNull(int(c.row)) && b.B[c.row], nil
	}
	if c.asked[v] == c.stamp {
		return c.answer[v], nil
	}
	c.v = v
	var ok bool
	var err error
	if d.test != nil {
		var t truth
		t, err = d.test(e)
		ok = t == yes
	} else {
		ok, err = c.run(e, d)
	}
	c.asked[v], c.answer[v] = c.stamp, ok
	return ok, err
}

// run evaluates the condition as a batch of one row.
func (c *conditions) run(e *engine, d *condition) (bool, error) {
	for _, i := range d.uses {
		col := d.frame.Cols[i]
		col.Resize(0)
		v, r, err := c.value(e, i)
		switch {
		case err != nil:
			return false, err
		case r < 0:
			col.AppendNulls(1)
		default:
			col.Append(v, r)
		}
	}
	out, err := d.prog.Eval(c.ctx, d.frame)
	if err != nil {
		return false, err
	}
	return !out[0].IsNull(0) && out[0].B[out[0].Idx(0)], nil
}

// value gives the vector and the row that hold a value; a negative row is null.
func (c *conditions) value(e *engine, i int) (*vec.Vector, int, error) {
	v := &c.values[i]
	switch v.Kind {
	case Row:
		return e.data.Cols[v.Col], int(c.row), nil
	case Aggregate:
		return c.aggregate(e, &c.aggs[c.aggOf[i]])
	case Number:
		c.number.I64[0] = e.p.number + 1
		return c.number, 0, nil
	}
	pos := e.locate(v, e.threads[c.at].tail, e.p.at, c.v)
	if pos < 0 {
		return c.names, -1, nil
	}
	if v.Kind == Classifier {
		if pos == e.p.at {
			return c.names, c.v, nil
		}
		return c.names, e.variableAt(pos, e.threads[c.at].tail).variable(), nil
	}
	return e.data.Cols[v.Col], int(e.row(pos + v.Shift)), nil
}

// aggregate computes an aggregate over the thread's rows and the row that is
// tested.
func (c *conditions) aggregate(e *engine, a *running) (*vec.Vector, int, error) {
	a.result.Resize(0)
	own := a.value.Vars.Has(c.v)
	p := a.fold.own()
	if a.at >= 0 {
		n := a.fold.words()
		copy(c.tmp[:n], e.accs[c.at*c.words+a.at:])
		p = unsafe.Pointer(unsafe.SliceData(c.tmp))
		c.rows = c.rows[:0]
	} else {
		a.fold.reset()
		c.rows = e.mapped(c.rows[:0], a.value.Vars, e.threads[c.at].tail, e.p.at)
	}
	if own {
		c.rows = append(c.rows, c.row)
	}
	if err := a.fold.add(p, e.data, c.rows); err != nil {
		return nil, 0, err
	}
	err := a.fold.result(p, a.result)
	return a.result, 0, err
}

// inherit appends the accumulators of a child of thread parent that maps the row
// to v.
func (c *conditions) inherit(e *engine, to []uint64, parent, v int) ([]uint64, error) {
	if c.words == 0 {
		return to, nil
	}
	base := len(to)
	to = append(to, e.accs[parent*c.words:(parent+1)*c.words]...)
	for i := range c.aggs {
		if a := &c.aggs[i]; a.at >= 0 && a.value.Vars.Has(v) {
			c.rows = append(c.rows[:0], c.row)
			if err := a.fold.add(unsafe.Pointer(&to[base+a.at]), e.data, c.rows); err != nil {
				return to, err
			}
		}
	}
	return to, nil
}

// mapped appends the rows before end that are mapped to vars, in order.
func (e *engine) mapped(rows []int32, vars Set, tail int32, end int) []int32 {
	e.link(tail)
	for i, id := range e.chain {
		r := &e.runs[id]
		if !vars.Has(r.l.variable()) {
			continue
		}
		hi := end
		if i+1 < len(e.chain) {
			hi = int(e.runs[e.chain[i+1]].from)
		}
		for pos := int(r.from); pos < hi; pos++ {
			rows = append(rows, e.row(pos))
		}
	}
	return rows
}
