// Package window puts rows into time windows: the window table functions, and
// aggregates over windows, which share panes, emit once when the watermark
// closes a window, and forget it.
package window

import (
	"fmt"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// Assign is a window table function: each row once for every window that it is
// in, with window_start, window_end and window_time appended.
type Assign struct {
	plan.NoExprs
	In     plan.Node
	Window plan.Window
}

// Inputs gives the one input.
func (n *Assign) Inputs() []plan.Node { return []plan.Node{n.In} }

// WithInputs replaces it.
func (n *Assign) WithInputs(in []plan.Node) plan.Node {
	c := *n
	c.In = in[0]
	return &c
}

// WithExprs is the identity.
func (n *Assign) WithExprs([]expr.Expr) plan.Node { return n }

// Fields are the input's and the three window columns; only window_time is a
// time attribute from there on.
func (n *Assign) Fields() []plan.Field {
	in := n.In.Fields()
	out := append(in[:len(in):len(in)], Columns(in[n.Window.TimeCol].Type, n.Window.Proctime)...)
	return out
}

// Columns are window_start, window_end and window_time for a time attribute.
func Columns(t types.Type, proctime bool) []plan.Field {
	plain := types.TimestampOf(3).NotNull()
	attr := types.Rowtime
	if proctime {
		attr = types.Proctime
	}
	wt := types.Type{Kind: t.Kind, Prec: 3, Attr: attr}
	return []plan.Field{{Name: "window_start", Type: plain}, {Name: "window_end", Type: plain}, {Name: "window_time", Type: wt}}
}

// Name is Flink's.
func (n *Assign) Name() string { return "WindowTableFunction" }

// Attrs prints the window.
func (n *Assign) Attrs() []plan.Attr {
	as := []plan.Attr{{Key: "window", Value: n.Window.Text(n.In.Fields())}}
	if len(n.Window.PartitionBy) > 0 {
		as = append(as, plan.Attr{Key: "partition by", Value: plan.Cols(n.In.Fields(), n.Window.PartitionBy)})
	}
	return as
}

// Derive passes the input's traits on with the window columns named.
func (n *Assign) Derive(c *plan.Context, in []*plan.Traits) (*plan.Traits, error) {
	t := *in[0]
	if t.LatenessMs > 0 && n.Window.Kind == plan.Session && !c.Batch && !n.Window.Proctime {
		return nil, noLateSessions()
	}
	t.EmitBefore, t.WantWatermark, t.Bound, t.Keys = false, false, plan.Bound{}, nil
	w := len(n.In.Fields())
	if n.Window.Kind == plan.Tumble {
		t.Keys = in[0].Keys
	} else {
		for _, k := range in[0].Keys {
			t.Keys = append(t.Keys, append(append([]int(nil), k...), w, w+1))
		}
	}
	t.Win = &plan.WinCols{Start: w, End: w + 1, Time: w + 2, Window: n.Window}
	if n.Window.Kind == plan.Session {
		t.Changes = connector.InsertOnly // rows leave when their session is over
		t.Bound = plan.Bound{Kind: plan.ByWatermark, Note: "watermark", RowBytes: plan.EntryBytes + plan.ListBytes + plan.RowWidth(n.In.Fields())}
	}
	return &t, nil
}

// Needs asks for watermarks for sessions, whose rows wait for their window.
func (n *Assign) Needs(_ *plan.Context, _ []*plan.Traits, own *plan.Traits) []plan.Need {
	need := plan.Need{Before: own.EmitBefore || n.Window.Kind == plan.Session, Watermark: own.WantWatermark || n.Window.Kind == plan.Session}
	if n.Window.Kind == plan.Session {
		need.Dist = plan.Dist{Kind: plan.Hashed, Keys: n.Window.PartitionBy}
	}
	return []plan.Need{need}
}

// Prop is a property of the window that an aggregate outputs.
type Prop uint8

// The window properties.
const (
	Start Prop = iota
	End
	Time     // rowtime attribute: window end minus 1 ms
	ProcTime // processing time attribute
)

// PropCol is an output column with a window property.
type PropCol struct {
	Prop Prop
	Name string
	Type types.Type
}

// Aggregate is GROUP BY keys and window: its fields are the key columns, one a
// call, then the window properties.
type Aggregate struct {
	plan.NoExprs
	In    plan.Node
	Keys  []int
	Calls []plan.AggCall
	Props []PropCol
	// Window assigns rows to windows by a time column; unless Attached, where
	// rows carry window start and end columns from a window below.
	Window   plan.Window
	Attached *plan.WinCols
	Sets     [][]int // grouping sets, as in rel/agg
	// Legacy marks GROUP BY TUMBLE(...)-style windows, whose names EXPLAIN keeps.
	Legacy bool
}

// Inputs gives the one input.
func (n *Aggregate) Inputs() []plan.Node { return []plan.Node{n.In} }

// WithInputs replaces it.
func (n *Aggregate) WithInputs(in []plan.Node) plan.Node {
	c := *n
	c.In = in[0]
	return &c
}

// WithExprs is the identity.
func (n *Aggregate) WithExprs([]expr.Expr) plan.Node { return n }

// Fields are keys, calls, properties.
func (n *Aggregate) Fields() []plan.Field {
	in := n.In.Fields()
	var out []plan.Field
	for _, k := range n.Keys {
		f := in[k]
		f.Type.Attr = 0
		out = append(out, f)
	}
	for _, c := range n.Calls {
		out = append(out, plan.Field{Name: c.Name, Type: c.Type})
	}
	for _, p := range n.Props {
		out = append(out, plan.Field{Name: p.Name, Type: p.Type})
	}
	return out
}

// Name is Flink's.
func (n *Aggregate) Name() string {
	if n.Legacy {
		return "GroupWindowAggregate"
	}
	return "WindowAggregate"
}

// Attrs prints keys, window and calls.
func (n *Aggregate) Attrs() []plan.Attr {
	in := n.In.Fields()
	var as []plan.Attr
	if len(n.Keys) > 0 {
		as = append(as, plan.Attr{Key: "groupBy", Value: plan.Cols(in, n.Keys)})
	}
	if a := n.Attached; a != nil {
		as = append(as, plan.Attr{Key: "window", Value: "attached " + plan.Cols(in, []int{a.Start, a.End})})
	} else {
		as = append(as, plan.Attr{Key: "window", Value: n.Window.Text(in)})
	}
	as = append(as, plan.Attr{Key: "select", Value: plan.Aggs(in, n.Calls)})
	for _, p := range n.Props {
		as = append(as, plan.Attr{Key: [...]string{"start", "end", "rowtime", "proctime"}[p.Prop], Value: p.Name})
	}
	return as
}

// Derive: windows emit once, inserts only.
func (n *Aggregate) Derive(c *plan.Context, in []*plan.Traits) (*plan.Traits, error) {
	i := in[0]
	t := &plan.Traits{Changes: connector.InsertOnly, HasWatermark: i.HasWatermark, Bounded: i.Bounded, Rows: i.Rows, LatenessMs: i.LatenessMs}
	late := n.lateness(c, i)
	if late > 0 {
		if n.Attached == nil && n.Window.Kind == plan.Session {
			return nil, noLateSessions()
		}
		t.Changes = correcting(i.InsertOnly())
	}
	if t.Rows > 0 {
		t.Rows = max(t.Rows/10, 1)
	}
	keys := make([]int, len(n.Keys))
	for j := range keys {
		keys[j] = j
	}
	t.Dist = plan.Dist{Kind: plan.Hashed, Keys: append([]int(nil), keys...)}
	if len(keys) == 0 {
		t.Dist = plan.Dist{Kind: plan.Single}
	}
	win := plan.WinCols{Start: -1, End: -1, Time: -1, Window: n.Window}
	for j, p := range n.Props {
		at := len(n.Keys) + len(n.Calls) + j
		switch p.Prop {
		case Start:
			win.Start = at
		case End:
			win.End = at
		case Time, ProcTime:
			win.Time = at
		}
	}
	if win.End >= 0 {
		t.Win = &win
		t.Keys = [][]int{append(keys, win.End)}
		if win.Start >= 0 && (n.Window.Kind == plan.Cumulate || n.Window.Kind == plan.Session) {
			t.Keys[0] = append(t.Keys[0], win.Start)
		}
	}
	t.Bound = plan.Bound{Kind: plan.ByWatermark, Note: "watermark", RowBytes: 8 + plan.GroupBytes(n.In.Fields(), n.Keys, n.Calls)}
	if n.Window.Kind == plan.Session {
		t.Bound.RowBytes += plan.SortedBytes
	}
	if late > 0 {
		t.Bound.Note = fmt.Sprintf("watermark and %d ms more, in which late rows correct the result by retraction; each window has accumulators of its own, and rows are not folded before the exchange", late)
	}
	return t, nil
}

// lateness is how long emitted windows are kept for late rows, ms. In batch mode
// no row is late.
func (n *Aggregate) lateness(c *plan.Context, in *plan.Traits) int64 {
	if c.Batch || n.Window.Proctime || n.Attached != nil && n.Attached.Window.Proctime || in == nil {
		return 0
	}
	return in.LatenessMs
}

func noLateSessions() error {
	return sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "allowed lateness ('weir.allowed-lateness') with SESSION windows is not supported").
		WithHint("switch it off for this query: FROM t /*+ OPTIONS('weir.allowed-lateness' = '0 s') */")
}

// Needs asks for watermarks, old rows and co-location by key.
func (n *Aggregate) Needs(*plan.Context, []*plan.Traits, *plan.Traits) []plan.Need {
	return []plan.Need{{Before: true, Watermark: true, Dist: plan.Dist{Kind: plan.Hashed, Keys: n.Keys}}}
}

// Cause tells that late rows correct what was emitted.
func (n *Aggregate) Cause() plan.Cause {
	return plan.Cause{What: "allowed lateness ('weir.allowed-lateness')", Remedy: "without it windows are final: FROM t /*+ OPTIONS('weir.allowed-lateness' = '0 s') */"}
}
