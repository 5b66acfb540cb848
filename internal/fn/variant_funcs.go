package fn

import (
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/variant"
)

// Variants are the functions over VARIANT, semi-structured values.
func Variants() []Func {
	nullable := nullableResult(types.Of(types.Variant))
	return []Func{
		{Name: "PARSE_JSON", Sig: "(json STRINGLIKE[, allowDuplicateKeys BOOLEAN]) -> VARIANT", Category: jsonCategory, CanFail: true, Bind: bindParseJSON(false),
			Doc:      "The value of a JSON text as a VARIANT. A name that is in an object twice is an error; with TRUE the last one counts.",
			Examples: []Example{{`JSON_STRING(PARSE_JSON('{"b": [1, 2.5], "a": null}'))`, `{"a":null,"b":[1,2.5]}`}}},
		{Name: "TRY_PARSE_JSON", Sig: "(json STRINGLIKE[, allowDuplicateKeys BOOLEAN])", Category: jsonCategory, Infer: nullable, Bind: bindParseJSON(true),
			Doc:      "The value of a JSON text as a VARIANT; NULL if it is not JSON.",
			Examples: []Example{{"TRY_PARSE_JSON('{')", "NULL"}}},
		{Name: "ITEM", Sig: "(v VARIANT, i INTEGER)", Doc: "The element of an array at an index, from 1; NULL outside.", Category: jsonCategory, Hidden: true, CanFail: true,
			Infer: nullable, Bind: bindVariantElement, Examples: []Example{{"PARSE_JSON('[1, 2]')[2]", "2"}}},
		{Name: "ITEM", Sig: "(v VARIANT, key STRINGLIKE)", Doc: "The field of an object; NULL if it has none of that name.", Category: jsonCategory, Hidden: true, CanFail: true,
			Infer: nullable, Bind: bindVariantField, Examples: []Example{{`PARSE_JSON('{"a": 1}')['a']`, "1"}}},
	}
}

func bindParseJSON(try bool) func(*Call) (Kernel, error) {
	return func(*Call) (Kernel, error) {
		var m variant.Maker
		return textKernel(func(dst []byte, r *row) ([]byte, bool) {
			out, err := m.Parse(dst, r.str(0), r.has(1) && r.bool(1))
			if err != nil && !try {
				r.failAs(sqlerr.JSONText, "'%s' is not JSON: %v", shorten(r.str(0)), err)
			}
			return out, err == nil
		}), nil
	}
}

func bindVariantElement(*Call) (Kernel, error) {
	var m variant.Maker
	return textKernel(func(dst []byte, r *row) ([]byte, bool) {
		v := variant.Open(r.str(0))
		if k := v.Kind(); k != variant.Array {
			r.failAs(sqlerr.Value, "an index needs a VARIANT that holds an array, but it holds %s", heldKind(k))
			return dst, false
		}
		e, ok := v.Element(int(min(r.int(1), 1<<31)) - 1)
		if !ok {
			return dst, false
		}
		return m.Copy(dst, e), true
	}), nil
}

func bindVariantField(*Call) (Kernel, error) {
	var m variant.Maker
	return textKernel(func(dst []byte, r *row) ([]byte, bool) {
		v := variant.Open(r.str(0))
		if k := v.Kind(); k != variant.Object {
			r.failAs(sqlerr.Value, "a name needs a VARIANT that holds an object, but it holds %s", heldKind(k))
			return dst, false
		}
		e, ok := v.Field(r.str(1))
		if !ok {
			return dst, false
		}
		return m.Copy(dst, e), true
	}), nil
}

// ParseVariant reads JSON, for tests and tools.
func ParseVariant(text string) (string, error) {
	var m variant.Maker
	b, err := m.Parse(nil, text, false)
	return string(b), err
}

// heldKind names what a VARIANT holds, in a sentence.
func heldKind(k variant.Kind) string {
	switch k {
	case variant.Object, variant.Array, variant.Int, variant.Other:
		return "an " + k.String()
	}
	return "a " + k.String()
}
