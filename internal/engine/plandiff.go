package engine

import (
	"cmp"
	"context"
	"slices"

	"github.com/weir-stream/weir/internal/job"
	"github.com/weir-stream/weir/internal/location"
	"github.com/weir-stream/weir/internal/snapshot"
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

// take gives the first job of a name, and forgets it.
func (p *Plans) take(name string) *record {
	i := slices.IndexFunc(p.jobs, func(j plansJob) bool { return j.name == name })
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
	err := s.eachJob(src, func(o *Session, name string, p *planned) error {
		old := left.take(name)
		saved, read, err := o.savedRecord(ctx, name)
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
func (s *Session) savedRecord(ctx context.Context, name string) (*record, job.Reading, error) {
	dir := s.Option("execution.checkpointing.dir")
	if dir == "" {
		return nil, nil, nil
	}
	fs, at := s.places(ctx), location.Join(dir, s.jobDir(name))
	if _, err := fs.Stat(at); err != nil {
		return nil, nil, nil // it has never run
	}
	r, err := snapshot.Read(fs, at)
	if err != nil {
		return nil, nil, err
	}
	data, read, err := job.RecordOf(r)
	if err = cmp.Or(err, r.Close()); err != nil {
		return nil, nil, err
	}
	rec, err := readRecord(data)
	return rec, read, err
}
