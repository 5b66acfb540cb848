package sim

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/weir-stream/weir/internal/vfs"
)

// ledger is what the sinks have shown so far, and what they must show. It asks for as
// much as can be known:
//
//   - A file that was visible never changes, and at the end it is there. In between
//     only a power cut may take it away, and only if its name was not durable yet.
//   - A file whose name is durable has durable bytes, and ends with a whole row.
//   - The files of a build of a query (see build) hold rows of its version only, no row
//     of one that takes nothing back too often, and those of the last build at the end
//     exactly what the batch gives. A build that corrects the one before it counts with
//     that one: what only that one gave is taken back. So rows come twice only where the job had said that
//     the INSERT is rebuilt and what it wrote stays, and only of that version.
type ledger struct {
	want   []map[int]map[string]int // by sink and version: the rows that the batch gives
	builds [][]*build               // by sink, those that came to an epoch
	record []byte                   // of the last durable epoch, when it last looked
	// adopted is what jobs went on from since.
	adopted []*adoption
	last    map[string]string // the files that were visible when it last looked
	sure    map[string]bool   // those of them that a power cut leaves
	ever    map[string]string // all that were visible at some time
}

func newLedger(want []map[string]int) ledger {
	l := ledger{ever: map[string]string{}, want: make([]map[int]map[string]int, len(want)), builds: make([][]*build, len(want))}
	for i := range want {
		l.want[i], l.builds[i] = map[int]map[string]int{0: want[i]}, []*build{{}}
	}
	return l
}

// clone is a ledger of a copy of the machine.
func (l *ledger) clone() ledger {
	c := *l
	c.ever = maps.Clone(l.ever)
	c.adopted = slices.Clone(l.adopted)
	c.builds = slices.Clone(l.builds)
	for i, bs := range c.builds {
		c.builds[i] = slices.Clone(bs)
	}
	return c
}

// look reads the sinks.
func (l *ledger) look(r *run, end bool) error {
	now := map[string]string{}
	p := r.disk.Process()
	for i := range r.p.changes {
		if err := l.sink(r, p, i, end, now); err != nil {
			return fmt.Errorf("sink %d: %w", i, err)
		}
	}
	for path, text := range l.last {
		if _, ok := now[path]; !ok && (l.sure[path] || !r.cut) {
			return fmt.Errorf("%s was visible and is gone", path)
		} else if ok && now[path] != text {
			return fmt.Errorf("%s was visible and is another", path)
		}
	}
	for path, text := range l.ever {
		if is, ok := now[path]; ok && is != text || end && !ok {
			return fmt.Errorf("%s was visible once and is gone or another", path)
		}
	}
	maps.Copy(l.ever, now)
	l.last = now
	return l.durable(r)
}

// durable finds out which of the files a power cut would leave.
func (l *ledger) durable(r *run) error {
	l.sure = map[string]bool{}
	d := r.disk.Clone(1)
	d.Crash(vfs.LoseUnsynced)
	p := d.Process()
	for i := range r.p.changes {
		err := each(p, folder(i), func(path, text string) error {
			if l.sure[path] = true; text != l.last[path] {
				return fmt.Errorf("%s is visible, but a power cut would change it", path)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// sink reads a sink, and puts its files into now.
func (l *ledger) sink(r *run, fs vfs.FS, i int, end bool, now map[string]string) error {
	of := plainRows
	if r.direct(i) {
		of = changesJSON
	} else if r.p.changes[i] {
		of = changeRows
	}
	got := make([]map[string]int, len(l.builds[i]))
	for b, x := range l.builds[i] {
		if got[b] = map[string]int{}; b > 0 && x.corrects {
			got[b] = got[b-1]
		}
	}
	err := each(fs, folder(i), func(path, text string) error {
		if now[path] = text; l.ever[path] != text {
			r.say("shown: %s\n%s", path, text)
		}
		if err := fold(got[l.buildOf(i, path)], text, of, r.commas()); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for k, b := range l.builds[i] {
		last := k == len(l.builds[i])-1
		if !last && l.builds[i][k+1].corrects {
			continue
		}
		if r.expires {
			if end && last {
				if err := r.summed(got[k], l.want[i][b.version]); err != nil {
					return fmt.Errorf("build %d of %d: %w", k+1, len(got), err)
				}
			}
			continue
		}
		if err := l.compare(got[k], l.want[i][b.version], end && last, r.p.changes[i], end); err != nil {
			return fmt.Errorf("build %d of %d: %w", k+1, len(got), err)
		}
		if r.text == nil || b.corrects && !(end && last) {
			continue
		}
		for row := range got[k] {
			if !strings.HasSuffix(row, fmt.Sprintf(",%d", b.version)) {
				return fmt.Errorf("build %d of %d: row %s is there where version %d was written", k+1, len(got), row, b.version)
			}
		}
	}
	return nil
}

// compare looks at the rows of a build: exact: they are what is wanted. changes: it may
// take rows back.
func (l *ledger) compare(got, want map[string]int, exact, changes, end bool) error {
	for row, n := range got {
		if n > want[row] && (exact || !changes) || n < 0 && end {
			return fmt.Errorf("row %s is there %d times, not %d", row, n, want[row])
		}
	}
	for row, n := range want {
		if exact && got[row] != n {
			return fmt.Errorf("row %s is there %d times, not %d; there are %d rows", row, got[row], n, len(got))
		}
	}
	return nil
}

// folder is where a sink writes.
func folder(sink int) string { return fmt.Sprintf("/out/s%d", sink) }
