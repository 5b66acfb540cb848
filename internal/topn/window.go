package topn

import (
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// window keeps the first rows of partitions that belong to a window, and emits
// them when the watermark has passed the window's end. Rows that come after that
// are late: they are counted and dropped.
type window struct {
	ordered
	timers *state.Timers
	wm     int64
	late   int64

	onTime []int32
	due    []state.Timer
	keys   state.Keys
	refs   []state.Ref
}

// NewWindow gives the operator for partitions that end (EndCol, EndAdd). With
// Retract it keeps all rows of partitions that have not ended.
func NewWindow(s Spec) op.Operator {
	s.Batch = true
	return &window{ordered: ordered{Spec: s}, wm: op.MinWatermark}
}

// Open declares the state.
func (w *window) Open(c *op.Context) error {
	if err := w.ordered.Open(c); err != nil {
		return err
	}
	w.take = w.add
	w.timers = c.State.TimersOf(w.state, "ends")
	return nil
}

// end is when the partition of row r closes, in ms.
func (w *window) end(v *vec.Vector, r int) int64 {
	r = v.Idx(r)
	if v.Type.Phys() == types.PTime {
		return v.TS[r].Ms + w.EndAdd
	}
	if v.Type.Prec > 3 {
		return v.I64[r]/1000 + w.EndAdd
	}
	return v.I64[r] + w.EndAdd
}

func (w *window) add(b *vec.Batch, sel []int32) {
	v := b.Cols[w.EndCol]
	n := b.N
	if sel != nil {
		n = len(sel)
	}
	w.onTime = w.onTime[:0]
	for i := range n {
		r := rowAt(sel, i)
		if v.IsNull(int(r)) {
			w.late++
			w.c.DropLate(0, b, int(r), op.NoTime)
			continue
		}
		if end := w.end(v, int(r)); end <= w.wm {
			w.late++
			w.c.DropLate(0, b, int(r), end)
			continue
		}
		w.onTime = append(w.onTime, r)
	}
	if len(w.onTime) == 0 {
		return
	}
	w.ordered.add(b, w.onTime)
	for i, born := range w.born {
		if born {
			w.timers.Register(w.ordered.keys.Bytes(i), w.end(v, int(w.onTime[i])))
		}
	}
}

// Watermark emits the partitions that end.
func (w *window) Watermark(wm int64) (op.Status, error) {
	w.wm = wm
	w.ending = w.fire
	return w.Resume()
}

// fire collects the rows of some partitions that are over and tells whether there
// were any.
func (w *window) fire() bool {
	w.due = w.timers.PopDue(w.wm, max(1, op.BatchRows/int(min(w.To, op.BatchRows))), w.due)
	if len(w.due) == 0 {
		return false
	}
	w.keys.Reset()
	for _, t := range w.due {
		w.keys.Append(t.Key)
	}
	w.refs = sized(w.refs, len(w.due))
	w.state.Find(&w.keys, w.refs)
	for _, g := range w.refs {
		if g != state.NoRef {
			w.walk(g, func(row []byte, rank int64) { w.feed.out.bytes(vec.Insert, row, rank) })
			w.state.DeleteKey(g)
		}
	}
	return true
}

// EndInput has nothing to do: the last watermark comes before it.
func (w *window) EndInput(int) (op.Status, error) { return op.Done, nil }

// Report counts late rows.
func (w *window) Report(add func(name string, n int64)) { add(op.Late, w.late) }

var (
	_ op.Watermarker = (*window)(nil)
	_ op.Reporter    = (*window)(nil)
)
