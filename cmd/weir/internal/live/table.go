package live

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strconv"
	"time"

	"github.com/weir-stream/weir/cmd/weir/internal/render"
	"github.com/weir-stream/weir/internal/engine"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// Frames are drawn at most so often; the figures below them are renewed even
// when no rows come.
const (
	frameEvery  = 100 * time.Millisecond
	statusEvery = 500 * time.Millisecond
)

// keepRows is how many rows of an append-only query are kept for the screen.
const keepRows = 1000

// Table draws a query's current rows over themselves.
type Table struct {
	Out  io.Writer
	Zone *types.Zone
	// Size gives the terminal's columns and lines; it is asked for each frame.
	Size func() (width, height int)

	grid  *render.Grid // as wide as the widest rows so far, so that nothing jumps
	lines int          // drawn last, to go up by
	buf   []byte
}

// Show reads the query to its end and leaves the last table on the screen.
func (t *Table) Show(ctx context.Context, q *engine.Query) error {
	ts := make([]types.Type, len(q.Columns))
	for i, c := range q.Columns {
		ts[i] = c.Type
	}
	keep := 0
	if q.AppendOnly {
		keep = keepRows
	}
	m := newModel(ts, keep)
	meter := NewMeter(t.Zone, time.Now(), q.Job)
	var drawn time.Time
	dirty := true
	for {
		now := time.Now()
		if since := now.Sub(drawn); dirty && since >= frameEvery || since >= statusEvery {
			if err := t.frame(m, q, meter.Line(now)); err != nil {
				return err
			}
			drawn, dirty = now, false
		}
		pause := statusEvery
		if dirty {
			pause = frameEvery
		}
		b, err := nextUntil(ctx, q, drawn.Add(pause))
		if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
			continue
		}
		if b != nil && err == nil {
			m.add(b)
			dirty = true
			continue
		}
		if ferr := t.frame(m, q, meter.Line(time.Now())); err == nil {
			err = ferr
		}
		return err
	}
}

// nextUntil waits for a batch until a time.
func nextUntil(ctx context.Context, q *engine.Query, until time.Time) (*vec.Batch, error) {
	if b := q.TryNext(); b != nil {
		return b, nil
	}
	short, cancel := context.WithDeadline(ctx, until)
	defer cancel()
	return q.Next(short)
}

// frame draws the table and the line of figures over the last ones.
func (t *Table) frame(m *model, q *engine.Query, figures string) error {
	width, height := t.Size()
	const around = 6 // the box's lines, the figures, and the prompt's
	b := m.view(max(height-around, 1), q.Order)
	if t.grid == nil {
		t.grid = render.NewGrid(render.Config{Columns: q.Columns, Zone: t.Zone})
	}
	rows := make([][]string, b.Len())
	for i := range rows {
		rows[i] = t.grid.Cells(b, b.Row(i))
	}
	t.grid.Widen(rows)
	g := t.grid.Fitted(width)
	text := g.AppendHead(nil)
	for _, r := range rows {
		text = g.AppendRow(text, r)
	}
	text = g.AppendFoot(text)
	status := figures
	if hidden := m.rowsTotal() - int64(len(rows)); hidden > 0 {
		status = Count(hidden) + " more rows · " + status
	}
	text = append(append(text, render.Cut(status, max(width-1, 1))...), '\n')
	return t.draw(text)
}

// draw goes up to where the last frame began and writes every line over it.
func (t *Table) draw(text []byte) error {
	t.buf = t.buf[:0]
	if t.lines > 0 {
		t.buf = append(t.buf, "\x1b["+strconv.Itoa(t.lines)+"A"...)
	}
	t.buf = append(t.buf, '\r')
	t.lines = bytes.Count(text, []byte{'\n'})
	for _, line := range bytes.SplitAfter(text, []byte{'\n'}) {
		if len(line) > 0 {
			t.buf = append(append(t.buf, line[:len(line)-1]...), "\x1b[K\n"...)
		}
	}
	t.buf = append(t.buf, "\x1b[J"...)
	_, err := t.Out.Write(t.buf)
	return err
}

// rowsTotal is the rows that the query has now; of an append-only one, all that
// came.
func (m *model) rowsTotal() int64 {
	if m.keep > 0 {
		return m.total
	}
	return int64(m.alive)
}
