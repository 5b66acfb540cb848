package state

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// album keeps the images and the log of a life, as bases do.
type album struct {
	round  Round
	cursor map[string]*ImageCursor
	making map[string]map[uint64]photo
	base   map[string]map[uint64]photo
	log    []frame
}

type photo struct {
	epoch int
	data  []byte
}

type frame map[string][]byte

func newAlbum() *album { return &album{round: Round{Number: 0, Last: NoRound}} }

// begin starts a round.
func (a *album) begin() {
	a.round.Number++
	a.cursor, a.making = map[string]*ImageCursor{}, map[string]map[uint64]photo{}
}

// take is what a marker does: the changes are saved, and then at most some images
// made. It tells whether the round is over.
func (a *album) take(l *life, most int) bool {
	f := frame{}
	for _, t := range l.store.Tables() {
		f[t.Info().Name] = AppendDelta(t, nil)
	}
	a.log = append(a.log, f)
	if a.making == nil {
		return false
	}
	for _, t := range l.store.Tables() {
		name := t.Info().Name
		if a.cursor[name] == nil {
			a.cursor[name], a.making[name] = &ImageCursor{}, map[uint64]photo{}
		}
		for more := !a.cursor[name].done; more; most-- {
			if most == 0 {
				return false
			}
			im := AppendImage(t, a.cursor[name], a.round, nil)
			for _, part := range im.Kept {
				a.making[name][part] = photo{len(a.log), a.base[name][part].data}
			}
			if len(im.Data) > 0 {
				a.making[name][im.Part] = photo{len(a.log), im.Data}
			}
			more = im.More
		}
		a.cursor[name].done = true
	}
	a.base, a.making = a.making, nil
	a.round.Last = a.round.Number
	return true
}

// develop fills a store: from images that are taken over, copied or in place, or
// replayed as far as keep says.
func (a *album) develop(rt interface{ Fatal(...any) }, l *life, mapped bool, keep func(int) bool) {
	for _, t := range l.store.Tables() {
		name := t.Info().Name
		photos := a.base[name]
		from := len(a.log)
		if len(photos) == 0 {
			from = 0
		}
		parts := make([]uint64, 0, len(photos))
		for part, p := range photos {
			from = min(from, p.epoch)
			parts = append(parts, part)
		}
		slices.Sort(parts)
		for _, part := range parts {
			p := photos[part]
			taken, err := false, error(nil)
			if keep == nil {
				if mapped {
					taken, err = l.later(t, p.data, nil)
				} else {
					taken, err = l.store.LoadImage(t, bytes.Clone(p.data))
				}
				if fits := l.store.Fits(t, p.data[:HeadOf(p.data)]); err == nil && isPart(p.data) && (!taken || !fits) {
					rt.Fatal("the image of ", name, " does not fit")
				}
			}
			if err == nil && !taken {
				err = l.store.ApplyDelta(t, p.data, keep)
			}
			if err != nil {
				rt.Fatal(err)
			}
		}
		apply := l.store.ApplyDelta
		if mapped {
			apply = l.store.DeferDelta
		}
		for _, f := range a.log[from:] {
			if err := apply(t, f[name], keep); err != nil {
				rt.Fatal(err)
			}
		}
	}
	if err := errors.Join(l.store.Link(), l.store.Deferred()); err != nil {
		rt.Fatal(err)
	}
}

// later has a table take over an image that is read when it is needed, or cannot be read
// for err.
func (l *life) later(t Owner, data []byte, err error) (taken bool, _ error) {
	mem, ok := l.store.Room(len(data))
	if !ok {
		return false, nil
	}
	return l.store.LoadLater(t, data[:HeadOf(data)], mem, Later{Read: func() error { copy(mem, data); return err }})
}

func (l *life) tables() []*Table {
	return []*Table{l.table, l.list.keys, l.shared.keys, l.sorted.t, l.timers.list.keys}
}

// Images that are made part by part, while the tables go on and their segments are
// split, and of which some are kept from round to round, together with the log show
// what was there, however they are read; and a store that has taken images over goes
// on, and keeps them in turn.
func TestImagesOfParts(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		clock := &fakeTime{now: 1000}
		ttl := time.Duration(rapid.SampledFrom([]int{0, 0, 0, 40}).Draw(rt, "ttl")) * time.Millisecond
		keys := rapid.SampledFrom([]int{3, 60, 200}).Draw(rt, "keys")
		newLife := func(clock *fakeTime, ttl time.Duration, from, to int) *life {
			l := newLife(clock, ttl, from, to)
			if keys > 60 {
				l.store.segRows = 8
			}
			return l
		}
		l, a := newLife(clock, ttl, 0, 12), newAlbum()
		defer func() { l.store.Close() }()
		if keys > 60 {
			for k := range keys {
				for _, what := range []int{0, 3, 8, 14} {
					l.act(what, k, k%7)
				}
			}
		}
		for range rapid.IntRange(1, 12).Draw(rt, "epochs") {
			for range rapid.IntRange(0, 30).Draw(rt, "steps") {
				what := rapid.IntRange(0, 23).Draw(rt, "what")
				l.act(what, rapid.IntRange(0, keys).Draw(rt, "key"), rapid.IntRange(0, 9).Draw(rt, "x"))
			}
			clock.now += int64(rapid.IntRange(0, 2).Draw(rt, "wait"))
			if rapid.IntRange(0, 2).Draw(rt, "split") == 0 {
				tables := l.tables()
				s := tables[rapid.IntRange(0, len(tables)-1).Draw(rt, "table")]
				if id := uint32(rapid.IntRange(1, len(s.segs)-1).Draw(rt, "segment")); s.segs[id].depth < 10 {
					s.wantSegment(id)
					s.split(id)
				}
			}
			if a.making == nil && rapid.Bool().Draw(rt, "round") {
				a.begin()
			}
			if rapid.IntRange(0, 3).Draw(rt, "settle") == 0 {
				l.store.SettleSome()
			}
			a.take(l, rapid.IntRange(0, 12).Draw(rt, "images"))
			if rapid.IntRange(0, 9).Draw(rt, "abandon") == 0 {
				a.making = nil
			}
			want := text(l)
			next := newLife(clock, ttl, 0, 12)
			a.develop(rt, next, rapid.Bool().Draw(rt, "mapped"), nil)
			if got := text(next); got != want {
				rt.Fatalf("images taken over:\ngot\n%s\nwant\n%s", got, want)
			}
			replayed := []*life{newLife(clock, ttl, 0, 6), newLife(clock, ttl, 6, 12)}
			for _, r := range replayed {
				a.develop(rt, r, false, func(g int) bool { return g >= r.store.cfg.From && g < r.store.cfg.To })
			}
			if got := text(replayed...); got != want {
				rt.Fatalf("images replayed:\ngot\n%s\nwant\n%s", got, want)
			}
			replayed[0].store.Close()
			replayed[1].store.Close()
			if rapid.IntRange(0, 3).Draw(rt, "restart") == 0 {
				l.store.Close()
				if l = next; rapid.Bool().Draw(rt, "unread") { // by text
					next.store.Close()
					l = newLife(clock, ttl, 0, 12)
					a.develop(rt, l, true, nil)
				}
				a.making = nil
				if a.base != nil {
					a.round = Round{Last: 0}
				} else {
					a.round = Round{Last: NoRound}
				}
				continue
			}
			next.store.Close()
		}
	})
}

// Rounds of a table that rests keep its images; what changes is imaged again, and
// only that.
func TestImagesAreKept(t *testing.T) {
	l, a := newLife(&fakeTime{now: 1000}, 0, 0, 12), newAlbum()
	defer l.store.Close()
	for k := range 9000 {
		for _, what := range []int{0, 3, 8, 14} {
			l.act(what, k, k%7)
		}
	}
	a.begin()
	a.take(l, 1<<20)
	first := a.base
	l.act(0, 17, 1)
	l.act(3, 18, 1)
	l.act(8, 19, 1)
	l.act(14, 20, 1)
	a.begin()
	a.take(l, 1<<20)
	for _, table := range []string{"table", "list", "sorted", "timers"} {
		if len(a.base[table]) < 2 && table != "timers" {
			t.Errorf("%s has %d parts", table, len(a.base[table]))
		}
		changed := 0
		for part, p := range a.base[table] {
			if &p.data[0] != &first[table][part].data[0] {
				changed++
			}
		}
		if changed != 1 {
			t.Errorf("%d images of %s were made again", changed, table)
		}
	}
	next := newLife(&fakeTime{now: 1000}, 0, 0, 12)
	defer next.store.Close()
	a.develop(t, next, true, nil)
	if text(next) != text(l) {
		t.Error("the images show something else")
	}
}

// A segment of which each key is large is split, and what is too large for a part
// goes as changes.
func TestImagesOfLargeKeys(t *testing.T) {
	l, a := newLife(&fakeTime{now: 1000}, 0, 0, 12), newAlbum()
	defer l.store.Close()
	for k := range 40 {
		l.keyOf(k)
		ref := make([]Ref, 1)
		l.table.Upsert(&l.key, ref, nil)
		p := (*[2]uint64)(l.table.Ptr(ref[0]))
		p[1] = l.table.Heap().Put(0, bytes.Repeat([]byte{byte(k)}, 1<<20))
		l.table.Mark(ref)
		l.list.AppendTo(&l.key, 0, &l.rows, 0, l.rows.Len())
	}
	a.begin()
	a.take(l, 1<<20)
	if n := len(a.base["table"]); n < 10 || n > 60 {
		t.Errorf("40 MB in 40 keys gave %d parts", n)
	}
	next := newLife(&fakeTime{now: 1000}, 0, 0, 12)
	defer next.store.Close()
	for _, p := range a.base["table"] {
		if taken, err := next.later(next.table, p.data, nil); !taken || err != nil {
			t.Fatal(taken, err)
		}
	}
	for k := range 40 {
		next.keyOf(k)
		ref := make([]Ref, 1)
		if k == 0 {
			if err := next.store.Link(); err != nil {
				t.Fatal(err)
			}
		}
		next.table.Find(&next.key, ref)
		p := (*[2]uint64)(next.table.Ptr(ref[0]))
		p[1] = next.table.Heap().Put(p[1], bytes.Repeat([]byte{byte(k + 1)}, 1<<20-k))
		if b := next.table.Heap().Get(p[1]); len(b) != 1<<20-k || b[0] != byte(k+1) {
			t.Errorf("key %d has %d bytes", k, len(b))
		}
	}
	if n := next.table.Heap().Used(); n < 40<<20 || n > 60<<20 {
		t.Errorf("%d bytes are in use", n)
	}
}

var writeFixture = flag.Bool("write-fixture", false, "write testdata anew, in this program's format")

// TestEarlierParts reads images that an earlier release wrote, as they lie and as
// changes. They are never written again.
func TestEarlierParts(t *testing.T) {
	l := newLife(&fakeTime{now: 1000}, 0, 0, 12)
	defer l.store.Close()
	for i := range 200 {
		l.act(i%22, i%9, i%13)
	}
	want := text(l)
	if *writeFixture {
		a := newAlbum()
		a.begin()
		a.take(l, 1<<20)
		for table, photos := range a.base {
			for part, p := range photos {
				if err := os.WriteFile(fmt.Sprintf("testdata/parts/%s-%d", table, part), p.data, 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	mapped, replayed := newLife(&fakeTime{now: 1000}, 0, 0, 12), newLife(&fakeTime{now: 1000}, 0, 0, 12)
	defer mapped.store.Close()
	defer replayed.store.Close()
	files, err := filepath.Glob("testdata/parts/*-*")
	if err != nil || len(files) < 6 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		table, _, _ := strings.Cut(filepath.Base(f), "-")
		taken, err := mapped.store.LoadImage(mapped.store.Lookup(table), data)
		if err == nil && !taken {
			err = mapped.store.ApplyDelta(mapped.store.Lookup(table), data, nil)
		}
		if err == nil {
			err = replayed.store.ApplyDelta(replayed.store.Lookup(table), data, nil)
		}
		if err != nil {
			t.Fatal(f, err)
		}
	}
	if err := mapped.store.Link(); err != nil {
		t.Fatal(err)
	}
	if text(mapped) != want || text(replayed) != want {
		t.Errorf("as they lie:\n%s\nreplayed:\n%s\nwant:\n%s", text(mapped), text(replayed), want)
	}
}

// Images of tables that grow while they are made, so that segments are split all the
// time, hold all rows.
func TestImagesWhileTablesGrow(t *testing.T) { imagesWhileTablesGrow(t, 0, 40) }

// So they are of tables that have spilled.
func TestImagesWhileSpilledTablesGrow(t *testing.T) { imagesWhileTablesGrow(t, 64, 12) }

func imagesWhileTablesGrow(t *testing.T, segmentRows, epochs int) {
	clock := &fakeTime{now: 1000}
	l, a := newLifeOf(clock, 0, 0, 12, segmentRows), newAlbum()
	defer func() { l.store.Close() }()
	rnd := rand.New(rand.NewPCG(1, 1))
	for epoch := range epochs {
		for range 1000 {
			l.act([]int{0, 3, 8, 14, 2}[rnd.IntN(5)], rnd.IntN(40000), rnd.IntN(5))
		}
		if a.making == nil {
			a.begin()
		}
		a.take(l, 1+rnd.IntN(20))
		if epoch%4 > 0 {
			continue
		}
		next := newLifeOf(clock, 0, 0, 12, segmentRows)
		a.develop(t, next, false, nil)
		if text(next) != text(l) {
			t.Fatalf("epoch %d: the images show something else", epoch)
		}
		l.store.Close()
		l, a.making, a.round = next, nil, Round{Last: 0}
		if a.base == nil {
			a.round.Last = NoRound
		}
	}
}

// What has changed since an image was made, or was replayed over it, is imaged again.
func TestChangedImagesAreNotKept(t *testing.T) {
	same := func(what int, a *album, l *life) *life {
		next := newLife(l.clock, 0, 0, 12)
		a.develop(t, next, true, nil)
		if got, want := text(next), text(l); got != want {
			t.Fatalf("after %d:\ngot\n%s\nwant\n%s", what, got, want)
		}
		return next
	}
	for what := range 26 {
		for _, replay := range []bool{false, true} {
			l, a := newLife(&fakeTime{now: 1000}, 0, 0, 12), newAlbum()
			for _, i := range []int{0, 3, 8, 14, 19, 20} {
				for x := range 6 {
					l.act(i, 1, x)
				}
			}
			a.begin()
			a.take(l, 1<<20)
			switch what {
			case 24, 25: // what is beside an item alone
				l.keyOf(1)
				ref := make([]Ref, 1)
				l.sorted.Find(&l.key, ref)
				var it Iter
				if l.sorted.Iter(&it, ref[0], 0); what == 24 {
					*(*int64)(it.Aux()) = 77
					l.sorted.MarkAux(&it)
				} else {
					l.sorted.DeleteAt(ref[0], 2)
				}
			case 17:
				l.clock.now += 3
				fallthrough
			default:
				l.act(what, 1, 3)
				l.act(what, 1, 9)
			}
			if replay {
				a.take(l, 0)
				next := same(what, a, l)
				l.store.Close()
				l, a.round = next, Round{Last: 0}
			}
			a.begin()
			a.take(l, 1<<20)
			same(what, a, l).store.Close()
			l.store.Close()
		}
	}
}

// So it is where rows lie in a front and are settled there.
func TestChangedImagesOfAFrontAreNotKept(t *testing.T) {
	l, a := newLifeOf(&fakeTime{now: 1000}, 0, 0, 12, 64), newAlbum()
	defer func() { l.store.Close() }()
	l.act(0, 1, 3)
	if l.table.openFront(16 << 10); l.table.front == nil {
		t.Fatal("there is no room for a front")
	}
	a.begin()
	a.take(l, 1<<20)
	l.act(1, 2, 3)
	a.begin()
	a.take(l, 1<<20)
	next := newLife(l.clock, 0, 0, 12)
	defer next.store.Close()
	a.develop(t, next, false, nil)
	if got, want := text(next), text(l); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
