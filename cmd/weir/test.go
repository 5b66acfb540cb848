package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/weir-stream/weir/sqltest"
)

// testCmd is `weir test`.
type testCmd struct {
	Paths   []string `arg:"" name:"PATH" help:"Test files, or folders whose *.slt files are run."`
	Only    string   `name:"run" placeholder:"REGEXP" help:"Run only cases whose name (file, or file/case) matches."`
	Source  []string `sep:"none" placeholder:"TABLE=FILE" help:"Let a table of the pipelines under test read a CSV, JSON or other file; may be repeated."`
	World   []string `placeholder:"NAMES" help:"Ways to run each case: stream, rows1, par4 (or par2 to par16), batch, noopt, restore, rescale, or all. The default is what a file's worlds line names, else stream."`
	Subtask []int    `name:"parallelism" placeholder:"N" help:"Run each case with these numbers of subtasks; 4 is the world par4."`
	Seed    uint64   `default:"1" help:"What the kills of the worlds restore and rescale are drawn from."`
	Configs string   `placeholder:"DIR" help:"Take the worlds from the *.conf files of a folder."`
	Update  bool     `help:"Rewrite the expectations of the files with what comes out."`
	Junit   string   `placeholder:"FILE" help:"Write a JUnit report."`
	Verbose bool     `short:"v" help:"Print every case."`
}

// testRun is one run of `weir test`.
type testRun struct {
	cmd     *testCmd
	app     *app
	only    *regexp.Regexp
	worlds  []*sqltest.World
	sources map[string]string
}

// outcome is a case in a world.
type outcome struct {
	script *sqltest.Script
	name   string
	took   time.Duration
	checks int
	failed []string
}

// Run runs the tests; the status is 1 if one fails and 2 if a file or the usage is
// wrong.
func (c *testCmd) Run(a *app) error {
	t := &testRun{cmd: c, app: a, sources: map[string]string{}}
	scripts, err := t.prepare()
	if err != nil {
		return err
	}
	started := time.Now()
	all := t.run(scripts)
	took := time.Since(started)
	if c.Update {
		if err := rewrite(scripts); err != nil {
			return err
		}
	}
	if c.Junit != "" {
		if err := writeJUnit(c.Junit, all); err != nil {
			return err
		}
	}
	failed, checks := 0, 0
	for _, o := range all {
		checks += o.checks
		if len(o.failed) > 0 {
			failed++
		}
	}
	if len(all) == 0 {
		return usage("no case matches --run %s", c.Only)
	}
	fmt.Fprintf(a.err, "%d cases in %d files, %d checks, %d failed, %s (%.0f cases/s)\n", len(all), len(scripts), checks, failed,
		took.Round(time.Millisecond), float64(len(all))/took.Seconds())
	if failed > 0 {
		return &exit{status: statusFailed}
	}
	return nil
}

// prepare checks the flags and reads the files.
func (t *testRun) prepare() ([]*sqltest.Script, error) {
	var err error
	if t.only, err = regexp.Compile(t.cmd.Only); err != nil {
		return nil, usage("--run: %v", err)
	}
	for _, s := range t.cmd.Source {
		table, file, ok := strings.Cut(s, "=")
		if !ok || table == "" || file == "" {
			return nil, usage("--source takes TABLE=FILE, not '%s'", s)
		}
		if _, err := os.Stat(file); err != nil {
			return nil, usage("--source: %v", plainPathError(err))
		}
		t.sources[table] = file
	}
	t.worlds = sqltest.Steps()
	if t.cmd.Configs != "" {
		if t.worlds, err = sqltest.Worlds(t.cmd.Configs); err != nil {
			return nil, usage("%v", err)
		}
		if len(t.worlds) == 0 {
			return nil, usage("there are no *.conf files in %s", t.cmd.Configs)
		}
	}
	for _, w := range t.worlds {
		w.Seed = t.cmd.Seed
	}
	for _, n := range t.cmd.Subtask {
		w, err := sqltest.Parallel(n)
		if err != nil {
			return nil, usage("--parallelism: %v", err)
		}
		t.cmd.World = append(t.cmd.World, w.Name)
	}
	if _, err := t.pick(t.cmd.World); err != nil {
		return nil, err
	}
	files, err := testFiles(t.cmd.Paths)
	if err != nil {
		return nil, err
	}
	var scripts []*sqltest.Script
	for _, f := range files {
		s, err := sqltest.ParseFile(f)
		if err != nil {
			return nil, usage("%v", plainPathError(err))
		}
		if _, err := t.pick(s.Worlds()); err != nil {
			return nil, usage("%s: %v", f, err)
		}
		scripts = append(scripts, s)
	}
	return scripts, nil
}

// testFiles lists the files of paths; of folders those named *.slt.
func testFiles(paths []string) ([]string, error) {
	var out []string
	for _, p := range paths {
		info, err := os.Stat(p)
		if err != nil {
			return nil, usage("%v", plainPathError(err))
		}
		if !info.IsDir() {
			out = append(out, p)
			continue
		}
		n := len(out)
		err = filepath.WalkDir(p, func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && filepath.Ext(path) == ".slt" {
				out = append(out, path)
			}
			return err
		})
		if err != nil {
			return nil, usage("%v", plainPathError(err))
		}
		if len(out) == n {
			return nil, usage("there are no *.slt files in %s", p)
		}
	}
	return out, nil
}

// pick gives the worlds of the names.
func (t *testRun) pick(names []string) ([]*sqltest.World, error) {
	if slices.Contains(names, "all") {
		return t.worlds, nil
	}
	var out []*sqltest.World
	for _, n := range names {
		i := slices.IndexFunc(t.worlds, func(w *sqltest.World) bool { return w.Name == n })
		if w := t.parallel(n); i < 0 && w != nil {
			out = append(out, w)
			continue
		}
		if i < 0 {
			var known []string
			for _, w := range t.worlds {
				known = append(known, w.Name)
			}
			if t.cmd.Configs == "" {
				known = append(known, "par2 to par16")
			}
			return nil, usage("there is no world %s; there are %s", n, strings.Join(known, ", "))
		}
		out = append(out, t.worlds[i])
	}
	return out, nil
}

// parallel gives the world parN of a name, nil if it is no such name.
func (t *testRun) parallel(name string) *sqltest.World {
	digits, ok := strings.CutPrefix(name, "par")
	n, err := strconv.Atoi(digits)
	if !ok || err != nil || t.cmd.Configs != "" {
		return nil
	}
	w, err := sqltest.Parallel(n)
	if err != nil || w.Name != name {
		return nil
	}
	return w
}

// worldsOf gives the worlds that a script runs in. Expectations are written from
// the first.
func (t *testRun) worldsOf(s *sqltest.Script) []*sqltest.World {
	names := t.cmd.World
	if len(names) == 0 {
		names = s.Worlds()
	}
	ws, _ := t.pick(names)
	switch {
	case len(ws) == 0 && t.cmd.Configs != "":
		ws = t.worlds
	case len(ws) == 0:
		ws = t.worlds[:1]
	}
	if t.cmd.Update {
		ws = ws[:1]
	}
	return ws
}

// run runs all cases, several at a time, and prints what fails in the order of
// the files.
func (t *testRun) run(scripts []*sqltest.Script) []*outcome {
	var all []*outcome
	var jobs []func()
	for _, s := range scripts {
		for _, w := range t.worldsOf(s) {
			if w.Skips(s.Skip) != "" || s.Skip["all"] != "" {
				continue
			}
			for _, c := range s.Cases() {
				name := strings.TrimSuffix(s.Path+"/"+c.Name, "/")
				if !t.only.MatchString(name) {
					continue
				}
				o := &outcome{script: s, name: name + " [" + w.Name + "]"}
				all = append(all, o)
				jobs = append(jobs, func() { t.one(o, c, w) })
			}
		}
	}
	workers := runtime.GOMAXPROCS(0)
	if t.cmd.Update { // cases share the blocks before the first
		workers = 1
	}
	next := make(chan func())
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for f := range next {
				f()
			}
		})
	}
	for _, f := range jobs {
		next <- f
	}
	close(next)
	wg.Wait()
	for _, o := range all {
		switch {
		case len(o.failed) > 0:
			fmt.Fprintf(t.app.out, "FAIL %s\n%s\n", o.name, strings.Join(o.failed, "\n"))
		case t.cmd.Verbose:
			fmt.Fprintf(t.app.out, "ok   %s (%d checks, %s)\n", o.name, o.checks, o.took.Round(10*time.Microsecond))
		}
	}
	return all
}

func (t *testRun) one(o *outcome, c sqltest.Case, w *sqltest.World) {
	started := time.Now()
	failures, checks, err := sqltest.RunCase(c, w, sqltest.Options{Dir: filepath.Dir(o.script.Path), Sources: t.sources, Update: t.cmd.Update})
	o.took, o.checks = time.Since(started), checks
	if err != nil {
		o.failed = append(o.failed, err.Error())
	}
	for _, f := range failures {
		o.failed = append(o.failed, f.Text(o.script))
	}
	if w.Kill && len(o.failed) > 0 {
		o.failed = append(o.failed, fmt.Sprintf("where jobs were killed is drawn from --seed %d", w.Seed))
	}
}

// rewrite writes the scripts with what came out.
func rewrite(scripts []*sqltest.Script) error {
	for _, s := range scripts {
		info, err := os.Stat(s.Path)
		if err != nil {
			return err
		}
		if err := os.WriteFile(s.Path, []byte(s.String()), info.Mode().Perm()); err != nil {
			return err
		}
	}
	return nil
}
