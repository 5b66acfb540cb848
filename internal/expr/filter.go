package expr

import (
	"cmp"
	"slices"

	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// Filter finds the rows of a batch where a condition is TRUE. Its conjuncts
// narrow the selection one after another: comparisons of a column with a
// literal or another column first, by loops that write selection vectors
// without branches; then what is cheap; what is dear or may fail last, over the
// rows that are left.
type Filter struct {
	conds []selector
	never bool // a conjunct is FALSE or NULL
}

// selector narrows a selection in place: it keeps the rows where it is TRUE. A
// nil sel stands for all n rows; the result is then written into buf.
type selector interface {
	narrow(c *fn.Ctx, b *vec.Batch, sel, buf []int32) ([]int32, error)
}

// CompileFilter prepares a condition (BOOLEAN) over columns of types in.
func CompileFilter(e Expr, in []types.Type, zone *types.Zone) (*Filter, error) {
	f := &Filter{}
	conds := Conjuncts(e)
	slices.SortStableFunc(conds, func(a, b Expr) int { return cmp.Compare(filterRank(a), filterRank(b)) })
	for _, e := range conds {
		if l, ok := e.(*Lit); ok && l.Value != true {
			f.never = true
			continue
		}
		s, err := compileSelector(e, in, zone)
		if err != nil {
			return nil, err
		}
		f.conds = append(f.conds, s)
	}
	return f, nil
}

// filterRank orders conjuncts: what may fail stays behind all that cannot.
func filterRank(e Expr) int {
	switch {
	case CanFail(e) || IsVolatile(e):
		return 3
	case fastSelector(e) != nil:
		if t := e.Children()[0].Type(); t.Phys() == types.PStr {
			return 1
		}
		return 0
	case cost(e) <= cheapCost:
		return 1
	}
	return 2
}

// Select gives the physical rows among the counting rows of b where the
// condition is TRUE, ascending, in sel's memory (grown if needed; it must not
// be b.Sel).
func (f *Filter) Select(c *fn.Ctx, b *vec.Batch, sel []int32) ([]int32, error) {
	n := b.Len()
	if f.never || n == 0 {
		return sel[:0], nil
	}
	if cap(sel) < n {
		sel = make([]int32, n, n+n/4)
	}
	sel = sel[:n]
	var cur []int32
	if b.Sel != nil {
		copy(sel, b.Sel)
		cur = sel
	}
	for _, s := range f.conds {
		if cur != nil && len(cur) == 0 {
			break
		}
		var err error
		if cur, err = s.narrow(c, b, cur, sel); err != nil {
			return nil, err
		}
	}
	if cur == nil {
		for i := range sel {
			sel[i] = int32(i)
		}
		cur = sel
	}
	return cur, nil
}

func compileSelector(e Expr, in []types.Type, zone *types.Zone) (selector, error) {
	if s := fastSelector(e); s != nil {
		return s, nil
	}
	p, err := Compile([]Expr{e}, in, zone)
	if err != nil {
		return nil, err
	}
	return &programSelector{p: p}, nil
}

// fastSelector gives a loop over columns for the condition, nil if there is none.
func fastSelector(e Expr) selector {
	call, ok := e.(*Call)
	if !ok {
		return nil
	}
	if len(call.Args) == 1 {
		col, ok := call.Args[0].(*Col)
		if ok && (call.Fn.Name == "IS NULL" || call.Fn.Name == "IS NOT NULL") {
			return &nullSelector{col: col.Index, null: call.Fn.Name == "IS NULL"}
		}
		return nil
	}
	op, ok := fn.CompareOpOf(call.Fn)
	if !ok || !fn.SameStorage(call.Args[0].Type(), call.Args[1].Type()) {
		return nil
	}
	a, b := call.Args[0], call.Args[1]
	if _, isLit := a.(*Lit); isLit {
		a, b, op = b, a, op.Flip()
	}
	col, ok := a.(*Col)
	if !ok || col.Depth != 0 {
		return nil
	}
	switch b := b.(type) {
	case *Lit:
		if b.IsNull() {
			return nil
		}
		return newCompareSelector(op, col.T, col.Index, -1, vec.Literal(b.T, b.Value, 1))
	case *Col:
		if b.Depth == 0 {
			return newCompareSelector(op, col.T, col.Index, b.Index, nil)
		}
	}
	return nil
}

func newCompareSelector(op fn.CompareOp, t types.Type, a, b int, lit *vec.Vector) selector {
	switch t.Phys() {
	case types.PI8:
		return &compareSelector[int8]{op: op, a: a, b: b, lit: lit, of: func(v *vec.Vector) []int8 { return v.I8 }}
	case types.PI16:
		return &compareSelector[int16]{op: op, a: a, b: b, lit: lit, of: func(v *vec.Vector) []int16 { return v.I16 }}
	case types.PI32:
		return &compareSelector[int32]{op: op, a: a, b: b, lit: lit, of: func(v *vec.Vector) []int32 { return v.I32 }}
	case types.PI64:
		return &compareSelector[int64]{op: op, a: a, b: b, lit: lit, of: func(v *vec.Vector) []int64 { return v.I64 }}
	case types.PF32:
		return &compareSelector[float32]{op: op, a: a, b: b, lit: lit, of: func(v *vec.Vector) []float32 { return v.F32 }}
	case types.PF64:
		return &compareSelector[float64]{op: op, a: a, b: b, lit: lit, of: func(v *vec.Vector) []float64 { return v.F64 }}
	case types.PStr:
		return &compareSelector[string]{op: op, a: a, b: b, lit: lit, of: func(v *vec.Vector) []string { return v.S }}
	}
	return nil
}

// compareSelector is column a against column b or, if b is negative, a literal.
type compareSelector[T cmp.Ordered] struct {
	op   fn.CompareOp
	a, b int
	lit  *vec.Vector
	of   func(*vec.Vector) []T // the slice of a vector; called once a batch
}

func (s *compareSelector[T]) narrow(_ *fn.Ctx, b *vec.Batch, sel, buf []int32) ([]int32, error) {
	left, right := b.Cols[s.a], s.lit
	if s.b >= 0 {
		right = b.Cols[s.b]
	}
	op := s.op
	if left.Const && !right.Const {
		left, right, op = right, left, op.Flip()
	}
	switch {
	case left.Const:
		if left.IsNull(0) || right.IsNull(0) || !op.Holds(cmp.Compare(s.of(left)[0], s.of(right)[0])) {
			return buf[:0], nil
		}
		return sel, nil
	case right.Const && right.IsNull(0):
		return buf[:0], nil
	case right.Const:
		sel = selectConst(op, s.of(left), s.of(right)[0], sel, buf)
	default:
		sel = selectBoth(op, s.of(left), s.of(right), sel, buf)
	}
	return selectValid(right, selectValid(left, sel)), nil
}

// selectValid keeps the rows of sel that are not null in v.
func selectValid(v *vec.Vector, sel []int32) []int32 {
	if v.Const || !v.MayHaveNulls() {
		return sel
	}
	k := 0
	for _, r := range sel {
		sel[k] = r
		k += int(v.Valid[r>>6] >> (uint(r) & 63) & 1)
	}
	return sel[:k]
}

// b2i is compiled to a set-on-condition instruction, not a branch.
func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// pickAll writes the rows 0 to n-1 that hold to buf, without a branch. It is
// inlined with its function, as the kernels' loops are.
func pickAll(buf []int32, n int, holds func(i int) bool) []int32 {
	k := 0
	for i := range n {
		buf[k] = int32(i)
		k += b2i(holds(i))
	}
	return buf[:k]
}

// pickSel keeps the rows of sel that hold.
func pickSel(sel []int32, holds func(i int32) bool) []int32 {
	k := 0
	for _, r := range sel {
		sel[k] = r
		k += b2i(holds(r))
	}
	return sel[:k]
}

func selectConst[T cmp.Ordered](op fn.CompareOp, a []T, y T, sel, buf []int32) []int32 {
	if sel == nil {
		return selectConstAll(op, a, y, buf)
	}
	switch op {
	case fn.EQ:
		return pickSel(sel, func(i int32) bool { return a[i] == y })
	case fn.NE:
		return pickSel(sel, func(i int32) bool { return a[i] != y })
	case fn.LT:
		return pickSel(sel, func(i int32) bool { return a[i] < y })
	case fn.LE:
		return pickSel(sel, func(i int32) bool { return a[i] <= y })
	case fn.GT:
		return pickSel(sel, func(i int32) bool { return a[i] > y })
	}
	return pickSel(sel, func(i int32) bool { return a[i] >= y })
}

func selectConstAll[T cmp.Ordered](op fn.CompareOp, a []T, y T, buf []int32) []int32 {
	n := len(buf)
	a = a[:n]
	switch op {
	case fn.EQ:
		return pickAll(buf, n, func(i int) bool { return a[i] == y })
	case fn.NE:
		return pickAll(buf, n, func(i int) bool { return a[i] != y })
	case fn.LT:
		return pickAll(buf, n, func(i int) bool { return a[i] < y })
	case fn.LE:
		return pickAll(buf, n, func(i int) bool { return a[i] <= y })
	case fn.GT:
		return pickAll(buf, n, func(i int) bool { return a[i] > y })
	}
	return pickAll(buf, n, func(i int) bool { return a[i] >= y })
}

func selectBoth[T cmp.Ordered](op fn.CompareOp, a, b []T, sel, buf []int32) []int32 {
	if sel == nil {
		sel = buf
		for i := range sel {
			sel[i] = int32(i)
		}
	}
	b = b[:len(a)]
	switch op {
	case fn.EQ:
		return pickSel(sel, func(i int32) bool { return a[i] == b[i] })
	case fn.NE:
		return pickSel(sel, func(i int32) bool { return a[i] != b[i] })
	case fn.LT:
		return pickSel(sel, func(i int32) bool { return a[i] < b[i] })
	case fn.LE:
		return pickSel(sel, func(i int32) bool { return a[i] <= b[i] })
	case fn.GT:
		return pickSel(sel, func(i int32) bool { return a[i] > b[i] })
	}
	return pickSel(sel, func(i int32) bool { return a[i] >= b[i] })
}

// nullSelector is IS [NOT] NULL of a column.
type nullSelector struct {
	col  int
	null bool
}

func (s *nullSelector) narrow(_ *fn.Ctx, b *vec.Batch, sel, buf []int32) ([]int32, error) {
	v := b.Cols[s.col]
	switch {
	case v.Const || !v.MayHaveNulls():
		if v.IsNull(0) != s.null {
			return buf[:0], nil
		}
		return sel, nil
	case sel == nil:
		sel = buf[:b.N]
		for i := range sel {
			sel[i] = int32(i)
		}
	}
	if s.null {
		return pickSel(sel, func(i int32) bool { return !v.Valid.Get(int(i)) }), nil
	}
	return pickSel(sel, func(i int32) bool { return v.Valid.Get(int(i)) }), nil
}

// programSelector evaluates any condition over the rows that are left.
type programSelector struct {
	p     *Program
	batch vec.Batch
}

func (s *programSelector) narrow(c *fn.Ctx, b *vec.Batch, sel, buf []int32) ([]int32, error) {
	s.batch = vec.Batch{Cols: b.Cols, Sel: sel, N: b.N}
	out, err := s.p.Eval(c, &s.batch)
	if err != nil {
		return nil, err
	}
	v := out[0]
	if v.Const {
		if v.IsNull(0) || !v.B[0] {
			return buf[:0], nil
		}
		return sel, nil
	}
	if v.Type.Kind == types.Null {
		return buf[:0], nil
	}
	hits := v.B
	k := 0
	if sel == nil {
		for i := range hits {
			buf[k] = int32(i)
			k += b2i(hits[i]) & b2i(!v.IsNull(i))
		}
		return buf[:k], nil
	}
	for i, r := range sel {
		sel[k] = r
		k += b2i(hits[i]) & b2i(!v.IsNull(i))
	}
	return sel[:k], nil
}
