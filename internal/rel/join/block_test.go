package join

import (
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/weir-stream/weir/internal/optest"
)

// Rows that no hash tells apart — one key, or none — are joined block by block where
// they do not fit into memory, and what finds no match is known after the last.
func TestHashJoinInBlocks(t *testing.T) {
	for _, typ := range []Type{Inner, Left, Right, Full, Semi, Anti} {
		for build := range 2 {
			for _, noKeys := range []bool{false, true} {
				s := setup{typ: typ, noKeys: noKeys, rest: true}
				var rows [2][][]any
				for i := range []int{3000, 40}[build] {
					rows[0] = append(rows[0], []any{one(i), strings.Repeat("v", i%50)})
				}
				for i := range []int{40, 3000}[build] {
					w := int64(1)
					if i%1000 == 37 { // few match, and not in every block
						w = 2
					}
					rows[1] = append(rows[1], []any{one(i), w})
				}
				var evs []optest.Event
				for _, in := range []int{build, 1 - build} {
					for part := range slices.Chunk(rows[in], 17) {
						var b []optest.Row
						for _, r := range part {
							b = append(b, optest.Row{Values: r})
						}
						evs = append(evs, optest.Rows(in, b...))
					}
					evs = append(evs, optest.End(in))
				}
				want := s.join(rows[0], rows[1])
				for _, w := range []optest.World{{Memory: 48 << 10}, {Memory: 64 << 10, Full: true, Select: true}} {
					var got []string
					for _, r := range optest.RunIn(t, w, s.hash(build, false), evs...) {
						got = append(got, line(r.Values))
					}
					sort.Strings(got)
					if !slices.Equal(got, want) {
						t.Errorf("%v, build %d: %d rows, want %d", s, build, len(got), len(want))
					}
				}
			}
		}
	}
}

// one is the key of row i: the same for nearly all.
func one(i int) any {
	switch i % 500 {
	case 7:
		return nil
	case 11:
		return int64(2)
	}
	return int64(1)
}
