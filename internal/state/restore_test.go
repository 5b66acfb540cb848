package state

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
	"pgregory.net/rapid"
)

// life is a store with a table of each kind, on which drawn operations run.
type life struct {
	store  *Store
	table  *Table
	list   *List
	shared *List // entries of one key in several subtasks
	sorted *Sorted
	timers *Timers
	single *Single
	clock  *fakeTime

	key  Keys
	cols []*vec.Vector
	rows vec.Rows
}

// The keys of all tables are a number and a text, by which rows are spread.
var lifeKey = []types.Type{types.Of(types.BigInt), types.String()}

func newLife(clock *fakeTime, ttl time.Duration, from, to int) *life {
	return newLifeOf(clock, ttl, from, to, 0)
}

func newLifeOf(clock *fakeTime, ttl time.Duration, from, to, segmentRows int) *life {
	row, by := []types.Type{types.Of(types.BigInt)}, []int{1}
	l := &life{clock: clock, cols: []*vec.Vector{vec.New(lifeKey[0], 1), vec.New(lifeKey[1], 1)}}
	config := Config{Track: true, Groups: 12, From: from, To: to, SegmentRows: segmentRows, Now: func() int64 { return clock.now }}
	if segmentRows > 0 {
		config.Memory = cramped(64 << 10)
	}
	s := NewStore(config)
	l.store = s
	l.table = s.Table(TableSpec{Name: "table", Lazy: true, Key: lifeKey, Fixed: 16, HeapRefs: []int{8}, TTL: ttl, Route: by})
	l.list = s.List(ListSpec{Name: "list", Key: lifeKey, Row: row, Aux: 8, TTL: ttl, Route: by})
	l.shared = s.List(ListSpec{Name: "shared", Key: row, Row: lifeKey[1:], RouteRow: []int{0}})
	l.sorted = s.Sorted(SortedSpec{Name: "sorted", Lazy: true, Key: lifeKey, Row: row, Fixed: 8, Aux: 8, TTL: ttl, Route: by})
	l.timers = s.NamedTimersOf(l.table, "timers")
	l.single = s.Single("single")
	return l
}

func (l *life) keyOf(k int) {
	l.cols[0].I64[0], l.cols[1].S[0] = int64(k), fmt.Sprint("key ", k%5)
	l.key.EncodeVectors(l.table.Codec(), l.cols, nil, 1)
}

// group is where the rows of a key go.
func (l *life) group(k int) int {
	var r vec.Rows
	v := vec.New(lifeKey[1], 1)
	v.S[0] = fmt.Sprint("key ", k%5)
	vec.NewCodec(lifeKey[1:]).EncodeVectors(&r, []*vec.Vector{v}, nil, 1)
	return vec.KeyGroup(vec.HashRows(&r, nil)[0], 12)
}

func (l *life) row(x int) []byte {
	v := vec.New(types.Of(types.BigInt), 1)
	v.I64[0] = int64(x)
	l.list.RowCodec().EncodeVectors(&l.rows, []*vec.Vector{v}, nil, 1)
	return l.rows.Row(0)
}

// act does one of the things that operators do.
func (l *life) act(what, k, x int) {
	l.keyOf(k)
	row := l.row(x)
	ref := make([]Ref, 1)
	switch what {
	case 0, 1: // write a value
		l.table.Upsert(&l.key, ref, nil)
		p := l.table.Ptr(ref[0])
		*(*int64)(p) += int64(x)
		refs := (*[2]uint64)(p)
		refs[1] = l.table.Heap().Put(refs[1], bytes.Repeat(row, x))
		l.table.Mark(ref)
		if what == 1 {
			l.table.Settle(ref)
		}
	case 2:
		if l.table.Find(&l.key, ref); ref[0] != NoRef {
			l.table.Delete(ref[0])
		}
	case 3, 4:
		es := make([]Entry, 1)
		l.list.Append(&l.key, &l.rows, es)
		*(*int64)(l.list.Aux(es[0])) = int64(k)
		l.list.MarkEntry(es[0])
	case 5:
		l.list.Remove(&l.key, &l.rows, nil)
	case 6:
		l.list.RemoveKeys(&l.key)
	case 7:
		l.list.Add(&l.key, &l.rows, []int64{int64(x - 2)}, nil)
	case 8, 9, 10:
		l.sorted.Upsert(&l.key, ref, nil)
		*(*int64)(l.sorted.Ptr(ref[0])) += int64(x)
		l.sorted.Mark(ref)
		at := l.sorted.Insert(ref[0], AppendSortInt(nil, int64(x/2)), row)
		var it Iter
		l.sorted.Iter(&it, ref[0], at)
		*(*int64)(it.Aux()) = int64(k)
		l.sorted.MarkAux(&it)
	case 11, 12, 13:
		if l.sorted.Find(&l.key, ref); ref[0] == NoRef {
			return
		}
		switch what {
		case 11:
			l.sorted.DeleteEqual(ref[0], AppendSortInt(nil, int64(x/2)), row)
		case 12:
			l.sorted.DropBelow(ref[0], AppendSortInt(nil, int64(x/2)))
		default:
			l.sorted.DeleteKey(ref[0])
		}
	case 14, 15:
		l.timers.Register(AppendNamed(nil, l.key.Bytes(0), fmt.Sprint(x)), l.clock.now+int64(x))
	case 16:
		l.timers.Delete(AppendNamed(nil, l.key.Bytes(0), fmt.Sprint(x)), l.clock.now+int64(x))
	case 17:
		l.timers.PopDue(l.clock.now, 1000, nil)
	case 20, 21, 22, 23:
		l.share(what, k)
	case 18:
		l.single.Set(row)
	case 19:
		if l.single.Append(row); l.single.Len() > 4 {
			l.single.Clear()
		}
	}
}

// share is act for what has entries of one key in several subtasks.
func (l *life) share(what, k int) {
	key, row := vec.New(types.Of(types.BigInt), 1), vec.New(lifeKey[1], 1)
	key.I64[0], row.S[0] = int64(k%2), fmt.Sprint("key ", k%5)
	l.key.EncodeVectors(l.shared.KeyCodec(), []*vec.Vector{key}, nil, 1)
	l.shared.RowCodec().EncodeVectors(&l.rows, []*vec.Vector{row}, nil, 1)
	switch what {
	case 20, 21:
		l.shared.Append(&l.key, &l.rows, nil)
	case 22:
		l.shared.Remove(&l.key, &l.rows, nil)
	default:
		l.shared.RemoveKeys(&l.key)
	}
}

// text tells all that can be seen of some stores together.
func text(lives ...*life) string {
	var out []string
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	for _, l := range lives {
		var c Cursor
		for refs := l.table.Scan(&c, 100, nil); len(refs) > 0; refs = l.table.Scan(&c, 100, refs) {
			for _, r := range refs {
				p := (*[2]uint64)(l.table.Ptr(r))
				add("table %x: %d %x", l.table.KeyBytes(r), p[0], l.table.Heap().Get(p[1]))
			}
		}
		var lc ListCursor
		var hc ListCursor
		for es := l.shared.Scan(&hc, 1000, nil); len(es) > 0; es = l.shared.Scan(&hc, 1000, es) {
			for _, e := range es {
				add("shared %x %x", l.shared.Key(e), l.shared.Row(e))
			}
		}
		per := map[string]string{}
		for es := l.list.Scan(&lc, 100, nil); len(es) > 0; es = l.list.Scan(&lc, 100, es) {
			for _, e := range es {
				per[string(l.list.Key(e))] += fmt.Sprintf(" %x×%d/%d", l.list.Row(e), l.list.Mult(e), *(*int64)(l.list.Aux(e)))
			}
		}
		for k, v := range per {
			add("list %x:%s", k, v)
		}
		var sc Cursor
		for refs := l.sorted.Scan(&sc, 100, nil); len(refs) > 0; refs = l.sorted.Scan(&sc, 100, refs) {
			for _, g := range refs {
				line := fmt.Sprintf("sorted %x: %d", l.sorted.KeyBytes(g), *(*int64)(l.sorted.Ptr(g)))
				var it Iter
				for l.sorted.Iter(&it, g, 0); it.Valid(); it.Next() {
					line += fmt.Sprintf(" %d:%x/%d", SortInt(it.SortKey()), it.Row(), *(*int64)(it.Aux()))
				}
				out = append(out, line)
			}
		}
		Dump(l.timers, func(c Change) { add("timer %d %x", int64(binary.LittleEndian.Uint64(c.Value)), c.Key) })
		for i := range l.single.Len() {
			add("single %x", l.single.At(i))
		}
	}
	slices.Sort(out)
	return strings.Join(out, "\n")
}

// keyed leaves out what has no key.
func keyed(text string) string {
	lines := slices.DeleteFunc(strings.Split(text, "\n"), func(s string) bool { return strings.HasPrefix(s, "single") })
	return strings.Join(lines, "\n")
}

type logged struct {
	table string
	c     Change
}

func appendLogged(to []logged, t Owner, c Change) []logged {
	return append(to, logged{t.Info().Name, Change{Op: c.Op, Key: bytes.Clone(c.Key), Value: bytes.Clone(c.Value)}})
}

func (l *life) take(log []logged) []logged {
	for _, t := range l.store.Tables() {
		t.TakeDirty(func(c Change) { log = appendLogged(log, t, c) })
	}
	return log
}

func (l *life) dump(out []logged) []logged {
	for _, t := range l.store.Tables() {
		Dump(t, func(c Change) { out = appendLogged(out, t, c) })
	}
	return out
}

// restored is new stores of n subtasks, filled from changes.
func restored(rt interface{ Fatal(...any) }, clock *fakeTime, ttl time.Duration, n int, log []logged) []*life {
	var out []*life
	for i := range n {
		l := newLife(clock, ttl, (i*12+n-1)/n, ((i+1)*12+n-1)/n)
		for _, x := range log {
			t := l.store.Lookup(x.table)
			g, err := l.store.GroupOf(t, x.c)
			if err != nil {
				rt.Fatal(err)
			}
			if g != AnyGroup && (g < l.store.cfg.From || g >= l.store.cfg.To) {
				continue
			}
			if err := t.Apply(x.c); err != nil {
				rt.Fatal(err)
			}
		}
		out = append(out, l)
	}
	return out
}

// restoredLate is restored where changes wait until they matter.
func restoredLate(rt interface{ Fatal(...any) }, clock *fakeTime, ttl time.Duration, n, segmentRows int, log []logged) []*life {
	var out []*life
	for i := range n {
		l := newLifeOf(clock, ttl, (i*12+n-1)/n, ((i+1)*12+n-1)/n, segmentRows)
		keep := func(g int) bool { return g >= l.store.cfg.From && g < l.store.cfg.To }
		for _, x := range log {
			if err := l.store.DeferDelta(l.store.Lookup(x.table), appendChange([]byte{deltaVersion}, x.c), keep); err != nil {
				rt.Fatal(err)
			}
		}
		if err := l.store.Deferred(); err != nil {
			rt.Fatal(err)
		}
		out = append(out, l)
	}
	return out
}

// A store that is restored shows what the one shows whose changes were saved: from
// all changes, from a dump and changes from before it on, in one subtask or
// several, and goes on as it does.
func TestRestoredStoresAreTheSame(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		clock := &fakeTime{now: 1000}
		ttl := time.Duration(rapid.SampledFrom([]int{0, 0, 7, 40}).Draw(rt, "ttl")) * time.Millisecond
		lives := []*life{newLife(clock, ttl, 0, 12)}
		twin := newLife(clock, ttl, 0, 12) // is never interrupted
		defer twin.store.Close()
		var log, image []logged
		imageAt := 0
		for range rapid.IntRange(1, 8).Draw(rt, "epochs") {
			for range rapid.IntRange(0, 30).Draw(rt, "steps") {
				what, k, x := rapid.IntRange(0, 23).Draw(rt, "what"), rapid.IntRange(0, 6).Draw(rt, "key"), rapid.IntRange(0, 9).Draw(rt, "x")
				l := lives[0]
				for _, o := range lives {
					if g := l.group(k); g >= o.store.cfg.From && g < o.store.cfg.To {
						l = o
					}
				}
				if rapid.IntRange(0, 9).Draw(rt, "wait") == 0 {
					clock.now += int64(x)
				}
				if rapid.IntRange(0, 5).Draw(rt, "settle") == 0 {
					l.store.SettleSome()
				}
				twin.act(what, k, x)
				if what == 17 || what == 23 { // in all subtasks at once
					for _, l := range lives {
						l.act(what, k, x)
					}
				} else {
					l.act(what, k, x)
				}
				if rapid.IntRange(0, 40).Draw(rt, "image") == 0 {
					image, imageAt = image[:0], len(log)
					for _, l := range lives {
						image = l.dump(image)
					}
				}
			}
			for _, l := range lives {
				log = l.take(log)
			}
			want := text(lives...)
			if got, want := keyed(want), keyed(text(twin)); got != want {
				rt.Fatalf("after restarts:\ngot\n%s\nwant\n%s", got, want)
			}
			n := rapid.IntRange(1, 3).Draw(rt, "subtasks")
			from := rapid.IntRange(0, imageAt).Draw(rt, "from")
			next := restored(rt, clock, ttl, n, log)
			fuzzy := restored(rt, clock, ttl, n, append(slices.Clone(image), log[from:]...))
			for name, got := range map[string]string{"all changes": text(next...), "an image and changes": text(fuzzy...)} {
				if got != want {
					rt.Fatalf("%s, %d subtasks:\ngot\n%s\nwant\n%s", name, n, got, want)
				}
			}
			for _, l := range slices.Concat(lives, fuzzy, next) {
				l.store.Close()
			}
			lives = restoredLate(rt, clock, ttl, n, rapid.SampledFrom([]int{8, 16, 0}).Draw(rt, "segment"), log)
		}
		for _, l := range lives {
			l.store.Close()
		}
	})
}

// Tables of many segments go on in several subtasks and come together again.
func TestRestoredStoresOfManySegments(t *testing.T) {
	clock := &fakeTime{now: 1000}
	one := newLifeOf(clock, 0, 0, 12, 64) // tables have spilled, too
	defer one.store.Close()
	for k := range 9000 {
		for _, what := range []int{0, 3, 8} {
			one.act(what, k, k%7)
		}
	}
	log := one.take(nil)
	for k := 0; k < 9000; k += 3 {
		for _, what := range []int{2, 6, 13} {
			one.act(what, k, 0)
		}
	}
	log = one.take(log)
	want := text(one)
	parts := restored(t, clock, 0, 3, log)
	if got := text(parts...); got != want {
		t.Fatal("three subtasks hold something else")
	}
	var dump []logged
	for _, p := range parts {
		dump = p.dump(dump)
		defer p.store.Close()
	}
	again := restored(t, clock, 0, 1, dump)[0]
	defer again.store.Close()
	if got := text(again); got != want {
		t.Fatal("one subtask again holds something else")
	}
}
