package join

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/weir-stream/weir/internal/clock"
	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// remote finds rows of a table by key.
type remote struct {
	c      *op.Context
	spec   *byKeySpec
	lookup connector.Lookup
	codec  *vec.Codec // of keys
	filter *expr.Filter
	prog   *expr.Program
	out    *vec.Codec // of found rows, for the cache
	cache  *rowCache

	cols  []*vec.Vector
	rows  vec.Rows
	ids   map[string]int32
	keys  []string // of each group
	ask   []int32  // groups that are not in the cache
	rowOf []int32  // of each group a row that has its key
	req   *vec.Batch
	of    []int32 // of each row found its group
	raw   [][]byte
}

func (r *remote) open(c *op.Context, s *byKeySpec) error {
	n := s.node
	r.c, r.spec, r.ids = c, s, map[string]int32{}
	ts := typesOf(n)
	scan := connector.LookupScan{Want: n.R.Want, Metadata: n.R.Meta, Memory: c.State.Memory()}
	var ks []types.Type
	for _, k := range n.Keys {
		scan.Keys = append(scan.Keys, n.R.Want[k.Col])
		ks = append(ks, ts[k.Col])
		v := (*vec.Vector)(nil)
		if k.From < 0 {
			v = vec.New(ts[k.Col], 0)
			v.AppendValue(k.Lit.Value)
			v.Const = true
		}
		r.cols = append(r.cols, v)
	}
	r.codec, r.req = vec.NewCodec(ks), vec.NewBatch(ks)
	var out []types.Type
	for _, f := range n.R.Fields {
		out = append(out, f.Type)
	}
	r.out = vec.NewCodec(out)
	var err error
	if n.R.Cond != nil {
		if r.filter, err = expr.CompileFilter(n.R.Cond, ts, s.zone); err != nil {
			return err
		}
	}
	if n.R.Out != nil {
		if r.prog, err = expr.Compile(n.R.Out, ts, s.zone); err != nil {
			return err
		}
	}
	if s.cache != nil {
		r.cache = newRowCache(s.cache, c)
	}
	r.lookup, err = n.R.Source.OpenLookup(c.Ctx, scan)
	return err
}

func typesOf(n *ByKey) []types.Type {
	out := make([]types.Type, len(n.R.Read))
	for i, f := range n.R.Read {
		out[i] = f.Type
	}
	return out
}

func (r *remote) close() error {
	if r.cache != nil {
		r.cache.drop()
	}
	if r.lookup == nil {
		return nil
	}
	return r.lookup.Close()
}

// find gives for rows phys of b the group of their key, none if it is null, and
// the rows of each group: found[first[g]:first[g+1]] are rows of right.
func (r *remote) find(b *vec.Batch, phys, group []int32, right *vec.Batch, first, found *[]int32) error {
	r.groups(b, phys, group)
	r.of, r.raw = r.of[:0], r.raw[:0]
	r.ask = r.ask[:0]
	for g, k := range r.keys {
		if r.cache != nil {
			if rows, ok := r.cache.get(k); ok {
				for _, x := range rows {
					r.raw, r.of = append(r.raw, x), append(r.of, int32(g))
				}
				continue
			}
		}
		r.ask = append(r.ask, int32(g))
	}
	if len(r.raw) > 0 {
		r.out.Decode(r.raw, right.Cols)
		right.N = len(r.raw)
	}
	if err := r.fetch(b, right); err != nil {
		return err
	}
	// rows by group, in order
	f := append((*first)[:0], make([]int32, len(r.keys)+1)...)
	for _, g := range r.of {
		f[g+1]++
	}
	for g := range r.keys {
		f[g+1] += f[g]
	}
	at := append([]int32(nil), f...)
	*found = sized(*found, len(r.of))
	for x, g := range r.of {
		(*found)[at[g]] = int32(x)
		at[g]++
	}
	*first = f
	return nil
}

// groups numbers the different keys of the rows.
func (r *remote) groups(b *vec.Batch, phys, group []int32) {
	clear(r.ids)
	r.keys, r.rowOf = r.keys[:0], r.rowOf[:0]
	n := r.spec.node
	for i, k := range n.Keys {
		if k.From >= 0 {
			r.cols[i] = b.Cols[k.From]
		}
	}
	r.codec.EncodeVectors(&r.rows, r.cols, phys, b.N)
	for i, p := range phys {
		group[i] = none
		null := false
		for _, c := range r.cols {
			null = null || c.IsNull(int(p))
		}
		if null {
			continue
		}
		g, ok := r.ids[string(r.rows.Row(i))]
		if !ok {
			key := string(r.rows.Row(i))
			g = int32(len(r.keys))
			r.ids[key] = g
			r.keys, r.rowOf = append(r.keys, key), append(r.rowOf, p)
		}
		group[i] = g
	}
}

// fetch looks up the groups to ask for, again and again those without rows if the
// hint says so, and appends what it found.
func (r *remote) fetch(b *vec.Batch, right *vec.Batch) error {
	n := r.spec.node
	h := n.Hint
	ask := r.ask
	for try := 0; len(ask) > 0; try++ {
		from := len(r.of)
		if err := r.ask1(b, ask, right); err != nil {
			return err
		}
		if try >= h.Attempts {
			break
		}
		got := map[int32]bool{}
		for _, g := range r.of[from:] {
			got[g] = true
		}
		left := ask[:0:0]
		for _, g := range ask {
			if !got[g] {
				left = append(left, g)
			}
		}
		if ask = left; len(ask) == 0 {
			break
		}
		if err := clock.Sleep(r.c.Ctx, n.R.Table.Env.Clock, time.Duration(h.DelayMs)*time.Millisecond); err != nil {
			return err
		}
	}
	if r.cache != nil {
		r.keep(right)
	}
	return nil
}

// keep puts what was asked for into the cache.
func (r *remote) keep(right *vec.Batch) {
	rows := make(map[int32][]int32, len(r.ask))
	for x, g := range r.of {
		if x >= len(r.raw) {
			rows[g] = append(rows[g], int32(x))
		}
	}
	var enc vec.Rows
	for _, g := range r.ask {
		at := rows[g]
		if at == nil {
			at = []int32{}
		}
		r.out.EncodeVectors(&enc, right.Cols, at, right.N)
		var kept [][]byte
		for i := range at {
			kept = append(kept, append([]byte(nil), enc.Row(i)...))
		}
		r.cache.put(r.keys[g], kept)
	}
}

// answer is what one call gave.
type answer struct {
	rows *vec.Batch
	of   []int32
	err  error
}

// ask1 looks groups up, in several calls side by side where the table allows it,
// and appends the filtered and projected rows to right and their groups to of.
func (r *remote) ask1(b *vec.Batch, ask []int32, right *vec.Batch) error {
	n := r.spec.node
	calls := 1
	if n.async() {
		calls = min(len(ask), n.capacity())
	}
	answers := make([]answer, calls)
	ctx, cancel := context.WithTimeout(r.c.Ctx, time.Duration(n.timeoutMs())*time.Millisecond)
	defer cancel()
	var wg sync.WaitGroup
	for i := range answers {
		part := ask[i*len(ask)/calls : (i+1)*len(ask)/calls]
		keys := vec.NewBatch(r.req.Types())
		for c, v := range r.cols {
			for _, g := range part {
				keys.Cols[c].Append(v, v.Idx(int(r.rowOf[g])))
			}
		}
		keys.N = len(part)
		one := func() {
			a := &answers[i]
			defer func() {
				if x := recover(); x != nil {
					a.err = fmt.Errorf("panic: %v", x)
				}
			}()
			a.rows = vec.NewBatch(typesOf(n))
			a.of, a.err = r.lookup.Lookup(ctx, keys, a.rows, nil)
			for x, k := range a.of {
				a.of[x] = part[k]
			}
		}
		if calls == 1 {
			one()
		} else {
			wg.Go(one)
		}
	}
	wg.Wait()
	for i := range answers {
		a := &answers[i]
		if a.err != nil {
			if errors.Is(a.err, context.DeadlineExceeded) && r.c.Ctx.Err() == nil {
				return fmt.Errorf("a lookup in %s took longer than %d ms: %w", n.R.Table.Name, n.timeoutMs(), a.err)
			}
			return fmt.Errorf("a lookup in %s failed: %w", n.R.Table.Name, a.err)
		}
		if err := r.take(a, right); err != nil {
			return err
		}
	}
	return nil
}

// take filters and projects the rows of an answer.
func (r *remote) take(a *answer, right *vec.Batch) error {
	b := *a.rows
	if b.N == 0 {
		return nil
	}
	if r.filter != nil {
		sel, err := r.filter.Select(r.c.Fn, &b, []int32{})
		if err != nil {
			return err
		}
		b.Sel = sel
	}
	cols, dense := b.Cols, false
	if r.prog != nil && b.Len() > 0 {
		var err error
		if cols, err = r.prog.Eval(r.c.Fn, &b); err != nil {
			return err
		}
		dense = true
	}
	for i := range b.Len() {
		x := b.Row(i)
		r.of = append(r.of, a.of[x])
		if dense {
			x = i
		}
		for c, v := range right.Cols {
			v.Append(cols[c], cols[c].Idx(x))
		}
		right.N++
	}
	return nil
}
