package spool

import (
	"strings"
	"testing"

	"github.com/weir-stream/weir/internal/spill"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// Columns keep rows of all physical types whether they fit into memory or not, and
// text that is handed on outlives them.
func TestColumnsKeepRows(t *testing.T) {
	ts := []types.Type{types.Of(types.Boolean), types.Of(types.TinyInt), types.Of(types.SmallInt), types.Of(types.Int), types.Of(types.BigInt),
		types.Of(types.Float), types.Of(types.Double), types.DecimalOf(30, 2), types.TimestampOf(9), types.String()}
	if !InColumns(ts) || InColumns(append(ts, types.ArrayOf(types.Of(types.Int)))) {
		t.Error("what is nested does not go to columns, all else does")
	}
	for _, limit := range []int64{0, 256 << 10} {
		budget := spill.New(spill.Config{Limit: limit, Dirs: []string{t.TempDir()}})
		c := NewColumns(budget, ts)
		const n, step = 40_000, 500
		for from := 0; from < n; from += step {
			b := vec.NewBatch(ts)
			for i := from; i < from+step; i++ {
				for j, v := range b.Cols {
					if (i+j)%11 == 0 {
						v.AppendNulls(1)
					} else {
						v.Grow(1)
						put(v, i)
					}
				}
				b.N++
			}
			if err := c.Add(b); err != nil {
				t.Fatal(err)
			}
		}
		if now, _ := budget.Spilled(); now == 0 && limit > 0 {
			t.Error("nothing has spilled")
		}
		rows, want := c.Rows(), vec.NewBatch(ts)
		for _, v := range want.Cols {
			v.Grow(1)
		}
		for _, i := range []int{0, 7, n / 2, n - 1} {
			for j, v := range rows.Cols {
				if put(want.Cols[j], i); v.IsNull(i) != ((i+j)%11 == 0) || !v.IsNull(i) && vec.Compare(v, i, want.Cols[j], 0) != 0 {
					t.Errorf("limit %d: row %d column %d differs", limit, i, j)
				}
			}
		}
		out := vec.NewBatch(ts)
		out.AppendSel(rows, []int32{n - 3})
		out.OwnText()
		c.Free()
		if got := out.Cols[9].S[0]; got != text(n-3) {
			t.Errorf("text that was handed on is %q", got)
		}
		if now, _ := budget.Spilled(); now != 0 || budget.Memory() != 0 {
			t.Errorf("%d bytes are on disk and %d in memory after Free", now, budget.Memory())
		}
		_ = budget.Close()
	}
}

func text(i int) string { return strings.Repeat("é", i%60) + "!" }

// put makes the last value of v one of row i.
func put(v *vec.Vector, i int) {
	n := v.N - 1
	switch v.Type.Phys() {
	case types.PBool:
		v.B[n] = i%2 == 0
	case types.PI8:
		v.I8[n] = int8(i)
	case types.PI16:
		v.I16[n] = int16(i)
	case types.PI32:
		v.I32[n] = int32(i)
	case types.PI64:
		v.I64[n] = int64(i)
	case types.PF32:
		v.F32[n] = float32(i)
	case types.PF64:
		v.F64[n] = float64(i)
	case types.PI128:
		v.D[n] = types.Int128{Lo: uint64(i)}
	case types.PTime:
		v.TS[n] = types.TimeNs{Ms: int64(i), Ns: int32(i)}
	case types.PStr:
		v.S[n] = text(i)
	}
}
