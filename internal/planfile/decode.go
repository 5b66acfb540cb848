package planfile

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// decoder makes nodes of JSON objects, in their order.
type decoder struct {
	env   *Env
	nodes []plan.Node
}

func (d *decoder) node(o map[string]any) error {
	name, _ := o["op"].(string)
	t, ok := nodeKinds[name]
	if !ok {
		return sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "the plan has the operator '%s', which this release does not have", name).
			WithHint("compile the statement again with COMPILE PLAN")
	}
	delete(o, "op")
	v := reflect.New(t)
	if err := d.fields(o, v.Elem()); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	n := v.Interface().(plan.Node)
	for _, in := range n.Inputs() {
		if in == nil {
			return damaged("%s lacks an input", name)
		}
	}
	if err := check(n); err != nil {
		return err
	}
	d.nodes = append(d.nodes, n)
	return nil
}

// fields fills a struct; an entry that it has no field for is an error. Sources
// and sinks are made again of the table that lies beside them.
func (d *decoder) fields(o map[string]any, v reflect.Value) error {
	t := v.Type()
	for name, x := range o {
		f, ok := t.FieldByName(name)
		if !ok || !f.IsExported() {
			return damaged("%s has no field '%s' in this release", t, name)
		}
		if err := d.value(x, v.FieldByIndex(f.Index)); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	for i := range t.NumField() {
		if ft := t.Field(i).Type; ft == sourceType || ft == lookupType || ft == sinkType {
			if err := d.end(v, v.Field(i)); err != nil {
				return err
			}
		}
	}
	return nil
}

// end makes the source or sink of a node from its table.
func (d *decoder) end(node, end reflect.Value) error {
	f := node.FieldByName("Table")
	if !f.IsValid() || f.Type() != tableType || f.IsNil() {
		return damaged("%s has no table", node.Type())
	}
	t := f.Interface().(*connector.Table)
	if t.Options == nil {
		if d.env.Result == nil || end.Type() != sinkType {
			return damaged("table %s has no connector", t.Name)
		}
		end.Set(reflect.ValueOf(d.env.Result))
		return nil
	}
	spec := d.env.Connectors[t.Options.String("connector")]
	if end.Type() != sinkType && spec.Source != nil {
		src, err := spec.Source(t)
		if err != nil {
			return err
		}
		if end.Type() == lookupType && strings.EqualFold(t.Options.String("lookup.cache"), "FULL") {
			if src, err = connector.NewFullCache(t, src); err != nil {
				return err
			}
		}
		if s := reflect.ValueOf(src); s.Type().AssignableTo(end.Type()) {
			end.Set(s)
			return nil
		}
	}
	if end.Type() == sinkType && spec.Sink != nil {
		s, err := spec.Sink(t)
		if err != nil {
			return err
		}
		end.Set(reflect.ValueOf(s))
		return nil
	}
	return sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "the connector '%s' of table %s cannot be used as the plan uses it", spec.Name, t.Name)
}

// value fills v, whose zero value stands for null.
func (d *decoder) value(x any, v reflect.Value) error {
	if x == nil {
		return nil
	}
	wrong := func() error { return damaged("%s is not %s", text(x), v.Type()) }
	switch v.Type() {
	case nodeType:
		i, ok := integer(x)
		if !ok || i < 0 || int(i) >= len(d.nodes) {
			return damaged("there is no node %s before its use", text(x))
		}
		v.Set(reflect.ValueOf(d.nodes[i]))
		return nil
	case exprType, litType:
		return d.expr(x, v)
	case funcType, aggType:
		return d.function(x, v)
	case tableType:
		return d.table(x, v)
	case anyType:
		l, err := readLiteral(x)
		if err == nil && l != nil {
			v.Set(reflect.ValueOf(l))
		}
		return err
	}
	switch v.Kind() {
	case reflect.Bool:
		b, ok := x.(bool)
		if !ok {
			return wrong()
		}
		v.SetBool(b)
	case reflect.String:
		s, ok := x.(string)
		if !ok {
			return wrong()
		}
		v.SetString(s)
	case reflect.Float32, reflect.Float64:
		n, ok := x.(json.Number)
		f, err := n.Float64()
		if !ok || err != nil {
			return wrong()
		}
		v.SetFloat(f)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return d.value(x, v.Elem())
	case reflect.Struct:
		o, ok := x.(map[string]any)
		if !ok {
			return wrong()
		}
		return d.fields(o, v)
	case reflect.Slice, reflect.Array, reflect.Map:
		return d.list(x, v)
	default:
		if !setInteger(x, v) {
			return wrong()
		}
	}
	return nil
}

// setInteger fills a number, or an enumeration whose values have names.
func setInteger(x any, v reflect.Value) bool {
	if name, ok := x.(string); ok && v.CanUint() {
		i, ok := numberOf(name, v.Type())
		if ok {
			v.SetUint(uint64(i))
		}
		return ok
	}
	n, _ := x.(json.Number)
	if v.CanUint() {
		u, err := strconv.ParseUint(string(n), 10, 64)
		if err != nil || v.OverflowUint(u) {
			return false
		}
		v.SetUint(u)
		return true
	}
	i, err := n.Int64()
	if err != nil || !v.CanInt() || v.OverflowInt(i) {
		return false
	}
	v.SetInt(i)
	return true
}

// numberOf finds the value of an enumeration by its name.
func numberOf(name string, t reflect.Type) (n int64, ok bool) {
	defer func() {
		if recover() != nil { // past the last name
			n, ok = 0, false
		}
	}()
	x := reflect.New(t).Elem()
	for i := range int64(256) {
		x.SetUint(uint64(i))
		if s, isNamed := x.Interface().(fmt.Stringer); isNamed && s.String() == name {
			return i, true
		}
	}
	return 0, false
}

func integer(x any) (int64, bool) {
	n, ok := x.(json.Number)
	i, err := n.Int64()
	return i, ok && err == nil
}

func text(x any) string {
	b, _ := json.Marshal(x)
	if len(b) > 60 {
		b = append(b[:60], "..."...)
	}
	return string(b)
}

func (d *decoder) list(x any, v reflect.Value) error {
	items, ok := x.([]any)
	if !ok || v.Kind() == reflect.Array && len(items) != v.Len() {
		return damaged("%s is not %s", text(x), v.Type())
	}
	switch v.Kind() {
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), len(items), len(items)))
	case reflect.Map:
		return d.entries(items, v)
	}
	for i, item := range items {
		if err := d.value(item, v.Index(i)); err != nil {
			return err
		}
	}
	return nil
}

func (d *decoder) entries(items []any, v reflect.Value) error {
	v.Set(reflect.MakeMap(v.Type()))
	for _, item := range items {
		pair, ok := item.([]any)
		if !ok || len(pair) != 2 {
			return damaged("%s is not an entry", text(item))
		}
		k, x := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		if err := d.value(pair[0], k); err != nil {
			return err
		}
		if err := d.value(pair[1], x); err != nil {
			return err
		}
		v.SetMapIndex(k, x)
	}
	return nil
}

func (d *decoder) expr(x any, v reflect.Value) error {
	o, ok := x.(map[string]any)
	name, _ := o["is"].(string)
	t, known := exprKinds[name]
	if !ok || !known || !reflect.PointerTo(t).AssignableTo(v.Type()) {
		return damaged("'%s' is not a kind of expression here", name)
	}
	delete(o, "is")
	p := reflect.New(t)
	if err := d.fields(o, p.Elem()); err != nil {
		return err
	}
	v.Set(p)
	return nil
}

// function looks a function or an aggregate up by name and signature.
func (d *decoder) function(x any, v reflect.Value) error {
	o, _ := x.(map[string]any)
	name, _ := o["name"].(string)
	sig, _ := o["sig"].(string)
	if v.Type() == funcType {
		for _, f := range d.env.Functions.Lookup(name) {
			if f.Sig == sig {
				v.Set(reflect.ValueOf(f))
				return nil
			}
		}
	} else if a := d.env.Aggs.Lookup(name); a != nil && a.Sig == sig {
		v.Set(reflect.ValueOf(a))
		return nil
	}
	return sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "the plan calls %s%s, which this release does not have", name, sig).
		WithHint("compile the statement again with COMPILE PLAN")
}

// table reads a table and resolves its options.
func (d *decoder) table(x any, v reflect.Value) error {
	o, _ := x.(map[string]any)
	opts, has := o["options"].(map[string]any)
	delete(o, "options")
	t := &connector.Table{}
	if err := d.fields(o, reflect.ValueOf(t).Elem()); err != nil {
		return err
	}
	t.Parallelism, t.Batch, t.Env = d.env.Parallelism, d.env.Batch, d.env.Connector
	v.Set(reflect.ValueOf(t))
	if !has {
		return nil
	}
	given := map[string]string{}
	for k, x := range opts {
		given[k], _ = x.(string)
	}
	spec := d.env.Connectors[given["connector"]]
	if spec == nil {
		return sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "table %s has the connector '%s', which this release does not have", t.Name, given["connector"])
	}
	r, err := d.env.Connector.Resolve(t.Name, spec, given, nil)
	if err != nil {
		return err
	}
	t.Resolved = *r
	return nil
}
