package state

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// Timers are times at which keys want to be looked at again, in order of time
// and then of registration.
//
// They are a list by time (in windowing many keys share a time) beside a heap of
// the distinct times; times whose timers were all deleted stay in the heap until
// they come up.
type Timers struct {
	store *Store
	name  string
	list  *List // key: time; rows: keys
	times minHeap
	route *route
	of    string // the table whose keys its keys are, or hold (named)
	named bool
	out   []byte
	word  [9]byte
}

// Timer is a key's time, ms.
type Timer struct {
	TS  int64
	Key []byte
}

// minHeap is a binary heap of times, the least first.
type minHeap []int64

func (h *minHeap) push(x int64) {
	*h = append(*h, x)
	s := *h
	i := len(s) - 1
	for i > 0 && s[(i-1)/2] > x {
		s[i] = s[(i-1)/2]
		i = (i - 1) / 2
	}
	s[i] = x
}

func (h *minHeap) pop() {
	s := *h
	x := s[len(s)-1]
	s = s[:len(s)-1]
	*h = s
	if len(s) == 0 {
		return
	}
	i := 0
	for {
		c := 2*i + 1
		if c >= len(s) {
			break
		}
		if c+1 < len(s) && s[c+1] < s[c] {
			c++
		}
		if s[c] >= x {
			break
		}
		s[i] = s[c]
		i = c
	}
	s[i] = x
}

// Timers declares a set of timers, whose keys tell their group as a whole.
func (s *Store) Timers(name string) *Timers {
	codec := vec.NewCodec([]types.Type{types.Of(types.BigInt)})
	t := &Timers{store: s, name: name, list: s.newList(ListSpec{Name: name}, codec, false)}
	t.list.timers = true
	s.tables = append(s.tables, t)
	return t
}

// TimersOf declares a set of timers whose keys are those of a table.
func (s *Store) TimersOf(of Owner, name string) *Timers {
	t := s.Timers(name)
	t.route, t.of = of.(routed).routes(), of.Info().Name
	return t
}

// Info tells what was declared.
func (t *Timers) Info() Info { return Info{Name: t.name, Kind: "timers"} }

// at gives the row of a time and its hash; NoRef if it has no timers.
func (t *Timers) at(ts int64) (Ref, uint64) {
	binary.LittleEndian.PutUint64(t.word[:], uint64(ts))
	hash := hashWord(uint64(ts), 0)
	return t.list.keys.probe(hash, t.word[:]), hash
}

// Register adds a timer; one that is there already keeps its place.
func (t *Timers) Register(key []byte, ts int64) {
	r, hash := t.open(ts)
	if t.list.equal(t.list.headOf(r), key, 0) == 0 {
		t.list.add(r, nil, hash, key, 1, 0)
	}
}

// open gives the row of a time, made if need be.
func (t *Timers) open(ts int64) (Ref, uint64) {
	r, hash := t.at(ts)
	if r == NoRef {
		r = t.list.keys.insert(hash, t.word[:])
		if len(t.times) > 2*t.list.Len()+1024 {
			t.retime()
		}
		t.times.push(ts)
	}
	return r, hash
}

// retime rebuilds the heap from the times that have timers.
func (t *Timers) retime() {
	t.times = t.times[:0]
	keys := t.list.keys
	for id := 1; id < len(keys.segs); id++ {
		for n := range keys.segs[id].n {
			p := keys.segs[id].row(keys.stride, n)
			if *header(p)&rowLive != 0 {
				t.times = append(t.times, int64(binary.LittleEndian.Uint64(keys.keyOf(p))))
			}
		}
	}
	slices.Sort(t.times) // an ascending slice is a heap
}

// Delete takes a timer out and tells whether it was there.
func (t *Timers) Delete(key []byte, ts int64) bool {
	return t.delete(key, ts, true)
}

func (t *Timers) delete(key []byte, ts int64, log bool) bool {
	r, _ := t.at(ts)
	if r == NoRef {
		return false
	}
	e := t.list.equal(t.list.headOf(r), key, 0)
	if e != 0 {
		t.list.remove(r, e, log)
		t.list.bury()
	}
	return e != 0
}

// PopDue takes out at most max timers with TS <= upTo and replaces out by them,
// in order of time and then of registration. Their keys are valid until the
// next PopDue.
func (t *Timers) PopDue(upTo int64, max int, out []Timer) []Timer {
	out, t.out = out[:0], t.out[:0]
	l := t.list
	for len(t.times) > 0 && t.times[0] <= upTo && len(out) < max {
		ts := t.times[0]
		r, _ := t.at(ts)
		if r == NoRef {
			t.times.pop()
			continue
		}
		h := l.headOf(r)
		l.links.Free(h.index)
		for h.index = 0; h.live > 0 && len(out) < max; {
			e := *slotAt(l.array(h), h.from)
			row := l.Row(e)
			t.out = append(t.out, row...)
			out = append(out, Timer{TS: ts, Key: row}) // for its length
			l.remove(r, e, true)
		}
		l.bury()
	}
	at := 0
	for i := range out {
		n := len(out[i].Key)
		out[i].Key = t.out[at : at+n : at+n]
		at += n
	}
	return out
}

// Next is the earliest time, math.MaxInt64 if there is none.
func (t *Timers) Next() int64 {
	for len(t.times) > 0 {
		if r, _ := t.at(t.times[0]); r != NoRef {
			return t.times[0]
		}
		t.times.pop()
	}
	return math.MaxInt64
}

// Len is the number of timers.
func (t *Timers) Len() int { return t.list.count }

// Bytes is the memory held.
func (t *Timers) Bytes() int64 { return t.list.Bytes() + int64(cap(t.times))*8 }

// TakeDirty hands over deleted (and popped) timers as OpRemove, then new ones as
// OpAppend. Key is the timer's key; Value is its time, for new ones followed by
// its place in the order of registration (8 bytes each).
func (t *Timers) TakeDirty(f func(Change)) {
	l := t.list
	l.gone.take(f)
	var buf []byte
	for _, e := range l.dirty {
		if !l.entries.alive(uint64(e)) {
			continue
		}
		if en := l.entry(e); en.flags&entryDirty != 0 {
			en.flags = en.flags&^entryDirty | entryBase
			buf = t.appendTimer(buf[:0], l.owner(e), e)
			f(Change{Op: OpAppend, Key: l.Row(e), Value: buf})
		}
	}
	l.dirty = l.dirty[:0]
}

// Apply replays a change.
func (t *Timers) Apply(c Change) error {
	if c.Op != OpRemove && c.Op != OpAppend || len(c.Value) < 8 || c.Op == OpAppend && len(c.Value) < 16 {
		return badChange(t.name)
	}
	ts := int64(binary.LittleEndian.Uint64(c.Value))
	t.delete(c.Key, ts, false)
	if c.Op == OpRemove {
		return nil
	}
	r, hash := t.open(ts)
	t.list.keys.changed(r)
	seq := binary.LittleEndian.Uint64(c.Value[8:])
	value := append(make([]byte, 16, 16+len(c.Key)), c.Key...)
	value[8] = 1 // multiplicity
	t.list.restore(r, hash, seq, value)
	return nil
}

func (t *Timers) close() { t.list.close() }
