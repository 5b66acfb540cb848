package render

import (
	"strings"
	"time"

	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// A table waits for so many rows, or so long after its first, before it settles
// the widths of its columns.
const (
	tableRows = 1024
	tableWait = 50 * time.Millisecond
)

// Table writes a box with a column for each column. Widths are those of the
// first rows; a later value that is wider pushes the line out and widens what
// follows.
func Table(c Config) Writer {
	t := &table{text: text{out: c.Out}, c: c, grid: NewGrid(c)}
	if c.Endless {
		t.grid.leastWidths()
	}
	return t
}

type table struct {
	text
	c      Config
	grid   *Grid
	held   [][]string
	first  time.Time
	opened bool
}

func (t *table) Write(b *vec.Batch) error {
	if !t.opened && len(t.held) == 0 {
		t.first = time.Now()
	}
	for i := range b.Len() {
		t.held = append(t.held, t.grid.Cells(b, b.Row(i)))
	}
	if t.opened || len(t.held) >= tableRows {
		return t.put()
	}
	return nil
}

// put writes the rows held back, below a header if there is none yet.
func (t *table) put() error {
	t.grid.Widen(t.held)
	if !t.opened {
		t.grid.Fit(t.c.Width)
		t.buf = t.grid.AppendHead(t.buf)
		t.opened = true
	}
	for _, r := range t.held {
		t.buf = t.grid.AppendRow(t.buf, r)
		if err := t.full(); err != nil {
			return err
		}
	}
	t.held = t.held[:0]
	return nil
}

func (t *table) Rest() (time.Duration, error) {
	if !t.opened {
		if len(t.held) == 0 {
			return 0, nil
		}
		if left := tableWait - time.Since(t.first); !t.c.Endless && left > 0 {
			return left, nil
		}
	}
	if err := t.put(); err != nil {
		return 0, err
	}
	return 0, t.flush()
}

func (t *table) End() error {
	if err := t.put(); err != nil {
		return err
	}
	t.buf = t.grid.AppendFoot(t.buf)
	return t.flush()
}

// Grid lays rows out in columns.
type Grid struct {
	c      Config
	names  []string
	right  []bool // numbers stand at the right
	widths []int
	cut    bool // widths were cut to the terminal's
	scrap  []byte
}

// NewGrid gives a grid as wide as the names of the columns.
func NewGrid(c Config) *Grid {
	g := &Grid{c: c}
	if c.Zone == nil {
		g.c.Zone = types.UTC
	}
	if c.Ops {
		g.names, g.right = append(g.names, "op"), append(g.right, false)
	}
	for _, f := range c.Columns {
		g.names = append(g.names, Plain(f.Name))
		g.right = append(g.right, f.Type.IsNumeric())
	}
	for _, n := range g.names {
		g.widths = append(g.widths, Width(n))
	}
	return g
}

// leastWidths makes room for what a column of a type usually holds.
func (g *Grid) leastWidths() {
	at := 0
	if g.c.Ops {
		at = 1
	}
	for i, f := range g.c.Columns {
		w := 0
		switch f.Type.Kind {
		case types.Int, types.BigInt, types.Double, types.Float, types.Decimal:
			w = 10
		case types.Char, types.Varchar:
			w = min(f.Type.Prec, 16)
		case types.Date:
			w = 10
		case types.Timestamp, types.TimestampLTZ:
			w = 19
			if f.Type.Prec > 0 {
				w += 1 + f.Type.Prec
			}
		}
		g.widths[at+i] = max(g.widths[at+i], w)
	}
}

// Cells gives the texts of a row, its kind first if that is shown.
func (g *Grid) Cells(b *vec.Batch, r int) []string {
	out := make([]string, 0, len(g.names))
	if g.c.Ops {
		out = append(out, b.Kind(r).String())
	}
	for _, c := range b.Cols {
		g.scrap = AppendText(g.scrap[:0], c, r, g.c.Zone)
		out = append(out, Plain(string(g.scrap)))
	}
	return out
}

// Widen makes columns as wide as the rows need, unless they were cut.
func (g *Grid) Widen(rows [][]string) {
	if g.cut {
		return
	}
	for _, r := range rows {
		for i, c := range r {
			g.widths[i] = max(g.widths[i], Width(c))
		}
	}
}

// Fit cuts the widest columns until a line fits into width; 0 leaves them.
func (g *Grid) Fit(width int) {
	if width <= 0 {
		return
	}
	g.cut = true
	const narrow = 4
	for g.lineWidth() > width {
		widest := 0
		for i, w := range g.widths {
			if w > g.widths[widest] {
				widest = i
			}
		}
		if g.widths[widest] <= narrow {
			return
		}
		g.widths[widest]--
	}
}

// Fitted gives a copy that is cut to width; g keeps its own widths.
func (g *Grid) Fitted(width int) *Grid {
	c := *g
	c.widths = append([]int(nil), g.widths...)
	c.Fit(width)
	return &c
}

func (g *Grid) lineWidth() int {
	n := 1
	for _, w := range g.widths {
		n += w + 3
	}
	return n
}

// AppendHead appends the top of the box: a line, the names, a line.
func (g *Grid) AppendHead(dst []byte) []byte {
	dst = g.rule(dst, "┌", "┬", "┐")
	dst = g.AppendRow(dst, g.names)
	return g.rule(dst, "├", "┼", "┤")
}

// AppendFoot appends the bottom line.
func (g *Grid) AppendFoot(dst []byte) []byte { return g.rule(dst, "└", "┴", "┘") }

func (g *Grid) rule(dst []byte, left, mid, right string) []byte {
	dst = append(dst, left...)
	for i, w := range g.widths {
		if i > 0 {
			dst = append(dst, mid...)
		}
		for range w + 2 {
			dst = append(dst, "─"...)
		}
	}
	return append(append(dst, right...), '\n')
}

// AppendRow appends a line of cells.
func (g *Grid) AppendRow(dst []byte, cells []string) []byte {
	for i, c := range cells {
		dst = append(dst, "│ "...)
		if g.cut {
			c = Cut(c, g.widths[i])
		}
		pad := max(g.widths[i]-Width(c), 0)
		if g.right[i] {
			dst = append(dst, strings.Repeat(" ", pad)...)
		}
		dst = append(dst, c...)
		if !g.right[i] {
			dst = append(dst, strings.Repeat(" ", pad)...)
		}
		dst = append(dst, ' ')
	}
	return append(dst, "│\n"...)
}
