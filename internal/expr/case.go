package expr

import (
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// caseStep is CASE. Rows go down the list of conditions; each branch's result
// is computed for the rows that chose it, unless it is cheap and safe enough to
// be computed for all, and scattered into the output.
type caseStep struct {
	whens []caseWhen
	els   *operand
	out   *vec.Vector
	rest  []int32
	hit   []int32
	from  []branchRow // nested results: where each row comes from
	srcs  []*vec.Vector
}

type caseWhen struct{ cond, then operand }

// operand is computed densely by a step (sub nil) or by a program over chosen rows.
type operand struct {
	step int
	sub  *subProgram
}

// branchRow names row i of branch b.
type branchRow struct{ b, i int32 }

func (c *compiler) caseStep(e *Case) (step, error) {
	s := &caseStep{out: &vec.Vector{Type: e.T.WithAttr(types.NoAttr)}}
	for i, w := range e.Whens {
		cond, err := c.operand(w.Cond, i == 0)
		if err != nil {
			return nil, err
		}
		then, err := c.operand(w.Then, false)
		if err != nil {
			return nil, err
		}
		s.whens = append(s.whens, caseWhen{cond, then})
	}
	if e.Else != nil {
		els, err := c.operand(e.Else, false)
		if err != nil {
			return nil, err
		}
		s.els = &els
	}
	return s, nil
}

func (c *compiler) operand(e Expr, always bool) (operand, error) {
	if always || eager(e) {
		i, err := c.add(e)
		return operand{step: i}, err
	}
	sub, err := c.sub(e)
	return operand{sub: sub}, err
}

// eval gives the operand for the rows at; dense says that row at[i] is at at[i]
// in the vector and not at i.
func (o *operand) eval(p *Program, b *vec.Batch, at []int32, n int) (v *vec.Vector, dense bool, err error) {
	if o.sub == nil {
		return p.vecs[o.step], true, nil
	}
	if len(at) == n {
		v, err = o.sub.run(&p.ctx, b, nil)
		return v, true, err
	}
	v, err = o.sub.run(&p.ctx, b, at)
	return v, false, err
}

func (s *caseStep) run(p *Program, b *vec.Batch, n int) (*vec.Vector, error) {
	s.start(n)
	rest := s.rest
	for i := range s.whens {
		if len(rest) == 0 {
			break
		}
		w := &s.whens[i]
		cond, dense, err := w.cond.eval(p, b, rest, n)
		if err != nil {
			return nil, err
		}
		rest = s.part(cond, dense, rest)
		if len(s.hit) == 0 {
			continue
		}
		then, dense, err := w.then.eval(p, b, s.hit, n)
		if err != nil {
			return nil, err
		}
		s.put(then, dense, s.hit)
	}
	if len(rest) > 0 {
		if s.els == nil {
			s.putNulls(rest)
		} else {
			v, dense, err := s.els.eval(p, b, rest, n)
			if err != nil {
				return nil, err
			}
			s.put(v, dense, rest)
		}
	}
	s.finish()
	return s.out, nil
}

// start makes all rows undecided.
func (s *caseStep) start(n int) {
	if cap(s.rest) < n {
		s.rest = make([]int32, n, n+n/4)
		s.hit = make([]int32, 0, n+n/4)
	}
	s.rest = s.rest[:n]
	for i := range s.rest {
		s.rest[i] = int32(i)
	}
	s.out.Resize(n)
	if s.nested() {
		s.out.Resize(0)
		s.srcs = s.srcs[:0]
		if cap(s.from) < n {
			s.from = make([]branchRow, n, n+n/4)
		}
		s.from = s.from[:n]
	}
}

func (s *caseStep) nested() bool {
	ph := s.out.Type.Phys()
	return ph == types.PList || ph == types.PRow
}

// part moves the rows where cond is TRUE from rest to s.hit and gives the others.
func (s *caseStep) part(cond *vec.Vector, dense bool, rest []int32) []int32 {
	hit, k := s.hit[:cap(s.hit)], 0
	m := 0
	for j, r := range rest {
		i := j
		if dense {
			i = int(r)
		}
		if !cond.IsNull(i) && cond.B[cond.Idx(i)] {
			hit[k] = r
			k++
		} else {
			rest[m] = r
			m++
		}
	}
	s.hit = hit[:k]
	return rest[:m]
}

// put scatters the rows of v to the rows at of the output.
func (s *caseStep) put(v *vec.Vector, dense bool, at []int32) {
	if s.nested() {
		s.srcs = append(s.srcs, v)
		for j, r := range at {
			i := int32(j)
			if dense {
				i = r
			}
			s.from[r] = branchRow{int32(len(s.srcs) - 1), i}
		}
		return
	}
	if v.MayHaveNulls() {
		for j, r := range at {
			i := j
			if dense {
				i = int(r)
			}
			if v.IsNull(i) {
				s.out.SetNull(int(r))
			}
		}
	}
	if v.Type.Kind == types.Null {
		return
	}
	scatterInto(s.out, v, dense, at)
}

func scatterInto(out, v *vec.Vector, dense bool, at []int32) {
	switch out.Type.Phys() {
	case types.PBool:
		scatter(out.B, v.B, v.Const, dense, at)
	case types.PI8:
		scatter(out.I8, v.I8, v.Const, dense, at)
	case types.PI16:
		scatter(out.I16, v.I16, v.Const, dense, at)
	case types.PI32:
		scatter(out.I32, v.I32, v.Const, dense, at)
	case types.PI64:
		scatter(out.I64, v.I64, v.Const, dense, at)
	case types.PF32:
		scatter(out.F32, v.F32, v.Const, dense, at)
	case types.PF64:
		scatter(out.F64, v.F64, v.Const, dense, at)
	case types.PI128:
		scatter(out.D, v.D, v.Const, dense, at)
	case types.PTime:
		scatter(out.TS, v.TS, v.Const, dense, at)
	case types.PStr:
		scatter(out.S, v.S, v.Const, dense, at)
	}
}

func scatter[T any](out, src []T, constant, dense bool, at []int32) {
	switch {
	case constant:
		x := src[0]
		for _, r := range at {
			out[r] = x
		}
	case dense:
		for _, r := range at {
			out[r] = src[r]
		}
	default:
		src = src[:len(at)]
		for j, r := range at {
			out[r] = src[j]
		}
	}
}

func (s *caseStep) putNulls(at []int32) {
	if s.nested() {
		for _, r := range at {
			s.from[r] = branchRow{b: -1}
		}
		return
	}
	for _, r := range at {
		s.out.SetNull(int(r))
	}
}

// finish builds nested results, whose rows cannot be set out of order.
func (s *caseStep) finish() {
	if !s.nested() {
		return
	}
	for _, f := range s.from {
		if f.b < 0 || s.srcs[f.b].Type.Kind == types.Null {
			s.out.AppendNulls(1)
			continue
		}
		s.out.Append(s.srcs[f.b], int(f.i))
	}
}
