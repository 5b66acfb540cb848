package sqltest

import (
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"sync/atomic"
)

// World is one way of running the corpus: settings and pragmas from a file of
// test/configs.
type World struct {
	Name string
	// Settings is made with SET before the script.
	Settings [][2]string
	// Quick worlds are run by every go test.
	Quick bool
	// Shuffle permutes the rows of insert-only data.
	Shuffle bool
	// Drive runs all tasks of a job in one goroutine, in a seeded order.
	Drive bool
	// Stepped: jobs run in the runner's goroutine, only when it says so, on a
	// clock that stands still meanwhile.
	Stepped bool
	// Changelog: what is emitted is compared row by row, not only its fold.
	Changelog bool
	// Like names a world whose plans and answers this one has: what that one skips
	// is skipped here.
	Like string
	// PlanFiles: every plan is written down and read back before it runs.
	PlanFiles bool
	// Kill: jobs keep checkpoints and are killed again and again; each time they go
	// on from the last one. They are stepped, or driven as with Drive.
	Kill bool
	// Keep: jobs keep checkpoints on a disk in memory; Stepped only.
	Keep bool
	// Rescale: with another number of subtasks each time.
	Rescale bool
	// Seed is what the steps and kills are drawn from.
	Seed uint64
	// Resumed counts the times that a killed job went on from a checkpoint.
	Resumed atomic.Int64
}

// mostSubtasks is pipeline.max-parallelism of scripts.
const mostSubtasks = 16

// Parallel is the world parN of Steps for any number of subtasks; the one of 1 is
// stream. What par4 skips is skipped by all others.
func Parallel(n int) (*World, error) {
	if n < 1 || n > mostSubtasks {
		return nil, fmt.Errorf("the parallelism of a test is from 1 to %d, not %d", mostSubtasks, n)
	}
	name := fmt.Sprintf("par%d", n)
	if n == 1 {
		name = "stream"
	}
	for _, w := range Steps() {
		if w.Name == name {
			return w, nil
		}
	}
	return &World{Name: name, Stepped: true, Like: "par4", Settings: [][2]string{{"parallelism.default", strconv.Itoa(n)}}}, nil
}

// Steps are the worlds of tests whose jobs go on from block to block: all run in
// one goroutine on a clock that stands still, so nothing waits and nothing is left
// to chance.
func Steps() []*World {
	world := func(name string, settings ...[2]string) *World {
		return &World{Name: name, Stepped: true, Settings: settings}
	}
	stream := world("stream", [2]string{"parallelism.default", "1"})
	stream.Changelog = true
	restore := world("restore", [2]string{"parallelism.default", "1"})
	restore.Kill, restore.Changelog = true, true
	rescale := world("rescale", [2]string{"parallelism.default", "2"})
	rescale.Kill, rescale.Rescale = true, true
	return []*World{stream,
		world("rows1", [2]string{"parallelism.default", "1"}, [2]string{"weir.batch-rows", "1"}),
		world("par4", [2]string{"parallelism.default", "4"}),
		world("batch", [2]string{"parallelism.default", "1"}, [2]string{"execution.runtime-mode", "batch"}),
		world("noopt", [2]string{"parallelism.default", "1"}, [2]string{"weir.optimizer.enabled", "false"}),
		restore, rescale}
}

// Worlds reads all *.conf files of a folder, in order of their names. A line is
// empty, a comment, "SET key = value", "pragma
// quick|shuffle|drive|stepped|changelog|planfiles|kill|rescale", or "pragma like WORLD".
func Worlds(dir string) ([]*World, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.conf"))
	if err != nil {
		return nil, err
	}
	sort.Strings(paths)
	var out []*World
	for _, p := range paths {
		text, err := os.ReadFile(p)
		if err != nil {
			return nil, err
		}
		w := &World{Name: strings.TrimSuffix(filepath.Base(p), ".conf")}
		for i, line := range strings.Split(string(text), "\n") {
			if err := w.line(strings.TrimSpace(line)); err != nil {
				return nil, fmt.Errorf("%s:%d: %w", p, i+1, err)
			}
		}
		out = append(out, w)
	}
	return out, nil
}

// Skips gives the reason why the world leaves something out, which skip has by
// world; "" if it does not.
func (w *World) Skips(skip map[string]string) string {
	if reason := skip[w.Name]; reason != "" || w.Like == "" {
		return reason
	}
	return skip[w.Like]
}

func (w *World) line(line string) error {
	pragmas := map[string]*bool{"quick": &w.Quick, "shuffle": &w.Shuffle, "drive": &w.Drive, "stepped": &w.Stepped, "changelog": &w.Changelog, "planfiles": &w.PlanFiles, "kill": &w.Kill, "rescale": &w.Rescale}
	switch {
	case line == "" || strings.HasPrefix(line, "#"):
		return nil
	case strings.HasPrefix(line, "SET "):
		k, v, ok := strings.Cut(strings.TrimPrefix(line, "SET "), "=")
		if !ok {
			return fmt.Errorf("SET needs key = value")
		}
		w.Settings = append(w.Settings, [2]string{strings.TrimSpace(k), strings.TrimSpace(v)})
		return nil
	case strings.HasPrefix(line, "pragma like "):
		w.Like = strings.TrimSpace(strings.TrimPrefix(line, "pragma like "))
		return nil
	case strings.HasPrefix(line, "pragma "):
		p := pragmas[strings.TrimSpace(strings.TrimPrefix(line, "pragma "))]
		if p != nil {
			*p = true
			return nil
		}
	}
	return fmt.Errorf("%q is neither SET nor a pragma", line)
}
