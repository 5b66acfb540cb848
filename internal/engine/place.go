package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/weir-stream/weir/internal/job"
	"github.com/weir-stream/weir/internal/location"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/sink"
	"github.com/weir-stream/weir/internal/snapshot"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// INSERTs that stand alone in a script are a job each, and with pipeline.name they have
// one name. Each has a folder below the state directory, the second of a name with a
// number behind it. Which folder is whose must not hang on the order of the INSERTs, nor
// on how many there are: a job finds its own by what it does.

// sketch is by what a job is known again among those of its name.
type sketch struct {
	name        string
	ids, tables []string // of its INSERTs, sorted
}

// sketchOf gives the sketch of a job that is to run.
func sketchOf(name string, p *planned) sketch {
	k := sketch{name: name}
	for _, n := range p.bound {
		k.add(identity(n), tableOf(n))
	}
	return k.sorted()
}

// tableOf names the table that an INSERT writes to.
func tableOf(n plan.Node) string {
	if k, ok := n.(*sink.Node); ok && k.Table != nil {
		return k.Table.Name
	}
	return ""
}

// sketch gives that of a job that has run.
func (r *record) sketch(name string) sketch {
	k := sketch{name: name}
	if r != nil {
		for _, s := range r.Sinks {
			k.add(s.Identity, s.Table)
		}
	}
	return k.sorted()
}

func (k *sketch) add(id, table string) {
	k.ids, k.tables = append(k.ids, id), append(k.tables, table)
}

func (k sketch) sorted() sketch {
	slices.Sort(k.ids)
	slices.Sort(k.tables)
	return k
}

// fits tells how alike two jobs are: 4 if they do the same, 3 if they write to the same
// tables, 2 if an INSERT of theirs is the same, 1 if a table is, else 0.
func (k sketch) fits(o sketch) int {
	shares := func(a, b []string) bool {
		return slices.ContainsFunc(a, func(x string) bool { return slices.Contains(b, x) })
	}
	switch {
	case k.name != o.name || len(k.ids) == 0:
		return 0
	case slices.Equal(k.ids, o.ids):
		return 4
	case slices.Equal(k.tables, o.tables):
		return 3
	case shares(k.ids, o.ids):
		return 2
	case shares(k.tables, o.tables):
		return 1
	}
	return 0
}

// lacks lists the tables that a job wrote to in another one than that which it goes on
// from.
func (k sketch) lacks(other, from sketch) []string {
	var out []string
	for _, t := range other.tables {
		if slices.Contains(k.tables, t) && !slices.Contains(from.tables, t) && !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	return out
}

// choose finds which of the jobs that have run a job goes on from, -1 if none. coming
// are those that start after it: what is theirs is left to them.
func (k sketch) choose(ran, coming []sketch) int {
	for want := 4; want >= 0; want-- {
		for i, r := range ran {
			theirs := slices.ContainsFunc(coming, func(c sketch) bool { return c.fits(r) > want })
			if r.name == k.name && k.fits(r) == want && !theirs {
				return i
			}
		}
	}
	return -1
}

// expect notes the jobs that a script is going to start.
func (s *Session) expect(jobs []sketch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.coming = slices.Clone(jobs)
}

// arrives takes a job from those that were expected, and gives the others of its name.
func (s *Session) arrives(k sketch) (coming []sketch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for want := 4; want > 0; want-- {
		if i := slices.IndexFunc(s.coming, func(c sketch) bool { return k.fits(c) >= want }); i >= 0 {
			s.coming = slices.Delete(s.coming, i, i+1)
			break
		}
	}
	for _, c := range s.coming {
		if c.name == k.name {
			coming = append(coming, c)
		}
	}
	return coming
}

// placing is where a job has its folder.
type placing struct {
	folder string
	// over are the numbers of folders whose INSERTs it has now: nobody may go on with what
	// they hold.
	over []int
	// apart says what of it had its state elsewhere.
	apart []string
}

// ran is a job that has a folder.
type ran struct {
	n      int
	sketch sketch
	over   []int
}

// jobDir gives the folder of a job below the state directory, which no other job of the
// session gets.
func (s *Session) jobDir(ctx context.Context, dir, name string, p *planned) (placing, error) {
	own := sketchOf(name, p)
	coming := s.arrives(own)
	folder := folderOf(name)
	existing, err := s.numbered(ctx, dir, folder)
	if err != nil {
		return placing{}, err
	}
	s.mu.Lock()
	taken, over := slices.Clone(s.named[name]), slices.Clone(s.replaced[name])
	s.mu.Unlock()
	var at placing
	n := 0
	switch {
	case len(existing) == 1 && len(coming)+len(taken) == 0:
		n = existing[0]
	case len(existing) > 0:
		all := s.haveRun(ctx, dir, name, existing)
		for _, r := range all {
			over = append(over, r.over...)
		}
		all = slices.DeleteFunc(all, func(r ran) bool { return slices.Contains(over, r.n) })
		free := slices.DeleteFunc(slices.Clone(all), func(r ran) bool { return slices.Contains(taken, r.n) })
		from := sketch{}
		if i := own.choose(sketches(free), coming); i >= 0 {
			n, from = free[i].n, free[i].sketch
		}
		at = own.place(all, coming, taken, n, from, folder)
	}
	for try := 1; n == 0; try++ {
		if !slices.Contains(existing, try) && !slices.Contains(taken, try) {
			n = try
		}
	}
	at.folder = numberedName(folder, n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.named == nil {
		s.named, s.replaced = map[string][]int{}, map[string][]int{}
	}
	s.named[name] = append(s.named[name], n)
	s.replaced[name] = append(s.replaced[name], at.over...)
	return at, nil
}

func sketches(of []ran) []sketch {
	out := make([]sketch, len(of))
	for i, r := range of {
		out[i] = r.sketch
	}
	return out
}

// haveRun reads what the jobs in folders of a name were.
func (s *Session) haveRun(ctx context.Context, dir, name string, numbers []int) []ran {
	var out []ran
	for _, n := range numbers {
		_, rec, _, err := s.recordIn(ctx, location.Join(dir, numberedName(folderOf(name), n)))
		if err != nil {
			rec = nil // whoever goes on with it says what is wrong
		}
		r := ran{n: n, sketch: rec.sketch(name)}
		if rec != nil {
			r.over = rec.Over
		}
		out = append(out, r)
	}
	return out
}

// place tells of the folders beside the one, of the job from, that a job gets what they
// mean to it.
func (k sketch) place(all []ran, coming []sketch, taken []int, n int, from sketch, folder string) placing {
	var at placing
	for _, r := range all {
		theirs := slices.ContainsFunc(coming, func(c sketch) bool { return c.fits(r.sketch) > k.fits(r.sketch) })
		lacks := k.lacks(r.sketch, from)
		if r.n == n || theirs || len(lacks) == 0 {
			continue
		}
		cut := slices.Contains(taken, r.n)
		if !cut {
			at.over = append(at.over, r.n)
		}
		at.apart = append(at.apart, elsewhere(lacks, numberedName(folder, r.n), cut))
	}
	return at
}

// elsewhere says that tables begin anew though their state is there; cut, in a job that goes on
// without them.
func elsewhere(tables []string, of string, cut bool) string {
	text := "a job goes on with the state of one job only: what is written to " + strings.Join(tables, ", ") + " begins anew, and its state in " + of
	if cut {
		return text + " is dropped"
	}
	return text + " stays there, unused"
}

// numbered lists the numbers of the folders of a name that are there, in their order.
func (s *Session) numbered(ctx context.Context, dir, folder string) ([]int, error) {
	entries, err := s.places(ctx).ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, &sqlerr.Error{Code: sqlerr.Runtime, Msg: "the state directory " + dir + " cannot be read", Err: err}
	}
	var out []int
	for _, e := range entries {
		rest, ok := strings.CutPrefix(e.Name(), folder)
		if !ok || !e.IsDir() || snapshot.IsSavepoint(s.places(ctx), location.Join(dir, e.Name())) {
			continue
		}
		n := 1
		if rest != "" {
			if n, err = strconv.Atoi(strings.TrimPrefix(rest, "-")); err != nil || numberedName(folder, n) != e.Name() || n < 2 {
				continue
			}
		}
		out = append(out, n)
	}
	slices.Sort(out)
	return out, nil
}

// numberedName is the folder of the n-th job of a name.
func numberedName(folder string, n int) string {
	if n == 1 {
		return folder
	}
	return fmt.Sprintf("%s-%d", folder, n)
}

// folderOf makes a name one that file systems take.
func folderOf(name string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`/\:*?"<>|`, r) {
			return '_'
		}
		return r
	}, name)
}

// recordIn reads the record that a job's folder holds, nil if there is none, what the job
// is called and what its sources had read.
func (s *Session) recordIn(ctx context.Context, at string) (name string, rec *record, read job.Reading, err error) {
	fs := s.places(ctx)
	if _, err := fs.Stat(at); err != nil {
		return "", nil, nil, nil // it has never run
	}
	r, err := snapshot.Read(fs, at)
	if err != nil {
		return "", nil, nil, err
	}
	data, read, err := job.RecordOf(r)
	if err = cmp.Or(err, r.Close()); err != nil {
		return "", nil, nil, err
	}
	rec, err = readRecord(data)
	return r.Domain, rec, read, err
}
