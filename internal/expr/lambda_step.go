package expr

import (
	"slices"

	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// lambdaBody is a lambda as a program over the columns around it, of which it
// gets the values of the row that an element belongs to, and its parameters.
type lambdaBody struct {
	p      *Program
	in     int   // columns around it
	outer  []int // those that it uses
	params int
	bufs   []*vec.Vector
	batch  vec.Batch
}

func (c *compiler) lambda(l *Lambda) (*lambdaBody, error) {
	in := slices.Clone(c.in)
	body := l.open(len(in))
	s := &lambdaBody{in: len(in), params: len(l.Params)}
	for _, p := range l.Params {
		in = append(in, p.T)
	}
	for _, i := range ReferencedCols(body) {
		if i < s.in {
			s.outer = append(s.outer, i)
		}
	}
	var err error
	s.p, err = Compile([]Expr{body}, in, c.zone)
	s.batch.Cols = make([]*vec.Vector, len(in))
	for range s.outer {
		s.bufs = append(s.bufs, &vec.Vector{})
	}
	return s, err
}

// eval computes the body for n elements: rows are the rows of b that they belong
// to, in its own numbering. The result is not Const.
func (s *lambdaBody) eval(c *fn.Ctx, b *vec.Batch, rows []int32, params ...*vec.Vector) (*vec.Vector, error) {
	for k, i := range s.outer {
		v := b.Cols[i]
		if v.Const {
			one := *v
			one.N = len(rows)
			s.batch.Cols[i] = &one
			continue
		}
		s.batch.Cols[i] = v.Gather(s.bufs[k], rows)
	}
	copy(s.batch.Cols[s.in:], params)
	s.batch.N, s.batch.Sel = len(rows), nil
	out, err := s.p.Eval(c, &s.batch)
	if err != nil {
		return nil, err
	}
	return out[0].Flat(), nil
}

// higherStep runs a call that takes lambdas.
type higherStep struct {
	h      *fn.Higher
	values []int
	body   *lambdaBody
	finish *lambdaBody // of HigherFold
	out    *vec.Vector
	rows   []int32 // the row of the batch of each element
	at     []int32 // its place in the child vector
	off    []int32 // where the elements of each row begin, then the end
	args   []*vec.Vector
}

func (c *compiler) higherStep(e *Call) (step, error) {
	s := &higherStep{h: e.Fn.Higher, out: vec.New(e.T.WithAttr(types.NoAttr), 0)}
	for _, a := range e.Args {
		l, ok := a.(*Lambda)
		if !ok {
			i, err := c.add(a)
			if err != nil {
				return nil, err
			}
			s.values = append(s.values, i)
			continue
		}
		body, err := c.lambda(l)
		if err != nil {
			return nil, err
		}
		if s.body == nil {
			s.body = body
		} else {
			s.finish = body
		}
	}
	return s, nil
}

func (s *higherStep) run(p *Program, b *vec.Batch, n int) (*vec.Vector, error) {
	lists := p.vecs[s.values[0]]
	s.out.Resize(0)
	switch s.h.Kind {
	case fn.HigherFold:
		return s.fold(p, b, n)
	case fn.HigherZip:
		return s.zip(p, b, n)
	}
	s.spread(lists, b, n)
	res, err := s.each(p, b, lists.Kids[0])
	if err != nil {
		return nil, err
	}
	for i := range n {
		if lists.IsNull(i) {
			s.out.AppendNulls(1)
			continue
		}
		s.one(lists, res, i)
	}
	return s.out, nil
}

// spread notes the elements of all rows.
func (s *higherStep) spread(lists *vec.Vector, b *vec.Batch, n int) {
	s.rows, s.at, s.off = s.rows[:0], s.at[:0], append(s.off[:0], 0)
	for i := range n {
		if !lists.IsNull(i) {
			j := lists.Idx(i)
			for k := lists.Off[j]; k < lists.Off[j+1]; k++ {
				s.rows = append(s.rows, int32(b.Row(i)))
				s.at = append(s.at, k)
			}
		}
		s.off = append(s.off, int32(len(s.at)))
	}
}

// each computes the body for the elements that spread noted.
func (s *higherStep) each(p *Program, b *vec.Batch, kid *vec.Vector) (*vec.Vector, error) {
	if len(s.at) == 0 {
		return vec.New(types.Of(types.Null), 0), nil
	}
	kids := []*vec.Vector{kid}
	if s.body.params == 2 { // entries
		kids = kid.Kids
	}
	if s.args == nil {
		for _, k := range kids {
			s.args = append(s.args, vec.New(k.Type, 0))
		}
	}
	params := make([]*vec.Vector, len(kids))
	for i, k := range kids {
		params[i] = k.Gather(s.args[i], s.at)
	}
	return s.body.eval(&p.ctx, b, s.rows, params...)
}

// one appends the result for row i.
func (s *higherStep) one(lists, res *vec.Vector, i int) {
	from, to := int(s.off[i]), int(s.off[i+1])
	switch s.h.Kind {
	case fn.HigherMap:
		s.out.Kids[0].AppendRange(res, from, to)
	case fn.HigherMapValues:
		j := lists.Idx(i)
		entries := s.out.Kids[0]
		entries.Kids[0].AppendRange(lists.Kids[0].Kids[0], int(lists.Off[j]), int(lists.Off[j+1]))
		entries.Kids[1].AppendRange(res, from, to)
		entries.N += to - from
	case fn.HigherFilter, fn.HigherMapFilter:
		for k := from; k < to; k++ {
			if !res.IsNull(k) && res.B[k] {
				s.out.Kids[0].Append(lists.Kids[0], int(s.at[k]))
			}
		}
	default:
		s.test(res, from, to)
		return
	}
	fn.EndList(s.out)
}

// test appends whether the condition holds for one or for all elements.
func (s *higherStep) test(res *vec.Vector, from, to int) {
	null, decides := false, s.h.Kind == fn.HigherAny
	for k := from; k < to; k++ {
		switch {
		case res.IsNull(k):
			null = true
		case res.B[k] == decides:
			s.out.AppendValue(decides)
			return
		}
	}
	if null {
		s.out.AppendNulls(1)
	} else {
		s.out.AppendValue(!decides)
	}
}

// zip pairs the elements of two arrays.
func (s *higherStep) zip(p *Program, b *vec.Batch, n int) (*vec.Vector, error) {
	sides := []*vec.Vector{p.vecs[s.values[0]], p.vecs[s.values[1]]}
	params := []*vec.Vector{vec.New(sides[0].Kids[0].Type.AsNullable(), 0), vec.New(sides[1].Kids[0].Type.AsNullable(), 0)}
	s.rows, s.off = s.rows[:0], append(s.off[:0], 0)
	for i := range n {
		if !sides[0].IsNull(i) && !sides[1].IsNull(i) {
			most := 0
			for _, v := range sides {
				j := v.Idx(i)
				most = max(most, int(v.Off[j+1]-v.Off[j]))
			}
			for k, v := range sides {
				j := v.Idx(i)
				params[k].AppendRange(v.Kids[0], int(v.Off[j]), int(v.Off[j+1]))
				params[k].AppendNulls(most - int(v.Off[j+1]-v.Off[j]))
			}
			for range most {
				s.rows = append(s.rows, int32(b.Row(i)))
			}
		}
		s.off = append(s.off, int32(len(s.rows)))
	}
	var res *vec.Vector
	if len(s.rows) > 0 {
		var err error
		if res, err = s.body.eval(&p.ctx, b, s.rows, params...); err != nil {
			return nil, err
		}
	}
	for i := range n {
		if sides[0].IsNull(i) || sides[1].IsNull(i) {
			s.out.AppendNulls(1)
			continue
		}
		if s.off[i+1] > s.off[i] {
			s.out.Kids[0].AppendRange(res, int(s.off[i]), int(s.off[i+1]))
		}
		fn.EndList(s.out)
	}
	return s.out, nil
}

// fold takes one element of every row at a time: a round computes the body for
// the rows that have an element left.
func (s *higherStep) fold(p *Program, b *vec.Batch, n int) (*vec.Vector, error) {
	lists, start := p.vecs[s.values[0]], p.vecs[s.values[1]].Flat()
	elem := vec.New(lists.Kids[0].Type, 0)
	ended := vec.New(start.Type.AsNullable(), 0) // results in order of ending
	ended.AppendNulls(1)
	place := make([]int32, n) // of a row's result; 0 is null
	live := make([]int32, 0, n)
	acc := vec.New(start.Type.AsNullable(), 0)
	for i := range n {
		j := lists.Idx(i)
		switch {
		case lists.IsNull(i):
		case lists.Off[j] == lists.Off[j+1]:
			place[i] = int32(ended.N)
			ended.Append(start, i)
		default:
			live = append(live, int32(i))
			acc.Append(start, i)
		}
	}
	for k := int32(0); len(live) > 0; k++ {
		s.rows, s.at = s.rows[:0], s.at[:0]
		for _, i := range live {
			s.rows = append(s.rows, int32(b.Row(int(i))))
			s.at = append(s.at, lists.Off[lists.Idx(int(i))]+k)
		}
		res, err := s.body.eval(&p.ctx, b, s.rows, acc, lists.Kids[0].Gather(elem, s.at))
		if err != nil {
			return nil, err
		}
		next, left := vec.New(acc.Type, 0), live[:0]
		for r, i := range live {
			if j := lists.Idx(int(i)); lists.Off[j]+k+1 == lists.Off[j+1] {
				place[i] = int32(ended.N)
				ended.Append(res, r)
				continue
			}
			next.Append(res, r)
			left = append(left, i)
		}
		acc, live = next, left
	}
	if s.finish != nil {
		return s.finished(p, b, ended, place)
	}
	return ended.Gather(s.out, place), nil
}

// finished gives what the last lambda makes of the accumulators; a null array
// stays null.
func (s *higherStep) finished(p *Program, b *vec.Batch, ended *vec.Vector, place []int32) (*vec.Vector, error) {
	acc := ended.Gather(vec.New(ended.Type, 0), place)
	s.rows = s.rows[:0]
	for i := range place {
		s.rows = append(s.rows, int32(b.Row(i)))
	}
	res, err := s.finish.eval(&p.ctx, b, s.rows, acc)
	if err != nil {
		return nil, err
	}
	for i, at := range place {
		if at == 0 {
			s.out.AppendNulls(1)
		} else {
			s.out.Append(res, i)
		}
	}
	return s.out, nil
}
