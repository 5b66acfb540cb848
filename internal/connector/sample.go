package connector

import (
	"context"
	"errors"
	"io"

	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// sampleBatch is how many rows a sample reads at a time: few, so that what is slow
// gives what there is.
const sampleBatch = 64

// Sample reads about n rows of a table: the newest ones of a Sampler, the last n of
// what its splits hold, and the first ones of any other source. It ends with the
// input or the context. each is given batches of the scan's columns; they are
// borrowed. Rows that were read before an error are given before it is returned; the
// end of the context is none.
func Sample(ctx context.Context, src Source, t *Table, n int, each func(*vec.Batch) error) error {
	sc := Scan{Limit: int64(n), Ordered: true, Parallelism: 1}
	var ts []types.Type
	for i, c := range t.Columns {
		sc.Want = append(sc.Want, i)
		ts = append(ts, c.Type)
	}
	for i, m := range t.Metadata {
		sc.Metadata = append(sc.Metadata, i)
		ts = append(ts, m.Type)
	}
	s := &sampling{ctx: ctx, src: src, scan: sc, left: n, batch: vec.NewBatch(ts), each: each}
	newest, ok := src.(Sampler)
	var splits []Split
	var err error
	if ok {
		splits, err = newest.Sample(ctx, sc, n)
	} else {
		splits, err = src.Splits(ctx, sc)
	}
	for i, sp := range splits {
		if err != nil || s.left <= 0 || ctx.Err() != nil {
			break
		}
		s.most = s.left
		if ok { // each split has its share of the newest rows
			s.most = (s.left + len(splits) - i - 1) / (len(splits) - i)
		}
		err = s.split(sp, ok)
	}
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// sampling is a sample that is being read.
type sampling struct {
	ctx   context.Context
	src   Source
	scan  Scan
	left  int // rows that are still wanted
	most  int // of the split
	batch *vec.Batch
	each  func(*vec.Batch) error
}

// split reads a split: its first rows, or its last ones.
func (s *sampling) split(sp Split, last bool) error {
	r, err := s.src.Open(s.ctx, s.scan, sp, nil)
	if err != nil {
		return err
	}
	defer r.Close()
	s.batch.Reset()
	var kept *vec.Batch
	for {
		err := r.Read(s.batch, sampleBatch)
		if s.batch.N == 0 && err == nil {
			select {
			case <-r.Ready():
				continue
			case <-s.ctx.Done():
				return errors.Join(s.give(kept), s.ctx.Err())
			}
		}
		switch {
		case last:
			kept = s.keep(kept)
		case s.batch.N > 0:
			if gerr := s.give(s.batch); gerr != nil {
				return gerr
			}
		}
		s.batch.Reset()
		if err != nil || !last && s.most <= 0 || s.ctx.Err() != nil {
			gerr := s.give(kept)
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return errors.Join(gerr, err)
		}
	}
}

// keep gives the last rows of what was kept and what was read since.
func (s *sampling) keep(kept *vec.Batch) *vec.Batch {
	if kept == nil {
		kept = vec.NewBatch(s.batch.Types())
	}
	kept.AppendBatch(s.batch)
	if kept.N <= s.most {
		return kept
	}
	out := vec.NewBatch(s.batch.Types())
	out.AppendSel(kept, run(kept.N-s.most, kept.N))
	return out
}

// run lists the numbers from a until, but without, b.
func run(a, b int) []int32 {
	var out []int32
	for ; a < b; a++ {
		out = append(out, int32(a))
	}
	return out
}

// give hands rows on, no more than are wanted.
func (s *sampling) give(b *vec.Batch) error {
	if b == nil || b.N == 0 {
		return nil
	}
	if b.N > s.most {
		b.Sel = run(0, s.most)
	}
	s.most -= b.Len()
	s.left -= b.Len()
	return s.each(b)
}
