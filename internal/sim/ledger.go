package sim

import (
	"fmt"

	"github.com/weir-stream/weir/internal/vfs"
)

// ledger is what the sinks have shown so far.
type ledger struct {
	want []map[string]int  // by the rows of all versions of the queries
	seen map[string]string // visible files and what they held, where they are sure to stay
	ever map[string]string // and those that the power may take away, so that they come again
}

// look reads the sinks: what was visible stays (but for names that a power cut takes
// back, until the next life gives them again) and never changes, no file ends
// within a row, no row of a query that takes none back is there too often. At the
// end they hold what the batch gives.
func (l *ledger) look(r *run, fs vfs.FS, end bool) error {
	now := map[string]string{}
	for i, changes := range r.p.changes {
		got := map[string]int{}
		err := each(fs, fmt.Sprintf("/out/s%d", i), func(path, text string) error {
			now[path] = text
			if err := fold(got, text, changes, r.commas()); err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
			return nil
		})
		if err != nil {
			return err
		}
		for row, n := range got {
			if n > l.want[i][row] && (end && r.last(i, row) || !changes) || n < 0 && end {
				return fmt.Errorf("sink %d: row %s is there %d times, not %d", i, row, n, l.want[i][row])
			}
		}
		if !end {
			continue
		}
		for row, n := range l.want[i] {
			if got[row] != n && r.last(i, row) {
				return fmt.Errorf("sink %d: row %s is there %d times, not %d; it holds %d rows", i, row, got[row], n, len(got))
			}
		}
	}
	for path, text := range l.seen {
		if now[path] != text {
			return fmt.Errorf("%s was visible and is gone or another", path)
		}
	}
	for path, text := range now {
		if was, ok := l.ever[path]; ok && was != text {
			return fmt.Errorf("%s was visible and is another", path)
		}
	}
	l.ever = now
	if r.cut { // else names may not be durable yet
		l.seen = now
	}
	return nil
}
