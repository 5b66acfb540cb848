package match

import (
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// output collects, for each row that is to be emitted, where the values that the
// measures read lie; flush computes the measures of all of them together.
type output struct {
	n      int
	cols   []measured
	prog   *expr.Program
	ctx    *fn.Ctx
	frame  *vec.Batch
	all    bool // ALL ROWS PER MATCH
	empty  bool
	others bool // WITH UNMATCHED ROWS
	names  *vec.Vector
	batch  *vec.Batch
	rows   []int32
	chain  []int32
}

// measured is a value of the output rows so far: rows of the data, or values.
type measured struct {
	*Value
	at   []int32     // rows of data (Row, Nav), or variables (Classifier); -1 = null
	null bool        // there is a -1
	vals *vec.Vector // Aggregate, Number
	fold *folder
}

func (o *output) open(s *spec, in []types.Type, ctx *fn.Ctx, env *fn.Env) error {
	o.ctx, o.all, o.empty, o.others, o.names = ctx, s.allRows, s.empty, s.unmatched, namesOf(s.vars)
	ts := make([]types.Type, len(s.measured))
	for i := range s.measured {
		v := &s.measured[i]
		ts[i] = v.Type
		m := measured{Value: v}
		switch v.Kind {
		case Aggregate:
			f, err := newFolder(v.Call, in, env)
			if err != nil {
				return err
			}
			m.fold, m.vals = f, vec.New(v.Type, 0)
		case Number:
			m.vals = vec.New(v.Type, 0)
		}
		o.cols = append(o.cols, m)
	}
	o.frame, o.batch = vec.NewBatch(ts), &vec.Batch{Cols: make([]*vec.Vector, len(s.out))}
	var err error
	o.prog, err = expr.Compile(s.out, ts, s.zone)
	return err
}

// match notes the rows of the match that the engine has found.
func (o *output) match(e *engine) error {
	from, end := e.p.start, e.best.end
	switch {
	case end == from:
		if o.all && !o.empty {
			return nil
		}
		return o.row(e, from, -1, from)
	case !o.all:
		return o.row(e, end-1, e.best.tail, end)
	}
	for i := range o.cols {
		c := &o.cols[i]
		if c.fold == nil {
			continue
		}
		c.fold.reset()
		if c.Final {
			o.rows = e.mapped(o.rows[:0], c.Vars, e.best.tail, end)
			if err := c.fold.add(c.fold.own(), e.data, o.rows); err != nil {
				return err
			}
		}
	}
	e.link(e.best.tail)
	chain := append(o.chain[:0], e.chain...)
	o.chain = chain
	for i, id := range chain {
		hi := end
		if i+1 < len(chain) {
			hi = int(e.runs[chain[i+1]].from)
		}
		for pos := int(e.runs[id].from); pos < hi; pos++ {
			if err := o.running(e, pos, id); err != nil {
				return err
			}
		}
	}
	return nil
}

// running notes a row of ALL ROWS PER MATCH: what is not FINAL sees the rows up
// to it.
func (o *output) running(e *engine, pos int, tail int32) error {
	l := e.runs[tail].l
	for i := range o.cols {
		c := &o.cols[i]
		if c.fold == nil || c.Final || !c.Vars.Has(l.variable()) {
			continue
		}
		o.rows = append(o.rows[:0], e.row(pos))
		if err := c.fold.add(c.fold.own(), e.data, o.rows); err != nil {
			return err
		}
	}
	if l.excluded() {
		return nil
	}
	return o.row(e, pos, tail, pos+1)
}

// row notes an output row for the row at pos; the runs up to tail map the rows of
// the match before end. A negative tail is an empty match.
func (o *output) row(e *engine, pos int, tail int32, end int) error {
	for i := range o.cols {
		c := &o.cols[i]
		t, to := tail, end
		if c.Final && tail >= 0 {
			t, to = e.best.tail, e.best.end
		}
		switch c.Kind {
		case Row:
			c.put(e.row(pos))
		case Nav, Classifier:
			c.put(o.navigate(e, c, t, to))
		case Number:
			c.vals.AppendValue(e.p.number)
		case Aggregate:
			if err := o.aggregate(e, c, t, to); err != nil {
				return err
			}
		}
	}
	o.n++
	return nil
}

func (o *output) navigate(e *engine, c *measured, tail int32, end int) int32 {
	pos := e.locate(c.Value, tail, end, -1)
	switch {
	case pos < 0 || tail < 0:
		return -1
	case c.Kind == Classifier:
		return int32(e.variableAt(pos, tail).variable())
	}
	return e.row(pos + c.Shift)
}

func (o *output) aggregate(e *engine, c *measured, tail int32, end int) error {
	if !o.all || tail < 0 {
		c.fold.reset()
		o.rows = o.rows[:0]
		if tail >= 0 {
			o.rows = e.mapped(o.rows, c.Vars, tail, end)
		}
		if err := c.fold.add(c.fold.own(), e.data, o.rows); err != nil {
			return err
		}
	}
	return c.fold.result(c.fold.own(), c.vals)
}

// unmatched notes the row that no match has.
func (o *output) unmatched(e *engine) {
	if !o.others {
		return
	}
	for i := range o.cols {
		c := &o.cols[i]
		switch c.Kind {
		case Row:
			c.put(e.row(e.p.start))
		case Nav, Classifier:
			c.put(-1)
		default:
			c.vals.AppendNulls(1)
		}
	}
	o.n++
}

func (m *measured) put(row int32) {
	m.at = append(m.at, row)
	m.null = m.null || row < 0
}

// flush computes the measures; the batch is valid until the next flush.
func (o *output) flush(data *vec.Batch) (*vec.Batch, error) {
	for i := range o.cols {
		c := &o.cols[i]
		to := o.frame.Cols[i]
		if c.vals != nil {
			o.frame.Cols[i] = c.vals
			continue
		}
		to.Resize(0)
		from := o.names
		if c.Kind != Classifier {
			from = data.Cols[c.Col]
		}
		if !c.null {
			to.AppendSel(from, c.at)
			continue
		}
		for _, r := range c.at {
			if r < 0 {
				to.AppendNulls(1)
			} else {
				to.Append(from, int(r))
			}
		}
	}
	o.frame.N = o.n
	vs, err := o.prog.Eval(o.ctx, o.frame)
	if err != nil {
		return nil, err
	}
	o.batch.N = o.n
	for i, v := range vs {
		o.batch.Cols[i] = v.Flat()
	}
	return o.batch, nil
}

// clear forgets the rows that were emitted.
func (o *output) clear() {
	o.n = 0
	for i := range o.cols {
		c := &o.cols[i]
		c.at, c.null = c.at[:0], false
		if c.vals != nil {
			c.vals.Resize(0)
		}
	}
}
