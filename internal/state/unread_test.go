package state

import (
	"errors"
	"slices"
	"testing"
	"time"
)

// An unread life is one whose tables have been imaged in small segments, and those of one
// that takes the images over unread. The images of a segment in which key is cannot be
// read.
type unreadLife struct {
	*life
	key    int
	others []int // keys of other segments
	reads  map[uint32]int
}

var errUnreadable = errors.New("it is damaged")

// imaged is a life of some keys in small segments, and its images.
func imaged(t *testing.T, ttl time.Duration) (*life, *album) {
	l, a := newLife(&fakeTime{now: 1000}, ttl, 0, 12), newAlbum()
	l.store.segRows = 8
	for k := range 200 {
		for _, what := range []int{0, 3, 8} {
			l.act(what, k, k%7)
		}
	}
	a.begin()
	if !a.take(l, 1<<20) {
		t.Fatal("the images are not made")
	}
	return l, a
}

// openUnread takes the images of a table over, of which those of one segment cannot be
// read.
func openUnread(t *testing.T, from *life, a *album, ttl time.Duration, table string) *unreadLife {
	u := &unreadLife{life: newLife(from.clock, ttl, 0, 12), key: 7, reads: map[uint32]int{}}
	u.store.segRows = 8
	rows := from.store.Lookup(table).(parted).rowsOf()
	segment := func(k int) uint32 {
		from.keyOf(k)
		return rows.segOf(from.key.hashes[0])
	}
	bad := segment(u.key)
	for k := range 200 {
		if segment(k) != bad {
			u.others = append(u.others, k)
		}
	}
	for _, o := range u.store.Tables() {
		for part, p := range a.base[o.Info().Name] {
			if o.Info().Name != table {
				continue
			}
			mem, _ := u.store.Room(len(p.data))
			read := func() error {
				u.reads[uint32(part)]++
				if copy(mem, p.data); uint32(part) == bad {
					mem[len(mem)-1]++
					return errUnreadable
				}
				return nil
			}
			if taken, err := u.store.LoadLater(o, p.data[:HeadOf(p.data)], mem, Later{Read: read}); !taken || err != nil {
				t.Fatal(part, taken, err)
			}
		}
	}
	if err := u.store.Link(); err != nil {
		t.Fatal(err)
	}
	return u
}

// fails reports whether something met the image that cannot be read.
func fails(t *testing.T, do func()) (met bool) {
	defer func() {
		if u, ok := recover().(*Unreadable); ok {
			if met = true; !errors.Is(u.Err, errUnreadable) {
				t.Error(u.Err)
			}
		}
	}()
	do()
	return false
}

// What is done with a table meets an image that cannot be read if it needs that, in
// whatever way it comes to it, and only then.
func TestUnreadImages(t *testing.T) {
	table := func(u *unreadLife) *Table { return u.store.Lookup("table").(*Table) }
	look := func(k int) func(u *unreadLife) {
		return func(u *unreadLife) { u.act(2, k, 0); u.act(5, k, k%7); u.act(11, k, k%7) }
	}
	image := func(last uint32) func(u *unreadLife) {
		return func(u *unreadLife) {
			for _, o := range u.store.Tables() {
				for c := (ImageCursor{}); AppendImage(o, &c, Round{Number: 1, Last: last}, nil).More; {
				}
			}
		}
	}
	change := func(settle func(u *unreadLife), keys func(u *unreadLife) []int) func(u *unreadLife) {
		return func(u *unreadLife) {
			from := newLife(u.clock, 0, 0, 12)
			defer from.store.Close()
			for _, k := range keys(u) {
				from.act(0, k, 3)
				from.act(3, k, 3)
				from.act(9, k, 3)
			}
			for _, o := range from.store.Tables() {
				if err := u.store.DeferDelta(u.store.Lookup(o.Info().Name), AppendDelta(o, nil), nil); err != nil {
					t.Fatal(err)
				}
			}
			if err := u.store.Deferred(); err != nil {
				t.Fatal(err)
			}
			settle(u)
		}
	}
	bad, others := func(u *unreadLife) []int { return []int{u.key} }, func(u *unreadLife) []int { return u.others }
	for name, c := range map[string]struct {
		do   func(u *unreadLife)
		meet bool
	}{
		"nothing":           {func(*unreadLife) {}, false},
		"a look at its key": {func(u *unreadLife) { look(u.key)(u) }, true},
		"looks at others": {func(u *unreadLife) {
			for _, k := range u.others {
				look(k)(u)
			}
		}, false},
		"a write of others": {func(u *unreadLife) {
			for _, k := range u.others {
				u.act(0, k, 1)
				u.act(3, k, 1)
				u.act(8, k, 1)
			}
		}, false},
		"a write of its key": {func(u *unreadLife) { u.act(0, u.key, 1); u.act(3, u.key, 1); u.act(8, u.key, 1) }, true},
		"sizes": {func(u *unreadLife) {
			for _, o := range u.store.Tables() {
				o.Len()
				o.Bytes()
			}
		}, false},
		"a scan": {func(u *unreadLife) { text(u.life) }, true},
		"a walk": {func(u *unreadLife) { table(u).Walk(&Cursor{}, 1<<20, nil); u.act(2, u.key, 0); text(u.life) }, true},
		"dump": {func(u *unreadLife) {
			for _, o := range u.store.Tables() {
				Dump(o, func(Change) {})
			}
		}, true},
		"images of all":       {image(NoRound), true},
		"images of changes":   {image(0), false},
		"images after change": {func(u *unreadLife) { look(u.others[0])(u); image(0)(u) }, false},
		"a sweep": {func(u *unreadLife) {
			for range 400 {
				u.act(0, u.others[0], 1)
				u.act(3, u.others[0], 1)
				u.act(8, u.others[0], 1)
			}
		}, true},
		"an heir": {func(u *unreadLife) {
			for _, o := range u.store.Tables() {
				next := newLife(u.clock, 0, 0, 12)
				h := NewHeir(next.store, next.store.Lookup(o.Info().Name), 0, 12)
				for c := (HeirCursor{}); !h.Copy(o) && h.Read(o, &c); {
				}
				next.store.Close()
			}
		}, true},
		"settling for heirs": {func(u *unreadLife) { u.store.Settle() }, true},
		"clearing":           {func(u *unreadLife) { table(u).Clear(); text(u.life) }, true},
		"late changes":       {change(func(*unreadLife) {}, bad), false},
		"settled changes": {change(func(u *unreadLife) {
			for u.store.SettleSome() {
			}
		}, bad), true},
		"settled other changes": {change(func(u *unreadLife) {
			for u.store.SettleSome() {
			}
		}, others), false},
	} {
		for _, of := range []string{"table", "list", "sorted"} {
			ttl := time.Duration(0)
			if name == "a sweep" {
				ttl = time.Hour
			}
			from, a := imaged(t, ttl)
			u := openUnread(t, from, a, ttl, of)
			if met := fails(t, func() { c.do(u) }); met != c.meet {
				t.Errorf("%s, %s: the damage is met: %v", of, name, met)
			}
			for part, n := range u.reads {
				if n > 1 {
					t.Errorf("%s, %s: image %d was read %d times", of, name, part, n)
				}
			}
			u.store.Close()
			from.store.Close()
		}
	}
}

// What an image holds is read once, and when all of it has been nothing waits any more.
func TestImagesAreReadOnce(t *testing.T) {
	from, a := imaged(t, 0)
	defer from.store.Close()
	l := newLife(from.clock, 0, 0, 12)
	defer l.store.Close()
	reads := 0
	for _, o := range l.store.Tables() {
		for _, p := range a.base[o.Info().Name] {
			mem, _ := l.store.Room(len(p.data))
			if !isPart(p.data) {
				if err := l.store.ApplyDelta(o, p.data, nil); err != nil {
					t.Fatal(err)
				}
			} else if taken, err := l.store.LoadLater(o, p.data[:HeadOf(p.data)], mem, Later{Read: func() error { reads++; copy(mem, p.data); return nil }}); !taken || err != nil {
				t.Fatal(taken, err)
			}
		}
	}
	if err := l.store.Link(); err != nil {
		t.Fatal(err)
	}
	if reads > 4 { // those of timers are, which have their times in order
		t.Errorf("%d images were read for nobody", reads)
	}
	for k := range 50 {
		l.act(2, k, 0)
		from.act(2, k, 0)
	}
	if got, want := text(l), text(from); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	parts := 0
	for _, o := range l.store.Tables() {
		for _, p := range a.base[o.Info().Name] {
			if head, _, ok := parseHead(p.data); ok && head.cap > 0 {
				parts++
			}
		}
	}
	if reads != parts || l.store.Waits() {
		t.Errorf("%d reads of %d images; something waits: %v", reads, parts, l.store.Waits())
	}
}

// What has changed is written down beside the first segment, which has not been read.
func TestDeltaBesideUnreadImages(t *testing.T) {
	l, a := imaged(t, 0)
	defer l.store.Close()
	u := openUnread(t, l, a, 0, "table")
	defer u.store.Close()
	key := slices.IndexFunc(u.others, func(k int) bool {
		u.keyOf(k)
		return u.table.segOf(u.life.key.hashes[0]) != 1
	})
	u.act(0, u.others[key], 3)
	if AppendDelta(u.table, nil) == nil || !u.table.waiting.unread.has(1) {
		t.Error("nothing was written, or the first segment was read for it")
	}
}
