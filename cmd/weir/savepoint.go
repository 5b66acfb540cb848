package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/weir-stream/weir/internal/snapshot"
)

// savepointCmd is `weir savepoint`.
type savepointCmd struct {
	Create  savepointCreateCmd  `cmd:"" help:"Write a savepoint of a job, running or not."`
	List    savepointListCmd    `cmd:"" help:"List the savepoints in a folder."`
	Inspect savepointInspectCmd `cmd:"" help:"What a savepoint holds."`
	Drop    savepointDropCmd    `cmd:"" help:"Delete a savepoint."`
}

type savepointCreateCmd struct {
	Dir string `arg:"" help:"The state directory, or that of one of its jobs."`
	To  string `arg:"" help:"A folder that does not exist yet."`
}

// Run writes a savepoint.
func (c *savepointCreateCmd) Run(a *app) error { return makeSavepoint(a, c.Dir, c.To) }

type savepointListCmd struct {
	Folder string `arg:"" help:"The folder that holds savepoints."`
}

// Run lists savepoints.
func (c *savepointListCmd) Run(a *app) error {
	list, broken, err := snapshot.Savepoints(places(), c.Folder)
	if err != nil {
		return failed(err)
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "savepoint\tjob\tcheckpoint\tmade\tsize")
	for _, i := range list {
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\n", i.Dir, i.Domain, i.Epoch, time.UnixMilli(i.TimeMs).UTC().Format(time.RFC3339), size(i.Bytes))
	}
	return failed(errors.Join(w.Flush(), errors.Join(broken...)))
}

type savepointInspectCmd struct {
	Dir    string `arg:"" help:"The savepoint."`
	Output string `enum:"text,json" default:"text" help:"text or json."`
}

// Run prints what a savepoint holds.
func (c *savepointInspectCmd) Run(a *app) error {
	if _, err := snapshot.ReadSavepoint(places(), c.Dir); err != nil {
		return failed(err)
	}
	return inspect(a, c.Dir, c.Output)
}

type savepointDropCmd struct {
	Dirs []string `arg:"" name:"DIR" help:"The savepoints."`
}

// Run deletes savepoints.
func (c *savepointDropCmd) Run(a *app) error {
	for _, d := range c.Dirs {
		if err := snapshot.DropSavepoint(places(), d); err != nil {
			return failed(err)
		}
		fmt.Fprintf(a.out, "dropped %s\n", d)
	}
	return nil
}

func writeJSON(a *app, v any) error {
	e := json.NewEncoder(a.out)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
