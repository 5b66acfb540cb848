package window

import "github.com/weir-stream/weir/internal/vec"

// NullTimes is the name under which rows without a time are reported. Such rows
// are in no window: Flink's window table functions drop them too, and an aggregate
// must not differ from the function that it was merged with.
const NullTimes = "rows with a null time attribute dropped"

// timed leaves out rows without a time.
type timed struct {
	nulls int64
	batch vec.Batch
	sel   []int32
}

// keep gives the rows of b whose column col is not null: b itself if all are. What
// it gives is valid until the next call.
func (t *timed) keep(b *vec.Batch, col int) *vec.Batch {
	c := b.Cols[col]
	if !c.MayHaveNulls() {
		return b
	}
	n := b.Len()
	if cap(t.sel) < n { // without a row it must not be nil, which is all rows
		t.sel = make([]int32, 0, n)
	}
	t.sel = t.sel[:0]
	for i := range n {
		if r := b.Row(i); !c.IsNull(r) {
			t.sel = append(t.sel, int32(r))
		}
	}
	if len(t.sel) == n {
		return b
	}
	t.nulls += int64(n - len(t.sel))
	t.batch = *b
	t.batch.Sel = t.sel
	return &t.batch
}

// Report tells how many rows had no time.
func (t *timed) Report(add func(name string, n int64)) { add(NullTimes, t.nulls) }
