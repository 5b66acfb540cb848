package state

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
	"pgregory.net/rapid"
)

// keyShapes are the kinds of keys that models are run with; key n of a shape is
// made by its function.
var keyShapes = []struct {
	name  string
	types []types.Type
	row   func(n int) []any
}{
	{"none", nil, func(int) []any { return nil }},
	{"int64", []types.Type{types.Of(types.BigInt)}, func(n int) []any {
		if n == 7 {
			return []any{nil}
		}
		return []any{int64(n) * 1_000_003}
	}},
	{"int32", []types.Type{types.Of(types.Int)}, func(n int) []any { return []any{int64(n)} }},
	{"text", []types.Type{types.String()}, func(n int) []any {
		return []any{fmt.Sprint(n, strings.Repeat("x", n%5*20))}
	}},
	{"two", []types.Type{types.Of(types.BigInt), types.String()}, func(n int) []any {
		return []any{int64(n % 3), fmt.Sprint(n / 3)}
	}},
	{"array", []types.Type{types.ArrayOf(types.Of(types.Int))}, func(n int) []any {
		return []any{[]any{int64(n % 10), int64(n / 10), nil}}
	}},
}

// keysOf encodes keys ns of a shape.
func keysOf(codec *vec.Codec, row func(int) []any, ns []int, k *Keys) {
	b := vec.NewBatch(codec.Types)
	for _, n := range ns {
		for c, x := range row(n) {
			b.Cols[c].AppendValue(x)
		}
	}
	b.N = len(ns)
	k.Encode(codec, b, nil)
}

type fakeTime struct{ now int64 }

func (f *fakeTime) Now() int64 { return f.now }

// tableModel is a Table beside a plain map.
type tableModel struct {
	t       *Table
	row     func(int) []any
	clock   *fakeTime
	ttl     int64
	want    map[string]*modelRow
	touched []string
	replica *Table
	k       Keys
	refs    []Ref
	created []bool
}

type modelRow struct {
	n, text int64
	until   int64
	touched bool
}

func (m *tableModel) alive(key string) *modelRow {
	r := m.want[key]
	if r != nil && m.ttl > 0 && r.until <= m.clock.now && !r.touched {
		return nil
	}
	return r
}

// add upserts keys and adds to their values: a counter, and its decimal text in
// the heap.
func (m *tableModel) add(rt *rapid.T, ns []int) {
	keysOf(m.t.Codec(), m.row, ns, &m.k)
	m.refs, m.created = make([]Ref, len(ns)), make([]bool, len(ns))
	m.t.Upsert(&m.k, m.refs, m.created)
	for i := range ns {
		key := string(m.k.Bytes(i))
		r := m.alive(key)
		if m.created[i] != (r == nil) {
			rt.Fatalf("key %d of %d: created is %v", i, len(ns), m.created[i])
		}
		if r == nil {
			r = &modelRow{}
			m.want[key] = r
		}
		r.n++
		r.until = m.clock.now + m.ttl
		p := (*[2]uint64)(m.t.Ptr(m.refs[i]))
		p[0]++
		if p[0] != uint64(r.n) {
			rt.Fatalf("key %d: %d, want %d", i, p[0], r.n)
		}
		if r.n%3 == 0 {
			p[1] = m.t.Heap().Put(p[1], []byte(strings.Repeat(fmt.Sprint(r.n), int(r.n))))
			r.text = r.n
		}
	}
	m.t.Mark(m.refs)
	if len(ns)%2 == 0 {
		m.t.Settle(m.refs)
	}
}

func (m *tableModel) delete(ns []int) {
	keysOf(m.t.Codec(), m.row, ns, &m.k)
	m.refs = make([]Ref, len(ns))
	m.t.Find(&m.k, m.refs)
	for i := range ns {
		key := string(m.k.Bytes(i))
		if m.refs[i] != NoRef {
			m.t.Delete(m.refs[i])
			delete(m.want, key)
			m.touched = slices.DeleteFunc(m.touched, func(k string) bool { return k == key })
		}
	}
}

func (m *tableModel) touch(ns []int) {
	keysOf(m.t.Codec(), m.row, ns, &m.k)
	m.refs = make([]Ref, len(ns))
	m.t.Find(&m.k, m.refs)
	var found []Ref
	for i, r := range m.refs {
		if r == NoRef {
			continue
		}
		found = append(found, r)
		if w := m.want[string(m.k.Bytes(i))]; !w.touched {
			w.touched = true
			m.touched = append(m.touched, string(m.k.Bytes(i)))
		}
	}
	m.t.Touch(found)
}

func (m *tableModel) take(rt *rapid.T, max int) {
	var want []string
	for len(m.touched) > 0 && len(want) < max {
		if w := m.want[m.touched[0]]; w != nil && w.touched {
			want = append(want, m.touched[0])
			w.touched = false
		}
		m.touched = m.touched[1:]
	}
	m.refs = m.t.TakeTouched(max, m.refs)
	if len(m.refs) != len(want) {
		rt.Fatalf("took %d touched rows, want %d", len(m.refs), len(want))
	}
	for i, r := range m.refs {
		if string(m.t.KeyBytes(r)) != want[i] {
			rt.Fatalf("touched row %d is not in order", i)
		}
	}
}

func (m *tableModel) check(rt *rapid.T, t *Table) {
	seen := map[string]bool{}
	var c Cursor
	for refs := t.Scan(&c, 100, nil); len(refs) > 0; refs = t.Scan(&c, 100, refs) {
		for _, r := range refs {
			key := string(t.KeyBytes(r))
			w := m.alive(key)
			p := (*[2]uint64)(t.Ptr(r))
			if w == nil || seen[key] || p[0] != uint64(w.n) {
				rt.Fatalf("scan: row %q: count %d", key, p[0])
			}
			text := ""
			if w.text > 0 {
				text = strings.Repeat(fmt.Sprint(w.text), int(w.text))
			}
			if got := string(t.Heap().Get(p[1])); got != text {
				rt.Fatalf("row %q: text %q, want %q", key, got, text)
			}
			seen[key] = true
		}
	}
	for key := range m.want {
		if m.alive(key) != nil && !seen[key] {
			rt.Fatalf("scan misses %q", key)
		}
	}
}

func TestTableAgainstMap(t *testing.T) {
	for _, shape := range keyShapes {
		for _, ttl := range []time.Duration{0, time.Second} {
			t.Run(fmt.Sprint(shape.name, ttl), func(t *testing.T) {
				rapid.Check(t, func(rt *rapid.T) { runTableModel(rt, shape.types, shape.row, ttl) })
			})
		}
	}
}

func runTableModel(rt *rapid.T, key []types.Type, row func(int) []any, ttl time.Duration) {
	clock := &fakeTime{now: 1}
	config := Config{Track: true, Now: clock.Now, Groups: 100, From: 0, To: 100}
	if rapid.Bool().Draw(rt, "cramped") {
		budget := cramped(rapid.SampledFrom([]int64{32 << 10, 256 << 10}).Draw(rt, "limit"))
		defer budget.Close()
		config.Memory, config.SegmentRows = budget, rapid.SampledFrom([]int{8, 64, 0}).Draw(rt, "segment")
	}
	s := NewStore(config)
	defer s.Close()
	spec := TableSpec{Name: "t", Key: key, Fixed: 16, HeapRefs: []int{8}, TTL: ttl}
	m := &tableModel{t: s.Table(spec), row: row, clock: clock, ttl: ttl.Milliseconds(), want: map[string]*modelRow{}}
	m.replica = s.Table(spec)
	domain := rapid.SampledFrom([]int{1, 20, 30000}).Draw(rt, "domain")
	keys := func() []int { return drawKeys(rt, domain, 1, 5, 700, 3000) }
	for range rapid.IntRange(1, 12).Draw(rt, "steps") {
		switch rapid.IntRange(0, 7).Draw(rt, "op") {
		case 0, 1, 2:
			m.add(rt, keys())
		case 3:
			m.delete(keys())
		case 4:
			m.touch(keys())
		case 5:
			m.take(rt, rapid.IntRange(1, 5000).Draw(rt, "max"))
		case 6:
			clock.now += int64(rapid.IntRange(0, 1500).Draw(rt, "ms"))
		case 7:
			m.replicate(rt)
		}
	}
	m.take(rt, 1<<30)
	m.replicate(rt)
	m.check(rt, m.t)
	m.check(rt, m.replica)
}

func (m *tableModel) replicate(rt *rapid.T) {
	m.t.TakeDirty(func(c Change) {
		if err := m.replica.Apply(c); err != nil {
			rt.Fatal(err)
		}
	})
	m.t.TakeDirty(func(c Change) { rt.Fatalf("change %v told twice", c.Op) })
	m.replica.TakeDirty(func(c Change) { rt.Fatalf("applied change %v is dirty", c.Op) })
}

// drawKeys draws some key numbers below domain.
func drawKeys(rt *rapid.T, domain int, sizes ...int) []int {
	n := rapid.SampledFrom(sizes).Draw(rt, "n")
	seed := rapid.IntRange(1, 1<<30).Draw(rt, "seed")
	ns := make([]int, n)
	for i := range ns {
		seed = seed*1103515245 + 12345
		ns[i] = (seed >> 8 & 0xFFFFFF) % domain
	}
	return ns
}

// TestWalk: every row is met once, deleted ones are not, and a cleared table has
// none.
func TestWalk(t *testing.T) {
	s := NewStore(Config{})
	defer s.Close()
	tb := s.Table(TableSpec{Key: []types.Type{types.Of(types.BigInt)}, Fixed: 8})
	var k Keys
	ns := make([]int, 20_000)
	for i := range ns {
		ns[i] = i
	}
	for range 2 {
		keysOf(tb.Codec(), keyShapes[1].row, ns, &k)
		refs := make([]Ref, len(ns))
		tb.Upsert(&k, refs, nil)
		tb.Delete(refs[7])
		seen := map[Ref]bool{}
		var c Cursor
		for at := tb.Walk(&c, 300, nil); len(at) > 0; at = tb.Walk(&c, 300, at) {
			for _, r := range at {
				if seen[r] || r == refs[7] {
					t.Fatalf("row %d was met again", r)
				}
				seen[r] = true
			}
		}
		if len(seen) != len(ns)-1 {
			t.Fatalf("%d rows of %d", len(seen), len(ns)-1)
		}
		tb.Clear()
		if c = (Cursor{}); tb.Len() != 0 || len(tb.Walk(&c, 1, nil)) != 0 {
			t.Fatal("rows after Clear")
		}
	}
}

func TestScanWhileGrowing(t *testing.T) {
	s := NewStore(Config{})
	defer s.Close()
	key := []types.Type{types.Of(types.BigInt)}
	tb := s.Table(TableSpec{Key: key, Fixed: 8})
	var k Keys
	add := func(from, to int) {
		var ns []int
		for n := from; n < to; n++ {
			ns = append(ns, n)
		}
		keysOf(tb.Codec(), keyShapes[1].row, ns, &k)
		tb.Upsert(&k, make([]Ref, len(ns)), nil)
	}
	add(0, 3000)
	seen := map[string]int{}
	var c Cursor
	grown := 3000
	for refs := tb.Scan(&c, 200, nil); len(refs) > 0; refs = tb.Scan(&c, 200, refs) {
		for _, r := range refs {
			seen[string(tb.KeyBytes(r))]++
		}
		add(grown, grown+1500)
		grown += 1500
	}
	var ns []int
	for n := range 3000 {
		ns = append(ns, n)
	}
	keysOf(tb.Codec(), keyShapes[1].row, ns, &k)
	for i := range ns {
		if got := seen[string(k.Bytes(i))]; got != 1 {
			t.Fatalf("row %d was met %d times", i, got)
		}
	}
}
