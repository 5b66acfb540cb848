package flow

import (
	"bytes"
	"fmt"
	"slices"
	"sync"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/dag"
	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/format/json"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// What a job keeps of the rows that came too late: the last of them, by number
// and by bytes of text.
const (
	keptLateRows  = 10_000
	keptLateBytes = 16 << 20
)

// LateRow is a row that an operator dropped because it came too late.
type LateRow struct {
	Vertex *dag.Vertex
	// Rowtime is the time of the row, an instant in ms; op.NoTime if it has none.
	// Watermark is what it came behind, op.MinWatermark if nothing.
	Rowtime, Watermark int64
	// Row is the operator's input row as JSON object; empty if it is not known.
	Row string
}

// LateRows gives the last rows that came too late, oldest first; it may be called
// while the job runs.
func (j *Job) LateRows() []LateRow { return j.late.list() }

// lateRing holds the last late rows of a job.
type lateRing struct {
	mu    sync.Mutex
	rows  []LateRow
	first int // of rows, the oldest
	bytes int
}

func (l *lateRing) add(r LateRow) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(r.Row) > keptLateBytes {
		return
	}
	for n := len(l.rows) - l.first; n > 0 && (n >= keptLateRows || l.bytes+len(r.Row) > keptLateBytes); n-- {
		l.bytes -= len(l.rows[l.first].Row)
		l.rows[l.first] = LateRow{}
		l.first++
	}
	if l.first > len(l.rows)/2 {
		n := copy(l.rows, l.rows[l.first:])
		clear(l.rows[n:])
		l.rows, l.first = l.rows[:n], 0
	}
	l.rows = append(l.rows, r)
	l.bytes += len(r.Row)
}

func (l *lateRing) list() []LateRow {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]LateRow(nil), l.rows[l.first:]...)
}

// lateRows takes what the operator of a node drops. It is the task's.
type lateRows struct {
	n    *node
	in   []*lateInput // made when the first row comes
	text bytes.Buffer
	out  *vec.Batch
}

var _ op.LateRows = (*lateRows)(nil)

// lateInput writes rows of one input.
type lateInput struct {
	enc  format.Encoder
	cols []int // that JSON can hold
	// local: the time attribute is local time, which the job's zone makes an
	// instant.
	local bool
	one   vec.Batch
	sel   [1]int32
}

// Dropped takes a row.
func (l *lateRows) Dropped(in int, b *vec.Batch, r int, rowtime int64) {
	l.keep(in, l.Text(in, b, r), rowtime)
}

// DroppedText takes a row of the first input whose text was made before.
func (l *lateRows) DroppedText(row string, rowtime int64) { l.keep(0, row, rowtime) }

func (l *lateRows) keep(in int, row string, rowtime int64) {
	l.n.lateRows.Add(1)
	x := l.input(in)
	j := l.n.task.job
	r := LateRow{Vertex: l.n.v, Rowtime: x.instant(rowtime, j.cfg.Zone), Watermark: x.instant(l.n.fn.Watermark, j.cfg.Zone), Row: row}
	j.late.add(r)
	for _, e := range l.n.edges {
		if e.side == dag.LateRows {
			e.emit(l.batch(r))
		}
	}
}

// batch gives a late row as the batch of one that a late edge carries.
func (l *lateRows) batch(r LateRow) *vec.Batch {
	if l.out == nil {
		l.out = vec.NewBatch(dag.LateRows.Types())
	}
	l.out.Reset()
	l.out.Cols[0].AppendValue(r.Vertex.Label())
	for i, ms := range [...]int64{r.Rowtime, r.Watermark} {
		if ms == op.NoTime {
			l.out.Cols[1+i].AppendValue(nil)
		} else {
			l.out.Cols[1+i].AppendValue(ms)
		}
	}
	if r.Row == "" {
		l.out.Cols[3].AppendValue(nil)
	} else {
		l.out.Cols[3].AppendValue(r.Row)
	}
	l.out.N = 1
	return l.out
}

// instant gives a time of the input's attribute as an instant.
func (x *lateInput) instant(ms int64, zone *types.Zone) int64 {
	if !x.local || zone == nil || ms == op.MinWatermark || ms == op.MaxWatermark {
		return ms
	}
	return zone.LocalToUTC(ms)
}

// Text writes a row.
func (l *lateRows) Text(in int, b *vec.Batch, r int) string {
	x := l.input(in)
	x.one.Cols = x.one.Cols[:0]
	for _, c := range x.cols {
		x.one.Cols = append(x.one.Cols, b.Cols[c])
	}
	x.sel[0] = int32(r)
	x.one.Sel, x.one.N = x.sel[:], b.N
	l.text.Reset()
	if x.enc.Begin(&l.text) != nil || x.enc.Encode(&x.one) != nil || x.enc.End() != nil {
		return ""
	}
	return string(bytes.TrimSuffix(l.text.Bytes(), []byte("\n")))
}

// input gives the writer of an input.
func (l *lateRows) input(in int) *lateInput {
	for len(l.in) <= in {
		l.in = append(l.in, nil)
	}
	if l.in[in] == nil {
		x := newLateInput(lateFields(l.n.v, in), l.n.task.job.cfg.Zone)
		if n := l.n.v.Node; n != nil && in < len(n.Inputs()) {
			x.local = localTime(n.Inputs()[in].Fields())
		}
		l.in[in] = x
	}
	return l.in[in]
}

func newLateInput(fields []plan.Field, zone *types.Zone) *lateInput {
	x := &lateInput{}
	spec := json.Spec()
	s := format.Schema{Zone: zone}
	for i, f := range fields {
		c := format.Column{Name: f.Name, Type: f.Type}
		if spec.Check([]format.Column{c}) == nil {
			s.Columns, x.cols = append(s.Columns, c), append(x.cols, i)
		}
	}
	// Both cannot fail: the option is declared and the columns are checked.
	o, _ := connector.NewOptions("json", spec.Options, nil, map[string]string{"map-null-key.mode": "LITERAL"}, nil)
	x.enc, _ = spec.NewEncoder(s, o)
	return x
}

// localTime reports whether the time attribute among columns is local time.
func localTime(fields []plan.Field) bool {
	return slices.ContainsFunc(fields, func(f plan.Field) bool {
		return f.Type.Attr == types.Rowtime && f.Type.Kind == types.Timestamp
	})
}

// lateFields names the columns of a vertex's input: as the plan says where the
// rows that arrive are those of the plan's input, else by number.
func lateFields(v *dag.Vertex, in int) []plan.Field {
	from := v.Inputs[in].From
	if v.Node != nil && in < len(v.Node.Inputs()) {
		if fs := v.Node.Inputs()[in].Fields(); len(fs) == len(from.Out) {
			return fs
		}
	}
	if from.Node != nil {
		if fs := from.Node.Fields(); len(fs) == len(from.Out) {
			return fs
		}
	}
	fs := make([]plan.Field, len(from.Out))
	for i, t := range from.Out {
		fs[i] = plan.Field{Name: fmt.Sprintf("c%d", i), Type: t}
	}
	return fs
}
