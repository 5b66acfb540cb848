package expr

import (
	"unsafe"

	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/vec"
)

// cheapCost is the most that an operand may cost to be evaluated for rows that
// do not need it.
const cheapCost = 12

// eager reports whether e may as well be evaluated for all rows: it cannot
// fail, is the same each time and takes little more than a load a row.
func eager(e Expr) bool { return !CanFail(e) && !IsVolatile(e) && cost(e) <= cheapCost }

// cost guesses the work of e in units of a simple operation on a row.
func cost(e Expr) int {
	n := 0
	switch e := e.(type) {
	case *Call:
		n = 1
		if e.Fn.Category != "comparison" && (e.Fn.Category != "arithmetic" || len(e.Args) > 2) {
			n = 8
		}
	case *Cast:
		n = 1
		if e.T.IsString() || e.X.Type().IsString() || e.T.IsNested() {
			n = 8
		}
	case *Case, *In:
		n = 2
	}
	for _, k := range e.Children() {
		n += cost(k)
	}
	return n
}

// Three-valued logic in a byte.
const (
	triFalse = iota
	triTrue
	triNull
)

// logicStep is AND or OR. Operands that are evaluated eagerly come first; the
// others, in their order, only for rows that are still undecided.
type logicStep struct {
	op    LogicOp
	dense []int
	lazy  []*subProgram
	out   *vec.Vector
	tri   []uint8
	nulls vec.Bitmap
	at    []int32
}

func (c *compiler) logicStep(e *Logic) (step, error) {
	s := &logicStep{op: e.Op, out: &vec.Vector{Type: boolType}}
	for i, a := range e.Args {
		if i == 0 || eager(a) {
			x, err := c.add(a)
			if err != nil {
				return nil, err
			}
			s.dense = append(s.dense, x)
			continue
		}
		sub, err := c.sub(a)
		if err != nil {
			return nil, err
		}
		s.lazy = append(s.lazy, sub)
	}
	return s, nil
}

func (s *logicStep) run(p *Program, b *vec.Batch, n int) (*vec.Vector, error) {
	s.out.Resize(n)
	switch {
	case len(s.lazy) > 0:
	case p.mayHaveNulls(s.dense):
		s.combineNulls(p, n)
		return s.out, nil
	default:
		s.combine(p)
		return s.out, nil
	}
	s.tri = sizedBytes(s.tri, n)
	neutral := uint8(triTrue)
	if s.op == Or {
		neutral = triFalse
	}
	fillBytes(s.tri, neutral)
	for _, d := range s.dense {
		mergeTri(s.op, s.tri, p.vecs[d], nil)
	}
	for _, sub := range s.lazy {
		at := s.undecided()
		if len(at) == 0 {
			break
		}
		if len(at) == n {
			at = nil
		}
		v, err := sub.run(&p.ctx, b, at)
		if err != nil {
			return nil, err
		}
		mergeTri(s.op, s.tri, v, at)
	}
	fromTri(s.tri, s.out)
	return s.out, nil
}

func (p *Program) mayHaveNulls(xs []int) bool {
	for _, x := range xs {
		if p.vecs[x].MayHaveNulls() {
			return true
		}
	}
	return false
}

// combine joins operands without nulls.
func (s *logicStep) combine(p *Program) {
	out := boolBytes(s.out.B)
	for i, d := range s.dense {
		v := p.vecs[d]
		src := boolBytes(v.B)
		switch {
		case v.Const && i == 0:
			fillBytes(out, src[0])
		case v.Const && (s.op == And) != v.B[0]:
			fillBytes(out, src[0]) // FALSE decides AND, TRUE decides OR
		case v.Const:
		case i == 0:
			copy(out, src)
		case s.op == And:
			andBytes(out, src)
		default:
			orBytes(out, src)
		}
	}
}

func andBytes(out, src []uint8) {
	src = src[:len(out)]
	for i := range out {
		out[i] &= src[i]
	}
}

func orBytes(out, src []uint8) {
	src = src[:len(out)]
	for i := range out {
		out[i] |= src[i]
	}
}

// boolBytes sees booleans as the bytes 0 and 1 that they are in memory, so that
// they combine without branches.
func boolBytes(b []bool) []uint8 {
	return unsafe.Slice((*uint8)(unsafe.Pointer(unsafe.SliceData(b))), len(b))
}

func fillBytes(b []uint8, x uint8) {
	for i := range b {
		b[i] = x
	}
}

func sizedBytes(b []uint8, n int) []uint8 {
	if cap(b) < n {
		return make([]uint8, n, n+n/4)
	}
	return b[:n]
}

// undecided lists the rows that no operand has decided yet.
func (s *logicStep) undecided() []int32 {
	decided := uint8(triFalse)
	if s.op == Or {
		decided = triTrue
	}
	if cap(s.at) < len(s.tri) {
		s.at = make([]int32, len(s.tri), len(s.tri)+len(s.tri)/4)
	}
	at := s.at[:len(s.tri)]
	k := 0
	for i, t := range s.tri {
		at[k] = int32(i)
		if t != decided {
			k++
		}
	}
	return at[:k]
}

// Truth tables of AND and OR over triFalse, triTrue, triNull.
var triTable = [2][3][3]uint8{
	And: {{triFalse, triFalse, triFalse}, {triFalse, triTrue, triNull}, {triFalse, triNull, triNull}},
	Or:  {{triFalse, triTrue, triNull}, {triTrue, triTrue, triTrue}, {triNull, triTrue, triNull}},
}

// mergeTri folds v into tri; row i of v belongs to row at[i], or to i if at is nil.
func mergeTri(op LogicOp, tri []uint8, v *vec.Vector, at []int32) {
	table := &triTable[op]
	for i := range v.N {
		x := uint8(triNull)
		if !v.IsNull(i) {
			x = triFalse
			if v.B[v.Idx(i)] {
				x = triTrue
			}
		}
		r := i
		if at != nil {
			r = int(at[i])
		}
		tri[r] = table[tri[r]][x]
	}
}

func fromTri(tri []uint8, out *vec.Vector) {
	dst := out.B[:len(tri)]
	nulls := uint8(0)
	for i, t := range tri {
		dst[i] = t == triTrue
		nulls |= t
	}
	if nulls&triNull == 0 {
		return
	}
	for i, t := range tri {
		if t == triNull {
			out.SetNull(i)
		}
	}
}

// inStep tests membership in a set of literals.
type inStep struct {
	x       int
	test    func(v *vec.Vector, out []bool)
	not     bool
	hasNull bool
	out     *vec.Vector
}

func (c *compiler) inStep(e *In) (step, error) {
	x, err := c.add(e.X)
	if err != nil {
		return nil, err
	}
	s := &inStep{x: x, not: e.Not, out: &vec.Vector{Type: boolType}}
	values := vec.New(e.X.Type().WithAttr(0), 0)
	for _, v := range e.Values {
		if v.IsNull() {
			s.hasNull = true
			continue
		}
		values.AppendValue(v.Value)
	}
	s.test = fn.Membership(values)
	return s, nil
}

func (s *inStep) run(p *Program, _ *vec.Batch, n int) (*vec.Vector, error) {
	v := p.vecs[s.x]
	out := s.out
	if v.Const && v.IsNull(0) {
		return constNull(out, n), nil
	}
	out.Resize(v.N)
	if v.Const {
		out.Resize(min(1, n))
	}
	s.test(v, out.B)
	if s.hasNull {
		for i, hit := range out.B {
			if !hit {
				out.SetNull(i)
			}
		}
	}
	if s.not {
		for i, hit := range out.B {
			out.B[i] = !hit
		}
	}
	if v.Const {
		out.Const, out.N = true, n
		return out, nil
	}
	out.AndValid(v)
	return out, nil
}
