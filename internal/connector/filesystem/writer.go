package filesystem

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/vec"
	"github.com/weir-stream/weir/internal/vfs"
)

// mostOpen is how many partitions are written to at a time; beyond it the file
// that rested longest is ended.
const mostOpen = 100

// writer writes the files of one task.
type writer struct {
	*sink
	subtask int
	count   int
	open    map[string]*bucket
	done    []finished
	parts   map[string]*pendingPart // partitions to be committed
	runs    []string                // of the job, by uid; the last is this one
	mark    int64
	ended   bool
	checked int64 // when the intervals were looked at

	key  []byte
	last []byte
	cols []*vec.Vector
	sub  vec.Batch
}

// bucket is the file that a partition's rows go to.
type bucket struct {
	dir      string
	name     string
	file     vfs.File
	enc      format.Encoder
	size     int64
	opened   int64 // ms
	touched  int64
	selected []int32 // rows of the batch being written
}

// Write counts what reaches the file.
func (b *bucket) Write(p []byte) (int, error) {
	n, err := b.file.Write(p)
	b.size += int64(n)
	return n, err
}

// finished is a file that waits to become visible.
type finished struct{ Dir, Name string }

// pendingPart is a partition that has not been committed.
type pendingPart struct {
	values  []string
	created int64
}

// handle is what Prepare promises and Commit does.
type handle struct {
	Files  []finished
	Commit []string `json:",omitempty"` // folders to be marked as committed
	Clear  []string `json:",omitempty"` // folders that an overwrite empties,
	Keep   string   `json:",omitempty"` // but for files of this prefix
	// Replaced are the files that a rewrite removes.
	Replaced []string `json:",omitempty"`
}

func newWriter(s *sink, subtask int) *writer {
	w := &writer{sink: s, subtask: subtask, open: map[string]*bucket{}, parts: map[string]*pendingPart{}, runs: []string{s.uid}, mark: -1 << 63}
	w.checked = w.now()
	return w
}

func (w *writer) now() int64 { return w.t.Env.Clock.Now().UnixMilli() }

// hiddenName is where a file is written until it is committed.
func hiddenName(name string) string { return "." + name + ".inprogress" }

// Write deals the rows out to the files of their partitions.
func (w *writer) Write(_ context.Context, b *vec.Batch) error {
	w.cols = w.cols[:0]
	for _, c := range w.data {
		w.cols = append(w.cols, b.Cols[c])
	}
	if err := w.tick(); err != nil {
		return err
	}
	if len(w.keys) == 0 {
		return w.append("", nil, b, b.Sel)
	}
	var touched []*bucket
	w.last = w.last[:0]
	var cur *bucket
	for i := range b.Len() {
		r := b.Row(i)
		if w.key = w.partition(w.key[:0], b, r); cur == nil || string(w.key) != string(w.last) {
			var err error
			if cur, err = w.bucket(string(w.key), b, r); err != nil {
				return err
			}
			w.last = append(w.last[:0], w.key...)
		}
		if len(cur.selected) == 0 {
			touched = append(touched, cur)
		}
		cur.selected = append(cur.selected, int32(r))
	}
	for _, t := range touched {
		err := w.append(t.dir, t, b, t.selected)
		t.selected = t.selected[:0]
		if err != nil {
			return err
		}
	}
	return w.shrink()
}

// partition appends the folders that a row belongs in: dt=2026-01-01/h=7.
func (w *writer) partition(dst []byte, b *vec.Batch, r int) []byte {
	for i, k := range w.keys {
		if i > 0 {
			dst = append(dst, '/')
		}
		dst = append(append(dst, escapePath(k.Name)...), '=')
		at := len(dst)
		if v := b.Cols[k.ordinal]; !v.IsNull(r) {
			dst = format.AppendScalar(dst, v, r)
		}
		if len(dst) == at {
			dst = append(dst, w.t.Options.String("partition.default-name")...)
			continue
		}
		for _, c := range dst[at:] {
			if c < ' ' || strings.IndexByte("\"#%'*/:=?\\{[]^\x7f", c) >= 0 {
				dst = append(dst[:at], escapePath(string(dst[at:]))...)
				break
			}
		}
	}
	return dst
}

// append writes rows to a bucket, which is opened if it is not yet.
func (w *writer) append(dir string, k *bucket, b *vec.Batch, sel []int32) error {
	if k == nil {
		var err error
		if k, err = w.bucket(dir, nil, 0); err != nil {
			return err
		}
	}
	w.sub = vec.Batch{Cols: w.cols, Sel: sel, N: b.N, Kinds: b.Kinds}
	if err := k.enc.Encode(&w.sub); err != nil {
		return w.failed(k, err)
	}
	k.touched = w.now()
	if k.size+k.enc.Buffered() >= w.roll.size {
		return w.finish(dir)
	}
	return nil
}

func (w *writer) failed(k *bucket, err error) error {
	var e *sqlerr.Error
	if errors.As(err, &e) {
		return err
	}
	return &sqlerr.Error{Code: sqlerr.Runtime, Msg: "cannot write " + filepath.Join(k.dir, k.name), Err: err}
}

// bucket gives the open file of a partition.
func (w *writer) bucket(part string, b *vec.Batch, r int) (*bucket, error) {
	if k := w.open[part]; k != nil {
		return k, nil
	}
	name := fmt.Sprintf("part-%s-%d-%d", w.uid, w.subtask, w.count)
	if len(w.spec.Extensions) > 0 {
		name += w.spec.Extensions[0]
	}
	w.count++
	k := &bucket{dir: part, name: name, opened: w.now()}
	dir := filepath.Join(w.dir, filepath.FromSlash(part))
	if err := makeDir(w.t.Env.FS, dir, w.dir); err != nil {
		return nil, w.failed(k, err)
	}
	var err error
	if k.file, err = w.t.Env.FS.Create(filepath.Join(dir, hiddenName(name))); err != nil {
		return nil, w.failed(k, err)
	}
	w.open[part] = k // from here on Close knows it
	if k.enc, err = w.encoder(); err != nil {
		return nil, err
	}
	if err := k.enc.Begin(k); err != nil {
		return nil, w.failed(k, err)
	}
	if w.commit != nil && w.parts[part] == nil && b != nil {
		w.parts[part] = &pendingPart{values: w.texts(b, r), created: w.now()}
	}
	return k, nil
}

// texts gives the partition values of a row.
func (w *writer) texts(b *vec.Batch, r int) []string {
	var out []string
	for _, k := range w.keys {
		s := ""
		if v := b.Cols[k.ordinal]; !v.IsNull(r) {
			s = string(format.AppendScalar(nil, v, r))
		}
		out = append(out, s)
	}
	return out
}

// finish ends a file: from here on only its name is not final.
func (w *writer) finish(part string) error {
	k := w.open[part]
	delete(w.open, part)
	err := k.enc.End()
	if err == nil {
		err = k.file.Sync()
	}
	if e := k.file.Close(); err == nil {
		err = e
	}
	if err != nil {
		return w.failed(k, err)
	}
	w.done = append(w.done, finished{filepath.FromSlash(k.dir), k.name})
	return nil
}

// shrink ends the files that rested longest while too many are open.
func (w *writer) shrink() error {
	if len(w.open) <= mostOpen {
		return nil
	}
	parts := w.parted()
	sort.SliceStable(parts, func(i, j int) bool { return w.open[parts[i]].touched < w.open[parts[j]].touched })
	for _, p := range parts[:len(parts)-mostOpen/2] {
		if err := w.finish(p); err != nil {
			return err
		}
	}
	return nil
}

// parted lists the open partitions in order of name.
func (w *writer) parted() []string {
	out := make([]string, 0, len(w.open))
	for p := range w.open {
		out = append(out, p)
	}
	sort.Strings(out)
	return out
}

// Flush does little: rows are visible only by Commit.
func (w *writer) Flush(context.Context) error { return w.tick() }

// tick looks at the intervals of the rolling policy.
func (w *writer) tick() error {
	now := w.now()
	if now-w.checked < w.roll.checkEachMs {
		return nil
	}
	w.checked = now
	for _, p := range w.parted() {
		if k := w.open[p]; now-k.opened >= w.roll.openMs || now-k.touched >= w.roll.inactiveMs {
			if err := w.finish(p); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *writer) Watermark(wm int64) { w.mark = max(w.mark, wm) }

func (w *writer) Finish(context.Context) error {
	w.ended = true
	return nil
}

// Prepare ends all files: what the epoch wrote must not depend on what comes
// after it.
func (w *writer) Prepare(context.Context, uint64) ([]byte, error) {
	for _, p := range w.parted() {
		if err := w.finish(p); err != nil {
			return nil, err
		}
	}
	h := handle{Files: w.done}
	w.done = nil
	dirs := map[string]bool{} // a handle that is durable needs files that are there
	for _, f := range h.Files {
		dirs[filepath.Join(w.dir, f.Dir)] = true
	}
	if err := w.syncDirs(dirs); err != nil {
		return nil, err
	}
	if w.t.Overwrite {
		h.Keep = "part-" + w.uid + "-"
		h.Clear = w.cleared(h.Files)
	}
	var err error
	if h.Commit, err = w.due(); err != nil {
		return nil, err
	}
	if w.t.Rewrite != nil && w.ended {
		h.Replaced = w.t.Rewrite.Parts
	}
	if len(h.Files) == 0 && len(h.Commit) == 0 && len(h.Clear) == 0 && len(h.Replaced) == 0 {
		return nil, nil
	}
	return json.Marshal(h)
}

// cleared lists the folders that INSERT OVERWRITE empties: those of the
// partitions that were written, or the table.
func (w *writer) cleared(files []finished) []string {
	if len(w.keys) == 0 {
		if w.subtask == 0 && w.ended {
			return []string{""}
		}
		return nil
	}
	var out []string
	seen := map[string]bool{}
	if w.subtask == 0 && w.ended && len(w.t.Static) == len(w.keys) { // also if no row is written
		dir := w.staticPartition()
		seen[dir] = true
		out = append(out, dir)
	}
	for _, f := range files {
		if !seen[f.Dir] {
			seen[f.Dir] = true
			out = append(out, f.Dir)
		}
	}
	return out
}

// staticPartition is the folder of the partition that INSERT names in full.
func (w *writer) staticPartition() string {
	b := &vec.Batch{Cols: make([]*vec.Vector, len(w.t.Columns)), N: 1}
	for c, x := range w.t.Static {
		v := vec.New(w.t.Columns[c].Type.AsNullable(), 0)
		if x == nil {
			v.AppendNulls(1)
		} else {
			v.AppendValue(x)
		}
		b.Cols[c] = v
	}
	return filepath.FromSlash(string(w.partition(nil, b, 0)))
}

// due lists the partitions whose time has come.
func (w *writer) due() ([]string, error) {
	var out []string
	for p, x := range w.parts {
		ready := w.ended
		if !ready && w.commit.byWatermark {
			at, err := w.commit.time(w.keys, x.values)
			if err != nil {
				return nil, err
			}
			ready = w.mark >= at+w.commit.delayMs
		} else if !ready {
			ready = w.now() >= x.created+w.commit.delayMs
		}
		if ready {
			out = append(out, p)
			delete(w.parts, p)
		}
	}
	sort.Strings(out)
	return out, nil
}

// Commit gives files their names. All of it may be done again.
func (w *writer) Commit(_ context.Context, b []byte) error {
	var h handle
	if err := json.Unmarshal(b, &h); err != nil {
		return &sqlerr.Error{Code: sqlerr.Runtime, Msg: "a stored handle of the filesystem sink is damaged", Err: err}
	}
	if len(h.Replaced) > 0 {
		if err := w.publish(&h); err != nil {
			return err
		}
		if err := w.remove(h.Replaced); err != nil {
			return err
		}
	}
	dirs := map[string]bool{}
	fsys := w.t.Env.FS
	for _, f := range h.Files {
		dir := filepath.Join(w.dir, f.Dir)
		final := filepath.Join(dir, f.Name)
		err := fsys.Rename(filepath.Join(dir, hiddenName(f.Name)), final)
		if errors.Is(err, fs.ErrNotExist) {
			_, err = fsys.Stat(final) // an earlier try got this far
		}
		if err != nil {
			return &sqlerr.Error{Code: sqlerr.Runtime, Msg: "cannot commit " + final, Err: err}
		}
		dirs[dir] = true
	}
	// The old files go when the new ones are sure to stay: who is stopped here has
	// both, and does it again.
	if len(h.Clear) > 0 {
		if err := w.syncDirs(dirs); err != nil {
			return err
		}
	}
	for _, d := range h.Clear {
		if err := w.clear(filepath.Join(w.dir, d), h.Keep); err != nil {
			return err
		}
	}
	for _, p := range h.Commit {
		if w.commit == nil || w.commit.success == "" {
			continue
		}
		dir := filepath.Join(w.dir, filepath.FromSlash(p))
		if err := touch(fsys, filepath.Join(dir, w.commit.success)); err != nil {
			return err
		}
		dirs[dir] = true
	}
	return w.syncDirs(dirs)
}

// syncDirs makes the names in folders durable.
func (w *writer) syncDirs(dirs map[string]bool) error {
	for _, d := range slices.Sorted(maps.Keys(dirs)) { // in one order, so that a fault can be repeated
		if err := w.t.Env.FS.SyncDir(d); err != nil {
			return &sqlerr.Error{Code: sqlerr.Runtime, Msg: "cannot commit to " + d, Err: err}
		}
	}
	return nil
}

func touch(fsys vfs.FS, path string) error {
	f, err := fsys.Create(path)
	if err == nil {
		err = errors.Join(f.Sync(), f.Close())
	}
	if err != nil {
		return &sqlerr.Error{Code: sqlerr.Runtime, Msg: "cannot write " + path, Err: err}
	}
	return nil
}

// clear removes the visible files of a folder but for those of this run.
func (w *writer) clear(dir, keep string) error {
	fsys := w.t.Env.FS
	entries, err := fsys.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return &sqlerr.Error{Code: sqlerr.Runtime, Msg: "cannot overwrite " + dir, Err: err}
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") || strings.HasPrefix(e.Name(), keep) || e.IsDir() && len(w.keys) > 0 {
			continue
		}
		if err := fsys.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
			return &sqlerr.Error{Code: sqlerr.Runtime, Msg: "cannot overwrite " + dir, Err: err}
		}
	}
	return nil
}

// Close drops what was not prepared.
func (w *writer) Close() error {
	var errs []error
	for _, p := range w.parted() {
		k := w.open[p]
		errs = append(errs, k.file.Close(), w.t.Env.FS.Remove(filepath.Join(w.dir, filepath.FromSlash(p), hiddenName(k.name))))
	}
	for _, f := range w.done {
		errs = append(errs, w.t.Env.FS.Remove(filepath.Join(w.dir, f.Dir, hiddenName(f.Name))))
	}
	w.open, w.done = map[string]*bucket{}, nil
	return errors.Join(errs...)
}

var _ io.Writer = (*bucket)(nil)
