package main

import (
	"fmt"
	"io"
	"sort"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/weir-stream/weir/internal/job"
	"github.com/weir-stream/weir/internal/snapshot"
	"github.com/weir-stream/weir/internal/sql"
)

// stateCmd is `weir state`.
type stateCmd struct {
	Inspect stateInspectCmd `cmd:"" help:"What a state directory holds: tables, epochs, files and what refers to them."`
}

type stateInspectCmd struct {
	Dir    string `arg:"" help:"The state directory, or that of one of its jobs, or a savepoint."`
	Output string `enum:"text,json" default:"text" help:"text or json."`
}

// Run prints what a job's directory holds.
func (c *stateInspectCmd) Run(a *app) error {
	dir, err := jobDir(c.Dir)
	if err != nil {
		return err
	}
	return inspect(a, dir, c.Output)
}

// inspect prints what a directory or savepoint holds.
func inspect(a *app, dir, output string) error {
	i, err := snapshot.Inspect(places(), dir)
	if err != nil {
		return failed(err)
	}
	r, err := snapshot.Read(places(), dir)
	if err != nil {
		return failed(err)
	}
	defer r.Close()
	contents, err := job.Contents(r)
	if err != nil {
		return failed(err)
	}
	if output == "json" {
		return failed(writeJSON(a, struct {
			*snapshot.Info
			Contents []job.TableContents
		}{i, contents}))
	}
	fmt.Fprintf(a.out, "%s: checkpoint %d of %s, generation %d, format %d; sinks have committed up to %d\n",
		i.Domain, i.Epoch, time.UnixMilli(i.TimeMs).UTC().Format(time.RFC3339Nano), i.Generation, i.Version, i.Committed)
	for _, w := range i.Warnings {
		fmt.Fprintln(a.out, "warning:", w)
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\noperator\ttable\tkeys\tchanges\tbytes\thottest key\tits changes")
	var gone, left int64
	for _, t := range contents {
		if t.Operator == "" {
			gone, left = gone+1, left+t.Bytes
			continue
		}
		hot := "-"
		if t.HotChanges > 1 && t.HotKey != "" {
			hot = cutShort(t.HotKey)
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%s\t%s\t%d\n", t.Operator, t.Table, t.Keys, t.Changes, size(t.Bytes), hot, t.HotChanges)
	}
	if gone > 0 {
		fmt.Fprintf(w, "gone with an edit\t%d tables\t\t\t%s\t-\t\n", gone, size(left))
	}
	columns(w, contents)
	fmt.Fprintln(w, "\nfile\tbytes\tread at recovery\treferred to by")
	sort.Slice(i.Files, func(x, y int) bool { return i.Files[x].Path < i.Files[y].Path })
	for _, f := range i.Files {
		by := f.For
		if by == "" {
			by = "nothing, it will go"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", f.Path, size(f.Bytes), size(f.Live), by)
	}
	if err := w.Flush(); err != nil {
		return failed(err)
	}
	if n := len(i.Epochs); n > 0 {
		var nums []string
		for _, e := range i.Epochs[max(0, n-10):] {
			nums = append(nums, fmt.Sprint(e.Epoch))
		}
		fmt.Fprintf(a.out, "\n%d epochs in the log, the last: %s\n", n, strings.Join(nums, ", "))
	}
	return nil
}

// hotKeyMost is how much of a key is printed.
const hotKeyMost = 60

func cutShort(s string) string {
	if rs := []rune(s); len(rs) > hotKeyMost {
		return string(rs[:hotKeyMost-1]) + "…"
	}
	return s
}

// columns prints the tables as the table function state gives them.
func columns(w io.Writer, contents []job.TableContents) {
	fmt.Fprintln(w, "\noperator\ttable\tcolumns")
	for _, t := range contents {
		var cs []string
		for _, c := range t.Columns {
			cs = append(cs, sql.QuoteIdent(c.Name)+" "+c.Type.String())
		}
		if len(cs) > 0 {
			fmt.Fprintf(w, "%d: %s [%s]\t%s\t%s\n", t.ID, job.OperatorName(t.Operator), t.Vertex[:min(8, len(t.Vertex))], t.Table, strings.Join(cs, ", "))
		}
	}
}
