package planfile

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// encoder turns nodes into JSON objects; a shared node is written once.
type encoder struct {
	ids   map[plan.Node]int
	nodes []map[string]any
}

// node gives the number of a node, which is written if it is not yet.
func (e *encoder) node(n plan.Node) (int, error) {
	if id, ok := e.ids[n]; ok {
		return id, nil
	}
	v := reflect.ValueOf(n).Elem()
	name := kindName(v.Type())
	if why := unwritten[name]; why != "" {
		return 0, sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "a plan file cannot hold %s (%s)", why, n.Name())
	}
	if nodeKinds[name] != v.Type() {
		return 0, fmt.Errorf("the operator %s (%s) cannot be written", n.Name(), name)
	}
	o, err := e.fields(v)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", name, err)
	}
	o["op"] = name
	e.ids[n] = len(e.nodes)
	e.nodes = append(e.nodes, o)
	return e.ids[n], nil
}

// fields writes the exported fields of a struct that are not zero.
func (e *encoder) fields(v reflect.Value) (map[string]any, error) {
	o := map[string]any{}
	t := v.Type()
	for i := range t.NumField() {
		f := t.Field(i)
		switch {
		case f.Anonymous && f.Type.Kind() == reflect.Struct && f.Type.NumField() == 0,
			f.Type == posType, f.Type == sourceType, f.Type == lookupType, f.Type == sinkType, transient[kindName(t)+"."+f.Name]:
			continue
		case !f.IsExported():
			return nil, fmt.Errorf("%s has the field %s, which is not exported", t, f.Name)
		case v.Field(i).IsZero():
			continue
		}
		x, err := e.value(v.Field(i))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		o[f.Name] = x
	}
	return o, nil
}

// value writes any value; nil where there is none.
func (e *encoder) value(v reflect.Value) (any, error) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface, reflect.Slice, reflect.Map:
		if v.IsNil() {
			return nil, nil
		}
	}
	switch v.Type() {
	case nodeType:
		return e.node(v.Interface().(plan.Node))
	case exprType, litType:
		return e.expr(v.Interface().(expr.Expr))
	case funcType:
		f := v.Interface().(*fn.Func)
		return map[string]any{"name": f.Name, "sig": f.Sig}, nil
	case aggType:
		a := v.Interface().(*fn.Agg)
		return map[string]any{"name": a.Name, "sig": a.Sig}, nil
	case tableType:
		return e.table(v.Interface().(*connector.Table))
	case anyType:
		return literal(v.Interface())
	}
	switch v.Kind() {
	case reflect.Bool:
		return v.Bool(), nil
	case reflect.String:
		return v.String(), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return v.Int(), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		if s, ok := v.Interface().(fmt.Stringer); ok {
			return s.String(), nil
		}
		return v.Uint(), nil
	case reflect.Float32, reflect.Float64:
		return v.Float(), nil
	case reflect.Pointer:
		return e.value(v.Elem())
	case reflect.Struct:
		return e.fields(v)
	case reflect.Slice, reflect.Array:
		return e.list(v)
	case reflect.Map:
		return e.entries(v)
	}
	return nil, fmt.Errorf("a %s cannot be written", v.Type())
}

func (e *encoder) list(v reflect.Value) (any, error) {
	out := make([]any, v.Len())
	for i := range out {
		x, err := e.value(v.Index(i))
		if err != nil {
			return nil, err
		}
		out[i] = x
	}
	return out, nil
}

// entries writes a map as pairs, since its keys need not be text, in an order of
// their own.
func (e *encoder) entries(v reflect.Value) (any, error) {
	out := []any{}
	for it := v.MapRange(); it.Next(); {
		k, err := e.value(it.Key())
		if err != nil {
			return nil, err
		}
		x, err := e.value(it.Value())
		if err != nil {
			return nil, err
		}
		out = append(out, []any{k, x})
	}
	slices.SortFunc(out, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	return out, nil
}

func (e *encoder) expr(x expr.Expr) (any, error) {
	v := reflect.ValueOf(x).Elem()
	name := kindName(v.Type())
	if exprKinds[name] != v.Type() {
		return nil, fmt.Errorf("the expression %s (%s) cannot be written", x, name)
	}
	o, err := e.fields(v)
	if err != nil {
		return nil, err
	}
	o["is"] = name
	return o, nil
}

// resolved are the fields of a table that follow from its options and the run.
var resolved = map[string]bool{"Resolved": true, "Parallelism": true, "Batch": true, "Env": true}

// table writes a table with its options as they were given.
func (e *encoder) table(t *connector.Table) (any, error) {
	v := reflect.ValueOf(t).Elem()
	o := map[string]any{}
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		if resolved[name] || v.Field(i).IsZero() {
			continue
		}
		x, err := e.value(v.Field(i))
		if err != nil {
			return nil, fmt.Errorf("table %s: %w", t.Name, err)
		}
		o[name] = x
	}
	if t.Options == nil {
		return o, nil
	}
	opts := maps.Clone(t.Given())
	if opts["connector"] == "" {
		opts["connector"] = "filesystem" // FROM 'path'
	}
	o["options"] = opts
	return o, nil
}
