package engine

import (
	"context"
	"strings"

	"github.com/weir-stream/weir/internal/catalog"
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// Procedure is what CALL runs. Flink has none of its own: they come with catalogs.
type Procedure struct {
	// Path says where it lies.
	Path catalog.Path
	// Args are the types of the arguments, which are constants.
	Args []types.Type
	// Columns name the columns of its result.
	Columns []string
	// Run is given the arguments as vec.Vector.Value gives values, nil for NULL.
	Run func(ctx context.Context, args []any) ([][]string, error)
}

// procedureNames lists the procedures of a database.
func (e *Engine) procedureNames(cat, db string) []string {
	var out []string
	for _, p := range e.cfg.Procedures {
		if p.Path.Catalog == cat && p.Path.Database == db {
			out = append(out, p.Path.Name)
		}
	}
	return out
}

// call prepares CALL.
func (p *preparer) call(st *sql.Call) (runFunc, error) {
	proc, args, err := p.s.called(st)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, _ *Session, out Output) error {
		rows, err := proc.Run(ctx, args)
		if err != nil {
			return err
		}
		return out.Rows(proc.Columns, rows)
	}, nil
}

// called finds the procedure of a CALL and its arguments.
func (s *Session) called(st *sql.Call) (*Procedure, []any, error) {
	path, err := s.path(st.Proc.Name)
	if err != nil {
		return nil, nil, err
	}
	for i := range s.eng.cfg.Procedures {
		if p := &s.eng.cfg.Procedures[i]; p.Path == path {
			args, err := s.arguments(st, p)
			return p, args, err
		}
	}
	e := sqlerr.New(sqlerr.Name, st.Proc.Name.Position(), "there is no procedure `%s`", st.Proc.Name)
	names := s.eng.procedureNames(path.Catalog, path.Database)
	near, ok := sqlerr.Nearest(path.Name, names)
	switch {
	case ok:
		return nil, nil, e.WithHint("did you mean `%s`?", near)
	case len(names) == 0:
		return nil, nil, e.WithHint("`%s`.`%s` has none", path.Catalog, path.Database)
	}
	return nil, nil, e.WithHint("SHOW PROCEDURES lists those that there are: %s", strings.Join(names, ", "))
}

// arguments computes the constants that a procedure is called with.
func (s *Session) arguments(st *sql.Call, p *Procedure) ([]any, error) {
	if len(st.Proc.Args) != len(p.Args) {
		return nil, sqlerr.New(sqlerr.Plan, st.Proc.Pos, "`%s` takes %d arguments, not %d", st.Proc.Name, len(p.Args), len(st.Proc.Args))
	}
	zone := s.planContext().Zone
	var out []any
	for i, a := range st.Proc.Args {
		e, err := s.binder().BindExpr(a.Value)
		if err != nil {
			return nil, err
		}
		want := p.Args[i].AsNullable()
		if e.Type().Kind != types.Null && !types.ImplicitCastable(e.Type(), want) {
			return nil, sqlerr.New(sqlerr.Type, a.Value.Position(), "argument %d of `%s` is %s, not %s", i+1, st.Proc.Name, want, e.Type().AsNullable())
		}
		l, ok := expr.Fold(expr.CastTo(e, want), zone).(*expr.Lit)
		if !ok {
			return nil, sqlerr.New(sqlerr.Plan, a.Value.Position(), "argument %d of `%s` is not a constant", i+1, st.Proc.Name)
		}
		out = append(out, l.Value)
	}
	return out, nil
}
