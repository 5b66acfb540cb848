package state

import (
	"sort"
	"testing"

	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

func TestSortKeyOrder(t *testing.T) {
	for _, c := range []struct {
		t    types.Type
		vals []any
	}{
		{types.Of(types.BigInt), []any{nil, int64(-1 << 63), int64(-5), int64(0), int64(7), int64(1<<63 - 1)}},
		{types.Of(types.Double), []any{nil, -1e300, -1.5, 0.0, 2.5, 1e300}},
		{types.String(), []any{nil, "", "\x00", "\x00a", "a", "a\x00", "a\x00b", "ab", "b", "\xff"}},
		{types.Of(types.Boolean), []any{nil, false, true}},
		{types.ArrayOf(types.Of(types.Int)), []any{nil, []any{}, []any{nil}, []any{int64(-1)}, []any{int64(1)}, []any{int64(1), int64(0)}}},
	} {
		v := vec.New(c.t, 0)
		for _, x := range c.vals {
			v.AppendValue(x)
		}
		for _, desc := range []bool{false, true} {
			keys := make([]string, v.N)
			for i := range keys {
				keys[i] = string(AppendSortKey(nil, v, i, desc, !desc))
			}
			ok := sort.SliceIsSorted(keys, func(i, j int) bool { return (keys[i] < keys[j]) != desc })
			if !ok {
				t.Errorf("%s desc %v: keys are not in order", c.t, desc)
			}
		}
	}
}
