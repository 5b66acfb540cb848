package engine

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"maps"
	"path/filepath"
	"strings"

	"github.com/weir-stream/weir/internal/dag"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/planfile"
	"github.com/weir-stream/weir/internal/rel/sink"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// compile prepares COMPILE PLAN and COMPILE AND EXECUTE PLAN: the plan is made
// now, for its errors, and again and written when the statement's turn comes.
func (p *preparer) compile(st *sql.CompilePlan) (runFunc, error) {
	stmts, err := insertsOf(st.Stmt)
	if err != nil {
		return nil, err
	}
	pl, err := p.s.planInserts(stmts)
	if err == nil {
		_, err = planfile.Encode(&planfile.Plan{Root: pl.root})
	}
	if err != nil && !p.mayAppear(err) {
		return nil, err
	}
	p.plans = append(p.plans, st.File.Value)
	return func(ctx context.Context, s *Session, out Output) error {
		if err := s.writePlan(st, stmts); err != nil {
			return err
		}
		if st.Execute {
			return s.executePlan(ctx, st.File, out)
		}
		out.Info("compiled " + st.File.Value)
		return nil
	}, nil
}

func insertsOf(st sql.Statement) ([]*sql.Insert, error) {
	switch st := st.(type) {
	case *sql.Insert:
		return []*sql.Insert{st}, nil
	case *sql.StatementSet:
		return st.Inserts, nil
	}
	return nil, sqlerr.New(sqlerr.Unsupported, st.Position(), "only an INSERT or a statement set can be compiled")
}

// writePlan compiles statements into a file, in one step: who reads it sees all
// of a plan or none. A file that is there is kept by IF NOT EXISTS and by COMPILE
// AND EXECUTE, replaced under table.plan.force-recompile, and else an error.
func (s *Session) writePlan(st *sql.CompilePlan, stmts []*sql.Insert) error {
	fsys, path := s.eng.cfg.FS, planPath(st.File.Value)
	if _, err := fsys.Stat(path); err == nil && !s.bool("table.plan.force-recompile") {
		if st.IfNotExists || st.Execute {
			return nil
		}
		return sqlerr.New(sqlerr.Plan, st.File.Pos, "there is already a plan '%s'", st.File.Value).
			WithHint("write COMPILE PLAN '%s' IF NOT EXISTS FOR .., or SET 'table.plan.force-recompile' = 'true'", st.File.Value)
	}
	pl, err := s.planInserts(stmts)
	if err != nil {
		return err
	}
	data, err := planfile.Encode(&planfile.Plan{Root: pl.root, Settings: s.planSettings()})
	if err != nil {
		return err
	}
	if err := fsys.MkdirAll(filepath.Dir(path)); err != nil {
		return unwritable(st.File, err)
	}
	part := path + ".inprogress"
	f, err := fsys.Create(part)
	if err == nil {
		_, err = f.Write(data)
		err = errors.Join(err, f.Sync(), f.Close())
	}
	if err == nil {
		err = fsys.Rename(part, path)
	}
	if err != nil {
		return unwritable(st.File, err)
	}
	return nil
}

func unwritable(at *sql.StringLit, err error) error {
	return &sqlerr.Error{Code: sqlerr.Runtime, Pos: at.Pos, Msg: "cannot write the plan '" + at.Value + "'", Err: err}
}

// planPath takes a path or a file:// URL.
func planPath(s string) string { return strings.TrimPrefix(s, "file://") }

// planSettings are the settings that shaped a plan and hold when it runs.
func (s *Session) planSettings() map[string]string {
	out := map[string]string{"execution.runtime-mode": s.Option("execution.runtime-mode")}
	for k, v := range s.options {
		if strings.HasPrefix(k, "table.") && k != "table.dml-sync" && k != "table.exec.resource.default-parallelism" {
			out[k] = v
		}
	}
	return out
}

// executesPlan prepares EXECUTE PLAN. A plan that an earlier statement compiles
// is only looked at when it runs.
func (p *preparer) executesPlan(st *sql.ExecutePlan) (runFunc, error) {
	made := false
	for _, f := range p.plans {
		made = made || f == st.File.Value
	}
	if !made {
		pl, options, err := p.s.readPlan(st.File)
		if err == nil && p.job != nil {
			s := p.s.overlay()
			s.options = options
			err = p.job(s, p.s.jobName("execute-plan_"+filepath.Base(st.File.Value)), pl)
		}
		if err != nil {
			return nil, err
		}
	}
	p.wrote = true
	return func(ctx context.Context, s *Session, out Output) error { return s.executePlan(ctx, st.File, out) }, nil
}

// readPlan reads a plan file; the settings are the session's under those of the
// plan.
func (s *Session) readPlan(at *sql.StringLit) (*planned, map[string]string, error) {
	f, err := s.eng.cfg.FS.Open(planPath(at.Value))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, sqlerr.New(sqlerr.Missing, at.Pos, "there is no plan '%s'", at.Value).WithHint("COMPILE PLAN '%s' FOR .. makes one", at.Value)
	}
	if err != nil {
		return nil, nil, &sqlerr.Error{Code: sqlerr.Runtime, Pos: at.Pos, Msg: "cannot read the plan '" + at.Value + "'", Err: err}
	}
	defer f.Close()
	data, err := io.ReadAll(f)
	if err != nil {
		return nil, nil, &sqlerr.Error{Code: sqlerr.Runtime, Pos: at.Pos, Msg: "cannot read the plan '" + at.Value + "'", Err: err}
	}
	mode, err := planfile.Settings(data)
	if err != nil {
		return nil, nil, positioned(err, at.Pos)
	}
	c := *s.overlay()
	maps.Copy(c.options, mode)
	ctx := c.planContext()
	p, err := planfile.Decode(data, c.planEnv(ctx))
	if err != nil {
		return nil, nil, positioned(err, at.Pos)
	}
	pl, err := runnable(ctx, p.Root)
	return pl, c.options, err
}

// runnable infers a plan's traits and makes sure that it can be lowered. A plan
// that was edited by hand may fit nothing, so that even a panic is an error.
func runnable(ctx *plan.Context, root plan.Node) (pl *planned, err error) {
	defer func() {
		if r := recover(); r != nil {
			pl, err = nil, sqlerr.New(sqlerr.Data, sqlerr.Pos{}, "the plan does not fit together: %v", r)
		}
	}()
	ann, err := plan.Annotate(ctx, root)
	if err != nil {
		return nil, err
	}
	_, err = dag.Build(ctx, ann, root)
	return &planned{root: root, ann: ann, ctx: ctx, bound: sinksOf(root), final: true}, err
}

func (s *Session) planEnv(c *plan.Context) *planfile.Env {
	return &planfile.Env{Functions: s.eng.functions, Aggs: s.eng.aggs, Connectors: s.eng.connectors, Formats: s.eng.formats,
		Connector: s.env(c), Parallelism: c.Parallelism, Batch: c.Batch}
}

// executePlan runs a plan file as the INSERT that it was.
func (s *Session) executePlan(ctx context.Context, at *sql.StringLit, out Output) error {
	pl, options, err := s.readPlan(at)
	if err != nil {
		return err
	}
	pl.tell = out.Warn
	own := s.options
	s.options = options
	j, err := s.start(ctx, pl, s.jobName("execute-plan_"+filepath.Base(at.Value)))
	s.options = own
	if err != nil {
		return err
	}
	return s.follow(j, pl, out)
}

// follow tells of a job that writes, and waits for it in batch mode and where
// statements are to run one after the other.
func (s *Session) follow(j *Job, pl *planned, out Output) error {
	out.Started(j)
	if j.step != nil {
		return j.settle()
	}
	if !pl.ctx.Batch && !s.bool("table.dml-sync") {
		return nil
	}
	<-j.done
	return j.err
}

// rewritten takes a plan through its file form (Config.PlanFiles).
func (s *Session) rewritten(c *plan.Context, root plan.Node) (plan.Node, error) {
	data, err := planfile.Encode(&planfile.Plan{Root: root})
	if e := (*sqlerr.Error)(nil); errors.As(err, &e) && e.Code == sqlerr.Unsupported {
		return root, nil // calls what lives in this process only
	}
	if err != nil {
		return nil, err
	}
	env := s.planEnv(c)
	if n, ok := root.(*sink.Node); ok && n.Result {
		env.Result = n.Sink
	}
	p, err := planfile.Decode(data, env)
	if err != nil {
		return nil, err
	}
	return p.Root, nil
}
