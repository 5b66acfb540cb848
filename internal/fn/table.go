package fn

import (
	"fmt"
	"sort"
	"strings"

	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// Table is a set of functions by name. It is built once and read by many.
type Table struct {
	byName map[string][]entry
	names  []string
}

type entry struct {
	fn  *Func
	sig signature
}

// NewTable builds a table from lists of rows. A mistake in a row (a signature
// that does not parse) is a mistake in the program and panics at start; the
// tests of this package build the table of all functions.
func NewTable(rows ...[]Func) *Table {
	t := &Table{byName: map[string][]entry{}}
	for _, list := range rows {
		for i := range list {
			f := &list[i]
			sig, err := parseSignature(f.Sig)
			if err != nil {
				panic("fn: " + f.Name + ": " + err.Error())
			}
			key := strings.ToUpper(f.Name)
			if len(t.byName[key]) == 0 && !f.Hidden {
				t.names = append(t.names, key)
			}
			t.byName[key] = append(t.byName[key], entry{f, sig})
		}
	}
	sort.Strings(t.names)
	return t
}

// Lookup gives the overloads of a function, in the order that they are tried.
func (t *Table) Lookup(name string) []*Func {
	var out []*Func
	for _, e := range t.byName[strings.ToUpper(name)] {
		out = append(out, e.fn)
	}
	return out
}

// Has reports whether there is a function of that name.
func (t *Table) Has(name string) bool { return len(t.byName[strings.ToUpper(name)]) > 0 }

// Names lists the functions that users may call, sorted, for SHOW FUNCTIONS and
// completion.
func (t *Table) Names() []string { return t.names }

// All lists every row, hidden ones included, in order of name.
func (t *Table) All() []*Func {
	keys := make([]string, 0, len(t.byName))
	for k := range t.byName {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	var out []*Func
	for _, k := range keys {
		for _, e := range t.byName[k] {
			out = append(out, e.fn)
		}
	}
	return out
}

// Resolve picks the overload of name for the arguments: the one that needs the
// fewest implicit casts. It gives the types that the arguments must be cast to
// (equal to an argument's own type where no cast is needed) and the type of the
// result. Errors are *sqlerr.Error without a position.
func (t *Table) Resolve(name string, args []Arg) (*Func, []types.Type, types.Type, error) {
	entries := t.byName[strings.ToUpper(name)]
	if len(entries) == 0 {
		return nil, nil, types.Type{}, t.unknown(name)
	}
	best, bestCost := -1, 0
	var bestTypes []types.Type
	var bestVars bindings
	for i, e := range entries {
		ts, vars, cost, ok := e.sig.match(args)
		if ok && (best < 0 || cost < bestCost) {
			best, bestCost, bestTypes, bestVars = i, cost, ts, vars
		}
	}
	if best < 0 {
		return nil, nil, types.Type{}, mismatch(name, entries, args)
	}
	e := entries[best]
	cast := make([]Arg, len(args))
	for i, a := range args {
		cast[i] = a
		if !a.Type.EqualKind(bestTypes[i]) {
			cast[i].Type = bestTypes[i].WithNull(a.Type.Nullable)
			bestTypes[i] = cast[i].Type
		}
	}
	ret, err := e.result(cast, bestVars)
	if err != nil {
		return nil, nil, types.Type{}, err
	}
	return e.fn, bestTypes, ret, nil
}

func (e *entry) result(args []Arg, vars bindings) (types.Type, error) {
	if e.fn.Infer != nil {
		return e.fn.Infer(args)
	}
	ret := e.sig.result.instantiate(vars)
	if e.sig.result.notNull {
		return ret.NotNull(), nil
	}
	return ret.WithNull(anyNullable(args)), nil
}

func anyNullable(args []Arg) bool {
	for _, a := range args {
		if a.Type.Nullable && a.Type.Kind != types.Symbol {
			return true
		}
	}
	return false
}

func (t *Table) unknown(name string) error {
	err := sqlerr.New(sqlerr.Name, sqlerr.Pos{}, "there is no function %s", name)
	if near, ok := sqlerr.Nearest(strings.ToUpper(name), t.names); ok {
		return err.WithHint("did you mean %s?", near)
	}
	return err
}

// mismatch says what was given and lists what would be right.
func mismatch(name string, entries []entry, args []Arg) error {
	given := make([]string, len(args))
	for i, a := range args {
		given[i] = a.Type.AsNullable().WithAttr(types.NoAttr).String()
	}
	forms := make([]string, 0, len(entries))
	for _, e := range entries {
		forms = append(forms, e.fn.Name+strings.Split(e.fn.Sig, " ->")[0])
	}
	if entries[0].fn.Hidden && len(args) == 2 {
		return sqlerr.New(sqlerr.Operands, sqlerr.Pos{}, "cannot apply '%s' to %s and %s", name, given[0], given[1]).
			WithHint("cast one side, for example CAST(x AS %s)", given[0])
	}
	return sqlerr.New(sqlerr.Arguments, sqlerr.Pos{}, "%s does not take (%s)", strings.ToUpper(name), strings.Join(given, ", ")).
		WithHint("it takes: %s", strings.Join(forms, "; "))
}

// noType is the error of an Infer function for types that have no result.
func noType(op string, args []Arg) error {
	given := make([]string, len(args))
	for i, a := range args {
		given[i] = a.Type.AsNullable().WithAttr(types.NoAttr).String()
	}
	return sqlerr.New(sqlerr.Operands, sqlerr.Pos{}, "cannot apply '%s' to %s", op, strings.Join(given, " and "))
}

// Signature gives the call as the reference pages print it: NAME(a T) -> R.
func (f *Func) Signature() string { return fmt.Sprintf("%s%s", f.Name, f.Sig) }
