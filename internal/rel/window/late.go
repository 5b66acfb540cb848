package window

import (
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/weir-stream/weir/internal/fold"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// Rows that are late are shown as they came in. Behind a local phase only
// accumulators arrive, and whether a row is late is known behind the exchange
// alone, where the watermark is that of all tasks. So a local phase keeps apart
// the rows that may be late (suspects): each is shipped as a group of its own with
// its text in the last column, which is null for all others.

// reached is the watermark of the furthest subtask behind the exchange, for the
// local phases before it: a task that was idle knows an old one only.
type reached struct{ ms atomic.Int64 }

func newReached() *reached {
	r := &reached{}
	r.ms.Store(op.MinWatermark)
	return r
}

func (r *reached) raise(wm int64) {
	for {
		was := r.ms.Load()
		if wm <= was || r.ms.CompareAndSwap(was, wm) {
			return
		}
	}
}

// rowtime gives the time of row r, in the last window that ends at end.
func (s *spec) rowtime(b *vec.Batch, r int, clock clockOf, end int64) int64 {
	at := s.window.TimeCol
	if s.attached != nil {
		at = s.attached.Time
	}
	if at < 0 {
		return clock.due(end)
	}
	v := b.Cols[at]
	return msAt(v, v.Idx(r))
}

// drop counts row i of b, all of whose windows are complete.
func (a *aggregate) drop(b *vec.Batch, i int) {
	a.late++
	r := b.Row(i)
	if a.c.LateRows == nil {
		return
	}
	if a.shipped == nil {
		a.c.LateRows.Dropped(0, b, r, a.rowtime(b, r, a.clock, a.ids[i].end))
		return
	}
	if v := b.Cols[len(b.Cols)-1]; !v.IsNull(r) {
		row, ms := readSuspect(v.S[v.Idx(r)])
		a.c.LateRows.DroppedText(row, ms)
		return
	}
	// Rows of a task that was idle until just now: they were folded before it
	// could know.
	a.c.LateRows.DroppedText("", a.clock.due(a.ids[i].end))
}

// dropLost counts the rows of b whose windows are all complete, where rows are
// folded into each of their windows.
func (a *aggregate) dropLost(b *vec.Batch) {
	for i, id := range a.ids {
		if a.expired(a.cut.lastEnd(id.end)) {
			a.drop(b, i)
		}
	}
}

// suspectText writes a row and its time; readSuspect reads them.
func suspectText(n int64, ms int64, row string) string {
	return strconv.FormatInt(n, 36) + " " + strconv.FormatInt(ms, 10) + " " + row
}

func readSuspect(s string) (row string, ms int64) {
	_, s, _ = strings.Cut(s, " ")
	t, row, _ := strings.Cut(s, " ")
	ms, _ = strconv.ParseInt(t, 10, 64)
	return row, ms
}

// suspects is the part of a local phase that holds rows which may be late.
type suspects struct {
	seen *reached
	fold *fold.Local // nil until there is one
	ok   []int32     // physical rows that are not suspect
	bad  []int32
	ends []int64 // of bad
	text *vec.Vector
	n    int64
	main shipper
	own  shipper
}

var suspectType = types.String()

// sort splits the rows of b into ok and bad; false if none is suspect.
func (s *suspects) sort(l *local, b *vec.Batch, n int) bool {
	if l.c.LateRows == nil || l.c.Batch {
		return false
	}
	mark := max(l.c.Fn.Watermark, s.seen.ms.Load())
	if mark == op.MinWatermark {
		return false
	}
	some, last, bad := false, l.ids[0], l.suspect(l.ids[0], mark)
	for i, id := range l.ids[:n] {
		if id != last {
			last, bad = id, l.suspect(id, mark)
		}
		if bad && !some {
			some = true
			s.ok, s.bad, s.ends = s.ok[:0], s.bad[:0], s.ends[:0]
			for j := range i {
				s.ok = append(s.ok, int32(b.Row(j)))
			}
		}
		switch {
		case bad:
			s.bad, s.ends = append(s.bad, int32(b.Row(i))), append(s.ends, id.end)
		case some:
			s.ok = append(s.ok, int32(b.Row(i)))
		}
	}
	return some
}

// suspect reports whether all windows of a slice are complete by a watermark.
func (l *local) suspect(id windowID, mark int64) bool {
	end := id.end
	if l.attached == nil {
		end = l.cut.lastEnd(end)
	}
	return l.clock.due(end) <= mark
}

// add takes the bad rows of b, whose keys are in keys by physical row.
func (s *suspects) add(l *local, b *vec.Batch) error {
	if s.fold == nil {
		var err error
		in := l.c.Inputs[0]
		s.fold, err = fold.NewLocal(fold.Spec{Name: "suspects", Calls: l.calls, In: in, Retract: l.retract, Fn: l.c.Fn}, append(l.localKeys(in), suspectType))
		if err != nil {
			return err
		}
		s.text = vec.New(suspectType, 0)
		s.own = shipper{out: l.c.Out, text: len(l.keys)}
	}
	s.text.Resize(b.N)
	for i, r := range s.bad {
		s.n++ // so that two rows alike stay two
		s.text.S[r] = suspectText(s.n, l.rowtime(b, int(r), l.clock, s.ends[i]), l.c.LateRows.Text(0, b, int(r)))
	}
	s.fold.Pass(false)
	return s.fold.Add(b, s.bad, len(s.bad), append(l.keys[:len(l.keys):len(l.keys)], s.text), &s.own)
}

// ripe reports that there are so many that they should leave.
func (s *suspects) ripe() bool { return s.fold != nil && s.fold.Ripe() }

// emit ships the suspects.
func (s *suspects) emit() (op.Status, error) {
	if s.fold == nil {
		return op.Done, nil
	}
	return s.fold.Emit(&s.own)
}

// shipper gives what a local fold emits the column of the text: a null, or the
// key column that it is in, moved to the end.
type shipper struct {
	out  op.Emitter
	text int // the key column; -1 = none
	null *vec.Vector
	b    vec.Batch
}

// Full is the receiver's.
func (s *shipper) Full() bool { return s.out.Full() }

// Emit passes a batch on.
func (s *shipper) Emit(b *vec.Batch) error {
	s.b = vec.Batch{Cols: s.b.Cols[:0], Sel: b.Sel, Kinds: b.Kinds, N: b.N}
	for i, c := range b.Cols {
		if i != s.text {
			s.b.Cols = append(s.b.Cols, c)
		}
	}
	if s.text >= 0 {
		s.b.Cols = append(s.b.Cols, b.Cols[s.text])
	} else {
		if s.null == nil {
			s.null = vec.Literal(suspectType, nil, 1)
		}
		s.null.N = b.N
		s.b.Cols = append(s.b.Cols, s.null)
	}
	return s.out.Emit(&s.b)
}
