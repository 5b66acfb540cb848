package bind

import (
	"github.com/weir-stream/weir/internal/catalog"
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// BindCreateFunction checks a function in SQL: its body is bound with the
// parameters in scope, and must give what RETURNS says. Without RETURNS the
// result's type is the body's.
func (b *Binder) BindCreateFunction(st *sql.CreateFunction) (*catalog.Function, error) {
	b.begin()
	f := &catalog.Function{Temporary: st.Temporary, System: st.System, Comment: commentOf(st.Comment), Catalog: b.CurrentCatalog,
		Database: b.CurrentDatabase, Table: st.Columns != nil, Path: b.newPath(st.Name, "function")}
	if st.System {
		if len(st.Name.Parts) > 1 {
			b.fail(sqlerr.Name, st.Name.Position(), "a system function has no database")
		}
		f.Path = catalog.Path{Name: st.Name.Last().Name}
	}
	if !b.inSQL(st) {
		return f, b.err()
	}
	b.extension(st.Name.Position(), "a function in SQL")
	pos := b.functionText(st, f)
	b.params(st, f)
	if st.Returns != nil {
		f.Returns, _ = b.typeOf(st.Returns)
	}
	for i := range st.Columns {
		t, _ := b.typeOf(st.Columns[i].Type)
		f.Columns = append(f.Columns, catalog.Column{Name: st.Columns[i].Name.Name, Type: t})
	}
	if len(b.errs) == 0 {
		b.defineFunction(f, st.Returns != nil, pos)
	}
	return f, b.err()
}

// inSQL refuses functions in other languages.
func (b *Binder) inSQL(st *sql.CreateFunction) bool {
	lang := st.Language
	if lang == "" && !st.HasParams {
		lang = "JAVA"
	}
	if lang == "" || lang == "SQL" {
		if len(st.Using) > 0 {
			b.unsupported(st.Using[0].Pos, "USING of a function in SQL")
		}
		return len(b.errs) == 0
	}
	b.unsupported(st.Name.Position(), "CREATE FUNCTION in the language "+lang).
		WithHint("write it in SQL: CREATE FUNCTION f(x INT) RETURNS INT LANGUAGE SQL AS 'x + 1'; or register a Go function through the embedding API")
	return false
}

// functionText sets the body's text and gives its place.
func (b *Binder) functionText(st *sql.CreateFunction, f *catalog.Function) sqlerr.Pos {
	switch {
	case st.Expr != nil:
		f.Body = sql.Print(st.Expr)
		return st.Expr.Position()
	case st.Query != nil:
		f.Body = sql.Print(st.Query)
		return st.Query.Position()
	}
	f.Body = st.Body.Value
	return st.Body.Pos
}

func (b *Binder) params(st *sql.CreateFunction, f *catalog.Function) {
	seen := map[string]bool{}
	for i := range st.Params {
		p := &st.Params[i]
		if seen[p.Name.Name] {
			b.fail(sqlerr.Name, p.Name.Pos, "there are two parameters `%s`", p.Name.Name)
		}
		seen[p.Name.Name] = true
		t, _ := b.typeOf(p.Type)
		f.Params = append(f.Params, catalog.Param{Name: p.Name.Name, Type: t})
	}
}

// defineFunction binds the body once, over parameters of which nothing is known
// but their types, and settles the type of the result.
func (b *Binder) defineFunction(f *catalog.Function, typed bool, pos sqlerr.Pos) {
	args := make([]expr.Expr, len(f.Params))
	for i, p := range f.Params {
		args[i] = &expr.Col{Index: i, Name: p.Name, T: p.Type}
	}
	if f.Table {
		blk := b.functionQuery(f, args, pos)
		if !blk.open {
			b.functionColumns(f, blk, pos)
		}
		return
	}
	want := f.Returns
	if !typed {
		f.Returns = types.Of(types.Null) // not known
	}
	e := b.functionBody(f, args, pos)
	switch {
	case e == bad:
	case !typed:
		f.Returns = e.Type().WithAttr(types.NoAttr)
		if f.Returns.Kind == types.Null {
			b.fail(sqlerr.Type, pos, "the type of NULL is not known").WithHint("write RETURNS and a type")
		}
	case !want.Nullable && e.Type().Nullable:
		b.fail(sqlerr.Type, pos, "the function `%s` returns %s, but its body may give NULL", f.Path.Name, want).WithHint("leave NOT NULL out")
	}
}

// AlterFunction gives a function another body.
func (b *Binder) AlterFunction(f *catalog.Function, body string, pos sqlerr.Pos) (*catalog.Function, error) {
	b.begin()
	n := *f
	n.Body, n.Catalog, n.Database = body, b.CurrentCatalog, b.CurrentDatabase
	b.defineFunction(&n, true, pos)
	if err := b.err(); err != nil {
		return nil, err
	}
	return &n, nil
}
