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
