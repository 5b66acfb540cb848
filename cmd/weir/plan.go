package main

import (
	"context"
	"fmt"

	"github.com/weir-stream/weir/internal/engine"
)

// planCmd is `weir plan`.
type planCmd struct {
	Diff planDiffCmd `cmd:"" help:"What it means for the state of a job to run another script."`
}

type planDiffCmd struct {
	session
	Old    string `arg:"" help:"The script that ran; with --state-dir what is saved there counts more."`
	New    string `arg:"" help:"The script that is to run."`
	Output string `enum:"text,json" default:"text" help:"text or json."`
}

// Run prints what becomes of every operator.
func (c *planDiffCmd) Run(a *app) error {
	old, err := a.readScript([]string{c.Old}, nil)
	if err != nil {
		return err
	}
	edited, err := a.readScript([]string{c.New}, nil)
	if err != nil {
		return err
	}
	s, err := c.open(a)
	if err != nil {
		return err
	}
	before, err := s.Plans(old.text)
	if err != nil {
		fmt.Fprint(a.err, old.render(err))
		return &exit{status: statusUsage}
	}
	diffs, err := s.DiffPlans(context.Background(), before, edited.text)
	if err != nil {
		fmt.Fprint(a.err, edited.render(err))
		return &exit{status: statusUsage}
	}
	if c.Output == "json" {
		return failed(writeJSON(a, diffs))
	}
	printDiffs(a, diffs)
	return nil
}

func printDiffs(a *app, diffs []engine.JobDiff) {
	for i, d := range diffs {
		if i > 0 {
			fmt.Fprintln(a.out)
		}
		fmt.Fprintln(a.out, d.Job)
		for _, o := range d.Differences {
			fmt.Fprintln(a.out, " ", o)
		}
	}
}
