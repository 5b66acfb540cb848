// Package datagen is the connector that makes rows up: random values or
// sequences, at a rate, for trying things out.
//
// A value is a pure function of the seed, the number of the row and the field,
// so that with a seed the rows are the same at any parallelism.
package datagen

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/vec"
)

// Spec is the datagen connector.
func Spec() *connector.Spec {
	return &connector.Spec{
		Name: "datagen", Guarantee: guarantee, Example: example,
		Doc: "Generates rows. Every column is random within its type, or as 'fields.<column>.<key>' says: kind (random or sequence), min, max, " +
			"max-past (of timestamps), length (of text, bytes and collections), var-len, null-rate, start and end (of sequences). " +
			"Fields of a ROW are 'fields.<column>.<field>.<key>', elements of collections 'fields.<column>.element.<key>', 'key' and 'value' of maps.",
		Prefixes: []string{"fields."},
		Below:    func() []format.Option { return below },
		Options: []format.Option{
			{Key: "rows-per-second", Kind: format.IntOption, Default: "10000", Doc: "Rows a second, of all tasks together. 0 = as fast as they are taken (not in Flink)."},
			{Key: "number-of-rows", Kind: format.IntOption, Doc: "How many rows there are; without it, and without a sequence, there is no end."},
			{Key: "seed", Kind: format.IntOption, Doc: "The same seed gives the same rows. By default every run has its own. Not in Flink."},
		},
		Source: newSource,
	}
}

type source struct {
	t      *connector.Table
	fields []*field
	rows   int64 // math.MaxInt64 = without end
	rate   int64
	random connector.Random
	start  int64 // ms
}

func newSource(t *connector.Table) (connector.Source, error) {
	s := &source{t: t, rows: math.MaxInt64, rate: t.Options.Int("rows-per-second"), start: t.Env.Clock.Now().UnixMilli()}
	if s.rate < 0 {
		return nil, sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "the option 'rows-per-second' is not negative")
	}
	if t.Options.IsSet("number-of-rows") {
		s.rows = max(t.Options.Int("number-of-rows"), 0)
	}
	seed := uint64(t.Options.Int("seed"))
	if !t.Options.IsSet("seed") && t.Env.Seed != nil {
		seed = t.Env.Seed()
	}
	s.random = connector.NewRandom(seed)
	k := newKeys(t.Options.Prefix("fields."))
	var errs sqlerr.List
	for _, c := range t.Columns {
		f, err := k.field(c.Name, c.Type)
		if err != nil {
			errs.Add(err)
			continue
		}
		s.rows = min(s.rows, f.rows())
		s.fields = append(s.fields, f)
	}
	errs.Add(k.unused(t.Columns))
	return s, errs.Err()
}

func (s *source) Bounded() bool              { return s.rows < math.MaxInt64 }
func (s *source) Changes() connector.Changes { return connector.InsertOnly }
func (s *source) DiscoverEveryMs() int64     { return 0 }

func (s *source) Rows() int64 {
	if !s.Bounded() {
		return -1
	}
	return s.rows
}

// share is the Data of a split: the blocks first, first+of, first+2*of, …
type share struct{ first, of int64 }

// block is the rows that a split makes before the next one's turn.
const block = 64

func (s *source) Splits(_ context.Context, sc connector.Scan) ([]connector.Split, error) {
	n := int64(max(sc.Parallelism, 1))
	if s.Bounded() {
		n = min(n, max((s.rows+block-1)/block, 1))
	}
	var out []connector.Split
	for i := range n {
		rows := s.Rows()
		if rows > 0 {
			rows /= n
		}
		out = append(out, connector.Split{ID: fmt.Sprintf("%d/%d", i, n), Rows: rows, Data: share{i, n}})
	}
	return out, nil
}

func (s *source) Open(_ context.Context, sc connector.Scan, sp connector.Split, pos []byte) (connector.Reader, error) {
	r := &reader{source: s, share: sp.Data.(share), waker: connector.NewWaker(s.t.Env.Clock)}
	r.next = r.share.first * block
	if pos != nil {
		n, k := binary.Varint(pos)
		if k <= 0 {
			return nil, errors.New("a stored position of the datagen connector is damaged")
		}
		r.next = n
	}
	r.since, r.from = s.t.Env.Clock.Now(), r.next
	for _, w := range sc.Want {
		r.fields = append(r.fields, s.fields[w].clone())
	}
	return r, nil
}

// reader makes the rows of a split.
type reader struct {
	*source
	share  share
	fields []*field
	next   int64     // number of the next row
	since  time.Time // when row from was due
	from   int64
	waker  *connector.Waker
	nums   []int64
}

// due is the first row that must wait.
func (r *reader) due() int64 {
	if r.rate == 0 {
		return r.rows
	}
	ms := r.t.Env.Clock.Now().Sub(r.since).Milliseconds()
	due := r.from + ms/1000*r.rate + ms%1000*r.rate/1000
	return min(r.rows, due+1)
}

func (r *reader) Read(b *vec.Batch, most int) error {
	end := r.due()
	r.nums = r.nums[:0]
	for len(r.nums) < most && r.next < end {
		r.nums = append(r.nums, r.next)
		if r.next++; r.next%block == 0 {
			r.next += (r.share.of - 1) * block
		}
	}
	if len(r.nums) == 0 {
		if r.next >= r.rows {
			return io.EOF
		}
		// Rows come in small groups rather than with a wake-up each.
		const pause = 5 * time.Millisecond
		wait := time.Duration(r.next-r.from)*time.Second/time.Duration(r.rate) - r.t.Env.Clock.Now().Sub(r.since)
		if r.next-r.from > math.MaxInt64/int64(time.Second) {
			wait = pause
		}
		if wait < pause {
			wait = pause
		}
		r.waker.After(wait)
		return nil
	}
	now := r.t.Env.Clock.Now().UnixMilli()
	for i, f := range r.fields {
		f.fill(b.Cols[i], r.random, r.nums, now)
	}
	b.N += len(r.nums)
	return nil
}

func (r *reader) Ready() <-chan struct{} { return r.waker.Ready() }
func (r *reader) Position() []byte       { return binary.AppendVarint(nil, r.next) }

func (r *reader) Close() error {
	r.waker.Close()
	return nil
}
