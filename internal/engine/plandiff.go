package engine

import (
	"context"
	"slices"

	"github.com/weir-stream/weir/internal/job"
	"github.com/weir-stream/weir/internal/location"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// Plans are the jobs of a script that write, as a run of it would record them.
type Plans struct {
	jobs []plansJob
}

type plansJob struct {
	name string
	rec  *record
}

// take gives the job that one of another script goes on from, and forgets it.
func (p *Plans) take(k sketch, coming []sketch) *record {
	ran := make([]sketch, len(p.jobs))
	for i, j := range p.jobs {
		ran[i] = j.rec.sketch(j.name)
	}
	i := k.choose(ran, coming)
	if i < 0 {
		return nil
	}
	rec := p.jobs[i].rec
	p.jobs = slices.Delete(p.jobs, i, i+1)
	return rec
}

// JobDiff is what an edit means for a job.
type JobDiff struct {
	Job         string
	Differences []job.Difference
}

// Plans plans the INSERTs of a script; nothing runs.
func (s *Session) Plans(src string) (*Plans, error) {
	out := &Plans{}
	err := s.eachJob(src, func(o *Session, name string, p *planned) error {
		c, err := o.continued(p, name, nil, nil)
		if err == nil {
			out.jobs = append(out.jobs, plansJob{name, c.rec})
		}
		return err
	})
	return out, err
}

// DiffPlans says what it would mean to run a script where another ran before: for
// its jobs in their order, then for those that it lacks. What the state directory of
// the session holds of a job counts more than before. Nothing runs.
func (s *Session) DiffPlans(ctx context.Context, before *Plans, src string) ([]JobDiff, error) {
	left := Plans{slices.Clone(before.jobs)}
	var out []JobDiff
	var coming []sketch
	if err := s.eachJob(src, func(_ *Session, name string, p *planned) error {
		coming = append(coming, sketchOf(name, p))
		return nil
	}); err != nil {
		return nil, err
	}
	err := s.eachJob(src, func(o *Session, name string, p *planned) error {
		if len(out) == 0 {
			o.expect(coming)
		}
		own := coming[0]
		coming = coming[1:]
		old := left.take(own, coming)
		saved, read, err := o.savedRecord(ctx, name, p)
		if err != nil {
			return err
		}
		if saved != nil {
			old = saved
		}
		c, err := o.continued(p, name, old, read)
		if err != nil {
			return err
		}
		if old == nil {
			c.diff = job.Diff(nil, c.rec.Operators)
		}
		out = append(out, JobDiff{name, c.diff})
		return nil
	})
	for _, j := range left.jobs {
		out = append(out, JobDiff{j.name, job.Diff(j.rec.Operators, nil)})
	}
	return out, err
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
// none, and what its sources had read.
func (s *Session) savedRecord(ctx context.Context, name string, p *planned) (*record, job.Reading, error) {
	dir := s.Option("execution.checkpointing.dir")
	if dir == "" {
		return nil, nil, nil
	}
	folder, err := s.jobDir(ctx, dir, name, p)
	if err != nil {
		return nil, nil, err
	}
	return s.recordIn(ctx, location.Join(dir, folder))
}
