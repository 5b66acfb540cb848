package fn

import (
	"github.com/weir-stream/weir/internal/types"
)

// bindings are the types of a signature's variables, by letter.
type bindings map[byte]types.Type

// Costs of taking an argument: as it is, by an implicit cast (more for a longer
// way), as an untyped NULL, as text that is read as a value.
const (
	costCast = 10
	costNull = 1
)

// match tries the arguments on the signature. It gives the type that each must
// have, the variables, and the cost of the casts.
func (s *signature) match(args []Arg) ([]types.Type, bindings, int, bool) {
	if len(args) < s.required || len(args) > len(s.params) && !s.variadic {
		return nil, nil, 0, false
	}
	vars := bindings{}
	for i, a := range args {
		if !s.at(i).collect(a.Type, vars) {
			return nil, nil, 0, false
		}
	}
	out := make([]types.Type, len(args))
	cost := 0
	for i, a := range args {
		t, c, ok := s.at(i).accept(a.Type, vars)
		if !ok {
			return nil, nil, 0, false
		}
		out[i] = t
		cost += c
	}
	return out, vars, cost, true
}

// at is the pattern of argument i; the last parameter of a variadic signature
// repeats.
func (s *signature) at(i int) *pattern { return &s.params[min(i, len(s.params)-1)].pat }

// collect merges what t says about the variables in p.
func (p *pattern) collect(t types.Type, vars bindings) bool {
	switch {
	case p.variable != 0:
		old, ok := vars[p.variable]
		if !ok {
			vars[p.variable] = t.WithAttr(types.NoAttr)
			return true
		}
		if old.Kind == types.Null && t.Kind == types.Null {
			return true
		}
		m, ok := types.CommonType(old, t.WithAttr(types.NoAttr))
		if ok {
			vars[p.variable] = m
		}
		return ok
	case len(p.list) == 0 || t.Kind == types.Null:
		return true
	case !p.class.has(t):
		return false
	case len(p.list) == 2:
		return p.list[0].collect(*t.Key, vars) && p.list[1].collect(*t.Elem, vars)
	}
	return p.list[0].collect(*t.Elem, vars)
}

// accept gives the type that an argument of type t must be cast to.
func (p *pattern) accept(t types.Type, vars bindings) (types.Type, int, bool) {
	switch {
	case p.variable != 0:
		want := vars[p.variable]
		if SameStorage(t, want) {
			return t, 0, true
		}
		return want, castCost(t, want), true
	case len(p.list) > 0:
		want := p.instantiate(vars).WithNull(t.Nullable)
		if t.Kind == types.Null {
			return want, costNull, true
		}
		if SameStorage(t, want) {
			return t, 0, true
		}
		return want, costCast, types.ImplicitCastable(t, deepNullable(want))
	case p.exact != nil:
		return p.acceptExact(t)
	case t.Kind == types.Null:
		return p.class.forNull, costNull, true
	}
	return t, 0, p.class.has(t)
}

func (p *pattern) acceptExact(t types.Type) (types.Type, int, bool) {
	want := *p.exact
	switch {
	case t.Kind == types.Null:
		return want, costNull, true
	case t.Kind == want.Kind && t.Phys() == want.Phys() && t.Scale == want.Scale,
		t.IsString() && want.Kind == types.Varchar, t.IsBinary() && want.Kind == types.Varbinary:
		return t, 0, true
	}
	return want.WithNull(t.Nullable), castCost(t, want), types.ImplicitCastable(t, want.AsNullable())
}

// castCost prefers the nearest of several wider types.
func castCost(from, to types.Type) int {
	if from.Kind == types.Null {
		return costNull
	}
	d := int(to.Kind) - int(from.Kind)
	if d < 0 {
		d = -d + 5
	}
	return costCast + d
}

// deepNullable makes element types nullable, so that an array of NOT NULL
// elements may stand for one of nullable ones.
func deepNullable(t types.Type) types.Type {
	t.Nullable = true
	if t.Elem != nil {
		e := deepNullable(*t.Elem)
		t.Elem = &e
	}
	if t.Key != nil {
		k := deepNullable(*t.Key)
		t.Key = &k
	}
	return t
}

// SameStorage reports whether vectors of the two types hold equal values in
// the same form, so that no cast between them changes a byte: types that differ
// in nullability, in the length of text, or in precision alone.
func SameStorage(a, b types.Type) bool {
	if a.IsString() && b.IsString() || a.IsBinary() && b.IsBinary() {
		return true
	}
	if a.Kind != b.Kind || a.Phys() != b.Phys() || a.Scale != b.Scale || len(a.Fields) != len(b.Fields) {
		return false
	}
	if a.IsTimestamp() && timeUnit(a) != timeUnit(b) {
		return false
	}
	if a.Elem != nil && !SameStorage(*a.Elem, *b.Elem) || a.Key != nil && !SameStorage(*a.Key, *b.Key) {
		return false
	}
	for i, f := range a.Fields {
		if !SameStorage(f.Type, b.Fields[i].Type) {
			return false
		}
	}
	return true
}

// timeUnit tells the three storage forms of timestamps apart.
func timeUnit(t types.Type) int {
	switch {
	case t.Prec <= 3:
		return 3
	case t.Prec <= 6:
		return 6
	}
	return 9
}

// instantiate gives the type that a result pattern stands for.
func (p *pattern) instantiate(vars bindings) types.Type {
	switch {
	case p.exact != nil:
		return *p.exact
	case p.variable != 0:
		return vars[p.variable]
	case len(p.list) == 2:
		return types.MapOf(p.list[0].instantiate(vars), p.list[1].instantiate(vars))
	case len(p.list) == 1 && p.class.name == "MULTISET":
		return types.MultisetOf(p.list[0].instantiate(vars))
	case len(p.list) == 1:
		return types.ArrayOf(p.list[0].instantiate(vars))
	}
	return types.Of(types.Null)
}
