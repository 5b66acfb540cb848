package state

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// rowsOfText gives rows of one STRING.
func rowsOfText(l *List, texts []string) *vec.Rows {
	b := vec.NewBatch([]types.Type{types.String()})
	for _, s := range texts {
		b.Cols[0].AppendValue(s)
	}
	b.N = len(texts)
	rows := new(vec.Rows)
	l.rowc.EncodeVectors(rows, b.Cols, nil, b.N)
	return rows
}

// TestReplayOfLongEntries replays deltas whose entries come to more than the buffers in
// which they are put together, and to more than one such buffer each.
func TestReplayOfLongEntries(t *testing.T) {
	spec := ListSpec{Name: "l", Key: []types.Type{types.Of(types.BigInt)}, Row: []types.Type{types.String()}}
	from, to := NewStore(Config{Track: true}), NewStore(Config{Track: true})
	defer from.Close()
	defer to.Close()
	a, b := from.List(spec), to.List(spec)
	rnd := rand.New(rand.NewPCG(1, 2))
	var k Keys
	for epoch := range 5 {
		keys := vec.NewBatch(spec.Key)
		var texts []string
		for i := range 600 {
			keys.Cols[0].AppendValue(int64(rnd.IntN(300)))
			n := rnd.IntN(2000)
			if i%200 == 7 {
				n = 3 * replayValues
			}
			texts = append(texts, fmt.Sprint(epoch, i)+string(bytes.Repeat([]byte{'a' + byte(i%26)}, n)))
		}
		keys.N = len(texts)
		k.Encode(a.KeyCodec(), keys, nil)
		a.Append(&k, rowsOfText(a, texts), nil)
		if epoch > 2 {
			k.Reset()
			k.Append(a.keys.KeyBytes(a.keys.liveRows(1, nil)[0]))
			a.RemoveKeys(&k)
		}
		if err := to.ApplyDelta(b, AppendDelta(a, nil), nil); err != nil {
			t.Fatal(err)
		}
	}
	if want, got := dumped(a), dumped(b); want != got {
		t.Errorf("%d bytes were replayed as %d others", len(want), len(got))
	}
}

func dumped(o Owner) string {
	var lines []string
	Dump(o, func(c Change) { lines = append(lines, fmt.Sprintf("%d %x %x", c.Op, c.Key, c.Value)) })
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// An image of a table that has spilled may have entries in its index that lead to rows
// which came back to the front and are none any more: replaying looks past them.
func TestReplayBesideRowsThatCameBack(t *testing.T) {
	clock := &fakeTime{now: 1000}
	l, a := newLifeOf(clock, 0, 0, 12, 64), newAlbum()
	defer func() { l.store.Close() }()
	const n = 20
	for k := range n {
		for x := range 3 {
			l.act(3, k, x)
		}
	}
	keys := l.list.keys
	if keys.openFront(1 << 20); keys.front == nil {
		t.Fatal("there is no room for a front")
	}
	for k := range n / 4 {
		l.keyOf(k)
		r := keys.probe(l.key.Hash(0), l.key.Bytes(0))
		keys.comeBack(r, keys.rowOf(r))
	}
	a.begin()
	a.take(l, 1<<20)
	for k := range n {
		l.act(3, k, 5)
	}
	a.take(l, 0)
	next := newLifeOf(clock, 0, 0, 12, 64)
	defer next.store.Close()
	log := a.log[len(a.log)-1]
	a.log = a.log[:len(a.log)-1]
	a.develop(t, next, false, nil)
	for _, o := range next.store.Tables() {
		if d := log[o.Info().Name]; len(d) > 0 {
			if err := next.store.DeferDelta(o, d, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := next.store.Deferred(); err != nil {
		t.Fatal(err)
	}
	if got, want := text(next), text(l); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
