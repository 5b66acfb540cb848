package engine

import (
	"context"
	"maps"
	"slices"

	"github.com/weir-stream/weir/internal/job"
	"github.com/weir-stream/weir/internal/location"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/planfile"
	"github.com/weir-stream/weir/internal/rel/backfill"
	"github.com/weir-stream/weir/internal/rel/sink"
	"github.com/weir-stream/weir/internal/snapshot"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// Plans are jobs that write: those of a script, as a run of it would record them, or those
// that a state directory or a savepoint tells of.
type Plans struct {
	// Nameless: the jobs are taken for those of whatever name, where there is one on each
	// side: plan files and savepoints are used under any.
	Nameless bool
	// Savepoint: they are those of a savepoint, from which any job may go on.
	Savepoint bool
	jobs      []plansJob
}

type plansJob struct {
	name string
	dir  string   // of what was saved
	s    *Session // as it is where the job stands
	p    *planned // nil of what was saved, until it is needed
	rec  *record
	read job.Reading
}

// Names lists the jobs.
func (p *Plans) Names() []string {
	var out []string
	for _, j := range p.jobs {
		out = append(out, j.name)
	}
	return out
}

// take gives the job that one of another script goes on from, and forgets it; nil if there
// is none.
func (p *Plans) take(k sketch, coming []sketch, whoever bool) *plansJob {
	ran := make([]sketch, len(p.jobs))
	for i, j := range p.jobs {
		ran[i] = j.rec.sketch(j.name)
	}
	i := k.choose(ran, coming)
	if i < 0 && whoever {
		i = 0
	}
	if i < 0 {
		return nil
	}
	j := p.jobs[i]
	p.jobs = slices.Delete(p.jobs, i, i+1)
	return &j
}

// JobDiff is what an edit means for a job.
type JobDiff struct {
	Job         string
	Differences []job.Difference
	// Apart says what of it had its state elsewhere.
	Apart []string `json:",omitempty"`
	// Was is the name of the job that it goes on from, "" if there is none.
	Was string `json:",omitempty"`
}

// Plans plans the INSERTs of a script; nothing runs.
func (s *Session) Plans(src string) (*Plans, error) {
	out := &Plans{}
	err := s.eachJob(src, func(o *Session, name string, p *planned) error {
		c, err := o.continued(p, name, nil, nil)
		if err == nil {
			out.jobs = append(out.jobs, plansJob{name: name, s: o, p: p, rec: c.rec})
		}
		return err
	})
	return out, err
}

// PlansIn tells of the jobs whose state is in a directory, or of that of a savepoint: what
// their last checkpoint says that runs.
func (s *Session) PlansIn(ctx context.Context, dir string) (*Plans, error) {
	fs := s.places(ctx)
	dirs, err := job.Dirs(fs, dir)
	if err != nil {
		return nil, err
	}
	out := &Plans{}
	var over []string // folders whose INSERTs another has now
	for _, at := range dirs {
		name, rec, read, err := s.recordIn(ctx, at)
		if err != nil {
			return nil, err
		}
		if rec == nil {
			continue
		}
		out.jobs = append(out.jobs, plansJob{name: name, dir: at, rec: rec, read: read})
		for _, n := range rec.Over {
			over = append(over, location.Join(dir, numberedName(folderOf(name), n)))
		}
	}
	out.jobs = slices.DeleteFunc(out.jobs, func(j plansJob) bool { return slices.Contains(over, j.dir) })
	if len(out.jobs) == 0 {
		return nil, sqlerr.New(sqlerr.Missing, sqlerr.Pos{}, "no checkpoint in %s tells of a plan", dir).
			WithHint("those of batch jobs, and of jobs with functions in Go or models, do not")
	}
	_, err = snapshot.ReadSavepoint(fs, dir)
	out.Savepoint = err == nil
	out.Nameless = out.Savepoint
	return out, nil
}

// planned makes the plan of a record one that is to run, in a part of its own.
func (j *plansJob) planned(s *Session) error {
	if j.p != nil {
		return nil
	}
	c := s.overlay()
	maps.Copy(c.options, j.rec.Settings)
	pc := c.planContext()
	env := c.planEnv(pc)
	env.Result = &resultSink{} // nothing runs
	f, err := planfile.Decode(j.rec.Plan, env)
	if err != nil {
		return err
	}
	root, err := plan.Rewrite(f.Root, func(n plan.Node) (plan.Node, error) {
		switch n := n.(type) {
		case *backfill.Node:
			return n.In, nil
		case *sink.Node:
			k := *n
			k.Part, k.Old, k.Corrects = 0, nil, false
			return &k, nil
		}
		return n, nil
	})
	if err == nil {
		j.p, err = runnable(pc, root)
	}
	j.s = c
	return err
}

// DiffPlans says what it would mean to run jobs where others ran before: for the jobs in
// their order, then for those that they lack. What the state directory of the session holds
// of a job counts more than before. Nothing runs.
func (s *Session) DiffPlans(ctx context.Context, before, after *Plans) ([]JobDiff, error) {
	left := Plans{jobs: slices.Clone(before.jobs)}
	whoever := (before.Nameless || after.Nameless) && len(before.jobs) == 1 && len(after.jobs) == 1
	var out []JobDiff
	var coming []sketch
	for i := range after.jobs {
		if err := after.jobs[i].planned(s); err != nil {
			return nil, err
		}
		coming = append(coming, sketchOf(after.jobs[i].name, after.jobs[i].p))
	}
	for i, j := range after.jobs {
		if i == 0 {
			j.s.expect(coming)
		}
		own := coming[0]
		coming = coming[1:]
		old := left.take(own, coming, whoever)
		notes := before.apart(own, coming, old, left.jobs)
		saved, read, told, err := j.s.savedRecord(ctx, j.name, j.p)
		if err != nil {
			return nil, err
		}
		if saved != nil {
			old, notes = &plansJob{name: j.name, rec: saved, read: read}, told
		} else if old == nil {
			old = &plansJob{}
		}
		c, err := j.s.continued(j.p, j.name, old.rec, old.read)
		if err != nil {
			return nil, err
		}
		if old.rec == nil {
			c.diff = job.Diff(nil, c.rec.Operators)
		}
		out = append(out, JobDiff{Job: j.name, Differences: c.diff, Apart: notes, Was: old.name})
	}
	for _, j := range left.jobs {
		out = append(out, JobDiff{Job: j.name, Differences: job.Diff(j.rec.Operators, nil), Was: j.name})
	}
	return out, nil
}

// apart says what of a job had its state in others than that which it goes on from. left
// are those that nobody goes on from yet.
func (p *Plans) apart(own sketch, coming []sketch, from *plansJob, left []plansJob) []string {
	var chosen sketch
	if from != nil {
		chosen = from.rec.sketch(from.name)
	}
	var out []string
	for _, j := range p.jobs {
		is := j.rec.sketch(j.name)
		theirs := slices.ContainsFunc(coming, func(c sketch) bool { return c.fits(is) > own.fits(is) })
		lacks := own.lacks(is, chosen)
		if j.name != own.name || from != nil && j.rec == from.rec || theirs || len(lacks) == 0 {
			continue
		}
		cut := !slices.ContainsFunc(left, func(x plansJob) bool { return x.rec == j.rec })
		out = append(out, elsewhere(lacks, j.name, cut))
	}
	return out
}

// continued is continues for a plan that has to have a record.
func (s *Session) continued(p *planned, name string, old *record, read job.Reading) (*continuation, error) {
	c, err := s.continues(p, old, read)
	if err == nil && c == nil {
		return nil, sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "the plan of %s has no written form, so nothing can be compared with it", name).
			WithHint("functions in Go and models have none")
	}
	return c, err
}

// eachJob calls f with the INSERTs and statement sets of a script and the session as
// it is where they stand.
func (s *Session) eachJob(src string, f func(s *Session, name string, p *planned) error) error {
	script, err := sql.ParseScript(src)
	p := &preparer{s: s.overlay(), prog: &Program{}, changes: s.eng.catalog.Changes(), job: f}
	p.errs.Add(err)
	if script != nil {
		p.strict(script)
		for _, st := range script.Statements {
			p.statement(script, st)
		}
	}
	return p.errs.Err()
}

// savedRecord reads the record of a job below the state directory, nil if there is
// none, what its sources had read, and what of it had its state elsewhere.
func (s *Session) savedRecord(ctx context.Context, name string, p *planned) (*record, job.Reading, []string, error) {
	dir := s.Option("execution.checkpointing.dir")
	if dir == "" {
		return nil, nil, nil, nil
	}
	at, err := s.jobDir(ctx, dir, name, p)
	if err != nil {
		return nil, nil, nil, err
	}
	_, rec, read, err := s.recordIn(ctx, location.Join(dir, at.folder))
	return rec, read, at.apart, err
}
