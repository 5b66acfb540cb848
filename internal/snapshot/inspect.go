package snapshot

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"github.com/weir-stream/weir/internal/vfs"
)

// Info is what a state directory or savepoint holds. It is made without opening
// the directory for writing: a running job is not disturbed.
type Info struct {
	Dir        string
	Savepoint  *SavepointInfo // nil for a state directory
	Version    uint32         // of the format
	Domain     string
	Generation uint64
	Outcome    Outcome
	Epoch      uint64
	TimeMs     int64 // of that epoch's frame
	Committed  uint64
	Meta       []byte // of that epoch's frame
	Base       BaseRef
	Origin     Origin // the savepoint it began with
	Depends    string // the savepoint that it cannot do without yet
	Files      []FileInfo
	Epochs     []EpochInfo
	Tables     []TableInfo
	Warnings   []string
}

// theBase is what refers to the images of the current base only. BothBases is what
// FileInfo says of those that were kept from the base before.
const (
	theBase   = "the base"
	BothBases = "the base and the one before"
)

// FileInfo is a file and what refers to it.
type FileInfo struct {
	Path  string // relative to the directory
	Bytes int64
	Live  int64  // bytes that recovery would read
	For   string // what refers to it; "" is nothing, so that it will go
}

// EpochInfo is a frame that is kept.
type EpochInfo struct {
	Epoch  uint64
	TimeMs int64
	File   string
	Offset int64
	Bytes  int64
	Blocks int
	Final  bool
}

// TableInfo is the blocks of a table of one subtask.
type TableInfo struct {
	Source
	Images     int
	ImageBytes int64  // in the files
	ImageEpoch uint64 // the least of the images'
	Deltas     int    // blocks of frames after that
	DeltaBytes int64
}

// Inspect tells what a state directory or savepoint holds. Damage is its error,
// as it is Open's.
func Inspect(fsys vfs.FS, dir string) (*Info, error) {
	s := store{fsys, dir}
	info := &Info{Dir: dir, Version: Version}
	if _, err := fsys.Stat(filepath.Join(dir, savepointFile)); err == nil {
		if info.Savepoint, err = ReadSavepoint(fsys, dir); err != nil {
			return nil, err
		}
		info.Version = info.Savepoint.Version
	}
	v, err := s.glance()
	if err != nil {
		return nil, err
	}
	d, r := v.decision, v.state
	info.Domain = r.Domain
	info.Generation, info.Outcome, info.Epoch, info.Committed = d.Generation, d.Outcome, d.Epoch, r.Committed
	info.Base, info.Origin, info.Warnings, info.Meta, info.TimeMs = d.From, d.Origin, d.Warnings, r.Meta, r.TimeMs
	if d.From.None() {
		info.Depends = d.Origin.Dir
	}
	if err = info.tables(r); err == nil {
		err = info.files(s, d, v.current, v.previous)
	}
	return info, errors.Join(err, r.Close())
}

// Read opens the state that a directory or savepoint holds, without taking the
// directory over: what a job that runs in it has made durable up to now.
func Read(fsys vfs.FS, dir string) (*Recovered, error) {
	if IsSavepoint(fsys, dir) {
		return OpenSavepoint(fsys, dir)
	}
	v, err := store{fsys, dir}.glance()
	if err != nil {
		return nil, err
	}
	return v.state, nil
}

// glimpse is what was decided of a directory that goes on changing.
type glimpse struct {
	listing           Listing
	decision          *Decision
	current, previous *index
	state             *Recovered
}

// glance looks at a directory, again if files went while it looked.
func (s store) glance() (v glimpse, err error) {
	for try := 0; ; try++ {
		if v.listing, err = s.list("", ^uint64(0), false); err == nil {
			v.decision, err = Decide(v.listing)
		}
		if err == nil {
			v.current, v.previous, err = s.bases(v.decision)
		}
		if err == nil {
			v.state, err = s.recovered(v.decision, v.current)
		}
		if err == nil || try == 3 {
			break
		}
	}
	if err == nil {
		v.state.Generation = v.decision.Generation
		for _, f := range v.listing.Files {
			if f.Manifest != nil {
				v.state.Domain = f.Manifest.Domain
			}
		}
	}
	return v, err
}

// tables adds up what recovery would read.
func (info *Info) tables(r *Recovered) error {
	at := map[Source]*TableInfo{}
	of := func(s Source) *TableInfo {
		if at[s] == nil {
			at[s] = &TableInfo{Source: s}
		}
		return at[s]
	}
	for _, im := range r.Images(func(Source) bool { return true }) {
		t := of(Source{im.Table, im.Subtask})
		if t.Images == 0 || im.Epoch < t.ImageEpoch {
			t.ImageEpoch = im.Epoch
		}
		t.Images++
		t.ImageBytes += int64(im.Length)
	}
	err := r.allFrames(0, func(from *Recovered, f *front, path string) error {
		e := EpochInfo{Epoch: f.epoch, TimeMs: f.timeMs, File: path, Blocks: len(f.entries), Final: f.final}
		for i := range f.entries {
			x := &f.entries[i]
			e.Bytes += int64(x.stored)
			if f.epoch <= from.least || f.epoch <= from.passed[x.table][x.subtask] {
				continue
			}
			t := of(Source{x.table, x.subtask})
			t.Deltas++
			t.DeltaBytes += int64(x.stored)
		}
		info.Epochs = append(info.Epochs, e)
		return nil
	})
	for _, t := range at {
		info.Tables = append(info.Tables, *t)
	}
	slices.SortFunc(info.Tables, func(a, b TableInfo) int {
		return cmp.Or(cmp.Compare(a.Table, b.Table), cmp.Compare(a.Subtask, b.Subtask))
	})
	return err
}

// files lists the files and what refers to each.
func (info *Info) files(s store, d *Decision, current, previous *index) error {
	live, why := map[string]int64{}, map[string]string{}
	logNames, err := s.names(logFiles)
	if err != nil {
		return err
	}
	for i, n := range logNames {
		if i == len(logNames)-1 {
			why[logFiles.file(n)], why[ackFiles.file(n)] = "the current log file", "how far that is durable"
		}
	}
	for _, sp := range d.Spans {
		path := logFiles.file(sp.File.Name)
		for _, f := range sp.Frames {
			if f.Epoch > d.From.Least {
				live[path] += f.End - f.Offset
			}
		}
		if len(sp.Frames) > 0 {
			why[path] = fmt.Sprintf("epochs %d to %d", sp.Frames[0].Epoch, sp.Seal.Last)
			why[ackFiles.file(sp.File.Name)] = "how far that is durable"
		}
	}
	of := func(x *index, ref BaseRef, name string) {
		if x == nil {
			return
		}
		why[indexFiles.file(ref.Name)] = name
		for i := range x.images {
			path := imageFiles.file(x.images[i].name)
			switch why[path] {
			case "":
				why[path] = name
			case theBase:
				if x != current {
					why[path] = BothBases
				}
			}
			if x == current {
				live[path] += int64(x.images[i].Length)
			}
		}
	}
	of(current, d.From, theBase)
	of(previous, d.Prev, "the base before")
	why["lock"], why["owner"], why[savepointFile] = "who uses the directory", "who uses the directory", "what the savepoint is of"
	for _, dir := range []string{"", logFiles.dir, imageFiles.dir} {
		list, err := s.fs.ReadDir(filepath.Join(s.dir, dir))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return failing("listing", filepath.Join(s.dir, dir), err)
		}
		for _, e := range list {
			if e.IsDir() {
				continue
			}
			path := filepath.Join(dir, e.Name())
			f := FileInfo{Path: path, Live: live[path], For: why[path]}
			if st, err := e.Info(); err == nil {
				f.Bytes = st.Size()
			}
			info.Files = append(info.Files, f)
		}
	}
	return nil
}
