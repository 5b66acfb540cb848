package state

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"testing"

	"github.com/weir-stream/weir/internal/types"
	"pgregory.net/rapid"
)

// sortedModel is a Sorted beside a map of sorted slices.
type sortedModel struct {
	s, replica *Sorted
	row        func(int) []any
	want       map[string][]modelItem
	k          Keys
	refs       []Ref
	rows       int // distinct rows
}

type modelItem struct {
	sk, row string
	aux     int64
}

func sortKeyOf(n int) []byte {
	return fmt.Appendf(AppendSortInt(nil, int64(n/3)), "%d", n%3)
}

func (m *sortedModel) find(ns []int, create bool) {
	keysOf(m.s.KeyCodec(), m.row, ns, &m.k)
	m.refs = sizedRefs(m.refs, len(ns))
	if create {
		m.s.Upsert(&m.k, m.refs, nil)
		for i, r := range m.refs {
			*(*int64)(m.s.Ptr(r)) = int64(m.k.Hash(i))
			if _, ok := m.want[string(m.k.Bytes(i))]; !ok {
				m.want[string(m.k.Bytes(i))] = nil
			}
		}
		m.s.Mark(m.refs)
		return
	}
	m.s.Find(&m.k, m.refs)
}

func (m *sortedModel) insert(rt *rapid.T, ns, vs []int) {
	m.find(ns, true)
	for i, r := range m.refs {
		key := string(m.k.Bytes(i))
		sk, row := sortKeyOf(vs[i]), fmt.Append(nil, "row", (vs[i]+i)%m.rows)
		items := m.want[key]
		at, _ := slices.BinarySearchFunc(items, string(sk), func(it modelItem, sk string) int {
			if it.sk <= sk {
				return -1
			}
			return 1
		})
		m.want[key] = slices.Insert(items, at, modelItem{sk: string(sk), row: string(row)})
		if got := m.s.Insert(r, sk, row); got != at {
			rt.Fatalf("inserted at %d, want %d", got, at)
		}
		if vs[i]%11 == 0 {
			var it Iter
			m.s.Iter(&it, r, at)
			*(*int64)(it.Aux()) = int64(i)
			m.s.MarkAux(&it)
			m.want[key][at].aux = int64(i)
		}
	}
}

func (m *sortedModel) remove(rt *rapid.T, ns, vs []int) {
	m.find(ns, false)
	for i, r := range m.refs {
		if r == NoRef {
			continue
		}
		key := string(m.k.Bytes(i))
		sk, row := string(sortKeyOf(vs[i])), fmt.Sprint("row", (vs[i]+i)%m.rows)
		at := slices.IndexFunc(m.want[key], func(it modelItem) bool { return it.sk == sk && it.row == row })
		if at >= 0 {
			m.want[key] = slices.Delete(m.want[key], at, at+1)
		}
		if at >= 0 && i%5 == 0 {
			m.s.DeleteAt(r, at)
			continue
		}
		if got := m.s.DeleteEqual(r, []byte(sk), []byte(row)); got != at {
			rt.Fatalf("deleted at %d, want %d", got, at)
		}
	}
}

func (m *sortedModel) dropBelow(rt *rapid.T, ns []int, bound []byte) {
	m.find(ns, false)
	for i, r := range m.refs {
		if r == NoRef {
			continue
		}
		key := string(m.k.Bytes(i))
		n := 0
		for n < len(m.want[key]) && m.want[key][n].sk < string(bound) {
			n++
		}
		m.want[key] = slices.Delete(m.want[key], 0, n)
		if got := m.s.DropBelow(r, bound); got != n {
			rt.Fatalf("dropped %d, want %d", got, n)
		}
	}
}

func (m *sortedModel) deleteKeys(ns []int) {
	m.find(ns, false)
	for i, r := range m.refs {
		if r != NoRef {
			m.s.DeleteKey(r)
			delete(m.want, string(m.k.Bytes(i)))
		}
	}
}

func (m *sortedModel) check(rt *rapid.T, s *Sorted) {
	var c Cursor
	n, items := 0, 0
	for refs := s.Scan(&c, 10, nil); len(refs) > 0; refs = s.Scan(&c, 10, refs) {
		for _, g := range refs {
			n++
			want, ok := m.want[string(s.KeyBytes(g))]
			if !ok || s.Count(g) != len(want) {
				rt.Fatalf("map of %d items, want %d", s.Count(g), len(want))
			}
			if *(*int64)(s.Ptr(g)) != int64(hashOf(s.KeyBytes(g))) {
				rt.Fatal("the fixed bytes differ")
			}
			items += len(want)
			m.walk(rt, s, g, want)
		}
	}
	if n != len(m.want) || items != s.Items() {
		rt.Fatalf("%d maps, want %d; %d items, want %d", n, len(m.want), s.Items(), items)
	}
}

func (m *sortedModel) walk(rt *rapid.T, s *Sorted, g Ref, want []modelItem) {
	var it Iter
	i := 0
	for s.Iter(&it, g, 0); it.Valid(); it.Next() {
		w := want[i]
		if string(it.SortKey()) != w.sk || string(it.Row()) != w.row || *(*int64)(it.Aux()) != w.aux {
			rt.Fatalf("item %d: %x %s, want %x %s", i, it.SortKey(), it.Row(), w.sk, w.row)
		}
		i++
	}
	if i != len(want) {
		rt.Fatalf("walked %d items, want %d", i, len(want))
	}
	for s.Iter(&it, g, len(want)-1); it.Valid(); it.Prev() {
		i--
		if string(it.SortKey()) != want[i].sk {
			rt.Fatalf("item %d backwards differs", i)
		}
	}
	if i != 0 {
		rt.Fatalf("%d items are left backwards", i)
	}
	if len(want) > 0 {
		mid := want[len(want)/2].sk
		first := slices.IndexFunc(want, func(w modelItem) bool { return w.sk == mid })
		s.Seek(&it, g, []byte(mid))
		if it.Pos() != first || s.Rank(g, []byte(mid)) != first || string(it.SortKey()) != mid {
			rt.Fatalf("seek comes to %d, want %d", it.Pos(), first)
		}
	}
}

func (m *sortedModel) replicate(rt *rapid.T) {
	m.s.TakeDirty(func(c Change) {
		if err := m.replica.Apply(c); err != nil {
			rt.Fatal(err)
		}
	})
	m.s.TakeDirty(func(c Change) { rt.Fatalf("change %v told twice", c.Op) })
	m.replica.TakeDirty(func(c Change) { rt.Fatalf("applied change %v is dirty", c.Op) })
}

func TestSortedAgainstSlices(t *testing.T) {
	for _, shape := range keyShapes[:4] {
		t.Run(shape.name, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) { runSortedModel(rt, shape.types, shape.row) })
		})
	}
}

func runSortedModel(rt *rapid.T, key []types.Type, row func(int) []any) {
	s := NewStore(Config{Track: true})
	defer s.Close()
	spec := SortedSpec{Name: "s", Key: key, Fixed: 8, Aux: 8}
	m := &sortedModel{s: s.Sorted(spec), replica: s.Sorted(spec), row: row, want: map[string][]modelItem{}}
	domain := rapid.SampledFrom([]int{1, 2, 50}).Draw(rt, "keys")
	values := rapid.SampledFrom([]int{2, 50, 10000}).Draw(rt, "values") // few values tie maps
	m.rows = rapid.SampledFrom([]int{1, 5, 500}).Draw(rt, "rows")
	ascending := rapid.Bool().Draw(rt, "ascending")
	for step := range rapid.IntRange(1, 10).Draw(rt, "steps") {
		ns := drawKeys(rt, domain, 1, 10, 300, 1000)
		vs := make([]int, len(ns))
		for i := range vs {
			if vs[i] = (ns[i]*7919 + i*31) % values; ascending {
				vs[i] = step*1000 + i
			}
		}
		switch rapid.IntRange(0, 7).Draw(rt, "op") {
		case 0, 1, 2, 3:
			m.insert(rt, ns, vs)
		case 4:
			m.remove(rt, ns, vs)
		case 5:
			m.dropBelow(rt, ns, sortKeyOf(rapid.IntRange(0, values).Draw(rt, "bound")))
		case 6:
			m.replicate(rt)
			m.check(rt, m.replica)
		case 7:
			m.deleteKeys(ns[:1+len(ns)/20])
		}
	}
	m.check(rt, m.s)
	m.replicate(rt)
	m.check(rt, m.replica)
}

// BenchmarkSorted inserts into and deletes from one map; ns/item is what counts.
func BenchmarkSorted(b *testing.B) {
	for _, c := range []struct {
		name  string
		items int
		key   func(i int) int64
	}{
		{"random", 1_000_000, func(i int) int64 { return int64(uint64(i) * 0x9E3779B97F4A7C15 >> 20) }},
		{"ascending", 1_000_000, func(i int) int64 { return int64(i) }},
		{"ties", 200_000, func(i int) int64 { return int64(i % 3) }},
		{"small", 10, func(i int) int64 { return int64(i * 7 % 10) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			s := NewStore(Config{Track: true})
			defer s.Close()
			so := s.Sorted(SortedSpec{Key: keyShapes[1].types})
			var k Keys
			refs := make([]Ref, 1)
			keysOf(so.KeyCodec(), keyShapes[1].row, []int{1}, &k)
			so.Upsert(&k, refs, nil)
			var sk, row []byte
			each := func(f func(Ref, []byte, []byte) int) {
				for i := range c.items {
					sk = AppendSortInt(sk[:0], c.key(i))
					row = binary.LittleEndian.AppendUint64(row[:0], uint64(i))
					if f(refs[0], sk, row) < 0 {
						b.Fatal("an item is missing")
					}
				}
			}
			for range b.N {
				each(so.Insert)
				each(so.DeleteEqual)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(c.items), "ns/item")
		})
	}
}

func TestSortedTTL(t *testing.T) {
	clock := &fakeTime{now: 1}
	s := NewStore(Config{Now: clock.Now})
	defer s.Close()
	so := s.Sorted(SortedSpec{Key: keyShapes[1].types, TTL: 100e6})
	var k Keys
	refs := make([]Ref, 1)
	for n := range 20 {
		keysOf(so.KeyCodec(), keyShapes[1].row, []int{n}, &k)
		so.Upsert(&k, refs, nil)
		so.Insert(refs[0], []byte("a"), []byte("row"))
	}
	clock.now += 100
	if so.Find(&k, refs); refs[0] != NoRef {
		t.Error("an expired map is found")
	}
	for range 3 { // the sweep comes round
		so.Upsert(&k, refs, nil)
	}
	if n := so.Count(refs[0]); n != 0 || so.Items() != 0 || so.Len() != 1 {
		t.Errorf("%d items in the new map, %d in all %d", n, so.Items(), so.Len())
	}
}

func TestTimersAgainstSlice(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := NewStore(Config{Track: true})
		defer s.Close()
		tm, replica := s.Timers("t"), s.Timers("t")
		var want []Timer
		find := func(key []byte, ts int64) int {
			return slices.IndexFunc(want, func(x Timer) bool { return x.TS == ts && bytes.Equal(x.Key, key) })
		}
		pop := func(tm *Timers, upTo int64, max int) int {
			due := tm.PopDue(upTo, max, nil)
			for i, d := range due {
				if d.TS != want[i].TS || !bytes.Equal(d.Key, want[i].Key) {
					rt.Fatalf("timer %d is %d %q, want %d %q", i, d.TS, d.Key, want[i].TS, want[i].Key)
				}
			}
			if n := len(due); n < max && n < len(want) && want[n].TS <= upTo {
				rt.Fatalf("%d timers of %d", n, len(want))
			}
			return len(due)
		}
		domain := rapid.SampledFrom([]int64{1, 100, 1 << 40}).Draw(rt, "times")
		for range rapid.IntRange(1, 300).Draw(rt, "steps") {
			key := binary.BigEndian.AppendUint32(nil, rapid.Uint32Range(0, 30).Draw(rt, "key"))
			ts := rapid.Int64Range(-3, domain).Draw(rt, "ts")
			switch rapid.IntRange(0, 9).Draw(rt, "op") {
			case 0:
				at := find(key, ts)
				if tm.Delete(key, ts) != (at >= 0) {
					rt.Fatal("delete")
				}
				if at >= 0 {
					want = slices.Delete(want, at, at+1)
				}
			case 1:
				max := rapid.IntRange(1, 20).Draw(rt, "max")
				want = want[pop(tm, ts, max):]
			case 2:
				tm.TakeDirty(func(c Change) {
					if err := replica.Apply(c); err != nil {
						rt.Fatal(err)
					}
				})
				tm.TakeDirty(func(Change) { rt.Fatal("told twice") })
			default:
				tm.Register(key, ts)
				if find(key, ts) < 0 {
					at, _ := slices.BinarySearchFunc(want, ts, func(x Timer, ts int64) int {
						if x.TS <= ts {
							return -1
						}
						return 1
					})
					want = slices.Insert(want, at, Timer{ts, key})
				}
			}
			if tm.Len() != len(want) || len(want) > 0 && tm.Next() != want[0].TS {
				rt.Fatalf("%d timers from %d on, want %d", tm.Len(), tm.Next(), len(want))
			}
		}
		tm.TakeDirty(func(c Change) {
			if err := replica.Apply(c); err != nil {
				rt.Fatal(err)
			}
		})
		if n := pop(replica, 1<<62, 1<<30); n != len(want) {
			rt.Fatalf("the replica has %d timers, want %d", n, len(want))
		}
	})
}

func TestTimersForgetDeletedTimes(t *testing.T) {
	s := NewStore(Config{})
	defer s.Close()
	tm := s.Timers("t")
	key := []byte("key")
	tm.Register(key, 1<<40)
	for ts := range int64(20_000) { // a session that is extended again and again
		tm.Register(key, ts)
		tm.Delete(key, ts-1)
	}
	if n := len(tm.times); n > 3000 {
		t.Errorf("%d times are kept for %d timers", n, tm.Len())
	}
	if tm.Next() != 19_999 {
		t.Errorf("next is %d", tm.Next())
	}
	due := tm.PopDue(1<<50, 10, nil)
	if len(due) != 2 || due[1].TS != 1<<40 || string(due[1].Key) != "key" {
		t.Errorf("due are %v", due)
	}
}

func TestSingle(t *testing.T) {
	s := NewStore(Config{Track: true})
	defer s.Close()
	a, b := s.Single("a"), s.Single("b")
	ops := 0
	sync := func(want ...string) {
		t.Helper()
		ops = 0
		a.TakeDirty(func(c Change) {
			ops++
			if err := b.Apply(c); err != nil {
				t.Fatal(err)
			}
		})
		var got []string
		for i := range b.Len() {
			got = append(got, string(b.At(i)))
		}
		if !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	a.Set([]byte("x"))
	sync("x")
	a.Append([]byte("y"))
	sync("x", "y")
	if ops != 1 {
		t.Errorf("an addition took %d changes", ops)
	}
	a.SetAt(0, []byte("z"))
	sync("z", "y")
	a.Set([]byte("w"))
	sync("w")
	a.Clear()
	sync()
	if s.Bytes() != a.Bytes()+b.Bytes() {
		t.Errorf("%d bytes", s.Bytes())
	}
}
