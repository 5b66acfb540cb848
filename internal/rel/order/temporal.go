package order

import (
	"math"

	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/topn"
	"github.com/weir-stream/weir/internal/vec"
)

// temporal sorts an input that only adds rows by its time attribute: a row leaves
// when the watermark has passed it, in order. Rows behind the watermark are late:
// they are counted and dropped.
type temporal struct {
	keys []plan.SortKey

	c     *op.Context
	ord   topn.Order
	rows  *state.Sorted
	group []state.Ref
	key   state.Keys
	enc   vec.Rows
	sel   []int32
	sort  []byte
	wm    int64
	late  int64
	iter  state.Iter
	out   *vec.Batch
	due   [][]byte
	unit  int64 // of the time column in a ms
	last  bool  // no watermark follows
}

func newTemporal(keys []plan.SortKey) *temporal {
	return &temporal{keys: keys, wm: op.MinWatermark, group: make([]state.Ref, 1)}
}

func (t *temporal) Open(c *op.Context) error {
	t.c = c
	ts := c.Inputs[0]
	t.ord = topn.NewOrder(ts, t.keys)
	t.rows = c.State.Sorted(state.SortedSpec{Name: "rows", Row: ts, From: state.Origin{Input: 1}, Order: topn.SortCols(t.keys)})
	t.out = vec.NewBatch(ts)
	t.unit = 1
	if ts[t.keys[0].Col].Prec > 3 {
		t.unit = 1000
	}
	return nil
}

// find leaves the only map in group.
func (t *temporal) find() state.Ref {
	t.key.EncodeVectors(t.rows.KeyCodec(), nil, nil, 1)
	t.rows.Upsert(&t.key, t.group, nil)
	return t.group[0]
}

// Push keeps rows until the watermark reaches them.
func (t *temporal) Push(_ int, b *vec.Batch) (op.Status, error) {
	g := t.find()
	v := b.Cols[t.keys[0].Col]
	t.sel = t.sel[:0]
	for i := range b.Len() {
		r := b.Row(i)
		ts, ms := int64(math.MinInt64), op.NoTime
		switch {
		case !v.IsNull(r):
			ts = v.I64[v.Idx(r)]
			ms = ts / t.unit
		case !t.keys[0].NullsFirst: // it leaves at the end
			ts = math.MaxInt64
		}
		if t.wm != op.MinWatermark && ts < (t.wm+1)*t.unit {
			t.late++
			t.c.DropLate(0, b, r, ms)
			continue
		}
		t.sel = append(t.sel, int32(r))
	}
	if len(t.sel) == 0 {
		return op.Done, nil
	}
	t.rows.RowCodec().EncodeVectors(&t.enc, b.Cols, t.sel, b.N)
	for i, r := range t.sel {
		t.sort = t.ord.AppendKey(t.sort[:0], b, int(r))
		t.rows.Insert(g, t.sort, t.enc.Row(i))
	}
	return op.Done, nil
}

// Watermark emits the rows that it has passed.
func (t *temporal) Watermark(wm int64) (op.Status, error) {
	t.wm, t.last = min(wm, op.MaxWatermark/t.unit-1), wm == op.MaxWatermark
	return t.Resume()
}

// Resume emits a batch at a time. Rows are taken out with the batch; rows of one
// sort key leave together, so that the rest is what has not left.
func (t *temporal) Resume() (op.Status, error) {
	g := t.find()
	bound := state.AppendSortInt(nil, (t.wm+1)*t.unit)
	if t.last {
		bound = []byte{math.MaxUint8} // beyond nulls that come last
	}
	for t.wm != op.MinWatermark {
		if t.c.Out.Full() {
			return op.More, nil
		}
		n := t.rows.Rank(g, bound)
		if n == 0 {
			break
		}
		t.due = t.due[:0]
		t.sort = t.sort[:0]
		for t.rows.Iter(&t.iter, g, 0); n > 0; n-- {
			k := t.iter.SortKey()
			if len(t.due) >= op.BatchRows && string(k) != string(t.sort) {
				break
			}
			t.sort = append(t.sort[:0], k...)
			t.due = append(t.due, t.iter.Row())
			t.iter.Next()
		}
		t.out.Reset()
		t.rows.RowCodec().Decode(t.due, t.out.Cols)
		t.out.N = len(t.due)
		t.rows.DropBelow(g, append(t.sort, 0)) // no key is a prefix of another
		if err := t.c.Out.Emit(t.out); err != nil {
			return op.Done, err
		}
	}
	if t.c.Out.Full() { // the receiver may still be reading
		return op.More, nil
	}
	return op.Done, nil
}

// Report counts late rows.
func (t *temporal) Report(add func(name string, n int64)) { add(op.Late, t.late) }

func (t *temporal) Close() error { return nil }

var (
	_ op.Watermarker = (*temporal)(nil)
	_ op.Reporter    = (*temporal)(nil)
)
