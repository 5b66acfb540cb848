package join

import (
	"math/rand/v2"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/optest"
	"github.com/weir-stream/weir/internal/spill"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

func (s setup) hash(build int, nullAware bool) optest.Spec {
	spec := hashSpec{typ: s.typ, build: build, in: s.inputs([2]bool{}), rest: s.expr(), nullAware: nullAware}
	return optest.Spec{New: func() op.Operator { return newHashJoin(spec) }, In: [][]types.Type{leftTypes, rightTypes}, Out: s.out(), Batch: true}
}

// script draws both tables, the build side's first.
func script(t *rapid.T, src [2]*source, build int) []optest.Event {
	var out []optest.Event
	for _, in := range []int{build, 1 - build} {
		for range rapid.IntRange(0, 3).Draw(t, "batches") {
			var rows []optest.Row
			for range rapid.IntRange(1, 6).Draw(t, "rows") {
				rows = src[in].change(t, false, rows)
			}
			out = append(out, optest.Rows(in, rows...))
		}
		out = append(out, optest.End(in))
	}
	return out
}

func TestHashJoinIsTheJoin(t *testing.T) {
	for _, typ := range []Type{Inner, Left, Right, Full, Semi, Anti} {
		t.Run(typ.String(), func(tt *testing.T) {
			rapid.Check(tt, func(t *rapid.T) {
				s := drawSetup(t, typ)
				build := rapid.IntRange(0, 1).Draw(t, "build")
				src := [2]*source{{draw: drawLeft}, {draw: drawRight}}
				if rapid.Bool().Draw(t, "unique") {
					src[build].draw = uniqueKeys(src[build].draw)
				}
				evs := script(t, src, build)
				check(tt, t, s.hash(build, false), evs, s.join(src[0].rows, src[1].rows))
			})
		})
	}
}

// uniqueKeys makes the drawn keys distinct, so that the table knows that there
// is at most one match.
func uniqueKeys(draw func(*rapid.T) []any) func(*rapid.T) []any {
	used := map[any]bool{}
	return func(t *rapid.T) []any {
		r := draw(t)
		if used[r[0]] && r[0] != nil {
			r[0] = int64(100 + len(used))
		}
		used[r[0]] = true
		return r
	}
}

func TestNotInFollowsThreeValuedLogic(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := setup{typ: Anti}
		build := rapid.IntRange(0, 1).Draw(rt, "build")
		src := [2]*source{{draw: drawLeft}, {draw: drawRight}}
		evs := script(rt, src, build)
		var want []string
		for _, l := range src[0].rows {
			out := true
			for _, r := range src[1].rows {
				if l[0] == nil || r[0] == nil || l[0] == r[0] {
					out = false
				}
			}
			if out {
				want = append(want, line(l))
			}
		}
		sort.Strings(want)
		check(t, rt, s.hash(build, true), evs, want)
	})
}

// Keys of several columns and of text, many of them: beyond one batch, one
// directory word and one arena chunk.
func TestHashJoinOfManyTextKeys(t *testing.T) {
	ts := []types.Type{types.String(), types.Of(types.BigInt), types.Of(types.Int)}
	in := input{types: ts, keys: []int{0, 1}, strict: []int{0, 1}}
	for _, dup := range []int{1, 3} {
		for _, limit := range []int64{0, 1 << 20} {
			spec := hashSpec{typ: Inner, build: 1, in: [2]input{in, in}}
			var l, r []optest.Row
			const n = 6_000
			for i := range n {
				r = append(r, optest.R("+I", strings.Repeat("x", i%300)+strconv.Itoa(i/dup), i/dup, i))
				l = append(l, optest.R("+I", strings.Repeat("x", i%300)+strconv.Itoa(i/dup), i/dup, i))
			}
			s := optest.Spec{New: func() op.Operator { return newHashJoin(spec) }, In: [][]types.Type{ts, ts}, Out: append(append([]types.Type{}, ts...), ts...), Batch: true}
			out := optest.RunIn(t, optest.World{Full: true, Memory: limit}, s, optest.Rows(1, r...), optest.End(1), optest.Rows(0, l...), optest.End(0))
			want := 0
			seen := map[string]int{}
			for _, x := range r {
				seen[line(x.Values[:2])]++
			}
			for _, x := range l {
				want += seen[line(x.Values[:2])]
			}
			if len(out) != want {
				t.Errorf("dup %d: %d rows, want %d", dup, len(out), want)
			}
			for _, x := range out {
				if line(x.Values[:2]) != line(x.Values[3:5]) {
					t.Fatalf("joined unequal keys: %v", x)
				}
			}
		}
	}
}

// What the build side holds is accounted for and given back, in memory or in parts.
func TestHashJoinAccountsForMemory(t *testing.T) {
	for _, cross := range []bool{false, true} {
		budget := spill.New(spill.Config{Limit: 256 << 10, Dirs: []string{t.TempDir()}})
		store := state.NewStore(state.Config{Memory: budget})
		j := newHashJoin(hashSpec{typ: Inner, build: 1, in: setup{noKeys: cross}.inputs([2]bool{})})
		if err := j.Open(&op.Context{Out: &discard{}, State: store, Fn: &fn.Ctx{}, Batch: true}); err != nil {
			t.Fatal(err)
		}
		b := vec.NewBatch(rightTypes)
		b.Cols[0].Resize(4096)
		b.Cols[1].Resize(4096)
		b.N = 4096
		if _, err := j.Push(1, b); err != nil || budget.Memory() < 4096*12 {
			t.Fatalf("held %d, error %v", budget.Memory(), err)
		}
		for range 10 {
			if _, err := j.Push(1, b); err != nil {
				t.Fatalf("cross %v: error %v", cross, err)
			}
		}
		if now, _ := budget.Spilled(); now == 0 {
			t.Errorf("cross %v: nothing is on disk", cross)
		}
		if err := j.Close(); err != nil || budget.Memory() != 0 {
			t.Errorf("%d bytes are held after Close, error %v", budget.Memory(), err)
		}
		if now, _ := budget.Spilled(); now != 0 {
			t.Errorf("%d bytes are on disk after Close", now)
		}
	}
}

// Parts of a join give together what the join gives that has room, at any size of
// the parts: null keys, keys with many rows, parts that are parted again.
func TestHashJoinInParts(t *testing.T) {
	src := rand.New(rand.NewPCG(3, 4))
	key := func() any {
		switch n := src.IntN(20); {
		case n == 0:
			return nil
		case n < 2:
			return int64(n)
		}
		return src.Int64N(900)
	}
	var l, r []optest.Row
	for i := range 1200 {
		l = append(l, optest.R("+I", key(), strconv.Itoa(i)))
		if i%3 == 0 {
			r = append(r, optest.R("+I", key(), src.Int64N(5)))
		}
	}
	run := func(s optest.Spec, build int, limit int64) []string {
		in := [2][]optest.Row{l, r}
		out := optest.RunIn(t, optest.World{Memory: limit, Split: 500}, s, optest.Rows(build, in[build]...), optest.End(build),
			optest.Rows(1-build, in[1-build]...), optest.End(1-build))
		lines := make([]string, len(out))
		for i, x := range out {
			lines[i] = x.String()
		}
		sort.Strings(lines)
		return lines
	}
	for _, typ := range []Type{Inner, Left, Right, Full, Semi, Anti} {
		for build := range 2 {
			for _, rest := range []bool{false, true} {
				for _, nullAware := range []bool{false, typ == Anti && !rest} {
					s := setup{typ: typ, rest: rest}.hash(build, nullAware)
					want := run(s, build, 0)
					for _, limit := range []int64{48 << 10, 16 << 10} {
						if got := run(s, build, limit); !slices.Equal(got, want) {
							t.Fatalf("%v, build %d, rest %v, null-aware %v, %d bytes: %d rows, want %d", typ, build, rest, nullAware, limit, len(got), len(want))
						}
					}
				}
			}
		}
	}
}
