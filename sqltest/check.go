package sqltest

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/vfs"
)

// Failure is a block that did not do what its script says.
type Failure struct {
	Block *Block
	Err   error    // what went wrong, nil if it gave other lines
	Got   []string // lines that were given
}

// Text says what is wrong, beginning with the place in the script.
func (f *Failure) Text(s *Script) string {
	at := fmt.Sprintf("%s:%d", s.Path, f.Block.Line)
	head := strings.TrimSpace(f.Block.Verb + " " + f.Block.Arg)
	if f.Err == nil {
		return fmt.Sprintf("%s: %s differs (- expected, + got)\n%s", at, head, Diff(f.Block.Want, f.Got))
	}
	var l *located
	if errors.As(f.Err, &l) {
		return fmt.Sprintf("%s: %s:\n%s", at, head, indent(l.Error()))
	}
	var list sqlerr.List
	var one *sqlerr.Error
	var job *jobError
	if f.Block.Body != "" && f.Block.Verb != "feed" && !errors.As(f.Err, &job) && (errors.As(f.Err, &list) || errors.As(f.Err, &one)) {
		text := strings.Repeat("\n", f.Block.Line) + f.Block.Body // so that lines are those of the file
		return at + ": " + head + ":\n" + indent(strings.TrimRight(sqlerr.Render(s.Path, text, moved(f.Err, f.Block.Line)), "\n"))
	}
	return fmt.Sprintf("%s: %s: %v", at, head, f.Err)
}

// moved gives user errors whose places are n bytes later.
func moved(err error, n int) error {
	var list sqlerr.List
	var one *sqlerr.Error
	if !errors.As(err, &list) && errors.As(err, &one) {
		list = sqlerr.List{one}
	}
	var out sqlerr.List
	for _, e := range list {
		c := *e
		if c.Pos.Valid() {
			c.Pos.Start, c.Pos.End = c.Pos.Start+n, c.Pos.End+n
		}
		out = append(out, &c)
	}
	return out
}

func indent(s string) string { return "  " + strings.ReplaceAll(s, "\n", "\n  ") }

// Options say how scripts are run.
type Options struct {
	Dir string // of the script
	// Sources are files that tables of the pipelines under test read, by table.
	Sources map[string]string
	// FS is where tables lie that are files; nil: the machine's.
	FS vfs.FS
	// Update writes what the blocks give into the script as what is expected.
	Update bool
}

// RunCase runs a case in a world and gives what is wrong: after the first error
// the rest of the case is not run, but all expectations before it are compared.
// checks counts what was compared.
func RunCase(c Case, w *World, o Options) (failures []*Failure, checks int, err error) {
	r, err := newRunner(w, o.FS, &c)
	if err != nil {
		return nil, 0, err
	}
	defer r.Close()
	r.Dir = o.Dir
	for table, file := range o.Sources {
		if err := r.Source(table, file); err != nil {
			return nil, 0, err
		}
	}
	r.expectFeeds(c.Blocks)
	for i, b := range c.Blocks {
		if w.Skips(b.Skip) != "" || b.Skip["all"] != "" {
			continue
		}
		lines, expect, err := r.Run(b)
		var job *jobError
		if errors.As(err, &job) && i+1 < len(c.Blocks) && c.Blocks[i+1].Verb == "error" {
			err = nil // it is what the next block wants
		}
		switch {
		case err != nil:
			return append(failures, &Failure{Block: b, Err: err}), checks + 1, nil
		case expect && o.Update:
			b.Expects, b.Want = true, lines
		case expect && !slices.Equal(lines, b.Want):
			failures = append(failures, &Failure{Block: b, Got: lines})
		}
		if expect || b.Verb == "error" || b.Verb == "statement" && b.Arg != "ok" {
			checks++
		}
	}
	return failures, checks, nil
}

// expectFeeds begins the data sets that blocks feed, so that what reads them
// before waits.
func (r *Runner) expectFeeds(blocks []*Block) {
	if r.clock == nil {
		return
	}
	for _, b := range blocks {
		name, _, _ := strings.Cut(b.Arg, " ")
		if (b.Verb == "feed" || b.Verb == "watermark" || b.Verb == "end") && name != "" {
			r.Store.begin(name)
		}
	}
}

// Stepped reports whether the script needs jobs that are stepped.
func (s *Script) Stepped() bool {
	return slices.ContainsFunc(s.Blocks, func(b *Block) bool {
		switch b.Verb {
		case "rows", "statement", "query", "changelog", "table", "tablelog", "test", "worlds":
			return false
		}
		return true
	})
}
