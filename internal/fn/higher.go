package fn

import "github.com/weir-stream/weir/internal/types"

// HigherKind says what a function does with its lambda.
type HigherKind uint8

// The kinds of functions that take lambdas.
const (
	HigherMap       HigherKind = 1 + iota // each element by what the lambda gives
	HigherFilter                          // the elements for which it is TRUE
	HigherAny                             // whether it is TRUE for one
	HigherAll                             // whether it is TRUE for all
	HigherFold                            // an accumulator over the elements, then perhaps a last lambda
	HigherZip                             // the elements of two arrays by what it gives for pairs
	HigherMapFilter                       // the entries for which it is TRUE
	HigherMapValues                       // each entry with the value that it gives
)

// Higher is how a function that takes lambdas is called. The binder and the
// evaluator do the work: a lambda is an expression over its parameters and the
// columns around it, computed for the elements of all rows at once.
type Higher struct {
	Kind HigherKind
	// Values is the number of arguments before the lambdas.
	Values int
	// Params is the number of parameters of the first lambda.
	Params int
	// Condition: the lambda must give a BOOLEAN.
	Condition bool
}

// Lambdas are the functions that take lambdas: names and meaning are those of
// Spark, with the ARRAY_ names of other engines beside them.
func Lambdas() []Func {
	var out []Func
	add := func(h Higher, sig, doc string, names []string, example, result string) {
		for _, name := range names {
			out = append(out, Func{Name: name, Sig: sig, Doc: doc, Category: collectionCategory, Extension: true, Nulls: Custom, Higher: &h,
				Infer:    func(a []Arg) (types.Type, error) { return types.Type{}, noType(name, a) },
				Examples: []Example{{name + example, result}}})
		}
	}
	add(Higher{Kind: HigherMap, Values: 1, Params: 1}, "(a ARRAY<T>, f LAMBDA) -> ARRAY<U>",
		"The array of what x -> .. gives for each element.", []string{"TRANSFORM", "ARRAY_TRANSFORM"}, "(ARRAY[1, 2, 3], x -> x * 10)", "[10, 20, 30]")
	add(Higher{Kind: HigherFilter, Values: 1, Params: 1, Condition: true}, "(a ARRAY<T>, f LAMBDA) -> ARRAY<T>",
		"The elements for which x -> .. is TRUE.", []string{"FILTER", "ARRAY_FILTER"}, "(ARRAY[1, 2, 3], x -> x > 1)", "[2, 3]")
	add(Higher{Kind: HigherAny, Values: 1, Params: 1, Condition: true}, "(a ARRAY<T>, f LAMBDA) -> BOOLEAN",
		"Whether x -> .. is TRUE for an element; NULL if it is for none and NULL for one.", []string{"EXISTS", "ANY_MATCH"}, "(ARRAY[1, 2, 3], x -> x > 2)", "TRUE")
	add(Higher{Kind: HigherAll, Values: 1, Params: 1, Condition: true}, "(a ARRAY<T>, f LAMBDA) -> BOOLEAN",
		"Whether x -> .. is TRUE for all elements; NULL if it is FALSE for none and NULL for one.", []string{"FORALL", "ALL_MATCH"}, "(ARRAY[1, 2, 3], x -> x > 2)", "FALSE")
	add(Higher{Kind: HigherFold, Values: 2, Params: 2}, "(a ARRAY<T>, start A, f LAMBDA [, finish LAMBDA]) -> A",
		"Begins with start and lets (acc, x) -> .. give the next accumulator for each element; acc -> .. may finish it.",
		[]string{"AGGREGATE", "REDUCE", "ARRAY_REDUCE"}, "(ARRAY[1, 2, 3], 0, (acc, x) -> acc + x, acc -> acc * 10)", "60")
	add(Higher{Kind: HigherZip, Values: 2, Params: 2}, "(a ARRAY<T>, b ARRAY<U>, f LAMBDA) -> ARRAY<V>",
		"The array of what (x, y) -> .. gives for elements of the same place; the shorter array is filled with NULL.",
		[]string{"ZIP_WITH"}, "(ARRAY[1, 2], ARRAY[10, 20], (x, y) -> x + y)", "[11, 22]")
	add(Higher{Kind: HigherMapFilter, Values: 1, Params: 2, Condition: true}, "(m MAP<K, V>, f LAMBDA) -> MAP<K, V>",
		"The entries for which (k, v) -> .. is TRUE.", []string{"MAP_FILTER"}, "(MAP['a', 1, 'b', 2], (k, v) -> v > 1)", "{b=2}")
	add(Higher{Kind: HigherMapValues, Values: 1, Params: 2}, "(m MAP<K, V>, f LAMBDA) -> MAP<K, U>",
		"The map with the values that (k, v) -> .. gives.", []string{"TRANSFORM_VALUES"}, "(MAP['a', 1, 'b', 2], (k, v) -> v * 10)", "{a=10, b=20}")
	return out
}

// Result is the type of a call from the types of its values and of what its last
// lambda gives.
func (h *Higher) Result(values []types.Type, body types.Type) types.Type {
	first := values[0].WithAttr(types.NoAttr)
	switch h.Kind {
	case HigherMap:
		return types.ArrayOf(body).WithNull(first.Nullable)
	case HigherZip:
		return types.ArrayOf(body).WithNull(first.Nullable || values[1].Nullable)
	case HigherAny, HigherAll:
		return types.Of(types.Boolean).WithNull(first.Nullable || body.Nullable)
	case HigherFold:
		return body.AsNullable()
	case HigherMapValues:
		return types.MapOf(*first.Key, body).WithNull(first.Nullable)
	}
	return first
}

// Types are the types of the first lambda's parameters.
func (h *Higher) Types(values []types.Type) []types.Type {
	elem := func(k int) types.Type { return values[k].Elem.WithAttr(types.NoAttr) }
	switch h.Kind {
	case HigherFold:
		return []types.Type{values[1].WithAttr(types.NoAttr).AsNullable(), elem(0)}
	case HigherZip:
		return []types.Type{elem(0).AsNullable(), elem(1).AsNullable()}
	case HigherMapFilter, HigherMapValues:
		return []types.Type{*values[0].Key, elem(0)}
	}
	return []types.Type{elem(0)}
}

// Takes reports whether value k may be of type t.
func (h *Higher) Takes(k int, t types.Type) bool {
	switch {
	case h.Kind == HigherFold && k == 1:
		return t.Kind != types.Symbol
	case h.Kind == HigherMapFilter || h.Kind == HigherMapValues:
		return t.Kind == types.Map
	}
	return t.Kind == types.Array
}
