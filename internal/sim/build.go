package sim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/weir-stream/weir/internal/job"
)

// build is an INSERT from when it begins anew to when it does so again: with the job,
// or since an edit of the script has it rebuilt.
type build struct {
	version int
	// corrects: it takes back what the one before gave and it does not.
	corrects bool
	before   map[string]bool // the runs that had files when it began
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

// adoption is a job that went on from an epoch, as another or as it was.
type adoption struct {
	from, record []byte
	begun        map[int]*build // by sink
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
		if r.bug != nil && r.bug.adopt != nil {
			r.bug.adopt(saved, a)
		}
		x := &adoption{from: saved, record: a.Record, begun: map[int]*build{}}
		if saved == nil || a.Edited {
			if err := r.begins(h, x); err != nil {
				r.wrong = err
				return nil, err
			}
		}
		if a.Edited && r.moved {
			r.out.EditedMoves++
		}
		r.moved = false
		l := &r.ledger
		l.adopted = append(l.adopted, x)
		if before := a.Before; before != nil {
			a.Before = func() (*job.Adopted, error) { // that runs first, and then this is asked again
				l.adopted = slices.DeleteFunc(l.adopted, func(y *adoption) bool { return x == y })
				return before()
			}
		}
		return a, nil
	}
}

// begins makes the builds that the job has told of.
func (r *run) begins(h *heard, x *adoption) error {
	for i := range r.ledger.builds {
		fates := h.fates[fmt.Sprintf("Sink(default_catalog.default_database.s%d)", i)]
		if r.bug != nil && r.bug.told != nil && fates != nil {
			r.bug.told(fates)
		}
		switch {
		case x.from == nil:
		case fates[job.Rebuilt] && fates[job.NotCorrected] == fates[job.Corrected]:
			return fmt.Errorf("it was not said whether the rows of sink %d stay", i)
		case !fates[job.Rebuilt] && !fates[job.Kept]:
			return fmt.Errorf("nothing was said of what becomes of sink %d", i)
		case !fates[job.Rebuilt]:
			continue
		}
		x.begun[i] = &build{version: r.version(i), corrects: fates[job.Corrected], before: r.runs(i)}
	}
	return nil
}

// settle takes up the builds that came to an epoch: record is that of the last one that
// is durable. Of those that did not no file is ever shown. Where processes have done the
// same, files of the first one or of one after it count.
func (l *ledger) settle(record []byte) error {
	var way []*adoption
	for at := record; !bytes.Equal(at, l.record); {
		i := slices.IndexFunc(l.adopted, func(x *adoption) bool { return bytes.Equal(x.record, at) && !bytes.Equal(x.from, at) })
		if i < 0 || len(way) > len(l.adopted) {
			return errors.New("the last durable epoch is of a job that nobody has begun")
		}
		way = append(way, l.adopted[i])
		at = l.adopted[i].from
	}
	for _, x := range slices.Backward(way) {
		for i, b := range x.begun {
			if x.from == nil {
				l.builds[i] = nil
			}
			l.builds[i] = append(l.builds[i], b)
		}
	}
	l.record, l.adopted = record, nil
	return nil
}

// recorded is the record of a job's last epoch.
func recorded(meta []byte) ([]byte, error) {
	if meta == nil {
		return nil, nil
	}
	var m job.Meta
	err := json.Unmarshal(meta, &m)
	return m.Record, err
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
