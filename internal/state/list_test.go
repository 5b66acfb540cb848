package state

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
	"pgregory.net/rapid"
)

// listModel is a List beside a plain map of slices.
type listModel struct {
	l, replica *List
	row        func(int) []any
	clock      *fakeTime
	ttl        int64
	want       map[string][]modelEntry
	k          Keys
	rows       vec.Rows
}

type modelEntry struct {
	row       string
	mult, aux int64
	until     int64
}

func (m *listModel) encode(ns, rows []int) {
	keysOf(m.l.KeyCodec(), m.row, ns, &m.k)
	v := vec.New(types.Of(types.BigInt), len(rows))
	for i, r := range rows {
		v.I64[i] = int64(r)
	}
	m.l.RowCodec().EncodeVectors(&m.rows, []*vec.Vector{v}, nil, len(rows))
}

// prune drops what has expired.
func (m *listModel) prune() {
	if m.ttl == 0 {
		return
	}
	for k, es := range m.want {
		es = slices.DeleteFunc(es, func(e modelEntry) bool { return e.until <= m.clock.now })
		if m.want[k] = es; len(es) == 0 {
			delete(m.want, k)
		}
	}
}

func (m *listModel) find(i int) (string, int) {
	key, row := string(m.k.Bytes(i)), string(m.rows.Row(i))
	return key, slices.IndexFunc(m.want[key], func(e modelEntry) bool { return e.row == row })
}

func (m *listModel) drop(key string, at int) {
	m.want[key] = slices.Delete(m.want[key], at, at+1)
	if len(m.want[key]) == 0 {
		delete(m.want, key)
	}
}

func (m *listModel) append() {
	out := make([]Entry, m.k.Len())
	m.l.Append(&m.k, &m.rows, out)
	for i := range m.k.Len() {
		key := string(m.k.Bytes(i))
		m.want[key] = append(m.want[key], modelEntry{row: string(m.rows.Row(i)), mult: 1, until: m.clock.now + m.ttl})
		if i%7 == 0 {
			*(*int64)(m.l.Aux(out[i])) = int64(i)
			m.l.MarkEntry(out[i])
			m.want[key][len(m.want[key])-1].aux = int64(i)
		}
	}
}

func (m *listModel) remove(rt *rapid.T) {
	found := make([]bool, m.k.Len())
	m.l.Remove(&m.k, &m.rows, found)
	for i := range found {
		key, at := m.find(i)
		if found[i] != (at >= 0) {
			rt.Fatalf("remove %d: found is %v", i, found[i])
		}
		if at >= 0 {
			m.drop(key, at)
		}
	}
}

// removeEntries does what remove does by the entries' names.
func (m *listModel) removeEntries(rt *rapid.T) {
	out := make([]Entry, m.k.Len())
	m.l.Equal(&m.k, &m.rows, out)
	done := map[Entry]bool{}
	for i, e := range out {
		key, at := m.find(i)
		if done[e] {
			continue
		}
		if (e != 0) != (at >= 0) {
			rt.Fatalf("equal %d: entry %x", i, e)
		}
		if e != 0 {
			done[e] = true
			m.same(rt, m.l, e, m.want[key][at])
			m.l.RemoveEntry(e)
			m.drop(key, at)
		}
	}
}

func (m *listModel) add(rt *rapid.T, deltas []int64) {
	out := make([]int64, len(deltas))
	m.l.Add(&m.k, &m.rows, deltas, out)
	for i, d := range deltas {
		key, at := m.find(i)
		if at < 0 {
			at = len(m.want[key])
			m.want[key] = append(m.want[key], modelEntry{row: string(m.rows.Row(i))})
		}
		e := &m.want[key][at]
		e.mult += d
		e.until = m.clock.now + m.ttl
		if out[i] != e.mult {
			rt.Fatalf("add %d: multiplicity %d, want %d", i, out[i], e.mult)
		}
		if e.mult == 0 {
			m.drop(key, at)
		}
	}
}

func (m *listModel) probe(rt *rapid.T, max int) {
	var p Probe
	probe, entries := make([]int32, max), make([]Entry, max)
	counts, has := make([]int32, m.k.Len()), make([]bool, m.k.Len())
	m.l.Count(&m.k, counts)
	m.l.HasKey(&m.k, has)
	m.l.Probe(&p, &m.k)
	i, at := 0, 0
	next := func() {
		for ; i < m.k.Len() && at >= len(m.want[string(m.k.Bytes(i))]); i, at = i+1, 0 {
			if int(counts[i]) != at || has[i] != (at > 0) {
				rt.Fatalf("key %d: %d entries, has %v, want %d", i, counts[i], has[i], at)
			}
		}
	}
	for n := p.Next(probe, entries); n > 0; n = p.Next(probe, entries) {
		for x := range n {
			next()
			if i >= m.k.Len() {
				rt.Fatal("too many pairs")
			}
			m.same(rt, m.l, entries[x], m.want[string(m.k.Bytes(i))][at])
			if int(probe[x]) != i {
				rt.Fatalf("pair of key %d, want %d", probe[x], i)
			}
			at++
		}
	}
	if next(); i < m.k.Len() {
		rt.Fatalf("pairs of key %d are missing", i)
	}
}

func (m *listModel) same(rt *rapid.T, l *List, e Entry, w modelEntry) {
	if string(l.Row(e)) != w.row || l.Mult(e) != w.mult || *(*int64)(l.Aux(e)) != w.aux {
		rt.Fatalf("entry %x %d %d, want %x %d %d", l.Row(e), l.Mult(e), *(*int64)(l.Aux(e)), w.row, w.mult, w.aux)
	}
}

func (m *listModel) scan(rt *rapid.T, l *List, max int) {
	var c ListCursor
	seen := map[string]int{}
	total := 0
	for es := l.Scan(&c, max, nil); len(es) > 0; es = l.Scan(&c, max, es) {
		for _, e := range es {
			key := string(l.Key(e))
			if seen[key] >= len(m.want[key]) {
				rt.Fatalf("entry too many of %q", key)
			}
			m.same(rt, l, e, m.want[key][seen[key]])
			seen[key]++
			total++
		}
	}
	want := 0
	for _, es := range m.want {
		want += len(es)
	}
	if total != want {
		rt.Fatalf("scan meets %d entries, want %d", total, want)
	}
}

func (m *listModel) replicate(rt *rapid.T) {
	m.l.TakeDirty(func(c Change) {
		if err := m.replica.Apply(c); err != nil {
			rt.Fatal(err)
		}
	})
	m.l.TakeDirty(func(c Change) { rt.Fatalf("change %v told twice", c.Op) })
	m.replica.TakeDirty(func(c Change) { rt.Fatalf("applied change %v is dirty", c.Op) })
}

func TestListAgainstMap(t *testing.T) {
	for _, shape := range keyShapes {
		for _, ttl := range []time.Duration{0, time.Second} {
			t.Run(fmt.Sprint(shape.name, ttl), func(t *testing.T) {
				rapid.Check(t, func(rt *rapid.T) { runListModel(rt, shape.types, shape.row, ttl) })
			})
		}
	}
}

func runListModel(rt *rapid.T, key []types.Type, row func(int) []any, ttl time.Duration) {
	clock := &fakeTime{now: 1}
	s := NewStore(Config{Track: true, Now: clock.Now, Groups: 128, From: 32, To: 64})
	defer s.Close()
	spec := ListSpec{Name: "l", Key: key, Row: []types.Type{types.Of(types.BigInt)}, Aux: 8, TTL: ttl}
	m := &listModel{l: s.List(spec), replica: s.List(spec), row: row, clock: clock, ttl: ttl.Milliseconds(), want: map[string][]modelEntry{}}
	domain := rapid.SampledFrom([]int{1, 3, 200, 9000}).Draw(rt, "keys")
	values := rapid.SampledFrom([]int{1, 4, 1000}).Draw(rt, "rows")
	for range rapid.IntRange(1, 12).Draw(rt, "steps") {
		ns := drawKeys(rt, domain, 1, 10, 300, 1000)
		vs := make([]int, len(ns))
		for i := range vs {
			vs[i] = (ns[i]*7919 + i*31) % values
		}
		m.encode(ns, vs)
		m.prune()
		switch rapid.IntRange(0, 9).Draw(rt, "op") {
		case 0, 1, 2:
			m.append()
		case 9: // new entries are written late from here on, or no longer
			m.l.brief.late = !m.l.brief.late
			m.l.dropNotes()
		case 3:
			m.remove(rt)
		case 8:
			m.removeEntries(rt)
		case 4:
			ds := make([]int64, len(ns))
			for i := range ds {
				ds[i] = int64(i%3 - 1)
			}
			m.add(rt, ds)
		case 5:
			m.l.RemoveKeys(&m.k)
			for i := range ns {
				delete(m.want, string(m.k.Bytes(i)))
			}
		case 6:
			m.replicate(rt)
			m.scan(rt, m.replica, 50)
		case 7:
			clock.now += int64(rapid.IntRange(0, 1500).Draw(rt, "ms"))
			m.prune()
		}
		m.encode(ns[:min(len(ns), 20)], vs[:min(len(ns), 20)])
		m.probe(rt, rapid.IntRange(1, 500).Draw(rt, "max"))
	}
	m.replicate(rt)
	m.scan(rt, m.l, rapid.IntRange(1, 500).Draw(rt, "max"))
	m.scan(rt, m.replica, 100)
	if m.l.Entries() < m.l.Len() {
		rt.Fatalf("%d entries of %d keys", m.l.Entries(), m.l.Len())
	}
}

// BenchmarkList appends and probes, and removes from a key of many entries;
// ns/row is what counts.
func BenchmarkList(b *testing.B) {
	const batch = 4096
	for _, c := range []struct {
		name       string
		keys, rows int
	}{{"unique", 1 << 20, 1 << 20}, {"ten", 100_000, 1_000_000}, {"hot", 4, 400_000}} {
		s := NewStore(Config{Track: true})
		big := []types.Type{types.Of(types.BigInt)}
		l := s.List(ListSpec{Key: big, Row: []types.Type{big[0], big[0], big[0]}, Aux: 8})
		var k Keys
		var rows vec.Rows
		v, w := vec.New(big[0], batch), vec.New(big[0], batch)
		load := func(from int) {
			for i := range batch {
				v.I64[i] = int64(uint64(from+i) * 0x9E3779B97F4A7C15 >> 32 % uint64(c.keys))
				w.I64[i] = int64(from + i)
			}
			k.EncodeVectors(l.KeyCodec(), []*vec.Vector{v}, nil, batch)
			l.RowCodec().EncodeVectors(&rows, []*vec.Vector{w, v, w}, nil, batch)
		}
		each := func(name string, f func()) {
			b.Run(c.name+"/"+name, func(b *testing.B) {
				for range b.N {
					for from := 0; from < c.rows; from += batch {
						b.StopTimer()
						load(from)
						b.StartTimer()
						f()
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(c.rows), "ns/row")
			})
		}
		each("append", func() { l.Append(&k, &rows, nil) })
		if c.keys > 4 {
			var p Probe
			probe, entries := make([]int32, batch), make([]Entry, batch)
			var out [][]byte
			sum := 0
			each("probe", func() {
				l.Probe(&p, &k)
				for n := p.Next(probe, entries); n > 0; n = p.Next(probe, entries) {
					out = l.Rows(entries[:n], out)
					sum += len(out[0])
				}
			})
		}
		each("remove", func() { l.Remove(&k, &rows, nil) })
		s.Close()
	}
}
