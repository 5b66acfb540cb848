package sim

import (
	"bytes"
	"fmt"
	"path"
	"strings"

	"github.com/weir-stream/weir/internal/job"
)

// build is an INSERT from when it begins anew to when it does so again: with the job,
// or since an edit of the script has it rebuilt.
type build struct {
	version int
	record  []byte          // of the job that it begins with
	sure    bool            // an epoch of that job is durable
	before  map[string]bool // the runs that had files when it began
}

// buildOf is the build that wrote a file.
func (l *ledger) buildOf(sink int, file string) int {
	bs := l.builds[sink]
	for i := len(bs) - 1; i > 0; i-- {
		if !bs[i].before[runOf(file)] {
			return i
		}
	}
	return 0
}

// runOf is the part of a file's name that tells which run of which sink wrote it.
func runOf(file string) string {
	name := strings.TrimPrefix(path.Base(file), ".")
	run, _, _ := strings.Cut(strings.TrimPrefix(name, "part-"), "-")
	return run
}

// runs lists those that have files of a sink, shown or not.
func (r *run) runs(sink int) map[string]bool {
	out := map[string]bool{}
	entries, _ := r.disk.Clone(1).Process().ReadDir(folder(sink)) // calls of a clone are not drawn from
	for _, e := range entries {
		out[runOf(e.Name())] = true
	}
	return out
}

// adopts has the ledger told of what a job goes on from, and of what is rebuilt.
func (r *run) adopts(c *job.Config, h *heard) {
	inner := c.Adopt
	if inner == nil {
		return
	}
	c.Adopt = func(saved []byte, read job.Reading) (*job.Adopted, error) {
		a, err := inner(saved, read)
		if err != nil {
			return nil, err
		}
		r.settle(saved)
		if !a.Edited {
			return a, nil
		}
		begun, err := r.rebuilt(h, a.Record)
		if before := a.Before; before != nil && err == nil {
			a.Before = func() (*job.Adopted, error) { // that runs first, and then this is asked again
				for _, i := range begun {
					bs := &r.ledger.builds[i]
					*bs = (*bs)[:len(*bs)-1]
				}
				return before()
			}
		}
		return a, err
	}
}

// settle drops the builds that never came to an epoch: saved is the record of the last
// one that is durable.
func (r *run) settle(saved []byte) {
	for i, bs := range r.ledger.builds {
		b := bs[len(bs)-1]
		switch {
		case saved == nil:
			bs = []*build{{version: r.version(i)}}
		case len(bs) == 1 || b.sure:
		case bytes.Equal(saved, b.record):
			b.sure = true
		default:
			bs = bs[:len(bs)-1]
		}
		r.ledger.builds[i] = bs
	}
}

// rebuilt begins the builds that the job has told of, and gives their sinks.
func (r *run) rebuilt(h *heard, record []byte) (sinks []int, err error) {
	for i := range r.ledger.builds {
		name := fmt.Sprintf("Sink(default_catalog.default_database.s%d)", i)
		switch {
		case !h.fates[name][job.Rebuilt]:
			if !h.fates[name][job.Kept] {
				err = fmt.Errorf("nothing was said of what becomes of %s", name)
			}
			continue
		case !h.fates[name][job.NotCorrected]:
			err = fmt.Errorf("it was not said that the rows of %s stay", name)
		}
		r.ledger.builds[i] = append(r.ledger.builds[i], &build{version: r.version(i), record: record, before: r.runs(i)})
		sinks = append(sinks, i)
	}
	if err != nil {
		r.wrong = err
	}
	return sinks, err
}

// version is that of a query in the script at hand.
func (r *run) version(i int) int {
	if r.text == nil {
		return 0
	}
	return r.text.versions[i].number
}

// heard is what a session says: the fates of operators after an edit.
type heard struct {
	quiet
	say   func(format string, args ...any)
	fates map[string]map[job.Fate]bool
}

// Warn reads the lines of job.Difference.
func (h *heard) Warn(msg string) {
	h.say("warning: %s", msg)
	for line := range strings.Lines(msg) {
		for _, f := range []job.Fate{job.Kept, job.Rebuilt, job.Dropped, job.Corrected, job.NotCorrected} {
			if of, ok := strings.CutPrefix(line, fmt.Sprintf("  %-13s  ", f)); ok {
				name, _, _ := strings.Cut(strings.TrimSuffix(of, "\n"), ": ")
				if h.fates[name] == nil {
					h.fates[name] = map[job.Fate]bool{}
				}
				h.fates[name][f] = true
			}
		}
	}
}
