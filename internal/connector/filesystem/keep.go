package filesystem

import (
	"encoding/json"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/sqlerr"
)

var _ connector.Keeper = (*writer)(nil)

// kept is what a writer knows after a restart.
type kept struct {
	// Runs are those of the job so far, as their files name them.
	Runs  []string
	Mark  int64
	Parts []keptPart `json:",omitempty"`
}

// keptPart is a partition that was not committed.
type keptPart struct {
	Dir     string
	Values  []string
	Created int64 // ms
}

// Keep lists the runs and the partitions that wait to be committed.
func (w *writer) Keep() ([]byte, error) {
	k := kept{Runs: w.runs, Mark: w.mark}
	for p, x := range w.parts {
		k.Parts = append(k.Parts, keptPart{p, x.values, x.created})
	}
	slices.SortFunc(k.Parts, func(a, b keptPart) int { return strings.Compare(a.Dir, b.Dir) })
	return json.Marshal(k)
}

// Restore takes up the partitions, and removes the files that earlier runs began
// and no checkpoint knows of.
func (w *writer) Restore(all [][]byte) error {
	for _, b := range all {
		var k kept
		if err := json.Unmarshal(b, &k); err != nil {
			return &sqlerr.Error{Code: sqlerr.Runtime, Msg: "what the filesystem sink kept is damaged or of another version", Err: err}
		}
		for _, r := range k.Runs {
			if !slices.Contains(w.runs, r) {
				w.runs = append(w.runs, r)
			}
		}
		w.mark = max(w.mark, k.Mark)
		for _, p := range k.Parts {
			if w.parts[p.Dir] == nil {
				w.parts[p.Dir] = &pendingPart{values: p.Values, created: p.Created}
			}
		}
	}
	if w.subtask != 0 {
		return nil
	}
	return w.sweep(w.dir, len(w.keys))
}

// sweep removes the hidden files of earlier runs in a folder and those depth below.
func (w *writer) sweep(dir string, depth int) error {
	fsys := w.t.Env.FS
	entries, err := fsys.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		switch {
		case err != nil:
		case e.IsDir():
			if depth > 0 {
				err = w.sweep(path, depth-1)
			}
		case w.left(e.Name()):
			if err = fsys.Remove(path); errors.Is(err, fs.ErrNotExist) {
				err = nil
			}
		}
	}
	if err != nil {
		return &sqlerr.Error{Code: sqlerr.Runtime, Msg: "cannot remove files that an earlier run left in " + dir, Err: err}
	}
	return nil
}

// left reports a file that an earlier run of the job did not finish.
func (w *writer) left(name string) bool {
	run, ok := strings.CutPrefix(name, ".part-")
	if !ok || !strings.HasSuffix(name, ".inprogress") {
		return false
	}
	run, _, _ = strings.Cut(run, "-")
	return run != w.uid && slices.Contains(w.runs, run)
}
