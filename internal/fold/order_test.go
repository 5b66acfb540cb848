package fold

import (
	"testing"

	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// hashes takes what a local phase emits, as full every other time.
type hashes struct {
	keys []int64
	all  []uint64
	full bool
}

func (e *hashes) Full() bool { e.full = !e.full; return e.full }

func (e *hashes) Emit(b *vec.Batch) error {
	var rows vec.Rows
	vec.NewCodec([]types.Type{types.Of(types.BigInt)}).EncodeVectors(&rows, b.Cols[:1], nil, b.N)
	e.keys = append(e.keys, b.Cols[0].I64[:b.N]...)
	e.all = append(e.all, vec.HashRows(&rows, nil)...)
	return nil
}

// Many groups are emitted in the order of their hashes within the range of each
// receiver, each once, and again when the table has been filled anew.
func TestLocalOrder(t *testing.T) {
	const n, receivers = 3 * op.BatchRows, 3
	l, err := NewLocal(Spec{Name: "local"}, []types.Type{types.Of(types.BigInt)})
	if err != nil {
		t.Fatal(err)
	}
	l.Ordered(receivers)
	for range 2 {
		out := &hashes{}
		keys := vec.New(types.Of(types.BigInt), n)
		for i := range n {
			keys.I64[i] = int64(i)
		}
		b := &vec.Batch{N: n, Cols: []*vec.Vector{keys}}
		if err := l.Add(b, nil, n, b.Cols, out); err != nil {
			t.Fatal(err)
		}
		for status := op.More; status == op.More; {
			if status, err = l.Emit(out); err != nil {
				t.Fatal(err)
			}
		}
		seen := map[int64]bool{}
		for i, k := range out.keys {
			if seen[k] {
				t.Fatalf("key %d twice", k)
			}
			seen[k] = true
			if i > 0 && out.all[i]*receivers>>(64-orderBits) < out.all[i-1]*receivers>>(64-orderBits) {
				t.Fatalf("key %d comes too late", k)
			}
		}
		if len(seen) != n {
			t.Errorf("%d groups of %d", len(seen), n)
		}
		l.rows, l.groups = 0, 0 // it is not judged here
	}
}
