package window

import (
	"fmt"
	"strings"
	"testing"

	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// lateLog writes rows as their number in the batch.
type lateLog struct{}

func (lateLog) Dropped(int, *vec.Batch, int, int64)    {}
func (lateLog) DroppedText(string, int64)              {}
func (lateLog) Text(_ int, _ *vec.Batch, r int) string { return fmt.Sprintf(`{"row":%d}`, r) }

// shippedRows keeps the last column of what a local phase emits.
type shippedRows struct{ rows []string }

func (s *shippedRows) Full() bool { return false }
func (s *shippedRows) Emit(b *vec.Batch) error {
	v := b.Cols[len(b.Cols)-1]
	for i := range b.Len() {
		r := b.Row(i)
		if v.IsNull(r) {
			s.rows = append(s.rows, "folded")
			continue
		}
		row, ms := readSuspect(v.S[v.Idx(r)])
		s.rows = append(s.rows, fmt.Sprint(row, " at ", ms))
	}
	return nil
}

func TestLocalPhaseKeepsSuspectsApart(t *testing.T) {
	ts := []types.Type{types.Of(types.Int), types.TimestampOf(3)}
	s := specOf(ts, []int{0}, plan.Window{Kind: plan.Tumble, TimeCol: 1, SizeMs: 10}, call(t, ts, "COUNT", false))
	l := &local{spec: s, late: suspects{seen: newReached()}}
	out := &shippedRows{}
	if err := l.Open(&op.Context{Out: out, Fn: &fn.Ctx{Watermark: 12}, Inputs: [][]types.Type{ts}, LateRows: lateLog{}}); err != nil {
		t.Fatal(err)
	}
	b := vec.NewBatch(ts)
	for _, at := range []int64{13, 5, 14, 5, 25} { // [0, 10) is complete
		b.Cols[0].AppendValue(int64(1))
		b.Cols[1].AppendValue(at)
		b.N++
	}
	for _, step := range []func() (op.Status, error){func() (op.Status, error) { return l.Push(0, b) }, l.Flush} {
		if _, err := step(); err != nil {
			t.Fatal(err)
		}
	}
	want := `folded|folded|{"row":1} at 5|{"row":3} at 5`
	if got := strings.Join(out.rows, "|"); got != want {
		t.Errorf("shipped %s, want %s", got, want)
	}
	l.late.seen.raise(20) // a task further on has seen more
	out.rows = nil
	_, _ = l.Push(0, b)
	_, _ = l.Flush()
	if len(out.rows) != 5 {
		t.Errorf("shipped %v: all but the last row are suspect", out.rows)
	}
}
