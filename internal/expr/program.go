package expr

import (
	"errors"

	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// Program evaluates a list of expressions over batches. It is a straight line
// of steps; each computes one sub-expression densely for all counting rows of
// the batch, and equal sub-expressions share a step. What must not be evaluated
// for every row (branches of CASE, later operands of AND and OR that can fail
// or are dear) is a Program of its own that runs over a narrower selection.
//
// A Program belongs to one task: it reuses its buffers.
type Program struct {
	steps []step
	outs  []int         // the step of each expression
	vecs  []*vec.Vector // what each step gave for this batch
	res   []*vec.Vector
	ctx   fn.Ctx
	live  vec.Bitmap
}

// step computes one sub-expression for n rows.
type step interface {
	run(p *Program, b *vec.Batch, n int) (*vec.Vector, error)
}

// Compile prepares the expressions for batches whose columns have the types in.
// zone is the session's time zone, nil for UTC. The expressions must be free of correlated
// columns.
func Compile(exprs []Expr, in []types.Type, zone *types.Zone) (*Program, error) {
	if zone == nil {
		zone = types.UTC
	}
	c := &compiler{p: &Program{}, in: in, zone: zone, seen: map[string]int{}}
	for _, e := range exprs {
		i, err := c.add(e)
		if err != nil {
			return nil, err
		}
		c.p.outs = append(c.p.outs, i)
	}
	c.p.vecs = make([]*vec.Vector, len(c.p.steps))
	c.p.res = make([]*vec.Vector, len(exprs))
	return c.p, nil
}

// Eval computes the expressions for the counting rows of b. The vectors are
// dense, of b.Len() rows, and valid until the next Eval; plain columns of a
// batch without a selection are given through. Vectors may be Const. Errors are
// user errors that name the value and the expression.
func (p *Program) Eval(c *fn.Ctx, b *vec.Batch) ([]*vec.Vector, error) {
	n := b.Len()
	p.ctx = *c
	for i, s := range p.steps {
		v, err := s.run(p, b, n)
		if err != nil {
			return nil, err
		}
		p.vecs[i] = v
	}
	for i, o := range p.outs {
		p.res[i] = p.vecs[o]
	}
	return p.res, nil
}

// compiler turns expressions into steps.
type compiler struct {
	p    *Program
	in   []types.Type
	zone *types.Zone
	seen map[string]int
}

// add gives the step that computes e, a new one if no equal one exists.
func (c *compiler) add(e Expr) (int, error) {
	volatile := IsVolatile(e)
	key := ""
	if !volatile {
		key = Key(e)
		if i, ok := c.seen[key]; ok {
			return i, nil
		}
	}
	s, err := c.step(e)
	if err != nil {
		return 0, err
	}
	c.p.steps = append(c.p.steps, s)
	i := len(c.p.steps) - 1
	if !volatile {
		c.seen[key] = i
	}
	return i, nil
}

func (c *compiler) step(e Expr) (step, error) {
	switch e := e.(type) {
	case *Col:
		if e.Depth != 0 || e.Index < 0 || e.Index >= len(c.in) {
			return nil, sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "column %s of an enclosing query cannot be evaluated here", e)
		}
		return &colStep{index: e.Index, buf: &vec.Vector{Type: c.in[e.Index]}}, nil
	case *Lit:
		return &litStep{v: vec.Literal(e.T, e.Value, 1)}, nil
	case *Call:
		return c.callStep(e)
	case *Cast:
		return c.castStep(e)
	case *Logic:
		return c.logicStep(e)
	case *Case:
		return c.caseStep(e)
	case *In:
		return c.inStep(e)
	}
	return nil, sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "expression %s cannot be evaluated here", e)
}

// sub compiles e to run over other rows than the current scope's.
func (c *compiler) sub(e Expr) (*subProgram, error) {
	p, err := Compile([]Expr{e}, c.in, c.zone)
	return &subProgram{p: p}, err
}

// subProgram runs over some of the rows of its parent's batch.
type subProgram struct {
	p     *Program
	batch vec.Batch
	sel   []int32
}

// run evaluates the rows at the given positions among the counting rows of b;
// nil positions mean all of them.
func (s *subProgram) run(c *fn.Ctx, b *vec.Batch, at []int32) (*vec.Vector, error) {
	if at == nil {
		v, err := s.p.Eval(c, b)
		if err != nil {
			return nil, err
		}
		return v[0], nil
	}
	sel := at
	if b.Sel != nil {
		s.sel = s.sel[:0]
		for _, i := range at {
			s.sel = append(s.sel, b.Sel[i])
		}
		sel = s.sel
	}
	s.batch = vec.Batch{Cols: b.Cols, Sel: sel, N: b.N}
	v, err := s.p.Eval(c, &s.batch)
	if err != nil {
		return nil, err
	}
	return v[0], nil
}

// colStep gives a column: as it is, or its selected rows gathered.
type colStep struct {
	index int
	buf   *vec.Vector
	one   vec.Vector
}

func (s *colStep) run(_ *Program, b *vec.Batch, n int) (*vec.Vector, error) {
	v := b.Cols[s.index]
	switch {
	case b.Sel == nil:
		return v, nil
	case v.Const:
		s.one = *v
		s.one.N = n
		return &s.one, nil
	}
	return v.Gather(s.buf, b.Sel), nil
}

type litStep struct{ v *vec.Vector }

func (s *litStep) run(_ *Program, _ *vec.Batch, n int) (*vec.Vector, error) {
	s.v.N = n
	return s.v, nil
}

// callStep runs a kernel, and keeps the null rule of strict functions.
type callStep struct {
	e        Expr
	kernel   fn.Kernel
	args     []int
	argv     []*vec.Vector
	ones     []vec.Vector // one-row heads of constant arguments
	out      *vec.Vector
	strict   bool
	volatile bool
}

func (c *compiler) callStep(e *Call) (step, error) {
	if e.Fn.Name == "FIELD" {
		return c.fieldStep(e)
	}
	if e.Fn.Higher != nil {
		return c.higherStep(e)
	}
	s := &callStep{e: e, kernel: e.Fn.Kernel, strict: e.Fn.Nulls == fn.Strict,
		volatile: e.Fn.Volatility == fn.Volatile, out: &vec.Vector{Type: e.T.WithAttr(types.NoAttr)}}
	call := fn.Call{Ret: e.T, Zone: c.zone}
	for _, a := range e.Args {
		i, err := c.add(a)
		if err != nil {
			return nil, err
		}
		s.args = append(s.args, i)
		arg := fn.Arg{Type: a.Type()}
		if l, ok := a.(*Lit); ok {
			arg.Lit, arg.Value = true, l.Value
		}
		if f, ok := a.(*Call); ok {
			arg.Fn = f.Fn.Name
		}
		call.Args = append(call.Args, arg)
	}
	if e.Fn.Bind != nil {
		k, err := e.Fn.Bind(&call)
		if err != nil {
			return nil, err
		}
		s.kernel = k
	}
	s.argv = make([]*vec.Vector, len(s.args))
	s.ones = make([]vec.Vector, len(s.args))
	return s, nil
}

func (c *compiler) castStep(e *Cast) (step, error) {
	from := e.X.Type()
	x, err := c.add(e.X)
	if err != nil {
		return nil, err
	}
	if fn.CastIsNoop(from, e.T) {
		return &renameStep{x: x, t: e.T}, nil
	}
	k, err := fn.CastKernel(from, e.T, e.Try, c.zone)
	if err != nil {
		return nil, err
	}
	return &callStep{e: e, kernel: k, args: []int{x}, argv: make([]*vec.Vector, 1), ones: make([]vec.Vector, 1),
		out: &vec.Vector{Type: e.T.WithAttr(types.NoAttr)}, strict: true}, nil
}

// fieldStep gives the child vector of a row without copying it; where the row is
// null, so is the field.
type fieldStep struct {
	x, field int
	head     vec.Vector
	valid    vec.Bitmap
}

func (c *compiler) fieldStep(e *Call) (step, error) {
	x, err := c.add(e.Args[0])
	if err != nil {
		return nil, err
	}
	name := fn.Arg{Type: e.Args[1].Type()}
	if l, ok := e.Args[1].(*Lit); ok {
		name.Lit, name.Value = true, l.Value
	}
	i := fn.FieldIndex(e.Args[0].Type(), name)
	if i < 0 {
		return nil, sqlerr.New(sqlerr.Name, sqlerr.Pos{}, "%s: the row has no such field", e)
	}
	return &fieldStep{x: x, field: i}, nil
}

func (s *fieldStep) run(p *Program, _ *vec.Batch, n int) (*vec.Vector, error) {
	row := p.vecs[s.x]
	s.head = *row.Kids[s.field]
	if row.Const {
		s.head.Const, s.head.N = true, n
	}
	if row.MayHaveNulls() {
		s.valid = append(s.valid[:0], row.Valid...)
		for i := range min(len(s.valid), len(s.head.Valid)) {
			s.valid[i] &= s.head.Valid[i]
		}
		s.head.Valid = s.valid
	}
	return &s.head, nil
}

func (s *callStep) run(p *Program, _ *vec.Batch, n int) (*vec.Vector, error) {
	constant := !s.volatile
	for i, a := range s.args {
		v := p.vecs[a]
		s.argv[i] = v
		constant = constant && v.Const
		if s.strict && v.Const && v.IsNull(0) {
			return constNull(s.out, n), nil
		}
	}
	m := n
	if constant && n > 0 {
		m = 1
		for i, v := range s.argv {
			s.ones[i] = *v
			s.ones[i].N = 1
			s.argv[i] = &s.ones[i]
		}
	}
	if m == 0 {
		s.out.Resize(0)
		return s.out, nil
	}
	p.ctx.N, p.ctx.Live = m, nil
	if s.strict {
		p.ctx.Live = p.liveRows(s.argv, m)
	}
	if err := s.kernel(&p.ctx, s.argv, s.out); err != nil {
		return nil, inExpr(err, s.e)
	}
	if s.strict {
		for _, v := range s.argv {
			s.out.AndValid(v)
		}
	}
	if constant {
		s.out.Const, s.out.N = true, n
	}
	return s.out, nil
}

// constNull makes out n nulls.
func constNull(out *vec.Vector, n int) *vec.Vector {
	out.Resize(1)
	out.SetAllNull()
	out.Const, out.N = true, n
	return out
}

// liveRows gives the rows where no argument is null, nil if that is all.
func (p *Program) liveRows(args []*vec.Vector, n int) vec.Bitmap {
	var live vec.Bitmap
	for _, a := range args {
		if !a.MayHaveNulls() || a.Const {
			continue
		}
		if live == nil {
			w := (n + 63) / 64
			if cap(p.live) < w {
				p.live = make(vec.Bitmap, w, w+w/2)
			}
			p.live = p.live[:w]
			copy(p.live, a.Valid)
			live = p.live
			continue
		}
		for i := range live {
			live[i] &= a.Valid[i]
		}
	}
	return live
}

// inExpr adds the expression to a kernel's error.
func inExpr(err error, e Expr) error {
	var se *sqlerr.Error
	if !errors.As(err, &se) {
		return sqlerr.New(sqlerr.Data, sqlerr.Pos{}, "%v, in %s", err, e)
	}
	c := *se
	c.Msg += ", in " + e.String()
	return &c
}
