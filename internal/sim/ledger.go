package sim

import (
	"fmt"
	"maps"

	"github.com/weir-stream/weir/internal/vfs"
)

// ledger is what the sinks have shown so far.
type ledger struct {
	p    *pipeline
	want []map[string]int
	seen map[string]string // visible files and what they held
}

// look reads the sinks: what was visible stays and never changes, no file ends
// within a row, no row of a query that takes none back is there too often. At the
// end they hold what the batch gives.
func (l *ledger) look(fs vfs.FS, end bool) error {
	now := map[string]string{}
	for i := range l.p.queries {
		got := map[string]int{}
		err := each(fs, fmt.Sprintf("/out/s%d", i), func(path, text string) error {
			now[path] = text
			if err := fold(got, text, l.p.changes[i]); err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
			return nil
		})
		if err != nil {
			return err
		}
		for row, n := range got {
			if n > l.want[i][row] && (end || !l.p.changes[i]) {
				return fmt.Errorf("sink %d: row %s is there %d times, not %d", i, row, n, l.want[i][row])
			}
		}
		if end && !maps.Equal(got, l.want[i]) {
			return fmt.Errorf("sink %d holds %d rows, not %d", i, len(got), len(l.want[i]))
		}
	}
	for path, text := range l.seen {
		if now[path] != text {
			return fmt.Errorf("%s was visible and is gone or another", path)
		}
	}
	l.seen = now
	return nil
}
