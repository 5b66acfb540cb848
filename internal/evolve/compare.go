package evolve

import (
	"reflect"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// comparer compares nodes and expressions but for what may differ.
type comparer struct {
	cols  []int // of the expressions' input; nil: the same
	typed bool  // types may not differ
	named bool  // names may not differ
}

func (m *Matching) comparer(cols []int) *comparer { return &comparer{cols: cols} }

// same compares two nodes of a kind, inputs left out.
func (c *comparer) same(was, is plan.Node) bool {
	return c.value(reflect.ValueOf(was).Elem(), reflect.ValueOf(is).Elem())
}

var (
	nodeType  = reflect.TypeFor[plan.Node]()
	exprType  = reflect.TypeFor[expr.Expr]()
	typeType  = reflect.TypeFor[types.Type]()
	funcType  = reflect.TypeFor[*fn.Func]()
	aggType   = reflect.TypeFor[*fn.Agg]()
	tableType = reflect.TypeFor[*connector.Table]()
	madeType  = reflect.TypeFor[plan.Made]()
	posType   = reflect.TypeFor[sqlerr.Pos]()
)

// beside are fields that say what the optimiser thinks, or how long state lives, by type
// and name.
var beside = map[string]bool{"join.Node.Rows": true, "join.Node.LeftTTLMs": true, "join.Node.RightTTLMs": true, "agg.Node.TTLMs": true}

func (c *comparer) value(a, b reflect.Value) bool {
	switch a.Type() {
	case nodeType, madeType, posType:
		return true
	case typeType:
		x, y := a.Interface().(types.Type), b.Interface().(types.Type)
		return widens(x, y) && (!c.typed || x.EqualKind(y))
	case exprType:
		x, _ := a.Interface().(expr.Expr)
		y, _ := b.Interface().(expr.Expr)
		return c.expr(x, y)
	case funcType, aggType:
		if a.IsNil() || b.IsNil() {
			return a.IsNil() == b.IsNil()
		}
		return a.Elem().FieldByName("Name").String() == b.Elem().FieldByName("Name").String()
	case tableType:
		return a.IsNil() && b.IsNil() // scans and sinks compare them
	}
	switch a.Kind() {
	case reflect.Struct:
		return c.fields(a, b)
	case reflect.Slice, reflect.Array:
		if a.Len() != b.Len() {
			return false
		}
		for i := range a.Len() {
			if !c.value(a.Index(i), b.Index(i)) {
				return false
			}
		}
		return true
	case reflect.Pointer, reflect.Interface:
		if a.IsNil() || b.IsNil() {
			return a.IsNil() == b.IsNil()
		}
		return a.Elem().Type() == b.Elem().Type() && c.value(a.Elem(), b.Elem())
	case reflect.Func, reflect.Chan, reflect.UnsafePointer:
		return a.IsNil() && b.IsNil()
	}
	return a.CanInterface() && reflect.DeepEqual(a.Interface(), b.Interface())
}

func (c *comparer) fields(a, b reflect.Value) bool {
	t := a.Type()
	for i := range t.NumField() {
		f := t.Field(i)
		if !f.IsExported() && !f.Anonymous {
			if !a.Field(i).IsZero() || !b.Field(i).IsZero() {
				return false
			}
			continue
		}
		if !c.named && f.Type.Kind() == reflect.String && (f.Name == "Name" || f.Name == "NumberName") || beside[t.String()+"."+f.Name] {
			continue
		}
		if !c.value(a.Field(i), b.Field(i)) {
			return false
		}
	}
	return true
}

// expr compares two expressions: casts that lose nothing do not count, literals
// compare by value.
func (c *comparer) expr(was, is expr.Expr) bool {
	if was == nil || is == nil {
		return was == nil && is == nil
	}
	was, is = uncast(was), uncast(is)
	if !widens(was.Type(), is.Type()) && !(isLit(was) && isLit(is)) {
		return false
	}
	switch x := was.(type) {
	case *expr.Col:
		y, ok := is.(*expr.Col)
		if !ok || x.Depth != y.Depth {
			return false
		}
		at := y.Index
		if c.cols != nil && y.Depth == 0 {
			at = c.cols[at]
		}
		return at == x.Index && (!c.typed || x.T.EqualKind(y.T))
	case *expr.Lit:
		y, ok := is.(*expr.Lit)
		return ok && sameLit(x, y)
	case *expr.Call:
		y, ok := is.(*expr.Call)
		return ok && x.Fn.Name == y.Fn.Name && c.exprs(x.Args, y.Args)
	case *expr.Logic:
		y, ok := is.(*expr.Logic)
		return ok && x.Op == y.Op && c.exprs(x.Args, y.Args)
	case *expr.Case:
		y, ok := is.(*expr.Case)
		return ok && len(x.Whens) == len(y.Whens) && c.exprs(x.Children(), y.Children())
	case *expr.Cast:
		y, ok := is.(*expr.Cast)
		return ok && x.Try == y.Try && x.T.EqualKind(y.T) && c.expr(x.X, y.X)
	case *expr.In:
		y, ok := is.(*expr.In)
		if !ok || x.Not != y.Not || len(x.Values) != len(y.Values) {
			return false
		}
		for i := range x.Values {
			if !sameLit(x.Values[i], y.Values[i]) {
				return false
			}
		}
		return c.expr(x.X, y.X)
	}
	return c.cols == nil && reflect.DeepEqual(was, is)
}

func (c *comparer) exprs(was, is []expr.Expr) bool {
	if len(was) != len(is) {
		return false
	}
	for i := range was {
		if !c.expr(was[i], is[i]) {
			return false
		}
	}
	return true
}

// uncast takes casts away that every value survives.
func uncast(e expr.Expr) expr.Expr {
	for {
		x, ok := e.(*expr.Cast)
		if !ok || !widens(x.X.Type(), x.T) {
			return e
		}
		e = x.X
	}
}

func isLit(e expr.Expr) bool {
	_, ok := e.(*expr.Lit)
	return ok
}

// sameLit compares literals of which one may be of a wider type.
func sameLit(a, b *expr.Lit) bool {
	switch {
	case types.Widens(a.T.AsNullable(), b.T.AsNullable()):
		w, ok := types.Widen(a.T, b.T, a.Value)
		return ok && reflect.DeepEqual(w, b.Value)
	case types.Widens(b.T.AsNullable(), a.T.AsNullable()):
		w, ok := types.Widen(b.T, a.T, b.Value)
		return ok && reflect.DeepEqual(w, a.Value)
	}
	return false
}
