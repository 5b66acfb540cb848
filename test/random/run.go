package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/sqltest"
)

// worlds are ways of running a query that must give the same rows. The first that
// does not refuse it is what the others are compared with. All but one run in one
// goroutine, which is faster; that one leaves the order to the machine.
var worlds = []*sqltest.World{
	world("batch", true, "execution.runtime-mode", "batch", "parallelism.default", "1"),
	world("stream", true, "parallelism.default", "1"),
	world("stream3", false, "parallelism.default", "3", "weir.batch-rows", "2"),
	world("batch3noopt", true, "execution.runtime-mode", "batch", "parallelism.default", "3", "weir.optimizer.enabled", "false"),
	world("rowwise", true, "parallelism.default", "1", "table.exec.mini-batch.enabled", "false"),
	world("noopt1", true, "parallelism.default", "1", "weir.batch-rows", "1", "weir.optimizer.enabled", "false"),
}

func world(name string, stepped bool, settings ...string) *sqltest.World {
	w := &sqltest.World{Name: name, Stepped: stepped}
	for i := 0; i < len(settings); i += 2 {
		w.Settings = append(w.Settings, [2]string{settings[i], settings[i+1]})
	}
	return w
}

// run has one set of data in all worlds.
type run struct {
	runners []*sqltest.Runner
	refused int // runs
	silent  int // queries that all worlds refuse
}

func newRun(d data) (*run, error) {
	r := &run{}
	for _, w := range worlds {
		one, err := sqltest.NewRunner(w)
		if err != nil {
			return nil, err
		}
		for id, rows := range d {
			one.Store.Put(id, rows)
		}
		if _, err := one.Exec(tables); err != nil {
			return nil, err
		}
		r.runners = append(r.runners, one)
	}
	return r, nil
}

func (r *run) close() {
	for _, one := range r.runners {
		_ = one.Close()
	}
}

// rows runs a query in a world and gives its folded result, sorted.
func (r *run) rows(i int, query string) (lines []string, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	if writes(query) {
		return r.written(r.runners[i], query)
	}
	lines, _, err = r.runners[i].Run(&sqltest.Block{Verb: "query", Body: query})
	return lines, err
}

// written runs statements and gives what the sinks hold then.
func (r *run) written(one *sqltest.Runner, statements string) (lines []string, err error) {
	for _, s := range sinks {
		one.Store.Forget("default_catalog.default_database." + s)
	}
	if _, err := one.Exec(statements); err != nil {
		return nil, err
	}
	for _, s := range sinks {
		rows, _, err := one.Run(&sqltest.Block{Verb: "table", Arg: s})
		if err != nil {
			continue // nothing was written
		}
		for _, row := range rows {
			lines = append(lines, s+": "+row)
		}
	}
	return lines, nil
}

// differs runs a query in all worlds and tells what is wrong with it, or "". A
// world may refuse a query as unsupported. Where it fails on a value, as a
// division by zero does, all worlds must fail, but an optimiser may do without
// what fails; any other error is wrong.
func (r *run) differs(query string) string {
	first, firstWorld := "", ""
	for i, w := range worlds {
		lines, err := r.rows(i, query)
		if unsupported(err) {
			r.refused++
			continue
		}
		got := strings.Join(lines, "\n")
		if err != nil {
			return fmt.Sprintf("%s: %v", w.Name, err)
		}
		if firstWorld == "" {
			first, firstWorld = got, w.Name
		}
		if got != first {
			return fmt.Sprintf("--- %s\n%s\n--- %s\n%s", firstWorld, first, w.Name, got)
		}
	}
	if firstWorld == "" {
		r.silent++
	}
	return ""
}

func unsupported(err error) bool {
	codes := sqltest.Codes(err)
	return len(codes) > 0 && !slices.ContainsFunc(codes, func(c sqlerr.Code) bool { return c != sqlerr.Unsupported })
}

// shrink looks for a smaller query that fails as well.
func shrink(r *run, made func(taken []int) string, taken []int, sql, diff string) (string, string) {
	kind := func(d string) bool { return strings.HasPrefix(d, "---") }
	tries := 0
	for step := len(taken) / 2; step > 0 && tries < 300; step /= 2 {
		for at := 0; at < len(taken) && tries < 300; {
			shorter := append(append([]int(nil), taken[:at]...), taken[min(at+step, len(taken)):]...)
			zeroed := append([]int(nil), taken...)
			clear(zeroed[at:min(at+step, len(taken))])
			moved := false
			for _, next := range [][]int{shorter, zeroed} {
				s := made(next)
				if len(s) >= len(sql) {
					continue
				}
				tries++
				if d := r.differs(s); d != "" && kind(d) == kind(diff) {
					taken, sql, diff, moved = next, s, d, true
					break
				}
			}
			if !moved {
				at += step
			}
		}
	}
	return sql, diff
}
