package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/weir-stream/weir/cmd/weir/internal/render"
	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/engine"
	"github.com/weir-stream/weir/internal/vec"
)

// sourceCheckCmd is `weir source check`.
type sourceCheckCmd struct {
	ends
	Rows   int    `default:"3" placeholder:"N" help:"How many rows of each table to read and show; 0 = none."`
	Output string `enum:"text,json" default:"text" help:"text or json."`
}

// checkedEnd is what was found out about one end of a table.
type checkedEnd struct {
	Table     string            `json:"table"`
	Connector string            `json:"connector,omitempty"`
	End       string            `json:"end"` // source or sink
	Sample    []json.RawMessage `json:"sample,omitempty"`
	connector.Report

	shown string // the sample as a table
}

// Run checks tables one after the other.
func (c *sourceCheckCmd) Run(a *app) error {
	s, list, err := c.open(a)
	if s == nil {
		return err
	}
	ctx, stop := a.interrupted()
	defer stop()
	problems := 0
	var all []checkedEnd
	for i := range list {
		r := c.check(ctx, a, s, &list[i])
		if ctx.Err() != nil {
			return &exit{status: statusInterrupted}
		}
		problems += len(r.Problems)
		if c.Output == "json" {
			all = append(all, r)
		} else {
			printChecked(a, &r)
		}
	}
	if c.Output == "json" {
		if err := writeJSON(a, all); err != nil {
			return failed(err)
		}
	}
	if problems > 0 {
		return &exit{status: statusFailed}
	}
	return err
}

func (c *sourceCheckCmd) check(ctx context.Context, a *app, s *engine.Session, end *engine.End) checkedEnd {
	r := checkedEnd{Table: end.Name, End: "source", Report: connector.Report{Facts: []*connector.Facts{}, Problems: []connector.Problem{}}}
	if end.Written {
		r.End = "sink"
	}
	if end.Spec != nil {
		r.Connector = end.Spec.Name
	}
	if end.Err != nil {
		r.Fail(end.Err)
		return r
	}
	var side any = end.Source
	if end.Written {
		side = end.Sink
	}
	if k, ok := side.(connector.Checker); ok {
		k.Check(ctx, &r.Report)
	} else {
		r.Note("the connector '%s' needs nothing from outside", end.Spec.Name)
	}
	if !end.Written && c.Rows > 0 && !r.Unreachable && !consumed(end.Source) {
		c.sample(ctx, a, s, end, &r)
	}
	return r
}

// sample reads some rows: what cannot be decoded is a problem.
func (c *sourceCheckCmd) sample(ctx context.Context, a *app, s *engine.Session, end *engine.End, r *checkedEnd) {
	ctx, stop := context.WithTimeout(ctx, c.Timeout)
	defer stop()
	var buf bytes.Buffer
	conf := a.sampleConfig(s, end)
	conf.Out = &buf
	w := &counted{Writer: render.Table(conf)}
	if c.Output == "json" {
		w.Writer = render.JSON(conf)
	}
	r.Fail(sample(ctx, end, c.Rows, w))
	switch {
	case w.rows == 0:
		return
	case c.Output != "json":
		r.shown = buf.String()
	default:
		for line := range bytes.Lines(buf.Bytes()) {
			r.Sample = append(r.Sample, json.RawMessage(bytes.Clone(bytes.TrimSpace(line))))
		}
	}
	var empty []string
	for i, col := range end.Table.Columns {
		if w.nulls[i] == w.rows {
			empty = append(empty, "`"+col.Name+"`")
		}
	}
	if len(empty) > 0 {
		r.Note("NULL in all rows that were read: %s. Are the names those of the data? Case counts", strings.Join(empty, ", "))
	}
}

// counted counts the rows that are written, and the nulls of each column.
type counted struct {
	render.Writer
	rows  int
	nulls []int
}

func (c *counted) Write(b *vec.Batch) error {
	if c.nulls == nil {
		c.nulls = make([]int, len(b.Cols))
	}
	c.rows += b.Len()
	for i := range b.Len() {
		for j, v := range b.Cols {
			if v.IsNull(b.Row(i)) {
				c.nulls[j]++
			}
		}
	}
	return c.Writer.Write(b)
}

// longestCell cuts texts such as schemas where they are shown to people.
const longestCell = 60

func printChecked(a *app, r *checkedEnd) {
	out := a.out
	kind := r.End
	if r.Connector != "" {
		kind = r.Connector + ", " + r.End
	}
	fmt.Fprintf(out, "%s (%s)\n", r.Table, kind)
	for _, f := range r.Facts {
		if len(f.Rows) == 0 {
			continue
		}
		fmt.Fprintf(out, "\n%s\n", f.Title)
		w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "  "+strings.Join(f.Columns, "\t"))
		for _, row := range f.Rows {
			cells := make([]string, len(row))
			for i, c := range row {
				cells[i] = short(strings.Join(strings.Fields(c), " "))
			}
			fmt.Fprintln(w, "  "+strings.Join(cells, "\t"))
		}
		_ = w.Flush()
	}
	if r.shown != "" {
		fmt.Fprintf(out, "\nrows\n%s", r.shown)
	}
	if len(r.Notes)+len(r.Problems) > 0 {
		fmt.Fprintln(out)
	}
	for _, n := range r.Notes {
		fmt.Fprintln(out, "note:", n)
	}
	for _, p := range r.Problems {
		fmt.Fprintln(out, "problem:", p.What)
		if p.Remedy != "" {
			fmt.Fprintln(out, "  remedy:", p.Remedy)
		}
	}
	if len(r.Problems) == 0 {
		fmt.Fprintln(out, "\nno problem")
	}
	fmt.Fprintln(out)
}

func short(s string) string {
	if r := []rune(s); len(r) > longestCell {
		return string(r[:longestCell-1]) + "…"
	}
	return s
}
