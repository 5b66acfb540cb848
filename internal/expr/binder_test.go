package expr

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/types"
)

// testBinder binds expressions over given columns, enough of SQL to run the
// examples of the function table where the real binder cannot be imported.
type testBinder struct {
	cols map[string]*Col
	zone *types.Zone
}

func (b *testBinder) bind(src string) (e Expr, err error) {
	ast, err := sql.ParseExpr(src)
	if err != nil {
		return nil, err
	}
	defer func() {
		if p := recover(); p != nil {
			pe, ok := p.(error)
			if !ok {
				panic(p)
			}
			e, err = nil, pe
		}
	}()
	return b.expr(ast), nil
}

func must[T any](x T, err error) T {
	if err != nil {
		panic(err)
	}
	return x
}

func (b *testBinder) call(name string, args ...Expr) Expr {
	return must(MakeCall(fn.Core(), name, args...))
}

func (b *testBinder) exprs(es []sql.Expr) []Expr {
	out := make([]Expr, len(es))
	for i, e := range es {
		out[i] = b.expr(e)
	}
	return out
}

func textLit(s string) *Lit {
	return &Lit{Value: s, T: types.CharOf(max(1, utf8.RuneCountInString(s))).NotNull()}
}

func symbolLit(s string) *Lit { return &Lit{Value: s, T: types.Of(types.Symbol).NotNull()} }

func (b *testBinder) expr(e sql.Expr) Expr {
	switch e := e.(type) {
	case *sql.StringLit:
		return textLit(e.Value)
	case *sql.NumberLit:
		return numberLit(e)
	case *sql.BinaryLit:
		return &Lit{Value: string(e.Value), T: types.Type{Kind: types.Binary, Prec: len(e.Value)}}
	case *sql.BoolLit:
		return &Lit{Value: e.Value, T: types.Of(types.Boolean).NotNull()}
	case *sql.NullLit:
		return Null(types.Of(types.Null))
	case *sql.Symbol:
		return symbolLit(e.Name)
	case *sql.DateTimeLit:
		return b.timeLit(e)
	case *sql.IntervalLit:
		from, _ := types.ParseUnit(e.Unit.From)
		to, _ := types.ParseUnit(e.Unit.To)
		v, ok := types.ParseInterval(e.Text, from, to)
		if !ok {
			panic(fmt.Errorf("interval %q", e.Text))
		}
		return &Lit{Value: v, T: types.Of(types.IntervalKind(from)).NotNull()}
	case *sql.ColumnRef:
		x := Expr(b.cols[e.Parts[0].Name])
		if b.cols[e.Parts[0].Name] == nil {
			panic(fmt.Errorf("no column %s", e.Parts[0].Name))
		}
		for _, p := range e.Parts[1:] {
			x = b.call("FIELD", x, textLit(p.Name))
		}
		return x
	case *sql.FieldExpr:
		return b.call("FIELD", b.expr(e.X), textLit(e.Name.Name))
	case *sql.IndexExpr:
		return b.call("ITEM", b.expr(e.X), b.expr(e.Index))
	case *sql.RowExpr:
		if len(e.Items) == 1 && !e.Explicit {
			return b.expr(e.Items[0])
		}
		return b.call("ROW", b.exprs(e.Items)...)
	case *sql.CollectionExpr:
		return b.call(e.Kind, b.exprs(e.Items)...)
	case *sql.CastExpr:
		return b.cast(e)
	case *sql.FuncCall:
		return b.function(e)
	}
	return b.operator(e)
}

func (b *testBinder) operator(e sql.Expr) Expr {
	switch e := e.(type) {
	case *sql.UnaryExpr:
		x := b.expr(e.X)
		switch e.Op {
		case "NOT":
			return Negate(x)
		case "-":
			return b.call("NEGATE", x)
		}
		return x
	case *sql.BinaryExpr:
		switch e.Op {
		case "AND":
			return AndAll(b.expr(e.L), b.expr(e.R))
		case "OR":
			return OrAll(b.expr(e.L), b.expr(e.R))
		}
		return b.call(e.Op, b.expr(e.L), b.expr(e.R))
	case *sql.IsExpr:
		name := "IS "
		if e.Not {
			name += "NOT "
		}
		if e.What == "JSON" {
			e.What = "JSON VALUE"
		}
		return b.call(name+e.What, b.expr(e.X))
	case *sql.DistinctExpr:
		if e.Not {
			return b.call("IS NOT DISTINCT FROM", b.expr(e.L), b.expr(e.R))
		}
		return b.call("IS DISTINCT FROM", b.expr(e.L), b.expr(e.R))
	case *sql.LikeExpr:
		args := []Expr{b.expr(e.X), b.expr(e.Pattern)}
		if e.Escape != nil {
			args = append(args, b.expr(e.Escape))
		}
		out := b.call(e.Op, args...)
		if e.Not {
			return Negate(out)
		}
		return out
	case *sql.InExpr:
		in := &In{X: b.expr(e.X), Not: e.Not}
		for _, v := range e.List {
			in.Values = append(in.Values, Fold(CastTo(b.expr(v), in.X.Type()), b.zone).(*Lit))
		}
		return in
	case *sql.CaseExpr:
		var whens []When
		for _, w := range e.Whens {
			whens = append(whens, When{b.expr(w.Cond), b.expr(w.Result)})
		}
		var els Expr
		if e.Else != nil {
			els = b.expr(e.Else)
		}
		return must(CaseOf(whens, els))
	}
	panic(fmt.Errorf("%T is not for this test", e))
}

func (b *testBinder) cast(e *sql.CastExpr) Expr {
	x, t := b.expr(e.X), typeOf(&e.Type)
	if !types.Castable(x.Type(), t) {
		panic(fmt.Errorf("Cast function cannot convert value of type %s to %s", x.Type(), t))
	}
	t.Nullable = x.Type().Nullable || e.Try
	if l, ok := x.(*Lit); ok && l.IsNull() {
		return Null(t)
	}
	return &Cast{X: x, T: t, Try: e.Try}
}

func (b *testBinder) function(f *sql.FuncCall) Expr {
	var args []Expr
	for _, a := range f.Args {
		args = append(args, b.expr(a.Value))
	}
	switch f.Func() {
	case "COALESCE", "IFNULL":
		return must(Coalesce(args...))
	case "NULLIF":
		return must(NullIf(args[0], args[1]))
	case "IF":
		return must(If(args[0], args[1], args[2]))
	}
	if j := f.JSON; j != nil {
		if j.Returning != nil {
			args = append(args, symbolLit("RETURNING"), Null(typeOf(j.Returning)))
		}
		if j.Wrapper != "" {
			args = append(args, symbolLit(j.Wrapper+" WRAPPER"))
		}
		if j.OnNull != "" {
			args = append(args, symbolLit(j.OnNull+" ON NULL"))
		}
		for when, on := range map[string]*sql.JSONBehavior{" ON EMPTY": j.OnEmpty, " ON ERROR": j.OnError} {
			if on == nil {
				continue
			}
			args = append(args, symbolLit(on.Kind+when))
			if on.Default != nil {
				args = append(args, b.expr(on.Default))
			}
		}
	}
	return b.call(f.Func(), args...)
}

func numberLit(n *sql.NumberLit) Expr {
	if n.Approx() {
		return &Lit{Value: must(strconv.ParseFloat(n.Text, 64)), T: types.Of(types.Double).NotNull()}
	}
	if n.Integer() {
		if v, err := strconv.ParseInt(n.Text, 10, 64); err == nil {
			if v == int64(int32(v)) {
				return &Lit{Value: v, T: types.Of(types.Int).NotNull()}
			}
			return &Lit{Value: v, T: types.Of(types.BigInt).NotNull()}
		}
	}
	whole, frac, _ := strings.Cut(n.Text, ".")
	p := max(1, len(strings.TrimLeft(whole, "0"))+len(frac))
	v := must(types.ParseDecimal(n.Text, p, len(frac)))
	if p <= types.MaxPrecision64 {
		return &Lit{Value: v.Int64(), T: types.DecimalOf(p, len(frac)).NotNull()}
	}
	return &Lit{Value: v, T: types.DecimalOf(p, len(frac)).NotNull()}
}

func (b *testBinder) timeLit(e *sql.DateTimeLit) Expr {
	_, frac, _ := strings.Cut(e.Text, ".")
	t := map[string]types.Type{"DATE": types.Of(types.Date), "TIME": types.TimeOf(len(frac)), "TIMESTAMP": types.TimestampOf(len(frac))}[e.Kind]
	x := &Cast{X: textLit(e.Text), T: t.NotNull()}
	return Fold(x, b.zone)
}

func typeOf(n *sql.TypeName) types.Type {
	param := func(i, absent int) int {
		if i < len(n.Params) {
			return n.Params[i]
		}
		return absent
	}
	var t types.Type
	switch n.Name {
	case "STRING":
		t = types.String()
	case "BYTES":
		t = types.Bytes()
	case "CHAR":
		t = types.CharOf(param(0, 1))
	case "VARCHAR":
		t = types.VarcharOf(param(0, types.MaxLen))
	case "BINARY":
		t = types.Type{Kind: types.Binary, Nullable: true, Prec: param(0, 1)}
	case "VARBINARY":
		t = types.Type{Kind: types.Varbinary, Nullable: true, Prec: param(0, types.MaxLen)}
	case "DECIMAL":
		t = types.DecimalOf(param(0, 10), param(1, 0))
	case "TIME":
		t = types.TimeOf(param(0, 0))
	case "TIMESTAMP":
		t = types.TimestampOf(param(0, 6))
	case "TIMESTAMP_LTZ":
		t = types.TimestampLTZOf(param(0, 6))
	case "ARRAY":
		t = types.ArrayOf(typeOf(n.Elem))
	case "MULTISET":
		t = types.MultisetOf(typeOf(n.Elem))
	case "MAP":
		t = types.MapOf(typeOf(n.Key), typeOf(n.Elem))
	case "ROW":
		var fs []types.Field
		for i := range n.Fields {
			fs = append(fs, types.Field{Name: n.Fields[i].Name.Name, Type: typeOf(&n.Fields[i].Type)})
		}
		t = types.RowOf(fs...)
	case "INTERVAL":
		u, _ := types.ParseUnit(n.Unit.From)
		t = types.Of(types.IntervalKind(u))
	default:
		k, ok := map[string]types.Kind{"BOOLEAN": types.Boolean, "TINYINT": types.TinyInt, "SMALLINT": types.SmallInt, "INT": types.Int,
			"BIGINT": types.BigInt, "FLOAT": types.Float, "DOUBLE": types.Double, "DATE": types.Date}[n.Name]
		if !ok {
			panic(fmt.Errorf("type %q is not for this test", n.Name))
		}
		t = types.Of(k)
	}
	return t.WithNull(n.Null != sql.NullForbidden)
}
