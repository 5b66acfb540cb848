package sim

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"io"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/weir-stream/weir/internal/flow"
	"github.com/weir-stream/weir/internal/job"
	"github.com/weir-stream/weir/internal/vfs"
)

// TestLedgerFinds plants mistakes. The ledger must find each in one of some seeds.
func TestLedgerFinds(t *testing.T) {
	nth := 0
	every := func(n int) bool { nth++; return nth%n == 0 }
	bugs := []struct {
		name string
		from uint64 // the seed that found it first
		mode Mode
		bug  bug
	}{
		{"a sink commits twice", 0, Mode{}, bug{files: func(fs vfs.FS) vfs.FS {
			return &badFS{FS: fs, rename: func(from, to string) error {
				err := fs.Rename(from, to)
				if err == nil && every(5) {
					again := strings.TrimSuffix(to, ".csv") + "-again.csv"
					err = copyFile(fs, to, again)
				}
				return err
			}}
		}}},
		{"a commit is lost", 2, Mode{}, bug{files: func(fs vfs.FS) vfs.FS {
			return &badFS{FS: fs, rename: func(from, to string) error {
				if every(20) {
					return nil
				}
				return fs.Rename(from, to)
			}}
		}}},
		{"a handle is not committed again after recovery", 3, Mode{}, bug{files: func(fs vfs.FS) vfs.FS {
			mine := map[string]bool{}
			return &badFS{FS: fs, created: func(p string) { mine[p] = true }, rename: func(from, to string) error {
				if !mine[from] {
					return nil
				}
				return fs.Rename(from, to)
			}}
		}}},
		{"names are not made durable", 0, Mode{}, bug{files: func(fs vfs.FS) vfs.FS {
			return &badFS{FS: fs, noSyncDir: true}
		}}},
		{"files are shown before they are durable", 0, Mode{}, bug{files: func(fs vfs.FS) vfs.FS {
			return &badFS{FS: fs, noSync: true}
		}}},
		{"a file is written to after it was shown", 2, Mode{}, bug{files: func(fs vfs.FS) vfs.FS {
			var last string
			return &badFS{FS: fs, rename: func(from, to string) error {
				if last != "" && every(20) {
					_ = appendTo(fs, last, "1,2,3,4\n")
				}
				last = to
				return fs.Rename(from, to)
			}}
		}}},
		{"positions are one behind", 1, Mode{}, bug{epoch: func() func(*flow.Epoch) {
			last := map[subtask][]byte{}
			return func(e *flow.Epoch) {
				eachPart(e, func(at subtask, p *flow.Part) {
					if p.Position != nil {
						was := last[at]
						last[at] = p.Position
						if was != nil {
							p.Position = was
						}
					}
				})
			}
		}}},
		{"an epoch lacks what has changed in a subtask", 7, Mode{}, bug{epoch: func() func(*flow.Epoch) {
			return func(e *flow.Epoch) {
				eachPart(e, func(_ subtask, p *flow.Part) {
					if len(p.Deltas) > 0 && every(40) {
						p.Deltas = nil
					}
				})
			}
		}}},
		{"dirty rows of a table are left out", 7, Mode{}, bug{epoch: func() func(*flow.Epoch) {
			return func(e *flow.Epoch) {
				eachPart(e, func(_ subtask, p *flow.Part) {
					if n := len(p.Deltas); n > 0 && every(20) {
						p.Deltas = p.Deltas[:n-1]
					}
				})
			}
		}}},
		{"a base lacks a segment", 22, Mode{}, bug{image: func(i *flow.Image) {
			if len(i.Data) > 0 && every(10) {
				i.Data = nil
			}
		}}},
		{"a segment is taken to be as it was", 49, Mode{Edits: true}, bug{image: func(i *flow.Image) {
			if len(i.Data) > 0 && every(10) {
				i.Data, i.Kept = nil, append(i.Kept, i.Part)
			}
		}}},
		{"what a marker overtook is left out", 14, Mode{}, bug{epoch: func() func(*flow.Epoch) {
			return func(e *flow.Epoch) {
				eachPart(e, func(_ subtask, p *flow.Part) { p.InFlight = nil })
			}
		}}},
		{"event time is ahead", 6, Mode{Wide: true}, bug{epoch: func() func(*flow.Epoch) {
			return func(e *flow.Epoch) {
				eachPart(e, func(_ subtask, p *flow.Part) {
					if p.Watermark > 0 {
						p.Watermark += 3000
					}
				})
			}
		}}},
		{"changes of groups that expire are left out", 8, Mode{Store: true, Edits: true, Wide: true, Expires: true}, bug{epoch: func() func(*flow.Epoch) {
			return func(e *flow.Epoch) {
				eachPart(e, func(_ subtask, p *flow.Part) {
					if len(p.Deltas) > 0 && every(3) {
						p.Deltas = nil
					}
				})
			}
		}}},
		{"an edit keeps state that it should not", 18, Mode{Edits: true}, bug{adopt: keepAll}},
		{"an INSERT is rebuilt and not told of", 18, Mode{Edits: true}, bug{told: func(fates map[job.Fate]bool) {
			fates[job.Kept], fates[job.Rebuilt] = fates[job.Kept] || fates[job.Rebuilt], false
		}}},
	}
	for _, b := range bugs {
		t.Run(b.name, func(t *testing.T) {
			m := b.mode
			m.bug, nth = &b.bug, 0
			for seed := b.from; seed < b.from+100; seed++ {
				if _, err := Run(seed, m, nil); err != nil {
					t.Logf("seed %d: %v", seed, err)
					return
				}
			}
			t.Error("the ledger is silent")
		})
	}
}

// subtask is a subtask of a vertex.
type subtask struct {
	vertex string
	n, of  int
}

func eachPart(e *flow.Epoch, f func(at subtask, p *flow.Part)) {
	for _, p := range e.Parts {
		f(subtask{p.Vertex, p.Subtask, p.Parallelism}, p)
	}
}

// keepAll hands the state of what is dropped to what takes its place.
func keepAll(saved []byte, a *job.Adopted) {
	if !a.Edited {
		return
	}
	was, is := operatorsOf(saved), operatorsOf(a.Record)
	kind := func(o job.Operator) string { k, _, _ := strings.Cut(o.Label, "("); return k }
	has := func(os []job.Operator, o job.Operator) bool {
		return slices.ContainsFunc(os, func(x job.Operator) bool { return x.Address == o.Address })
	}
	for _, n := range is {
		if has(was, n) || n.Writes != "" {
			continue
		}
		for _, o := range was {
			if !has(is, o) && kind(o) == kind(n) {
				if a.Became == nil {
					a.Became = map[string][]flow.Became{}
				}
				a.Became[o.Address] = append(a.Became[o.Address], flow.Became{Vertex: n.Address})
				break
			}
		}
	}
}

func operatorsOf(record []byte) []job.Operator {
	var r struct{ Operators []job.Operator }
	text, err := io.ReadAll(flate.NewReader(bytes.NewReader(record)))
	if err == nil {
		err = json.Unmarshal(text, &r)
	}
	if err != nil {
		panic(err)
	}
	return r.Operators
}

// badFS is a file system of sinks that makes mistakes.
type badFS struct {
	vfs.FS
	rename            func(from, to string) error
	created           func(path string)
	noSync, noSyncDir bool
}

func (b *badFS) Rename(from, to string) error {
	if b.rename == nil || !strings.HasPrefix(path.Base(to), "part-") {
		return b.FS.Rename(from, to)
	}
	return b.rename(from, to)
}

func (b *badFS) Create(p string) (vfs.File, error) {
	f, err := b.FS.Create(p)
	if err == nil && b.created != nil {
		b.created(p)
	}
	if err == nil && b.noSync {
		f = unsynced{f}
	}
	return f, err
}

func (b *badFS) SyncDir(p string) error {
	if b.noSyncDir {
		return nil
	}
	return b.FS.SyncDir(p)
}

type unsynced struct{ vfs.File }

func (unsynced) Sync() error { return nil }

func copyFile(fs vfs.FS, from, to string) error {
	in, err := fs.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	text, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	return appendTo(fs, to, string(text))
}

func appendTo(fs vfs.FS, p, text string) error {
	f, err := fs.OpenAppend(p)
	if err == nil {
		_, err = f.Write([]byte(text))
	}
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = f.Close()
	}
	if err == nil {
		err = fs.SyncDir(path.Dir(p))
	}
	return err
}
