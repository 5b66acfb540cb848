package vec

import (
	"reflect"
	"testing"

	"github.com/weir-stream/weir/internal/types"
)

func sample() *Batch {
	ts := []types.Type{types.Of(types.BigInt), types.String(), types.DecimalOf(30, 2), types.ArrayOf(types.String()),
		types.MapOf(types.String(), types.Of(types.Int)), types.RowOf(types.Field{Name: "a", Type: types.Of(types.Double)}), types.TimestampOf(9), types.Of(types.Boolean)}
	b := NewBatch(ts)
	rows := [][]any{
		{int64(1), "x", types.I128(5), []any{"p", nil}, [][2]any{{"k", int64(2)}}, []any{1.5}, types.TimeNs{Ms: 7, Ns: 8}, true},
		{nil, nil, nil, nil, nil, nil, nil, nil},
		{int64(-3), "", types.I128(-1), []any{}, [][2]any{}, []any{nil}, types.TimeNs{}, false},
	}
	for _, r := range rows {
		for i, x := range r {
			b.Cols[i].AppendValue(x)
		}
		b.N++
	}
	return b
}

func rowsOf(vs []*Vector, n int) [][]any {
	out := make([][]any, n)
	for i := range out {
		for _, v := range vs {
			out[i] = append(out[i], v.Value(i))
		}
	}
	return out
}

func TestCodecRoundTripIsCanonical(t *testing.T) {
	b := sample()
	c := NewCodec(b.Types())
	var rows Rows
	for _, sel := range [][]int32{nil, {0, 2}, {1}, {}} {
		b.Sel = sel
		c.Encode(&rows, b, nil)
		out := NewBatch(b.Types())
		enc := make([][]byte, rows.Len())
		for i := range enc {
			enc[i] = rows.Row(i)
		}
		c.Decode(enc, out.Cols)
		want := b.Clone()
		if got, w := rowsOf(out.Cols, rows.Len()), rowsOf(want.Cols, want.N); !reflect.DeepEqual(got, w) {
			t.Fatalf("sel %v: got %v, want %v", sel, got, w)
		}
		var again Rows
		c.Encode(&again, want, nil)
		if string(again.Data) != string(rows.Data) {
			t.Fatalf("sel %v: equal rows gave different bytes", sel)
		}
	}
}

func TestAppendKeepsNullsAcrossWords(t *testing.T) {
	src := New(types.Of(types.Int), 0)
	for i := range 200 {
		if i%3 == 0 {
			src.AppendNulls(1)
		} else {
			src.AppendValue(int64(i))
		}
	}
	for _, from := range []int{0, 1, 63, 64, 65, 130} {
		dst := New(types.Of(types.Int), 0)
		dst.AppendValue(int64(-1))
		dst.AppendRange(src, from, 200)
		for i := from; i < 200; i++ {
			if got, want := dst.Value(1+i-from), src.Value(i); got != want {
				t.Fatalf("from %d row %d: got %v, want %v", from, i, got, want)
			}
		}
		dst.Resize(0)
		dst.AppendRepeat(src, 1, 70)
		if dst.NullCount() != 0 {
			t.Fatalf("nulls of the previous use came back: %d", dst.NullCount())
		}
	}
}

func TestGatherOfRowsWithoutNullsHasNoBitmap(t *testing.T) {
	src := New(types.Of(types.Int), 0)
	for i := range 300 {
		if i%3 == 0 {
			src.AppendNulls(1)
		} else {
			src.AppendValue(int64(i))
		}
	}
	var valid, mixed []int32
	for i := range int32(300) {
		if i%3 != 0 {
			valid = append(valid, i)
		}
		if i%7 != 0 {
			mixed = append(mixed, i)
		}
	}
	var dst *Vector
	for _, sel := range [][]int32{mixed, valid, valid[:64], mixed[:65], nil, mixed[:1], mixed} {
		dst = src.Gather(dst, sel)
		nulls := 0
		for i, r := range sel {
			if got, want := dst.Value(i), src.Value(int(r)); got != want {
				t.Fatalf("%d rows: row %d is %v, want %v", len(sel), i, got, want)
			}
			if src.IsNull(int(r)) {
				nulls++
			}
		}
		if dst.NullCount() != nulls || nulls == 0 && dst.MayHaveNulls() {
			t.Errorf("%d rows: %d nulls, want %d; bitmap %v", len(sel), dst.NullCount(), nulls, dst.MayHaveNulls())
		}
	}
}

func TestKindSign(t *testing.T) {
	for k, want := range map[Kind]int8{Insert: 1, UpdateBefore: -1, UpdateAfter: 1, Delete: -1} {
		if k.Sign() != want {
			t.Errorf("%s: sign %d", k, k.Sign())
		}
	}
}
