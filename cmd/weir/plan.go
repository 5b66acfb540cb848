package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/weir-stream/weir/internal/engine"
	"github.com/weir-stream/weir/internal/location"
)

// planCmd is `weir plan`.
type planCmd struct {
	Diff planDiffCmd `cmd:"" help:"What it means for the state of a job to run another script."`
}

type planDiffCmd struct {
	session
	Old    string `arg:"" help:"What ran: a script, a plan file, a state directory, or a savepoint. With --state-dir what is saved there counts more."`
	New    string `arg:"" help:"What is to run: a script, a plan file, or what ran in a state directory or up to a savepoint."`
	Output string `enum:"text,json" default:"text" help:"text or json."`
}

// Run prints what becomes of every operator.
func (c *planDiffCmd) Run(a *app) error {
	s, err := c.open(a)
	if err != nil {
		return err
	}
	before, err := plansOf(a, s, c.Old)
	if err != nil {
		return err
	}
	after, err := plansOf(a, s, c.New)
	if err != nil {
		return err
	}
	diffs, err := s.DiffPlans(context.Background(), before, after)
	if err != nil {
		return failed(err)
	}
	if c.Output == "json" {
		return failed(writeJSON(a, diffs))
	}
	printDiffs(a, diffs)
	unfound(a, before, after, diffs)
	return nil
}

// plansOf gives the plans of what an argument names.
func plansOf(a *app, s *engine.Session, arg string) (*engine.Plans, error) {
	if stands(arg) {
		p, err := s.PlansIn(context.Background(), arg)
		return p, failed(err)
	}
	src, err := a.readScript([]string{arg}, nil)
	if err != nil {
		return nil, err
	}
	text, isPlan := src.text, strings.HasPrefix(strings.TrimSpace(src.text), "{")
	if isPlan {
		text = "EXECUTE PLAN '" + strings.ReplaceAll(arg, "'", "''") + "'"
	}
	p, err := s.Plans(text)
	if err != nil && isPlan {
		return nil, failed(err)
	}
	if err != nil {
		fmt.Fprint(a.err, src.render(err))
		return nil, &exit{status: statusUsage}
	}
	p.Nameless = isPlan
	return p, nil
}

// stands reports whether an argument names a folder, perhaps in an object store.
func stands(arg string) bool {
	if location.Remote(arg) {
		return true
	}
	i, err := os.Stat(arg)
	return err == nil && i.IsDir()
}

// unfound warns of jobs that are not found again since they have other names.
func unfound(a *app, before, after *engine.Plans, diffs []engine.JobDiff) {
	var fresh []string
	gone := before.Names()
	for _, d := range diffs {
		switch {
		case d.Was == "":
			fresh = append(fresh, d.Job)
		case d.Was != d.Job && !before.Savepoint:
			fmt.Fprintf(a.err, "warning: a job is found again by its name: to go on from %s, %s has to run with SET 'pipeline.name' = '%s'\n", d.Was, d.Job, d.Was)
		}
	}
	gone = slices.DeleteFunc(gone, func(n string) bool { return slices.Contains(after.Names(), n) })
	if len(fresh) > 0 && len(gone) > 0 {
		fmt.Fprintf(a.err, "warning: a job is found again by its name: %s begins anew, since what ran is named %s. SET 'pipeline.name' in both\n",
			strings.Join(fresh, ", "), strings.Join(gone, ", "))
	}
}

func printDiffs(a *app, diffs []engine.JobDiff) {
	for i, d := range diffs {
		if i > 0 {
			fmt.Fprintln(a.out)
		}
		fmt.Fprintln(a.out, d.Job)
		for _, text := range d.Apart {
			fmt.Fprintln(a.out, "  note          ", text)
		}
		for _, o := range d.Differences {
			fmt.Fprintln(a.out, " ", o)
		}
	}
}
