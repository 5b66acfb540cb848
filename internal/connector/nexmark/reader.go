package nexmark

import (
	"encoding/binary"
	"io"
	"time"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/vec"
)

// reader makes the events of one split.
type reader struct {
	*source
	share share
	plans []planned
	next  int64 // number of the next event
	waker *connector.Waker
	idle  chan struct{} // never receives: nothing more comes

	all   rows    // the rows of the batch
	of    [3]rows // those of each kind
	types []int32
}

// runs is how many runs of persons, auctions and bids make a block.
const runs = 10

func (r *reader) block() int64 { return r.c.all * runs }

// Read makes up to max rows.
func (r *reader) Read(b *vec.Batch, max int) error {
	end := r.c.events
	if r.waker != nil {
		end = min(end, r.c.due(r.t.Env.Clock.Now().UnixMilli()+1))
	}
	n := r.choose(end, max)
	if n == 0 {
		return r.rest()
	}
	at := b.N
	for i := range r.all.row {
		r.all.row[i] += int32(at)
	}
	for k := range r.of {
		for i := range r.of[k].row {
			r.of[k].row[i] += int32(at)
		}
	}
	for i, p := range r.plans {
		r.fill(b.Cols[i], p, n)
	}
	b.N += n
	return nil
}

// rest says that nothing comes now, or ever.
func (r *reader) rest() error {
	if r.next >= r.c.events {
		if r.t.Options.Bool("keep-alive") {
			return nil
		}
		return io.EOF
	}
	if r.waker != nil {
		// Very high rates go by the clock's ticks, not by single events.
		wait := r.c.time(r.next) - r.t.Env.Clock.Now().UnixMilli()
		r.waker.After(time.Duration(max(wait, 1)) * time.Millisecond)
	}
	return nil
}

// choose lists the next events of the split, up to max rows and below end.
func (r *reader) choose(end int64, max int) int {
	r.all.event, r.all.row, r.types = r.all.event[:0], r.all.row[:0], r.types[:0]
	for k := range r.of {
		r.of[k].event, r.of[k].row = r.of[k].event[:0], r.of[k].row[:0]
	}
	block := r.block()
	n := 0
	for n < max && r.next < end {
		off := r.next % r.c.all
		kind, last := int32(2), r.c.all
		switch {
		case off < r.c.person:
			kind, last = 0, r.c.person
		case off < r.c.person+r.c.auction:
			kind, last = 1, r.c.person+r.c.auction
		}
		if k := min(last-off, end-r.next); r.kind < 0 || r.kind == int(kind) {
			k = min(k, int64(max-n))
			n += r.take(kind, k, n)
		} else {
			r.next += k
		}
		if r.next%block == 0 {
			r.next += (r.share.of - 1) * block
		}
	}
	return n
}

// take lists k events of a kind from the next one on, as rows from n on.
func (r *reader) take(kind int32, k int64, n int) int {
	if r.kind >= 0 {
		for range k {
			r.all.event, r.all.row = append(r.all.event, r.next), append(r.all.row, int32(n))
			r.next++
			n++
		}
		return int(k)
	}
	o := &r.of[kind]
	for range k {
		o.event, o.row = append(o.event, r.next), append(o.row, int32(n))
		r.types = append(r.types, kind)
		r.next++
		n++
	}
	return int(k)
}

// fill makes the n new rows of a column.
func (r *reader) fill(v *vec.Vector, p planned, n int) {
	switch {
	case r.kind >= 0:
		v.Grow(n)
		p.fields[0].fill(r.gen, v, &r.all)
	case p.kind < 0:
		v.I32 = append(v.I32, r.types...)
		v.Extend(n)
	default:
		at := v.N
		v.Grow(n)
		o := &r.of[p.kind]
		only(v, at, n, o.row)
		for i, c := range p.fields {
			k := v.Kids[i]
			if at == 0 {
				copy(k.Bits(), v.Valid)
			} else {
				only(k, at, n, o.row)
			}
			c.fill(r.gen, k, o)
		}
	}
}

// only makes all of the n rows from at on null but those listed.
func only(v *vec.Vector, at, n int, rows []int32) {
	bits := v.Bits()
	for i := at; i < at+n; {
		if i&63 == 0 && at+n-i >= 64 {
			bits[i>>6] = 0
			i += 64
			continue
		}
		bits.Clear(i)
		i++
	}
	for _, i := range rows {
		bits.Set(int(i))
	}
}

// Ready wakes who waits for events that are not due.
func (r *reader) Ready() <-chan struct{} {
	if r.waker != nil {
		return r.waker.Ready()
	}
	return r.idle
}

func (r *reader) Position() []byte { return binary.AppendVarint(nil, r.next) }

func (r *reader) Close() error {
	if r.waker != nil {
		r.waker.Close()
	}
	return nil
}
